//! What the Confusion screen shows: which pass, which numbers, which cell.

use super::{Effect, State};
use crate::metrics::{ClassMetrics, ConfusionMatrix, EpochMetrics, Evaluation, Split};
use crate::tui::action::Action;

/// A pass over a split without what it said of each picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The pictures it ran over.
    pub split: Split,
    /// The last epoch that was done before it.
    pub epoch: u32,
    /// Optimizer steps done before it.
    pub step: u64,
    /// The run whose best weights were tried; `None`: it is of the run that is open, as it was then.
    pub best_of: Option<String>,
    /// Whether it stands at that epoch's end, not in the middle of the next.
    pub ends_epoch: bool,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Fraction right.
    pub accuracy: f64,
    /// Row = truth, column = prediction.
    pub confusion: ConfusionMatrix,
    /// One row a class.
    pub classes: Vec<ClassMetrics>,
}

impl Pass {
    /// All but what was said of each picture.
    fn new(evaluation: &Evaluation, epoch: u32, step: u64) -> Self {
        Self {
            split: evaluation.split,
            epoch,
            step,
            best_of: None,
            ends_epoch: false,
            loss: evaluation.loss,
            accuracy: evaluation.accuracy(),
            confusion: evaluation.confusion.clone(),
            classes: evaluation.classes.clone(),
        }
    }

    /// The name of a class.
    pub fn name(&self, class: usize) -> &str {
        self.classes.get(class).map_or("?", |class| &class.name)
    }

    /// The share of its true class's pictures that a cell holds.
    pub fn share(&self, truth: usize, taken: usize) -> f64 {
        let support: u64 = self.classes.get(truth).map_or(0, |class| class.support);
        self.confusion.count(truth, taken) as f64 / support.max(1) as f64
    }
}

/// What is looked at, and how.
#[derive(Clone, Debug, Default)]
pub struct ConfusionState {
    /// The validation after each epoch, and those asked for, oldest first.
    validations: Vec<Pass>,
    /// The last pass over the test pictures.
    test: Option<Pass>,
    /// Whether the test is shown.
    pub shows_test: bool,
    /// Whether a cell tells the share of its row.
    pub percent: bool,
    /// Which validation; `None`: the latest.
    at: Option<usize>,
    /// True class and predicted class of the chosen cell.
    pub cell: (usize, usize),
}

impl ConfusionState {
    /// The pass that is shown, if there is one.
    pub fn pass(&self) -> Option<&Pass> {
        if self.shows_test {
            return self.test.as_ref();
        }
        self.validations.get(self.place())
    }

    /// Which of how many validations is shown, counted from 0.
    pub fn place(&self) -> usize {
        let last = self.validations.len().saturating_sub(1);
        self.at.map_or(last, |at| at.min(last))
    }

    /// Every validation of the run, oldest first.
    pub fn validations(&self) -> &[Pass] {
        &self.validations
    }

    /// The latest pass over the pictures that are shown, if it is not the one shown.
    pub fn later_than_shown(&self) -> Option<&Pass> {
        self.validations.last().filter(|_| !self.shows_test && self.place() + 1 < self.validations.len())
    }

    /// Forgets a run.
    pub(super) fn clear(&mut self) {
        *self = Self { percent: self.percent, cell: self.cell, ..Self::default() };
    }

    /// Keeps a pass. A test was asked for: it is shown.
    pub(super) fn keep(&mut self, evaluation: &Evaluation, last: Option<&EpochMetrics>, step: u64) {
        let ends_epoch = last.is_some_and(|epoch| epoch.step == step);
        let pass = Pass { ends_epoch, ..Pass::new(evaluation, last.map_or(0, |epoch| epoch.epoch), step) };
        match evaluation.split {
            Split::Validation => {
                // Asked for again with the same weights: it is the same.
                self.validations.retain(|before| before.step != step);
                self.validations.push(pass);
            }
            Split::Test => {
                self.test = Some(pass);
                self.shows_test = true;
            }
            Split::Train => {}
        }
    }

    /// Shows what the best weights of a run came to on the test pictures.
    pub(super) fn keep_best_of(&mut self, run: String, evaluation: &Evaluation, epoch: u32, step: u64) {
        self.test = Some(Pass { best_of: Some(run), ends_epoch: true, ..Pass::new(evaluation, epoch, step) });
        self.shows_test = true;
    }

    /// Shows the validation at an epoch's end, if it is there.
    pub(super) fn turn_to_epoch(&mut self, epoch: u32) -> bool {
        let found = self.validations.iter().position(|pass| pass.ends_epoch && pass.epoch == epoch);
        found.is_some_and(|at| {
            self.turn(at);
            true
        })
    }

    /// Shows one of the validations; the last of them also when others come after it.
    pub(super) fn turn(&mut self, to: usize) {
        self.shows_test = false;
        self.at = (to + 1 < self.validations.len()).then_some(to);
    }
}

impl State {
    /// Does what an action means on the Confusion screen. `None` where it means there what it means everywhere.
    pub(super) fn look_at_confusion(&mut self, action: Action) -> Option<Vec<Effect>> {
        let shown = &mut self.confusion;
        let last = shown.pass().map_or(0, |pass| pass.confusion.classes().saturating_sub(1));
        let (truth, taken) = shown.cell;
        match action {
            Action::Up => shown.cell.0 = truth.saturating_sub(1),
            Action::Down => shown.cell.0 = (truth + 1).min(last),
            Action::Left => shown.cell.1 = taken.saturating_sub(1),
            Action::Right => shown.cell.1 = (taken + 1).min(last),
            Action::Top | Action::PageUp => shown.cell.0 = 0,
            Action::Bottom | Action::PageDown => shown.cell.0 = last,
            Action::Percent => shown.percent = !shown.percent,
            Action::OtherSplit => shown.shows_test = !shown.shows_test,
            // Back from the test, to the validation that was shown before it.
            Action::EpochBefore | Action::EpochAfter if shown.shows_test => shown.shows_test = false,
            Action::EpochBefore => shown.turn(shown.place().saturating_sub(1)),
            Action::EpochAfter => shown.turn(shown.place() + 1),
            Action::Confirm => {
                let split = shown.pass()?.split;
                return Some(self.open_cell(split, truth, taken));
            }
            _ => return None,
        }
        Some(Vec::new())
    }
}
