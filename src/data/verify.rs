//! Every file of a set looked at, for `alexnet-tui data verify`.

use super::catalog::File;
use super::dataset::{check_together, sample_file};
use super::error::DataError;
use super::idx::Idx;
use super::source::{locate, read_four};
use std::path::{Path, PathBuf};

/// What one of the four files is like.
#[derive(Debug)]
pub struct FileReport {
    /// Which of the four.
    pub file: File,
    /// What it holds, or what is wrong.
    pub outcome: Result<Sound, DataError>,
}

/// A file in which nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Where it was found, raw or as `.gz`.
    pub path: PathBuf,
    /// Pictures or labels.
    pub count: usize,
    /// Whether it is Fashion-MNIST's, byte for byte.
    pub fashion_mnist: bool,
}

/// Looks at all four files of a folder, whatever is wrong with any of them. Four reports, in the order of [`File::ALL`].
pub fn verify(folder: &Path) -> Vec<FileReport> {
    report(read_four(|file| match locate(folder, file)? {
        Some(path) => Idx::open(&path, file),
        None => Err(DataError::content(&folder.join(file.name()), "a file, raw or as .gz", "nothing")),
    }))
}

/// The same for the sample inside the program.
pub fn verify_sample() -> Vec<FileReport> {
    report(read_four(sample_file))
}

/// Looks at one file that is in memory, raw or gzipped.
pub fn verify_bytes(file: File, bytes: &[u8]) -> Result<Sound, DataError> {
    Idx::read(Path::new(file.name()), file, bytes, bytes.len() as u64).map(|idx| sound(file, idx))
}

fn report(outcomes: [Result<Idx, DataError>; 4]) -> Vec<FileReport> {
    let mut at_odds = match outcomes.each_ref() {
        [Ok(a), Ok(b), Ok(c), Ok(d)] => check_together([a, b, c, d]).err(),
        _ => None,
    };
    let report = |(file, outcome): (File, Result<Idx, DataError>)| {
        let outcome = outcome.and_then(|idx| match at_odds.take_if(|error| error.path() == Some(&idx.path)) {
            Some(error) => Err(error),
            None => Ok(sound(file, idx)),
        });
        FileReport { file, outcome }
    };
    File::ALL.into_iter().zip(outcomes).map(report).collect()
}

fn sound(file: File, idx: Idx) -> Sound {
    Sound { count: idx.count, fashion_mnist: idx.md5 == file.original().raw_md5, path: idx.path }
}
