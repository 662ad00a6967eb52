//! The library behind `alexnet-tui`: trains the AlexNet of 2012 on Fashion-MNIST and tells front ends what happens.
//!
//! Data flows one way, and each module knows only those below it; `docs/ARCHITECTURE.md` is the map and
//! `tests/boundaries.rs` holds the code to it.

pub mod analysis;
pub mod chance;
pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod data;
pub mod environment;
pub mod metrics;
pub mod model;
pub mod run;
pub mod session;
pub mod text;
pub mod torch;
pub mod train;
pub mod tui;
