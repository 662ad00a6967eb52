//! The trainer: one step, one validation batch, one checkpoint at a time. No thread, no channel.

mod bench;
mod dropout;
mod gradients;
mod machine;
mod optimizer;
mod sampling;
mod saving;
mod trainer;

pub use bench::{Bench, WARM_UP};
pub use gradients::BatchLoss;
pub use machine::processor;
pub use machine::{Machine, MachineError};
pub use optimizer::Optimizer;
pub use saving::RestoreError;
pub use trainer::{Progress, TrainError, Trainer};
