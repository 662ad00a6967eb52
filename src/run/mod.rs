//! A run's folder on the disk: resolved configuration, metrics, matrices, steps, log, checkpoints, figures, report, and
//! events for TensorBoard.

mod append;
mod changes;
mod figures;
mod folder;
mod name;
mod overview;
mod passes;
mod remove;
mod reopen;
mod report;
mod tensorboard;

pub use changes::{Change, Changed, read_changes};
pub use figures::{Artist, Drawn, Sketch, Subject};
pub use folder::{LockedFolder, RunError, RunFolder, holds_a_run, is_locked};
pub use name::{names, new_name};
pub use overview::{Overview, Standing, files, folders, overviews};
pub use passes::{PassRecord, read_passes};
pub use remove::{check_removable, remove};
pub use reopen::{Place, read_steps};
pub use report::{DataReport, MachineReport, Report, ReportFile, Reported, RunState, TestReport, TrainingReport};
pub use tensorboard::{EventFile, Png};
