//! An optimizer step of one parameter in one pass: safe wrappers over `optimizer.cpp`.

#![allow(unsafe_code, reason = "this file is where C++ is called")]

use super::TorchError;
use super::shim::check;
use std::ffi::c_char;
use std::ptr::null;
use tch::Tensor;
use torch_sys::C_tensor;

/// How gradients become updates. The names and the arithmetic are those of `torch.optim`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Rule {
    /// Kingma & Ba, 2015; weight decay is added to the gradient.
    Adam = 0,
    /// Loshchilov & Hutter, 2019: Adam, its weight decay taken off the weights themselves.
    AdamW = 1,
    /// Stochastic gradient descent with momentum; weight decay is added to the gradient.
    Sgd = 2,
}

/// What a rule needs beside the tensors.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct UpdateSettings {
    /// How gradients become updates.
    pub rule: Rule,
    /// Step size.
    pub learning_rate: f64,
    /// Decay of Adam's first moment.
    pub beta1: f64,
    /// Decay of Adam's second moment.
    pub beta2: f64,
    /// Added to Adam's denominator.
    pub epsilon: f64,
    /// L2 penalty, or `AdamW`'s decay.
    pub weight_decay: f64,
    /// What SGD keeps of the update before.
    pub momentum: f64,
}

unsafe extern "C" {
    fn shim_update(
        tensors: *const *const C_tensor,
        step: i64,
        settings: *const UpdateSettings,
        scale: f64,
        vector: bool,
        squares: *mut f64,
    ) -> *mut c_char;
    fn shim_squares(tensor: *const C_tensor, squares: *mut f64) -> *mut c_char;
    fn shim_fused_update(
        parameters: *const *const C_tensor,
        gradients: *const *const C_tensor,
        firsts: *const *const C_tensor,
        seconds: *const *const C_tensor,
        n: usize,
        step: i64,
        settings: *const UpdateSettings,
    ) -> *mut c_char;
}

/// The tensors of one parameter, all of one shape and layout, on the CPU.
#[derive(Clone, Copy, Debug)]
pub struct Updated<'a> {
    /// The fp32 weights.
    pub master: &'a Tensor,
    /// Their bf16 copy; `None` where the net computes in fp32.
    pub working: Option<&'a Tensor>,
    /// In the kind of the weights that the net computes with.
    pub gradient: &'a Tensor,
    /// Adam's first moment, or SGD's momentum buffer: fp32.
    pub first: &'a Tensor,
    /// Adam's second moment: fp32.
    pub second: Option<&'a Tensor>,
}

/// One step of one parameter in one pass, in place; `step` counts from 1. The gradient counts `scale` times. `vector:
/// false` takes the plain loop that the vector one is tested against. Returns the sum of the squared gradients,
/// unscaled. Errors where kinds, shapes or layouts differ.
pub fn update(
    updated: Updated<'_>,
    step: i64,
    settings: &UpdateSettings,
    scale: f64,
    vector: bool,
) -> Result<f64, TorchError> {
    let Updated { master, working, gradient, first, second } = updated;
    let missing = (working.is_none() && gradient.kind() == tch::Kind::BFloat16)
        || (second.is_none() && settings.rule != Rule::Sgd);
    if missing {
        return Err(TorchError::new("update: a tensor is missing"));
    }
    let pointer = |tensor: Option<&Tensor>| tensor.map_or(null(), Tensor::as_ptr);
    let tensors =
        [pointer(Some(master)), pointer(working), pointer(Some(gradient)), pointer(Some(first)), pointer(second)];
    let mut squares = 0.0;
    // SAFETY: the tensors are alive for the call, those that the rule needs are there, and the shim checks kind, shape,
    // layout and device before it writes.
    check(unsafe { shim_update(tensors.as_ptr(), step, settings, scale, vector, &raw mut squares) })?;
    Ok(squares)
}

/// The sum of the squares of a dense tensor on the CPU, fp32 or bf16.
pub fn squares(tensor: &Tensor) -> Result<f64, TorchError> {
    let mut squares = 0.0;
    // SAFETY: the tensor is alive for the call, and the shim checks kind, layout and device.
    check(unsafe { shim_squares(tensor.as_ptr(), &raw mut squares) })?;
    Ok(squares)
}

/// The same rules by libtorch's fused ops over whole lists, in fp32, on any device. `seconds` is empty for SGD.
pub fn fused_update(
    parameters: &[Tensor],
    gradients: &[Tensor],
    firsts: &[Tensor],
    seconds: &[Tensor],
    step: i64,
    settings: &UpdateSettings,
) -> Result<(), TorchError> {
    let n = parameters.len();
    let seconds_wanted = if settings.rule == Rule::Sgd { 0 } else { n };
    if [gradients.len(), firsts.len(), seconds.len()] != [n, n, seconds_wanted] {
        return Err(TorchError::new("fused_update: lists of different length"));
    }
    let pointers = |tensors: &[Tensor]| -> Vec<*const C_tensor> { tensors.iter().map(Tensor::as_ptr).collect() };
    let (p, g, m, v) = (pointers(parameters), pointers(gradients), pointers(firsts), pointers(seconds));
    // SAFETY: each pointer is to a tensor that the slices keep alive; the lists have as many entries as the rule reads.
    check(unsafe { shim_fused_update(p.as_ptr(), g.as_ptr(), m.as_ptr(), v.as_ptr(), n, step, settings) })
}
