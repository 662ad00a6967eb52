//! Every value of a curve, kept, with what makes drawing half a million of them quick.

/// Points that one entry of the lowest level stands for.
const BASE: usize = 16;

/// A number a step. Nothing is thinned out: a column of the chart asks for the extremes and the average of its steps.
#[derive(Clone, Debug)]
pub struct Series {
    values: Vec<f32>,
    /// `levels[k][i]` = extremes of the values `i * BASE * 2^k ..`, as far as they are full.
    levels: Vec<Vec<Extremes>>,
    /// Weight of the past in the moving average.
    smoothing: f64,
    /// Σ of the moving average, and how many values are finite, before each step.
    sums: Vec<(f64, u32)>,
    average: Average,
}

#[derive(Clone, Copy, Debug, Default)]
struct Average {
    biased: f64,
    weight: f64,
}

impl Average {
    /// Adam's way: dividing by the weights' sum takes out the pull towards 0 of the first values.
    fn push(&mut self, value: f64, smoothing: f64) -> f64 {
        self.biased = smoothing * self.biased + (1.0 - smoothing) * value;
        self.weight = smoothing * self.weight + (1.0 - smoothing);
        self.biased / self.weight
    }
}

/// The lowest and the highest of some values; empty where `low > high`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Extremes {
    low: f32,
    high: f32,
}

impl Extremes {
    const NONE: Self = Self { low: f32::INFINITY, high: f32::NEG_INFINITY };

    fn with(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    fn of(values: &[f32]) -> Self {
        values
            .iter()
            .filter(|value| value.is_finite())
            .fold(Self::NONE, |all, &value| Self { low: all.low.min(value), high: all.high.max(value) })
    }
}

/// What the values of one column of a chart come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// The lowest finite value.
    pub low: f64,
    /// The highest finite value.
    pub high: f64,
    /// The moving average, averaged over the column.
    pub average: f64,
    /// Whether a value in it was not a number: the line breaks after it.
    pub broken: bool,
}

impl Series {
    /// An empty curve whose average gives the past this weight (0 = none, the values themselves).
    pub fn new(smoothing: f64) -> Self {
        Self { values: Vec::new(), levels: Vec::new(), smoothing, sums: vec![(0.0, 0)], average: Average::default() }
    }

    /// Adds the next step's value.
    pub fn push(&mut self, value: f64) {
        self.values.push(value as f32);
        self.extend_sums(value as f32 as f64);
        self.extend_levels();
    }

    fn extend_sums(&mut self, value: f64) {
        let (sum, finite) = self.sums.last().copied().unwrap_or_default();
        self.sums.push(if value.is_finite() {
            (sum + self.average.push(value, self.smoothing), finite + 1)
        } else {
            (sum, finite)
        });
    }

    fn extend_levels(&mut self) {
        let mut full = self.values.len();
        if !full.is_multiple_of(BASE) {
            return;
        }
        let mut entry = Extremes::of(&self.values[full - BASE..]);
        full /= BASE;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let entries = &mut self.levels[level];
            entries.push(entry);
            if !full.is_multiple_of(2) {
                return;
            }
            entry = entries[full - 2].with(entries[full - 1]);
            full /= 2;
        }
    }

    /// Gives the past another weight.
    pub fn set_smoothing(&mut self, smoothing: f64) {
        self.smoothing = smoothing;
        self.average = Average::default();
        self.sums.clear();
        self.sums.push((0.0, 0));
        for at in 0..self.values.len() {
            self.extend_sums(self.values[at] as f64);
        }
    }

    /// Steps so far.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is nothing yet.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Every value, oldest first.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The moving average now.
    pub fn latest(&self) -> Option<f64> {
        (self.average.weight > 0.0).then(|| self.average.biased / self.average.weight)
    }

    /// The lowest and highest finite value of all.
    pub fn extremes(&self) -> Option<(f64, f64)> {
        let all = self.extremes_of(0, self.values.len());
        (all.low <= all.high).then_some((all.low as f64, all.high as f64))
    }

    /// What the steps `from..to` (counted from 0) come to; `None` where not one of them is a number.
    pub fn column(&self, from: usize, to: usize) -> Option<Column> {
        let to = to.min(self.values.len());
        let from = from.min(to);
        let ((sum_before, finite_before), (sum, finite)) = (self.sums[from], self.sums[to]);
        let finite = finite - finite_before;
        let all = self.extremes_of(from, to);
        (finite > 0).then(|| Column {
            low: all.low as f64,
            high: all.high as f64,
            average: (sum - sum_before) / finite as f64,
            broken: (finite as usize) < to - from,
        })
    }

    /// Climbs from both ends of the range to the level where they meet.
    fn extremes_of(&self, from: usize, to: usize) -> Extremes {
        let (mut first, mut end) = (from.div_ceil(BASE), to / BASE);
        if first >= end {
            return Extremes::of(&self.values[from..to]);
        }
        let mut all = Extremes::of(&self.values[from..first * BASE]).with(Extremes::of(&self.values[end * BASE..to]));
        for level in &self.levels {
            if first >= end {
                break;
            }
            if first % 2 == 1 {
                all = all.with(level[first]);
                first += 1;
            }
            if end % 2 == 1 {
                end -= 1;
                all = all.with(level[end]);
            }
            first /= 2;
            end /= 2;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests; extremes are copied, not computed")]

    use super::*;
    use proptest::prelude::*;
    use std::time::Instant;

    proptest! {
        #[test]
        fn a_column_holds_exactly_the_extremes_of_its_steps(
            values in prop::collection::vec(prop_oneof![9 => -5.0f32..5.0, 1 => Just(f32::NAN)], 1..700),
            ends in (0usize..700, 0usize..700),
        ) {
            let mut series = Series::new(0.9);
            for &value in &values {
                series.push(f64::from(value));
            }
            let (from, to) = (ends.0.min(ends.1).min(values.len()), ends.0.max(ends.1).min(values.len()));
            let finite: Vec<f32> = values[from..to].iter().copied().filter(|value| value.is_finite()).collect();
            match series.column(from, to) {
                None => prop_assert!(finite.is_empty()),
                Some(column) => {
                    prop_assert_eq!(column.low, finite.iter().copied().fold(f32::INFINITY, f32::min) as f64);
                    prop_assert_eq!(column.high, finite.iter().copied().fold(f32::NEG_INFINITY, f32::max) as f64);
                    prop_assert_eq!(column.broken, finite.len() < to - from);
                }
            }
        }
    }

    #[test]
    fn the_average_does_not_start_from_zero() {
        let mut series = Series::new(0.9);
        for _ in 0..50 {
            series.push(2.3);
        }
        assert!((series.latest().unwrap() - 2.3).abs() < 1e-6);
        assert!((series.column(0, 1).unwrap().average - 2.3).abs() < 1e-6);
    }

    #[test]
    fn other_smoothing_gives_what_it_would_have_given_from_the_start() {
        let values: Vec<f64> = (0..1000).map(|step| (f64::from(step) * 0.37).sin()).collect();
        let (mut changed, mut fresh) = (Series::new(0.9), Series::new(0.99));
        for &value in &values {
            changed.push(value);
            fresh.push(value);
        }
        changed.set_smoothing(0.99);
        assert_eq!(changed.column(10, 900), fresh.column(10, 900));
    }

    #[test]
    fn half_a_million_steps_are_asked_for_in_a_fraction_of_a_frame() {
        let mut series = Series::new(0.97);
        for step in 0..500_000 {
            series.push(f64::from(step % 97));
        }
        let begin = Instant::now();
        for column in 0..500 {
            assert!(series.column(column * 1000, column * 1000 + 1000).is_some());
        }
        assert!(begin.elapsed().as_millis() < 5, "500 columns took {:?}", begin.elapsed());
    }
}
