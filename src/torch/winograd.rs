//! Convolutions with fewer multiplications: safe wrappers over `winograd.cpp`.

#![allow(unsafe_code, reason = "this file is where C++ is called")]

use super::TorchError;
use super::shim::taken;
use std::ffi::c_char;
use tch::{Kind, Tensor};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn shim_winograd_way(
        bytes: i64,
        kernel: i64,
        channels: i64,
        outputs: i64,
        tile: *mut i64,
        points: *mut i64,
    ) -> bool;
    fn shim_winograd(
        x: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        padding: i64,
        groups: i64,
        out: *mut *mut C_tensor,
    ) -> *mut c_char;
}

/// How [`winograd`] goes about a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WinogradWay {
    /// Outputs on a side of a tile.
    pub tile: i64,
    /// Products in each direction for a tile: points² for tile² outputs. Tiles at the edge may be an output shorter, with a product
    /// less.
    pub points: i64,
}

impl WinogradWay {
    /// Products for a map of so many outputs, of each pair of a channel and an output, as `kernels/tiling.h` cuts it.
    pub fn products(self, height: u64, width: u64) -> u64 {
        let (tile, points) = (self.tile as u64, self.points as u64);
        let across = |side: u64| {
            let tiles = side.div_ceil(tile);
            tiles * points - tiles.min(tiles * tile - side)
        };
        across(height) * across(width)
    }
}

/// What this processor has for [`winograd`] with numbers of `kind` (fp32 or bf16), a square `kernel`, and so many channels in
/// and out of each group; `None` where there is nothing. In bf16 there is nothing where tiles are multiplied (AMX):
/// multiplications are not what takes the time there.
pub fn winograd_way(kind: Kind, kernel: i64, channels: i64, outputs: i64) -> Option<WinogradWay> {
    if !matches!(kind, Kind::Float | Kind::BFloat16) {
        return None;
    }
    let (mut tile, mut points) = (0, 0);
    let bytes = kind.elt_size_in_bytes() as i64;
    // SAFETY: numbers go in, and out through two that are alive for the call.
    let fits = unsafe { shim_winograd_way(bytes, kernel, channels, outputs, &raw mut tile, &raw mut points) };
    fits.then_some(WinogradWay { tile, points })
}

/// A convolution of stride 1 (`torch.nn.functional.conv2d`), whose outputs are computed a tile at a time from sums of
/// inputs, with fewer multiplications than outputs × taps (Lavin & Gray, *Fast Algorithms for Convolutional Neural Networks*,
/// 2016). Numbers differ from `conv2d`'s by rounding. `x`: pictures × channels × height × width on the CPU; `weight`:
/// outputs × (channels / groups) × kernel × kernel; `bias`: outputs; all of one kind. Any number of threads gives the same
/// bits. Errors where [`winograd_way`] has nothing, and where `padding` is as wide as the kernel.
pub fn winograd(x: &Tensor, weight: &Tensor, bias: &Tensor, padding: i64, groups: i64) -> Result<Tensor, TorchError> {
    // SAFETY: the tensors are alive for the call, and the shim checks kinds, device and sizes before it reads.
    taken(|out| unsafe { shim_winograd(x.as_ptr(), weight.as_ptr(), bias.as_ptr(), padding, groups, out) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::torch::channels_last;
    use crate::torch::nearness::{Normal, assert_near, forward_and_back};
    use tch::Device;

    fn numbers(normal: &mut Normal, shape: &[i64], kind: Kind) -> Tensor {
        channels_last(&normal.numbers(shape)).unwrap().to_kind(kind)
    }

    /// (pictures, channels, height, width, outputs, kernel, padding, groups): whole and short tiles, of one kind and of all, panels of every width, all
    /// paddings, groups, more tiles than are gone through at once, so many weights that it is done step by step.
    const CASES: [[i64; 8]; 8] = [
        [1, 32, 13, 13, 48, 3, 1, 1],
        [3, 96, 27, 27, 32, 5, 2, 1],
        [2, 64, 9, 12, 96, 5, 4, 1],
        [2, 80, 6, 5, 64, 5, 0, 1],
        [5, 64, 1, 3, 128, 3, 2, 1],
        [2, 96, 13, 13, 160, 3, 1, 2],
        [9, 208, 13, 13, 144, 3, 0, 1],
        [4, 384, 13, 13, 320, 3, 1, 1],
    ];

    #[test]
    fn it_is_a_convolution_forward_and_back() {
        let normal = &mut Normal::new(3);
        for kind in [Kind::Float, Kind::BFloat16] {
            for [pictures, channels, height, width, outputs, kernel, padding, groups] in CASES {
                let Some(way) = winograd_way(kind, kernel, channels / groups, outputs / groups) else { continue };
                let x = numbers(normal, &[pictures, channels, height, width], kind).relu();
                let weight = numbers(normal, &[outputs, channels / groups, kernel, kernel], kind);
                let bias = normal.numbers(&[outputs]).to_kind(kind);
                // bf16 holds 8 bits, so that what is exact but for its own rounding is 0.0017 apart. Where it is summed in fp32 tiles
                // are larger, and nothing else rounds.
                let bar = match (kind, way.tile) {
                    (Kind::Float, _) => 6e-6,
                    (_, ..=3) => 9e-3,
                    _ => 2.5e-3,
                };
                assert_near(
                    [x, weight, bias],
                    bar,
                    |[x, weight, bias]| winograd(x, weight, bias, padding, groups).unwrap(),
                    |[x, weight, bias]| x.conv2d(weight, Some(bias), [1, 1], [padding, padding], [1, 1], groups),
                );
            }
        }
    }

    #[test]
    fn a_picture_does_not_depend_on_those_beside_it() {
        let normal = &mut Normal::new(5);
        for kind in [Kind::Float, Kind::BFloat16] {
            if winograd_way(kind, 3, 384, 320).is_none() {
                continue;
            }
            let (weight, bias) = (numbers(normal, &[320, 384, 3, 3], kind), Tensor::ones([320], (kind, Device::Cpu)));
            // More tiles than go through the steps together.
            let x = numbers(normal, &[70, 384, 13, 13], kind);
            let together = winograd(&x, &weight, &bias, 1, 1).unwrap();
            for (first, count) in [(0, 1), (1, 34), (35, 35)] {
                let alone = winograd(&x.narrow(0, first, count), &weight, &bias, 1, 1).unwrap();
                assert!(alone.equal(&together.narrow(0, first, count)), "{kind:?}: {first}, {count}");
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let normal = &mut Normal::new(4);
        let threads = tch::get_num_threads();
        for kind in [Kind::Float, Kind::BFloat16] {
            if winograd_way(kind, 5, 64, 96).is_none() {
                continue;
            }
            let leaves = [
                numbers(normal, &[3, 64, 14, 11], kind),
                numbers(normal, &[96, 64, 5, 5], kind),
                Tensor::ones([96], (kind, Device::Cpu)),
            ]
            .map(|t| t.set_requires_grad(true));
            let upstream = numbers(normal, &[3, 96, 14, 11], kind);
            let with = |threads: i32| {
                tch::set_num_threads(threads);
                forward_and_back(&winograd(&leaves[0], &leaves[1], &leaves[2], 2, 1).unwrap(), &upstream, &leaves)
            };
            let (one, three) = (with(1), with(3));
            tch::set_num_threads(threads);
            assert!(one.iter().zip(&three).all(|(one, three)| one.equal(three)));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let zeros = |shape: &[i64], kind| Tensor::zeros(shape, (kind, Device::Cpu));
        let [x, weight, bias] = [&[1, 32, 5, 5][..], &[32, 32, 3, 3], &[32]].map(|shape| zeros(shape, Kind::Float));
        assert!(winograd_way(Kind::Double, 3, 32, 32).is_none());
        assert!(winograd_way(Kind::Float, 7, 32, 32).is_none());
        assert!(winograd_way(Kind::Float, 3, 33, 32).is_none());
        assert!(winograd(&x, &weight, &bias, 3, 1).is_err());
        assert!(winograd(&x, &weight, &bias, 1, 2).is_err());
        assert!(winograd(&x, &weight, &zeros(&[31], Kind::Float), 1, 1).is_err());
        assert!(winograd(&x, &weight, &zeros(&[32], Kind::BFloat16), 1, 1).is_err());
        assert!(winograd(&zeros(&[0, 32, 5, 5], Kind::Float), &weight, &bias, 1, 1).is_err());
        assert!(winograd(&zeros(&[1, 31, 5, 5], Kind::Float), &weight, &bias, 1, 1).is_err());
        assert!(winograd(&x, &zeros(&[32, 32, 7, 7], Kind::Float), &bias, 1, 1).is_err());
    }
}
