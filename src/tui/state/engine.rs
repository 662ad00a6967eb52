//! What the engine says, taken into the state.

use super::{EvaluationResult, Mark, MarkKind, Recalls, RunningMean, SMOOTHINGS, State};
use crate::metrics::{Split, StepMetrics};
use crate::session::{Command, CommandId, Event, Level, Live, Offer, Past, PastPass, Phase, RunInfo, Snapshot, Tuning};
use crate::tui::series::Series;
use std::path::PathBuf;

impl State {
    /// Notes that a command is on its way.
    pub fn sent(&mut self, id: CommandId, command: Command) {
        self.pending.push((id, command));
    }

    /// Takes in something that happened.
    pub fn on_event(&mut self, event: Event) {
        match event {
            Event::Acknowledged { id, outcome } => self.acknowledged(id, outcome),
            Event::Phase(phase) => self.enter(phase),
            Event::DataReady(data) => {
                self.data = Some(data);
                self.failure = None;
            }
            Event::Planned(plan) => {
                self.pictures.open(plan.gallery.clone());
                self.plan = Some(plan);
            }
            Event::Offered(offer) => self.offer = Some(offer),
            Event::Runs(rows) => self.runs_listed(rows),
            Event::RunRead(read) => self.run_read(&read),
            Event::RunDeleted { folder, outcome } => self.run_deleted(&folder, outcome),
            Event::RunStarted(run) => self.begin(run),
            Event::Restored(past) => self.restore(*past),
            Event::Epoch(epoch) => {
                self.charts.clock.epoch(&epoch);
                self.epochs.push(epoch);
                self.runs.out_of_date();
            }
            Event::LearningRate { step, learning_rate } => {
                self.mark_rate(step, self.confirmed_rate, learning_rate);
                self.confirmed_rate = learning_rate;
                self.snapshot.learning_rate = learning_rate;
                self.asked_rate = None;
            }
            Event::Tuned { step, tuning } => {
                self.marks.push(Mark { step, kind: MarkKind::Setting });
                if let (Tuning::Epochs(epochs), Some(run)) = (tuning, &mut self.run) {
                    run.epochs = epochs;
                    self.snapshot.epochs = epochs;
                }
            }
            Event::CheckpointSaved { paths, .. } => self.saved(paths),
            Event::CheckpointFailed { message } => {
                self.say_unless_said(&message);
                self.not_saved = Some(message);
            }
            Event::Evaluated(evaluation) if self.best_evaluated(&evaluation) => {}
            Event::Evaluated(evaluation) => {
                self.runs.out_of_date();
                let (split, loss, accuracy) = (evaluation.split, evaluation.loss, evaluation.accuracy());
                // An epoch's validation is in its own numbers already.
                if split != Split::Validation {
                    self.evaluation = Some(EvaluationResult { split, loss, accuracy, step: self.last_step });
                }
                // The steps before an epoch's end may not have been taken in yet.
                let step = self.epochs.last().map_or(0, |epoch| epoch.step).max(self.last_step);
                self.pictures.evaluated(&evaluation, step);
                self.confusion.keep(&evaluation, self.epochs.last(), step);
                let classes = evaluation.classes.into_iter().map(|class| (class.name, class.recall)).collect();
                self.recalls = Some(Recalls { split, classes });
            }
            Event::Predicted { split, step, predictions } => self.pictures.predicted(split, step, &predictions),
            Event::Failed { message } => {
                self.pictures.not_predicted();
                self.say_unless_said(&message);
                self.failure = Some(message);
            }
            Event::Log(line) => self.log(line),
            Event::Ended => self.end(),
        }
    }

    /// The worker is gone; if it was not asked to go, that is a failure.
    pub fn end(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        self.pending.clear();
        self.died = self.leaving.is_none();
        if self.died && self.failure.is_none() {
            let message = "the engine ended unexpectedly; what was saved is safe (q leaves)";
            self.say(Level::Error, message);
            self.failure = Some(message.into());
        }
    }

    /// Whether the worker ended without being asked to.
    pub fn died(&self) -> bool {
        self.died
    }

    /// Takes in the live numbers.
    pub fn on_live(&mut self, live: Live) {
        for step in &live.steps {
            self.on_step(step);
        }
        for sample in live.samples {
            self.layers.keep(sample, live.snapshot.seconds);
        }
        self.snapshot = live.snapshot;
    }

    fn on_step(&mut self, step: &StepMetrics) {
        // The steps of a new run may come before the event that tells of it was taken.
        if step.step <= self.last_step {
            self.clear_curves();
        }
        self.last_step = step.step;
        self.charts.step(self.loss.len(), step);
        self.loss.push(step.loss);
        self.accuracy.push(step.accuracy);
        if step.gradient_norm.is_some() {
            self.gradient_norm = step.gradient_norm;
        }
        if self.running.epoch != step.epoch {
            self.running = RunningMean { epoch: step.epoch, ..RunningMean::default() };
        }
        let images = f64::from(step.images);
        self.running.images += images;
        self.running.loss += step.loss * images;
        self.running.accuracy += step.accuracy * images;
    }

    fn clear_curves(&mut self) {
        self.loss = Series::new(SMOOTHINGS[self.smoothing]);
        self.accuracy = Series::new(SMOOTHINGS[self.smoothing]);
        self.charts.clear();
        self.last_step = 0;
        self.running = RunningMean::default();
        self.gradient_norm = None;
    }

    fn begin(&mut self, run: RunInfo) {
        self.offer = None;
        self.runs.out_of_date();
        self.clear_curves();
        self.marks.clear();
        self.epochs.clear();
        self.evaluation = None;
        self.recalls = None;
        self.confusion.clear();
        self.layers.clear();
        self.pictures.clear();
        self.best = None;
        self.last = None;
        self.failure = None;
        self.not_saved = None;
        self.asked_rate = None;
        self.confirmed_rate = self.config.training.learning_rate;
        self.run = Some(run);
        self.run_under_way = true;
    }

    /// A run goes on: the curves and matrices are those of all of it.
    fn restore(&mut self, past: Past) {
        for pair in past.steps.windows(2) {
            if let [before, step] = pair
                && before.learning_rate.to_bits() != step.learning_rate.to_bits()
            {
                self.mark_rate(before.step, before.learning_rate, step.learning_rate);
            }
        }
        for step in &past.steps {
            self.on_step(step);
            self.confirmed_rate = step.learning_rate;
        }
        if self.last_step > 0 {
            self.marks.push(Mark { step: self.last_step, kind: MarkKind::Pause });
        }
        for PastPass { epoch, step, evaluation } in &past.passes {
            let last = past.epochs.iter().find(|done| done.epoch == *epoch);
            self.confusion.keep(evaluation, last, *step);
        }
        self.confusion.shows_test = false;
        for epoch in &past.epochs {
            self.charts.clock.epoch(epoch);
        }
        self.charts.inexact = past.inexact;
        self.epochs = past.epochs;
    }

    fn mark_rate(&mut self, step: u64, from: f64, to: f64) {
        self.marks.push(Mark { step, kind: if to < from { MarkKind::RateDown } else { MarkKind::RateUp } });
    }

    fn enter(&mut self, phase: Phase) {
        if phase == Phase::Evaluating {
            self.phase_before = self.phase;
        }
        let stepping = self.pending.iter().any(|(_, command)| *command == Command::Step);
        if phase == Phase::Paused && self.phase == Phase::Training && !stepping && self.last_step > 0 {
            self.marks.push(Mark { step: self.last_step, kind: MarkKind::Pause });
        }
        match phase {
            Phase::Training | Phase::Paused => self.run_under_way = true,
            Phase::Idle | Phase::Finished | Phase::Stopped | Phase::Failed => self.run_under_way = false,
            Phase::Loading | Phase::Evaluating => {}
        }
        if matches!(phase, Phase::Stopped | Phase::Failed) {
            self.offer_again();
        }
        self.runs_entered(self.phase, phase);
        if self.pictures.entered(self.phase, phase) {
            self.notice = Some("the evaluation was cancelled".into());
        }
        self.phase = phase;
    }

    /// The run that has just ended before its time can be gone on with.
    fn offer_again(&mut self) {
        let Some(run) = &self.run else { return };
        let Snapshot { epoch, step, .. } = self.snapshot;
        let (name, folder) = (run.name.clone(), run.folder.clone());
        self.offer = Some(Offer { name, folder, epoch, epochs: run.epochs, step, saved: (self.now)() });
    }

    fn acknowledged(&mut self, id: CommandId, outcome: Result<(), String>) {
        let asked = self.pending.iter().position(|(pending, _)| *pending == id);
        let command = asked.map(|at| self.pending.remove(at).1);
        if let Err(reason) = outcome {
            if let Some(command) = &command {
                self.runs_refused(command);
            }
            match command {
                Some(Command::SetLearningRate(_)) => self.asked_rate = None,
                Some(Command::Evaluate { checkpoint: None, .. }) => self.pictures.not_evaluated(),
                Some(Command::Predict { .. }) => return self.pictures.not_predicted(),
                _ => {}
            }
            self.notice = Some(reason.clone());
            self.say(Level::Warn, reason);
        }
    }

    fn saved(&mut self, paths: Vec<PathBuf>) {
        self.not_saved = None;
        for path in paths {
            match path.file_stem().and_then(|stem| stem.to_str()) {
                Some("best") => self.best = Some(path),
                Some("last") => self.last = Some(path),
                _ => {}
            }
        }
    }

    /// The engine writes most of what it says to its log as well.
    fn say_unless_said(&mut self, message: &str) {
        if !self.messages.iter().rev().take(5).any(|line| line.message.contains(message)) {
            self.say(Level::Error, message);
        }
    }
}
