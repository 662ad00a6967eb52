//! The two ends of a session: what a front end holds, and what the worker says things through.

use super::protocol::{Command, CommandId, Event, Live, Snapshot};
use crate::metrics::{NetSample, StepMetrics};
use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc as commands;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{Notify, mpsc};

/// Events that a front end may be behind before the worker begins to hold them back on its own side.
const EVENTS: usize = 256;
/// Sampled steps that wait for a front end at the most.
const SAMPLES: usize = 64;

#[derive(Default)]
struct Shared {
    live: Mutex<Live>,
    changed: Notify,
}

impl Shared {
    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a front end holds. Dropping it asks the worker to leave and waits for it: a thread inside libtorch must not
/// outlive `main`.
pub struct Handle {
    commands: commands::Sender<(CommandId, Command)>,
    next_id: AtomicU64,
    events: mpsc::Receiver<Event>,
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

/// What the worker's side of a session is made of.
pub struct Parts {
    /// Commands in the order they were sent; closed when the front end is gone.
    pub commands: commands::Receiver<(CommandId, Command)>,
    /// What the worker says things through.
    pub outbox: Outbox,
}

impl Handle {
    /// Both ends of a session without a worker: whoever holds the [`Parts`] is one.
    pub fn pair() -> (Self, Parts) {
        let (commands, received) = commands::channel();
        let (sender, events) = mpsc::channel(EVENTS);
        let shared = Arc::new(Shared::default());
        let handle = Self { commands, next_id: AtomicU64::new(1), events, shared: Arc::clone(&shared), worker: None };
        (handle, Parts { commands: received, outbox: Outbox { events: sender, held: VecDeque::new(), shared } })
    }

    /// A session whose worker is a thread that runs `work`.
    pub fn spawn(work: impl FnOnce(Parts) + Send + 'static) -> std::io::Result<Self> {
        let (mut handle, parts) = Self::pair();
        handle.worker = Some(std::thread::Builder::new().name("worker".into()).spawn(move || work(parts))?);
        Ok(handle)
    }

    /// Sends a command; never blocks. Its answer is the [`Event::Acknowledged`] with this id.
    pub fn send(&self, command: Command) -> CommandId {
        let id = CommandId(self.next_id.fetch_add(1, Ordering::Relaxed));
        // A worker that has ended has said so with `Event::Ended`; there is no one left to tell.
        let _ = self.commands.send((id, command));
        id
    }

    /// The next event if one is there already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Takes the steps and samples since the last call, and a copy of the snapshot.
    pub fn take_live(&self) -> Live {
        let mut live = self.shared.live();
        Live {
            steps: mem::take(&mut live.steps),
            samples: mem::take(&mut live.samples),
            snapshot: live.snapshot.clone(),
        }
    }

    /// Waits for whatever comes first: an event, new live numbers, or the end.
    pub async fn next_or_live(&mut self) -> Update {
        tokio::select! {
            biased;
            event = self.events.recv() => event.map_or(Update::Gone, Update::Event),
            () = self.shared.changed.notified() => Update::Live,
        }
    }
}

/// What [`Handle::next_or_live`] woke for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "made and taken apart at once; never kept")]
pub enum Update {
    /// Something happened.
    Event(Event),
    /// There are new live numbers to take.
    Live,
    /// The worker is gone.
    Gone,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            self.send(Command::Leave);
            // With the receiver closed, nothing that the worker still has to say can hold it.
            self.events.close();
            let _ = worker.join();
        }
    }
}

/// What the worker says things through. Saying never blocks: events that find the channel full are held here, in order.
pub struct Outbox {
    events: mpsc::Sender<Event>,
    held: VecDeque<Event>,
    shared: Arc<Shared>,
}

impl Outbox {
    /// Says that something happened.
    pub fn say(&mut self, event: Event) {
        self.held.push_back(event);
        self.flush();
    }

    /// Sends what is held back, as far as there is room.
    pub fn flush(&mut self) {
        while let Some(event) = self.held.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.held.push_front(event);
                    return;
                }
                Err(mpsc::error::TrySendError::Closed(_)) => {
                    self.held.clear();
                    return;
                }
            }
        }
    }

    /// Whether events are held back.
    pub fn is_behind(&self) -> bool {
        !self.held.is_empty()
    }

    /// Sends the last of what is held back, waiting for room; ends early when the front end is gone.
    pub fn finish(mut self) {
        while let Some(event) = self.held.pop_front() {
            if self.events.blocking_send(event).is_err() {
                return;
            }
        }
    }

    /// Adds a step to the live numbers. A front end that is slow finds them all at its next taking.
    pub fn step(&mut self, step: StepMetrics) {
        self.shared.live().steps.push(step);
        self.shared.changed.notify_one();
    }

    /// Adds a sampled step to the live numbers. Of those that nobody takes, the newest are kept.
    pub fn sample(&mut self, sample: NetSample) {
        let mut live = self.shared.live();
        if live.samples.len() == SAMPLES {
            live.samples.remove(0);
        }
        live.samples.push(sample);
        drop(live);
        self.shared.changed.notify_one();
    }

    /// Replaces the snapshot.
    pub fn snapshot(&mut self, snapshot: Snapshot) {
        self.shared.live().snapshot = snapshot;
        self.shared.changed.notify_one();
    }
}
