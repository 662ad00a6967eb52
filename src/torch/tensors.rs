//! Tensors from bytes and back.

#![allow(unsafe_code, reason = "the numbers of a tensor are read where they lie")]

use super::TorchError;
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

fn size_in_bytes(kind: Kind, shape: &[i64]) -> usize {
    kind.elt_size_in_bytes() * shape.iter().product::<i64>() as usize
}

/// The numbers of a tensor, in row-major order whatever its strides, as little-endian bytes.
pub fn bytes_of(tensor: &Tensor) -> Result<Vec<u8>, TorchError> {
    let tensor = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    let size = size_in_bytes(tensor.kind(), &tensor.size());
    if size == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: a contiguous tensor on the CPU has that many bytes from its first on, and `tensor` keeps them alive.
    let source = unsafe { std::slice::from_raw_parts(tensor.data_ptr().cast::<u8>(), size) };
    // Training stands still meanwhile: on every core, and nothing is zeroed first.
    let mut bytes: Vec<u8> = Vec::with_capacity(size);
    let chunks = bytes.spare_capacity_mut()[..size].par_chunks_mut(CHUNK);
    chunks.zip(source.par_chunks(CHUNK)).for_each(|(to, from)| {
        to.write_copy_of_slice(from);
    });
    // SAFETY: the chunks cover all of it.
    unsafe { bytes.set_len(size) };
    Ok(bytes)
}

/// Bytes that one thread copies at a time.
const CHUNK: usize = 1 << 20;

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
