//! What can be wrong with a data set, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a data set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file holds something else than it should.
    #[error("{}: expected {expected}, found {found}; {remedy}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// Some of the four files are there.
    #[error(
        "{}: the set is incomplete, {} of 4 files are missing: {}; \
         `alexnet-tui data fetch` downloads a whole set, `--data sample` does without", .folder.display(), .missing.len(), .missing.join(", ")
    )]
    Incomplete {
        /// The folder.
        folder: PathBuf,
        /// The names of the raw files that are there neither raw nor as `.gz`.
        missing: Vec<&'static str>,
    },
    /// None of the four files is in the folder that was asked for.
    #[error(
        "{}: expected {} and three others, raw or as .gz, found none of them; {remedy}", .folder.display(),
        super::File::TrainImages.name()
    )]
    NothingThere {
        /// The folder.
        folder: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// The folder that was asked for is none.
    #[error("{}: expected a folder with the four files of the data set, found {found}; check `--data`", .path.display())]
    NotAFolder {
        /// What was asked for.
        path: PathBuf,
        /// What is there.
        found: &'static str,
    },
    /// The operating system keeps it closed.
    #[error("{}: no permission to read it; change its rights (chmod), or choose another set with `--data`", .path.display())]
    Denied {
        /// The file or folder.
        path: PathBuf,
    },
    /// Reading failed.
    #[error("{}: cannot be read: {source}; check the disk, or choose another set with `--data`", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The parts that the settings ask for cannot be made from so many pictures.
    #[error("{0}")]
    Partition(String),
}

/// What to do about a file that holds the wrong thing.
const REPLACE: &str =
    "replace the file (`alexnet-tui data fetch` downloads a whole set), or choose another with `--data`";

impl DataError {
    pub(super) fn content(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Content {
            path: path.to_path_buf(),
            expected: expected.into(),
            found: found.into(),
            remedy: REPLACE.to_owned(),
        }
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied { path },
            _ => Self::Read { path, source },
        }
    }

    /// The file or folder that is at fault.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Content { path, .. }
            | Self::NotAFolder { path, .. }
            | Self::Denied { path }
            | Self::Read { path, .. } => Some(path),
            Self::Incomplete { folder, .. } | Self::NothingThere { folder, .. } => Some(folder),
            Self::Partition(_) => None,
        }
    }
}
