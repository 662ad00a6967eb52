//! Runs of the runs folder as they cross to a front end: plain data.

use crate::config::Config;
use crate::metrics::{Best, ClassMetrics, EpochMetrics, Evaluation, Split, StepMetrics};
use crate::run::{Overview, PassRecord, Reported, RunState, Standing};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// How it stands with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::VariantArray)]
pub enum RunStanding {
    /// A program is at work on it.
    Running,
    /// All its epochs are done.
    Finished,
    /// A person ended it before.
    Stopped,
    /// The program ended before it did.
    Left,
    /// A fault ended it.
    Failed,
    /// Whatever ran it ended without a word.
    Killed,
    /// Made by a program that knows other settings, or writes other checkpoints.
    OtherVersion,
    /// Something is missing or can't be read.
    Broken,
}

impl RunStanding {
    fn of(run: &Overview) -> Self {
        match run.standing {
            Standing::Running => Self::Running,
            Standing::Finished => Self::Finished,
            Standing::OtherVersion => Self::OtherVersion,
            Standing::Broken => Self::Broken,
            Standing::Stopped | Standing::Interrupted => Self::ended(run),
        }
    }

    /// How a run that is not done, and nobody's work now, came to its end.
    fn ended(run: &Overview) -> Self {
        match &run.reported {
            // A checkpoint of later steps than the report: it was gone on with, and that end was told nobody.
            Some(Reported { steps, .. }) if run.step.is_some_and(|step| step > *steps) => Self::Killed,
            Some(Reported { state: RunState::Failed, .. }) => Self::Failed,
            Some(Reported { state: RunState::Stopped, .. }) => Self::Stopped,
            // Done once, and asked for more epochs since.
            Some(Reported { state: RunState::Left | RunState::Finished, .. }) => Self::Left,
            _ if run.standing == Standing::Stopped => Self::Stopped,
            Some(Reported { state: RunState::Running, .. }) | None => Self::Killed,
        }
    }

    /// Whether there is more of it to be done, and nothing in the way.
    pub fn can_go_on(self) -> bool {
        matches!(self, Self::Stopped | Self::Left | Self::Failed | Self::Killed)
    }
}

/// An evaluation on the test pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTest {
    /// The last epoch that was done before it; 0: none.
    pub epoch: u32,
    /// Optimizer steps done before it.
    pub step: u64,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Fraction right.
    pub accuracy: f64,
    /// One row a class.
    pub classes: Vec<ClassMetrics>,
}

/// A run as its folder tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// How it stands with it.
    pub standing: RunStanding,
    /// Why it is broken or of another version.
    pub trouble: Option<String>,
    /// Its configuration, where that can be read.
    pub config: Option<Arc<Config>>,
    /// The epochs that are done. `step` is 0 where nothing tells it.
    pub epochs: Vec<EpochMetrics>,
    /// The best of them.
    pub best: Option<Best>,
    /// Optimizer steps done when it was saved last; `None`: it never was.
    pub step: Option<u64>,
    /// The last evaluation of its own net on the test pictures.
    pub test: Option<RunTest>,
    /// The weights of its best epoch, if they are there.
    pub best_checkpoint: Option<PathBuf>,
    /// Training and validation time, pauses left out.
    pub seconds: f64,
    /// What it takes on the disk.
    pub bytes: u64,
    /// When anything in it changed last.
    pub changed: Option<SystemTime>,
}

impl RunRow {
    /// What an overview tells.
    pub(super) fn new(run: &Overview) -> Self {
        let in_epochs: f64 = run.epochs.iter().map(|epoch| epoch.seconds).sum();
        let reported = run.reported.as_ref().map_or(0.0, |report| report.seconds);
        Self {
            name: run.name.clone(),
            folder: run.folder.clone(),
            standing: RunStanding::of(run),
            trouble: run.trouble.clone(),
            config: run.config.clone().map(Arc::new),
            epochs: run.epochs.clone(),
            best: run.best,
            step: run.step,
            test: run.test().map(|pass| test(pass, run.reported.as_ref())),
            best_checkpoint: run.best_checkpoint(),
            seconds: in_epochs.max(reported),
            bytes: run.bytes,
            changed: run.changed,
        }
    }

    /// Epochs asked for.
    pub fn epochs_asked(&self) -> Option<u32> {
        self.config.as_ref().map(|config| config.training.epochs)
    }
}

/// A matrix knows its classes by their numbers; the report has their names.
fn test(pass: &PassRecord, reported: Option<&Reported>) -> RunTest {
    let PassRecord { epoch, step, loss, ref confusion_matrix, .. } = *pass;
    let named = reported.and_then(|report| report.test.clone()).filter(|(of, _)| *of == step);
    let classes = named.map_or_else(
        || {
            let numbers: Vec<_> = (0..confusion_matrix.classes()).map(|class| class.to_string()).collect();
            Evaluation::of_matrix(Split::Test, loss, confusion_matrix.clone(), &numbers).classes
        },
        |(_, classes)| classes,
    );
    RunTest { epoch, step, loss, accuracy: confusion_matrix.accuracy(), classes }
}

/// Every step of a run, as far as its folder tells.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSteps {
    /// The run's folder.
    pub folder: PathBuf,
    /// Oldest first.
    pub steps: Vec<StepMetrics>,
}
