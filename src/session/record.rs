//! What a run leaves for other programs and for people: TensorBoard's events, figures, the report. None of it can end a
//! training: what can't be written is told, once until it can be again.

use crate::metrics::{EpochMetrics, NetSample, StepMetrics};
use crate::run::{
    Artist, DataReport, Drawn, EventFile, MachineReport, PassRecord, Report, ReportFile, RunError, RunFolder, RunState,
    Sketch, Subject, TestReport, TrainingReport,
};
use crate::train::{Trainer, processor};
use std::collections::HashSet;
use std::path::Path;

/// What can fail on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Events,
    Figures,
    Report,
}

/// The three, and what of them could not be written.
pub(super) struct Record {
    events: EventFile,
    artist: Artist,
    report: ReportFile,
    /// The names of the net's rows.
    layers: Vec<String>,
    failing: HashSet<Part>,
    faults: Vec<RunError>,
}

impl Record {
    /// Of a run whose configuration is `config`.
    pub(super) fn begin(
        subject: Subject,
        layers: Vec<String>,
        config: &str,
        resumed_from: Option<u64>,
    ) -> std::io::Result<Self> {
        let folder: &Path = &subject.folder;
        Ok(Self {
            events: EventFile::new(folder, config, resumed_from),
            report: ReportFile::new(folder),
            artist: Artist::start(subject)?,
            layers,
            failing: HashSet::new(),
            faults: Vec::new(),
        })
    }

    pub(super) fn step(&mut self, step: &StepMetrics) {
        let written = self.events.step(step);
        self.note(Part::Events, written.err());
    }

    pub(super) fn layers(&mut self, sample: &NetSample) {
        let written = self.events.layers(sample, &self.layers);
        self.note(Part::Events, written.err());
    }

    /// `history`: all epochs so far, this one included.
    pub(super) fn epoch(&mut self, epoch: &EpochMetrics, history: &[EpochMetrics]) {
        let written = self.events.epoch(epoch);
        self.note(Part::Events, written.err());
        self.artist.submit(Sketch { history: Some(history.to_vec()), pass: None });
    }

    pub(super) fn pass(&mut self, pass: &PassRecord) {
        self.artist.submit(Sketch { history: None, pass: Some(pass.clone()) });
    }

    pub(super) fn report(&mut self, report: Report) {
        let written = self.report.write(report);
        self.note(Part::Report, written.err());
    }

    /// Whether something is being drawn.
    pub(super) fn is_busy(&self) -> bool {
        self.artist.is_busy()
    }

    /// Looks after what is being drawn; with `wait`, until all is. Returns what is to be told.
    pub(super) fn look_after(&mut self, wait: bool) -> Vec<RunError> {
        while let Some(drawn) = if wait { self.artist.wait() } else { self.artist.poll() } {
            let Drawn { confusion, faults, .. } = drawn;
            self.note(Part::Figures, faults.into_iter().next());
            if let Some((step, split, png)) = confusion {
                let written = self.events.confusion(step, split, png);
                self.note(Part::Events, written.err());
            }
        }
        std::mem::take(&mut self.faults)
    }

    fn note(&mut self, part: Part, fault: Option<RunError>) {
        match fault {
            None => {
                self.failing.remove(&part);
            }
            Some(fault) if self.failing.insert(part) => self.faults.push(fault),
            Some(_) => {}
        }
    }
}

/// What the figures say of the run.
pub(super) fn subject(trainer: &Trainer, folder: &RunFolder) -> Subject {
    let (variant, training) = (trainer.config().model.variant, &trainer.config().training);
    let about = format!(
        "{variant} · {} {} · batches of {} · seed {}",
        training.optimizer, training.learning_rate, training.batch_size, training.seed
    );
    let class_names = trainer.data().class_names.clone();
    Subject { folder: folder.path().to_path_buf(), name: folder.name(), about, class_names }
}

/// A run as its report tells of it. `test`: the last evaluation on the test pictures.
pub(super) fn report_of(trainer: &Trainer, folder: &RunFolder, state: RunState, test: Option<&PassRecord>) -> Report {
    let (config, machine, data) = (trainer.config(), trainer.machine(), trainer.data());
    let (done, train_images) = trainer.images();
    let history = trainer.history();
    let under_way = if trainer.is_finished() { 0 } else { done };
    let learned_from = (history.len() * train_images + under_way) as f64;
    let seconds = trainer.seconds();
    Report {
        name: folder.name(),
        version: env!("CARGO_PKG_VERSION"),
        state,
        variant: config.model.variant.to_string(),
        parameters: trainer.network().architecture().parameter_count(),
        training: TrainingReport {
            seed: config.training.seed,
            optimizer: config.training.optimizer.to_string(),
            learning_rate: config.training.learning_rate,
            batch_size: config.training.batch_size,
            epochs: config.training.epochs,
            epochs_done: history.len(),
            steps: trainer.step_count(),
        },
        data: DataReport {
            source: config.data.source.clone().into(),
            digest: data.digest.clone(),
            train_images,
            validation_images: trainer.validation_images(),
            test_images: data.test.len(),
        },
        machine: MachineReport {
            device: machine.device_name(),
            precision: machine.precision.to_string(),
            threads: machine.threads,
            processor: processor(),
        },
        best: history.iter().rfind(|epoch| epoch.best).copied(),
        last: history.last().copied(),
        test: test.map(|pass| TestReport::new(pass, &data.class_names)),
        seconds,
        images_per_second: (seconds > 0.0).then_some(learned_from / seconds),
    }
}
