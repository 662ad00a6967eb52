//! Faults of libtorch, without their C++ backtraces.

use tch::TchError;

/// libtorch refused something. Shows the first line of its text; the rest is a C++ backtrace.
#[derive(Debug, thiserror::Error)]
#[error("libtorch: {}", .text.lines().next().unwrap_or("an error without a text"))]
pub struct TorchError {
    text: String,
}

impl TorchError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The whole text, for the log.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl From<TchError> for TorchError {
    fn from(error: TchError) -> Self {
        Self::new(match error {
            TchError::Torch(text) => text,
            other => other.to_string(),
        })
    }
}
