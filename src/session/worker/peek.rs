//! A look at a few pictures: predicted between two steps, for whoever looks at them.

use super::Worker;
use crate::analysis::Pass;
use crate::metrics::Split;
use crate::session::protocol::Event;

/// Pictures at once: so few that commands and the training hardly wait.
const BATCH: usize = 16;

/// Pictures that a front end wants predicted.
pub(super) struct Peek {
    pass: Pass,
    told: usize,
}

impl Worker {
    /// Takes the place of what was wanted before.
    pub(super) fn predict(&mut self, split: Split, indices: Vec<u32>) -> Result<(), String> {
        let active = self.active.as_ref().ok_or("there are no weights yet: start a run first")?;
        self.peek = Some(Peek { pass: active.trainer.pass_over(split, indices, BATCH), told: 0 });
        Ok(())
    }

    /// Does a few of the pictures that are wanted.
    pub(super) fn advance_peek(&mut self) {
        let (Some(peek), Some(active)) = (&mut self.peek, &self.active) else { return };
        match peek.pass.advance(active.trainer.network()) {
            Ok(last) => {
                let predictions = peek.pass.predictions().from(peek.told);
                peek.told += predictions.len();
                let (split, step) = (peek.pass.split(), active.trainer.step_count());
                if last {
                    self.peek = None;
                }
                if !predictions.is_empty() {
                    self.outbox.say(Event::Predicted { split, step, predictions });
                }
            }
            Err(error) => {
                self.peek = None;
                self.fault(&error.to_string());
            }
        }
    }
}
