//! What a run's folder tells of it, in whatever state it is: plain data for lists, comparisons and screens.

use super::folder::{METRICS_HEADER, RunError, holds_a_run, is_locked};
use super::passes::{PassRecord, read_passes};
use super::report::{Reported, read_report};
use crate::checkpoint::{self, CheckpointError};
use crate::config::{self, BestMetric, Config, ConfigError, Fault};
use crate::metrics::{Best, EpochMetrics, Split};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How it stands with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Standing {
    /// A program is at work on it.
    Running,
    /// All its epochs are done.
    Finished,
    /// A person ended it before.
    Stopped,
    /// Whatever it was that ended it: it can be gone on with.
    Interrupted,
    /// Made by a program that knows other settings, or writes other checkpoints.
    #[strum(serialize = "other version")]
    OtherVersion,
    /// Something is missing or can't be read.
    Broken,
}

/// A run as its folder tells of it.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// How it stands with it.
    pub standing: Standing,
    /// Why it is broken or of another version.
    pub trouble: Option<String>,
    /// Whether a program holds it, whatever it does with it.
    pub locked: bool,
    /// What the run's own report says, where there is one.
    pub reported: Option<Reported>,
    /// Its configuration, where that can be read.
    pub config: Option<Config>,
    /// The epochs that are done. `step` is 0 where nothing tells it.
    pub epochs: Vec<EpochMetrics>,
    /// The best of them.
    pub best: Option<Best>,
    /// The passes over whole splits, oldest first.
    pub passes: Vec<PassRecord>,
    /// Optimizer steps done when it was saved last; `None`: it never was.
    pub step: Option<u64>,
    /// What it takes on the disk.
    pub bytes: u64,
    /// When anything in it changed last.
    pub changed: Option<SystemTime>,
}

impl Overview {
    /// Reads a run. Never fails: what can't be read is told as [`Overview::trouble`].
    pub fn read(folder: &Path) -> Self {
        let (bytes, changed) = size(folder);
        let (config, mut trouble) = match read_config(folder) {
            Ok(config) => (Some(config), None),
            Err(trouble) => (None, Some(trouble)),
        };
        if ["metrics.csv", "checkpoints"].iter().all(|name| !folder.join(name).exists()) {
            trouble = Some((Standing::Broken, "there is neither a metrics.csv nor a folder of checkpoints".into()));
        }
        let passes = read_passes(folder).unwrap_or_default();
        let metric = config.as_ref().map_or(BestMetric::ValidationAccuracy, |config| config.checkpoint.best_metric);
        let mut epochs = read_metrics(folder, &passes, metric);
        let last = folder.join("checkpoints").join("last.safetensors");
        let last = match checkpoint::read_state(&last) {
            Ok(state) => Some(state),
            Err(CheckpointError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let future = matches!(error, CheckpointError::FromTheFuture { .. });
                let standing = if future { Standing::OtherVersion } else { Standing::Broken };
                trouble = trouble.or(Some((standing, error.to_string())));
                None
            }
        };
        // A row that a full disk has swallowed is in the checkpoint.
        if let Some(state) = &last
            && state.history.len() > epochs.len()
        {
            epochs.clone_from(&state.history);
        }
        let locked = is_locked(folder);
        let asked = config.as_ref().map(|config| config.training.epochs);
        let finished = asked.is_some_and(|asked| epochs.last().is_some_and(|epoch| epoch.epoch >= asked));
        let (standing, trouble) = match trouble {
            _ if locked => (Standing::Running, None),
            Some((standing, trouble)) => (standing, Some(trouble)),
            None if finished => (Standing::Finished, None),
            None if last.as_ref().is_some_and(|state| state.stopped) => (Standing::Stopped, None),
            None => (Standing::Interrupted, None),
        };
        let best = epochs.iter().fold(None, |best, epoch| Some(Best::improved_by(best, epoch, metric).0));
        Self {
            name: folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned(),
            folder: folder.into(),
            standing,
            trouble,
            locked,
            reported: read_report(folder),
            config,
            epochs,
            best,
            passes,
            step: last.map(|state| state.step),
            bytes,
            changed,
        }
    }

    /// Whether its folder is as it was when this was read.
    pub fn is_current(&self) -> bool {
        is_locked(&self.folder) == self.locked && size(&self.folder) == (self.bytes, self.changed)
    }

    /// Epochs asked for.
    pub fn epochs_asked(&self) -> Option<u32> {
        self.config.as_ref().map(|config| config.training.epochs)
    }

    /// The last evaluation of its own net on the test pictures.
    pub fn test(&self) -> Option<&PassRecord> {
        self.passes.iter().rev().find(|pass| pass.split == Split::Test)
    }

    /// The weights of its best epoch, if they are there.
    pub fn best_checkpoint(&self) -> Option<PathBuf> {
        Some(self.folder.join("checkpoints").join("best.safetensors")).filter(|path| path.is_file())
    }
}

/// The folders of the runs in a folder, in no order. None where there is no such folder.
pub fn folders(runs: &Path) -> Result<Vec<PathBuf>, RunError> {
    let entries = match fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RunError::io(runs, "list the runs in it")(error)),
    };
    Ok(entries.flatten().map(|entry| entry.path()).filter(|path| holds_a_run(path)).collect())
}

/// The runs in a folder, the one last changed first. None where there is no such folder.
pub fn overviews(runs: &Path) -> Result<Vec<Overview>, RunError> {
    let mut runs: Vec<_> = folders(runs)?.iter().map(|folder| Overview::read(folder)).collect();
    runs.sort_by(|a, b| (b.changed, &a.name).cmp(&(a.changed, &b.name)));
    Ok(runs)
}

/// The files of a run, with what each takes on the disk, by their names.
pub fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut files = Vec::new();
    walk(folder, &mut |path, data| files.push((path.to_path_buf(), data.len())));
    files.sort();
    files
}

fn size(folder: &Path) -> (u64, Option<SystemTime>) {
    let (mut bytes, mut changed) = (0, None);
    walk(folder, &mut |_, data| {
        bytes += data.len();
        changed = changed.max(data.modified().ok());
    });
    // A folder without files has only its own time.
    (bytes, changed.or_else(|| fs::metadata(folder).and_then(|data| data.modified()).ok()))
}

/// Every file below a folder; links are not followed.
fn walk(folder: &Path, found: &mut impl FnMut(&Path, &fs::Metadata)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(data) if data.is_dir() => walk(&entry.path(), found),
            Ok(data) => found(&entry.path(), &data),
            Err(_) => {}
        }
    }
}

fn read_config(folder: &Path) -> Result<Config, (Standing, String)> {
    let path = folder.join("config.toml");
    let text = fs::read_to_string(&path)
        .map_err(|error| (Standing::Broken, format!("{}: could not read it: {error}", path.display())))?;
    config::of_text(&text, &path).map_err(|error| {
        let torn = match &error {
            ConfigError::Invalid(problems) => {
                problems.iter().any(|problem| matches!(problem.fault, Fault::Syntax { .. }))
            }
            _ => false,
        };
        (if torn { Standing::Broken } else { Standing::OtherVersion }, error.to_string())
    })
}

/// The rows of metrics.csv. What is torn ends them: nothing good follows it.
fn read_metrics(folder: &Path, passes: &[PassRecord], metric: BestMetric) -> Vec<EpochMetrics> {
    let text = fs::read(folder.join("metrics.csv")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut lines = whole.lines();
    if lines.next() != Some(METRICS_HEADER) {
        return Vec::new();
    }
    let mut best = None;
    let mut epochs = Vec::new();
    for mut epoch in lines.map_while(parse_row) {
        let validation = |pass: &&PassRecord| pass.split == Split::Validation && pass.epoch == epoch.epoch;
        epoch.step = passes.iter().rfind(validation).map_or(0, |pass| pass.step);
        let (now_best, improved) = Best::improved_by(best, &epoch, metric);
        best = Some(now_best);
        epoch.best = improved;
        epochs.push(epoch);
    }
    epochs
}

fn parse_row(line: &str) -> Option<EpochMetrics> {
    let mut cells = line.split(',');
    let epoch = cells.next()?.parse().ok()?;
    let mut number = || cells.next()?.parse::<f64>().ok();
    Some(EpochMetrics {
        epoch,
        step: 0,
        train_loss: number()?,
        validation_loss: number()?,
        train_accuracy: number()?,
        validation_accuracy: number()?,
        learning_rate: number()?,
        seconds: number()?,
        best: false,
    })
}
