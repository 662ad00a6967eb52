//! What is saved, and how a file of it is written and read back whole. Bytes only: no tensors here.

mod contents;
mod error;
mod exchange;
mod read;
mod write;
mod writer;

pub use contents::{Contents, FORMAT_VERSION, NamedTensor, State};
pub use error::CheckpointError;
pub use exchange::{
    Forbidden, Outline, PickleError, Weights, is_foreign, parse_pickle, read_weights, write_pth, write_safetensors,
};
pub use read::{Loaded, read, read_state};
pub use write::write;
pub use writer::{Job, Writer, Written};
