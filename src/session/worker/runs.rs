//! A run from its start to its end, and the checkpoints on the way.

use super::{Setup, Worker};
use crate::config::field;
use crate::metrics::{EpochMetrics, Evaluation, StepMetrics};
use crate::run::{Change, Changed, RunState};
use crate::session::active::{Active, Saved};
use crate::session::beginning::{self, Begun, StartError, plan};
use crate::session::protocol::{CommandId, Continuation, Event, Level, Phase, RunInfo, SaveReason, Tuning};
use crate::text::{clock, percent, thousands};
use crate::train::{Progress, TrainError};

impl Worker {
    pub(super) fn start(&mut self) -> Result<(), String> {
        if let Some(order) = self.setup.resume.take() {
            return self.go_on(&order).inspect_err(|_| self.setup.resume = Some(order));
        }
        self.check_idle()?;
        if self.data_is_stale {
            self.load_data();
        }
        let data = self.data_of_new_runs()?;
        let Setup { config, run_dir, weights, .. } = self.setup.clone();
        self.make_ready(|_| beginning::begin(&config, run_dir.as_deref(), weights.as_deref(), data))?;
        if weights.is_some() {
            // From here on the seed alone does not give the run back: what it begins with must be on the disk.
            self.setup.weights = None;
            self.save(vec!["last".into()], SaveReason::Automatic);
            self.finish_saving();
        }
        Ok(())
    }

    /// Goes on with a run that was begun before.
    pub(super) fn go_on(&mut self, order: &Continuation) -> Result<(), String> {
        self.check_idle()?;
        self.make_ready(|worker| beginning::go_on(order, &worker.setup.config, worker.data.as_ref()))
    }

    fn check_idle(&self) -> Result<(), String> {
        let idle = !self.phase.has_running_run() && self.visit.is_none();
        if idle { Ok(()) } else { Err("a run is under way: stop it first".into()) }
    }

    /// Turns to the run that `begin` gives, or to where it was before.
    fn make_ready(&mut self, begin: impl FnOnce(&Self) -> Result<Begun, StartError>) -> Result<(), String> {
        let before = self.phase;
        self.turn(Phase::Loading);
        self.active = None;
        self.peek = None;
        match begin(self) {
            Ok(begun) => {
                self.take_over(begun);
                Ok(())
            }
            Err(error) => {
                let message = error.to_string();
                self.say(Level::Error, &message);
                self.turn(if before == Phase::Idle { Phase::Idle } else { Phase::Stopped });
                Err(message)
            }
        }
    }

    fn take_over(&mut self, begun: Begun) {
        let Begun { mut active, data, past, warnings } = begun;
        if self.setup.sample_layers {
            active.trainer.sample_layers();
        }
        if self.data.as_ref().is_none_or(|open| open.digest != data.digest) {
            let own = self.show_data(&data);
            self.own_data = self.own_data.take().or(own);
        }
        let info = active.info();
        let finished = active.trainer.is_finished();
        let plan = plan(active.trainer.config(), &data);
        self.active = Some(active);
        self.say(Level::Info, &said_of(&info));
        if let Some(past) = &past {
            let (step, epoch) = (thousands(info.resumed_from.unwrap_or(0)), past.epochs.len() + 1);
            self.say(Level::Info, &format!("goes on from step {step} in epoch {epoch}"));
        }
        for warning in &warnings {
            self.say(Level::Warn, warning);
        }
        // The run may be of another net, or cut its pictures otherwise, than the one before it.
        if let Ok(plan) = plan {
            self.outbox.say(Event::Planned(plan));
        }
        self.outbox.say(Event::RunStarted(info));
        if let Some(past) = past {
            self.outbox.say(Event::Restored(Box::new(past)));
        }
        self.turn(if finished { Phase::Finished } else { Phase::Training });
        self.tell_snapshot();
    }

    pub(super) fn advance_training(&mut self) {
        let Some(active) = &mut self.active else { return };
        let (replayed, told) = active.replay();
        for Change { step, changed, .. } in replayed {
            let tuning = match changed {
                Changed::LearningRate(learning_rate) => {
                    self.outbox.say(Event::LearningRate { step, learning_rate });
                    self.say(
                        Level::Info,
                        &format!("learning rate {learning_rate} from step {} on, as before", step + 1),
                    );
                    continue;
                }
                Changed::WeightDecay(decay) => Tuning::WeightDecay(decay),
                Changed::GradientClip(clip) => Tuning::GradientClip(clip),
            };
            self.say(Level::Info, &format!("{tuning} from step {} on, as before", step + 1));
            self.outbox.say(Event::Tuned { step, tuning });
        }
        if let Err(error) = told {
            self.say(Level::Error, &error.to_string());
        }
        let Some(active) = &mut self.active else { return };
        match active.advance() {
            Ok(Progress::Step(step)) => self.after_step(&step),
            Ok(Progress::Validation { .. }) => {}
            Ok(Progress::Epoch(epoch, evaluation)) => self.after_epoch(&epoch, *evaluation),
            Ok(Progress::Finished) => self.turn(Phase::Finished),
            Err(error) => self.end_by_fault(&error),
        }
        self.tell_snapshot();
    }

    pub(super) fn after_step(&mut self, step: &StepMetrics) {
        self.outbox.step(*step);
        let Some(active) = &mut self.active else { return };
        let recorded = active.record_step(step);
        if let Some(sample) = active.trainer.take_sample() {
            active.record_sample(&sample);
            if self.setup.sample_layers {
                self.outbox.sample(sample);
            }
        }
        let due = active.names_due();
        let busy = active.is_saving();
        if let Err(error) = recorded {
            self.say(Level::Error, &error.to_string());
        }
        match due {
            Some(names) if busy => self.hold(names),
            Some(names) => self.save(names, SaveReason::Automatic),
            None => {}
        }
    }

    /// Waits with the training for the writer: every step that the policy names gets its file, and no more than one copy
    /// of the weights waits to be written.
    fn hold(&mut self, names: Vec<String>) {
        let Some(active) = &mut self.active else { return };
        let told = std::mem::replace(&mut active.told_of_waiting, true);
        if !told {
            let line = format!(
                "{} is due while another checkpoint is being written: the training waits for the disk (a larger \
                 checkpoint.every_steps asks less of it)",
                active.step_name()
            );
            self.say(Level::Warn, &line);
        }
        if let Some(active) = &mut self.active {
            active.hold(names);
        }
    }

    /// Saves the step that waited, if the writer is free.
    pub(super) fn save_held(&mut self) {
        if let Some(names) = self.active.as_mut().filter(|active| !active.is_saving()).and_then(Active::take_held) {
            self.save(names, SaveReason::Automatic);
        }
    }

    pub(super) fn after_epoch(&mut self, epoch: &EpochMetrics, evaluation: Evaluation) {
        let Some(active) = &mut self.active else { return };
        active.pace.validation(evaluation.predictions.len(), evaluation.seconds);
        let recorded = active.record_epoch(epoch).and_then(|()| active.record_pass(&evaluation));
        let names = active.names_after_epoch(epoch);
        let finished = active.trainer.is_finished();
        if let Err(error) = recorded {
            self.say(Level::Error, &error.to_string());
        }
        self.say(
            Level::Info,
            &format!(
                "epoch {}: loss {:.4}, accuracy {}; validation {:.4}, {}{}; {}",
                epoch.epoch,
                epoch.train_loss,
                percent(epoch.train_accuracy),
                epoch.validation_loss,
                percent(epoch.validation_accuracy),
                if epoch.best { " (best)" } else { "" },
                clock(epoch.seconds)
            ),
        );
        self.outbox.say(Event::Epoch(*epoch));
        self.outbox.say(Event::Evaluated(evaluation));
        self.save(names, if finished { SaveReason::Final } else { SaveReason::Automatic });
        if finished {
            self.finish(RunState::Finished);
            self.turn(Phase::Finished);
        } else {
            self.report(RunState::Running);
        }
    }

    pub(super) fn end_by_fault(&mut self, error: &TrainError) {
        let sound = self.active.as_ref().is_some_and(|active| active.trainer.network().is_finite().unwrap_or(false));
        if sound {
            self.save(vec!["last".into()], SaveReason::Final);
        } else {
            self.say(Level::Warn, "the weights are not finite numbers: `last` keeps the ones saved before");
        }
        self.finish(RunState::Failed);
        self.turn(Phase::Failed);
        self.fail(error.to_string());
    }

    /// Whether a run is under way, also while an evaluation suspends it.
    pub(super) fn is_running(&self) -> bool {
        self.phase.has_running_run() || self.visit.as_ref().is_some_and(|(_, back)| back.has_running_run())
    }

    /// Ends the run here. `for_good`: a person wants it ended, not just the program.
    pub(super) fn stop(&mut self, for_good: bool) -> Result<(), String> {
        if !self.is_running() {
            return Err("there is no run to stop".into());
        }
        self.visit = None;
        let held = self.active.as_mut().and_then(Active::take_held);
        self.save_as(held.unwrap_or_else(|| vec!["last".into()]), SaveReason::Final, for_good);
        self.finish(if for_good { RunState::Stopped } else { RunState::Left });
        self.say(Level::Info, "stopped");
        self.turn(Phase::Stopped);
        Ok(())
    }

    pub(super) fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), String> {
        if !(learning_rate.is_finite() && learning_rate > 0.0) {
            return Err(format!("a learning rate is a number above 0, not {learning_rate}"));
        }
        let running = self.is_running();
        let active = self.active.as_mut().filter(|_| running).ok_or("there is no run whose rate could be changed")?;
        let changed = active.change_learning_rate(learning_rate);
        let step = active.trainer.step_count();
        if let Err(error) = changed {
            self.say(Level::Error, &error.to_string());
        }
        self.outbox.say(Event::LearningRate { step, learning_rate });
        self.say(Level::Info, &format!("learning rate {learning_rate} from step {} on", step + 1));
        Ok(())
    }

    pub(super) fn tune(&mut self, tuning: Tuning) -> Result<(), String> {
        let running = self.is_running();
        let active = self.active.as_mut().filter(|_| running).ok_or("there is no run that could be changed")?;
        check(tuning, active.trainer.epoch())?;
        let changed = active.tune(tuning);
        let step = active.trainer.step_count();
        if let Err(error) = changed {
            self.say(Level::Error, &error.to_string());
        }
        self.say(Level::Info, &format!("{tuning} from step {} on", step + 1));
        self.outbox.say(Event::Tuned { step, tuning });
        Ok(())
    }

    pub(super) fn leave(&mut self, id: Option<CommandId>) {
        self.download = None;
        if self.stop(false).is_err() {
            // No run to stop; what is being written must still get to the disk.
            self.visit = None;
            self.finish_saving();
        }
        if let Some(id) = id {
            self.outbox.say(Event::Acknowledged { id, outcome: Ok(()) });
        }
    }

    pub(super) fn save_by_hand(&mut self) -> Result<(), String> {
        let active = self.active.as_mut().ok_or("there are no weights yet: start a run first")?;
        let names = active.take_held().unwrap_or_else(|| vec![active.step_name()]);
        self.save(names, SaveReason::Asked);
        Ok(())
    }

    pub(super) fn save(&mut self, names: Vec<String>, reason: SaveReason) {
        self.save_as(names, reason, false);
    }

    fn save_as(&mut self, names: Vec<String>, reason: SaveReason, stopped: bool) {
        if let Some(active) = &mut self.active
            && let Err(error) = active.save(names, reason, stopped)
        {
            let message = format!("could not copy the weights for a checkpoint: {error}");
            self.say(Level::Error, &message);
            self.outbox.say(Event::CheckpointFailed { message });
        }
    }

    /// Waits until all that is being written of the run is on the disk.
    pub(super) fn finish_saving(&mut self) {
        while let Some(saved) = self.active.as_mut().and_then(|active| active.saved(true)) {
            self.tell_saved(saved);
        }
        self.look_after_record(true);
    }

    /// The run ends in this state: all of it is on the disk afterwards.
    fn finish(&mut self, state: RunState) {
        self.report(state);
        self.finish_saving();
    }

    fn report(&mut self, state: RunState) {
        if let Some(active) = &mut self.active {
            active.state = state;
            active.report();
        }
    }

    /// What is drawn and written besides checkpoints; with `wait`, until there is no more of it.
    pub(super) fn look_after_record(&mut self, wait: bool) {
        let faults = self.active.as_mut().map(|active| active.record.look_after(wait));
        for fault in faults.unwrap_or_default() {
            self.say(Level::Error, &fault.to_string());
        }
    }

    pub(super) fn tell_saved(&mut self, saved: Saved) {
        match saved.result {
            Ok(paths) => {
                let names: Vec<_> = paths.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
                let copying = (saved.copying * 1e3).round();
                let line = format!("saved {} at step {}, copied in {copying} ms", names.join(", "), saved.step);
                self.say(Level::Info, &line);
                self.outbox.say(Event::CheckpointSaved { paths, step: saved.step, reason: saved.reason });
            }
            Err(error) => {
                let message = error.to_string();
                self.say(Level::Error, &message);
                self.outbox.say(Event::CheckpointFailed { message });
            }
        }
        if let Some(message) = saved.not_deleted {
            self.say(Level::Warn, &message);
        }
    }
}

/// Whether the setting can have this value, in the epoch that is under way.
fn check(tuning: Tuning, epoch: u32) -> Result<(), String> {
    let (key, value) = tuning.setting();
    if let Tuning::Epochs(epochs) = tuning
        && epochs < epoch
    {
        return Err(format!("this run is in epoch {epoch} already: it can't end after epoch {epochs}"));
    }
    match field(key) {
        Some(field) if field.read(&value.to_string()).is_err() => {
            Err(format!("{key} is {}, not {value}", field.allowed()))
        }
        _ => Ok(()),
    }
}

fn said_of(info: &RunInfo) -> String {
    let RunInfo { name, variant, device, precision, threads, epochs, seed, .. } = info;
    let (parameters, images) = (thousands(info.parameters), thousands(info.train_images as u64));
    let s = if *threads == 1 { "" } else { "s" };
    format!(
        "run {name}: {variant}, {parameters} parameters; {device}, {precision}, {threads} thread{s}; \
         {epochs} epochs of {images} pictures, seed {seed}"
    )
}
