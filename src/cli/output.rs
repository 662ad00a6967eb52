//! The one way out: results to stdout, everything else to stderr. A reader that has gone away is an error like any other.

use std::io::{self, Write};
use thiserror::Error;

/// Why a result could not be written.
#[derive(Debug, Error)]
pub enum OutputError {
    /// `head` has seen enough: nobody is left to write to.
    #[error("the reader of the output is gone")]
    ReaderGone,
    /// The disk is full, say.
    #[error("can't write the output: {0}")]
    Io(io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::ReaderGone } else { Self::Io(error) }
    }
}

/// Writes text to `out` and makes sure that it is on its way.
pub fn write(out: &mut impl Write, text: &str) -> Result<(), OutputError> {
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Writes a result to stdout.
pub fn print(text: &str) -> Result<(), OutputError> {
    write(&mut io::stdout().lock(), text)
}

/// Tells the person at the terminal something, on stderr. If that is gone there is no one to tell.
pub fn note(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
