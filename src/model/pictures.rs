//! Pictures as the net takes them: bytes to tensors.

use super::network::Precision;
use crate::torch::TorchError;
use tch::{Device, Kind, Tensor};

/// A batch × 1 × side × side tensor from grey bytes: each divided by 255, as torchvision's `ToTensor` does (multiplying
/// by 1/255 gives other bits for half of the levels).
pub fn pictures(pixels: &[u8], side: usize, precision: Precision, device: Device) -> Result<Tensor, TorchError> {
    let side = side as i64;
    let bytes = Tensor::f_from_slice(pixels)?.f_view([-1, 1, side, side])?.f_to_device(device)?;
    let unit = bytes.f_to_kind(Kind::Float)?.f_div_scalar_(255.0)?;
    Ok(unit.f_to_kind(precision.kind())?)
}

/// A tensor of class numbers.
pub fn targets(labels: &[u8], device: Device) -> Result<Tensor, TorchError> {
    Ok(Tensor::f_from_slice(labels)?.f_to_device(device)?.f_to_kind(Kind::Int64)?)
}
