//! One safetensors file, written so that a crash leaves the old one or the new one, and never a half.

use super::contents::{Contents, NamedTensor};
use super::error::CheckpointError;
use safetensors::tensor::{Dtype, View};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Key of the metadata that holds the [`super::State`] as JSON.
pub(super) const STATE_KEY: &str = "alexnet-tui";
/// Key of the metadata that holds a JSON object of tensor name → SHA-256.
pub(super) const DIGESTS_KEY: &str = "alexnet-tui.sha256";

impl View for &NamedTensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Writes `contents` as `<folder>/<name>.safetensors` for each of `names`: the first is written beside, synced and
/// renamed; the others become the same file (hard links where the file system has them, else copies). Returns the paths.
pub fn write(folder: &Path, names: &[String], contents: &Contents) -> Result<Vec<PathBuf>, CheckpointError> {
    // The folder alone: where what it lies in is gone (unmounted, moved), nothing is to be written in its place.
    match fs::create_dir(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(CheckpointError::io(folder, "make the folder for")(error));
        }
        _ => {}
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    for name in names {
        let path = folder.join(format!("{name}.safetensors"));
        let beside = folder.join(format!(".{name}.safetensors.new"));
        let written = match paths.first() {
            None => write_file(&beside, contents),
            Some(first) => same_file(first, &beside),
        };
        written.and_then(|()| fs::rename(&beside, &path)).map_err(|error| {
            let _ = fs::remove_file(&beside);
            CheckpointError::io(&path, "write")(error)
        })?;
        paths.push(path);
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(CheckpointError::io(folder, "sync"))?;
    Ok(paths)
}

fn write_file(path: &Path, contents: &Contents) -> std::io::Result<()> {
    let digests: serde_json::Map<_, _> =
        contents.tensors.iter().map(|tensor| (tensor.name.clone(), digest(&tensor.bytes).into())).collect();
    let metadata = HashMap::from([
        ("format".to_owned(), "pt".to_owned()),
        (STATE_KEY.to_owned(), serde_json::to_string(&contents.state)?),
        (DIGESTS_KEY.to_owned(), serde_json::Value::Object(digests).to_string()),
    ]);
    let tensors = contents.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
    safetensors::serialize_to_file(tensors, Some(metadata), path).map_err(|error| match error {
        safetensors::SafeTensorError::IoError(error) => error,
        other => std::io::Error::other(other),
    })?;
    File::open(path)?.sync_all()
}

fn same_file(first: &Path, other: &Path) -> std::io::Result<()> {
    let _ = fs::remove_file(other);
    if fs::hard_link(first, other).is_ok() {
        return Ok(());
    }
    fs::copy(first, other)?;
    File::open(other)?.sync_all()
}
