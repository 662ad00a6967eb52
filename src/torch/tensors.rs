//! Tensors from bytes and back.

use super::TorchError;
use tch::{Device, Kind, Tensor};

fn size_in_bytes(kind: Kind, shape: &[i64]) -> usize {
    kind.elt_size_in_bytes() * shape.iter().product::<i64>() as usize
}

/// The numbers of a tensor, in row-major order whatever its strides, as little-endian bytes.
pub fn bytes_of(tensor: &Tensor) -> Result<Vec<u8>, TorchError> {
    let tensor = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    let mut bytes = vec![0; size_in_bytes(tensor.kind(), &tensor.size())];
    tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
    Ok(bytes)
}

/// A tensor on the CPU from row-major little-endian bytes.
pub fn from_bytes(bytes: &[u8], kind: Kind, shape: &[i64]) -> Result<Tensor, TorchError> {
    let wanted = size_in_bytes(kind, shape);
    if bytes.len() != wanted {
        return Err(TorchError::new(format!("a {kind:?} tensor of {shape:?} has {wanted} bytes, not {}", bytes.len())));
    }
    Ok(Tensor::f_from_data_size(bytes, shape, kind)?)
}

/// Copies row-major bytes into a tensor that is there already, keeping its strides and device.
pub fn copy_bytes_into(tensor: &mut Tensor, bytes: &[u8]) -> Result<(), TorchError> {
    let source = from_bytes(bytes, tensor.kind(), &tensor.size())?;
    tch::no_grad(|| tensor.f_copy_(&source))?;
    Ok(())
}
