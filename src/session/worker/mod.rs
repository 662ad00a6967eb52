//! The one thread that owns every tensor: turns commands into calls and results into events.

mod archive;
mod data;
mod peek;
mod runs;
mod visits;

use super::active::Active;
use super::archive::Archive;
use super::download::Download;
use super::evaluation::Visit;
use super::handle::{Handle, Outbox, Parts};
use super::log::{Log, Traces};
use super::protocol::{Command, CommandId, Continuation, Event, Level, Phase, Snapshot, Task, TaskProgress};
use crate::config::Config;
use crate::data::Dataset;
use peek::Peek;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
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
    /// Whether to sample what each layer does ([`Live::samples`](super::Live)): a front end that shows it wants to.
    pub sample_layers: bool,
    /// The run that [`Command::Start`] goes on with, the first time; `None`: it begins a new one.
    pub resume: Option<Continuation>,
    /// Weights that the first new run begins with, whoever wrote them; `None`: drawn from the seed.
    pub weights: Option<PathBuf>,
    /// Whether to look for a run that did not end ([`Event::Offered`]).
    pub offer_runs: bool,
}

impl Setup {
    /// What a script needs: a new run, nothing sampled, nothing offered.
    pub fn new(config: Config) -> Self {
        Self { config, run_dir: None, sample_layers: false, resume: None, weights: None, offer_runs: false }
    }
}

/// Starts the worker. It reads the data at once ([`Event::DataReady`]) and then waits for commands.
pub fn open(setup: Setup) -> std::io::Result<Handle> {
    Handle::spawn(move |parts| {
        let Parts { commands, outbox } = parts;
        let log = Log::open(&setup.config.paths.state);
        let traces = Traces::default();
        let _listening = traces.listen();
        let mut worker = Worker {
            setup,
            outbox,
            log,
            traces,
            data: None,
            own_data: None,
            data_is_stale: false,
            phase: Phase::Idle,
            active: None,
            visit: None,
            peek: None,
            download: None,
            archive: None,
            snapshot: Snapshot::default(),
        };
        // A fault of our own must neither take the terminal down nor leave a front end waiting.
        if catch_unwind(AssertUnwindSafe(|| worker.work(&commands))).is_err() {
            worker.fail("the worker met a fault of the program itself; the last saved checkpoint is good".into());
        }
        let Worker { mut outbox, active, download, archive, visit, peek, .. } = worker;
        drop((active, download, archive, visit, peek));
        outbox.say(Event::Ended);
        outbox.finish();
    })
}

struct Worker {
    setup: Setup,
    outbox: Outbox,
    log: Log,
    traces: Traces,
    /// What is open: the data of new runs, or of the run that was gone on with.
    data: Option<Arc<Dataset>>,
    /// The data of new runs, while it is not what is open.
    own_data: Option<Arc<Dataset>>,
    /// Whether the configuration names other data than was read for new runs.
    data_is_stale: bool,
    phase: Phase,
    active: Option<Active>,
    visit: Option<(Visit, Phase)>,
    peek: Option<Peek>,
    download: Option<Download>,
    /// Reads and deletes runs, once that was asked for.
    archive: Option<Archive>,
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
            self.advance_peek();
            if self.visit.is_some() {
                self.advance_visit();
            } else if self.phase == Phase::Training && !self.waits_for_the_disk() {
                self.advance_training();
            }
        }
    }

    fn waits_for_the_disk(&self) -> bool {
        self.active.as_ref().is_some_and(Active::is_held)
    }

    /// The next command if one is there; waits for one while there is nothing to do. Breaks when the front end is gone.
    fn next_command(
        &mut self,
        commands: &Receiver<(CommandId, Command)>,
    ) -> ControlFlow<(), Option<(CommandId, Command)>> {
        self.outbox.flush();
        let trains = self.phase == Phase::Training && !self.waits_for_the_disk();
        if self.visit.is_some() || self.peek.is_some() || trains {
            return match commands.try_recv() {
                Ok(command) => ControlFlow::Continue(Some(command)),
                Err(TryRecvError::Empty) => ControlFlow::Continue(None),
                Err(TryRecvError::Disconnected) => ControlFlow::Break(()),
            };
        }
        let elsewhere = self.download.is_some()
            || self.archive.as_ref().is_some_and(Archive::is_busy)
            || self.active.as_ref().is_some_and(Active::is_busy)
            || self.outbox.is_behind();
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
            Command::Continue(order) => self.go_on(&order),
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
                if let Some(active) = self.active.as_mut().filter(|_| self.setup.sample_layers) {
                    active.trainer.sample_next_step();
                }
                if self.waits_for_the_disk() {
                    self.finish_saving();
                    self.save_held();
                }
                self.advance_training();
                Ok(())
            }
            Command::Step => Err("a single step is done while paused: pause first".into()),
            Command::Stop => self.stop(true),
            Command::Save => self.save_by_hand(),
            Command::Evaluate { split, checkpoint } => self.evaluate(split, checkpoint.as_deref()),
            Command::Predict { split, indices } => self.predict(split, indices),
            Command::Cancel => self.cancel(),
            Command::SetLearningRate(rate) => self.set_learning_rate(rate),
            Command::Tune(tuning) => self.tune(tuning),
            Command::Configure(config) => self.configure(*config),
            Command::FetchData => self.fetch_data(),
            Command::ListRuns => self.list_runs(),
            Command::ReadRun(folder) => self.read_run(folder),
            Command::DeleteRun(folder) => self.delete_run(folder),
            Command::Leave => Ok(()),
        }
    }

    /// What goes on elsewhere: checkpoints being written, a download.
    fn look_after(&mut self) {
        let mut changed = false;
        for (level, message) in self.traces.take() {
            self.say(level, &message);
        }
        while let Some(saved) = self.active.as_mut().and_then(|active| active.saved(false)) {
            self.tell_saved(saved);
            changed = true;
        }
        self.save_held();
        self.look_after_record(false);
        self.look_after_archive();
        if let Some(download) = &self.download {
            changed = true;
            if let Some(result) = download.poll() {
                self.download = None;
                match result {
                    Ok(()) => self.load_data(),
                    Err(error) => self.fault(&error),
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
