//! What crosses between a front end and the engine: plain data.

use super::gallery::Gallery;
use super::listing::{RunRow, RunSteps};
use crate::config::Config;
use crate::metrics::{EpochMetrics, Evaluation, NetSample, Predictions, Split, StepMetrics, StepTimes};
use crate::model::Summary;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// What a front end asks of the engine. Each takes effect within one training step (or one validation batch).
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Begins a new run. Refused while one is going on.
    Start,
    /// Goes on with a run that was begun before. Refused while one is going on.
    Continue(Continuation),
    /// Stops between two steps, until `Resume`.
    Pause,
    /// Goes on after `Pause`.
    Resume,
    /// While paused: one optimizer step (during a validation: one batch of it).
    Step,
    /// Ends the run here; its weights are saved as `last`.
    Stop,
    /// Saves a checkpoint that no policy deletes.
    Save,
    /// Runs over a split with the weights as they are, training suspended; with `checkpoint`, the weights of that file.
    Evaluate {
        /// The pictures to run over.
        split: Split,
        /// Another net's weights instead of the run's own.
        checkpoint: Option<PathBuf>,
    },
    /// Predicts these pictures with the weights as they are, a few between two steps: [`Event::Predicted`] brings them
    /// as they are done. Takes the place of what was asked before and is not done yet.
    Predict {
        /// What the indices count in.
        split: Split,
        /// Each picture's place in its file; those that are not there are passed over.
        indices: Vec<u32>,
    },
    /// Ends an evaluation or a download; training goes on where it was.
    Cancel,
    /// From the next step on.
    SetLearningRate(f64),
    /// From the next step on: what else of a run under way may change.
    Tune(Tuning),
    /// What new runs are from now on; a run under way stays as it is.
    Configure(Box<Config>),
    /// Downloads the full data set; refused while a run is going on or the data is not the sample.
    FetchData,
    /// Lists the runs of the runs folder, and the one that is open: [`Event::Runs`] brings them.
    ListRuns,
    /// Reads the steps of the run in this folder: [`Event::RunRead`] brings them, if no other was asked for meanwhile.
    ReadRun(PathBuf),
    /// Deletes the run in this folder. Refused while anyone is at work on it; [`Event::RunDeleted`] tells how it went.
    DeleteRun(PathBuf),
    /// Finishes the step, saves, and ends the worker; [`Event::Ended`] is the last event.
    Leave,
}

/// What, besides the learning rate, may change in a run under way. A run that is gone on with does it again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tuning {
    /// Epochs in all, not below the one under way.
    Epochs(u32),
    /// The L2 penalty.
    WeightDecay(f64),
    /// The norm that gradients are scaled down to; 0: never.
    GradientClip(f64),
    /// Save `epoch-NNNN` every so many epochs; 0: never.
    EveryEpochs(u32),
    /// Save `step-NNNNNNNN` every so many steps; 0: never.
    EverySteps(u64),
    /// Save `last` every so many minutes; 0: never.
    EveryMinutes(u32),
    /// How many of the automatic files stay.
    Keep(usize),
}

impl Tuning {
    /// The setting, and what it becomes.
    pub fn setting(self) -> (&'static str, f64) {
        match self {
            Self::Epochs(epochs) => ("training.epochs", epochs.into()),
            Self::WeightDecay(decay) => ("training.weight_decay", decay),
            Self::GradientClip(clip) => ("training.gradient_clip", clip),
            Self::EveryEpochs(epochs) => ("checkpoint.every_epochs", epochs.into()),
            Self::EverySteps(steps) => ("checkpoint.every_steps", steps as f64),
            Self::EveryMinutes(minutes) => ("checkpoint.every_minutes", minutes.into()),
            Self::Keep(files) => ("checkpoint.keep", files as f64),
        }
    }
}

impl std::fmt::Display for Tuning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (key, value) = self.setting();
        write!(f, "{key} {value}")
    }
}

/// A run to go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Continuation {
    /// The run's folder.
    pub folder: PathBuf,
    /// The checkpoint to go on from; `None`: the newest that is good, or from the beginning where there is none.
    pub checkpoint: Option<PathBuf>,
    /// What the run is from now on; `None`: as it was.
    pub config: Option<Box<Config>>,
    /// The rate from now on; `None`: the checkpoint's.
    pub learning_rate: Option<f64>,
}

/// A run that could be gone on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// The epoch that was under way.
    pub epoch: u32,
    /// Epochs asked for.
    pub epochs: u32,
    /// Optimizer steps done.
    pub step: u64,
    /// When that was saved.
    pub saved: SystemTime,
}

/// What a run did before it was gone on with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// The epochs that are done.
    pub epochs: Vec<EpochMetrics>,
    /// The steps that are done, as far as the run's folder tells.
    pub steps: Vec<StepMetrics>,
    /// The passes over whole splits, oldest first.
    pub passes: Vec<PastPass>,
    /// What is not as it was, so that the run goes on but not to the bit.
    pub inexact: Vec<String>,
}

/// A pass over a split before a run was gone on with.
#[derive(Clone, Debug, PartialEq)]
pub struct PastPass {
    /// The last epoch that was done before it; 0: none.
    pub epoch: u32,
    /// Optimizer steps done before it.
    pub step: u64,
    /// What it gave, without the single pictures.
    pub evaluation: Evaluation,
}

/// Which command an acknowledgement belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub u64);

/// What the engine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Phase {
    /// No run yet; data is read.
    Idle,
    /// Reading data, or making a run ready.
    Loading,
    /// Steps or validation batches are being done.
    Training,
    /// A run stands between two steps.
    Paused,
    /// A pass over a split; the phase before it comes back afterwards.
    Evaluating,
    /// The run did all its epochs.
    Finished,
    /// The run was ended by hand.
    Stopped,
    /// The run was ended by a fault.
    Failed,
}

impl Phase {
    /// Whether a run is under way (training or standing still in the middle).
    pub fn has_running_run(self) -> bool {
        matches!(self, Self::Training | Self::Paused)
    }
}

/// How bad a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// What happened.
    Info,
    /// What should be looked at.
    Warn,
    /// What went wrong.
    Error,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When it was said.
    pub time: SystemTime,
    /// How bad it is.
    pub level: Level,
    /// One line of text.
    pub message: String,
}

/// Where the pictures came from, and what they are.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSummary {
    /// `None`: the sample inside the program.
    pub folder: Option<PathBuf>,
    /// Pictures in the training files (before the split).
    pub train_images: usize,
    /// Pictures in the test files.
    pub test_images: usize,
    /// Names in class order.
    pub class_names: Vec<String>,
    /// What a person should know about it: that it is the sample, or not Fashion-MNIST.
    pub note: Option<String>,
}

/// What a run begun now would be. Front ends show it before anything is started.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPlan {
    /// `fashion`, `tiny`, …
    pub variant: String,
    /// `cpu`, `cuda:0`.
    pub device: String,
    /// `f32` or `bf16`.
    pub precision: String,
    /// Compute threads.
    pub threads: usize,
    /// Numbers that are learned.
    pub parameters: u64,
    /// Pictures learned from in an epoch.
    pub train_images: usize,
    /// Pictures of the validation.
    pub validation_images: usize,
    /// The net's table, for one picture.
    pub net: Arc<Summary>,
    /// The pictures themselves.
    pub gallery: Gallery,
}

/// A run that has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct RunInfo {
    /// The folder's name.
    pub name: String,
    /// Where everything of it is kept.
    pub folder: PathBuf,
    /// `fashion`, `tiny`, …
    pub variant: String,
    /// `cpu`, `cuda:0`.
    pub device: String,
    /// `f32` or `bf16`.
    pub precision: String,
    /// Compute threads.
    pub threads: usize,
    /// `Adam`, as people write it.
    pub optimizer: String,
    /// Numbers that are learned.
    pub parameters: u64,
    /// Epochs asked for.
    pub epochs: u32,
    /// Pictures a step.
    pub batch_size: usize,
    /// Optimizer steps in an epoch.
    pub steps_per_epoch: u64,
    /// Pictures learned from in an epoch.
    pub train_images: usize,
    /// Pictures of the validation.
    pub validation_images: usize,
    /// The seed of everything.
    pub seed: u64,
    /// The step from which it was gone on with; `None`: it is new.
    pub resumed_from: Option<u64>,
}

/// A long piece of work with a known end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TaskProgress {
    /// What it is.
    pub task: Task,
    /// Pictures, or bytes, done.
    pub done: u64,
    /// Pictures, or bytes, in all; 0 where unknown.
    pub total: u64,
}

/// What a [`TaskProgress`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The validation at the end of an epoch, in pictures.
    Validation,
    /// An evaluation, in pictures.
    Evaluation(Split),
    /// The download of the data set, in bytes.
    Download,
}

/// Where a run stands; only the latest is of interest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Counted from 1; 0 before the first step.
    pub epoch: u32,
    /// Epochs asked for.
    pub epochs: u32,
    /// Optimizer steps done in the run.
    pub step: u64,
    /// Pictures learned from in this epoch.
    pub images_done: u64,
    /// Pictures in an epoch.
    pub images_total: u64,
    /// The rate that the next step will use.
    pub learning_rate: f64,
    /// Pictures a second, averaged over the last steps.
    pub images_per_second: f64,
    /// The parts of a step in seconds, averaged over the last steps.
    pub step_times: StepTimes,
    /// Training and validation time of the run so far, pauses left out.
    pub seconds: f64,
    /// Time left in this epoch, once it can be told.
    pub epoch_seconds_left: Option<f64>,
    /// Time left in the run, once it can be told.
    pub run_seconds_left: Option<f64>,
    /// What else is going on.
    pub task: Option<TaskProgress>,
    /// Whether a checkpoint is being written.
    pub saving: bool,
}

/// Why a checkpoint was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveReason {
    /// By policy: at an epoch's end, or every so many steps or minutes.
    Automatic,
    /// By key.
    Asked,
    /// The run ended.
    Final,
}

/// What happened. These always arrive, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The answer to a command: done, or why not.
    Acknowledged {
        /// Which command.
        id: CommandId,
        /// `Err` tells why it was refused, in words for the screen.
        outcome: Result<(), String>,
    },
    /// The engine is doing something else now.
    Phase(Phase),
    /// The pictures are read.
    DataReady(DataSummary),
    /// What a run begun now would be: said after [`Event::DataReady`].
    Planned(RunPlan),
    /// There is a run that did not end. Said once, after the data is read.
    Offered(Offer),
    /// A run began, or goes on.
    RunStarted(RunInfo),
    /// What a run that goes on has done before: said after [`Event::RunStarted`].
    Restored(Box<Past>),
    /// An epoch ended.
    Epoch(EpochMetrics),
    /// The rate was changed by hand.
    LearningRate {
        /// Steps done before the change.
        step: u64,
        /// The new rate.
        learning_rate: f64,
    },
    /// Something else of the run was changed by hand.
    Tuned {
        /// Steps done before the change.
        step: u64,
        /// What it is from then on.
        tuning: Tuning,
    },
    /// Checkpoint files are safely on the disk.
    CheckpointSaved {
        /// Every name that the weights now have (`last`, `best`, `epoch-0003` …).
        paths: Vec<PathBuf>,
        /// Steps done when the weights were copied.
        step: u64,
        /// Why.
        reason: SaveReason,
    },
    /// A checkpoint could not be written; training goes on.
    CheckpointFailed {
        /// What went wrong, with the file and what to do.
        message: String,
    },
    /// A pass over a split is done.
    Evaluated(Evaluation),
    /// Some of the pictures of [`Command::Predict`].
    Predicted {
        /// What the indices count in.
        split: Split,
        /// Steps done when they were predicted.
        step: u64,
        /// Picture by picture.
        predictions: Predictions,
    },
    /// The runs there are, the one last changed first.
    Runs(Vec<RunRow>),
    /// What was asked for by [`Command::ReadRun`].
    RunRead(RunSteps),
    /// A run was to be deleted.
    RunDeleted {
        /// Its folder.
        folder: PathBuf,
        /// `Err` tells why it is still there, or part of it.
        outcome: Result<(), String>,
    },
    /// Something failed: the run (the phase turns to `Failed`), or the work asked for.
    Failed {
        /// What went wrong, and what to do.
        message: String,
    },
    /// A line of the log.
    Log(LogLine),
    /// The worker has ended; nothing follows.
    Ended,
}

/// What is only worth its latest value, taken by a front end whenever it likes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// Every step since the last taking, oldest first.
    pub steps: Vec<StepMetrics>,
    /// Every sampled step since the last taking, oldest first.
    pub samples: Vec<NetSample>,
    /// Where the run stands.
    pub snapshot: Snapshot,
}
