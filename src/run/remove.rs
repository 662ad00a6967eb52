//! Deletes a run: a folder in which nothing is but what a run makes, and that nobody is at work on.

use super::folder::{RunError, RunFolder};
use super::tensorboard;
use std::fs;
use std::path::Path;

/// What the folder of a run may hold.
const MADE: [&str; 13] = [
    "config.toml",
    "metrics.csv",
    "steps.jsonl",
    "confusion.jsonl",
    "confusion.png",
    "confusion.csv",
    "changes.jsonl",
    "log.txt",
    "report.json",
    "checkpoints",
    "figures",
    "screens",
    ".lock",
];

/// Whether [`remove`] would delete it, and if not, why: a folder is deleted only if it is a run and nothing else.
pub fn check_removable(folder: &Path) -> Result<(), RunError> {
    let entries = fs::read_dir(folder).map_err(RunError::io(folder, "look into it"))?;
    let mut foreign = Vec::new();
    for entry in entries {
        let name = entry.map_err(RunError::io(folder, "look into it"))?.file_name();
        let name = name.to_string_lossy();
        let beside = name.strip_prefix('.').and_then(|name| name.strip_suffix(".new"));
        if !MADE.contains(&beside.unwrap_or(&name)) && !name.starts_with(tensorboard::PREFIX) {
            foreign.push(name.into_owned());
        }
    }
    foreign.sort();
    // A configuration alone may be anyone's.
    let is_run = ["metrics.csv", "steps.jsonl", "checkpoints"].iter().any(|name| folder.join(name).exists());
    if !is_run {
        return Err(RunError::NotOnlyARun { path: folder.into(), reason: "this is not the folder of a run".into() });
    }
    if foreign.is_empty() {
        return Ok(());
    }
    let more = if foreign.len() > 5 { format!(" and {} more", foreign.len() - 5) } else { String::new() };
    foreign.truncate(5);
    let reason = format!("it holds what no run makes ({}{more}); move that away first", foreign.join(", "));
    Err(RunError::NotOnlyARun { path: folder.into(), reason })
}

/// Deletes a run for good.
pub fn remove(folder: &Path) -> Result<(), RunError> {
    check_removable(folder)?;
    // Held until it is gone, so that nobody goes on with it meanwhile.
    let _locked = RunFolder::lock(folder)?;
    fs::remove_dir_all(folder).map_err(RunError::io(folder, "delete it"))
}
