//! What the sampled steps of a run told of each layer: bounded, with every extreme kept.

use crate::metrics::{LayerSample, NetSample};
use strum::{EnumCount, VariantArray};

/// Entries at the most; of a longer run each stands for twice as many samples.
const MOST: usize = 400;

/// What is followed over a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, VariantArray)]
pub enum Measure {
    /// L2 norm of the weights.
    WeightNorm,
    /// L2 norm of their gradient.
    GradientNorm,
    /// L2 norm of the update over that of the weights.
    UpdateRatio,
    /// The share of a `ReLU`'s units that are dead.
    Dead,
    /// Seconds of the way forward.
    Forward,
    /// Seconds of the way back.
    Backward,
}

impl Measure {
    /// What a sample says of it. `None`: the layer has no such thing, or it was not measured.
    pub fn of(self, layer: &LayerSample) -> Option<f64> {
        let weights = layer.weights.as_ref();
        match self {
            Self::WeightNorm => weights.map(|weights| weights.norm),
            Self::GradientNorm => weights.map(|weights| weights.gradient_norm),
            Self::UpdateRatio => weights.map(|weights| weights.update_ratio),
            Self::Dead => layer.units.map(|units| units.dead as f64 / units.all.max(1) as f64),
            Self::Forward => layer.forward,
            Self::Backward => layer.backward,
        }
    }
}

/// The extremes of some samples, and the last of them. Not a number where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The least.
    pub low: f32,
    /// The greatest.
    pub high: f32,
    /// The newest.
    pub last: f32,
}

impl Span {
    fn of(value: Option<f64>) -> Self {
        let value = value.map(|value| value as f32).filter(|value| value.is_finite()).unwrap_or(f32::NAN);
        Self { low: value, high: value, last: value }
    }

    fn then(self, later: Self) -> Self {
        // The least and the greatest of a number and none are the number.
        Self { low: self.low.min(later.low), high: self.high.max(later.high), last: later.last }
    }
}

/// One or more samples that follow each other.
#[derive(Clone, Debug)]
struct Entry {
    /// The step of the last of them.
    step: u64,
    layers: Vec<[Span; Measure::COUNT]>,
}

impl Entry {
    fn of(sample: &NetSample) -> Self {
        let spans = |layer: &LayerSample| {
            let mut spans = [Span::of(None); Measure::COUNT];
            for &measure in Measure::VARIANTS {
                spans[measure as usize] = Span::of(measure.of(layer));
            }
            spans
        };
        Self { step: sample.step, layers: sample.layers.iter().map(spans).collect() }
    }

    fn merge(&mut self, later: &Self) {
        self.step = later.step;
        for (layer, later) in self.layers.iter_mut().zip(&later.layers) {
            for (span, &later) in layer.iter_mut().zip(later) {
                *span = span.then(later);
            }
        }
    }
}

/// The samples of a run, oldest first. The first stands alone for ever: it shows where the run began.
#[derive(Clone, Debug)]
pub struct History {
    entries: Vec<Entry>,
    /// Samples that a full entry stands for, and those in the last.
    each: usize,
    in_last: usize,
    /// Samples in all, and what they took in seconds.
    samples: u64,
    cost: f64,
}

impl Default for History {
    fn default() -> Self {
        Self { entries: Vec::new(), each: 1, in_last: 0, samples: 0, cost: 0.0 }
    }
}

impl History {
    /// Adds a sample that is newer than all before it.
    pub fn push(&mut self, sample: &NetSample) {
        self.samples += 1;
        self.cost += sample.cost;
        let entry = Entry::of(sample);
        match self.entries.as_mut_slice() {
            [_, .., last] if self.in_last < self.each => {
                last.merge(&entry);
                self.in_last += 1;
            }
            _ => {
                self.entries.push(entry);
                self.in_last = 1;
            }
        }
        if self.entries.len() > MOST {
            self.thin();
        }
    }

    /// Joins each two that follow each other.
    fn thin(&mut self) {
        let mut old = std::mem::take(&mut self.entries).into_iter();
        self.entries.extend(old.next());
        let before = self.entries.len();
        let mut joins = false;
        for entry in old {
            match self.entries.last_mut() {
                Some(last) if joins => last.merge(&entry),
                _ => self.entries.push(entry),
            }
            joins = !joins;
        }
        if !joins && self.entries.len() > before {
            self.in_last += self.each;
        }
        self.each *= 2;
    }

    /// Samples so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Seconds that they took.
    pub fn cost(&self) -> f64 {
        self.cost
    }

    /// Entries kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The newest entries of a measure of a layer, the newest first.
    pub fn newest(&self, layer: usize, measure: Measure) -> impl Iterator<Item = Span> {
        self.entries.iter().rev().filter_map(move |entry| Some(entry.layers.get(layer)?[measure as usize]))
    }

    /// A measure of a layer over the run: step and span, oldest first.
    pub fn of(&self, layer: usize, measure: Measure) -> Vec<(u64, Span)> {
        let span = |entry: &Entry| Some((entry.step, entry.layers.get(layer)?[measure as usize]));
        self.entries.iter().filter_map(span).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests; the numbers are copied, not computed")]

    use super::*;
    use crate::metrics::Units;

    fn sample(step: u64, forward: f64) -> NetSample {
        let layer = LayerSample {
            forward: Some(forward),
            units: Some(Units { dead: step % 2, all: 2 }),
            ..LayerSample::default()
        };
        NetSample { step, layers: vec![layer], cost: 0.01 }
    }

    #[test]
    fn a_long_run_is_thinned_out_and_keeps_its_first_its_newest_and_every_extreme() {
        for samples in [1_u64, 2, 399, 400, 401, 402, 799, 800, 1_000, 4_321] {
            let mut history = History::default();
            for number in 1..=samples {
                let forward = if number == samples / 2 { 99.0 } else { number as f64 / samples as f64 };
                history.push(&sample(number * 20, forward));
            }
            assert!(history.len() <= MOST, "{} entries", history.len());
            assert!(samples < 400 || history.len() >= MOST / 2, "{} entries of {samples} samples", history.len());
            let points = history.of(0, Measure::Forward);
            let (first, last) = (points[0], *points.last().unwrap());
            assert_eq!(
                (first.0, last.0, last.1.last),
                (20, samples * 20, if samples == 1 { 1.0 } else { last.1.last })
            );
            assert_eq!(first.1.low, first.1.high, "the first stands alone");
            let highest = points.iter().fold(0.0_f32, |high, (_, span)| high.max(span.high));
            assert_eq!(highest, if samples == 1 { 1.0 } else { 99.0 });
            assert!(points.is_sorted_by(|(a, _), (b, _)| a < b));
            // All entries but the first and the last stand for equally many.
            let gaps: Vec<u64> = points.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
            let inner = gaps.split_last().map_or(&[][..], |(_, inner)| inner);
            assert!(inner.iter().all(|gap| Some(gap) == inner.first()), "{samples}: {gaps:?}");
            assert_eq!(history.samples(), samples);
            assert!((history.cost() - samples as f64 * 0.01).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_not_measured_or_no_number_is_a_gap() {
        let mut history = History::default();
        history.push(&sample(1, f64::INFINITY));
        assert!(history.of(0, Measure::Forward)[0].1.last.is_nan());
        assert!(history.of(0, Measure::WeightNorm)[0].1.last.is_nan());
        assert_eq!(history.of(0, Measure::Dead)[0].1.last, 0.5);
        assert!(history.of(7, Measure::Dead).is_empty());
    }
}
