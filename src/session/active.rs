//! A run that was begun: its trainer, its folder, and what is saved when.

use super::gallery::Gallery;
use super::pace::Pace;
use super::protocol::{RunInfo, RunPlan, SaveReason, Snapshot, Task, TaskProgress};
use crate::checkpoint::{CheckpointError, Job, Writer, Written};
use crate::config::Config;
use crate::data::{DataError, Dataset, Partition};
use crate::metrics::{EpochMetrics, Evaluation, StepMetrics};
use crate::model::{Summary, architecture};
use crate::run::{PassRecord, RunError, RunFolder, new_name};
use crate::train::{Machine, MachineError, Progress, TrainError, Trainer};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A run could not begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error("could not start the thread that writes checkpoints: {0}")]
    Thread(std::io::Error),
}

/// What became of a checkpoint.
pub(super) struct Saved {
    pub(super) step: u64,
    pub(super) reason: SaveReason,
    pub(super) result: Result<Vec<PathBuf>, CheckpointError>,
    /// An automatic file that could not be deleted after a newer one was safe.
    pub(super) not_deleted: Option<String>,
}

/// The run under way, or the last one.
pub(super) struct Active {
    pub(super) trainer: Trainer,
    pub(super) folder: RunFolder,
    pub(super) pace: Pace,
    writer: Writer,
    /// Why each submitted job was, in the order of submission.
    reasons: VecDeque<SaveReason>,
    /// Automatic `epoch-` and `step-` files on the disk, oldest first.
    automatic: VecDeque<PathBuf>,
    last_save: Instant,
}

/// What a run begun now would be.
pub(super) fn plan(config: &Config, data: &Dataset) -> Result<RunPlan, StartError> {
    let machine = Machine::set_up(&config.compute)?;
    let partition = partition(config, data)?;
    let net = architecture(config.model.variant, 1, data.class_names.len());
    let variant = config.model.variant.to_string();
    Ok(RunPlan {
        net: Arc::new(Summary::new(&variant, &net, 1)),
        variant,
        device: machine.device_name(),
        precision: machine.precision.to_string(),
        threads: machine.threads,
        parameters: net.parameter_count(),
        train_images: partition.train.len(),
        validation_images: partition.validation.len(),
        gallery: Gallery::new(data, partition.train, partition.validation),
    })
}

/// Which pictures are learned from and which are validated on.
pub(super) fn partition(config: &Config, data: &Dataset) -> Result<Partition, DataError> {
    let (d, seed) = (&config.data, config.training.seed);
    Partition::new(data.train.len(), d.validation_fraction, seed, d.limit_train, d.limit_validation)
}

impl Active {
    /// Makes the folder and the net. The resolved configuration is on the disk before the first step.
    pub(super) fn begin(config: &Config, run_dir: Option<&Path>, data: &Arc<Dataset>) -> Result<Self, StartError> {
        let machine = Machine::set_up(&config.compute)?;
        let partition = partition(config, data)?;
        let path = match run_dir {
            Some(path) => path.to_path_buf(),
            None => config.paths.runs.join(new_name(&config.paths.runs)),
        };
        let config_text = config.to_toml();
        let folder = RunFolder::create(&path, &config_text)?;
        let trainer = Trainer::new(config.clone(), config_text, Arc::clone(data), partition, machine)?;
        let writer = Writer::start().map_err(StartError::Thread)?;
        Ok(Self {
            trainer,
            folder,
            pace: Pace::default(),
            writer,
            reasons: VecDeque::new(),
            automatic: VecDeque::new(),
            last_save: Instant::now(),
        })
    }

    pub(super) fn info(&self) -> RunInfo {
        let config = self.trainer.config();
        let machine = self.trainer.machine();
        let (_, train_images) = self.trainer.images();
        RunInfo {
            name: self.folder.name(),
            folder: self.folder.path().to_path_buf(),
            variant: config.model.variant.to_string(),
            device: machine.device_name(),
            precision: machine.precision.to_string(),
            threads: machine.threads,
            optimizer: config.training.optimizer.to_string(),
            parameters: self.trainer.network().architecture().parameter_count(),
            epochs: config.training.epochs,
            batch_size: config.training.batch_size,
            steps_per_epoch: train_images.div_ceil(config.training.batch_size.max(1)) as u64,
            train_images,
            validation_images: self.trainer.validation_images(),
            seed: config.training.seed,
        }
    }

    /// One unit of work, and its traces in the folder.
    pub(super) fn advance(&mut self) -> Result<Progress, TrainError> {
        let progress = self.trainer.advance()?;
        if let Progress::Step(step) = &progress {
            self.pace.step(step.images, step.images_per_second);
        }
        Ok(progress)
    }

    /// Writes a step to the folder.
    pub(super) fn record_step(&mut self, step: &StepMetrics) -> Result<(), RunError> {
        self.folder.step(step)
    }

    /// Writes an epoch to the folder.
    pub(super) fn record_epoch(&mut self, epoch: &EpochMetrics) -> Result<(), RunError> {
        self.folder.epoch(epoch)
    }

    /// Writes the matrix of a pass over the run's own net to the folder.
    pub(super) fn record_pass(&mut self, evaluation: &Evaluation) -> Result<(), RunError> {
        let trainer = &self.trainer;
        let epochs_done = if trainer.is_finished() { trainer.epoch() } else { trainer.epoch().saturating_sub(1) };
        self.folder.pass(&PassRecord::new(epochs_done, trainer.step_count(), evaluation))
    }

    /// The names that the weights at an epoch's end are saved under.
    pub(super) fn names_after_epoch(&self, epoch: &EpochMetrics) -> Vec<String> {
        let every = self.trainer.config().checkpoint.every_epochs;
        let mut names = vec!["last".to_owned()];
        if epoch.best {
            names.push("best".into());
        }
        if every > 0 && epoch.epoch.is_multiple_of(every) {
            names.push(format!("epoch-{:04}", epoch.epoch));
        }
        names
    }

    /// The names that are due after a step by the policies, if any.
    pub(super) fn names_due(&self) -> Option<Vec<String>> {
        let policy = &self.trainer.config().checkpoint;
        let step = self.trainer.step_count();
        if policy.every_steps > 0 && step.is_multiple_of(policy.every_steps) {
            return Some(vec!["last".into(), self.step_name()]);
        }
        let minutes = Duration::from_secs(60 * u64::from(policy.every_minutes));
        (policy.every_minutes > 0 && self.last_save.elapsed() >= minutes).then(|| vec!["last".into()])
    }

    /// `step-00000480`.
    pub(super) fn step_name(&self) -> String {
        format!("step-{:08}", self.trainer.step_count())
    }

    /// Copies the weights and hands them to the writer's thread.
    pub(super) fn save(&mut self, names: Vec<String>, reason: SaveReason) -> Result<(), TrainError> {
        let contents = self.trainer.capture()?;
        self.last_save = Instant::now();
        if reason == SaveReason::Asked {
            // What a person saved is theirs: no policy deletes it, even where one would have saved it too.
            let folder = self.folder.checkpoints();
            self.automatic.retain(|path| !names.iter().any(|name| *path == folder.join(format!("{name}.safetensors"))));
        }
        self.reasons.push_back(reason);
        self.writer.submit(Job { folder: self.folder.checkpoints(), names, contents });
        Ok(())
    }

    /// Whether a checkpoint is being written.
    pub(super) fn is_saving(&self) -> bool {
        self.writer.pending() > 0
    }

    /// The next checkpoint that is done; with `wait`, the next that was submitted.
    pub(super) fn saved(&mut self, wait: bool) -> Option<Saved> {
        let written = if wait { self.writer.wait() } else { self.writer.poll() }?;
        let reason = self.reasons.pop_front().unwrap_or(SaveReason::Automatic);
        let not_deleted = if reason == SaveReason::Asked { None } else { self.thin(&written) };
        Some(Saved { step: written.step, reason, result: written.result, not_deleted })
    }

    /// Deletes the oldest automatic files beyond `keep`, now that a newer one is safe.
    fn thin(&mut self, written: &Written) -> Option<String> {
        let numbered = |path: &&PathBuf| {
            path.file_name().is_some_and(|name| {
                let name = name.to_string_lossy();
                name.starts_with("epoch-") || name.starts_with("step-")
            })
        };
        for path in written.result.as_ref().ok()?.iter().filter(numbered) {
            self.automatic.retain(|other| other != path);
            self.automatic.push_back(path.clone());
        }
        let keep = self.trainer.config().checkpoint.keep;
        while self.automatic.len() > keep {
            let oldest = self.automatic.pop_front()?;
            if let Err(error) = std::fs::remove_file(&oldest)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Some(format!("{}: could not delete it: {error}", oldest.display()));
            }
        }
        None
    }

    /// Where the run stands.
    pub(super) fn snapshot(&self) -> Snapshot {
        let trainer = &self.trainer;
        let (done, total) = trainer.images();
        let (validated, validation) = trainer.validation().unwrap_or((0, trainer.validation_images()));
        let epochs = trainer.config().training.epochs;
        let left =
            if trainer.is_finished() { Some(0.0) } else { self.pace.seconds_for(total - done, validation - validated) };
        let later = self
            .pace
            .seconds_for(total, validation)
            .map(|epoch| f64::from(epochs.saturating_sub(trainer.epoch())) * epoch);
        let task = trainer.validation().map(|(done, total)| TaskProgress {
            task: Task::Validation,
            done: done as u64,
            total: total as u64,
        });
        Snapshot {
            epoch: trainer.epoch(),
            epochs,
            step: trainer.step_count(),
            images_done: done as u64,
            images_total: total as u64,
            learning_rate: trainer.learning_rate(),
            images_per_second: self.pace.images_per_second(),
            seconds: trainer.seconds(),
            epoch_seconds_left: left,
            run_seconds_left: left.zip(later).map(|(left, later)| left + later),
            task,
            saving: self.is_saving(),
        }
    }
}
