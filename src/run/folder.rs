//! The folder's files: made at the start, appended to while the run goes on.

use super::append::Appender;
use super::changes::{self, Change};
use super::passes::{self, PassRecord};
use super::reopen::{Place, cut_back, replace};
use crate::metrics::{EpochMetrics, StepMetrics};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

pub(super) const METRICS_HEADER: &str =
    "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy,learning_rate,seconds";

/// Locked by whoever writes to the run.
const LOCK: &str = ".lock";

/// A run's folder could not be made or written to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is a run in it.
    #[error(
        "{path}: a run is in this folder already; name another folder, or go on with that run by `--resume {path}`",
        path = .0.display()
    )]
    Occupied(PathBuf),
    /// Another program writes to it.
    #[error("{path}: another alexnet-tui is at work on this run; wait until it has ended, or end it", path = .0.display())]
    Locked(PathBuf),
    /// It is not to be deleted.
    #[error("{path}: not deleted: {reason}", path = .path.display())]
    NotOnlyARun {
        /// The folder.
        path: PathBuf,
        /// What is in it.
        reason: String,
    },
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

/// Whether another program, or another run of this one, is at work on a run.
pub fn is_locked(folder: &Path) -> bool {
    let file = OpenOptions::new().write(true).open(folder.join(LOCK));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// The open folder of a run under way.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    metrics: Appender,
    steps: Appender,
    passes: Appender,
    changes: Appender,
    log: Appender,
    /// Held as long as this is open; the system lets go of it when the process dies.
    _lock: File,
}

impl RunFolder {
    /// Makes the folder with its parents, and in it config.toml (the text given), metrics.csv, steps.jsonl,
    /// confusion.jsonl, changes.jsonl, log.txt and checkpoints/. Refuses a folder that holds a run.
    pub fn create(path: &Path, config: &str) -> Result<Self, RunError> {
        if holds_a_run(path) {
            return Err(RunError::Occupied(path.into()));
        }
        let checkpoints = path.join("checkpoints");
        fs::create_dir_all(&checkpoints).map_err(RunError::io(&checkpoints, "make the run's folder"))?;
        let lock = lock(path)?;
        write_config(path, config)?;
        let mut folder = Self::open(path, lock)?;
        folder.metrics.line(METRICS_HEADER, true)?;
        Ok(folder)
    }

    /// Locks the folder of a run that is to go on. Nothing in it is changed yet.
    pub fn lock(path: &Path) -> Result<LockedFolder, RunError> {
        Ok(LockedFolder { path: path.into(), lock: lock(path)? })
    }

    fn open(path: &Path, lock: File) -> Result<Self, RunError> {
        let append = |name: &str| Appender::open(path.join(name));
        Ok(Self {
            path: path.into(),
            metrics: append("metrics.csv")?,
            steps: append("steps.jsonl")?,
            passes: append(passes::FILE)?,
            changes: append(changes::FILE)?,
            log: append("log.txt")?,
            _lock: lock,
        })
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
    pub fn epoch(&mut self, metrics: &EpochMetrics) -> Result<(), RunError> {
        self.metrics.line(&row(metrics), true)
    }

    /// Appends a line to steps.jsonl.
    pub fn step(&mut self, step: &StepMetrics) -> Result<(), RunError> {
        self.steps.json(step, false)
    }

    /// Appends a line to confusion.jsonl and makes sure of it on the disk.
    pub fn pass(&mut self, record: &PassRecord) -> Result<(), RunError> {
        self.passes.json(record, true)
    }

    /// Appends a change to changes.jsonl and makes sure of it on the disk.
    pub fn change(&mut self, change: &Change) -> Result<(), RunError> {
        self.changes.json(change, true)
    }

    /// Makes config.toml say this.
    pub fn configure(&mut self, config: &str) -> Result<(), RunError> {
        write_config(&self.path, config)
    }

    /// Forgets the changes after `step`: a person has decided anew.
    pub fn forget_changes_after(&mut self, step: u64) -> Result<(), RunError> {
        let path = self.changes.path().to_owned();
        let stay = changes::read_changes(&self.path)?.into_iter().filter(|change| change.step <= step);
        replace(&path, b"").map_err(RunError::io(&path, "write it anew"))?;
        self.changes = Appender::open(path)?;
        stay.into_iter().try_for_each(|change| self.changes.json(&change, true))
    }

    /// Appends a line to log.txt. A log that can't be written must not end a run, so faults are passed over.
    pub fn log(&mut self, line: &str) {
        let _ = self.log.line(line, false);
    }
}

/// A run's folder that nobody else can write to, not opened yet.
#[derive(Debug)]
pub struct LockedFolder {
    path: PathBuf,
    lock: File,
}

impl LockedFolder {
    /// Opens it to go on from `place`: what the files tell of later steps is cut off, and config.toml becomes `config`.
    pub fn go_on(self, config: &str, place: Place<'_>) -> Result<RunFolder, RunError> {
        let checkpoints = self.path.join("checkpoints");
        fs::create_dir_all(&checkpoints).map_err(RunError::io(&checkpoints, "make the folder of checkpoints"))?;
        cut_back(&self.path, place)?;
        write_config(&self.path, config)?;
        RunFolder::open(&self.path, self.lock)
    }
}

fn lock(folder: &Path) -> Result<File, RunError> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(RunError::io(&path, "open it for locking"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RunError::Locked(folder.into())),
        // A file system without locks: better a run without one than no run.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(RunError::io(&path, "lock it")(error)),
    }
}

fn write_config(folder: &Path, config: &str) -> Result<(), RunError> {
    let path = folder.join("config.toml");
    if fs::read(&path).is_ok_and(|there| there == config.as_bytes()) {
        return Ok(());
    }
    replace(&path, config.as_bytes()).map_err(RunError::io(&path, "write the run's configuration"))
}

/// A row of metrics.csv. Rust writes the shortest text that gives the same bits again.
pub(super) fn row(m: &EpochMetrics) -> String {
    let EpochMetrics { epoch, train_loss, validation_loss, train_accuracy, validation_accuracy, learning_rate, .. } = m;
    format!(
        "{epoch},{train_loss},{validation_loss},{train_accuracy},{validation_accuracy},{learning_rate},{:.3}",
        m.seconds
    )
}
