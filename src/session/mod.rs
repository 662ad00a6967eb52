//! The only door to the engine, for the screen and for the command line alike.
//!
//! A front end holds a [`Handle`]: it sends [`Command`]s, each of which is acknowledged, and takes [`Event`]s and the
//! [`Live`] numbers. Behind it one worker thread owns every tensor. Neither ever waits for the other.

mod active;
mod archive;
mod beginning;
mod bench;
mod download;
mod evaluation;
mod exchange;
mod gallery;
mod handle;
mod listing;
mod log;
mod pace;
mod predict;
mod protocol;
mod record;
mod resume;
mod weights;
mod worker;

pub use crate::model::{Shape, Summary, SummaryRow};
pub use bench::{BenchError, bench};
pub use exchange::{ExportError, Exported, Format, export, is_foreign};
pub use gallery::Gallery;
pub use handle::{Handle, Outbox, Parts, Update};
pub use listing::{RunRow, RunStanding, RunSteps, RunTest};
pub use predict::{Answers, PredictError, predict};
pub use protocol::*;
pub use worker::{Setup, open};
