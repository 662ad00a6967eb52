//! Convolutions by tiles of bf16 (AMX): safe wrappers over `direct.cpp`.

#![allow(unsafe_code, reason = "this file is where C++ is called")]

use super::TorchError;
use super::shim::taken;
use std::ffi::c_char;
use tch::{Kind, Tensor};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn shim_direct_fits(kernel: i64, channels: i64, outputs: i64) -> bool;
    fn shim_direct(
        x: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        padding: i64,
        groups: i64,
        out: *mut *mut C_tensor,
    ) -> *mut c_char;
}

/// Whether this processor has a kernel for [`direct`] with numbers of `kind`, a square `kernel`, and so many channels in and out of
/// each group: tiles are of bf16 alone, and of 16 channels.
pub fn direct_fits(kind: Kind, kernel: i64, channels: i64, outputs: i64) -> bool {
    // SAFETY: numbers go in and out.
    kind == Kind::BFloat16 && unsafe { shim_direct_fits(kernel, channels, outputs) }
}

/// A convolution of stride 1 (`torch.nn.functional.conv2d`), with ways back. `x`: pictures × channels × height × width on the CPU;
/// `weight`: outputs × (channels / groups) × kernel × kernel; `bias`: outputs; all of bf16, summed in fp32. Any number of threads gives
/// the same bits. Errors where [`direct_fits`] says no, and where `padding` is as wide as the kernel.
pub fn direct(x: &Tensor, weight: &Tensor, bias: &Tensor, padding: i64, groups: i64) -> Result<Tensor, TorchError> {
    // SAFETY: the tensors are alive for the call, and the shim checks kinds, device and sizes before it reads.
    taken(|out| unsafe { shim_direct(x.as_ptr(), weight.as_ptr(), bias.as_ptr(), padding, groups, out) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::torch::channels_last;
    use crate::torch::nearness::{assert_near, forward_and_back};
    use tch::Device;

    fn numbers(shape: &[i64]) -> Tensor {
        channels_last(&Tensor::randn(shape, (Kind::Float, Device::Cpu))).unwrap().to_kind(Kind::BFloat16)
    }

    /// (pictures, channels, height, width, outputs, kernel, padding, groups): lines of one, two and three tiles, halves of tiles of
    /// channels, all paddings, groups, more pictures than a tile has, and so few that outputs are shared out.
    const CASES: [[i64; 8]; 9] = [
        [1, 32, 13, 13, 48, 3, 1, 1],
        [3, 96, 27, 27, 32, 5, 2, 1],
        [2, 64, 9, 12, 96, 5, 4, 1],
        [2, 80, 6, 5, 64, 5, 0, 1],
        [5, 64, 1, 3, 128, 3, 2, 1],
        [2, 96, 13, 13, 160, 3, 1, 2],
        [41, 48, 7, 33, 16, 2, 1, 1],
        [34, 208, 13, 13, 144, 3, 0, 1],
        [2, 16, 4, 40, 16, 1, 0, 1],
    ];

    #[test]
    fn it_is_a_convolution_forward_and_back() {
        tch::manual_seed(3);
        for [pictures, channels, height, width, outputs, kernel, padding, groups] in CASES {
            if !direct_fits(Kind::BFloat16, kernel, channels / groups, outputs / groups) {
                continue;
            }
            let x = numbers(&[pictures, channels, height, width]).relu();
            let weight = numbers(&[outputs, channels / groups, kernel, kernel]);
            let bias = Tensor::randn([outputs], (Kind::Float, Device::Cpu)).to_kind(Kind::BFloat16);
            // A rounding to bf16 by itself puts 0.0017 between them, and a little more where there are few numbers.
            assert_near(
                [x, weight, bias],
                2.5e-3,
                |[x, weight, bias]| direct(x, weight, bias, padding, groups).unwrap(),
                |[x, weight, bias]| x.conv2d(weight, Some(bias), [1, 1], [padding, padding], [1, 1], groups),
            );
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        tch::manual_seed(4);
        if !direct_fits(Kind::BFloat16, 5, 64, 96) {
            return;
        }
        let threads = tch::get_num_threads();
        let bias = Tensor::ones([96], (Kind::BFloat16, Device::Cpu));
        let leaves = [numbers(&[3, 64, 14, 11]), numbers(&[96, 64, 5, 5]), bias].map(|t| t.set_requires_grad(true));
        let upstream = numbers(&[3, 96, 14, 11]);
        let with = |threads: i32| {
            tch::set_num_threads(threads);
            forward_and_back(&direct(&leaves[0], &leaves[1], &leaves[2], 2, 1).unwrap(), &upstream, &leaves)
        };
        let (one, three) = (with(1), with(3));
        tch::set_num_threads(threads);
        assert!(one.iter().zip(&three).all(|(one, three)| one.equal(three)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let zeros = |shape: &[i64], kind| Tensor::zeros(shape, (kind, Device::Cpu));
        let [x, weight, bias] = [&[1, 32, 5, 5][..], &[32, 32, 3, 3], &[32]].map(|shape| zeros(shape, Kind::BFloat16));
        assert!(!direct_fits(Kind::Float, 3, 32, 32));
        assert!(!direct_fits(Kind::BFloat16, 3, 33, 32));
        assert!(direct(&x, &weight, &bias, 3, 1).is_err());
        assert!(direct(&x, &weight, &bias, 1, 2).is_err());
        assert!(direct(&x, &weight, &zeros(&[31], Kind::BFloat16), 1, 1).is_err());
        assert!(direct(&x, &weight, &zeros(&[32], Kind::Float), 1, 1).is_err());
        assert!(direct(&x, &zeros(&[32, 32, 7, 7], Kind::BFloat16), &bias, 0, 1).is_err());
    }
}
