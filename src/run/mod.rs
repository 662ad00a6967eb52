//! A run's folder on the disk: resolved configuration, metrics, matrices, steps, log, checkpoints.

mod folder;
mod name;
mod passes;

pub use folder::{RunError, RunFolder, holds_a_run};
pub use name::new_name;
pub use passes::{PassRecord, read_passes};
