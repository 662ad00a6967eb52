//! What happened, in words: to the front end, to the run's log.txt, and before there is a run to the state folder.

use super::handle::Outbox;
use super::protocol::{Event, Level, LogLine};
use crate::run::RunFolder;
use jiff::{Timestamp, tz::TimeZone};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// What code below says through `tracing`, on whichever of the session's threads, until the worker takes it.
#[derive(Clone, Default)]
pub(super) struct Traces(Arc<Mutex<Vec<(Level, String)>>>);

impl Traces {
    /// Makes the calling thread's `tracing` events come here.
    pub(super) fn listen(&self) -> DefaultGuard {
        tracing::subscriber::set_default(tracing_subscriber::registry().with(self.clone()))
    }

    /// What came since the last call.
    pub(super) fn take(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber> Layer<S> for Traces {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let level = match *event.metadata().level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            _ => return,
        };
        // Libraries have their own to say; here only what this program says of itself counts.
        if event.metadata().target().starts_with(env!("CARGO_CRATE_NAME")) {
            let mut message = Message(String::new());
            event.record(&mut message);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((level, message.0));
        }
    }
}

/// Where lines go.
pub(super) struct Log {
    before_a_run: Option<File>,
}

impl Log {
    /// A log beside the runs. One that can't be opened is done without: the lines still reach the screen.
    pub(super) fn open(state_folder: &Path) -> Self {
        let file = std::fs::create_dir_all(state_folder)
            .and_then(|()| OpenOptions::new().create(true).append(true).open(state_folder.join("alexnet-tui.log")));
        Self { before_a_run: file.ok() }
    }

    /// Says one line.
    pub(super) fn say(&mut self, outbox: &mut Outbox, run: Option<&mut RunFolder>, level: Level, message: &str) {
        let line = LogLine { time: SystemTime::now(), level, message: message.into() };
        let text = written(&line);
        match (run, &mut self.before_a_run) {
            (Some(run), _) => run.log(&text),
            (None, Some(file)) => {
                let _ = writeln!(file, "{text}");
            }
            (None, None) => {}
        }
        outbox.say(Event::Log(line));
    }
}

/// `2026-11-24T05:20:00+00:00 info   step 480 saved`.
fn written(line: &LogLine) -> String {
    let time = Timestamp::try_from(line.time).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::system());
    let time = time.strftime("%Y-%m-%dT%H:%M:%S%:z");
    let level = line.level.to_string();
    format!("{time} {level:<5} {}", line.message.replace('\n', "\n    "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_code_below_traces_is_taken_from_this_thread_and_from_those_that_are_told() {
        let traces = Traces::default();
        let listening = traces.listen();
        tracing::warn!("no thread: {}", 7);
        tracing::debug!("not for people");
        let listener = tracing::dispatcher::get_default(Clone::clone);
        let other = || tracing::dispatcher::with_default(&listener, || tracing::error!("left behind"));
        std::thread::scope(|scope| scope.spawn(other).join()).ok();
        let expected = [(Level::Warn, "no thread: 7".to_owned()), (Level::Error, "left behind".to_owned())];
        assert_eq!(traces.take(), expected);
        drop(listening);
        tracing::warn!("to nobody");
        assert!(traces.take().is_empty());
    }
}
