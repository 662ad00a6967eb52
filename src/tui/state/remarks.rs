//! What of a layer is to be looked at, by the rules of thumb of the field. Sparing: a good run gets no remark.

use super::{LayerColumn, State};
use crate::metrics::{LayerSample, Units};
use crate::text::thousands;
use crate::tui::format;
use crate::tui::history::Measure;
use crate::tui::words::LayerWords;

/// An update below this share of the weights changes hardly anything.
const HARDLY: f64 = 1e-5;
/// An update above this share of the weights shakes them. The usual recipe (Adam at 1e-3) has .1 in its first step and
/// still .01 in its hundredth, and learns well.
const VIOLENT: f64 = 3e-2;
/// Steps until which nothing is said of either: Adam's moments know but few gradients, every update is large, and many
/// units die.
const SETTLED: u64 = 200;
/// More dead units than this leave nothing to go through. Runs that learn well have up to 97 %.
const NEARLY_ALL: f64 = 0.98;
/// Samples in a row that have to say so.
const LASTING: usize = 3;

/// Something to be looked at in a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Remark {
    /// A norm is infinite or not a number.
    NotFinite,
    /// No gradient reaches the layer.
    NoGradient,
    /// The updates are too small to change anything.
    HardlyLearns(f64),
    /// The updates are so large that they undo what was learned.
    Violent(f64),
    /// Nearly all units of a `ReLU` give 0 whatever the picture.
    Dead(Units),
}

impl Remark {
    /// The column that it is about.
    pub fn column(self) -> LayerColumn {
        match self {
            Self::NotFinite | Self::NoGradient => LayerColumn::GradientNorm,
            Self::HardlyLearns(_) | Self::Violent(_) => LayerColumn::UpdateRatio,
            Self::Dead(_) => LayerColumn::Dead,
        }
    }

    /// Tells it beside the number, without colour.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::NotFinite => "✖",
            Self::NoGradient | Self::Dead(_) => "!",
            Self::HardlyLearns(_) => "↓",
            Self::Violent(_) => "↑",
        }
    }

    /// In words.
    pub fn words(self, words: &LayerWords) -> String {
        match self {
            Self::NotFinite => words.not_finite.into(),
            Self::NoGradient => words.no_gradient.into(),
            Self::HardlyLearns(ratio) => (words.hardly_learns)(&format::rate(ratio)),
            Self::Violent(ratio) => (words.violent)(&format::rate(ratio)),
            Self::Dead(Units { dead, all }) => (words.mostly_dead)(&thousands(dead), &thousands(all)),
        }
    }

    fn of(step: u64, layer: &LayerSample, lasts: impl Fn(Measure, fn(f64) -> bool) -> bool) -> Option<Self> {
        if let Some(weights) = &layer.weights {
            let (gradient, ratio) = (weights.gradient_norm, weights.update_ratio);
            return match () {
                () if !gradient.is_finite() || !ratio.is_finite() => Some(Self::NotFinite),
                () if gradient == 0.0 => Some(Self::NoGradient),
                () if lasts(Measure::UpdateRatio, |ratio| ratio < HARDLY) => Some(Self::HardlyLearns(ratio)),
                () if step > SETTLED && lasts(Measure::UpdateRatio, |ratio| ratio > VIOLENT) => {
                    Some(Self::Violent(ratio))
                }
                () => None,
            };
        }
        layer.units.filter(|_| step > SETTLED && lasts(Measure::Dead, |share| share > NEARLY_ALL)).map(Self::Dead)
    }
}

impl State {
    /// What of a layer is to be looked at, if anything.
    pub fn remark(&self, layer: usize) -> Option<Remark> {
        let sample = self.layers.latest.as_ref()?;
        let lasts = |measure: Measure, is: fn(f64) -> bool| {
            let newest: Vec<_> = self.layers.history.newest(layer, measure).take(LASTING).collect();
            newest.len() == LASTING && newest.iter().all(|span| is(span.low.into()) && is(span.high.into()))
        };
        Remark::of(sample.step, sample.layers.get(layer)?, lasts)
    }
}
