//! What the engine is asked for about runs, and what it tells.

use super::{CURVES, LaidRun, Read, RunsView};
use crate::metrics::{Evaluation, Split};
use crate::session::{Command, Phase, RunRow, RunSteps, RunTest};
use crate::tui::state::{Effect, State};
use std::path::{Path, PathBuf};

impl State {
    /// A frame was drawn: asks for the runs where they are out of date, and for the steps that are missing on it.
    pub fn runs_drawn(&mut self, shows_curves: bool) -> Vec<Effect> {
        if self.leaving.is_some() || self.ended {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if self.looks_at_runs() && self.runs.stale {
            self.runs.stale = false;
            effects.push(Effect::Send(Command::ListRuns));
        }
        if self.runs.reading.is_none()
            && let Some(folder) = self.missing_curves(shows_curves && self.looks_at_runs())
        {
            self.runs.reading = Some(folder.clone());
            effects.push(Effect::Send(Command::ReadRun(folder)));
        }
        effects
    }

    /// The run whose steps are to be read next: the one to be laid over, then those that are looked at.
    fn missing_curves(&self, of_seen: bool) -> Option<PathBuf> {
        let to_lay = self.runs.to_lay.as_deref().and_then(|folder| self.runs.row(folder));
        let looked_at = match (self.runs.view, self.runs.marked()) {
            _ if !of_seen => Vec::new(),
            (RunsView::Compared, Some(pair)) => pair.to_vec(),
            _ => self.chosen_run().into_iter().collect(),
        };
        let missing = to_lay.into_iter().chain(looked_at).find(|row| !self.is_read(row));
        missing.map(|row| row.folder.clone())
    }

    pub(in crate::tui::state) fn runs_listed(&mut self, rows: Vec<RunRow>) {
        let shown = self.runs_shown();
        let place = self.place_of_chosen(&shown);
        self.runs.rows = Some(rows);
        let is_there = |folder: &PathBuf| self.runs.rows().iter().any(|row| row.folder == *folder);
        // Whoever has chosen a run stays with it; where it is gone, with what is in its place.
        let is_gone = self.runs.chosen.as_ref().is_some_and(|folder| !is_there(folder));
        let marked: Vec<PathBuf> = self.runs.marked.iter().filter(|folder| is_there(folder)).cloned().collect();
        self.runs.marked = marked;
        if self.runs.view == RunsView::Compared && self.runs.marked().is_none() {
            self.runs.view = RunsView::Table;
        }
        if is_gone {
            self.choose_run(place);
        }
        if self.runs_shown().is_empty() {
            self.runs.view = RunsView::Table;
        }
    }

    pub(in crate::tui::state) fn run_read(&mut self, read: &RunSteps) {
        self.runs.reading = None;
        let smoothing = self.smoothing_weight();
        let Some(row) = self.runs.row(&read.folder) else { return };
        let (folder, changed) = (row.folder.clone(), row.changed);
        let run = LaidRun::new(row, read, smoothing);
        self.runs.read.retain(|read| read.folder != folder);
        if self.runs.read.len() == CURVES {
            self.runs.read.remove(0);
        }
        self.runs.read.push(Read { folder, changed, run });
        self.lay_if_read();
    }

    /// Lays the run that is wanted beneath the curves, if it is read.
    pub(super) fn lay_if_read(&mut self) {
        let Some(folder) = self.runs.to_lay.clone() else { return };
        if let Some(read) = self.runs.read.iter().find(|read| read.folder == folder) {
            self.laid = Some(read.run.clone());
            self.runs.laid = self.runs.to_lay.take();
        }
    }

    /// Every average is smoothed anew.
    pub(in crate::tui::state) fn smooth_runs(&mut self) {
        let smoothing = self.smoothing_weight();
        let read = self.runs.read.iter_mut().map(|read| &mut read.run);
        read.chain(&mut self.laid).for_each(|run| run.set_smoothing(smoothing));
    }

    pub(in crate::tui::state) fn run_deleted(&mut self, folder: &Path, outcome: Result<(), String>) {
        self.runs.deleting.retain(|deleted| deleted != folder);
        self.runs.out_of_date();
        match outcome {
            Ok(()) => {
                let offered = self.offer.as_ref().is_some_and(|offer| offer.folder == folder);
                self.offer = self.offer.take().filter(|_| !offered);
                self.runs.tests.retain(|(tested, _)| tested != folder);
                self.runs.read.retain(|read| read.folder != folder);
                if self.runs.laid.as_deref() == Some(folder) {
                    self.take_laid_away();
                }
                let left = self.runs.rows().iter().filter(|row| row.folder != folder).cloned().collect();
                self.runs_listed(left);
            }
            Err(reason) => self.notice = Some(reason),
        }
    }

    /// A command about runs was refused.
    pub(in crate::tui::state) fn runs_refused(&mut self, command: &Command) {
        match command {
            Command::ReadRun(_) => {
                self.runs.reading = None;
                self.runs.to_lay = None;
            }
            Command::DeleteRun(folder) => self.runs.deleting.retain(|deleted| deleted != folder),
            Command::Evaluate { checkpoint: Some(_), .. } => self.runs.evaluating = None,
            _ => {}
        }
    }

    /// Takes a pass over the test pictures that was asked for here. False: it was another.
    pub(in crate::tui::state) fn best_evaluated(&mut self, evaluation: &Evaluation) -> bool {
        if evaluation.split != Split::Test {
            return false;
        }
        let Some(folder) = self.runs.evaluating.take() else { return false };
        let Some(row) = self.runs.row(&folder) else { return true };
        let best = self.best_of(row);
        let (epoch, step, name) =
            (best.map_or(0, |best| best.epoch), best.map_or(0, |best| best.step), row.name.clone());
        let test = RunTest {
            epoch,
            step,
            loss: evaluation.loss,
            accuracy: evaluation.accuracy(),
            classes: evaluation.classes.clone(),
        };
        self.runs.tests.retain(|(tested, _)| *tested != folder);
        self.runs.tests.push((folder, test));
        self.confusion.keep_best_of(name, evaluation, epoch, step);
        true
    }

    /// The engine does something else now.
    pub(in crate::tui::state) fn runs_entered(&mut self, before: Phase, now: Phase) {
        if before == Phase::Evaluating {
            self.runs.evaluating = None;
        }
        if matches!(now, Phase::Finished | Phase::Stopped | Phase::Failed) {
            self.runs.out_of_date();
        }
    }
}
