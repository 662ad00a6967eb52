//! Passes over a split that suspend the training, and what ends them early.

use super::Worker;
use crate::metrics::Split;
use crate::session::evaluation::Visit;
use crate::session::protocol::{Event, Level, Phase};
use crate::text::percent;
use std::path::Path;

impl Worker {
    pub(super) fn evaluate(&mut self, split: Split, checkpoint: Option<&Path>) -> Result<(), String> {
        if self.visit.is_some() {
            return Err("an evaluation is under way; it can be cancelled".into());
        }
        let data = self.data()?;
        let visit = match (checkpoint, &self.active) {
            (Some(path), _) => {
                let (visit, warning) =
                    Visit::of_checkpoint(path, split, &self.setup.config, &data).map_err(|error| error.to_string())?;
                if let Some(warning) = warning {
                    self.say(Level::Warn, &warning);
                }
                visit
            }
            (None, Some(active)) => Visit::of_run(&active.trainer, split),
            (None, None) => return Err("there are no weights yet: start a run first".into()),
        };
        self.visit = Some((visit, self.phase));
        self.turn(Phase::Evaluating);
        Ok(())
    }

    pub(super) fn advance_visit(&mut self) {
        let Some((visit, _)) = &mut self.visit else { return };
        match visit.advance(self.active.as_ref().map(|active| &active.trainer)) {
            Ok(false) => {}
            Ok(true) => {
                if let Some((visit, back)) = self.visit.take() {
                    let names = self.data.as_ref().map_or(&[][..], |data| &data.class_names);
                    let own = self.active.as_mut().filter(|_| visit.is_of_run());
                    let evaluation = visit.finish(names);
                    let recorded = own.map(|active| {
                        let recorded = active.record_pass(&evaluation);
                        active.report();
                        recorded
                    });
                    if let Some(Err(error)) = recorded {
                        self.say(Level::Error, &error.to_string());
                    }
                    let (loss, accuracy) = (evaluation.loss, evaluation.accuracy());
                    let line = format!("{}: loss {loss:.4}, accuracy {}", evaluation.split, percent(accuracy));
                    self.say(Level::Info, &line);
                    self.outbox.say(Event::Evaluated(evaluation));
                    self.turn(back);
                }
            }
            Err(error) => {
                if let Some((_, back)) = self.visit.take() {
                    self.turn(back);
                }
                self.fault(&error.to_string());
            }
        }
        self.tell_snapshot();
    }

    pub(super) fn cancel(&mut self) -> Result<(), String> {
        if let Some((visit, back)) = self.visit.take() {
            self.say(Level::Info, &format!("evaluation on {} cancelled", visit.split()));
            self.turn(back);
            return Ok(());
        }
        if self.download.take().is_some() {
            self.say(Level::Info, "download cancelled; what came so far is kept for the next try");
            return Ok(());
        }
        Err("there is nothing to cancel".into())
    }
}
