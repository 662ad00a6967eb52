//! What happened, in words: to the front end, to the run's log.txt, and before there is a run to the state folder.

use super::handle::Outbox;
use super::protocol::{Event, Level, LogLine};
use crate::run::RunFolder;
use jiff::{Timestamp, tz::TimeZone};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

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
