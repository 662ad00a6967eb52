//! Pictures as the net takes them: bytes to tensors.

use super::network::Precision;
use crate::torch::{self, TorchError};
use tch::{Device, Kind, Tensor};

/// A batch × 1 × side × side tensor from its row-major bytes: levels from 0 to 255 (`Kind::Uint8`), each divided by 255
/// as torchvision's `ToTensor` does, or numbers that are so already.
pub fn pictures(
    bytes: &[u8],
    kind: Kind,
    side: usize,
    precision: Precision,
    device: Device,
) -> Result<Tensor, TorchError> {
    let side = side as i64;
    let count = bytes.len() as i64 / (kind.elt_size_in_bytes() as i64 * side * side).max(1);
    let x = torch::from_bytes(bytes, kind, &[count, 1, side, side])?.f_to_device(device)?;
    let unit = if kind == Kind::Uint8 { x.f_to_kind(Kind::Float)?.f_div_scalar_(255.0)? } else { x };
    Ok(unit.f_to_kind(precision.kind())?)
}

/// A tensor of class numbers.
pub fn targets(labels: &[u8], device: Device) -> Result<Tensor, TorchError> {
    Ok(Tensor::f_from_slice(labels)?.f_to_device(device)?.f_to_kind(Kind::Int64)?)
}
