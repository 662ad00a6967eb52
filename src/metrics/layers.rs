//! What a sampled step tells of each layer.

/// One sampled optimizer step, layer by layer.
#[derive(Clone, Debug, PartialEq)]
pub struct NetSample {
    /// Which step, counted from 1.
    pub step: u64,
    /// As many as the net's table has rows, in its order.
    pub layers: Vec<LayerSample>,
    /// What the sampling itself took, in seconds.
    pub cost: f64,
}

/// What a sampled step tells of one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerSample {
    /// Seconds of the way forward, for the whole batch.
    pub forward: Option<f64>,
    /// Seconds of the way back, for the whole batch.
    pub backward: Option<f64>,
    /// Of a `ReLU`: its units.
    pub units: Option<Units>,
    /// Of a layer that learns: its weights (biases left out).
    pub weights: Option<Weights>,
}

/// The units of a `ReLU`: channels after a convolution, features after a dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// Those that gave 0 for every picture of the batch, in every place.
    pub dead: u64,
    /// All of them.
    pub all: u64,
}

/// The weights of a layer in a sampled step.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// L2 norm of the weights before the update.
    pub norm: f64,
    /// L2 norm of the loss's gradient for them.
    pub gradient_norm: f64,
    /// L2 norm of the update over that of the weights: about 1e-3 is usual.
    pub update_ratio: f64,
    /// How the weights are spread.
    pub values: Histogram,
    /// How the gradients are spread.
    pub gradients: Histogram,
}

/// How numbers are spread: bins of equal width from the least number to the greatest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The least number.
    pub least: f64,
    /// The greatest number.
    pub greatest: f64,
    /// Numbers in each bin, from the least on.
    pub counts: Vec<u32>,
    /// How many numbers there are; of many, `counts` holds evenly spaced ones.
    pub of: u64,
}

/// Bins of a histogram.
const BINS: usize = 64;

impl Histogram {
    /// Of these numbers, taken evenly spaced from `of`. Numbers that are not finite are left out.
    pub fn new(values: &[f32], of: u64) -> Self {
        let finite = || values.iter().copied().filter(|value| value.is_finite()).map(f64::from);
        let least = finite().fold(f64::INFINITY, f64::min);
        let greatest = finite().fold(f64::NEG_INFINITY, f64::max);
        if least > greatest {
            return Self { of, ..Self::default() };
        }
        let mut counts = vec![0; BINS];
        let scale = BINS as f64 / (greatest - least).max(f64::MIN_POSITIVE);
        for value in finite() {
            // The greatest belongs to the last bin.
            counts[(((value - least) * scale) as usize).min(BINS - 1)] += 1;
        }
        Self { least, greatest, counts, of }
    }

    /// Numbers counted.
    pub fn counted(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_number_is_in_one_bin() {
        let values = [-1.0, -1.0, 0.0, 0.5, 1.0, f32::NAN, f32::INFINITY];
        let histogram = Histogram::new(&values, 700);
        assert_eq!((histogram.least, histogram.greatest, histogram.of), (-1.0, 1.0, 700));
        assert_eq!(histogram.counted(), 5);
        assert_eq!((histogram.counts[0], histogram.counts[BINS / 2], histogram.counts[BINS - 1]), (2, 1, 1));
    }

    #[test]
    fn equal_numbers_and_none_at_all_make_no_trouble() {
        assert_eq!(Histogram::new(&[2.0; 3], 3).counted(), 3);
        assert_eq!(Histogram::new(&[f32::NAN], 1), Histogram { of: 1, ..Histogram::default() });
    }
}
