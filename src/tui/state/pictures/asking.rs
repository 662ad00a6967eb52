//! What the engine is asked for: the net's answers to what is seen, and a pass over a split where a view needs one.

use super::PicturesState;
use crate::metrics::Split;
use crate::session::{Command, Phase};
use crate::tui::state::{Effect, Grid, State};

/// Steps after which an answer is too old, while training goes on.
const OLD: u64 = 200;

/// What is on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Asking {
    /// The pictures that are being predicted.
    open: Option<(Split, Vec<u32>)>,
    /// The engine can't answer as it is now.
    refused: bool,
    /// The split that is evaluated because a view needed it, not because a key asked for it.
    evaluates: Option<Split>,
    /// That evaluation is not needed any more, and was cancelled for it.
    dropped: bool,
    /// Whether the evaluation under way came to its end.
    came: bool,
}

impl Asking {
    pub(super) fn answered(&mut self, split: Split, indices: &[u32]) {
        let Some((asked, open)) = &mut self.open else { return };
        if *asked == split {
            open.retain(|index| !indices.contains(index));
            if open.is_empty() {
                self.open = None;
            }
        }
    }

    pub(super) fn pass_came(&mut self, split: Split) {
        self.came = true;
        self.evaluates = self.evaluates.filter(|&evaluated| evaluated != split);
    }

    fn is_asked(&self, split: Split, index: u32) -> bool {
        self.open.as_ref().is_some_and(|(asked, open)| *asked == split && open.contains(&index))
    }
}

impl PicturesState {
    /// Whether the net is being asked about this picture.
    pub fn is_asked(&self, index: u32) -> bool {
        self.asking.is_asked(self.split, index)
    }

    /// The engine refused to predict, or failed at it: it is not asked again before something has changed.
    pub(in crate::tui::state) fn not_predicted(&mut self) {
        self.asking.refused |= self.asking.open.take().is_some();
    }

    /// The engine refused to evaluate.
    pub(in crate::tui::state) fn not_evaluated(&mut self) {
        self.asking.evaluates = None;
        if self.waits() {
            self.show_all();
        }
    }

    /// The engine does something else now. Returns whether what was to be shown can't be any more.
    pub(in crate::tui::state) fn entered(&mut self, before: Phase, now: Phase) -> bool {
        self.asking.refused = false;
        if now == Phase::Evaluating {
            self.asking.came = false;
        } else if before == Phase::Evaluating {
            let is_cancelled = self.waits() && !self.asking.came && !self.asking.dropped;
            if is_cancelled {
                self.show_all();
            }
            self.asking.evaluates = None;
            self.asking.dropped = false;
            return is_cancelled;
        }
        false
    }

    /// What is to be asked about the pictures that are seen, if anything: the chosen one first.
    fn question(&mut self, now: u64, old: u64) -> Option<Command> {
        let seen = &self.shown[self.visible(self.grid)];
        // What is on its way comes; only what nobody sees any more gives way to what is seen.
        if seen.iter().any(|&index| self.asking.is_asked(self.split, index)) {
            return None;
        }
        let is_missing = |index: &u32| self.answer(*index).is_none_or(|answer| answer.step.saturating_add(old) < now);
        let chosen = self.chosen();
        let rest = seen.iter().copied().filter(|&index| Some(index) != chosen);
        let indices: Vec<u32> = chosen.into_iter().chain(rest).filter(is_missing).collect();
        if indices.is_empty() {
            return None;
        }
        self.asking.open = Some((self.split, indices.clone()));
        Some(Command::Predict { split: self.split, indices })
    }
}

impl State {
    /// A frame showed thumbnails: asks for what the net has not said of them yet.
    pub(in crate::tui::state) fn pictures_drawn(&mut self, grid: Grid) -> Vec<Effect> {
        self.pictures.grid = grid;
        self.pictures.first = self.pictures.visible(grid).start;
        let effects = self.evaluate_if_needed();
        if !effects.is_empty() || !self.net_is_free() || self.pictures.asking.refused {
            return effects;
        }
        if self.pending.iter().any(|(_, command)| matches!(command, Command::Predict { .. })) {
            return Vec::new();
        }
        // Where no step is done, nothing is gained by waiting and little lost by asking.
        let old = if self.phase == Phase::Training { OLD } else { 0 };
        self.pictures.question(self.last_step, old).map(Effect::Send).into_iter().collect()
    }

    /// Whether the net that has seen these pictures has nothing to do that suspends everything else.
    fn net_is_free(&self) -> bool {
        let comes = |command: &Command| {
            matches!(command, Command::Evaluate { .. } | Command::Start | Command::Continue(_) | Command::Cancel)
        };
        self.pictures.has_net
            && !matches!(self.phase, Phase::Evaluating | Phase::Loading)
            && !self.pending.iter().any(|(_, command)| comes(command))
    }

    /// Has the net asked about every picture where the view needs it; ends that where no view needs it any more.
    pub(super) fn evaluate_if_needed(&mut self) -> Vec<Effect> {
        let pictures = &mut self.pictures;
        let split = pictures.split;
        let needed = pictures.waits().then_some(split);
        if pictures.asking.evaluates.is_some() && pictures.asking.evaluates != needed {
            if self.phase != Phase::Evaluating || pictures.asking.dropped {
                return Vec::new();
            }
            pictures.asking.dropped = true;
            return vec![Effect::Send(Command::Cancel)];
        }
        if needed.is_none() || pictures.asking.evaluates == needed || !self.net_is_free() {
            return Vec::new();
        }
        self.pictures.asking.evaluates = needed;
        vec![Effect::Send(Command::Evaluate { split, checkpoint: None })]
    }
}
