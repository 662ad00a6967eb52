//! When each part of a backward pass was done.

#![allow(unsafe_code, reason = "this file is where C++ is called")]

use super::TorchError;
use super::shim::check;
use std::ffi::c_char;
use std::ptr::NonNull;
use tch::Tensor;
use torch_sys::C_tensor;

/// The shim's object.
#[repr(C)]
struct Raw {
    opaque: [u8; 0],
}

unsafe extern "C" {
    fn shim_backward_clock_new(slots: usize) -> *mut Raw;
    fn shim_backward_clock_free(clock: *mut Raw);
    fn shim_backward_clock_watch(clock: *const Raw, tensor: *const C_tensor, slot: usize) -> *mut c_char;
    fn shim_backward_clock_read(clock: *const Raw, slot: usize) -> f64;
}

/// Notes when the gradients of tensors come, by hooks that leave the gradients as they are
/// (`torch.Tensor.register_hook`).
#[derive(Debug)]
pub struct BackwardClock {
    raw: NonNull<Raw>,
}

impl BackwardClock {
    /// A clock that begins now, for so many tensors.
    pub fn new(slots: usize) -> Result<Self, TorchError> {
        // SAFETY: no pointers go in; what comes out is null or ours to free, once.
        let raw = unsafe { shim_backward_clock_new(slots) };
        NonNull::new(raw).map(|raw| Self { raw }).ok_or_else(|| TorchError::new("no memory for a clock"))
    }

    /// Has the time noted, in this slot, at which the gradient of `tensor` is known: the moment before what made the
    /// tensor goes its own way back. Errors where the tensor has no gradient, or the slot is not there.
    pub fn watch(&self, tensor: &Tensor, slot: usize) -> Result<(), TorchError> {
        // SAFETY: clock and tensor are alive for the call; the hook shares the times and outlives neither.
        check(unsafe { shim_backward_clock_watch(self.raw.as_ptr(), tensor.as_ptr(), slot) })
    }

    /// Seconds from the beginning to the noted time; `None` while nothing was noted.
    pub fn noted(&self, slot: usize) -> Option<f64> {
        // SAFETY: the clock is alive, and the shim checks the slot.
        let seconds = unsafe { shim_backward_clock_read(self.raw.as_ptr(), slot) };
        seconds.is_finite().then_some(seconds)
    }

    /// Seconds from the beginning to now.
    pub fn now(&self) -> f64 {
        // SAFETY: the clock is alive; no slot has this number.
        unsafe { shim_backward_clock_read(self.raw.as_ptr(), usize::MAX) }
    }
}

impl Drop for BackwardClock {
    fn drop(&mut self) {
        // SAFETY: made by `new`, freed here alone; hooks hold the times by themselves.
        unsafe { shim_backward_clock_free(self.raw.as_ptr()) }
    }
}
