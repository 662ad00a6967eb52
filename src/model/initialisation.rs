//! PyTorch's default initialisation, from the keyed generator.

use super::layer::ParameterSpec;
use crate::chance::{Purpose, Stream};
use rayon::prelude::*;

/// Numbers drawn from one key: parts of this size are drawn side by side.
const PART: usize = 1 << 20;

/// Initial values of the `index`th learned tensor: uniform in ±1/√`fan_in`, for weights and biases alike. That is what
/// `nn.Conv2d` and `nn.Linear` do (`kaiming_uniform_` with a = √5; the bias by its fan-in).
pub fn initial_values(spec: &ParameterSpec, index: usize, seed: u64) -> Vec<f32> {
    let bound = 1.0 / (spec.fan_in as f32).sqrt();
    let mut values = vec![0.0; spec.elements()];
    values.par_chunks_mut(PART).enumerate().for_each(|(part, values)| {
        let mut stream = Stream::new(seed, Purpose::Initialisation, index as u64, part as u64);
        for value in values {
            *value = (2.0 * stream.unit() - 1.0) * bound;
        }
    });
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fill_the_range_that_pytorch_uses() {
        let spec = ParameterSpec { name: "fc1.weight".into(), shape: vec![400, 9216], fan_in: 9216 };
        let values = initial_values(&spec, 10, 1);
        let bound = 1.0 / 96.0;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(values.iter().all(|v| v.abs() <= bound));
        assert!(mean.abs() < 1e-5, "{mean}");
        // Of a uniform distribution the standard deviation is bound/√3.
        assert!((variance.sqrt() / (f64::from(bound) / 3_f64.sqrt()) - 1.0).abs() < 1e-3);
    }
}
