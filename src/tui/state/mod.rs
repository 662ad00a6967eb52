//! What the screen knows: plain data, changed by actions and by what the engine says, drawn by others.

mod charts;
mod confusion;
mod copying;
mod engine;
mod layers;
mod log;
mod palette;
mod pictures;
mod possible;
mod remarks;
mod runs;
mod settings;
mod types;
mod update;

pub use charts::{ChartsState, Cursor, Plotted};
pub use confusion::{ConfusionState, Pass};
pub use layers::{LayerColumn, LayersState};
pub use log::{LogState, Matches, PAGE};
pub use palette::PaletteState;
pub use pictures::{Answer, Choice, ChoiceState, Filter, Order, PicturesState, View};
pub use remarks::Remark;
pub use runs::{Curves, LaidRun, RunColumn, RunFilter, RunsState, RunsView};
pub use settings::{ClashChoice, ClashState, DiffState, Editor, EditorKind, SettingsState, When, text_of};
pub use types::*;
pub use update::{Effect, update};

use super::keymap::{Keymap, Mode};
use super::series::Series;
use super::words::Words;
use crate::config::Config;
use crate::metrics::EpochMetrics;
use crate::session::{Command, CommandId, DataSummary, Level, LogLine, Offer, Phase, RunInfo, RunPlan, Snapshot, Task};
use jiff::tz::TimeZone;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::SystemTime;

/// Lines of the log that stay in memory; the run's folder has them all.
const MESSAGES: usize = 2000;

/// Weights of the past that `<` and `>` step through.
pub const SMOOTHINGS: [f64; 8] = [0.0, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995];
const DEFAULT_SMOOTHING: usize = 4;

/// Everything the screen knows.
#[derive(Clone, Debug)]
pub struct State {
    /// What the program was started with, and what was changed since.
    pub config: Config,
    /// The texts of its language.
    pub words: &'static Words,
    /// The keys in force.
    pub keys: Keymap,
    /// The screen shown.
    pub screen: Screen,
    /// The screens before it, for going back.
    visited: Vec<Screen>,
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
    /// A run that did not end.
    pub offer: Option<Offer>,
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
    /// How the curves are looked at.
    pub charts: ChartsState,
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
    /// How many of each class were right in the last pass.
    pub recalls: Option<Recalls>,
    /// `best` as it lies on the disk.
    pub best: Option<PathBuf>,
    /// `last` as it lies on the disk.
    pub last: Option<PathBuf>,
    /// Why what was asked last can't be done, until something else is asked.
    pub notice: Option<String>,
    /// What was done as it was asked, until something else is asked.
    pub done: Option<String>,
    /// What went wrong and still is.
    pub failure: Option<String>,
    /// That the last checkpoint could not be written.
    pub not_saved: Option<String>,
    /// The last lines of the log.
    pub messages: VecDeque<LogLine>,
    /// Lines that the messages are scrolled up.
    pub scroll: usize,
    /// What the Log screen shows of them.
    pub reading: LogState,
    /// Which classes were taken for which.
    pub confusion: ConfusionState,
    /// The net, layer by layer.
    pub layers: LayersState,
    /// The pictures, and what the net said of them.
    pub pictures: PicturesState,
    /// The settings.
    pub settings: SettingsState,
    /// The runs there are.
    pub runs: RunsState,
    /// A run from before that the charts draw beneath the present one.
    pub laid: Option<LaidRun>,
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
            words: Words::of(&config.ui),
            settings: SettingsState::of(&config),
            keys: Keymap::new(&config.keys),
            config,
            screen: Screen::Train,
            visited: Vec::new(),
            overlay: None,
            phase: Phase::Loading,
            phase_before: Phase::Idle,
            pending: Vec::new(),
            data: None,
            plan: None,
            offer: None,
            run: None,
            run_under_way: false,
            asked_rate: None,
            loss: Series::new(SMOOTHINGS[smoothing]),
            accuracy: Series::new(SMOOTHINGS[smoothing]),
            smoothing,
            log_scale: false,
            charts: ChartsState::default(),
            last_step: 0,
            marks: Vec::new(),
            epochs: Vec::new(),
            running: RunningMean::default(),
            gradient_norm: None,
            evaluation: None,
            recalls: None,
            best: None,
            last: None,
            notice: None,
            done: None,
            failure: None,
            not_saved: None,
            messages: VecDeque::new(),
            scroll: 0,
            reading: LogState::default(),
            confusion: ConfusionState::default(),
            layers: LayersState::default(),
            pictures: PicturesState::default(),
            runs: RunsState::default(),
            laid: None,
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
            Some(Overlay::Question(_) | Overlay::Diff(_) | Overlay::Clash(_)) => Mode::Dialog,
            Some(
                Overlay::Palette(_) | Overlay::Search(_) | Overlay::Edit(Editor { kind: EditorKind::Line(_), .. }),
            ) => Mode::Text,
            Some(Overlay::Help { .. } | Overlay::Choice(_) | Overlay::Edit(_)) | None => Mode::Browse,
        }
    }

    /// Whether leaving would end a run.
    pub fn run_under_way(&self) -> bool {
        self.run_under_way && !self.ended
    }

    /// The task going on, if it is one that Esc cancels.
    pub fn can_cancel(&self) -> bool {
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
        let words = &self.words.status;
        let of = |symbol, word, tone| Status { symbol, word, tone };
        let validating = self.snapshot.task.is_some_and(|task| task.task == Task::Validation);
        match self.phase {
            _ if self.ended && self.leaving.is_none() => of("✖", words.failed, Tone::Bad),
            _ if self.leaving.is_some() => of("◂", words.leaving, Tone::Busy),
            Phase::Idle if self.download().is_some() => of("↓", words.downloading, Tone::Busy),
            Phase::Idle => of("○", words.idle, Tone::Calm),
            Phase::Loading => of("◌", words.loading, Tone::Busy),
            Phase::Training if validating => of("◐", words.validating, Tone::Good),
            Phase::Training => of("●", words.training, Tone::Good),
            Phase::Paused => of("‖", words.paused, Tone::Warn),
            Phase::Evaluating => of("◆", words.evaluating, Tone::Busy),
            Phase::Finished => of("✔", words.finished, Tone::Good),
            Phase::Stopped => of("■", words.stopped, Tone::Calm),
            Phase::Failed => of("✖", words.failed, Tone::Bad),
        }
    }

    /// What was asked and is not so yet, in a word that has room beside tabs and state.
    pub fn asked(&self) -> Option<&'static str> {
        let words = &self.words.status;
        let asked = self.pending.iter().rev().find_map(|(_, command)| match command {
            // Asked every now and then by the screen itself.
            Command::Predict { .. } | Command::Configure(_) | Command::ListRuns | Command::ReadRun(_) => None,
            Command::Start | Command::Continue(_) => Some(words.asked_to_start),
            Command::Pause => Some(words.asked_to_pause),
            Command::Resume => Some(words.asked_to_resume),
            Command::Step => Some(words.asked_to_step),
            Command::Stop => Some(words.asked_to_stop),
            Command::Save | Command::Leave => Some(words.asked_to_save),
            Command::Evaluate { .. } => Some(words.asked_to_evaluate),
            Command::Cancel => Some(words.asked_to_cancel),
            Command::SetLearningRate(_) => Some(words.asked_for_rate),
            Command::Tune(_) => Some(words.asked_for_setting),
            Command::FetchData => Some(words.asked_for_data),
            Command::DeleteRun(_) => Some(self.words.runs.deleting),
        });
        asked.or(self.snapshot.saving.then_some(words.asked_to_save))
    }

    /// The rate that the next step will use, or that was asked for.
    pub fn learning_rate(&self) -> f64 {
        self.asked_rate.unwrap_or(self.snapshot.learning_rate)
    }

    /// The best epoch so far.
    pub fn best_epoch(&self) -> Option<&EpochMetrics> {
        self.epochs.iter().rev().find(|epoch| epoch.best)
    }

    /// Optimizer steps done, as far as is known here.
    pub fn steps_done(&self) -> u64 {
        self.last_step
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
            self.reading.first_is_gone();
        }
        self.messages.push_back(line);
        // Whoever has scrolled up goes on seeing the same lines.
        if self.scroll > 0 {
            self.scroll = (self.scroll + 1).min(self.messages.len() - 1);
        }
    }
}
