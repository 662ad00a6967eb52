//! The folder's files: made at the start, appended to while the run goes on.

use super::passes::{self, PassRecord};
use crate::metrics::{EpochMetrics, StepMetrics};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const METRICS_HEADER: &str =
    "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy,learning_rate,seconds\n";

/// A run's folder could not be made or written to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is a run in it.
    #[error(
        "{path}: a run is in this folder already; name another folder, or go on with that run by `--resume {path}`",
        path = .0.display()
    )]
    Occupied(PathBuf),
    /// The file system refused.
    #[error("{path}: could not {doing}: {source}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
}

impl RunError {
    pub(super) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.into(), doing, source }
    }
}

/// Whether a folder holds a run.
pub fn holds_a_run(folder: &Path) -> bool {
    ["config.toml", "metrics.csv", "checkpoints"].iter().any(|file| folder.join(file).exists())
}

/// The open folder of a run under way.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    metrics: File,
    steps: File,
    passes: File,
    log: File,
}

impl RunFolder {
    /// Makes the folder with its parents, and in it config.toml (the text given), metrics.csv, steps.jsonl,
    /// confusion.jsonl, log.txt and checkpoints/. Refuses a folder that holds a run.
    pub fn create(path: &Path, config: &str) -> Result<Self, RunError> {
        if holds_a_run(path) {
            return Err(RunError::Occupied(path.into()));
        }
        let checkpoints = path.join("checkpoints");
        fs::create_dir_all(&checkpoints).map_err(RunError::io(&checkpoints, "make the run's folder"))?;
        let file = path.join("config.toml");
        File::create(&file)
            .and_then(|mut out| {
                out.write_all(config.as_bytes())?;
                out.sync_all()
            })
            .map_err(RunError::io(&file, "write the run's configuration"))?;
        let append = |name: &str| {
            let file = path.join(name);
            OpenOptions::new().create(true).append(true).open(&file).map_err(RunError::io(&file, "open it for writing"))
        };
        let mut folder = Self {
            path: path.into(),
            metrics: append("metrics.csv")?,
            steps: append("steps.jsonl")?,
            passes: append(passes::FILE)?,
            log: append("log.txt")?,
        };
        let metrics = folder.path.join("metrics.csv");
        folder.metrics.write_all(METRICS_HEADER.as_bytes()).map_err(RunError::io(&metrics, "write its header"))?;
        Ok(folder)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name, which is the run's.
    pub fn name(&self) -> String {
        self.path.file_name().map_or_else(|| self.path.to_string_lossy(), |name| name.to_string_lossy()).into_owned()
    }

    /// Where checkpoints go.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// Appends a row to metrics.csv and makes sure of it on the disk.
    pub fn epoch(&mut self, m: &EpochMetrics) -> Result<(), RunError> {
        let row = format!(
            "{},{},{},{},{},{},{:.3}\n",
            m.epoch,
            m.train_loss,
            m.validation_loss,
            m.train_accuracy,
            m.validation_accuracy,
            m.learning_rate,
            m.seconds
        );
        let written = self.metrics.write_all(row.as_bytes()).and_then(|()| self.metrics.sync_data());
        written.map_err(RunError::io(&self.path.join("metrics.csv"), "append to it"))
    }

    /// Appends a line to steps.jsonl.
    pub fn step(&mut self, step: &StepMetrics) -> Result<(), RunError> {
        let path = || self.path.join("steps.jsonl");
        let mut line = serde_json::to_vec(step).map_err(|error| RunError::io(&path(), "append to it")(error.into()))?;
        line.push(b'\n');
        let written = self.steps.write_all(&line);
        written.map_err(|error| RunError::io(&path(), "append to it")(error))
    }

    /// Appends a line to confusion.jsonl and makes sure of it on the disk.
    pub fn pass(&mut self, record: &PassRecord) -> Result<(), RunError> {
        let written = passes::append(&mut self.passes, record);
        written.map_err(RunError::io(&self.path.join(passes::FILE), "append to it"))
    }

    /// Appends a line to log.txt. A log that can't be written must not end a run, so faults are passed over.
    pub fn log(&mut self, line: &str) {
        let _ = writeln!(self.log, "{line}");
    }
}
