//! What the screen knows: plain data, changed by actions and by what the engine says, drawn by others.

mod engine;
mod palette;
mod update;

pub use palette::PaletteState;
pub use update::{Effect, update};

use super::keymap::Mode;
use super::series::Series;
use crate::config::Config;
use crate::metrics::{EpochMetrics, Split};
use crate::session::{Command, CommandId, DataSummary, Level, LogLine, Phase, RunInfo, RunPlan, Snapshot, Task};
use jiff::tz::TimeZone;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::SystemTime;

/// Lines of the log that stay in memory; the run's folder has them all.
const MESSAGES: usize = 2000;

/// Weights of the past that `<` and `>` step through.
pub const SMOOTHINGS: [f64; 8] = [0.0, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995];
const DEFAULT_SMOOTHING: usize = 4;

/// The screens that are built; their numbers are their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::VariantArray)]
pub enum Screen {
    /// Watch and steer.
    Train = 1,
}

/// What lies over the screen and takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys, from this line on.
    Help {
        /// Lines scrolled.
        scroll: usize,
    },
    /// Find a command by a few letters.
    Palette(PaletteState),
    /// Asked before it is done.
    Question(Question),
}

/// What is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Leave although a run is under way.
    Leave,
    /// End the run.
    Stop,
}

/// Why the program is leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// By `q`.
    Asked,
    /// By Ctrl-C or SIGINT.
    Interrupt,
    /// By SIGTERM.
    Terminate,
    /// By SIGHUP, or because the terminal is gone.
    HangUp,
}

impl Leaving {
    /// The program's exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Asked => 0,
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// How much a state wants to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing goes on.
    Calm,
    /// All is well.
    Good,
    /// Something else goes on.
    Busy,
    /// A person should know.
    Warn,
    /// Something is wrong.
    Bad,
}

/// What is so, in a word that always stands in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Tells it without colour.
    pub symbol: &'static str,
    /// Tells it in a word.
    pub word: &'static str,
    /// How loudly.
    pub tone: Tone,
}

/// Something on the axis of the charts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Steps done before it.
    pub step: u64,
    /// What it was.
    pub kind: MarkKind,
}

/// What a [`Mark`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// The learning rate went up.
    RateUp,
    /// The learning rate went down.
    RateDown,
    /// Training paused.
    Pause,
}

/// The last evaluation, as far as the screen shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationResult {
    /// The pictures it ran over.
    pub split: Split,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Fraction right.
    pub accuracy: f64,
    /// Steps done when it came.
    pub step: u64,
    /// Each class's name, and the fraction of its pictures that were right.
    pub recalls: Vec<(String, f64)>,
}

/// Means over the epoch so far, each picture as its batch saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunningMean {
    epoch: u32,
    images: f64,
    loss: f64,
    accuracy: f64,
}

impl RunningMean {
    /// The mean loss, once there is one.
    pub fn loss(&self) -> Option<f64> {
        (self.images > 0.0).then(|| self.loss / self.images)
    }

    /// The mean accuracy, once there is one.
    pub fn accuracy(&self) -> Option<f64> {
        (self.images > 0.0).then(|| self.accuracy / self.images)
    }
}

/// What the process takes from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Resident memory in bytes.
    pub memory: u64,
    /// Processor time in hundredths of one core.
    pub cpu: u32,
}

/// Everything the screen knows.
#[derive(Clone, Debug)]
pub struct State {
    /// What the program was started with.
    pub config: Config,
    /// The screen shown.
    pub screen: Screen,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// What the engine is doing.
    pub phase: Phase,
    /// What it did before an evaluation.
    phase_before: Phase,
    /// Commands that are not answered yet, oldest first.
    pending: Vec<(CommandId, Command)>,
    /// The pictures, once read.
    pub data: Option<DataSummary>,
    /// What a run begun now would be, once known.
    pub plan: Option<RunPlan>,
    /// The run that is going on, or the last one.
    pub run: Option<RunInfo>,
    run_under_way: bool,
    /// Where it stands.
    pub snapshot: Snapshot,
    /// The rate asked for and not yet confirmed.
    asked_rate: Option<f64>,
    /// The rate before the next change, for telling up from down.
    confirmed_rate: f64,
    /// The loss of every step.
    pub loss: Series,
    /// The accuracy of every step.
    pub accuracy: Series,
    /// Which of [`SMOOTHINGS`].
    pub smoothing: usize,
    /// Whether the loss is drawn on a logarithmic scale.
    pub log_scale: bool,
    last_step: u64,
    /// What happened on the axis.
    pub marks: Vec<Mark>,
    /// Every epoch's numbers.
    pub epochs: Vec<EpochMetrics>,
    /// Means over the epoch so far.
    pub running: RunningMean,
    /// The norm of all gradients, where it was measured last.
    pub gradient_norm: Option<f64>,
    /// The last evaluation.
    pub evaluation: Option<EvaluationResult>,
    /// `best` as it lies on the disk.
    pub best: Option<PathBuf>,
    /// `last` as it lies on the disk.
    pub last: Option<PathBuf>,
    /// What went wrong and still is.
    pub failure: Option<String>,
    /// That the last checkpoint could not be written.
    pub not_saved: Option<String>,
    /// The last lines of the log.
    pub messages: VecDeque<LogLine>,
    /// Lines that the messages are scrolled up.
    pub scroll: usize,
    /// What the process takes.
    pub usage: Option<Usage>,
    /// Set once the way out is taken.
    pub leaving: Option<Leaving>,
    /// The worker has ended.
    pub ended: bool,
    died: bool,
    /// The clock of the lines that the screen itself adds.
    pub now: fn() -> SystemTime,
    /// The zone in which times are shown.
    pub zone: TimeZone,
}

impl State {
    /// What is known before the engine has said anything.
    pub fn new(config: Config) -> Self {
        let smoothing = DEFAULT_SMOOTHING;
        Self {
            snapshot: Snapshot { learning_rate: config.training.learning_rate, ..Snapshot::default() },
            confirmed_rate: config.training.learning_rate,
            config,
            screen: Screen::Train,
            overlay: None,
            phase: Phase::Loading,
            phase_before: Phase::Idle,
            pending: Vec::new(),
            data: None,
            plan: None,
            run: None,
            run_under_way: false,
            asked_rate: None,
            loss: Series::new(SMOOTHINGS[smoothing]),
            accuracy: Series::new(SMOOTHINGS[smoothing]),
            smoothing,
            log_scale: false,
            last_step: 0,
            marks: Vec::new(),
            epochs: Vec::new(),
            running: RunningMean::default(),
            gradient_norm: None,
            evaluation: None,
            best: None,
            last: None,
            failure: None,
            not_saved: None,
            messages: VecDeque::new(),
            scroll: 0,
            usage: None,
            leaving: None,
            ended: false,
            died: false,
            now: SystemTime::now,
            zone: TimeZone::system(),
        }
    }

    /// Who takes the keys.
    pub fn mode(&self) -> Mode {
        match &self.overlay {
            Some(Overlay::Question(_)) => Mode::Dialog,
            Some(Overlay::Palette(_)) => Mode::Text,
            Some(Overlay::Help { .. }) | None => Mode::Browse,
        }
    }

    /// Whether leaving would end a run.
    pub fn run_under_way(&self) -> bool {
        self.run_under_way && !self.ended
    }

    /// The task going on, if it is one that Esc cancels.
    fn can_cancel(&self) -> bool {
        self.phase == Phase::Evaluating || self.download().is_some()
    }

    /// Bytes done and in all while the data set is downloaded.
    pub fn download(&self) -> Option<(u64, u64)> {
        let task = self.snapshot.task?;
        (task.task == Task::Download).then_some((task.done, task.total))
    }

    /// Whether the pictures are the sample inside the program.
    pub fn uses_sample(&self) -> bool {
        self.data.as_ref().is_some_and(|data| data.folder.is_none())
    }

    /// What is so.
    pub fn status(&self) -> Status {
        let of = |symbol, word, tone| Status { symbol, word, tone };
        let validating = self.snapshot.task.is_some_and(|task| task.task == Task::Validation);
        match self.phase {
            _ if self.ended && self.leaving.is_none() => of("✖", "failed", Tone::Bad),
            _ if self.leaving.is_some() => of("◂", "leaving", Tone::Busy),
            Phase::Idle if self.download().is_some() => of("↓", "loading", Tone::Busy),
            Phase::Idle => of("○", "idle", Tone::Calm),
            Phase::Loading => of("◌", "loading", Tone::Busy),
            Phase::Training if validating => of("◐", "validating", Tone::Good),
            Phase::Training => of("●", "training", Tone::Good),
            Phase::Paused => of("‖", "paused", Tone::Warn),
            Phase::Evaluating => of("◆", "evaluating", Tone::Busy),
            Phase::Finished => of("✔", "finished", Tone::Good),
            Phase::Stopped => of("■", "stopped", Tone::Calm),
            Phase::Failed => of("✖", "failed", Tone::Bad),
        }
    }

    /// What was asked and is not so yet.
    pub fn asked(&self) -> Option<&'static str> {
        let asked = self.pending.last().map(|(_, command)| match command {
            Command::Start => "starting…",
            Command::Pause => "pausing…",
            Command::Resume => "resuming…",
            Command::Step => "stepping…",
            Command::Stop => "stopping…",
            Command::Save => "saving…",
            Command::Evaluate { .. } => "asked to evaluate…",
            Command::Cancel => "cancelling…",
            Command::SetLearningRate(_) => "changing the rate…",
            Command::FetchData => "asked to download…",
            Command::Leave => "saving…",
        });
        asked.or(self.snapshot.saving.then_some("saving…"))
    }

    /// The rate that the next step will use, or that was asked for.
    pub fn learning_rate(&self) -> f64 {
        self.asked_rate.unwrap_or(self.snapshot.learning_rate)
    }

    /// The best epoch so far.
    pub fn best_epoch(&self) -> Option<&EpochMetrics> {
        self.epochs.iter().rev().find(|epoch| epoch.best)
    }

    /// Steps that the charts hold.
    pub fn steps(&self) -> usize {
        self.loss.len()
    }

    /// Adds a line of the screen's own to the messages.
    pub fn say(&mut self, level: Level, message: impl Into<String>) {
        let line = LogLine { time: (self.now)(), level, message: message.into() };
        self.log(line);
    }

    fn log(&mut self, line: LogLine) {
        if self.messages.len() == MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(line);
        // Whoever has scrolled up goes on seeing the same lines.
        if self.scroll > 0 {
            self.scroll = (self.scroll + 1).min(self.messages.len() - 1);
        }
    }
}
