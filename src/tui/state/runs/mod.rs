//! What the Runs screen shows: the runs there are, which is chosen, and what was read of it.

mod acting;
mod choosing;
mod telling;

pub use choosing::{RunColumn, RunFilter};

use super::{SMOOTHINGS, State};
use crate::metrics::EpochMetrics;
use crate::session::{Phase, RunRow, RunStanding, RunSteps, RunTest};
use crate::tui::series::Series;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Runs whose curves are kept.
const CURVES: usize = 8;

/// A run from before, as curves: what the Runs screen draws, and what the charts of the present one lay beneath theirs.
#[derive(Clone, Debug)]
pub struct LaidRun {
    /// Its name.
    pub name: String,
    /// The loss of every step.
    pub loss: Series,
    /// The accuracy of every step.
    pub accuracy: Series,
    /// Every epoch's numbers.
    pub epochs: Vec<EpochMetrics>,
    /// Optimizer steps in an epoch; 0 where unknown.
    pub steps_per_epoch: u64,
}

impl LaidRun {
    /// Of a run and its steps.
    fn new(row: &RunRow, read: &RunSteps, smoothing: f64) -> Self {
        let (mut loss, mut accuracy) = (Series::new(smoothing), Series::new(smoothing));
        for step in &read.steps {
            loss.push(step.loss);
            accuracy.push(step.accuracy);
        }
        let ends = |epoch: u32| read.steps.iter().rfind(|step| step.epoch == epoch).map(|step| step.step);
        let steps_per_epoch = row.epochs.first().and_then(|first| {
            let told = (first.step > 0).then_some(first.step).or_else(|| ends(first.epoch))?;
            Some(told / u64::from(first.epoch.max(1)))
        });
        let steps_per_epoch = steps_per_epoch.unwrap_or(0);
        let mut epochs = row.epochs.clone();
        for epoch in epochs.iter_mut().filter(|epoch| epoch.step == 0) {
            epoch.step = ends(epoch.epoch).unwrap_or(u64::from(epoch.epoch) * steps_per_epoch);
        }
        Self { name: row.name.clone(), loss, accuracy, epochs, steps_per_epoch }
    }

    /// Gives the past another weight.
    pub(super) fn set_smoothing(&mut self, smoothing: f64) {
        self.loss.set_smoothing(smoothing);
        self.accuracy.set_smoothing(smoothing);
    }
}

/// The same, by reference: of the run that is open, what the Train screen shows.
#[derive(Clone, Copy, Debug)]
pub struct Curves<'a> {
    /// The loss of every step.
    pub loss: &'a Series,
    /// The accuracy of every step.
    pub accuracy: &'a Series,
    /// Every epoch's numbers.
    pub epochs: &'a [EpochMetrics],
    /// Optimizer steps in an epoch; 0 where unknown.
    pub steps_per_epoch: u64,
}

/// What was read of a run, and when anything in its folder had changed last by then.
#[derive(Clone, Debug)]
struct Read {
    folder: PathBuf,
    changed: Option<SystemTime>,
    run: LaidRun,
}

/// What fills the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunsView {
    /// Every run.
    #[default]
    Table,
    /// The chosen one.
    Opened,
    /// The two that are marked, beside each other.
    Compared,
}

/// What is looked at, and how.
#[derive(Clone, Debug, Default)]
pub struct RunsState {
    /// The runs there are, the one last changed first; `None`: not told yet.
    rows: Option<Vec<RunRow>>,
    /// Something has happened since they were told.
    stale: bool,
    /// What fills the screen.
    pub view: RunsView,
    /// What the table is ordered by.
    pub order: RunColumn,
    /// Whether it is ordered the other way round.
    pub reversed: bool,
    /// Which runs are shown.
    pub filter: RunFilter,
    /// What is searched for; empty: nothing.
    pub search: String,
    /// The folder of the chosen run; `None`: the first.
    chosen: Option<PathBuf>,
    /// The folders of those that are marked, the latest last.
    marked: Vec<PathBuf>,
    /// Lines that the comparison is scrolled by.
    pub scroll: usize,
    read: Vec<Read>,
    /// The run whose steps are being read.
    reading: Option<PathBuf>,
    /// The run to be laid beneath the curves as soon as it is read.
    to_lay: Option<PathBuf>,
    /// The run that lies there.
    laid: Option<PathBuf>,
    /// The run whose best is being evaluated.
    evaluating: Option<PathBuf>,
    /// What that gave, since the program was opened.
    tests: Vec<(PathBuf, RunTest)>,
    /// The run that is asked about.
    to_delete: Option<PathBuf>,
    /// Those on their way out.
    deleting: Vec<PathBuf>,
}

impl RunsState {
    /// Whether the runs are known.
    pub fn is_listed(&self) -> bool {
        self.rows.is_some()
    }

    /// Every run, the one last changed first.
    pub fn rows(&self) -> &[RunRow] {
        self.rows.as_deref().unwrap_or_default()
    }

    fn row(&self, folder: &Path) -> Option<&RunRow> {
        self.rows().iter().find(|row| row.folder == folder)
    }

    /// Whether a run is marked.
    pub fn is_marked(&self, row: &RunRow) -> bool {
        self.marked.contains(&row.folder)
    }

    /// The two that are marked, the first marked first.
    pub fn marked(&self) -> Option<[&RunRow; 2]> {
        match self.marked.as_slice() {
            [a, b] => Some([self.row(a)?, self.row(b)?]),
            _ => None,
        }
    }

    /// Whether a run lies beneath the curves of the Train screen.
    pub fn is_laid(&self, row: &RunRow) -> bool {
        self.laid.as_ref() == Some(&row.folder)
    }

    /// Whether its best is being evaluated.
    pub fn is_evaluating(&self, row: &RunRow) -> bool {
        self.evaluating.as_ref() == Some(&row.folder)
    }

    /// Whether it is being deleted.
    pub fn is_deleting(&self, row: &RunRow) -> bool {
        self.deleting.contains(&row.folder)
    }

    /// The run that is asked about before it is deleted.
    pub fn to_delete(&self) -> Option<&RunRow> {
        self.row(self.to_delete.as_deref()?)
    }

    /// What its best came to on the test pictures, if that was asked for since the program was opened.
    pub fn test_of_best(&self, row: &RunRow) -> Option<&RunTest> {
        self.tests.iter().find(|(folder, _)| *folder == row.folder).map(|(_, test)| test)
    }

    /// The accuracy on the test pictures: of its best weights, else of those that were evaluated last.
    pub fn test_accuracy(&self, row: &RunRow) -> Option<f64> {
        self.test_of_best(row).or(row.test.as_ref()).map(|test| test.accuracy)
    }

    /// Something has happened to a run.
    pub(super) fn out_of_date(&mut self) {
        self.stale = true;
    }
}

impl State {
    /// Whether a run is the one that is open here, going on or not.
    pub fn is_open(&self, row: &RunRow) -> bool {
        self.run.as_ref().is_some_and(|run| run.folder == row.folder)
    }

    /// How it stands with a run: of the one that is open here, what the engine says.
    pub fn standing(&self, row: &RunRow) -> RunStanding {
        match self.phase {
            _ if !self.is_open(row) => row.standing,
            Phase::Finished => RunStanding::Finished,
            Phase::Failed => RunStanding::Failed,
            _ if self.run_under_way() => RunStanding::Running,
            // Nobody but this program holds it.
            _ if row.standing == RunStanding::Running => RunStanding::Stopped,
            _ => row.standing,
        }
    }

    /// The epochs of a run: of the one that is open here, also those since it was listed.
    pub fn epochs_of<'a>(&'a self, row: &'a RunRow) -> &'a [EpochMetrics] {
        if self.is_open(row) && self.epochs.len() >= row.epochs.len() { &self.epochs } else { &row.epochs }
    }

    /// The best epoch of a run.
    pub fn best_of<'a>(&'a self, row: &'a RunRow) -> Option<&'a EpochMetrics> {
        let epochs = self.epochs_of(row);
        let told = row.best.filter(|_| !self.is_open(row));
        match told {
            Some(best) => epochs.iter().find(|epoch| epoch.epoch == best.epoch),
            None => epochs.iter().rfind(|epoch| epoch.best),
        }
    }

    /// Training and validation time of a run.
    pub fn seconds_of(&self, row: &RunRow) -> f64 {
        if self.is_open(row) { row.seconds.max(self.snapshot.seconds) } else { row.seconds }
    }

    /// The curves of a run, once they are read.
    pub fn curves_of<'a>(&'a self, row: &RunRow) -> Option<Curves<'a>> {
        if self.is_open(row) && !self.loss.is_empty() {
            let steps_per_epoch = self.run.as_ref().map_or(0, |run| run.steps_per_epoch);
            return Some(Curves { loss: &self.loss, accuracy: &self.accuracy, epochs: &self.epochs, steps_per_epoch });
        }
        let read = self.runs.read.iter().find(|read| read.folder == row.folder)?;
        let LaidRun { loss, accuracy, epochs, steps_per_epoch, .. } = &read.run;
        Some(Curves { loss, accuracy, epochs, steps_per_epoch: *steps_per_epoch })
    }

    /// Whether the curves that were read are those of the run as it is now.
    fn is_read(&self, row: &RunRow) -> bool {
        let read = self.runs.read.iter().find(|read| read.folder == row.folder);
        self.is_open(row) && !self.loss.is_empty() || read.is_some_and(|read| read.changed == row.changed)
    }

    /// The weight of the past in every average.
    fn smoothing_weight(&self) -> f64 {
        SMOOTHINGS[self.smoothing]
    }
}
