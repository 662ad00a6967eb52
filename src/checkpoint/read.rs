//! A checkpoint read back, checked on the way: nothing is taken from a file that is not what was written.

use super::contents::{Contents, FORMAT_VERSION, NamedTensor, State};
use super::error::CheckpointError;
use super::write::{DIGESTS_KEY, STATE_KEY, digest};
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// A header longer than this is not one that any program writes for a net.
const MAX_HEADER: u64 = 16 << 20;

/// What a checkpoint file held, as far as it was asked for.
pub type Loaded = Contents;

/// Reads the state and no tensor.
pub fn read_state(path: &Path) -> Result<State, CheckpointError> {
    Ok(open(path)?.state)
}

/// Reads the state and the tensors that `wanted` names, each checked against its digest.
pub fn read(path: &Path, wanted: impl Fn(&str) -> bool) -> Result<Loaded, CheckpointError> {
    let Opened { mut header, state, digests } = open(path)?;
    let mut tensors = Vec::new();
    for (name, info) in header.tensors().into_iter().filter(|(name, _)| wanted(name)) {
        if info.dtype != Dtype::F32 {
            let reason = format!("tensor {name} is {:?}, expected F32", info.dtype);
            return Err(CheckpointError::NotSafetensors { path: path.into(), reason });
        }
        let bytes = header.bytes(path, &info)?;
        if digests.get(&name) != Some(&digest(&bytes)) {
            return Err(CheckpointError::Damaged { path: path.into(), tensor: name });
        }
        tensors.push(NamedTensor { name, shape: info.shape, bytes });
    }
    Ok(Contents { state, tensors })
}

/// A safetensors file whose header is sound: every tensor lies in the file, and nothing else does.
pub(super) struct Header {
    file: File,
    metadata: Metadata,
    data_start: u64,
}

impl Header {
    pub(super) fn open(path: &Path) -> Result<Self, CheckpointError> {
        let io = |doing| CheckpointError::io(path, doing);
        let broken = |reason: String| CheckpointError::NotSafetensors { path: path.into(), reason };
        let mut file = File::open(path).map_err(io("open"))?;
        let length = file.metadata().map_err(io("read"))?.len();
        if length < 8 {
            return Err(broken(format!("{length} bytes long")));
        }
        let mut prefix = [0; 8];
        file.read_exact(&mut prefix).map_err(io("read"))?;
        let header_length = u64::from_le_bytes(prefix);
        if header_length > MAX_HEADER || header_length + 8 > length {
            return Err(broken(format!("its header is said to be {header_length} bytes long, the file has {length}")));
        }
        let mut header = vec![0; header_length as usize];
        file.read_exact(&mut header).map_err(io("read"))?;
        // Checks offsets, sizes and shapes against each other as well.
        let metadata: Metadata = serde_json::from_slice(&header).map_err(|error| broken(error.to_string()))?;
        let data_start = 8 + header_length;
        let expected = data_start + metadata.data_len() as u64;
        if expected != length {
            return Err(broken(format!("{expected} bytes expected, {length} found")));
        }
        Ok(Self { file, metadata, data_start })
    }

    /// Names, and what the header says of each, in the order of the file.
    pub(super) fn tensors(&self) -> Vec<(String, TensorInfo)> {
        let mut tensors: Vec<_> =
            self.metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        tensors.sort_by_key(|(_, info)| info.data_offsets);
        tensors
    }

    /// The bytes of one of them.
    pub(super) fn bytes(&mut self, path: &Path, info: &TensorInfo) -> Result<Vec<u8>, CheckpointError> {
        let (from, to) = info.data_offsets;
        let mut bytes = vec![0; to - from];
        let read = self.file.seek(SeekFrom::Start(self.data_start + from as u64));
        read.and_then(|_| self.file.read_exact(&mut bytes)).map_err(CheckpointError::io(path, "read"))?;
        Ok(bytes)
    }
}

struct Opened {
    header: Header,
    state: State,
    digests: HashMap<String, String>,
}

fn open(path: &Path) -> Result<Opened, CheckpointError> {
    let foreign = |reason: String| CheckpointError::Foreign { path: path.into(), reason };
    let header = Header::open(path)?;
    let texts = header.metadata.metadata().clone().unwrap_or_default();
    let state = texts.get(STATE_KEY).ok_or_else(|| CheckpointError::NoState { path: path.into() })?;
    let value: serde_json::Value = serde_json::from_str(state).map_err(|error| foreign(error.to_string()))?;
    match value["format_version"].as_u64() {
        Some(found) if found > u64::from(FORMAT_VERSION) => {
            return Err(CheckpointError::FromTheFuture { path: path.into(), found });
        }
        _ => {}
    }
    let state = serde_json::from_value(value).map_err(|error| foreign(error.to_string()))?;
    let digests = texts
        .get(DIGESTS_KEY)
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| foreign(format!("no {DIGESTS_KEY:?} in its metadata")))?;
    Ok(Opened { header, state, digests })
}
