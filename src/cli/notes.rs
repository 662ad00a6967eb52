//! What a person should read of the engine's events, on stderr, whatever the form of the results.

use super::output::note;
use crate::config::DataSource;
use crate::session::{Event, Level};

/// Remembers what was said: what the engine logs and reports by two ways is said once.
#[derive(Default)]
pub(super) struct Notes {
    said: Vec<String>,
    /// What there is to say of the data is known to whoever asked for quiet and for these.
    data_is_meant: bool,
}

impl Notes {
    /// Of a command that has its pictures from `source`. That the sample is in use is a warning, unless it was asked for.
    pub(super) fn new(quiet: bool, source: &DataSource) -> Self {
        Self { said: Vec::new(), data_is_meant: quiet && *source == DataSource::Sample }
    }

    /// What is to be said of this event, if it is news.
    pub(super) fn of(&mut self, event: &Event) -> Option<String> {
        let (message, text) = match event {
            Event::DataReady(data) => data.note.as_ref().map(|note| (note, format!("data: {note}")))?,
            Event::Failed { message } | Event::CheckpointFailed { message } => {
                (message, format!("alexnet-tui: {message}"))
            }
            Event::Log(line) if line.level >= Level::Warn => (&line.message, format!("alexnet-tui: {}", line.message)),
            _ => return None,
        };
        if self.said.contains(message) {
            return None;
        }
        self.said.push(message.clone());
        (!(self.data_is_meant && matches!(event, Event::DataReady(_)))).then_some(text)
    }

    /// Says it.
    pub(super) fn say(&mut self, event: &Event) {
        if let Some(text) = self.of(event) {
            note(text);
        }
    }
}
