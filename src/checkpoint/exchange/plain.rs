//! A safetensors file of weights and nothing else, as `safetensors.torch.save_file` writes it.

use super::strided::Kind;
use super::{foreign, put};
use crate::checkpoint::contents::NamedTensor;
use crate::checkpoint::error::CheckpointError;
use crate::checkpoint::read::Header;
use safetensors::tensor::Dtype;
use std::collections::HashMap;
use std::path::Path;

/// Its tensors of floats, as 32-bit floats.
pub(super) fn read(path: &Path) -> Result<Vec<NamedTensor>, CheckpointError> {
    let mut header = Header::open(path)?;
    let mut tensors = Vec::new();
    for (name, info) in header.tensors() {
        let kind = match info.dtype {
            Dtype::F64 => Kind::F64,
            Dtype::F32 => Kind::F32,
            Dtype::F16 => Kind::F16,
            Dtype::BF16 => Kind::Bf16,
            // Counters beside the weights.
            Dtype::BOOL
            | Dtype::U8
            | Dtype::I8
            | Dtype::I16
            | Dtype::U16
            | Dtype::I32
            | Dtype::U32
            | Dtype::I64
            | Dtype::U64 => {
                continue;
            }
            other => return Err(foreign(path, format!("tensor {name} is of {other:?}; save it as float32"))),
        };
        if let Some(bytes) = kind.to_f32(header.bytes(path, &info)?) {
            tensors.push(NamedTensor { name, shape: info.shape, bytes });
        }
    }
    Ok(tensors)
}

/// Writes weights as `safetensors.torch.save_file` does.
pub fn write_safetensors(path: &Path, tensors: &[NamedTensor]) -> Result<(), CheckpointError> {
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    put(path, |path| {
        let views = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
        safetensors::serialize_to_file(views, Some(metadata), path).map_err(|error| match error {
            safetensors::SafeTensorError::IoError(error) => error,
            other => std::io::Error::other(other),
        })
    })
}
