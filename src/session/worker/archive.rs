//! Runs of the runs folder: listed, read and deleted elsewhere, asked for and told of here.

use super::Worker;
use crate::run;
use crate::session::archive::{Answer, Archive, Question, is_same};
use crate::session::protocol::{Event, Level};
use std::path::PathBuf;

impl Worker {
    pub(super) fn list_runs(&mut self) -> Result<(), String> {
        let runs = self.setup.config.paths.runs.clone();
        let besides = self.active.as_ref().map(|active| active.folder.path().to_path_buf());
        self.ask_archive(Question::List { runs, besides })
    }

    pub(super) fn read_run(&mut self, folder: PathBuf) -> Result<(), String> {
        self.ask_archive(Question::Read(folder))
    }

    /// What forbids it is told at once; how it went, by [`Event::RunDeleted`].
    pub(super) fn delete_run(&mut self, folder: PathBuf) -> Result<(), String> {
        if self.active.as_ref().is_some_and(|active| is_same(active.folder.path(), &folder)) {
            return Err("this is the run that is open here: start or go on with another one first".into());
        }
        run::check_removable(&folder).map_err(|error| error.to_string())?;
        if run::is_locked(&folder) {
            return Err(run::RunError::Locked(folder).to_string());
        }
        self.ask_archive(Question::Delete(folder))
    }

    fn ask_archive(&mut self, question: Question) -> Result<(), String> {
        let archive = match self.archive.take() {
            Some(archive) => archive,
            None => Archive::start().map_err(|error| format!("could not start the thread that reads runs: {error}"))?,
        };
        archive.ask(question);
        self.archive = Some(archive);
        Ok(())
    }

    /// Tells what came of what was asked.
    pub(super) fn look_after_archive(&mut self) {
        while let Some(answer) = self.archive.as_ref().and_then(Archive::poll) {
            match answer {
                Answer::List(Ok(rows)) => self.outbox.say(Event::Runs(rows)),
                Answer::List(Err(message)) => self.fault(&message),
                Answer::Read(steps, fault) => {
                    if let Some(message) = fault {
                        self.say(Level::Warn, &message);
                    }
                    self.outbox.say(Event::RunRead(steps));
                }
                Answer::Delete(folder, outcome) => {
                    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
                    match &outcome {
                        Ok(()) => self.say(Level::Info, &format!("deleted the run {name}")),
                        Err(message) => self.say(Level::Error, message),
                    }
                    self.outbox.say(Event::RunDeleted { folder, outcome });
                }
            }
        }
    }
}
