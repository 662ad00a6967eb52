//! The full data set fetched on a thread of its own, while the worker goes on listening.

use crate::data::{self, FetchError, FetchOptions};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

#[derive(Default)]
struct Shared {
    done: AtomicU64,
    total: AtomicU64,
    cancel: AtomicBool,
}

/// A download under way. Dropping it cancels it and waits for its thread.
pub(super) struct Download {
    shared: Arc<Shared>,
    result: mpsc::Receiver<Result<(), FetchError>>,
    thread: Option<JoinHandle<()>>,
}

impl Download {
    pub(super) fn start(options: FetchOptions) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (sender, result) = mpsc::channel();
        let seen = Arc::clone(&shared);
        let listener = tracing::dispatcher::get_default(Clone::clone);
        let thread = std::thread::Builder::new().name("download".into()).spawn(move || {
            let mut progress = |done, total| {
                seen.done.store(done, Ordering::Relaxed);
                seen.total.store(total, Ordering::Relaxed);
            };
            let fetch = || data::fetch(&options, &mut progress, &seen.cancel);
            let _ = sender.send(tracing::dispatcher::with_default(&listener, fetch));
        })?;
        Ok(Self { shared, result, thread: Some(thread) })
    }

    /// Bytes done, and in all (0 where unknown).
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.shared.done.load(Ordering::Relaxed), self.shared.total.load(Ordering::Relaxed))
    }

    /// The result, once it is there: done, or why not.
    pub(super) fn poll(&self) -> Option<Result<(), String>> {
        match self.result.try_recv() {
            Ok(result) => Some(result.map_err(|error| error.to_string())),
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => Some(Err("the download ended without a result".into())),
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.shared.cancel.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
