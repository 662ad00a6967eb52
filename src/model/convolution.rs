//! A convolution as tensors: which of the ways to it this machine is quickest at, and how much each multiplies.

use super::architecture::Row;
use super::layer::{Operation, Shape};
use crate::torch::{self, TorchError, WinogradWay};
use tch::{Device, Kind, Tensor};

/// How a convolution is done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// By libtorch's (oneDNN's, cuDNN's) kernels.
    Library,
    /// As a matrix product over its patches.
    Product,
    /// With fewer multiplications.
    Winograd(WinogradWay),
    /// By tiles, which multiply faster than fewer multiplications would save.
    Direct,
}

/// The way to a convolution over so many channels of such numbers.
fn way(operation: Operation, channels: usize, kind: Kind, device: Device) -> Way {
    let Operation::Convolution { outputs, kernel, stride, padding, groups } = operation else { return Way::Library };
    if device != Device::Cpu {
        return Way::Library;
    }
    // Over one channel a convolution is mostly overhead, and where tiles are multiplied a matrix product takes half its time
    // (elsewhere a fifth more: docs/PERFORMANCE.md).
    if channels == 1 && groups == 1 && kind == Kind::BFloat16 && torch::has_bf16_tiles() {
        return Way::Product;
    }
    if stride == 1 && padding < kernel {
        let [kernel, channels, outputs] = [kernel, channels / groups, outputs / groups].map(|n| n as i64);
        if torch::direct_fits(kind, kernel, channels, outputs) {
            return Way::Direct;
        }
        if let Some(way) = torch::winograd_way(kind, kernel, channels, outputs) {
            return Way::Winograd(way);
        }
    }
    Way::Library
}

/// The convolution `operation` of `x` (pictures × channels × height × width), with what it has learned.
pub fn convolve(operation: Operation, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, TorchError> {
    let Operation::Convolution { outputs, kernel, stride, padding, groups } = operation else {
        return Err(TorchError::new(format!("{operation:?} is not a convolution")));
    };
    let (_, channels, _, _) = x.size4()?;
    let [outputs, kernel, stride, padding, groups] = [outputs, kernel, stride, padding, groups].map(|n| n as i64);
    match way(operation, channels as usize, x.kind(), x.device()) {
        // Nothing flows back to the pictures.
        Way::Product if !x.requires_grad() => product(x, weight, bias, [outputs, kernel, stride, padding]),
        Way::Winograd(_) => torch::winograd(x, weight, bias, padding, groups),
        Way::Direct => torch::direct(x, weight, bias, padding, groups),
        Way::Library | Way::Product => {
            Ok(x.f_conv2d(weight, Some(bias), [stride, stride], [padding, padding], [1, 1], groups)?)
        }
    }
}

/// Multiply-adds for one picture, as they are done on this machine: no more than [`Row::multiply_adds`], which counts them by
/// the layer's definition. What Winograd's way adds before and after its products is not counted.
pub fn multiply_adds(row: &Row<'_>, kind: Kind, device: Device) -> u64 {
    let by_definition = row.multiply_adds();
    match (row.layer.operation, row.input, row.output) {
        (
            Operation::Convolution { outputs, groups, .. },
            Shape::Maps { channels, .. },
            Shape::Maps { height, width, .. },
        ) => match way(row.layer.operation, channels, kind, device) {
            Way::Winograd(WinogradWay { tile, points }) => {
                let [tile, points] = [tile, points].map(|n| n as u64);
                let tiles = (height as u64).div_ceil(tile) * (width as u64).div_ceil(tile);
                tiles * points.pow(2) * (channels / groups * outputs) as u64
            }
            Way::Library | Way::Product | Way::Direct => by_definition,
        },
        _ => by_definition,
    }
}

/// A convolution over one channel as a matrix product over its patches. Nothing flows back to `x`.
fn product(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    [outputs, kernel, stride, padding]: [i64; 4],
) -> Result<Tensor, TorchError> {
    let patches = torch::unfold(&x.f_contiguous()?, kernel, stride, padding)?;
    let y = patches.f_linear(&weight.f_view([outputs, kernel * kernel])?, Some(bias))?;
    let places = |side: i64| (side + 2 * padding - kernel) / stride + 1;
    let (_, _, height, width) = x.size4()?;
    Ok(y.f_view([-1, places(height), places(width), outputs])?.f_permute([0, 3, 1, 2])?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::config::Variant;
    use crate::model::architecture;

    #[test]
    fn a_convolution_over_one_channel_is_a_product_forward_and_back() {
        tch::manual_seed(1);
        let numbers = |shape: &[i64]| Tensor::randn(shape, (Kind::Float, Device::Cpu));
        for [kernel, stride, padding, side] in [[11, 4, 0, 43], [11, 4, 2, 40], [3, 1, 1, 9]] {
            let x = numbers(&[2, 1, side, side]);
            let weight = torch::channels_last(&numbers(&[8, 1, kernel, kernel])).unwrap().set_requires_grad(true);
            let bias = numbers(&[8]).set_requires_grad(true);
            let theirs = x.conv2d(&weight, Some(&bias), [stride, stride], [padding, padding], [1, 1], 1);
            let ours = product(&x, &weight, &bias, [8, kernel, stride, padding]).unwrap();
            let upstream = numbers(&theirs.size());
            let back = |y: &Tensor| {
                Tensor::run_backward(&[&(y * &upstream).sum(Kind::Float)], &[&weight, &bias], false, false)
            };
            let pairs =
                back(&ours).into_iter().zip(back(&theirs)).chain([(ours.shallow_clone(), theirs.shallow_clone())]);
            for (ours, theirs) in pairs {
                let apart = (&ours - &theirs).abs().max().double_value(&[]);
                assert!(apart <= 1e-5 * theirs.abs().max().double_value(&[]), "{apart}");
            }
        }
    }

    #[test]
    fn no_way_multiplies_more_than_the_definition() {
        for variant in [Variant::Fashion, Variant::Paper, Variant::Torchvision, Variant::Tiny] {
            let net = architecture(variant, 1, 10);
            for row in net.rows() {
                for kind in [Kind::Float, Kind::BFloat16] {
                    let [done, defined] = [multiply_adds(&row, kind, Device::Cpu), row.multiply_adds()];
                    assert!(done <= defined, "{} of {variant}: {done} of {defined}", row.layer.name);
                    assert_eq!(multiply_adds(&row, kind, Device::Cuda(0)), defined);
                }
            }
        }
        // Seven products for every three outputs of five taps, in both directions: 9 × 9 tiles.
        if torch::winograd_way(Kind::Float, 5, 96, 256).is_some() {
            let net = architecture(Variant::Fashion, 1, 10);
            let second = &net.rows()[3];
            assert_eq!(multiply_adds(second, Kind::Float, Device::Cpu), 81 * 49 * 96 * 256);
        }
    }
}
