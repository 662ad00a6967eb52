//! `alexnet-tui eval`: what a checkpoint is worth on a split.

mod predictions;
mod report;

use super::arguments::EvalArguments;
use super::notes::Notes;
use super::signals::{Ending, Signals};
use super::{CliError, output};
use crate::config::Config;
use crate::metrics::{Evaluation, Split};
use crate::session::{self, Command, Event, Handle, Level, Setup, Task, Update};
use crate::text::thousands;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use predictions::PredictionsFile;
use std::io;
use std::path::PathBuf;

/// Evaluates, reports, and writes the predictions if asked to.
pub(super) fn run(arguments: &EvalArguments, config: Config) -> Result<u8, CliError> {
    let failed = |what: &str, error: io::Error| CliError::Failed(format!("can't {what}: {error}"));
    // Made before the long part, so that a folder that can't be written costs no time.
    let file = arguments.predictions.as_deref().map(PredictionsFile::create).transpose()?;
    super::event_loop()?.block_on(async {
        let mut signals = Signals::listen().map_err(|error| failed("listen for signals", error))?;
        let mut handle =
            session::open(Setup::new(config)).map_err(|error| failed("start the engine's thread", error))?;
        let outcome = evaluate(&mut handle, &mut signals, arguments.split, arguments.checkpoint.clone()).await;
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
    split: Split,
    checkpoint: PathBuf,
) -> Result<Result<Evaluation, Ending>, CliError> {
    let bar = bar();
    let mut notes = Notes::default();
    let asked = handle.send(Command::Evaluate { split, checkpoint: Some(checkpoint) });
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
            Update::Live => show(&bar, handle),
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
                        bar.suspend(|| output::note(text));
                    }
                }
                _ => {}
            },
            Update::Gone => break,
        }
    }
    bar.finish_and_clear();
    match (asked_by, fault, outcome) {
        (Some(ending), ..) => Ok(Err(ending)),
        (None, Some(fault), _) => Err(CliError::Failed(fault)),
        (None, None, Some(evaluation)) => Ok(Ok(evaluation)),
        (None, None, None) => Err(CliError::Failed(
            "the engine ended before the evaluation did; this is a fault of the program".to_owned(),
        )),
    }
}

/// A bar on stderr; nothing where that is no terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{prefix} ▕{bar:24}▏{percent:>3} %  {wide_msg}") {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar
}

fn show(bar: &ProgressBar, handle: &Handle) {
    let at = handle.take_live().snapshot;
    let Some(task) = at.task else { return };
    if let Task::Evaluation(split) = task.task {
        bar.set_prefix(format!("evaluating on {split}"));
        bar.set_length(task.total.max(1));
        bar.set_position(task.done);
        bar.set_message(format!("{} of {} pictures", thousands(task.done), thousands(task.total)));
    }
}

#[cfg(test)]
mod tests;
