//! The screens, one a file.

pub mod config;
pub mod confusion;
pub mod layers;
pub mod log;
pub mod pictures;
pub mod runs;
pub mod train;
