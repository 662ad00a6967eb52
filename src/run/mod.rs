//! A run's folder on the disk: resolved configuration, metrics, steps, log, checkpoints.

mod folder;
mod name;

pub use folder::{RunError, RunFolder, holds_a_run};
pub use name::new_name;
