//! The signals that ask the program to end: the first is taken in hand, Ctrl-C after it ends the program at once.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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

    /// Those that are taken in hand: a hangup that the caller had set to be ignored (`nohup`) stays ignored; an interrupt
    /// does not, for a script's `kill -INT` of what it runs in the background means it.
    fn heeded() -> impl Iterator<Item = Self> {
        let nohup = hangup_is_ignored();
        Self::ALL.into_iter().filter(move |ending| !(nohup && *ending == Self::Hangup))
    }

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
    /// Takes them in hand from now on; inside a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        let (sender, endings) = mpsc::channel(8);
        let armed = Arc::new(AtomicBool::new(false));
        for ending in Ending::heeded() {
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

/// The same for work that looks between two pieces whether it shall end.
pub struct Cancel {
    /// Set by the first signal; the second ends the program at once.
    pub flag: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Cancel {
    /// Takes the signals in hand from now on.
    pub fn listen() -> io::Result<Self> {
        let (cancel, signal) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        for number in Ending::heeded().map(Ending::number) {
            // In this order: the second signal finds the flag set by the first, and ends the program at once.
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&cancel))?;
            flag::register_usize(number, Arc::clone(&signal), number as usize)?;
            flag::register(number, Arc::clone(&cancel))?;
        }
        Ok(Self { flag: cancel, signal })
    }

    /// Whether the work shall end.
    pub fn is_asked(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// The exit status that a shell expects, where a signal came.
    pub fn status(&self) -> Option<u8> {
        let number = self.signal.load(Ordering::Relaxed) as u8;
        (number > 0).then_some(128 + number)
    }
}

/// Whether the program was started with hangups ignored; no, where it can't be told.
fn hangup_is_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_ignored(&status, SIGHUP))
}

/// `SigIgn` is a mask in hexadecimal: bit n−1 stands for signal n.
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_seen() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000000\n";
        assert!(is_ignored(status, SIGHUP));
        assert!(!is_ignored(status, SIGINT));
        assert!(!is_ignored("Name:\tx\n", SIGHUP));
    }
}
