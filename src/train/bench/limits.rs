//! What the machine allows: its best arithmetic, on square matrices and on the net's own convolutions, and how fast it
//! copies memory; and what a step can't take less than by that.

use crate::config::{Config, OptimizerChoice};
use crate::metrics::{Floor, Job, Limits};
use crate::model::{Architecture, Operation, Precision, Shape, architecture, convolve, multiply_adds};
use crate::torch::{self, TorchError};
use crate::train::Machine;
use std::time::Instant;
use tch::{Device, Kind, Tensor};

/// Sides of the matrices; a product that would take longer than `PATIENCE` seconds is left out.
const SIDES: [i64; 3] = [1024, 2048, 4096];
const PATIENCE: f64 = 0.3;
/// Numbers that are copied: 256 MiB, more than any cache holds.
const COPIED: i64 = 64 << 20;
/// A try is repeated at least so often, and for so many seconds.
const TRIES: (usize, f64) = (2, 0.2);

/// Bytes that an update moves for a parameter: the gradient is read, the master read and written; in bf16 the gradient
/// has half the size, and the working weight is written as well.
const UPDATE_BYTES: f64 = 4.0 + 8.0;
/// Bytes for each moment, which is read and written: SGD has one, Adam two.
const MOMENT_BYTES: f64 = 8.0;

/// Measures them, with a net of the configuration's variant and the batch of the benchmark.
pub(super) fn measure(config: &Config, machine: Machine, batch: usize, job: Job) -> Result<Limits, TorchError> {
    let best = |precision: Precision, own: bool| -> Result<f64, TorchError> {
        let (kind, device) = (precision.kind(), machine.device);
        let mut best = 0.0_f64;
        for side in SIDES {
            let operations = 2.0 * (side as f64).powi(3);
            if best > 0.0 && operations / best > PATIENCE {
                break;
            }
            let [a, b] = [some(&[side, side], kind, device)?, some(&[side, side], kind, device)?];
            let seconds = fastest(device, || a.f_mm(&b))?;
            best = best.max(operations / seconds);
        }
        if own {
            let net = architecture(config.model.variant, 1, crate::data::CLASSES);
            for convolution in convolutions(&net, kind, device) {
                best = best.max(convolution.rate(batch as i64, job, kind, device)?);
            }
        }
        Ok(best / 1e12)
    };
    let bf16 = machine.precision == Precision::Bf16;
    let source = some(&[COPIED], Kind::Float, machine.device)?;
    let mut target = source.f_zeros_like()?;
    let seconds = fastest(machine.device, || target.f_copy_(&source))?;
    drop((source, target));
    Ok(Limits {
        f32_teraflops: best(Precision::F32, !bf16)?,
        bf16_teraflops: if bf16 { Some(best(Precision::Bf16, true)?) } else { None },
        copy_gigabytes_per_second: 2.0 * 4.0 * COPIED as f64 / seconds / 1e9,
    })
}

/// What a step of so many pictures can't take less than, and how near `step` (in milliseconds) comes.
pub(super) fn floor(
    net: &Architecture,
    job: Job,
    optimizer: OptimizerChoice,
    images: f64,
    limits: &Limits,
    step: f64,
    machine: Machine,
) -> Floor {
    // Where the processor multiplies bf16 slower than fp32, the kernels widen it.
    let teraflops = limits.bf16_teraflops.unwrap_or_default().max(limits.f32_teraflops);
    let arithmetic = 1e3 * images * operations(net, job, machine) / (teraflops * 1e12).max(1.0);
    let moments = if optimizer == OptimizerChoice::Sgd { 1.0 } else { 2.0 };
    let traffic = match job {
        Job::Train => (UPDATE_BYTES + moments * MOMENT_BYTES) * net.parameter_count() as f64,
        Job::Eval => 0.0,
    };
    let memory = 1e3 * traffic / (limits.copy_gigabytes_per_second * 1e9).max(1.0);
    let milliseconds = arithmetic + memory;
    Floor { milliseconds, arithmetic, memory, fraction: milliseconds / step.max(1e-9) }
}

/// Operations for one picture as this machine does them, a multiply-add counting as two: forward, and in training as many for the gradient of the
/// weights and again for that of the input, which the first layer does not need.
fn operations(net: &Architecture, job: Job, machine: Machine) -> f64 {
    let done: Vec<u64> =
        net.rows().iter().map(|row| multiply_adds(row, machine.precision.kind(), machine.device)).collect();
    let forward: u64 = done.iter().sum();
    let first = done.iter().copied().find(|&n| n > 0).unwrap_or(0);
    2.0 * match job {
        Job::Train => 3 * forward - first,
        Job::Eval => forward,
    } as f64
}

/// A convolution in its place in the net.
struct Convolution {
    operation: Operation,
    input: [i64; 3],
    weight: [i64; 4],
    stride: i64,
    padding: i64,
    groups: i64,
    /// By definition, as libtorch does them, and as this machine does them in the net.
    multiply_adds: [u64; 2],
}

fn convolutions(net: &Architecture, kind: Kind, device: Device) -> impl Iterator<Item = Convolution> {
    net.rows().into_iter().filter_map(move |row| match (row.layer.operation, row.input) {
        (
            operation @ Operation::Convolution { outputs, kernel, stride, padding, groups },
            Shape::Maps { channels, height, width },
        ) => {
            let [outputs, kernel, channels] = [outputs, kernel, channels].map(|n| n as i64);
            Some(Convolution {
                operation,
                input: [channels, height as i64, width as i64],
                weight: [outputs, channels / groups as i64, kernel, kernel],
                stride: stride as i64,
                padding: padding as i64,
                groups: groups as i64,
                multiply_adds: [row.multiply_adds(), multiply_adds(&row, kind, device)],
            })
        }
        _ => None,
    })
}

impl Convolution {
    /// The best rate of libtorch's kernels and of the net's, forward and (in training) backward, in operations a second.
    fn rate(&self, batch: i64, job: Job, kind: Kind, device: Device) -> Result<f64, TorchError> {
        let [channels, height, width] = self.input;
        let x = torch::channels_last(&some(&[batch, channels, height, width], kind, device)?)?;
        let weight = torch::channels_last(&some(&self.weight, kind, device)?)?;
        let bias = some(&self.weight[..1], kind, device)?;
        let by_libtorch = || -> Result<Tensor, TorchError> {
            let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
            Ok(x.f_conv2d(&weight, Some(&bias), stride, padding, [1, 1], self.groups)?)
        };
        let by_net = || convolve(self.operation, &x, &weight, &bias);
        let ways: [&dyn Fn() -> Result<Tensor, TorchError>; 2] = [&by_libtorch, &by_net];
        let mut best = 0.0_f64;
        for (forward, multiply_adds) in ways.iter().zip(self.multiply_adds) {
            let operations = 2.0 * multiply_adds as f64 * batch as f64;
            best = best.max(operations / fastest(device, || tch::no_grad(forward))?);
        }
        if job == Job::Train {
            let leaves = [x.f_set_requires_grad(true)?, weight.f_set_requires_grad(true)?];
            for (forward, multiply_adds) in ways.iter().zip(self.multiply_adds) {
                let y = forward()?;
                let gradient = some(&y.size(), kind, device)?;
                let scalar = y.f_mul(&gradient)?.f_sum(None::<Kind>)?;
                let backward = || Tensor::f_run_backward(&[&scalar], &leaves, true, false);
                let operations = 4.0 * multiply_adds as f64 * batch as f64;
                best = best.max(operations / fastest(device, backward)?);
            }
        }
        Ok(best)
    }
}

/// Some numbers from −½ to ½: magnitudes that neither overflow nor vanish. Which ones is all the same.
fn some(shape: &[i64], kind: Kind, device: Device) -> Result<Tensor, TorchError> {
    let count = Tensor::f_arange(shape.iter().product::<i64>(), (Kind::Float, device))?;
    let numbers = count.f_remainder(257.0)?.f_div_scalar_(256.0)?.f_sub_scalar_(0.5)?;
    Ok(numbers.f_view(shape)?.f_to_kind(kind)?)
}

/// The shortest of several tries, in seconds.
fn fastest<T, E>(device: Device, mut work: impl FnMut() -> Result<T, E>) -> Result<f64, TorchError>
where
    TorchError: From<E>,
{
    let (least, seconds) = TRIES;
    let begun = Instant::now();
    let mut best = f64::INFINITY;
    let mut tries = 0;
    while tries < least || begun.elapsed().as_secs_f64() < seconds {
        let started = Instant::now();
        drop(work()?);
        if let Device::Cuda(number) = device {
            tch::Cuda::synchronize(number as i64);
        }
        best = best.min(started.elapsed().as_secs_f64());
        tries += 1;
    }
    Ok(best.max(1e-9))
}
