//! A run as JSON lines, for programs: one object for each step, epoch, checkpoint and fault, and one at the end.

use super::printer::{News, Report};
use crate::cli::notes::Notes;
use crate::cli::output::{OutputError, write};
use crate::metrics::{EpochMetrics, StepMetrics};
use crate::session::Event;
use serde::Serialize;
use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

/// One line. Keys, and their order, are a promise; a number that is not finite is `null`.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line<'a> {
    Step {
        epoch: u32,
        step: u64,
        loss: f64,
        accuracy: f64,
        images_per_second: f64,
    },
    Epoch {
        epoch: u32,
        train_loss: f64,
        train_accuracy: f64,
        validation_loss: f64,
        validation_accuracy: f64,
        seconds: f64,
        best: bool,
    },
    Checkpoint {
        path: Cow<'a, str>,
    },
    Done {
        run_dir: Cow<'a, str>,
        best_validation_accuracy: Option<f64>,
    },
    Error {
        message: &'a str,
    },
}

impl<'a> Line<'a> {
    fn step(step: &StepMetrics) -> Self {
        let &StepMetrics { epoch, step, loss, accuracy, images_per_second, .. } = step;
        Self::Step { epoch, step, loss, accuracy, images_per_second }
    }

    fn epoch(row: &EpochMetrics) -> Self {
        let &EpochMetrics { epoch, train_loss, train_accuracy, validation_loss, validation_accuracy, .. } = row;
        let &EpochMetrics { seconds, best, .. } = row;
        Self::Epoch { epoch, train_loss, train_accuracy, validation_loss, validation_accuracy, seconds, best }
    }

    fn checkpoint(path: &'a Path) -> Self {
        Self::Checkpoint { path: path.to_string_lossy() }
    }

    fn text(&self) -> String {
        // Numbers, flags and text: nothing here that JSON can't hold.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

/// A fault as a line of its own.
pub(crate) fn error_line(message: &str) -> String {
    Line::Error { message }.text()
}

/// The telling in JSON lines, each flushed.
pub(super) struct Json<W> {
    out: W,
    notes: Notes,
}

impl<W: Write + Send> Json<W> {
    /// Onto `out`.
    pub(super) fn new(out: W, notes: Notes) -> Self {
        Self { out, notes }
    }

    fn line(&mut self, line: &Line) -> Result<(), OutputError> {
        write(&mut self.out, &line.text())
    }
}

impl<W: Write + Send> Report for Json<W> {
    fn tell(&mut self, news: &News) -> Result<(), OutputError> {
        match news {
            News::Steps(steps, _) => steps.iter().try_for_each(|step| self.line(&Line::step(step))),
            News::Done { folder, best_validation_accuracy } => self.line(&Line::Done {
                run_dir: folder.to_string_lossy(),
                best_validation_accuracy: *best_validation_accuracy,
            }),
            News::Event(event) => {
                self.notes.say(event);
                match event {
                    Event::Epoch(row) => self.line(&Line::epoch(row)),
                    Event::CheckpointSaved { paths, .. } => {
                        paths.iter().try_for_each(|path| self.line(&Line::checkpoint(path)))
                    }
                    Event::Failed { message } | Event::CheckpointFailed { message } => {
                        self.line(&Line::Error { message })
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}
