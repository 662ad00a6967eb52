//! `alexnet-tui train`: a run without the screen.

mod follow;
mod json;
mod order;
mod plain;
mod printer;
#[cfg(test)]
mod tests;

use super::notes::Notes;
use super::signals::Signals;
use super::{CliError, output};
use crate::session::{self, Setup};
use crate::text::quoted;
use follow::{End, follow};
use plain::Manner;
use std::io;

pub(super) use json::error_line;

/// Trains to the end, or until a signal asks it to save and leave.
pub(super) fn run(setup: Setup, json: bool, quiet: bool) -> Result<u8, CliError> {
    let failed = |what: &str, error: io::Error| CliError::Failed(format!("can't {what}: {error}"));
    super::event_loop()?.block_on(async {
        let notes = Notes::new(quiet, &setup.config.data.source);
        let mut signals = Signals::listen().map_err(|error| failed("listen for signals", error))?;
        let mut handle = session::open(setup).map_err(|error| failed("start the engine's thread", error))?;
        let report: Box<dyn printer::Report> = if json {
            Box::new(json::Json::new(io::stdout(), notes))
        } else {
            Box::new(plain::Plain::new(io::stdout(), Manner::here(quiet), notes))
        };
        let end = follow(&mut handle, &mut signals, report).await;
        // The worker is joined before anything else is said: by now it has saved, or never will.
        drop(handle);
        if !quiet {
            tell_end(&end, json);
        }
        end.status()
    })
}

/// Where the run is, and the command that goes on with it.
fn tell_end(end: &End, json: bool) {
    let Some(folder) = end.folder.as_deref().map(std::path::Path::display) else { return };
    let resume = format!("alexnet-tui train --resume {}", quoted(&folder.to_string()));
    match (end.asked_by, end.nothing_left) {
        (Some(ending), _) => {
            output::note(format_args!("ended by {}; the run is in {folder}\ngo on with it: {resume}", ending.name()));
        }
        (None, Some(epochs)) => output::note(format_args!(
            "the run in {folder} has all its epochs; train it on: {resume} --epochs {}",
            epochs.saturating_add(10)
        )),
        (None, None) if json => {}
        (None, None) => output::note(format_args!("the run is in {folder}")),
    }
}
