//! Weights written for other programs: no worker is needed, nothing is computed.

use super::weights::{Weights, WeightsError};
use crate::checkpoint::{self, CheckpointError};
use std::path::Path;

/// Weights could not be exported; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// They can't be read.
    #[error("{0}")]
    Weights(String),
    /// The new file can't be written.
    #[error(transparent)]
    Write(#[from] CheckpointError),
}

impl From<WeightsError> for ExportError {
    fn from(error: WeightsError) -> Self {
        Self::Weights(error.to_string())
    }
}

/// Whether another program wrote this file: it says nothing of a run.
pub fn is_foreign(path: &Path) -> bool {
    checkpoint::is_foreign(path)
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The net.
    pub variant: String,
    /// How many tensors.
    pub tensors: usize,
    /// How many numbers in all.
    pub parameters: u64,
    /// Of the file.
    pub bytes: u64,
}

/// How exported weights are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As `torch.save(model.state_dict(), …)` does.
    Pth,
    /// As `safetensors.torch.save_file` does.
    Safetensors,
}

/// Writes the 32-bit weights in `from` (a checkpoint, or what another program wrote) to `to`, under the names of
/// PyTorch's `state_dict` and in its order.
pub fn export(from: &Path, to: &Path, format: Format) -> Result<Exported, ExportError> {
    let mut weights = Weights::read(from)?;
    let order: Vec<String> = weights.architecture().parameters().into_iter().map(|spec| spec.name).collect();
    weights.tensors.sort_by_key(|tensor| order.iter().position(|name| *name == tensor.name));
    match format {
        Format::Pth => checkpoint::write_pth(to, &weights.tensors)?,
        Format::Safetensors => checkpoint::write_safetensors(to, &weights.tensors)?,
    }
    Ok(Exported {
        variant: weights.variant.to_string(),
        tensors: weights.tensors.len(),
        parameters: weights.architecture().parameter_count(),
        bytes: std::fs::metadata(to).map_or(0, |data| data.len()),
    })
}
