//! Safe wrappers over `shim.cpp`.

#![allow(unsafe_code, reason = "this file is where C++ is called")]

use super::TorchError;
use std::ffi::{CStr, c_char};
use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn shim_free(text: *mut c_char);
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
