//! A run as text for people: a line an epoch on stdout, and on stderr a progress bar, or now and then a line.

use super::printer::{News, Report};
use crate::cli::notes::Notes;
use crate::cli::output::{OutputError, note, write};
use crate::cli::progress::{EVERY, is_drawn, style, waiting};
use crate::metrics::{EpochMetrics, StepMetrics};
use crate::session::{Event, RunInfo, Snapshot, Task};
use crate::text::{clock, counted, percent, thousands};
use indicatif::ProgressBar;
use std::io::Write;
use std::time::Instant;

/// How the progress is told, on stderr.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// A bar, on a terminal.
    Bar,
    /// Now and then a line.
    Lines,
    /// Not at all.
    Quiet,
}

impl Manner {
    /// What this stderr is good for, and what was asked for.
    pub(super) fn here(quiet: bool) -> Self {
        match (quiet, is_drawn()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Bar,
            (false, false) => Self::Lines,
        }
    }
}

/// The telling in text.
pub(super) struct Plain<W> {
    out: W,
    notes: Notes,
    manner: Manner,
    bar: Option<ProgressBar>,
    told: Instant,
    epoch: Mean,
}

/// The means of an epoch so far: what a batch says jumps too much to be read.
#[derive(Default)]
struct Mean {
    epoch: u32,
    images: f64,
    loss: f64,
    right: f64,
}

impl Mean {
    fn add(&mut self, step: &StepMetrics) {
        if step.epoch != self.epoch {
            *self = Self { epoch: step.epoch, ..Self::default() };
        }
        let images = f64::from(step.images);
        self.images += images;
        self.loss += step.loss * images;
        self.right += step.accuracy * images;
    }

    fn text(&self) -> String {
        if self.images > 0.0 {
            format!("loss {:.4}  accuracy {}", self.loss / self.images, percent(self.right / self.images))
        } else {
            String::new()
        }
    }
}

impl<W: Write + Send> Plain<W> {
    /// Results onto `out`.
    pub(super) fn new(out: W, manner: Manner, notes: Notes) -> Self {
        let bar = (manner == Manner::Bar).then(|| waiting("reading the data", true));
        Self { out, notes, manner, bar, told: Instant::now(), epoch: Mean::default() }
    }

    fn result(&mut self, line: &str) -> Result<(), OutputError> {
        let out = &mut self.out;
        let line = format!("{line}\n");
        match &self.bar {
            Some(bar) => bar.suspend(|| write(out, &line)),
            None => write(out, &line),
        }
    }

    fn note(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| note(line)),
            None => note(line),
        }
    }

    fn progress(&mut self, at: &Snapshot) {
        let left = at.run_seconds_left.map_or_else(String::new, |left| format!("  {} left", clock(left)));
        let speed = format!("{:.0} img/s{left}", at.images_per_second);
        let (epoch, means) = (format!("epoch {}/{}", at.epoch, at.epochs), self.epoch.text());
        let Some(bar) = &self.bar else {
            if self.manner == Manner::Lines && self.told.elapsed() >= EVERY && self.epoch.images > 0.0 {
                self.told = Instant::now();
                let (done, of) = (thousands(at.images_done), thousands(at.images_total));
                note(format_args!("{epoch}  {done} of {of} images  {means}  {speed}"));
            }
            return;
        };
        let (what, done, of) = match at.task {
            Some(task) if task.task == Task::Validation => ("validating", task.done, task.total),
            _ if at.step > 0 => (speed.as_str(), at.images_done, at.images_total),
            _ => return,
        };
        bar.disable_steady_tick();
        // The bar takes what the text leaves: at 80 columns little, but no word is cut.
        bar.set_style(style("{prefix} ▕{wide_bar}▏{percent:>3} %  {msg}"));
        bar.set_prefix(epoch);
        bar.set_length(of.max(1));
        bar.set_position(done);
        bar.set_message(format!("{means}  {what}"));
    }

    fn event(&mut self, event: &Event) -> Result<(), OutputError> {
        if let Some(text) = self.notes.of(event) {
            self.note(&text);
        }
        match event {
            Event::RunStarted(run) if self.manner != Manner::Quiet => {
                self.note(&run_line(run));
                self.bar.iter().for_each(|bar| bar.set_message("the first step"));
            }
            Event::Epoch(row) => return self.result(&epoch_line(row)),
            _ => {}
        }
        Ok(())
    }
}

impl<W: Write + Send> Report for Plain<W> {
    fn tell(&mut self, news: &News) -> Result<(), OutputError> {
        match news {
            News::Steps(steps, at) => {
                for step in steps {
                    self.epoch.add(step);
                }
                self.progress(at);
                Ok(())
            }
            News::Event(event) => self.event(event),
            News::Done { best_validation_accuracy: Some(best), .. } => {
                self.result(&format!("best validation accuracy {}", percent(*best)))
            }
            News::Done { .. } => Ok(()),
        }
    }
}

impl<W> Drop for Plain<W> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn run_line(run: &RunInfo) -> String {
    format!(
        "run {}: {} ({} parameters) on {}, {}, {}; {} + {} pictures, {} of {}, batch {}, seed {}",
        run.name,
        run.variant,
        thousands(run.parameters),
        run.device,
        run.precision,
        counted(run.threads as u64, "thread"),
        thousands(run.train_images as u64),
        thousands(run.validation_images as u64),
        counted(run.epochs.into(), "epoch"),
        counted(run.steps_per_epoch, "step"),
        run.batch_size,
        run.seed,
    )
}

fn epoch_line(row: &EpochMetrics) -> String {
    format!(
        "epoch {:>3}   train loss {:.4}  accuracy {:>7}   validation loss {:.4}  accuracy {:>7}   {:>7}{}",
        row.epoch,
        row.train_loss,
        percent(row.train_accuracy),
        row.validation_loss,
        percent(row.validation_accuracy),
        clock(row.seconds),
        if row.best { "   best" } else { "" },
    )
}
