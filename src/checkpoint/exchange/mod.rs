//! Weights as other programs write and read them: `torch.save`'s archives and plain safetensors files.

mod globals;
mod pickle;
mod plain;
mod pth;
mod strided;

use super::contents::{NamedTensor, State};
use super::error::CheckpointError;
use super::read;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use globals::Forbidden;
pub use pickle::{PickleError, parse as parse_pickle};
pub use plain::write_safetensors;
pub use pth::write_pth;

/// Weights, whoever wrote them.
#[derive(Clone, Debug)]
pub struct Weights {
    /// 32-bit floats, under the names that the file gives them.
    pub tensors: Vec<NamedTensor>,
    /// What a checkpoint of this program says besides; `None`: another program wrote the file.
    pub state: Option<State>,
}

/// The name and shape of a tensor.
pub type Outline = (String, Vec<usize>);

/// Reads the weights in a file and nothing else: of a checkpoint of ours, of a safetensors file, or of what
/// `torch.save` wrote. What the file is follows from its first bytes, not from its name. A saved dictionary may hold
/// several of tensors (weights, an optimizer's moments, averaged weights): the first that `fits` is taken, or, where
/// none does, the one with the most numbers, for a message that lists what is wrong with it.
pub fn read_weights(path: &Path, fits: impl Fn(&[Outline]) -> bool) -> Result<Weights, CheckpointError> {
    let mut file = File::open(path).map_err(CheckpointError::io(path, "open"))?;
    let mut start = [0; 8];
    let read = file.read(&mut start).map_err(CheckpointError::io(path, "read"))?;
    match &start[..read] {
        [b'P', b'K', 3, 4, ..] => Ok(Weights { tensors: pth::read(path, file, fits)?, state: None }),
        // A pickle alone, as torch.save wrote before 1.6. A header of safetensors is never that long.
        [0x80, 2..=5, .., last] if *last != 0 => Err(foreign(
            path,
            "a bare pickle, as PyTorch wrote before 1.6 or with _use_new_zipfile_serialization=False; load it there and \
             save it again with torch.save(model.state_dict(), …)",
        )),
        _ => match read::read(path, |name| !name.starts_with("optimizer.")) {
            Ok(contents) => Ok(Weights { tensors: contents.tensors, state: Some(contents.state) }),
            Err(CheckpointError::NoState { .. }) => Ok(Weights { tensors: plain::read(path)?, state: None }),
            Err(error) => Err(error),
        },
    }
}

/// Whether a file is no checkpoint of this program's but may be weights of another's: a zip, a bare pickle, or a
/// safetensors file without this program's metadata.
pub fn is_foreign(path: &Path) -> bool {
    let mut start = [0; 2];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    let pickled = read.is_ok() && (start == *b"PK" || (start[0] == 0x80 && (2..=5).contains(&start[1])));
    match read::read_state(path) {
        Ok(_) => false,
        Err(CheckpointError::NoState { .. }) => true,
        Err(_) => pickled,
    }
}

/// Puts a file where `path` is: written beside it, synced, renamed.
fn put(path: &Path, write: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<(), CheckpointError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside: PathBuf = path.with_file_name(format!(".{name}.new"));
    let done = write(&beside).and_then(|()| File::open(&beside)?.sync_all());
    done.and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        CheckpointError::io(path, "write")(error)
    })
}

fn foreign(path: &Path, reason: impl Into<String>) -> CheckpointError {
    CheckpointError::NotWeights { path: path.into(), reason: reason.into() }
}
