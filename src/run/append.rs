//! A file that only grows, line by line.

use super::folder::RunError;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Open for appending. A line that could not be written whole costs no other: the next begins on a line of its own.
#[derive(Debug)]
pub(super) struct Appender {
    path: PathBuf,
    file: File,
    torn: bool,
}

impl Appender {
    pub(super) fn open(path: PathBuf) -> Result<Self, RunError> {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(RunError::io(&path, "open it for writing"))?;
        Ok(Self { path, file, torn: false })
    }

    /// Appends a line; `line` comes without its end. With `sync`, makes sure of it on the disk.
    pub(super) fn line(&mut self, line: &str, sync: bool) -> Result<(), RunError> {
        let start = if self.torn { "\n" } else { "" };
        let text = format!("{start}{line}\n");
        let written = self.file.write_all(text.as_bytes());
        self.torn = written.is_err();
        let written = if sync { written.and_then(|()| self.file.sync_data()) } else { written };
        written.map_err(RunError::io(&self.path, "append to it"))
    }

    /// The same for anything that JSON can hold.
    pub(super) fn json(&mut self, value: &impl serde::Serialize, sync: bool) -> Result<(), RunError> {
        let line = serde_json::to_string(value);
        let line = line.map_err(|error| RunError::io(&self.path, "append to it")(error.into()))?;
        self.line(&line, sync)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
