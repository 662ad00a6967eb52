//! Which runs are shown, in which order, and which of them is chosen.

use super::{RunsState, RunsView};
use crate::session::{RunRow, RunStanding};
use crate::tui::state::{Matches, Overlay, State};
use std::cmp::Ordering;
use strum::{EnumCount, VariantArray};

/// A column of the table of runs, from the left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount, VariantArray)]
pub enum RunColumn {
    /// The folder's name.
    Name,
    /// How it stands with it.
    Standing,
    /// When anything in it changed last.
    #[default]
    Changed,
    /// `fashion`, `tiny`, …
    Variant,
    /// Epochs done and asked for.
    Epochs,
    /// The best validation accuracy.
    Best,
    /// The accuracy on the test pictures.
    Test,
    /// Training and validation time.
    Time,
    /// What it takes on the disk.
    Size,
    /// The validation loss, small.
    Curve,
}

/// Which runs are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, VariantArray)]
pub enum RunFilter {
    /// All.
    #[default]
    All,
    /// Those whose epochs are done.
    Finished,
    /// Those that can be gone on with.
    Unfinished,
    /// Those that somebody is at work on.
    Running,
    /// Those that a fault ended.
    Failed,
    /// Those of another version, and those that are half destroyed.
    Unreadable,
}

impl RunFilter {
    fn lets_through(self, standing: RunStanding) -> bool {
        match self {
            Self::All => true,
            Self::Finished => standing == RunStanding::Finished,
            Self::Unfinished => standing.can_go_on(),
            Self::Running => standing == RunStanding::Running,
            Self::Failed => standing == RunStanding::Failed,
            Self::Unreadable => matches!(standing, RunStanding::OtherVersion | RunStanding::Broken),
        }
    }
}

impl State {
    /// The runs that the filter lets through, in the order of the table.
    pub fn runs_shown(&self) -> Vec<&RunRow> {
        let runs = &self.runs;
        let mut shown: Vec<_> = runs.rows().iter().filter(|row| runs.filter.lets_through(self.standing(row))).collect();
        // What is equal stays in the order of time; what has no such number comes last either way.
        shown.sort_by(|a, b| match self.compare(runs.order, a, b) {
            (order, true) if runs.reversed => order.reverse(),
            (order, _) => order,
        });
        shown
    }

    /// How two runs stand to each other by a column, and whether that turns round with the order.
    fn compare(&self, column: RunColumn, a: &RunRow, b: &RunRow) -> (Ordering, bool) {
        let best = |row: &RunRow| self.best_of(row).map(|best| best.validation_accuracy);
        let greatest = |of: &dyn Fn(&RunRow) -> Option<f64>| match (of(a), of(b)) {
            (Some(a), Some(b)) => (b.total_cmp(&a), true),
            (a, b) => (b.is_some().cmp(&a.is_some()), false),
        };
        match column {
            RunColumn::Changed => (b.changed.cmp(&a.changed), true),
            RunColumn::Name => (a.name.cmp(&b.name), true),
            RunColumn::Standing => ((self.standing(a) as u8).cmp(&(self.standing(b) as u8)), true),
            RunColumn::Variant => {
                let variant = |row: &RunRow| row.config.as_ref().map(|config| config.model.variant.to_string());
                (variant(a).cmp(&variant(b)), true)
            }
            RunColumn::Epochs => greatest(&|row| Some(self.epochs_of(row).len() as f64)),
            RunColumn::Best => greatest(&best),
            RunColumn::Test => greatest(&|row| self.runs.test_accuracy(row)),
            RunColumn::Time => greatest(&|row| Some(self.seconds_of(row))),
            RunColumn::Size => greatest(&|row| Some(row.bytes as f64)),
            RunColumn::Curve => greatest(&|row| self.epochs_of(row).last().map(|epoch| -epoch.validation_loss)),
        }
    }

    /// The run that is chosen, if there is any.
    pub fn chosen_run(&self) -> Option<&RunRow> {
        let shown = self.runs_shown();
        shown.get(self.place_of_chosen(&shown)).copied()
    }

    /// The place of the chosen run among those shown.
    pub fn place_of_chosen(&self, shown: &[&RunRow]) -> usize {
        let chosen = self.runs.chosen.as_ref();
        chosen.and_then(|folder| shown.iter().position(|row| row.folder == *folder)).unwrap_or(0)
    }

    /// Chooses a run by its place among those shown.
    pub(super) fn choose_run(&mut self, place: usize) {
        let shown = self.runs_shown();
        let chosen = shown.get(place.min(shown.len().saturating_sub(1))).map(|row| row.folder.clone());
        self.runs.chosen = chosen;
    }

    /// Whether a run holds what is searched for.
    pub fn is_found(&self, row: &RunRow) -> bool {
        let searched = match &self.overlay {
            Some(Overlay::Search(input)) => input.value(),
            _ => &self.runs.search,
        };
        Matches::of(searched).are_in(&searchable(row))
    }

    /// To the nearest match below or above, and on from the other end.
    pub(super) fn search_runs(&mut self, down: bool, from_here: bool) {
        let matches = Matches::of(&self.runs.search);
        let shown = self.runs_shown();
        let (count, here) = (shown.len(), self.place_of_chosen(&shown));
        let first = usize::from(!from_here);
        let found = (first..first + count)
            .map(|step| if down { (here + step) % count } else { (here + count - step % count) % count })
            .find(|&place| shown.get(place).is_some_and(|row| matches.are_in(&searchable(row))));
        if let Some(found) = found {
            self.choose_run(found);
        }
    }

    /// The next filter that lets something through.
    pub(super) fn filter_runs(&mut self) {
        let all = RunFilter::VARIANTS;
        let now = all.iter().position(|&filter| filter == self.runs.filter).unwrap_or(0);
        let any = |filter: RunFilter| {
            filter == RunFilter::All || self.runs.rows().iter().any(|row| filter.lets_through(self.standing(row)))
        };
        let next = (1..=all.len()).map(|step| all[(now + step) % all.len()]).find(|&filter| any(filter));
        self.runs.filter = next.unwrap_or_default();
    }
}

/// What a search looks at: the name and the net.
fn searchable(row: &RunRow) -> String {
    let variant = row.config.as_ref().map_or_else(String::new, |config| config.model.variant.to_string());
    format!("{} {variant}", row.name)
}

impl RunsState {
    pub(super) fn order_by(&mut self, column: RunColumn) {
        self.reversed = column == self.order && !self.reversed;
        self.order = column;
    }

    /// The next column, in the order in which `o` goes through them.
    pub(super) fn order_by_next(&mut self) {
        let next = (self.order as usize + 1) % RunColumn::COUNT;
        self.order = RunColumn::VARIANTS.get(next).copied().unwrap_or_default();
        self.reversed = false;
    }

    /// Marks a run or takes the mark away. Of more than two, the first loses its mark. Two are set beside each other.
    pub(super) fn mark(&mut self, row: &std::path::Path) {
        if let Some(at) = self.marked.iter().position(|marked| marked == row) {
            self.marked.remove(at);
            return;
        }
        self.marked.push(row.to_path_buf());
        if self.marked.len() > 2 {
            self.marked.remove(0);
        }
        if self.marked.len() == 2 {
            self.view = RunsView::Compared;
            self.scroll = 0;
        }
    }
}
