//! The one thread that owns every tensor: turns commands into calls and results into events.

use super::active::{Active, Saved, plan};
use super::download::Download;
use super::evaluation::Visit;
use super::handle::{Handle, Outbox, Parts};
use super::log::Log;
use super::protocol::{Command, CommandId, DataSummary, Event, Level, Phase, SaveReason, Snapshot, Task, TaskProgress};
use crate::config::Config;
use crate::data::{self, Dataset, FetchOptions};
use crate::metrics::{EpochMetrics, Evaluation, Split, StepMetrics};
use crate::train::{Progress, TrainError};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

/// How often something that goes on elsewhere (a checkpoint, a download) is looked after while there is nothing else
/// to do.
const LOOK_AFTER: Duration = Duration::from_millis(50);

/// What a session is opened with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The resolved configuration.
    pub config: Config,
    /// The run's own folder; `None`: a new one under `config.paths.runs`, named by the program.
    pub run_dir: Option<PathBuf>,
}

/// Starts the worker. It reads the data at once ([`Event::DataReady`]) and then waits for commands.
pub fn open(setup: Setup) -> std::io::Result<Handle> {
    Handle::spawn(move |parts| {
        let Parts { commands, outbox } = parts;
        let log = Log::open(&setup.config.paths.state);
        let mut worker = Worker {
            setup,
            outbox,
            log,
            data: None,
            phase: Phase::Idle,
            active: None,
            visit: None,
            download: None,
            snapshot: Snapshot::default(),
        };
        // A fault of our own must neither take the terminal down nor leave a front end waiting.
        if catch_unwind(AssertUnwindSafe(|| worker.work(&commands))).is_err() {
            worker.fail("the worker met a fault of the program itself; the last saved checkpoint is good".into());
        }
        let Worker { mut outbox, active, download, visit, .. } = worker;
        drop((active, download, visit));
        outbox.say(Event::Ended);
        outbox.finish();
    })
}

struct Worker {
    setup: Setup,
    outbox: Outbox,
    log: Log,
    data: Option<Arc<Dataset>>,
    phase: Phase,
    active: Option<Active>,
    visit: Option<(Visit, Phase)>,
    download: Option<Download>,
    snapshot: Snapshot,
}

impl Worker {
    fn work(&mut self, commands: &Receiver<(CommandId, Command)>) {
        self.load_data();
        loop {
            match self.next_command(commands) {
                ControlFlow::Break(()) => return self.leave(None),
                ControlFlow::Continue(Some((id, Command::Leave))) => return self.leave(Some(id)),
                ControlFlow::Continue(Some((id, command))) => {
                    let outcome = self.obey(command);
                    self.outbox.say(Event::Acknowledged { id, outcome });
                    self.tell_snapshot();
                    continue;
                }
                ControlFlow::Continue(None) => {}
            }
            self.look_after();
            if self.visit.is_some() {
                self.advance_visit();
            } else if self.phase == Phase::Training {
                self.advance_training();
            }
        }
    }

    /// The next command if one is there; waits for one while there is nothing to do. Breaks when the front end is gone.
    fn next_command(
        &mut self,
        commands: &Receiver<(CommandId, Command)>,
    ) -> ControlFlow<(), Option<(CommandId, Command)>> {
        self.outbox.flush();
        if self.visit.is_some() || self.phase == Phase::Training {
            return match commands.try_recv() {
                Ok(command) => ControlFlow::Continue(Some(command)),
                Err(TryRecvError::Empty) => ControlFlow::Continue(None),
                Err(TryRecvError::Disconnected) => ControlFlow::Break(()),
            };
        }
        let elsewhere =
            self.download.is_some() || self.active.as_ref().is_some_and(Active::is_saving) || self.outbox.is_behind();
        if elsewhere {
            return match commands.recv_timeout(LOOK_AFTER) {
                Ok(command) => ControlFlow::Continue(Some(command)),
                Err(RecvTimeoutError::Timeout) => ControlFlow::Continue(None),
                Err(RecvTimeoutError::Disconnected) => ControlFlow::Break(()),
            };
        }
        commands.recv().map_or(ControlFlow::Break(()), |command| ControlFlow::Continue(Some(command)))
    }

    fn obey(&mut self, command: Command) -> Result<(), String> {
        match command {
            Command::Start => self.start(),
            Command::Pause => match (self.phase, &mut self.visit) {
                (Phase::Training, _) => {
                    self.turn(Phase::Paused);
                    Ok(())
                }
                (Phase::Evaluating, Some((_, back @ Phase::Training))) => {
                    *back = Phase::Paused;
                    Ok(())
                }
                _ => Err("there is no training to pause".into()),
            },
            Command::Resume => match (self.phase, &mut self.visit) {
                (Phase::Paused, _) => {
                    self.turn(Phase::Training);
                    Ok(())
                }
                (Phase::Evaluating, Some((_, back @ Phase::Paused))) => {
                    *back = Phase::Training;
                    Ok(())
                }
                _ => Err("the training is not paused".into()),
            },
            Command::Step if self.phase == Phase::Paused => {
                self.advance_training();
                Ok(())
            }
            Command::Step => Err("a single step is done while paused: pause first".into()),
            Command::Stop => self.stop(),
            Command::Save => self.save_by_hand(),
            Command::Evaluate { split, checkpoint } => self.evaluate(split, checkpoint.as_deref()),
            Command::Cancel => self.cancel(),
            Command::SetLearningRate(rate) => self.set_learning_rate(rate),
            Command::FetchData => self.fetch_data(),
            Command::Leave => Ok(()),
        }
    }

    // ---- data

    fn load_data(&mut self) {
        self.turn(Phase::Loading);
        match data::load(&self.setup.config.data.source, &self.setup.config.paths.data) {
            Ok(dataset) => {
                self.outbox.say(Event::DataReady(summary(&dataset)));
                let place = dataset
                    .folder
                    .as_ref()
                    .map_or("the sample inside the program".into(), |folder| folder.display().to_string());
                let (train, test) = (dataset.train.len(), dataset.test.len());
                self.say(Level::Info, &format!("data: {train} + {test} pictures from {place}"));
                if let Some(note) = &dataset.note {
                    self.say(Level::Warn, note);
                }
                match plan(&self.setup.config, &dataset) {
                    Ok(plan) => self.outbox.say(Event::Planned(plan)),
                    Err(error) => self.fault(&error.to_string()),
                }
                self.data = Some(Arc::new(dataset));
            }
            Err(error) => self.fault(&error.to_string()),
        }
        self.turn(Phase::Idle);
    }

    fn data(&self) -> Result<Arc<Dataset>, String> {
        self.data
            .clone()
            .ok_or_else(|| "there is no data: see the message above, mend it, and open the program again".into())
    }

    fn fetch_data(&mut self) -> Result<(), String> {
        if self.download.is_some() {
            return Err("the download is under way".into());
        }
        if self.phase.has_running_run() || self.visit.is_some() {
            return Err("a run is using the sample: stop it first, then download".into());
        }
        if self.data.as_ref().is_some_and(|data| data.folder.is_some()) {
            return Err("a full data set is in use already".into());
        }
        let options = FetchOptions::new(&self.setup.config.paths.data);
        let download = Download::start(options).map_err(|error| format!("could not start the download: {error}"))?;
        self.download = Some(download);
        self.say(Level::Info, "downloading Fashion-MNIST");
        Ok(())
    }

    // ---- runs

    fn start(&mut self) -> Result<(), String> {
        if self.phase.has_running_run() || self.visit.is_some() {
            return Err("a run is under way: stop it first".into());
        }
        let data = self.data()?;
        let before = self.phase;
        self.turn(Phase::Loading);
        self.active = None;
        match Active::begin(&self.setup.config, self.setup.run_dir.as_deref(), &data) {
            Ok(active) => {
                let info = active.info();
                self.active = Some(active);
                self.say(
                    Level::Info,
                    &format!(
                        "run {}: {}, {} parameters, {} {} {} thread(s), {} epochs of {} pictures, seed {}",
                        info.name,
                        info.variant,
                        info.parameters,
                        info.device,
                        info.precision,
                        info.threads,
                        info.epochs,
                        info.train_images,
                        info.seed
                    ),
                );
                if let Some(note) = data.note.clone() {
                    self.say(Level::Warn, &note);
                }
                self.outbox.say(Event::RunStarted(info));
                self.turn(Phase::Training);
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

    fn advance_training(&mut self) {
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

    fn after_step(&mut self, step: &StepMetrics) {
        self.outbox.step(*step);
        let Some(active) = &mut self.active else { return };
        let recorded = active.record_step(step);
        let due = active.names_due();
        let busy = active.is_saving();
        if let Err(error) = recorded {
            self.say(Level::Error, &error.to_string());
        }
        match due {
            Some(names) if busy => {
                self.say(Level::Warn, &format!("skipped saving {}: another is being written", names.join(", ")));
            }
            Some(names) => self.save(names, SaveReason::Automatic),
            None => {}
        }
    }

    fn after_epoch(&mut self, epoch: &EpochMetrics, evaluation: Evaluation) {
        let Some(active) = &mut self.active else { return };
        active.pace.validation(evaluation.predictions.len(), evaluation.seconds);
        let recorded = active.record_epoch(epoch);
        let names = active.names_after_epoch(epoch);
        let finished = active.trainer.is_finished();
        if let Err(error) = recorded {
            self.say(Level::Error, &error.to_string());
        }
        self.say(
            Level::Info,
            &format!(
                "epoch {}: loss {:.4}, accuracy {:.4}; validation loss {:.4}, accuracy {:.4}{}; {:.1} s",
                epoch.epoch,
                epoch.train_loss,
                epoch.train_accuracy,
                epoch.validation_loss,
                epoch.validation_accuracy,
                if epoch.best { " (best)" } else { "" },
                epoch.seconds
            ),
        );
        self.outbox.say(Event::Epoch(*epoch));
        self.outbox.say(Event::Evaluated(evaluation));
        self.save(names, if finished { SaveReason::Final } else { SaveReason::Automatic });
        if finished {
            self.finish_saving();
            self.turn(Phase::Finished);
        }
    }

    fn end_by_fault(&mut self, error: &TrainError) {
        let sound = self.active.as_ref().is_some_and(|active| active.trainer.network().is_finite().unwrap_or(false));
        if sound {
            self.save(vec!["last".into()], SaveReason::Final);
        } else {
            self.say(Level::Warn, "the weights are not finite numbers: `last` keeps the ones saved before");
        }
        self.finish_saving();
        self.turn(Phase::Failed);
        self.fail(error.to_string());
    }

    fn stop(&mut self) -> Result<(), String> {
        let running =
            self.phase.has_running_run() || self.visit.as_ref().is_some_and(|(_, back)| back.has_running_run());
        if !running {
            return Err("there is no run to stop".into());
        }
        self.visit = None;
        self.save(vec!["last".into()], SaveReason::Final);
        self.finish_saving();
        self.say(Level::Info, "stopped");
        self.turn(Phase::Stopped);
        Ok(())
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), String> {
        if !(learning_rate.is_finite() && learning_rate > 0.0) {
            return Err(format!("a learning rate is a number above 0, not {learning_rate}"));
        }
        let active = self.active.as_mut().filter(|active| !active.trainer.is_finished());
        let active = active.ok_or("there is no run whose rate could be changed")?;
        active.trainer.set_learning_rate(learning_rate);
        let step = active.trainer.step_count();
        self.outbox.say(Event::LearningRate { step, learning_rate });
        self.say(Level::Info, &format!("learning rate {learning_rate} from step {} on", step + 1));
        Ok(())
    }

    fn leave(&mut self, id: Option<CommandId>) {
        self.download = None;
        let outcome = match self.stop() {
            Ok(()) => Ok(()),
            Err(_) => {
                self.visit = None;
                self.finish_saving();
                Ok(())
            }
        };
        if let Some(id) = id {
            self.outbox.say(Event::Acknowledged { id, outcome });
        }
    }

    // ---- checkpoints

    fn save_by_hand(&mut self) -> Result<(), String> {
        let active = self.active.as_ref().ok_or("there are no weights yet: start a run first")?;
        let name = active.step_name();
        self.save(vec![name], SaveReason::Asked);
        Ok(())
    }

    fn save(&mut self, names: Vec<String>, reason: SaveReason) {
        if let Some(active) = &mut self.active
            && let Err(error) = active.save(names, reason)
        {
            let message = format!("could not copy the weights for a checkpoint: {error}");
            self.say(Level::Error, &message);
            self.outbox.say(Event::CheckpointFailed { message });
        }
    }

    fn finish_saving(&mut self) {
        while let Some(saved) = self.active.as_mut().and_then(|active| active.saved(true)) {
            self.tell_saved(saved);
        }
    }

    fn tell_saved(&mut self, saved: Saved) {
        match saved.result {
            Ok(paths) => {
                let names: Vec<_> = paths.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
                self.say(Level::Info, &format!("saved {} at step {}", names.join(", "), saved.step));
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

    // ---- evaluation

    fn evaluate(&mut self, split: Split, checkpoint: Option<&Path>) -> Result<(), String> {
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

    fn advance_visit(&mut self) {
        let Some((visit, _)) = &mut self.visit else { return };
        match visit.advance(self.active.as_ref().map(|active| &active.trainer)) {
            Ok(false) => {}
            Ok(true) => {
                if let Some((visit, back)) = self.visit.take() {
                    let names = self.data.as_ref().map_or(&[][..], |data| &data.class_names);
                    let evaluation = visit.finish(names);
                    let (loss, accuracy) = (evaluation.loss, evaluation.accuracy());
                    let line = format!("{}: loss {loss:.4}, accuracy {accuracy:.4}", evaluation.split);
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

    fn cancel(&mut self) -> Result<(), String> {
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

    // ---- telling

    /// What goes on elsewhere: checkpoints being written, a download.
    fn look_after(&mut self) {
        let mut changed = false;
        while let Some(saved) = self.active.as_mut().and_then(|active| active.saved(false)) {
            self.tell_saved(saved);
            changed = true;
        }
        if let Some(download) = &self.download {
            changed = true;
            if let Some(result) = download.poll() {
                self.download = None;
                match result {
                    Some(Ok(())) => self.load_data(),
                    Some(Err(error)) => self.fault(&error.to_string()),
                    None => self.fault("the download ended without a result"),
                }
            }
        }
        if changed {
            self.tell_snapshot();
        }
    }

    fn tell_snapshot(&mut self) {
        let mut snapshot = self.active.as_ref().map(Active::snapshot).unwrap_or_default();
        if let Some((visit, _)) = &self.visit {
            let (done, total) = visit.progress();
            let task = Task::Evaluation(visit.split());
            snapshot.task = Some(TaskProgress { task, done: done as u64, total: total as u64 });
        } else if let Some(download) = &self.download {
            let (done, total) = download.progress();
            snapshot.task = Some(TaskProgress { task: Task::Download, done, total });
        }
        if snapshot != self.snapshot {
            self.snapshot.clone_from(&snapshot);
            self.outbox.snapshot(snapshot);
        }
    }

    fn turn(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.outbox.say(Event::Phase(phase));
        }
    }

    fn say(&mut self, level: Level, message: &str) {
        let run = self.active.as_mut().map(|active| &mut active.folder);
        self.log.say(&mut self.outbox, run, level, message);
    }

    /// Work that was asked for failed; what else goes on, goes on.
    fn fault(&mut self, message: &str) {
        self.say(Level::Error, message);
        self.outbox.say(Event::Failed { message: message.into() });
    }

    /// The run failed.
    fn fail(&mut self, message: String) {
        self.say(Level::Error, &message);
        self.turn(Phase::Failed);
        self.outbox.say(Event::Failed { message });
    }
}

fn summary(dataset: &Dataset) -> DataSummary {
    DataSummary {
        folder: dataset.folder.clone(),
        train_images: dataset.train.len(),
        test_images: dataset.test.len(),
        class_names: dataset.class_names.clone(),
        note: dataset.note.clone(),
    }
}
