//! Dense layers that read their weights where they lie: safe wrappers over `dense.cpp`.

#![allow(unsafe_code, reason = "this file is where C++ is called")]

use super::TorchError;
use super::shim::taken;
use std::ffi::c_char;
use tch::{Kind, Tensor};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn shim_dense_fits(bytes: i64, inputs: i64, outputs: i64) -> bool;
    fn shim_dense(
        x: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        out: *mut *mut C_tensor,
    ) -> *mut c_char;
}

/// Whether this processor has a kernel for [`dense`] with numbers of `kind` (fp32 or bf16) and so many inputs and outputs.
pub fn dense_fits(kind: Kind, inputs: i64, outputs: i64) -> bool {
    // SAFETY: numbers go in and out.
    matches!(kind, Kind::Float | Kind::BFloat16)
        && unsafe { shim_dense_fits(kind.elt_size_in_bytes() as i64, inputs, outputs) }
}

/// x wᵀ + bias (`torch.nn.functional.linear`), with ways back. `x`: rows × inputs on the CPU; `weight`: outputs × inputs,
/// contiguous; `bias`: outputs; all of one kind. Any number of threads gives the same bits. Errors where [`dense_fits`] says no.
pub fn dense(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, TorchError> {
    // SAFETY: the tensors are alive for the call, and the shim checks kinds, device and sizes before it reads.
    taken(|out| unsafe { shim_dense(x.as_ptr(), weight.as_ptr(), bias.as_ptr(), out) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::torch::nearness::{assert_near, forward_and_back};
    use tch::Device;

    fn leaves(rows: i64, inputs: i64, outputs: i64, kind: Kind) -> [Tensor; 3] {
        [&[rows, inputs][..], &[outputs, inputs], &[outputs]]
            .map(|shape| Tensor::randn(shape, (Kind::Float, Device::Cpu)).to_kind(kind).set_requires_grad(true))
    }

    #[test]
    fn it_is_a_dense_layer_forward_and_back() {
        tch::manual_seed(5);
        for kind in [Kind::Float, Kind::BFloat16] {
            // One row, rows that fill no register and no pair, more than a panel; sizes that fill no block.
            for (rows, inputs, outputs) in [(1, 256, 256), (7, 9_216, 272), (32, 1_616, 400), (101, 320, 1_040)] {
                if !dense_fits(kind, inputs, outputs) {
                    continue;
                }
                // A rounding to bf16 by itself puts 0.0017 between them.
                let bar = if kind == Kind::Float { 3e-6 } else { 2e-3 };
                assert_near(
                    leaves(rows, inputs, outputs, kind),
                    bar,
                    |[x, weight, bias]| dense(x, weight, bias).unwrap(),
                    |[x, weight, bias]| x.linear(weight, Some(bias)),
                );
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        tch::manual_seed(6);
        let threads = tch::get_num_threads();
        for kind in [Kind::Float, Kind::BFloat16] {
            if !dense_fits(kind, 512, 768) {
                continue;
            }
            let leaves = leaves(13, 512, 768, kind);
            let upstream = Tensor::randn([13, 768], (Kind::Float, Device::Cpu)).to_kind(kind);
            let with = |threads: i32| {
                tch::set_num_threads(threads);
                forward_and_back(&dense(&leaves[0], &leaves[1], &leaves[2]).unwrap(), &upstream, &leaves)
            };
            let (one, three) = (with(1), with(3));
            tch::set_num_threads(threads);
            assert!(one.iter().zip(&three).all(|(one, three)| one.equal(three)));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let [x, weight, bias] = leaves(2, 256, 256, Kind::Float);
        assert!(!dense_fits(Kind::Double, 256, 256));
        assert!(!dense_fits(Kind::Float, 257, 256));
        assert!(!dense_fits(Kind::Float, 256, 10));
        assert!(dense(&x.narrow(1, 0, 255), &weight, &bias).is_err());
        assert!(dense(&x, &weight.tr(), &bias).is_err());
        assert!(dense(&x, &weight, &bias.narrow(0, 0, 16)).is_err());
        assert!(dense(&x.to_kind(Kind::BFloat16), &weight, &bias).is_err());
    }
}
