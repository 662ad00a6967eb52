//! Safe wrappers over `shim.cpp`.

#![allow(unsafe_code, reason = "this file is where C++ is called")]

use super::TorchError;
use std::ffi::{CStr, c_char};
use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn shim_free(text: *mut c_char);
    fn shim_fused_adam(
        parameters: *const *const C_tensor,
        gradients: *const *const C_tensor,
        exp_avgs: *const *const C_tensor,
        exp_avg_sqs: *const *const C_tensor,
        n: usize,
        step: i64,
        learning_rate: f64,
        beta1: f64,
        beta2: f64,
        weight_decay: f64,
        epsilon: f64,
    ) -> *mut c_char;
    fn shim_mixed_adam(
        master: *const C_tensor,
        working: *const C_tensor,
        gradient: *const C_tensor,
        exp_avg: *const C_tensor,
        exp_avg_sq: *const C_tensor,
        step: i64,
        learning_rate: f64,
        beta1: f64,
        beta2: f64,
        weight_decay: f64,
        epsilon: f64,
        vector: bool,
        squares: *mut f64,
    ) -> *mut c_char;
    fn shim_with_layout_of(tensor: *const C_tensor, like: *const C_tensor, out: *mut *mut C_tensor) -> *mut c_char;
    fn shim_channels_last(tensor: *const C_tensor, out: *mut *mut C_tensor) -> *mut c_char;
    fn shim_set_deterministic(on: bool) -> *mut c_char;
    fn shim_set_flush_denormal(on: bool) -> bool;
    fn shim_load_cuda() -> bool;
    fn shim_has_fast_bf16() -> bool;
}

pub(super) fn check(text: *mut c_char) -> Result<(), TorchError> {
    if text.is_null() {
        return Ok(());
    }
    // SAFETY: the shim returns null or a zero-terminated text from strdup, which is ours to free, once.
    let message = unsafe {
        let message = CStr::from_ptr(text).to_string_lossy().into_owned();
        shim_free(text);
        message
    };
    Err(TorchError::new(message))
}

pub(super) fn taken(call: impl FnOnce(*mut *mut C_tensor) -> *mut c_char) -> Result<Tensor, TorchError> {
    let mut out = std::ptr::null_mut();
    check(call(&raw mut out))?;
    // SAFETY: without an error the shim has set `out` to a tensor that is ours to drop.
    Ok(unsafe { Tensor::from_ptr(out) })
}

fn pointers(tensors: &[Tensor]) -> Vec<*const C_tensor> {
    tensors.iter().map(Tensor::as_ptr).collect()
}

/// What Adam (Kingma & Ba, 2015) needs beside the tensors; PyTorch's `torch.optim.Adam` has the same names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
    /// L2 penalty, added to the gradient.
    pub weight_decay: f64,
}

/// One Adam step in place (libtorch's `_fused_adam_`), all tensors of one kind and, one by one, of one layout.
/// `step` counts from 1.
pub fn fused_adam(
    parameters: &[Tensor],
    gradients: &[Tensor],
    exp_avgs: &[Tensor],
    exp_avg_sqs: &[Tensor],
    step: i64,
    settings: &AdamSettings,
) -> Result<(), TorchError> {
    let n = parameters.len();
    if [gradients.len(), exp_avgs.len(), exp_avg_sqs.len()] != [n; 3] {
        return Err(TorchError::new("fused_adam: lists of different length"));
    }
    // SAFETY: each pointer is to a tensor that the slices keep alive; the lists have `n` entries each.
    check(unsafe {
        shim_fused_adam(
            pointers(parameters).as_ptr(),
            pointers(gradients).as_ptr(),
            pointers(exp_avgs).as_ptr(),
            pointers(exp_avg_sqs).as_ptr(),
            n,
            step,
            settings.learning_rate,
            settings.beta1,
            settings.beta2,
            settings.weight_decay,
            settings.epsilon,
        )
    })
}

/// One Adam step of one parameter in one pass: reads the bf16 `gradient`, the fp32 `master` and moments; writes master,
/// moments and the bf16 `working` copy. `vector: false` takes the plain loop that the vector one is tested against.
/// Returns the sum of the squared gradients. Errors where kinds, shapes or layouts differ.
pub fn mixed_adam(
    [master, working, gradient, exp_avg, exp_avg_sq]: [&Tensor; 5],
    step: i64,
    settings: &AdamSettings,
    vector: bool,
) -> Result<f64, TorchError> {
    let mut squares = 0.0;
    // SAFETY: the tensors are alive for the call, and the shim checks kind, shape, layout and device before it writes.
    check(unsafe {
        shim_mixed_adam(
            master.as_ptr(),
            working.as_ptr(),
            gradient.as_ptr(),
            exp_avg.as_ptr(),
            exp_avg_sq.as_ptr(),
            step,
            settings.learning_rate,
            settings.beta1,
            settings.beta2,
            settings.weight_decay,
            settings.epsilon,
            vector,
            &raw mut squares,
        )
    })?;
    Ok(squares)
}

/// The same numbers in the strides of `like`; the tensor itself (shared) where it has them already.
pub fn with_layout_of(tensor: &Tensor, like: &Tensor) -> Result<Tensor, TorchError> {
    // SAFETY: both tensors are alive for the call.
    taken(|out| unsafe { shim_with_layout_of(tensor.as_ptr(), like.as_ptr(), out) })
}

/// The same numbers with channels innermost (NHWC strides), as oneDNN's convolutions want them. Four dimensions only.
pub fn channels_last(tensor: &Tensor) -> Result<Tensor, TorchError> {
    // SAFETY: the tensor is alive for the call.
    taken(|out| unsafe { shim_channels_last(tensor.as_ptr(), out) })
}

/// Makes libtorch choose algorithms that give the same bits each time, where it has them.
pub fn set_deterministic(on: bool) -> Result<(), TorchError> {
    // SAFETY: no pointers.
    check(unsafe { shim_set_deterministic(on) })
}

/// Numbers below the normal range count as 0 on this thread and on those that it starts from now on: Adam's decayed
/// moments get there, and are a dozen times slower else. False where the processor can't.
pub fn set_flush_denormal(on: bool) -> bool {
    // SAFETY: no pointers.
    unsafe { shim_set_flush_denormal(on) }
}

/// Makes CUDA visible where libtorch has it; to be called before anything asks for CUDA. False where there is none.
pub fn load_cuda() -> bool {
    // SAFETY: no pointers.
    unsafe { shim_load_cuda() }
}

/// Whether this processor multiplies bf16 in hardware.
pub fn has_fast_bf16() -> bool {
    // SAFETY: no pointers.
    unsafe { shim_has_fast_bf16() }
}
