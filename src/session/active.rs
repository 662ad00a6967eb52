//! A run that was begun: its trainer, its folder, and what is saved when.

use super::pace::Pace;
use super::protocol::{RunInfo, SaveReason, Snapshot, Task, TaskProgress, Tuning};
use super::record::{Record, report_of, subject};
use crate::checkpoint::{CheckpointError, Job, Writer, Written};
use crate::metrics::{EpochMetrics, Evaluation, NetSample, Split, StepMetrics};
use crate::run::{Change, Changed, PassRecord, RunError, RunFolder, RunState};
use crate::train::{Progress, TrainError, Trainer};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What became of a checkpoint.
pub(super) struct Saved {
    pub(super) step: u64,
    pub(super) reason: SaveReason,
    /// How long training stood still for the copy, in seconds.
    pub(super) copying: f64,
    pub(super) result: Result<Vec<PathBuf>, CheckpointError>,
    /// An automatic file that could not be deleted after a newer one was safe.
    pub(super) not_deleted: Option<String>,
}

/// The run under way, or the last one.
pub(super) struct Active {
    pub(super) trainer: Trainer,
    pub(super) pace: Pace,
    writer: Writer,
    pub(super) record: Record,
    /// After both, which are waited for when they go: the folder's lock is held until the last file is written.
    pub(super) folder: RunFolder,
    /// Why each submitted job was, and how long its copy took, in the order of submission.
    reasons: VecDeque<(SaveReason, f64)>,
    /// Automatic `epoch-` and `step-` files on the disk, oldest first.
    pub(super) automatic: VecDeque<PathBuf>,
    last_save: Instant,
    /// The names that the present step is to be saved under once the writer is free: the training waits for that.
    held: Option<Vec<String>>,
    /// Whether it was told that the training waits for the disk.
    pub(super) told_of_waiting: bool,
    /// How it stands with the run, as its report says.
    pub(super) state: RunState,
    /// The last evaluation on the test pictures.
    pub(super) test: Option<PassRecord>,
    /// The step from which the run was gone on with.
    pub(super) resumed_from: Option<u64>,
    /// Changes by hand from before the stop that come after the checkpoint: done again at their steps.
    pub(super) to_replay: VecDeque<Change>,
}

impl Active {
    /// A run about to do its first step, or the next after `resumed_from`. `config`: its configuration, as text.
    pub(super) fn new(
        trainer: Trainer,
        folder: RunFolder,
        config: &str,
        resumed_from: Option<u64>,
    ) -> std::io::Result<Self> {
        let layers = trainer.network().architecture().layers.iter().map(|layer| layer.name.clone()).collect();
        Ok(Self {
            pace: Pace::default(),
            writer: Writer::start()?,
            record: Record::begin(subject(&trainer, &folder), layers, config, resumed_from)?,
            trainer,
            folder,
            reasons: VecDeque::new(),
            automatic: VecDeque::new(),
            last_save: Instant::now(),
            held: None,
            told_of_waiting: false,
            state: RunState::Running,
            test: None,
            resumed_from,
            to_replay: VecDeque::new(),
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
            resumed_from: self.resumed_from,
        }
    }

    /// Does the changes again that are due before the next step. Returns them, and whether config.toml tells of them.
    pub(super) fn replay(&mut self) -> (Vec<Change>, Result<(), RunError>) {
        let mut done = Vec::new();
        while let Some(change) = self.to_replay.pop_front_if(|change| change.step <= self.trainer.step_count()) {
            let is_new = match change.changed {
                Changed::LearningRate(rate) => {
                    let is_new = rate.to_bits() != self.trainer.learning_rate().to_bits();
                    self.trainer.set_learning_rate(rate);
                    is_new
                }
                Changed::WeightDecay(decay) => self.retune(Tuning::WeightDecay(decay)),
                Changed::GradientClip(clip) => self.retune(Tuning::GradientClip(clip)),
            };
            if is_new {
                done.push(change);
            }
        }
        let told = if done.is_empty() { Ok(()) } else { self.folder.configure(self.trainer.config_text()) };
        (done, told)
    }

    /// Changes the rate by a person's wish; what was to be done again is not any more.
    pub(super) fn change_learning_rate(&mut self, learning_rate: f64) -> Result<(), RunError> {
        self.trainer.set_learning_rate(learning_rate);
        self.note_change(Changed::LearningRate(learning_rate), None)
    }

    /// The same for anything else.
    pub(super) fn tune(&mut self, tuning: Tuning) -> Result<(), RunError> {
        let (decay, clip) = {
            let training = &self.trainer.config().training;
            (training.weight_decay, training.gradient_clip)
        };
        if !self.retune(tuning) {
            return Ok(());
        }
        let noted = match tuning {
            Tuning::WeightDecay(new) => self.note_change(Changed::WeightDecay(new), Some(decay)),
            Tuning::GradientClip(new) => self.note_change(Changed::GradientClip(new), Some(clip)),
            // No step's arithmetic depends on these: config.toml is enough.
            _ => Ok(()),
        };
        noted.and(self.folder.configure(self.trainer.config_text()))
    }

    /// Tells the trainer. Whether it was not so already.
    fn retune(&mut self, tuning: Tuning) -> bool {
        let mut wanted = self.trainer.config().clone();
        let (training, checkpoint) = (&mut wanted.training, &mut wanted.checkpoint);
        match tuning {
            Tuning::Epochs(epochs) => training.epochs = epochs,
            Tuning::WeightDecay(decay) => training.weight_decay = decay,
            Tuning::GradientClip(clip) => training.gradient_clip = clip,
            Tuning::EveryEpochs(epochs) => checkpoint.every_epochs = epochs,
            Tuning::EverySteps(steps) => checkpoint.every_steps = steps,
            Tuning::EveryMinutes(minutes) => checkpoint.every_minutes = minutes,
            Tuning::Keep(files) => checkpoint.keep = files,
        }
        let is_new = wanted != *self.trainer.config();
        self.trainer.retune(&wanted);
        is_new
    }

    /// The change is on the disk before the next step.
    fn note_change(&mut self, changed: Changed, before: Option<f64>) -> Result<(), RunError> {
        let change = Change { step: self.trainer.step_count(), changed, before };
        if !self.to_replay.is_empty() {
            self.to_replay.clear();
            self.folder.forget_changes_after(change.step)?;
        }
        self.folder.change(&change)
    }

    /// One unit of work, and its traces in the folder.
    pub(super) fn advance(&mut self) -> Result<Progress, TrainError> {
        if self.trainer.is_before_last_step() {
            // For the histograms of the epoch, which a run without a screen has, too.
            self.trainer.sample_next_step();
        }
        let before = self.trainer.times();
        let progress = self.trainer.advance()?;
        if let Progress::Step(step) = &progress {
            self.pace.step(step.images, step.images_per_second, self.trainer.times().since(before));
        }
        Ok(progress)
    }

    /// Writes a step to the folder.
    pub(super) fn record_step(&mut self, step: &StepMetrics) -> Result<(), RunError> {
        self.record.step(step);
        self.folder.step(step)
    }

    /// Writes what the layers did to the folder, if it was in the last step of an epoch.
    pub(super) fn record_sample(&mut self, sample: &NetSample) {
        if self.trainer.validation().is_some() {
            self.record.layers(sample);
        }
    }

    /// Writes an epoch to the folder.
    pub(super) fn record_epoch(&mut self, epoch: &EpochMetrics) -> Result<(), RunError> {
        self.record.epoch(epoch, self.trainer.history());
        self.folder.epoch(epoch)
    }

    /// Writes the matrix of a pass over the run's own net to the folder.
    pub(super) fn record_pass(&mut self, evaluation: &Evaluation) -> Result<(), RunError> {
        let trainer = &self.trainer;
        let epochs_done = if trainer.is_finished() { trainer.epoch() } else { trainer.epoch().saturating_sub(1) };
        let pass = PassRecord::new(epochs_done, trainer.step_count(), evaluation);
        self.record.pass(&pass);
        let recorded = self.folder.pass(&pass);
        if pass.split == Split::Test {
            self.test = Some(pass);
        }
        recorded
    }

    /// Writes the report anew.
    pub(super) fn report(&mut self) {
        let report = report_of(&self.trainer, &self.folder, self.state, self.test.as_ref());
        self.record.report(report);
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
        // No step is named by the clock: while the writer is busy, a later one does as well.
        let minutes = Duration::from_secs(60 * u64::from(policy.every_minutes));
        let due = policy.every_minutes > 0 && self.last_save.elapsed() >= minutes;
        (due && !self.is_saving()).then(|| vec!["last".into()])
    }

    /// Keeps the present step's names until the writer is free.
    pub(super) fn hold(&mut self, names: Vec<String>) {
        self.held = Some(names);
    }

    /// Whether the present step waits for the writer.
    pub(super) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// The names of the step that waited, which are to be saved now.
    pub(super) fn take_held(&mut self) -> Option<Vec<String>> {
        self.held.take()
    }

    /// `step-00000480`.
    pub(super) fn step_name(&self) -> String {
        format!("step-{:08}", self.trainer.step_count())
    }

    /// Copies the weights and hands them to the writer's thread.
    pub(super) fn save(&mut self, names: Vec<String>, reason: SaveReason, stopped: bool) -> Result<(), TrainError> {
        let started = Instant::now();
        let mut contents = self.trainer.capture()?;
        let copying = started.elapsed().as_secs_f64();
        contents.state.asked = reason == SaveReason::Asked;
        contents.state.stopped = stopped;
        self.last_save = Instant::now();
        if reason == SaveReason::Asked {
            // What a person saved is theirs: no policy deletes it, even where one would have saved it too.
            let folder = self.folder.checkpoints();
            let theirs: Vec<_> = names.iter().map(|name| folder.join(format!("{name}.safetensors"))).collect();
            self.leave_alone(&theirs);
        }
        self.reasons.push_back((reason, copying));
        self.writer.submit(Job { folder: self.folder.checkpoints(), names, contents });
        Ok(())
    }

    /// Whether a checkpoint is being written.
    pub(super) fn is_saving(&self) -> bool {
        self.writer.pending() > 0
    }

    /// Whether anything of it is still to be written.
    pub(super) fn is_busy(&self) -> bool {
        self.is_saving() || self.record.is_busy()
    }

    /// The next checkpoint that is done; with `wait`, the next that was submitted.
    pub(super) fn saved(&mut self, wait: bool) -> Option<Saved> {
        let written = if wait { self.writer.wait() } else { self.writer.poll() }?;
        let (reason, copying) = self.reasons.pop_front().unwrap_or((SaveReason::Automatic, 0.0));
        let not_deleted = if reason == SaveReason::Asked {
            // Once more: what a policy saved under the same name before it may have been told of only since.
            self.leave_alone(written.result.as_deref().unwrap_or_default());
            None
        } else {
            self.thin(&written)
        };
        Some(Saved { step: written.step, reason, copying, result: written.result, not_deleted })
    }

    /// These are a person's: no policy deletes them.
    fn leave_alone(&mut self, theirs: &[PathBuf]) {
        self.automatic.retain(|path| !theirs.contains(path));
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
            step_times: self.pace.step_times(),
            seconds: trainer.seconds(),
            epoch_seconds_left: left,
            run_seconds_left: left.zip(later).map(|(left, later)| left + later),
            task,
            saving: self.is_saving(),
        }
    }
}
