//! The folder that is downloaded into: what is there, what is under way, and who else is at it.

use super::FetchError;
use super::unpack::{hash_file, unpack};
use crate::data::catalog::{File, Original};
use std::fs::{self, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// An open folder, locked against other downloads until it is dropped.
pub(super) struct Folder {
    path: PathBuf,
    originals: [Original; 4],
    /// Folders that had to be made, outermost first.
    made: Vec<PathBuf>,
    /// Whether an earlier download left something to go on from.
    pub(super) begun_before: bool,
    lock: fs::File,
}

impl Folder {
    pub(super) fn open(path: &Path, originals: [Original; 4]) -> Result<Self, FetchError> {
        let mut made: Vec<PathBuf> = path
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .map(Path::to_path_buf)
            .collect();
        made.reverse();
        fs::create_dir_all(path).map_err(FetchError::disk(path))?;
        let lock = fs::File::open(path).map_err(FetchError::disk(path))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(FetchError::Busy(path.to_path_buf())),
            // Some network file systems cannot lock a folder; the sums at the end tell if two downloads got mixed.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let mut folder = Self { path: path.to_path_buf(), originals, made, begun_before: false, lock };
        folder.begun_before = folder.holds_parts();
        Ok(folder)
    }

    /// What a file must be.
    pub(super) fn original(&self, file: File) -> Original {
        self.originals[file as usize]
    }

    /// The compressed file as far as it has come.
    pub(super) fn part(&self, file: File) -> PathBuf {
        self.path.join(format!(".{}.part", file.gz_name()))
    }

    /// The raw file, checked, waiting for the others.
    pub(super) fn ready(&self, file: File) -> PathBuf {
        self.path.join(format!(".{}.ready", file.name()))
    }

    fn raw(&self, file: File) -> PathBuf {
        self.path.join(file.name())
    }

    /// Whether a file need not be downloaded: it is there and right, or was made ready by an earlier download or from
    /// a `.gz` in the folder.
    pub(super) fn is_there(&self, file: File) -> Result<bool, FetchError> {
        let right = |path: &Path| hash_file(path).is_ok_and(|md5| md5 == self.original(file).raw_md5);
        if right(&self.raw(file)) || right(&self.ready(file)) {
            return Ok(true);
        }
        remove(&self.ready(file));
        let gz = self.path.join(file.gz_name());
        match unpack(&gz, self.original(file), &self.ready(file), &AtomicBool::new(false)) {
            Ok(()) => Ok(true),
            Err(super::Trouble::Disk(error)) if gz.exists() => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// Gives the files that were made ready their own names, all of them.
    pub(super) fn publish(&self, files: &[File]) -> Result<(), FetchError> {
        for &file in files {
            let (ready, raw) = (self.ready(file), self.raw(file));
            match fs::rename(&ready, &raw) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(FetchError::disk(&raw)(error)),
                // Not ready: it was there and right before.
                _ => {}
            }
            remove(&self.part(file));
        }
        self.lock.sync_all().map_err(FetchError::disk(&self.path))
    }

    /// Whether anything of a download is kept for the next one.
    pub(super) fn holds_parts(&self) -> bool {
        File::ALL.iter().any(|&file| self.part(file).exists() || self.ready(file).exists())
    }

    /// Removes everything that downloads have put here under names with a dot.
    pub(super) fn leave_nothing(&self) {
        for file in File::ALL {
            remove(&self.part(file));
            remove(&self.ready(file));
        }
    }

    /// Takes away the folders that were made for nothing.
    pub(super) fn close(self) {
        for folder in self.made.iter().rev() {
            // Refused where anything is in it.
            if fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

/// Removes a file of ours, if it is there.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!("{}: left behind: {error}", path.display());
    }
}
