//! Why a checkpoint could not be written or read.

use super::contents::FORMAT_VERSION;
use super::exchange::Forbidden;
use super::write::STATE_KEY;
use std::path::PathBuf;

/// Names the file, and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system refused.
    #[error("{path}: could not {doing} the checkpoint: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `write`, `read`, …
        doing: &'static str,
        /// What it said.
        source: std::io::Error,
    },
    /// Not safetensors, or cut off.
    #[error("{path}: not a whole safetensors file ({reason}); take another checkpoint of the run", path = .path.display())]
    NotSafetensors {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Safetensors of something else.
    #[error(
        "{path}: a safetensors file, but not a checkpoint of alexnet-tui ({reason})", path = .path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// Weights that another program wrote: they say nothing of a run.
    #[error(
        "{path}: weights of another program, not a checkpoint of alexnet-tui (no {STATE_KEY:?} in its metadata)",
        path = .path.display()
    )]
    NoState {
        /// The file.
        path: PathBuf,
    },
    /// No weights can be read from it.
    #[error("{path}: can't read weights from it: {reason}", path = .path.display())]
    NotWeights {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A pickle of more than tensors.
    #[error("{path}: {forbidden}", path = .path.display())]
    Forbidden {
        /// The file.
        path: PathBuf,
        /// What it names.
        forbidden: Forbidden,
    },
    /// Written by a later program.
    #[error(
        "{path}: written in checkpoint format {found}, and this program reads up to {FORMAT_VERSION}; use the program \
         that wrote it, or a later one", path = .path.display()
    )]
    FromTheFuture {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// The numbers are not those that were written.
    #[error("{path}: tensor {tensor} is damaged (its digest differs); take another checkpoint of the run", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
    },
}

impl CheckpointError {
    pub(super) fn io(path: &std::path::Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.into(), doing, source }
    }
}
