//! `alexnet-tui eval`: what a checkpoint is worth on a split.

mod predictions;
mod report;

use super::arguments::EvalArguments;
use super::notes::Notes;
use super::progress::Progress;
use super::setup::check_is_file;
use super::signals::{Ending, Signals};
use super::{CliError, output};
use crate::config::Config;
use crate::metrics::Evaluation;
use crate::session::{self, Command, Event, Handle, Level, Setup, Task, Update};
use crate::text::thousands;
use predictions::PredictionsFile;
use std::io;

/// Evaluates, reports, and writes the predictions if asked to.
pub(super) fn run(arguments: &EvalArguments, config: Config) -> Result<u8, CliError> {
    let failed = |what: &str, error: io::Error| CliError::Failed(format!("can't {what}: {error}"));
    check_is_file(&arguments.checkpoint)?;
    // Made before the long part, so that a folder that can't be written costs no time.
    let file = arguments.predictions.as_deref().map(PredictionsFile::create).transpose()?;
    super::event_loop()?.block_on(async {
        let mut signals = Signals::listen().map_err(|error| failed("listen for signals", error))?;
        let mut notes = Notes::new(arguments.telling.quiet, &config.data.source);
        let mut handle =
            session::open(Setup::new(config)).map_err(|error| failed("start the engine's thread", error))?;
        let progress = Progress::start("reading data and checkpoint", arguments.telling.quiet);
        let asked = Command::Evaluate { split: arguments.split, checkpoint: Some(arguments.checkpoint.clone()) };
        let outcome = evaluate(&mut handle, &mut signals, asked, progress, &mut notes).await;
        drop(handle);
        let evaluation = match outcome? {
            Ok(evaluation) => evaluation,
            Err(ending) => return Ok(ending.status()),
        };
        if let Some(file) = file {
            file.write(&evaluation.predictions)?;
        }
        let text = if arguments.json { report::json(&evaluation) } else { report::text(&evaluation) };
        let printed = signals.unless_asked_to_end(move || output::print(&text)).await;
        match printed.map_err(|error| failed("start the output's thread", error))? {
            Ok(printed) => printed.map(|()| 0).map_err(CliError::from),
            Err(ending) => Ok(ending.status()),
        }
    })
}

/// Runs one evaluation through a session. When this returns, the worker has ended.
async fn evaluate(
    handle: &mut Handle,
    signals: &mut Signals,
    asked: Command,
    mut progress: Progress,
    notes: &mut Notes,
) -> Result<Result<Evaluation, Ending>, CliError> {
    let asked = handle.send(asked);
    let mut outcome = None;
    let mut fault: Option<String> = None;
    let mut asked_by = None;
    loop {
        let update = tokio::select! {
            biased;
            ending = signals.next() => {
                if asked_by.is_none() {
                    handle.send(Command::Cancel);
                    handle.send(Command::Leave);
                }
                asked_by = asked_by.or(Some(ending));
                continue;
            }
            update = handle.next_or_live() => update,
        };
        match update {
            Update::Live => show(&mut progress, handle),
            Update::Event(event) => match event {
                Event::Evaluated(evaluation) => {
                    outcome = Some(evaluation);
                    handle.send(Command::Leave);
                }
                Event::Failed { message } => {
                    fault = fault.or(Some(message));
                    handle.send(Command::Leave);
                }
                Event::Acknowledged { id, outcome: Err(message) } if id == asked => {
                    fault = fault.or(Some(message));
                    handle.send(Command::Leave);
                }
                Event::Ended => break,
                // Faults end the command, which says them itself.
                Event::Log(line) if line.level >= Level::Error => {}
                Event::DataReady(_) | Event::Log(_) => {
                    if let Some(text) = notes.of(&event) {
                        progress.note(text);
                    }
                }
                _ => {}
            },
            Update::Gone => break,
        }
    }
    drop(progress);
    match (asked_by, fault, outcome) {
        (Some(ending), ..) => Ok(Err(ending)),
        (None, Some(fault), _) => Err(CliError::Failed(fault)),
        (None, None, Some(evaluation)) => Ok(Ok(evaluation)),
        (None, None, None) => Err(CliError::Failed(
            "the engine ended before the evaluation did; this is a fault of the program".to_owned(),
        )),
    }
}

fn show(progress: &mut Progress, handle: &Handle) {
    let at = handle.take_live().snapshot;
    let Some(task) = at.task else { return };
    if let Task::Evaluation(split) = task.task {
        progress.at(&format!("evaluating on {split}"), task.done, task.total, |_| {
            format!("{} of {} pictures", thousands(task.done), thousands(task.total))
        });
    }
}

#[cfg(test)]
mod tests;
