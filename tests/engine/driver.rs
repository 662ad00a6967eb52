//! The real engine on the tiny net and the sample, driven as a front end drives it.

use alexnet_tui::checkpoint;
use alexnet_tui::config::{Config, DataSource, Layers, Places, Variant};
use alexnet_tui::metrics::{EpochMetrics, Evaluation, NetSample, Split, StepMetrics};
use alexnet_tui::session::{self, Command, CommandId, Event, Handle, Phase, Setup, Snapshot, Update};
use std::path::{Path, PathBuf};
use tokio::runtime::{Builder, Runtime};

/// The built-in configuration, made small, with every place inside `folder`.
pub fn config(folder: &Path) -> Config {
    let places = Places {
        user_file: folder.join("none.toml"),
        home: folder.into(),
        working: folder.into(),
        data: folder.join("data"),
        runs: folder.join("runs"),
        state: folder.join("state"),
    };
    let mut config = Layers::new(places).load().unwrap().config;
    config.data.source = DataSource::Sample;
    config.data.limit_train = 160;
    config.data.limit_validation = 96;
    config.model.variant = Variant::Tiny;
    config.training.epochs = 2;
    config.compute.threads = 1;
    config
}

/// A session and everything it has said.
pub struct Engine {
    handle: Handle,
    runtime: Runtime,
    pub events: Vec<Event>,
    pub steps: Vec<StepMetrics>,
    pub samples: Vec<NetSample>,
    pub snapshot: Snapshot,
}

impl Engine {
    pub fn open(config: Config, run_dir: Option<PathBuf>) -> Self {
        Self::open_with(Setup { run_dir, ..Setup::new(config) })
    }

    pub fn open_with(setup: Setup) -> Self {
        Self {
            handle: session::open(setup).unwrap(),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            events: Vec::new(),
            steps: Vec::new(),
            samples: Vec::new(),
            snapshot: Snapshot::default(),
        }
    }

    /// Waits for the next event or for live numbers; keeps what came. False once the worker is gone.
    fn turn(&mut self) -> bool {
        let update = self.runtime.block_on(self.handle.next_or_live());
        let live = self.handle.take_live();
        self.steps.extend(live.steps);
        self.samples.extend(live.samples);
        self.snapshot = live.snapshot;
        match update {
            Update::Event(event) => self.events.push(event),
            Update::Live => {}
            Update::Gone => return false,
        }
        true
    }

    /// Waits until `done` finds what it looks for.
    pub fn until<T>(&mut self, what: &str, mut done: impl FnMut(&Self) -> Option<T>) -> T {
        loop {
            if let Some(found) = done(self) {
                return found;
            }
            assert!(self.turn(), "the worker ended before {what}: {:#?}", self.events);
        }
    }

    /// Sends a command and waits for its answer.
    pub fn ask(&mut self, command: Command) -> Result<(), String> {
        let id = self.handle.send(command);
        self.answer(id)
    }

    fn answer(&mut self, id: CommandId) -> Result<(), String> {
        self.until("the answer", |engine| {
            engine.events.iter().find_map(|event| match event {
                Event::Acknowledged { id: answered, outcome } if *answered == id => Some(outcome.clone()),
                _ => None,
            })
        })
    }

    /// Sends two commands that wait for the worker together: it takes what waits before it does a step, so that none is
    /// done between them.
    pub fn ask_together(&mut self, commands: [Command; 2]) {
        for id in commands.map(|command| self.handle.send(command)) {
            self.answer(id).unwrap();
        }
    }

    /// Starts a run, or goes on with one, and pauses it before its first step.
    pub fn begin_paused(&mut self, begin: Command) {
        self.ask_together([begin, Command::Pause]);
    }

    /// Does steps of a paused run one by one until so many are done.
    pub fn step_to(&mut self, step: u64) {
        while self.snapshot.step < step {
            self.ask(Command::Step).unwrap();
        }
        assert_eq!(self.snapshot.step, step);
    }

    /// Waits until the last phase said is this one.
    pub fn until_phase(&mut self, phase: Phase) {
        self.until(&phase.to_string(), |engine| (engine.phase() == Some(phase)).then_some(()));
    }

    pub fn until_step(&mut self, step: u64) {
        self.until("the step", |engine| engine.steps.last().is_some_and(|last| last.step >= step).then_some(()));
    }

    pub fn phase(&self) -> Option<Phase> {
        self.events.iter().rev().find_map(|event| match event {
            Event::Phase(phase) => Some(*phase),
            _ => None,
        })
    }

    pub fn epochs(&self) -> Vec<EpochMetrics> {
        let epochs = self.events.iter().filter_map(|event| match event {
            Event::Epoch(epoch) => Some(*epoch),
            _ => None,
        });
        epochs.collect()
    }

    pub fn run_folder(&self) -> PathBuf {
        let started = self.events.iter().rev().find_map(|event| match event {
            Event::RunStarted(info) => Some(info.folder.clone()),
            _ => None,
        });
        started.expect("a run")
    }

    pub fn checkpoint(&self, name: &str) -> PathBuf {
        self.run_folder().join("checkpoints").join(format!("{name}.safetensors"))
    }

    pub fn messages(&self) -> Vec<String> {
        let messages = self.events.iter().filter_map(|event| match event {
            Event::Failed { message } => Some(message.clone()),
            _ => None,
        });
        messages.collect()
    }

    /// Evaluates and waits for the result.
    pub fn evaluate(&mut self, split: Split, checkpoint: Option<PathBuf>) -> Evaluation {
        let before = self.events.len();
        self.ask(Command::Evaluate { split, checkpoint }).unwrap();
        self.until("the evaluation", |engine| {
            engine.events[before..].iter().find_map(|event| match event {
                Event::Evaluated(evaluation) if evaluation.split == split => Some(evaluation.clone()),
                _ => None,
            })
        })
    }

    /// Leaves, and waits for the worker to be gone.
    pub fn leave(&mut self) {
        self.ask(Command::Leave).unwrap();
        while self.turn() {}
        assert_eq!(self.events.last(), Some(&Event::Ended));
    }
}

/// A whole run, from start to finish.
pub fn finished(config: Config) -> Engine {
    let mut engine = Engine::open(config, None);
    engine.ask(Command::Start).unwrap();
    engine.until_phase(Phase::Finished);
    engine
}

/// Every tensor of a checkpoint, by name.
pub fn tensors(engine: &Engine, name: &str) -> Vec<(String, Vec<u8>)> {
    let contents = checkpoint::read(&engine.checkpoint(name), |_| true).unwrap();
    let mut tensors: Vec<_> = contents.tensors.into_iter().map(|tensor| (tensor.name, tensor.bytes)).collect();
    tensors.sort();
    tensors
}

/// The file names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
