//! What the Layers screen shows: the net's table, and what sampled steps told of its layers.

use super::{Effect, State};
use crate::metrics::NetSample;
use crate::tui::action::Action;

/// What is looked at, and how.
#[derive(Clone, Debug, Default)]
pub struct LayersState {
    /// The last sampled step.
    pub latest: Option<NetSample>,
}

impl LayersState {
    /// Keeps a sampled step.
    pub(super) fn keep(&mut self, sample: NetSample) {
        self.latest = Some(sample);
    }

    /// Forgets a run.
    pub(super) fn clear(&mut self) {
        self.latest = None;
    }
}

impl State {
    /// Does what an action means on the Layers screen. `None` where it means there what it means everywhere.
    pub(super) fn look_at_layers(&mut self, _action: Action) -> Option<Vec<Effect>> {
        None
    }

    /// A click on a row of the net's table.
    pub(super) fn click_layer(&mut self, _row: usize) -> Vec<Effect> {
        Vec::new()
    }

    /// A click on the head of a column.
    pub(super) fn click_layer_column(&mut self, _column: usize) -> Vec<Effect> {
        Vec::new()
    }
}
