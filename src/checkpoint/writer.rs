//! The thread that writes checkpoints, so that training only stands still for the copy.

use super::contents::Contents;
use super::error::CheckpointError;
use super::write;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

/// One checkpoint to be written.
#[derive(Debug)]
pub struct Job {
    /// Where to.
    pub folder: PathBuf,
    /// Every name that the file shall have.
    pub names: Vec<String>,
    /// What.
    pub contents: Contents,
}

/// What became of a job.
#[derive(Debug)]
pub struct Written {
    /// The names it had.
    pub names: Vec<String>,
    /// Steps done when it was copied.
    pub step: u64,
    /// The files, or why not.
    pub result: Result<Vec<PathBuf>, CheckpointError>,
}

/// Writes one job after the other, in order. Dropping it finishes what was submitted.
#[derive(Debug)]
pub struct Writer {
    jobs: Option<Sender<Job>>,
    written: Receiver<Written>,
    pending: usize,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub fn start() -> std::io::Result<Self> {
        let (jobs, received) = channel::<Job>();
        let (done, written) = channel();
        let thread = std::thread::Builder::new().name("checkpoints".into()).spawn(move || {
            for Job { folder, names, contents } in received {
                let result = write(&folder, &names, &contents);
                if done.send(Written { names, step: contents.state.step, result }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs: Some(jobs), written, pending: 0, thread: Some(thread) })
    }

    /// Hands over a job; never waits.
    pub fn submit(&mut self, job: Job) {
        if let Some(jobs) = &self.jobs
            && jobs.send(job).is_ok()
        {
            self.pending += 1;
        }
    }

    /// Jobs that are not done yet.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// The next job that is done, if there is one.
    pub fn poll(&mut self) -> Option<Written> {
        match self.written.try_recv() {
            Ok(written) => {
                self.pending -= 1;
                Some(written)
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }

    /// Waits for the next job to be done; `None` where there is none.
    pub fn wait(&mut self) -> Option<Written> {
        if self.pending == 0 {
            return None;
        }
        let written = self.written.recv().ok();
        self.pending = if written.is_some() { self.pending - 1 } else { 0 };
        written
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
