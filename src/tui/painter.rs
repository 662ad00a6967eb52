//! Writes frames to the terminal from a thread of its own, so that a terminal that doesn't drain holds up nobody: the
//! loop draws the next frame only when the last one is gone.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Lets terminals that know it show a frame at once: begin and end of a synchronized update.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

#[derive(Default)]
struct Shared {
    frame: Mutex<Vec<u8>>,
    busy: AtomicBool,
    lost: AtomicBool,
    drained: Notify,
}

impl Shared {
    fn frame(&self) -> MutexGuard<'_, Vec<u8>> {
        self.frame.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what is written to it; [`Painter::present`] sends it on.
#[derive(Clone)]
pub struct Painter {
    shared: Arc<Shared>,
    frames: mpsc::Sender<Vec<u8>>,
}

impl Painter {
    /// Starts the thread, which writes to what stdout is now. It ends when the last painter is dropped.
    pub fn open() -> io::Result<Self> {
        let mut terminal = std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let shared = Arc::new(Shared::default());
        let (frames, received) = mpsc::channel::<Vec<u8>>();
        let writer = Arc::clone(&shared);
        std::thread::Builder::new().name("painter".into()).spawn(move || {
            for frame in received {
                if terminal.write_all(&frame).is_err() {
                    writer.lost.store(true, Ordering::Release);
                }
                writer.busy.store(false, Ordering::Release);
                writer.drained.notify_one();
            }
        })?;
        Ok(Self { shared, frames })
    }

    /// Sends off what was written since the last time. Only when [`Painter::is_idle`].
    pub fn present(&self) {
        let written = std::mem::take(&mut *self.shared.frame());
        if written.is_empty() {
            return;
        }
        self.shared.busy.store(true, Ordering::Release);
        if self.frames.send([BEGIN, &written, END].concat()).is_err() {
            self.shared.lost.store(true, Ordering::Release);
            self.shared.busy.store(false, Ordering::Release);
        }
    }

    /// Whether the terminal has taken the last frame.
    pub fn is_idle(&self) -> bool {
        !self.shared.busy.load(Ordering::Acquire)
    }

    /// Whether the terminal is gone.
    pub fn is_lost(&self) -> bool {
        self.shared.lost.load(Ordering::Acquire)
    }

    /// Waits until the terminal has taken the last frame.
    pub async fn idle(&self) {
        while !self.is_idle() {
            self.shared.drained.notified().await;
        }
    }

    /// Waits for that no longer than `patience`, without a runtime. Returns whether it has.
    pub fn drain(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        while !self.is_idle() {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }
}

impl Write for Painter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.shared.frame().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
