//! The run's figures, drawn on a thread of their own from what is known by then: curves and the confusion matrix.

mod axis;
mod canvas;
mod confusion;
mod curves;

use super::folder::RunError;
use super::passes::PassRecord;
use super::reopen::replace;
use super::tensorboard::Png;
use crate::metrics::{EpochMetrics, Split};
use confusion::Confusion;
use curves::Curves;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

/// What figures say of the run they are of.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Its folder.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
    /// What it is, in a few words.
    pub about: String,
    /// In class order.
    pub class_names: Vec<String>,
}

/// What is to be drawn; what there is none of stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    /// The epochs so far.
    pub history: Option<Vec<EpochMetrics>>,
    /// A pass over a split.
    pub pass: Option<PassRecord>,
}

/// What has been drawn.
#[derive(Debug)]
pub struct Drawn {
    /// The matrix, with the step and the split it is of.
    pub confusion: Option<(u64, Split, Png)>,
    /// What could not be drawn or written.
    pub faults: Vec<RunError>,
    /// Sketches that it is of: of those that came while it was busy, only the latest is drawn.
    sketches: usize,
}

/// Draws one sketch after the other. Dropping it finishes what was submitted.
#[derive(Debug)]
pub struct Artist {
    sketches: Option<Sender<Sketch>>,
    drawn: Receiver<Drawn>,
    pending: usize,
    thread: Option<JoinHandle<()>>,
}

impl Artist {
    /// Starts the thread.
    pub fn start(subject: Subject) -> io::Result<Self> {
        let (sketches, received) = channel::<Sketch>();
        let (done, drawn) = channel();
        let thread = std::thread::Builder::new().name("figures".into()).spawn(move || {
            while let Ok(mut sketch) = received.recv() {
                let mut sketches = 1;
                while let Ok(later) = received.try_recv() {
                    sketch.history = later.history.or(sketch.history);
                    sketch.pass = later.pass.or(sketch.pass);
                    sketches += 1;
                }
                if done.send(draw(&subject, &sketch, sketches)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { sketches: Some(sketches), drawn, pending: 0, thread: Some(thread) })
    }

    /// Hands over a sketch; never waits.
    pub fn submit(&mut self, sketch: Sketch) {
        if let Some(sketches) = &self.sketches
            && sketches.send(sketch).is_ok()
        {
            self.pending += 1;
        }
    }

    /// What has been drawn since, if anything.
    pub fn poll(&mut self) -> Option<Drawn> {
        match self.drawn.try_recv() {
            Ok(drawn) => Some(self.counted(drawn)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }

    /// Waits for the next to be drawn; `None` where there is none.
    pub fn wait(&mut self) -> Option<Drawn> {
        if self.pending == 0 {
            return None;
        }
        let drawn = self.drawn.recv().ok();
        if drawn.is_none() {
            self.pending = 0;
        }
        drawn.map(|drawn| self.counted(drawn))
    }

    /// Whether something is being drawn.
    pub fn is_busy(&self) -> bool {
        self.pending > 0
    }

    fn counted(&mut self, drawn: Drawn) -> Drawn {
        self.pending = self.pending.saturating_sub(drawn.sketches);
        drawn
    }
}

impl Drop for Artist {
    fn drop(&mut self) {
        drop(self.sketches.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn draw(subject: &Subject, sketch: &Sketch, sketches: usize) -> Drawn {
    let Subject { folder, name, about, class_names } = subject;
    let mut drawn = Drawn { confusion: None, faults: Vec::new(), sketches };
    if let Some(history) = &sketch.history {
        let curves = Curves { name, about, history };
        let figures = folder.join("figures");
        // That folder alone: where the run's is gone (unmounted, moved), nothing is to be written in its place.
        let made = if figures.is_dir() { Ok(()) } else { fs::create_dir(&figures) };
        let made = made.map_err(RunError::io(&figures, "make the folder of figures"));
        let written = made.and_then(|()| {
            keep(&figures.join("curves.png"), canvas::png(&curves).map(|png| png.bytes))?;
            keep(&figures.join("curves.svg"), canvas::svg(&curves).map(String::into_bytes))
        });
        drawn.faults.extend(written.err());
    }
    if let Some(PassRecord { epoch, step, split, confusion_matrix: matrix, .. }) = &sketch.pass {
        let accuracy = 100.0 * matrix.accuracy();
        let title = format!("{}, epoch {epoch}: {accuracy:.2} % right", heading(*split));
        let about = format!("{name} · {about}");
        let confusion = Confusion { title: &title, about: &about, matrix, class_names };
        let written = keep(&folder.join("confusion.csv"), Ok(confusion.csv().into_bytes()));
        drawn.faults.extend(written.err());
        let path = folder.join("confusion.png");
        match canvas::png(&confusion) {
            Ok(png) => {
                drawn.faults.extend(keep(&path, Ok(png.bytes.clone())).err());
                drawn.confusion = Some((*step, *split, png));
            }
            Err(error) => drawn.faults.push(RunError::io(&path, "draw it")(error)),
        }
    }
    drawn
}

fn heading(split: Split) -> &'static str {
    match split {
        Split::Train => "Training pictures",
        Split::Validation => "Validation",
        Split::Test => "Test",
    }
}

/// Puts a figure in the place of the one before it.
fn keep(path: &Path, drawn: io::Result<Vec<u8>>) -> Result<(), RunError> {
    let bytes = drawn.map_err(RunError::io(path, "draw it"))?;
    replace(path, &bytes).map_err(RunError::io(path, "write it"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::metrics::ConfusionMatrix;

    fn history(epochs: u32) -> Vec<EpochMetrics> {
        let epoch = |epoch: u32| {
            let (e, wave) = (f64::from(epoch), (f64::from(epoch) * 1.7).sin());
            EpochMetrics {
                epoch,
                step: u64::from(epoch) * 1500,
                train_loss: 0.9 / e.powf(0.7) + 0.02 * wave,
                validation_loss: 0.24 + 0.4 / e + 0.004 * e + 0.01 * wave,
                train_accuracy: 0.98 - 0.27 / e.powf(0.6),
                validation_accuracy: 0.925 - 0.1 / e + 0.004 * wave,
                learning_rate: 1e-3,
                seconds: 60.0,
                best: false,
            }
        };
        let mut history: Vec<_> = (1..=epochs).map(epoch).collect();
        let best = (0..history.len())
            .max_by(|&a, &b| history[a].validation_accuracy.total_cmp(&history[b].validation_accuracy));
        if let Some(best) = best {
            history[best].best = true;
        }
        history
    }

    fn pass() -> PassRecord {
        let mut confusion_matrix = ConfusionMatrix::new(10);
        for truth in 0..10 {
            for taken in 0..10 {
                let times = if truth == taken { 800 + truth * 19 } else { (truth * 7 + taken * 13) % 29 * 2 / 3 };
                (0..times).for_each(|_| confusion_matrix.add(truth, taken));
            }
        }
        PassRecord { epoch: 7, step: 10_500, split: Split::Validation, loss: 0.3, confusion_matrix }
    }

    /// FIGURES=folder keeps what is drawn, to be looked at.
    #[test]
    fn every_history_has_its_figures() {
        let temporary = tempfile::tempdir().unwrap();
        let keep = std::env::var_os("FIGURES").map(PathBuf::from);
        let mut troubled = history(8);
        troubled[3].train_loss = f64::NAN;
        troubled[4].validation_loss = f64::INFINITY;
        let mut hopeless = history(2);
        for epoch in &mut hopeless {
            (epoch.train_loss, epoch.validation_loss) = (f64::NAN, f64::NAN);
        }
        let histories = [("one", history(1)), ("three", history(3)), ("thirty", history(30)), ("many", history(400))];
        for (name, history) in histories.into_iter().chain([("troubled", troubled), ("hopeless", hopeless)]) {
            let folder = keep.as_deref().unwrap_or(temporary.path()).join(name);
            fs::create_dir_all(&folder).unwrap();
            let names = "T-shirt/top Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Ankle_boot";
            let subject = Subject {
                folder: folder.clone(),
                name: "brave-fox".into(),
                about: "fashion · Adam 0.001 · batches of 32 · seed 0".into(),
                class_names: names.split(' ').map(|name| name.replace('_', " ")).collect(),
            };
            let mut artist = Artist::start(subject).unwrap();
            artist.submit(Sketch { history: Some(history), pass: Some(pass()) });
            let drawn = artist.wait().unwrap();
            assert!(drawn.faults.is_empty(), "{:?}", drawn.faults);
            assert!(!artist.is_busy());
            let (step, split, png) = drawn.confusion.unwrap();
            assert_eq!((step, split), (10_500, Split::Validation));
            assert_eq!(fs::read(folder.join("confusion.png")).unwrap(), png.bytes);
            let curves = image::open(folder.join("figures/curves.png")).unwrap().into_rgb8();
            assert_eq!(curves.dimensions(), (1400, 560));
            let has = |colour: [u8; 3]| curves.pixels().any(|pixel| pixel.0 == colour);
            assert!(has([0, 114, 178]) && has([213, 94, 0]), "{name}: neither line");
            let svg = fs::read_to_string(folder.join("figures/curves.svg")).unwrap();
            assert!(svg.starts_with("<svg width=\"1400\" height=\"560\" viewBox=\"0 0 14000 5600\""), "{svg:.90}");
            assert!(svg.contains("brave-fox") && !svg.contains("NaN"), "{name}");
        }
    }
}
