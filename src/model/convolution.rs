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
    /// By kernels of our own, which know no stride.
    Own(Kernels),
    /// By the same over squares of pixels: with a stride and one channel it is one without a stride over stride² channels.
    Squares(Kernels),
}

/// Kernels of our own.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kernels {
    /// With fewer multiplications.
    Winograd(WinogradWay),
    /// By tiles, which multiply faster than fewer multiplications would save.
    Direct,
}

impl Kernels {
    /// What this machine has for a convolution of a group.
    fn of(kind: Kind, kernel: usize, channels: usize, outputs: usize) -> Option<Self> {
        let [kernel, channels, outputs] = [kernel, channels, outputs].map(|n| n as i64);
        if torch::direct_fits(kind, kernel, channels, outputs) {
            return Some(Self::Direct);
        }
        torch::winograd_way(kind, kernel, channels, outputs).map(Self::Winograd)
    }

    fn convolve(
        self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        padding: i64,
        groups: i64,
    ) -> Result<Tensor, TorchError> {
        match self {
            Self::Winograd(_) => torch::winograd(x, weight, bias, padding, groups),
            Self::Direct => torch::direct(x, weight, bias, padding, groups),
        }
    }

    /// Multiply-adds for each pair of a channel and an output of maps of so many pixels, if their own kernels do not count them by the
    /// definition.
    fn fewer_products(self, height: usize, width: usize) -> Option<u64> {
        let Self::Winograd(way) = self else { return None };
        Some(way.products(height as u64, width as u64))
    }
}

/// The way to a convolution over so many channels of such numbers.
fn way(operation: Operation, channels: usize, kind: Kind, device: Device) -> Way {
    let Operation::Convolution { outputs, kernel, stride, padding, groups } = operation else { return Way::Library };
    let own = if device != Device::Cpu {
        None
    } else if channels == 1 && stride > 1 {
        Kernels::of(kind, kernel.div_ceil(stride), stride * stride, outputs).map(Way::Squares)
    } else if stride == 1 && padding < kernel {
        Kernels::of(kind, kernel, channels / groups, outputs / groups).map(Way::Own)
    } else {
        None
    };
    own.unwrap_or(Way::Library)
}

/// The convolution `operation` of `x` (pictures × channels × height × width), with what it has learned.
pub fn convolve(operation: Operation, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, TorchError> {
    let Operation::Convolution { outputs, kernel, stride, padding, groups } = operation else {
        return Err(TorchError::new(format!("{operation:?} is not a convolution")));
    };
    let (_, channels, _, _) = x.size4()?;
    let [outputs, kernel, stride, padding, groups] = [outputs, kernel, stride, padding, groups].map(|n| n as i64);
    match way(operation, channels as usize, x.kind(), x.device()) {
        Way::Own(kernels) => kernels.convolve(x, weight, bias, padding, groups),
        // Nothing flows back to the pictures.
        Way::Squares(kernels) if !x.requires_grad() => {
            over_squares(kernels, x, weight, bias, [outputs, kernel, stride, padding])
        }
        Way::Library | Way::Squares(_) => {
            Ok(x.f_conv2d(weight, Some(bias), [stride, stride], [padding, padding], [1, 1], groups)?)
        }
    }
}

/// Multiply-adds for one picture, as they are done on this machine: no more than [`Row::multiply_adds`], which counts them by
/// the layer's definition. What Winograd's way adds before and after its products is not counted.
pub fn multiply_adds(row: &Row<'_>, kind: Kind, device: Device) -> u64 {
    let by_definition = row.multiply_adds();
    let operation = row.layer.operation;
    let (
        Operation::Convolution { outputs, stride, groups, .. },
        Shape::Maps { channels, .. },
        Shape::Maps { height, width, .. },
    ) = (operation, row.input, row.output)
    else {
        return by_definition;
    };
    let (kernels, channels) = match way(operation, channels, kind, device) {
        Way::Library => return by_definition,
        Way::Own(kernels) => (kernels, channels / groups),
        Way::Squares(kernels) => (kernels, stride * stride),
    };
    let products = kernels.fewer_products(height, width);
    products.map_or(by_definition, |products| products * (channels * outputs) as u64)
}

/// A convolution over one channel as one of stride 1, whose channels are the pixels of a square of `stride` × `stride` and whose taps are
/// squares of the kernel's, with zeros where these reach beyond it. Nothing flows back to `x`.
fn over_squares(
    kernels: Kernels,
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    [outputs, kernel, stride, padding]: [i64; 4],
) -> Result<Tensor, TorchError> {
    let (_, _, height, width) = x.size4()?;
    let taps = (kernel + stride - 1) / stride;
    let squares = [height, width].map(|side| (side + 2 * padding - kernel) / stride + taps);
    let beyond = taps * stride - kernel;
    let weight = weight
        .f_reshape([outputs, kernel, kernel])?
        .f_constant_pad_nd([0, beyond, 0, beyond])?
        .f_reshape([outputs, taps, stride, taps, stride])?
        .f_permute([0, 2, 4, 1, 3])?
        .f_reshape([outputs, stride * stride, taps, taps])?;
    let x = torch::space_to_depth(&x.f_contiguous()?, stride, padding, squares)?;
    kernels.convolve(&x, &weight, bias, 0, 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::config::Variant;
    use crate::model::architecture;

    #[test]
    fn a_convolution_with_a_stride_is_one_over_squares_forward_and_back() {
        tch::manual_seed(1);
        let cases = [[11, 4, 0, 43, 47], [11, 4, 2, 40, 38], [10, 4, 0, 19, 13], [5, 4, 0, 9, 13]];
        for (kind, [kernel, stride, padding, height, width]) in
            [Kind::Float, Kind::BFloat16].into_iter().flat_map(|kind| cases.map(|case| (kind, case)))
        {
            let outputs = 64;
            let Some(kernels) = Kernels::of(kind, (kernel as usize).div_ceil(4), 16, outputs as usize) else {
                continue;
            };
            let numbers = |shape: &[i64]| Tensor::randn(shape, (Kind::Float, Device::Cpu)).to_kind(kind);
            let x = numbers(&[2, 1, height, width]);
            let weight = torch::channels_last(&numbers(&[outputs, 1, kernel, kernel])).unwrap().set_requires_grad(true);
            let bias = numbers(&[outputs]).set_requires_grad(true);
            let ours = over_squares(kernels, &x, &weight, &bias, [outputs, kernel, stride, padding]).unwrap();
            let exact = [&x, &weight, &bias].map(|t| t.to_kind(Kind::Double));
            let theirs = exact[0].conv2d(&exact[1], Some(&exact[2]), [stride, stride], [padding, padding], [1, 1], 1);
            let upstream = numbers(&theirs.size());
            let back = |y: &Tensor| {
                let upstream = upstream.to_kind(y.kind());
                Tensor::run_backward(&[&(y * upstream).sum(y.kind())], &[&weight, &bias], false, false)
            };
            let pairs =
                back(&ours).into_iter().zip(back(&theirs)).chain([(ours.shallow_clone(), theirs.shallow_clone())]);
            for (ours, theirs) in pairs {
                assert_eq!(ours.size(), theirs.size());
                let apart = (ours.to_kind(Kind::Double) - &theirs).abs().max().double_value(&[]);
                // bf16 rounds by 1 in 512 at the most.
                let bar = if kind == Kind::Float { 2e-5 } else { 4e-3 };
                assert!(apart <= bar * theirs.abs().max().double_value(&[]), "{kind:?}: {apart}");
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
        // 27 outputs of five taps in a direction: six tiles of four, of eight products, and one of three, of seven.
        if torch::winograd_way(Kind::Float, 5, 96, 256).is_some() {
            let net = architecture(Variant::Fashion, 1, 10);
            let second = &net.rows()[3];
            assert_eq!(multiply_adds(second, Kind::Float, Device::Cpu), 55 * 55 * 96 * 256);
        }
    }
}
