//! Where the files are: a folder given by name, the first complete set of the usual places, or the sample.

use super::catalog::File;
use super::dataset::{Dataset, sample};
use super::error::DataError;
use super::idx::Idx;
use crate::config::DataSource;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;

/// Debian's package `dataset-fashion-mnist`.
const DEBIAN: &str = "/usr/share/datasets/fashion-mnist";

/// torchvision's layout under a data folder.
pub(super) fn raw_folder(data_dir: &Path) -> PathBuf {
    data_dir.join("FashionMNIST").join("raw")
}

/// The places that `auto` looks in, best first.
pub fn places(data_dir: &Path) -> Vec<PathBuf> {
    vec![raw_folder(data_dir), raw_folder(Path::new("./data")), DEBIAN.into()]
}

/// Reads and checks the set that `source` means. `data_dir` is `config.paths.data`.
pub fn load(source: &DataSource, data_dir: &Path) -> Result<Dataset, DataError> {
    let folder = match source {
        DataSource::Sample => None,
        DataSource::Folder(folder) => Some(folder.clone()),
        DataSource::Auto => find(&places(data_dir))?,
    };
    match folder {
        None => sample(),
        Some(folder) => {
            let paths = named(&folder)?;
            Dataset::assemble(read_four(|file| Idx::open(&paths[file as usize], file)), Some(&folder))
        }
    }
}

/// The first of the places that holds a set; `None` if all are empty. Part of a set is an error, and so is a place that
/// cannot be looked into: nothing is passed over that someone may believe to be in use.
pub fn find(places: &[PathBuf]) -> Result<Option<PathBuf>, DataError> {
    for folder in places {
        let found = survey(folder)?;
        if found.iter().any(Option::is_some) {
            complete(folder, found)?;
            return Ok(Some(folder.clone()));
        }
    }
    Ok(None)
}

/// The four files of a folder that was asked for by name.
fn named(folder: &Path) -> Result<[PathBuf; 4], DataError> {
    match std::fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(DataError::NotAFolder { path: folder.to_path_buf(), found: "a file" }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(DataError::NotAFolder { path: folder.to_path_buf(), found: "nothing" });
        }
        Err(error) => return Err(DataError::io(folder, error)),
    }
    let found = survey(folder)?;
    if found.iter().all(Option::is_none) {
        let below = raw_folder(folder);
        let remedy = if survey(&below).is_ok_and(|found| found.iter().any(Option::is_some)) {
            format!("did you mean `--data {}`?", below.display())
        } else {
            "check `--data`, or download a set with `alexnet-tui data fetch`".to_owned()
        };
        return Err(DataError::NothingThere { folder: folder.to_path_buf(), remedy });
    }
    complete(folder, found)
}

/// Which of the four files a folder holds.
fn survey(folder: &Path) -> Result<[Option<PathBuf>; 4], DataError> {
    let mut found = [const { None }; 4];
    for file in File::ALL {
        found[file as usize] = locate(folder, file)?;
    }
    Ok(found)
}

/// Where in a folder a file is: raw, as torchvision wants it, before gzipped.
pub(super) fn locate(folder: &Path, file: File) -> Result<Option<PathBuf>, DataError> {
    for name in [file.name().to_owned(), file.gz_name()] {
        let path = folder.join(name);
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => return Ok(Some(path)),
            // Opening a pipe would wait for ever.
            Ok(_) => return Err(DataError::content(&path, "a file", "a folder, a pipe or a device")),
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => {}
                _ => return Err(DataError::io(folder, error)),
            },
        }
    }
    Ok(None)
}

fn complete(folder: &Path, found: [Option<PathBuf>; 4]) -> Result<[PathBuf; 4], DataError> {
    match found {
        [Some(a), Some(b), Some(c), Some(d)] => Ok([a, b, c, d]),
        found => {
            let missing = File::ALL.iter().zip(&found).filter(|(_, path)| path.is_none());
            Err(DataError::Incomplete {
                folder: folder.to_path_buf(),
                missing: missing.map(|(file, _)| file.name()).collect(),
            })
        }
    }
}

/// Reads four files at once, each on a thread of its own.
pub(super) fn read_four(read: impl Fn(File) -> Result<Idx, DataError> + Sync) -> [Result<Idx, DataError>; 4] {
    let read = &read;
    thread::scope(|scope| {
        let threads = File::ALL.map(|file| scope.spawn(move || read(file)));
        threads.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
