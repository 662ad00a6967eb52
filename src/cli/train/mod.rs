//! `alexnet-tui train`: a run without the screen.

mod follow;
mod json;
mod order;
mod plain;
mod printer;
#[cfg(test)]
mod tests;

use super::signals::Signals;
use super::{CliError, output};
use crate::session::{self, Setup};
use crate::text::quoted;
use follow::follow;
use std::io::{self, IsTerminal};

pub(super) use json::error_line;

/// Trains to the end, or until a signal asks it to save and leave.
pub(super) fn run(setup: Setup, json: bool) -> Result<u8, CliError> {
    let failed = |what: &str, error: io::Error| CliError::Failed(format!("can't {what}: {error}"));
    super::event_loop()?.block_on(async {
        let mut signals = Signals::listen().map_err(|error| failed("listen for signals", error))?;
        let mut handle = session::open(setup).map_err(|error| failed("start the engine's thread", error))?;
        let report: Box<dyn printer::Report> = if json {
            Box::new(json::Json::new(io::stdout()))
        } else {
            Box::new(plain::Plain::new(io::stdout(), io::stderr().is_terminal()))
        };
        let end = follow(&mut handle, &mut signals, report).await;
        // The worker is joined before anything else is said: by now it has saved, or never will.
        drop(handle);
        if let Some(folder) = end.folder.as_deref().map(std::path::Path::display) {
            match end.asked_by {
                Some(ending) => output::note(format_args!(
                    "ended by {}; the run is in {folder}\ngo on with it: alexnet-tui train --resume {}",
                    ending.name(),
                    quoted(&folder.to_string())
                )),
                None if json => {}
                None => output::note(format_args!("the run is in {folder}")),
            }
        }
        end.status()
    })
}
