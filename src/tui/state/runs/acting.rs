//! What keys and clicks do on the Runs screen.

use super::{RunColumn, RunsView};
use crate::metrics::Split;
use crate::session::{Command, Continuation, Phase, RunRow, RunStanding};
use crate::tui::action::Action;
use crate::tui::state::{Effect, Overlay, PAGE, Question, Screen, State};
use strum::VariantArray;
use tui_input::Input;

impl State {
    /// Does what an action means on the Runs screen. `None` where it means there what it means everywhere.
    pub(in crate::tui::state) fn look_at_runs(&mut self, action: Action) -> Option<Vec<Effect>> {
        if self.runs.view == RunsView::Compared && self.look_at_comparison(action) {
            return Some(Vec::new());
        }
        let shown = self.runs_shown();
        let (at, last) = (self.place_of_chosen(&shown), shown.len().saturating_sub(1));
        let can_cancel = self.can_cancel();
        match action {
            Action::Up => self.choose_run(at.saturating_sub(1)),
            Action::Down => self.choose_run(at + 1),
            Action::PageUp => self.choose_run(at.saturating_sub(PAGE)),
            Action::PageDown => self.choose_run(at + PAGE),
            Action::Top => self.choose_run(0),
            Action::Bottom => self.choose_run(last),
            Action::Order => self.runs.order_by_next(),
            Action::ReverseOrder => self.runs.reversed = !self.runs.reversed,
            Action::Filter => self.filter_runs(),
            Action::Search => self.overlay = Some(Overlay::Search(Input::default())),
            Action::NextMatch | Action::PreviousMatch => self.search_runs(action == Action::NextMatch, false),
            Action::Confirm => self.runs.view = RunsView::Opened,
            Action::Back if self.runs.view != RunsView::Table && !can_cancel => self.runs.view = RunsView::Table,
            Action::ShowRuns => self.runs.view = RunsView::Table,
            Action::Mark => {
                let folder = self.chosen_run()?.folder.clone();
                self.runs.mark(&folder);
            }
            Action::LayOver => self.lay_chosen(),
            Action::ResumeRun => return Some(self.resume_chosen()),
            Action::EvaluateShown => return Some(self.evaluate_chosen()),
            Action::DeleteRun => {
                self.runs.to_delete = self.chosen_run().map(|row| row.folder.clone());
                self.overlay = Some(Overlay::Question(Question::DeleteRun));
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Two runs beside each other are scrolled, and put away. False: it means what it means in the table.
    fn look_at_comparison(&mut self, action: Action) -> bool {
        let scroll = &mut self.runs.scroll;
        match action {
            Action::Up => *scroll = scroll.saturating_sub(1),
            Action::Down => *scroll += 1,
            Action::PageUp => *scroll = scroll.saturating_sub(PAGE),
            Action::PageDown => *scroll += PAGE,
            Action::Top => *scroll = 0,
            Action::Bottom => *scroll = crate::config::FIELDS.len(),
            Action::Mark => {
                self.runs.marked.clear();
                self.runs.view = RunsView::Table;
            }
            _ => return false,
        }
        self.runs.scroll = self.runs.scroll.min(crate::config::FIELDS.len());
        true
    }

    /// Whether an action can be done with the chosen run; if not, why.
    pub(in crate::tui::state) fn possible_with_run(&self, action: Action) -> Result<(), &'static str> {
        let words = &self.words.runs;
        let Some(row) = self.chosen_run() else { return Err(words.nothing_chosen) };
        let standing = self.standing(row);
        match action {
            // Two runs are looked at, and none of them more than the other.
            Action::ResumeRun | Action::EvaluateShown | Action::DeleteRun | Action::LayOver
                if self.runs.view == RunsView::Compared =>
            {
                Err(words.while_compared)
            }
            Action::ResumeRun if self.run_under_way() => Err(words.stop_first),
            Action::ResumeRun if matches!(self.phase, Phase::Loading | Phase::Evaluating) => Err(words.engine_is_busy),
            Action::ResumeRun | Action::DeleteRun if standing == RunStanding::Running && !self.is_open(row) => {
                Err(words.in_use)
            }
            Action::ResumeRun if standing == RunStanding::OtherVersion => Err(words.of_another_version),
            Action::ResumeRun if standing == RunStanding::Broken => Err(words.is_broken),
            Action::ResumeRun if self.is_open(row) && standing == RunStanding::Finished => Err(words.is_open_already),
            Action::DeleteRun if self.is_open(row) => Err(words.is_open_here),
            Action::DeleteRun if self.runs.is_deleting(row) => Err(words.is_deleting),
            Action::EvaluateShown if row.best_checkpoint.is_none() => Err(words.no_best),
            Action::EvaluateShown
                if self.data.is_none()
                    || matches!(self.phase, Phase::Loading | Phase::Evaluating)
                    || self.runs.evaluating.is_some() =>
            {
                Err(words.engine_is_busy)
            }
            Action::LayOver if self.is_open(row) => Err(words.own_curves),
            Action::LayOver if row.step.is_none() => Err(words.no_steps),
            _ => Ok(()),
        }
    }

    /// Whether going on with the chosen run would do no step, but make its net the one that is looked at.
    pub(in crate::tui::state) fn would_load(&self) -> bool {
        let chosen = self.chosen_run().filter(|_| self.screen == Screen::Runs);
        chosen.is_some_and(|row| self.standing(row) == RunStanding::Finished)
    }

    fn resume_chosen(&self) -> Vec<Effect> {
        let order = |row: &RunRow| {
            let folder = row.folder.clone();
            Effect::Send(Command::Continue(Continuation {
                folder,
                checkpoint: None,
                config: None,
                learning_rate: None,
            }))
        };
        self.chosen_run().map(order).into_iter().collect()
    }

    fn evaluate_chosen(&mut self) -> Vec<Effect> {
        let Some((folder, checkpoint)) =
            self.chosen_run().and_then(|row| Some((row.folder.clone(), row.best_checkpoint.clone()?)))
        else {
            return Vec::new();
        };
        self.runs.evaluating = Some(folder);
        vec![Effect::Send(Command::Evaluate { split: Split::Test, checkpoint: Some(checkpoint) })]
    }

    /// Lays the chosen run beneath the curves of the Train screen, or takes it away again.
    fn lay_chosen(&mut self) {
        let Some(row) = self.chosen_run() else { return };
        let (folder, is_there) = (row.folder.clone(), self.runs.is_laid(row));
        self.take_laid_away();
        if !is_there {
            self.runs.to_lay = Some(folder);
            self.lay_if_read();
        }
    }

    /// No run lies beneath the curves any more.
    pub(in crate::tui::state) fn take_laid_away(&mut self) {
        self.laid = None;
        self.runs.laid = None;
        self.runs.to_lay = None;
    }

    /// Answers the first question about deleting a run with another.
    pub(in crate::tui::state) fn answer_about_deleting(&mut self, question: Question, action: Action) -> Vec<Effect> {
        match (action, question) {
            (Action::Confirm, Question::DeleteRun) => {
                self.overlay = Some(Overlay::Question(Question::DeleteRunForGood));
            }
            (Action::DeleteRun, Question::DeleteRunForGood) => {
                let Some(folder) = self.runs.to_delete.take() else { return Vec::new() };
                self.runs.deleting.push(folder.clone());
                return vec![Effect::Send(Command::DeleteRun(folder))];
            }
            (Action::Back, _) => self.runs.to_delete = None,
            _ => self.overlay = Some(Overlay::Question(question)),
        }
        Vec::new()
    }

    pub(in crate::tui::state) fn in_runs_search(&mut self, input: Input, action: Action) -> Vec<Effect> {
        match action {
            Action::Back => {}
            Action::Confirm => {
                input.value().clone_into(&mut self.runs.search);
                self.search_runs(true, true);
            }
            _ => self.overlay = Some(Overlay::Search(input)),
        }
        Vec::new()
    }

    /// A click on a row of the table of runs.
    pub(in crate::tui::state) fn click_run(&mut self, place: usize) -> Vec<Effect> {
        let shown = self.runs_shown();
        let is_chosen = self.place_of_chosen(&shown) == place && self.runs.chosen.is_some();
        self.choose_run(place);
        if is_chosen {
            self.runs.view = RunsView::Opened;
        }
        Vec::new()
    }

    /// A click on the head of a column.
    pub(in crate::tui::state) fn click_run_column(&mut self, column: usize) -> Vec<Effect> {
        if let Some(&column) = RunColumn::VARIANTS.get(column) {
            self.runs.order_by(column);
        }
        Vec::new()
    }

    /// Whether this screen needs the answer to what it asks.
    pub(super) fn looks_at_runs(&self) -> bool {
        self.screen == Screen::Runs && self.leaving.is_none() && !self.ended
    }
}
