//! `--predictions`: what the net said of every picture, as CSV; the file is whole or not there.

use crate::cli::CliError;
use crate::metrics::Predictions;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file in the making.
pub(super) struct PredictionsFile {
    path: PathBuf,
    making: Making,
}

enum Making {
    /// Beside its place, under a name that begins with a dot.
    Beside(NamedTempFile),
    /// Into what is there and no file: `/dev/stdout`, a named pipe.
    Into(File),
}

impl PredictionsFile {
    /// Makes sure that it can be written.
    pub(super) fn create(path: &Path) -> Result<Self, CliError> {
        let failed = |error: io::Error| failure(path, &error);
        if path.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if path.exists() && !path.is_file() {
            let out = OpenOptions::new().write(true).open(path).map_err(failed)?;
            return Ok(Self { path: path.to_owned(), making: Making::Into(out) });
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(CliError::Failed(format!(
                "can't write the predictions to {}: there is no folder {}",
                path.display(),
                folder.display()
            )));
        }
        let beside = tempfile::Builder::new()
            .prefix(".predictions-")
            .suffix(".csv")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .map_err(failed)?;
        Ok(Self { path: path.to_owned(), making: Making::Beside(beside) })
    }

    /// Writes it and puts it in its place.
    pub(super) fn write(self, predictions: &Predictions) -> Result<(), CliError> {
        let failed = |error: io::Error| failure(&self.path, &error);
        let mut out = BufWriter::new(match &self.making {
            Making::Beside(beside) => beside.as_file(),
            Making::Into(out) => out,
        });
        rows(&mut out, predictions).and_then(|()| out.flush()).map_err(failed)?;
        drop(out);
        if let Making::Beside(beside) = self.making {
            beside.as_file().sync_all().map_err(failed)?;
            beside.persist(&self.path).map_err(|error| failed(error.error))?;
        }
        Ok(())
    }
}

fn failure(path: &Path, error: &io::Error) -> CliError {
    CliError::Failed(format!("can't write the predictions to {}: {error}", path.display()))
}

/// `index,label,predicted,p0,…`: classes as numbers, probabilities to the nine digits that give back every bit of an f32.
pub(super) fn rows(out: &mut impl Write, predictions: &Predictions) -> io::Result<()> {
    write!(out, "index,label,predicted")?;
    for class in 0..predictions.classes {
        write!(out, ",p{class}")?;
    }
    writeln!(out)?;
    for (row, (index, label)) in predictions.indices.iter().zip(&predictions.labels).enumerate() {
        write!(out, "{index},{label},{}", predictions.predicted(row))?;
        for probability in predictions.probabilities_of(row) {
            write!(out, ",{probability:.8e}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
