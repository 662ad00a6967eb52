//! Prints on a thread of its own, so that a terminal or a pipe that takes nothing holds up neither signals nor training.

use crate::cli::output::OutputError;
use crate::metrics::StepMetrics;
use crate::session::{Event, Snapshot};
use std::path::PathBuf;
use std::sync::mpsc;
use tokio::sync::oneshot;

/// What can be told of a run.
pub(super) enum News {
    /// Steps, oldest first (none: only the snapshot is new), and where the run stands.
    Steps(Vec<StepMetrics>, Snapshot),
    /// Something happened.
    Event(Event),
    /// All epochs are done, and all is saved.
    Done {
        /// The run's folder.
        folder: PathBuf,
        /// The highest of its epochs.
        best_validation_accuracy: Option<f64>,
    },
}

/// One way of telling it.
pub(super) trait Report: Send {
    /// Tells it.
    fn tell(&mut self, news: &News) -> Result<(), OutputError>;
}

/// The thread that tells.
pub(super) struct Printer {
    news: Option<mpsc::Sender<News>>,
    /// How the telling ended: early, if it could not go on.
    pub(super) ended: oneshot::Receiver<Result<(), OutputError>>,
}

impl Printer {
    /// Starts it.
    pub(super) fn start(mut report: Box<dyn Report>) -> Result<Self, OutputError> {
        let (news, received) = mpsc::channel();
        let (end, ended) = oneshot::channel();
        std::thread::Builder::new().name("output".into()).spawn(move || {
            let told = received.iter().try_for_each(|news| report.tell(&news));
            // The progress bar goes before anything is said about the end.
            drop(report);
            let _ = end.send(told);
        })?;
        Ok(Self { news: Some(news), ended })
    }

    /// Hands it over; what comes after the end of the telling is dropped.
    pub(super) fn tell(&self, news: News) {
        if let Some(sender) = &self.news {
            let _ = sender.send(news);
        }
    }

    /// Nothing more comes.
    pub(super) fn close(&mut self) {
        self.news = None;
    }
}
