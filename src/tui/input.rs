//! Keys, clicks and pastes as a stream, and the end of it when the terminal is gone.
//!
//! crossterm's own event stream never ends: at the end of a terminal it reads for ever. So a thread of ours watches the
//! terminal for its end, and asks crossterm only when there is something to read.

use super::terminal::rouse;
use crossterm::event::{self, Event};
use futures::stream::{self, Stream};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fd::{AsFd, OwnedFd};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that may wait for the loop before the thread waits too.
const WAITING: usize = 64;

/// The thread that reads the terminal; dropping this ends it. It is not waited for: from a terminal that goes away in
/// the middle of a key, crossterm may not return.
pub struct Input {
    wake: OwnedFd,
    typed: VecDeque<Event>,
    events: Option<mpsc::Receiver<Event>>,
}

impl Input {
    /// Starts reading; `typed` came before that.
    pub fn open(typed: Vec<Event>) -> io::Result<Self> {
        let terminal = terminal()?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC)?;
        let woken = wake.try_clone()?;
        let (sender, events) = mpsc::channel(WAITING);
        std::thread::Builder::new().name("input".into()).spawn(move || read(&terminal, &woken, &sender))?;
        Ok(Self { wake, typed: typed.into(), events: Some(events) })
    }

    /// What is read; it ends when the terminal does. There is one such stream.
    pub fn events(&mut self) -> impl Stream<Item = io::Result<Event>> + use<> {
        let (mut typed, mut events) = (std::mem::take(&mut self.typed), self.events.take());
        stream::poll_fn(move |context| match &mut events {
            _ if !typed.is_empty() => std::task::Poll::Ready(typed.pop_front().map(Ok)),
            Some(events) => events.poll_recv(context).map(|event| event.map(Ok)),
            None => std::task::Poll::Ready(None),
        })
    }
}

/// The same terminal that crossterm reads.
pub fn terminal() -> io::Result<OwnedFd> {
    if io::stdin().is_terminal() {
        io::stdin().as_fd().try_clone_to_owned()
    } else {
        Ok(File::open("/dev/tty")?.into())
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }
}

/// Sends on what crossterm has. Returns how many events; `None`: nobody wants any more.
fn forward(events: &mpsc::Sender<Event>) -> Option<usize> {
    let mut count = 0;
    while matches!(event::poll(Duration::ZERO), Ok(true)) {
        events.blocking_send(event::read().ok()?).ok()?;
        count += 1;
    }
    Some(count)
}

fn read(input: &OwnedFd, wake: &OwnedFd, events: &mpsc::Sender<Event>) {
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    loop {
        let mut watched = [PollFd::new(input, PollFlags::IN), PollFd::new(wake, PollFlags::IN)];
        match poll(&mut watched, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
        }
        if !watched[1].revents().is_empty() || watched[0].revents().intersects(gone) {
            return;
        }
        let found = match forward(events) {
            // crossterm is told of bytes once, when they come, and forgets it where a resize comes at the same moment:
            // the key would wait for the next one. Bytes that are there and that it finds nothing in are such.
            Some(0) => {
                rouse(input);
                forward(events)
            }
            found => found,
        };
        match found {
            None => return,
            // Bytes that are no event yet; don't spin until the rest comes.
            Some(0) => std::thread::sleep(Duration::from_millis(10)),
            Some(_) => {}
        }
    }
}
