//! The signals that ask the program to end: the first is taken in hand, Ctrl-C after it ends the program at once.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

/// Who asked the program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The terminal is gone.
    Hangup,
    /// Ctrl-C.
    Interrupt,
    /// `kill`, or the system going down.
    Terminate,
}

impl Ending {
    const ALL: [Self; 3] = [Self::Hangup, Self::Interrupt, Self::Terminate];

    /// The signal's number.
    fn number(self) -> i32 {
        match self {
            Self::Hangup => SIGHUP,
            Self::Interrupt => SIGINT,
            Self::Terminate => SIGTERM,
        }
    }

    /// The exit status that a shell expects: 128 + the signal's number.
    pub fn status(self) -> u8 {
        128 + self.number() as u8
    }

    /// The signal's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// What arrives of them.
pub struct Signals {
    endings: mpsc::Receiver<Ending>,
}

impl Signals {
    /// Takes them in hand from now on; inside a tokio runtime. One that the caller had set to be ignored (`nohup`) stays
    /// ignored.
    pub fn listen() -> io::Result<Self> {
        let (sender, endings) = mpsc::channel(8);
        let ignored = ignored_signals();
        let armed = Arc::new(AtomicBool::new(false));
        for ending in Ending::ALL.into_iter().filter(|ending| ignored & (1 << (ending.number() - 1)) == 0) {
            if ending == Ending::Interrupt {
                // Runs in the signal handler, before the line that arms it: so it is the second that exits, even while
                // this thread hangs in a write to a terminal that takes nothing.
                flag::register_conditional_shutdown(SIGINT, ending.status().into(), Arc::clone(&armed))?;
            }
            flag::register(ending.number(), Arc::clone(&armed))?;
            let mut signal = signal(SignalKind::from_raw(ending.number()))?;
            let sender = sender.clone();
            tokio::spawn(async move { while signal.recv().await.is_some() && sender.send(ending).await.is_ok() {} });
        }
        Ok(Self { endings })
    }

    /// Whatever `endings` brings, in place of real signals.
    #[cfg(test)]
    pub(super) fn scripted(endings: mpsc::Receiver<Ending>) -> Self {
        Self { endings }
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Ending {
        match self.endings.recv().await {
            Some(ending) => ending,
            None => std::future::pending().await,
        }
    }

    /// Does work that may hang for as long as its reader likes, such as a write to a pipe, until a signal says otherwise:
    /// then its thread is left behind.
    pub async fn unless_asked_to_end<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Result<T, Ending>> {
        let (sender, mut result) = oneshot::channel();
        std::thread::Builder::new().name("output".into()).spawn(move || sender.send(work()))?;
        tokio::select! {
            biased;
            result = &mut result => result.map(Ok).map_err(io::Error::other),
            ending = self.next() => Ok(Err(ending)),
        }
    }
}

/// The signals that were set to be ignored when the program was started, bit n−1 for signal n; none where it can't be told.
fn ignored_signals() -> u64 {
    std::fs::read_to_string("/proc/self/status").map_or(0, |status| ignored_in(&status))
}

fn ignored_in(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_seen() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000000\n";
        assert_eq!(ignored_in(status) & (1 << (SIGHUP - 1)), 1);
        assert_eq!(ignored_in(status) & (1 << (SIGINT - 1)), 0);
        assert_eq!(ignored_in("Name:\tx\n"), 0);
    }
}
