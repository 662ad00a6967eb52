//! What is taken off the screen. What `y` copies: what is chosen, a name and its value a line, as a table takes them in.

use super::{Effect, Screen, State, text_of};
use crate::config::FIELDS;
use crate::session::Level;
use crate::tui::format;
use jiff::Timestamp;
use std::fmt::{Display, Write};
use std::io;
use std::path::{Path, PathBuf};

/// Names and values, a line each, between them a tab.
#[derive(Default)]
struct Record(String);

impl Record {
    fn add(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name}\t{value}");
    }

    fn add_known<T: Display>(&mut self, name: &str, value: Option<T>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }
}

impl State {
    /// Copies what is chosen, and says what that was.
    pub(super) fn copy(&mut self) -> Vec<Effect> {
        let words = &self.words.keeping;
        let chosen = match self.screen {
            Screen::Train => match self.charts.cursor {
                Some(cursor) => self.read_off(cursor.step),
                None => self.numbers(),
            },
            Screen::Layers => self.layer_row(),
            Screen::Confusion => self.cell(),
            Screen::Pictures => self.picture(),
            Screen::Config => self.setting(),
            Screen::Runs => self.run_row(),
            Screen::Log => self.log_line(),
        };
        if let Some((what, text)) = chosen {
            self.done = Some((words.copied)(&what));
            return vec![Effect::Copy(text)];
        }
        self.say(Level::Info, words.nothing_to_copy);
        self.notice = Some(words.nothing_to_copy.into());
        Vec::new()
    }

    /// What the cursor reads off the curves.
    fn read_off(&self, step: usize) -> Option<(String, String)> {
        let run = self.run.as_ref()?;
        let mut record = Record::default();
        record.add("run", &run.name);
        record.add("step", step + 1);
        record.add_known("learning_rate", self.charts.rate(step));
        for (name, series) in [("loss", &self.loss), ("accuracy", &self.accuracy)] {
            let column = series.column(step, step + 1);
            record.add_known(name, column.map(|column| column.low));
            record.add_known(&format!("smoothed_{name}"), column.map(|column| column.average));
        }
        if let Some(epoch) = self.validation_at(step) {
            record.add("validated_epoch", epoch.epoch);
            record.add("validation_loss", epoch.validation_loss);
            record.add("validation_accuracy", epoch.validation_accuracy);
        }
        Some(((self.words.keeping.numbers)(&format::count(step as u64 + 1)), record.0))
    }

    /// What is known of the last step and the last epoch, under the names of `metrics.csv`.
    fn numbers(&self) -> Option<(String, String)> {
        let run = self.run.as_ref()?;
        let mut record = Record::default();
        record.add("run", &run.name);
        record.add("epoch", self.snapshot.epoch);
        record.add("step", self.last_step);
        record.add("learning_rate", self.learning_rate());
        record.add_known("train_loss", self.running.loss());
        record.add_known("train_accuracy", self.running.accuracy());
        record.add_known("gradient_norm", self.gradient_norm);
        if let Some(last) = self.epochs.last() {
            record.add("validated_epoch", last.epoch);
            record.add("validation_loss", last.validation_loss);
            record.add("validation_accuracy", last.validation_accuracy);
        }
        if let Some(best) = self.best_epoch() {
            record.add("best_epoch", best.epoch);
            record.add("best_validation_accuracy", best.validation_accuracy);
        }
        if let Some(result) = &self.evaluation {
            record.add(&format!("{}_loss", result.split), result.loss);
            record.add(&format!("{}_accuracy", result.split), result.accuracy);
        }
        record.add("images_per_second", self.snapshot.images_per_second);
        Some(((self.words.keeping.numbers)(&format::count(self.last_step)), record.0))
    }

    fn setting(&self) -> Option<(String, String)> {
        let field = FIELDS.get(self.settings.chosen)?;
        let value = self.settings.value(field)?;
        let mut record = Record::default();
        record.add(field.key, text_of(value));
        Some((field.key.to_owned(), record.0))
    }

    fn run_row(&self) -> Option<(String, String)> {
        let run = self.chosen_run()?;
        let mut record = Record::default();
        record.add("run", &run.name);
        record.add("folder", run.folder.display());
        record.add("epochs", run.epochs.len());
        record.add_known("steps", run.step);
        if let Some(best) = run.best {
            record.add("best_epoch", best.epoch);
            record.add("best_validation_accuracy", best.validation_accuracy);
        }
        Some((run.name.clone(), record.0))
    }

    fn layer_row(&self) -> Option<(String, String)> {
        let row = self.net()?.layers.get(self.layers.chosen)?;
        let mut record = Record::default();
        record.add("layer", &row.name);
        record.add("kind", row.kind);
        if !row.detail.is_empty() {
            record.add("detail", &row.detail);
        }
        record.add("input", row.input);
        record.add("output", row.output);
        record.add("parameters", row.parameters);
        record.add("multiply_adds", row.multiply_adds);
        if let (Some(latest), Some(sample)) = (&self.layers.latest, self.layers.sample(self.layers.chosen)) {
            record.add("step", latest.step);
            if let Some(weights) = &sample.weights {
                record.add("weight_norm", weights.norm);
                record.add("gradient_norm", weights.gradient_norm);
                record.add("update_ratio", weights.update_ratio);
            }
            if let Some(units) = sample.units {
                record.add("dead_units", units.dead);
                record.add("units", units.all);
            }
            record.add_known("forward_seconds", sample.forward);
            record.add_known("backward_seconds", sample.backward);
        }
        Some(((self.words.keeping.layer)(&row.name), record.0))
    }

    fn cell(&self) -> Option<(String, String)> {
        let pass = self.confusion.pass()?;
        let (truth, taken) = self.confusion.cell;
        let class = pass.classes.get(truth)?;
        let mut record = Record::default();
        record.add("split", pass.split);
        record.add("epoch", pass.epoch);
        record.add("step", pass.step);
        record.add("true_class", &class.name);
        record.add("predicted_class", pass.name(taken));
        record.add("count", pass.confusion.count(truth, taken));
        record.add("share", pass.share(truth, taken));
        record.add("precision", class.precision);
        record.add("recall", class.recall);
        record.add("f1", class.f1);
        record.add("support", class.support);
        Some(((self.words.keeping.cell)(&class.name, pass.name(taken)), record.0))
    }

    fn picture(&self) -> Option<(String, String)> {
        let pictures = &self.pictures;
        let index = pictures.chosen()?;
        let (_, truth) = pictures.picture(index)?;
        let mut record = Record::default();
        record.add("split", pictures.split());
        record.add("index", index);
        record.add("label", truth);
        record.add("class", self.class_name(truth));
        if let Some(answer) = pictures.answer(index) {
            record.add("step", answer.step);
            record.add("predicted", answer.taken());
            record.add("predicted_class", self.class_name(answer.taken()));
            record.add("loss", answer.loss(truth));
            for (class, probability) in answer.probabilities.iter().enumerate() {
                record.add(&format!("p{class}"), probability);
            }
        }
        let what = (self.words.keeping.picture)(&format::count(index.into()), &pictures.split().to_string());
        Some((what, record.0))
    }

    fn log_line(&self) -> Option<(String, String)> {
        let shown = self.lines_shown();
        let (_, line) = *shown.get(self.line_read(&shown))?;
        let time = Timestamp::try_from(line.time).map(|time| time.to_zoned(self.zone.clone())).ok();
        let time = time.map(|time| time.strftime("%Y-%m-%d %H:%M:%S ").to_string()).unwrap_or_default();
        let text = format!("{time}{} {}", line.level, line.message);
        Some((self.words.keeping.line.to_owned(), text))
    }

    /// Where files of the screen go: into the run's folder, else where states are kept.
    pub fn screens_folder(&self) -> PathBuf {
        let run = self.run.as_ref().map(|run| &run.folder);
        run.unwrap_or(&self.config.paths.state).join("screens")
    }

    /// Says where the screen was written to, or why not.
    pub fn screen_written(&mut self, folder: &Path, outcome: io::Result<PathBuf>) {
        let words = &self.words.keeping;
        match outcome {
            Ok(path) => {
                self.say(Level::Info, (words.screen_written)(&path.to_string_lossy()));
                // Its name is what there is room for beneath the screen.
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.done = Some((words.screen_written)(&format!("screens/{name}")));
            }
            Err(error) => {
                let why_not = (words.screen_not_written)(&folder.to_string_lossy(), &error.to_string());
                self.say(Level::Warn, why_not.clone());
                self.notice = Some(why_not);
            }
        }
    }
}
