//! The small types that the state is made of.

use super::{ChoiceState, ClashState, DiffState, Editor, PaletteState};
use crate::metrics::Split;

/// The screens that are built; their numbers are their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::VariantArray)]
pub enum Screen {
    /// Watch and steer.
    Train = 1,
    /// Take the net apart.
    Layers = 2,
    /// See which classes are taken for which.
    Confusion = 3,
    /// See the pictures, and what the net says of each.
    Pictures = 4,
    /// See, change and write the settings.
    Config = 6,
    /// Look back at other runs.
    Runs = 7,
    /// Read what happened.
    Log = 8,
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
    /// What to search for, or which number to go to, in a line of the screen.
    Search(tui_input::Input),
    /// Which pictures to show.
    Choice(ChoiceState),
    /// A setting that is edited, in its line of the screen.
    Edit(Editor),
    /// What would be written to the configuration's file.
    Diff(DiffState),
    /// What to do with settings that others have changed as well.
    Clash(ClashState),
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
    /// Delete a run.
    DeleteRun,
    /// The same, asked again with its name and its size.
    DeleteRunForGood,
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
    /// Another setting of the run was changed.
    Setting,
    /// Training paused.
    Pause,
}

/// The last evaluation that was asked for, as far as the screen shows it.
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
}

/// What the last pass over a split, asked for or at an epoch's end, gave for each class.
#[derive(Clone, Debug, PartialEq)]
pub struct Recalls {
    /// The pictures it ran over.
    pub split: Split,
    /// Each class's name, and the fraction of its pictures that were right.
    pub classes: Vec<(String, f64)>,
}

/// Means over the epoch so far, each picture as its batch saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunningMean {
    pub(super) epoch: u32,
    pub(super) images: f64,
    pub(super) loss: f64,
    pub(super) accuracy: f64,
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

/// The thumbnails that a frame showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Thumbnails side by side.
    pub columns: usize,
    /// Lines of them.
    pub rows: usize,
}
