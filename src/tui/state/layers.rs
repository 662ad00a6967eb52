//! What the Layers screen shows: the net's table, and what sampled steps told of its layers.

use super::{Effect, PAGE, State};
use crate::metrics::{LayerSample, NetSample};
use crate::session::{Summary, SummaryRow};
use crate::tui::action::Action;
use crate::tui::history::{History, Measure};
use strum::VariantArray;

/// Samples from which on it can be told what sampling takes.
const SAMPLES_TO_JUDGE: u64 = 5;

/// A column of the net's table, from the left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, VariantArray)]
pub enum LayerColumn {
    /// The layer's name; ordered by it: the net's own order.
    #[default]
    Name,
    /// Kernel, stride, padding.
    Detail,
    /// What comes out.
    Output,
    /// Multiply-adds for one picture.
    MultiplyAdds,
    /// Numbers that are learned.
    Parameters,
    /// Their share of the net's.
    Share,
    /// L2 norm of the weights.
    WeightNorm,
    /// L2 norm of their gradient.
    GradientNorm,
    /// The update's norm over that of the weights.
    UpdateRatio,
    /// Dead units of a `ReLU`.
    Dead,
    /// Time of the way forward.
    Forward,
    /// Time of the way back.
    Backward,
    /// The share of both ways in the time of all layers.
    Time,
}

impl LayerColumn {
    /// What the table can be ordered by, in the order in which `o` goes through it.
    const ORDERS: [Self; 11] = [
        Self::Name,
        Self::Output,
        Self::MultiplyAdds,
        Self::Parameters,
        Self::WeightNorm,
        Self::GradientNorm,
        Self::UpdateRatio,
        Self::Dead,
        Self::Forward,
        Self::Backward,
        Self::Time,
    ];

    /// The column that a click on this one's head orders by.
    fn order(self) -> Option<Self> {
        match self {
            Self::Detail => None,
            Self::Share => Some(Self::Parameters),
            column => Some(column),
        }
    }

    /// What stands in it, as a number.
    pub fn value(self, row: &SummaryRow, sample: Option<&LayerSample>) -> Option<f64> {
        let measured = |measure: Measure| sample.and_then(|layer| measure.of(layer));
        match self {
            Self::Name | Self::Detail => None,
            Self::Output => Some(row.output.elements() as f64),
            Self::MultiplyAdds => (row.multiply_adds > 0).then_some(row.multiply_adds as f64),
            Self::Parameters | Self::Share => (row.parameters > 0).then_some(row.parameters as f64),
            Self::WeightNorm => measured(Measure::WeightNorm),
            Self::GradientNorm => measured(Measure::GradientNorm),
            Self::UpdateRatio => measured(Measure::UpdateRatio),
            Self::Dead => measured(Measure::Dead),
            Self::Forward => measured(Measure::Forward),
            Self::Backward => measured(Measure::Backward),
            Self::Time => match (measured(Measure::Forward), measured(Measure::Backward)) {
                (None, None) => None,
                (forward, backward) => Some(forward.unwrap_or(0.0) + backward.unwrap_or(0.0)),
            },
        }
    }

    /// Whether it tells what training does to the layer, and not what the layer is.
    fn is_measured(self) -> bool {
        self as usize >= Self::WeightNorm as usize
    }
}

/// What is looked at, and how.
#[derive(Clone, Debug, Default)]
pub struct LayersState {
    /// The last sampled step.
    pub latest: Option<NetSample>,
    /// All of the run's, since it began or went on.
    pub history: History,
    /// What the first of them took, and the run's time after it, in seconds.
    first: Option<(f64, f64)>,
    /// The chosen layer, counted in the net's order.
    pub chosen: usize,
    /// Whether that layer is shown instead of the table.
    pub opened: bool,
    /// What the table is ordered by.
    pub order: LayerColumn,
    /// Whether it is ordered the other way round.
    pub reversed: bool,
    /// Which end of a table that is too wide is shown: what was measured, or what the layers are.
    shows_measured: Option<bool>,
}

impl LayersState {
    /// Keeps a sampled step of a run that has taken so many seconds.
    pub(super) fn keep(&mut self, sample: NetSample, seconds: f64) {
        // The samples of a new run, or of another net, may come before the event that tells of it was taken.
        let goes_on = |before: &NetSample| before.step < sample.step && before.layers.len() == sample.layers.len();
        if !self.latest.as_ref().is_none_or(goes_on) {
            self.clear();
        }
        self.first.get_or_insert((sample.cost, seconds));
        self.history.push(&sample);
        self.latest = Some(sample);
    }

    /// Forgets a run.
    pub(super) fn clear(&mut self) {
        self.latest = None;
        self.history = History::default();
        self.first = None;
    }

    /// What the last sampled step told of a layer.
    pub fn sample(&self, layer: usize) -> Option<&LayerSample> {
        self.latest.as_ref()?.layers.get(layer)
    }

    /// Which end of a table that is too wide is shown: of its own accord what was measured, once there is something.
    pub fn shows_measured(&self) -> bool {
        self.shows_measured.unwrap_or(self.latest.is_some())
    }

    /// The layers in the order of the table.
    pub fn rows(&self, net: &Summary) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..net.layers.len()).collect();
        if self.order == LayerColumn::Name {
            if self.reversed {
                rows.reverse();
            }
            return rows;
        }
        let value = |layer: usize| self.order.value(&net.layers[layer], self.sample(layer));
        // The greatest first; layers that have nothing there come last either way.
        rows.sort_by(|&a, &b| match (value(a), value(b)) {
            (Some(a), Some(b)) if self.reversed => a.total_cmp(&b),
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        rows
    }

    fn order_by(&mut self, column: LayerColumn) {
        self.order = column;
        self.reversed = false;
        if column != LayerColumn::Name {
            self.shows_measured = Some(column.is_measured());
        }
    }
}

impl State {
    /// The net's table: that of the run, or of the run that would be begun now.
    pub fn net(&self) -> Option<&Summary> {
        self.plan.as_ref().map(|plan| &*plan.net)
    }

    /// Steps done since the last sampled one.
    pub fn sample_age(&self) -> Option<u64> {
        self.layers.latest.as_ref().map(|sample| self.last_step.saturating_sub(sample.step))
    }

    /// The share of the run's time that sampling takes, once it can be told.
    pub fn sampling_share(&self) -> Option<f64> {
        let (history, (first, since)) = (&self.layers.history, self.layers.first?);
        let seconds = self.snapshot.seconds - since;
        (history.samples() >= SAMPLES_TO_JUDGE && seconds > 0.0).then(|| (history.cost() - first) / seconds)
    }

    /// Does what an action means on the Layers screen. `None` where it means there what it means everywhere.
    pub(super) fn look_at_layers(&mut self, action: Action) -> Option<Vec<Effect>> {
        let can_cancel = self.can_cancel();
        let plan = self.plan.as_ref()?;
        let shown = &mut self.layers;
        let rows = shown.rows(&plan.net);
        let last = rows.len().saturating_sub(1);
        let at = rows.iter().position(|&layer| layer == shown.chosen).unwrap_or(0);
        let mut go = |to: usize| shown.chosen = rows.get(to.min(last)).copied().unwrap_or(0);
        match action {
            Action::Up => go(at.saturating_sub(1)),
            Action::Down => go(at + 1),
            Action::PageUp => go(at.saturating_sub(PAGE)),
            Action::PageDown => go(at + PAGE),
            Action::Top => go(0),
            Action::Bottom => go(last),
            Action::Left if shown.opened => go(at.saturating_sub(1)),
            Action::Right if shown.opened => go(at + 1),
            Action::Left => shown.shows_measured = Some(false),
            Action::Right => shown.shows_measured = Some(true),
            Action::Order => {
                let orders = LayerColumn::ORDERS;
                let now = orders.iter().position(|&column| column == shown.order).unwrap_or(0);
                shown.order_by(orders[(now + 1) % orders.len()]);
            }
            Action::ReverseOrder => shown.reversed = !shown.reversed,
            Action::Confirm => shown.opened = true,
            Action::Back if shown.opened && !can_cancel => shown.opened = false,
            Action::ShowLayers if shown.opened => shown.opened = false,
            _ => return None,
        }
        Some(Vec::new())
    }

    /// A click on a row of the net's table.
    pub(super) fn click_layer(&mut self, row: usize) -> Vec<Effect> {
        self.layers.opened = self.layers.chosen == row;
        self.layers.chosen = row;
        Vec::new()
    }

    /// A click on the head of a column.
    pub(super) fn click_layer_column(&mut self, column: usize) -> Vec<Effect> {
        match LayerColumn::VARIANTS.get(column).and_then(|column| column.order()) {
            Some(column) if column == self.layers.order => self.layers.reversed = !self.layers.reversed,
            Some(column) => self.layers.order_by(column),
            None => {}
        }
        Vec::new()
    }
}
