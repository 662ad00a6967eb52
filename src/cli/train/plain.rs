//! A run as text for people: a line an epoch on stdout, and on stderr a progress bar, or now and then a line.

use super::printer::{News, Report};
use crate::cli::notes::Notes;
use crate::cli::output::{OutputError, note, write};
use crate::metrics::{EpochMetrics, StepMetrics};
use crate::session::{Event, RunInfo, Snapshot, Task};
use crate::text::{clock, percent, thousands};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::time::{Duration, Instant};

/// How often a pipe or a file hears of the progress within an epoch.
const EVERY: Duration = Duration::from_secs(30);

/// The telling in text.
pub(super) struct Plain<W> {
    out: W,
    notes: Notes,
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
    /// Results onto `out`; a bar if stderr is a terminal.
    pub(super) fn new(out: W, terminal: bool) -> Self {
        let bar = terminal.then(|| {
            let bar = ProgressBar::no_length().with_message("reading the data");
            bar.set_style(style("{spinner} {msg}"));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { out, notes: Notes::default(), bar, told: Instant::now(), epoch: Mean::default() }
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
            if self.told.elapsed() >= EVERY && self.epoch.images > 0.0 {
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
            Event::RunStarted(run) => self.note(&run_line(run)),
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

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▉▊▋▌▍▎▏ ")
}

fn run_line(run: &RunInfo) -> String {
    format!(
        "run {}: {} ({} parameters) on {}, {}, {} threads; {} + {} pictures, {} epochs of {} steps, batch {}, seed {}",
        run.name,
        run.variant,
        thousands(run.parameters),
        run.device,
        run.precision,
        run.threads,
        thousands(run.train_images as u64),
        thousands(run.validation_images as u64),
        run.epochs,
        thousands(run.steps_per_epoch),
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
