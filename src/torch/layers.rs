//! Layers that go faster than libtorch's own on the CPU: safe wrappers over `layers.cpp`.

#![allow(unsafe_code, reason = "this file is where C++ is called")]

use super::TorchError;
use super::shim::taken;
use std::ffi::c_char;
use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn shim_pool_relu(x: *const C_tensor, kernel: i64, stride: i64, out: *mut *mut C_tensor) -> *mut c_char;
    fn shim_space_to_depth(
        x: *const C_tensor,
        block: i64,
        padding: i64,
        down: i64,
        across: i64,
        out: *mut *mut C_tensor,
    ) -> *mut c_char;
}

/// max(0, max-pool of `x`): what `relu` and `max_pool2d` without padding give in either order, to the bit, in one pass
/// forward and one back. `x`: pictures × channels × height × width, channels innermost, fp32 or bf16, on the CPU.
pub fn pool_relu(x: &Tensor, kernel: i64, stride: i64) -> Result<Tensor, TorchError> {
    // SAFETY: the tensor is alive for the call, and the shim checks kind, layout, device and window before it reads.
    taken(|out| unsafe { shim_pool_relu(x.as_ptr(), kernel, stride, out) })
}

/// Squares of `block` × `block` pixels as the channels of one pixel: pictures × (channels · block · block) × down × across, channels
/// innermost, in the order of channel, row and column; the first square begins `padding` pixels outside, and what is outside is 0
/// (`torch.nn.functional.pixel_unshuffle`, with padding). `x`: contiguous pictures × channels × height × width on the CPU, of 16 or 32
/// bits. Gradients do not flow back through it.
pub fn space_to_depth(x: &Tensor, block: i64, padding: i64, [down, across]: [i64; 2]) -> Result<Tensor, TorchError> {
    // SAFETY: the tensor is alive for the call, and the shim checks layout, device and sizes before it reads.
    taken(|out| unsafe { shim_space_to_depth(x.as_ptr(), block, padding, down, across, out) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::torch::channels_last;
    use tch::{Device, Kind};

    /// Numbers with many ties and both signs, the same at every run.
    fn numbers(shape: &[i64], kind: Kind) -> Tensor {
        let n: i64 = shape.iter().product();
        let values: Vec<f32> = (0..n).map(|i| ((i * 7_919 + i / 13) % 61 - 30) as f32 / 8.0).collect();
        let tensor = Tensor::from_slice(&values).view(shape).to_kind(kind);
        if shape.len() == 4 { channels_last(&tensor).unwrap() } else { tensor }
    }

    fn equal(ours: &Tensor, theirs: &Tensor) {
        assert_eq!(ours.size(), theirs.size());
        assert!(ours.equal(theirs), "{}", (ours - theirs).abs().max());
    }

    #[test]
    fn pooling_gives_what_libtorch_gives_forward_and_back() {
        for kind in [Kind::Float, Kind::BFloat16] {
            for (shape, kernel, stride) in
                [([2, 24, 13, 13], 3, 2), ([1, 6, 55, 55], 3, 2), ([3, 5, 8, 9], 2, 2), ([2, 17, 7, 7], 3, 1)]
            {
                let x = numbers(&shape, kind).set_requires_grad(true);
                let ours = pool_relu(&x, kernel, stride).unwrap();
                let theirs = x.max_pool2d([kernel, kernel], [stride, stride], [0, 0], [1, 1], false).relu();
                equal(&ours, &theirs);
                // Quarters: their sums are exact in both kinds, so that the order of adding can't be told.
                let upstream = numbers(&ours.size(), kind).clamp(-1.0, 1.0);
                let way_back = |y: &Tensor| {
                    let total = (y * &upstream).sum(Kind::Float);
                    Tensor::run_backward(&[&total], &[&x], false, false).pop().unwrap()
                };
                equal(&way_back(&ours), &way_back(&theirs));
                // Without a way back the numbers are the same.
                equal(&tch::no_grad(|| pool_relu(&x, kernel, stride)).unwrap(), &theirs);
            }
        }
    }

    #[test]
    fn a_number_that_is_none_is_not_hidden() {
        // What 0/0 gives on x86 has the sign bit.
        for (kind, bits, nan, sign) in
            [(Kind::Float, Kind::Int, 0x7fc0_0000, 1_i64 << 31), (Kind::BFloat16, Kind::Int16, 0x7fc0, 1 << 15)]
        {
            for nan in [nan, nan - sign] {
                let x = numbers(&[1, 4, 5, 5], kind);
                let _ = x.view_dtype(bits).get(0).get(1).get(2).get(2).fill_(nan);
                assert_eq!(x.isnan().sum(Kind::Int64).int64_value(&[]), 1);
                let y = pool_relu(&x, 3, 2).unwrap();
                assert_eq!(y.isnan().sum(Kind::Int64).int64_value(&[]), 4);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let x = numbers(&[1, 4, 2, 5], Kind::Float);
        assert!(pool_relu(&x, 3, 2).is_err());
        assert!(pool_relu(&Tensor::zeros([1, 4, 5, 5], (Kind::Float, Device::Cpu)), 3, 2).is_err());
        assert!(space_to_depth(&Tensor::zeros([1, 1, 5, 5], (Kind::Double, Device::Cpu)), 4, 0, [1, 1]).is_err());
        assert!(space_to_depth(&Tensor::zeros([1, 1, 5, 5], (Kind::Float, Device::Cpu)), 0, 0, [1, 1]).is_err());
    }

    #[test]
    fn squares_of_pixels_become_channels() {
        for (channels, side, block, padding, squares) in [(1, 12, 4, 0, 3), (1, 227, 4, 2, 58), (3, 9, 2, 1, 6)] {
            let x = numbers(&[2, channels, side, side], Kind::Float).contiguous();
            let after = squares * block - padding - side;
            let whole = x.constant_pad_nd([padding, after, padding, after]);
            for kind in [Kind::Float, Kind::BFloat16] {
                let ours = space_to_depth(&x.to_kind(kind), block, padding, [squares, squares]).unwrap();
                equal(&ours, &whole.pixel_unshuffle(block).to_kind(kind));
            }
        }
    }
}
