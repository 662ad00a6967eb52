//! What the system tells the process, as a stream.

use futures::stream::{self, Stream};
use std::io;
use std::task::Poll;
use tokio::signal::unix::{SignalKind, signal};

/// The signals that the screen acts upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: save and leave; twice: at once.
    Interrupt,
    /// SIGTERM: save and leave.
    Terminate,
    /// SIGHUP: save and leave; the terminal may be gone.
    HangUp,
    /// SIGTSTP: give the terminal back and stop.
    Stop,
    /// SIGCONT: the terminal may have been changed meanwhile.
    Continue,
    /// SIGWINCH: another size.
    Resize,
}

/// Takes over the signals, and tells of each that comes. Needs tokio's runtime.
pub fn signals() -> io::Result<impl Stream<Item = Signal> + Unpin> {
    let kind = |number: rustix::process::Signal| SignalKind::from_raw(number.as_raw());
    let mut sources = [
        (Signal::Interrupt, signal(SignalKind::interrupt())?),
        (Signal::Terminate, signal(SignalKind::terminate())?),
        (Signal::HangUp, signal(SignalKind::hangup())?),
        (Signal::Stop, signal(kind(rustix::process::Signal::TSTP))?),
        (Signal::Continue, signal(kind(rustix::process::Signal::CONT))?),
        (Signal::Resize, signal(SignalKind::window_change())?),
    ];
    Ok(stream::poll_fn(move |context| {
        for (signal, source) in &mut sources {
            if let Poll::Ready(Some(())) = source.poll_recv(context) {
                return Poll::Ready(Some(*signal));
            }
        }
        Poll::Pending
    }))
}
