//! Follows a run through its session to the end, whoever brings that about: the last epoch, a fault, a signal, a reader.

use super::order::Order;
use super::printer::{News, Printer, Report};
use crate::cli::CliError;
use crate::cli::output::OutputError;
use crate::cli::signals::{Ending, Signals};
use crate::metrics::EpochMetrics;
use crate::session::{Command, CommandId, Event, Handle, Phase, Update};
use std::path::PathBuf;
use std::time::Duration;

/// How long, after a signal, a reader has to take what is still to be printed.
const GRACE: Duration = Duration::from_secs(2);

/// How it ended.
#[derive(Debug, Default)]
pub(super) struct End {
    /// The signal that asked for it, if it wasn't over by then.
    pub(super) asked_by: Option<Ending>,
    /// The run's folder, if it came to one.
    pub(super) folder: Option<PathBuf>,
    /// All its epochs were done before; how many there are.
    pub(super) nothing_left: Option<u32>,
    failed: bool,
    unsaved: bool,
    output: Option<OutputError>,
}

impl End {
    /// What the process ends with. A signal's status promises that all is saved.
    pub(super) fn status(self) -> Result<u8, CliError> {
        match (self.asked_by, self.output) {
            _ if self.failed || self.unsaved => Ok(1),
            (_, Some(error @ OutputError::Io(_))) => Err(error.into()),
            // Ctrl-C ends the reader of our pipe as well.
            (Some(ending), _) => Ok(ending.status()),
            (None, Some(gone)) => Err(gone.into()),
            (None, None) => Ok(0),
        }
    }
}

/// Starts a run and tells all of it through `report`. When this returns, the worker has ended.
pub(super) async fn follow(handle: &mut Handle, signals: &mut Signals, report: Box<dyn Report>) -> End {
    let mut printer = match Printer::start(report) {
        Ok(printer) => printer,
        Err(error) => return End { output: Some(error), ..End::default() },
    };
    let start = handle.send(Command::Start);
    let mut run =
        Run { start, order: Order::default(), end: End::default(), best: None, epochs: 0, done: false, leaving: false };
    let mut printing = true;
    loop {
        tokio::select! {
            biased;
            ending = signals.next() => {
                if !run.done && run.end.asked_by.is_none() {
                    run.end.asked_by = Some(ending);
                }
                run.leave(handle);
            }
            told = &mut printer.ended, if printing => {
                printing = false;
                run.end.output = told.unwrap_or(Ok(())).err();
                run.leave(handle);
            }
            update = handle.next_or_live() => match update {
                Update::Event(Event::Ended) | Update::Gone => break,
                Update::Event(event) => run.event(event, handle, &printer),
                Update::Live => {
                    let live = handle.take_live();
                    printer.tell(News::Steps(run.order.steps(live.steps), live.snapshot));
                }
            },
        }
    }
    if !run.leaving {
        let message = "the engine ended before the run did; this is a fault of the program".to_owned();
        run.event(Event::Failed { message }, handle, &printer);
    }
    run.last_words(handle, &printer);
    printer.close();
    if printing {
        let grace = run.end.asked_by.map(|_| GRACE);
        tokio::select! {
            biased;
            told = &mut printer.ended => run.end.output = told.unwrap_or(Ok(())).err(),
            () = after(grace) => {}
            ending = signals.next() => run.end.asked_by = Some(ending),
        }
    }
    run.end
}

async fn after(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

struct Run {
    start: CommandId,
    order: Order,
    end: End,
    best: Option<f64>,
    epochs: u32,
    done: bool,
    leaving: bool,
}

impl Run {
    fn leave(&mut self, handle: &Handle) {
        if !self.leaving {
            self.leaving = true;
            handle.send(Command::Leave);
        }
    }

    fn count(&mut self, row: &EpochMetrics) {
        self.best = Some(self.best.map_or(row.validation_accuracy, |best| best.max(row.validation_accuracy)));
    }

    fn event(&mut self, event: Event, handle: &Handle, printer: &Printer) {
        let live = handle.take_live();
        printer.tell(News::Steps(self.order.steps(live.steps), live.snapshot.clone()));
        match &event {
            // After a fault, such as data that can't be read, the refusal is only its consequence.
            Event::Acknowledged { id, outcome: Err(message) } if *id == self.start && !self.end.failed => {
                let message = message.clone();
                self.event(Event::Failed { message }, handle, printer);
            }
            Event::Failed { .. } => {
                self.end.failed = true;
                self.leave(handle);
            }
            Event::RunStarted(run) => {
                self.end.folder = Some(run.folder.clone());
                self.epochs = run.epochs;
            }
            Event::Restored(past) => {
                past.epochs.iter().for_each(|row| self.count(row));
                self.end.nothing_left = past.epochs.last().map(|row| row.epoch).filter(|done| *done >= self.epochs);
            }
            Event::Epoch(row) => {
                self.count(row);
                self.end.nothing_left = None;
            }
            Event::CheckpointSaved { .. } => self.end.unsaved = false,
            Event::CheckpointFailed { .. } => self.end.unsaved = true,
            Event::Phase(phase @ (Phase::Finished | Phase::Stopped | Phase::Failed)) => {
                self.done |= *phase == Phase::Finished;
                self.end.failed |= *phase == Phase::Failed;
                self.leave(handle);
            }
            _ => {}
        }
        let told = if let Event::Epoch(row) = &event { Some(row.epoch) } else { None };
        printer.tell(News::Event(event));
        if let Some(epoch) = told {
            printer.tell(News::Steps(self.order.epoch_told(epoch), live.snapshot));
        }
    }

    /// What is left to tell once the worker has ended.
    fn last_words(&mut self, handle: &Handle, printer: &Printer) {
        let live = handle.take_live();
        let mut steps = self.order.steps(live.steps);
        steps.extend(self.order.rest());
        printer.tell(News::Steps(steps, live.snapshot));
        if self.done
            && !self.end.unsaved
            && let Some(folder) = self.end.folder.clone()
        {
            printer.tell(News::Done { folder, best_validation_accuracy: self.best });
        }
    }
}
