//! What the Pictures screen shows: which pictures, in which order, and what the net said of them.

use super::{Effect, Grid, Screen, State};
use crate::metrics::{Evaluation, Predictions, Split};
use crate::tui::action::Action;

/// What is looked at, and how.
#[derive(Clone, Debug, Default)]
pub struct PicturesState {}

impl PicturesState {
    /// Keeps what a pass over a split said of its pictures.
    pub(super) fn evaluated(&mut self, _evaluation: &Evaluation, _step: u64) {}

    /// Keeps what the net says of some pictures.
    pub(super) fn predicted(&mut self, _split: Split, _step: u64, _predictions: &Predictions) {}

    /// Forgets a run.
    pub(super) fn clear(&mut self) {}
}

impl State {
    /// Shows the pictures of a cell of the matrix.
    pub fn open_cell(&mut self, _split: Split, _truth: usize, _taken: usize) -> Vec<Effect> {
        self.show(Screen::Pictures);
        Vec::new()
    }

    /// Does what an action means on the Pictures screen. `None` where it means there what it means everywhere.
    pub(super) fn look_at_pictures(&mut self, _action: Action) -> Option<Vec<Effect>> {
        None
    }

    /// A frame showed thumbnails: asks for what the net has not said of them yet.
    pub(super) fn pictures_drawn(&mut self, _grid: Grid) -> Vec<Effect> {
        Vec::new()
    }

    /// A click on a thumbnail.
    pub(super) fn click_thumbnail(&mut self, _place: usize) -> Vec<Effect> {
        Vec::new()
    }

    /// A click on a row of a list of choices.
    pub(super) fn click_choice(&mut self, _row: usize) -> Vec<Effect> {
        Vec::new()
    }
}
