//! Which steps are sampled, and what a sampled one tells of the layers. Sampling reads, and changes nothing.

use crate::metrics::{Histogram, LayerSample, NetSample, Units, Weights};
use crate::model::{Network, Trace, Visit};
use crate::torch::TorchError;
use std::time::Instant;
use tch::{Device, Kind, Tensor};

/// The part of the time that sampling may take.
const SHARE: f64 = 0.015;
/// Seconds between two samples at the least: nobody reads faster.
const PAUSE: f64 = 0.5;
/// Of more weights than this, evenly spaced ones stand for all in histograms and in the update's size. The ratio of two
/// norms over so many numbers is within about 0.3 % of that over all.
const COUNTED: usize = 65_536;

/// When to sample.
#[derive(Debug, Default)]
pub(super) struct Sampling {
    on: bool,
    asked: bool,
    /// It failed, and is not tried again.
    failed: bool,
    /// Steps to go until the next sample.
    wait: u64,
    latest: Option<NetSample>,
}

impl Sampling {
    pub(super) fn switch_on(&mut self) {
        self.on = true;
    }

    /// Whatever it costs, and whether it is switched on or not.
    pub(super) fn sample_next(&mut self) {
        self.asked = true;
    }

    pub(super) fn take(&mut self) -> Option<NetSample> {
        self.latest.take()
    }

    /// For a step that is to be sampled.
    pub(super) fn probe(&mut self, step: u64, network: &Network) -> Option<Probe> {
        let due = !self.failed && (self.asked || (self.on && self.wait == 0));
        if !due {
            self.wait = self.wait.saturating_sub(1);
            return None;
        }
        self.asked = false;
        let rows = network.architecture().layers.len();
        let trace = self.sound(Trace::new(rows, network.device() == Device::Cpu))?;
        Some(Probe { trace, step })
    }

    /// A sampling that fails must not end the training: it is done without from then on.
    pub(super) fn sound<T>(&mut self, result: Result<T, TorchError>) -> Option<T> {
        result
            .inspect_err(|error| {
                tracing::warn!("the layers can't be sampled any more; training goes on: {error}");
                self.failed = true;
            })
            .ok()
    }

    /// A step took so long, its sampling included.
    pub(super) fn step_done(&mut self, seconds: f64, sample: Option<NetSample>) {
        if let Some(sample) = sample {
            let plain = (seconds - sample.cost).max(1e-6);
            self.wait = (sample.cost / SHARE).max(PAUSE).div_euclid(plain) as u64 + 1;
            self.latest = Some(sample);
        }
    }
}

/// A step that is being sampled.
pub(super) struct Probe {
    pub(super) trace: Trace,
    step: u64,
}

/// The same, after the way back.
pub(super) struct Halfway {
    step: u64,
    cost: f64,
    visits: Vec<(Visit, Option<f64>)>,
    /// For each layer that learns, in order.
    weights: Vec<(Weights, Vec<f32>)>,
}

impl Probe {
    /// After the way back, before the weights change. `gradients` are in the order of the net's parameters.
    pub(super) fn before_update(self, network: &Network, gradients: &[Tensor]) -> Result<Halfway, TorchError> {
        let cost = self.trace.cost();
        let visits = self.trace.finish()?;
        let started = Instant::now();
        // Weight and bias take turns.
        let weights = network.parameters().chunks(2).zip(gradients.chunks(2));
        let weights = weights
            .filter_map(|(parameters, gradients)| Some((parameters.first()?, gradients.first()?)))
            .map(|(weight, gradient)| {
                let of = weight.spec.elements() as u64;
                let before = some_of(&weight.master)?;
                let told = Weights {
                    norm: norm(&weight.master)?,
                    gradient_norm: norm(gradient)?,
                    update_ratio: 0.0,
                    values: Histogram::new(&before, of),
                    gradients: Histogram::new(&some_of(gradient)?, of),
                };
                Ok((told, before))
            })
            .collect::<Result<_, TorchError>>()?;
        Ok(Halfway { step: self.step, cost: cost + started.elapsed().as_secs_f64(), visits, weights })
    }
}

impl Halfway {
    /// After the weights changed.
    pub(super) fn after_update(self, network: &Network) -> Result<NetSample, TorchError> {
        let started = Instant::now();
        let mut layers = vec![LayerSample::default(); network.architecture().layers.len()];
        for (visit, backward) in self.visits {
            if let Some(layer) = layers.get_mut(visit.row) {
                layer.forward = visit.forward;
                layer.backward = backward;
                layer.units = visit.units.map(|(dead, all)| Units { dead, all });
            }
        }
        let rows = network.architecture().rows();
        let learning = rows.iter().zip(&mut layers).filter(|(row, _)| row.parameter_count() > 0);
        let updated = network.parameters().chunks(2).filter_map(<[_]>::first);
        for (((_, layer), (mut told, before)), weight) in learning.zip(self.weights).zip(updated) {
            told.update_ratio = change(&before, &some_of(&weight.master)?);
            layer.weights = Some(told);
        }
        Ok(NetSample { step: self.step, layers, cost: self.cost + started.elapsed().as_secs_f64() })
    }
}

/// L2 norm of all numbers of a tensor.
fn norm(tensor: &Tensor) -> Result<f64, TorchError> {
    Ok(tensor.f_detach()?.f_norm_scalaropt_dtype(2.0, Kind::Float)?.f_double_value(&[])?)
}

/// At most [`COUNTED`] numbers of a tensor, evenly spaced in memory.
fn some_of(tensor: &Tensor) -> Result<Vec<f32>, TorchError> {
    let all = tensor.numel();
    let spacing = match all.div_ceil(COUNTED) {
        0 | 1 => 1,
        // Odd, so that it doesn't fall on the same few columns of a matrix whose rows are a power of 2 long.
        n => n | 1,
    };
    let count = all.div_ceil(spacing);
    let picked = tensor.f_detach()?.f_as_strided([count as i64], [spacing as i64], None)?;
    let picked = picked.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    let mut numbers = vec![0.0; count];
    picked.f_copy_data(&mut numbers, count)?;
    Ok(numbers)
}

/// L2 norm of the difference over that of what was before; 0 where all was 0.
fn change(before: &[f32], after: &[f32]) -> f64 {
    let square = |x: f64| x * x;
    let difference: f64 = before.iter().zip(after).map(|(&b, &a)| square(f64::from(a) - f64::from(b))).sum();
    let whole: f64 = before.iter().map(|&b| square(f64::from(b))).sum();
    if whole > 0.0 { (difference / whole).sqrt() } else { 0.0 }
}
