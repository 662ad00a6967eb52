//! The runs folder, read and tidied on a thread of its own: hundreds of runs cost neither a step nor a frame.

use super::listing::{RunRow, RunSteps};
use crate::run::{self, Overview};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// What there is below this folder, and at this other place.
    List { runs: PathBuf, besides: Option<PathBuf> },
    /// The steps of a run.
    Read(PathBuf),
    /// Deletes a run.
    Delete(PathBuf),
}

/// What came of it.
pub(super) enum Answer {
    /// The runs, the one last changed first.
    List(Result<Vec<RunRow>, String>),
    /// Its steps, as far as they can be read, and why not all.
    Read(RunSteps, Option<String>),
    /// Gone, or why not.
    Delete(PathBuf, Result<(), String>),
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    asked: Condvar,
}

#[derive(Default)]
struct Waiting {
    questions: VecDeque<Question>,
    /// Questions without an answer, those that wait counted in.
    open: usize,
    closed: bool,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next question; `None` once no more will come.
    fn next(&self) -> Option<Question> {
        let mut waiting = self.waiting();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(question) = waiting.questions.pop_front() {
                return Some(question);
            }
            waiting = self.asked.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The thread, and what it has been asked. Dropping it lets it finish the run that it reads or deletes, and waits.
pub(super) struct Archive {
    shared: Arc<Shared>,
    answers: mpsc::Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl Archive {
    pub(super) fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (sender, answers) = mpsc::channel();
        let asked = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("runs".into()).spawn(move || {
            let mut known = Vec::new();
            while let Some(question) = asked.next() {
                let Some(answer) = answer(question, &mut known, &asked) else { return };
                if sender.send(answer).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { shared, answers, thread: Some(thread) })
    }

    /// Asks. A list takes the place of one that waits, and so do the steps of a run: only the latest is of interest.
    pub(super) fn ask(&self, question: Question) {
        let mut waiting = self.shared.waiting();
        let same = |other: &Question| std::mem::discriminant(other) == std::mem::discriminant(&question);
        if !matches!(question, Question::Delete(_)) {
            let before = waiting.questions.len();
            waiting.questions.retain(|other| !same(other));
            waiting.open -= before - waiting.questions.len();
        }
        waiting.questions.push_back(question);
        waiting.open += 1;
        self.shared.asked.notify_one();
    }

    /// Whether an answer is still to come.
    pub(super) fn is_busy(&self) -> bool {
        self.shared.waiting().open > 0
    }

    /// The next answer, if one is there.
    pub(super) fn poll(&self) -> Option<Answer> {
        let answer = self.answers.try_recv().ok()?;
        let mut waiting = self.shared.waiting();
        waiting.open = waiting.open.saturating_sub(1);
        Some(answer)
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        self.shared.waiting().closed = true;
        self.shared.asked.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// `None`: nobody waits for it any more. `known`: what was read before; a folder in which nothing has changed since is
/// not read again.
fn answer(question: Question, known: &mut Vec<Overview>, shared: &Shared) -> Option<Answer> {
    Some(match question {
        Question::List { runs, besides } => match run::folders(&runs) {
            Ok(mut folders) => {
                if let Some(open) = besides {
                    // Of several ways to write its path, the one that whoever opened it knows.
                    folders.retain(|folder| !is_same(folder, &open));
                    folders.push(open);
                }
                let mut read = Vec::with_capacity(folders.len());
                for folder in folders {
                    if shared.waiting().closed {
                        return None;
                    }
                    read.push(overview(&folder, known));
                }
                read.sort_by(|a, b| (b.changed, &a.name).cmp(&(a.changed, &b.name)));
                let rows = read.iter().map(RunRow::new).collect();
                *known = read;
                Answer::List(Ok(rows))
            }
            Err(error) => Answer::List(Err(error.to_string())),
        },
        Question::Read(folder) => {
            let (steps, fault) = match run::read_steps(&folder, u64::MAX) {
                Ok(steps) => (steps, None),
                Err(error) => (Vec::new(), Some(error.to_string())),
            };
            Answer::Read(RunSteps { folder, steps }, fault)
        }
        Question::Delete(folder) => {
            let outcome = run::remove(&folder).map_err(|error| error.to_string());
            Answer::Delete(folder, outcome)
        }
    })
}

/// Whether two paths lead to one folder.
pub(super) fn is_same(a: &Path, b: &Path) -> bool {
    a == b || a.file_name() == b.file_name() && a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

fn overview(folder: &Path, known: &mut Vec<Overview>) -> Overview {
    let before = known.iter().position(|run| run.folder == folder).map(|at| known.swap_remove(at));
    before.filter(Overview::is_current).unwrap_or_else(|| Overview::read(folder))
}
