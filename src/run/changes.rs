//! `changes.jsonl`: what a person changed while the run went on, a line each, so that a resumed run does it again.

use super::folder::RunError;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;

/// Its name in the run's folder.
pub(super) const FILE: &str = "changes.jsonl";

/// A change by hand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Optimizer steps done before it.
    pub step: u64,
    /// What was changed, and to what.
    #[serde(flatten)]
    pub changed: Changed,
    /// What it was, where no checkpoint tells it: config.toml has what it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
}

/// What a step's arithmetic depends on and a person may change. In the file, the name with the value from then on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// The optimizer's step size.
    LearningRate(f64),
    /// The L2 penalty.
    WeightDecay(f64),
    /// The norm that gradients are scaled down to.
    GradientClip(f64),
}

impl Changed {
    /// Whether both are of the same setting.
    pub fn is_of(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The changes that a run's folder tells of, oldest first. A line that a kill has torn is passed over: what it says was
/// not confirmed to anyone.
pub fn read_changes(folder: &Path) -> Result<Vec<Change>, RunError> {
    let path = folder.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => {
            let lines = bytes.split(|&byte| byte == b'\n');
            Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(RunError::io(&path, "read it")(error)),
    }
}
