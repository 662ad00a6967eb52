//! What can be done now and here, what it is called, and why it can't be.

use super::{Screen, State};
use crate::session::Phase;
use crate::tui::action::Action;
use crate::tui::keymap::{Group, binding};
use strum::VariantArray;

impl State {
    /// Whether an action can be done now; if not, why.
    pub fn possible(&self, action: Action) -> Result<(), &'static str> {
        let words = &self.words.refusals;
        let check = |possible: bool, reason| if possible { Ok(()) } else { Err(reason) };
        let of_engine = binding(action).is_some_and(|binding| binding.group == Group::Run);
        match action {
            _ if of_engine && self.ended => Err(words.engine_ended),
            Action::StartOrPause | Action::StartOrStop if self.phase == Phase::Loading => Err(words.reading),
            Action::StartOrPause | Action::Evaluate if self.phase == Phase::Evaluating => Err(words.evaluating),
            Action::StartOrPause | Action::StartOrStop if self.download().is_some() => Err(words.downloading),
            Action::Step => check(self.phase == Phase::Paused, words.not_paused),
            Action::Save => check(self.run.is_some(), words.nothing_to_save),
            Action::Evaluate => check(self.run.is_some(), words.nothing_to_evaluate),
            Action::RateUp | Action::RateDown => check(self.run_under_way(), words.no_run),
            Action::EvaluateShown | Action::ResumeRun | Action::DeleteRun | Action::Mark | Action::LayOver
                if self.screen == Screen::Runs =>
            {
                self.possible_with_run(action)
            }
            Action::LayOver if self.screen == Screen::Train && self.laid.is_some() => Ok(()),
            Action::LayOver if self.screen == Screen::Train => Err(self.words.runs.none_laid),
            Action::DeleteRun | Action::Mark | Action::LayOver => Err(self.words.runs.on_this_screen),
            Action::ResumeRun if self.offer.is_none() => Err(words.nothing_to_resume),
            Action::ResumeRun => check(!self.run_under_way() && self.phase != Phase::Loading, words.run_goes_on),
            Action::Download if !self.uses_sample() => Err(words.full_data),
            Action::Download => check(!self.run_under_way() && self.download().is_none(), words.run_or_download),
            Action::NextScreen | Action::PreviousScreen => check(Screen::VARIANTS.len() > 1, words.one_screen),
            Action::OtherSplit => {
                check(matches!(self.screen, Screen::Confusion | Screen::Pictures), words.on_confusion_or_pictures)
            }
            Action::SmoothLess | Action::SmoothMore | Action::LogScale => {
                check(self.screen == Screen::Train, words.on_train)
            }
            Action::Axis | Action::ZoomIn | Action::ZoomOut | Action::ZoomAll | Action::PanLeft | Action::PanRight => {
                match self.screen {
                    Screen::Train => check(self.steps() > 0, words.no_curves),
                    _ => Err(words.on_train),
                }
            }
            Action::Percent | Action::EpochBefore | Action::EpochAfter if self.screen != Screen::Confusion => {
                Err(words.on_confusion)
            }
            Action::EpochBefore | Action::EpochAfter if self.confusion.validations().len() < 2 => {
                Err(words.no_second_epoch)
            }
            Action::EpochBefore => {
                check(self.confusion.shows_test || self.confusion.place() > 0, words.no_epoch_before)
            }
            Action::EpochAfter => check(
                self.confusion.shows_test || self.confusion.place() + 1 < self.confusion.validations().len(),
                words.no_epoch_after,
            ),
            Action::Order | Action::ReverseOrder | Action::Filter | Action::Search
                if self.screen == Screen::Runs && self.runs.rows().is_empty() =>
            {
                Err(self.words.runs.nothing_chosen)
            }
            Action::Filter => {
                check(matches!(self.screen, Screen::Log | Screen::Pictures | Screen::Runs), words.to_filter)
            }
            Action::Search => check(
                matches!(self.screen, Screen::Log | Screen::Pictures | Screen::Config | Screen::Runs),
                words.to_search,
            ),
            Action::Undo | Action::Default | Action::Write if self.screen != Screen::Config => {
                Err(self.words.config.only_here)
            }
            Action::Undo | Action::Write => self.settings_possible(action),
            Action::Order | Action::ReverseOrder => {
                check(matches!(self.screen, Screen::Layers | Screen::Pictures | Screen::Runs), words.to_order)
            }
            Action::EvaluateShown => check(self.screen == Screen::Pictures, words.to_evaluate),
            Action::NextMatch | Action::PreviousMatch if self.screen == Screen::Runs => {
                check(!self.runs.search.is_empty(), words.nothing_searched)
            }
            Action::NextMatch | Action::PreviousMatch => {
                let searched = match self.screen {
                    Screen::Log => &self.reading.search,
                    Screen::Config => &self.settings.search,
                    _ => "",
                };
                check(!searched.is_empty(), words.nothing_searched)
            }
            Action::Confirm => {
                let opens = match self.screen {
                    Screen::Confusion => self.confusion.pass().is_some_and(|pass| pass.best_of.is_none()),
                    Screen::Runs => self.chosen_run().is_some(),
                    screen => matches!(screen, Screen::Layers | Screen::Config),
                };
                check(self.overlay.is_some() || opens, words.nothing_to_open)
            }
            _ => Ok(()),
        }
    }

    /// What an action would do now, in a word for the footer.
    pub fn label(&self, action: Action) -> &'static str {
        let words = &self.words.keys;
        match action {
            Action::StartOrPause if self.run_under_way() && self.phase == Phase::Paused => words.resume,
            Action::StartOrPause if self.run_under_way() => words.pause,
            Action::StartOrStop if self.run_under_way() => words.stop,
            Action::StartOrPause | Action::StartOrStop => words.start,
            Action::Step => words.step,
            Action::Save => words.save,
            Action::Evaluate => words.evaluate,
            Action::RateUp | Action::RateDown => words.rate,
            Action::ResumeRun if self.would_load() => self.words.runs.load,
            Action::ResumeRun => words.go_on,
            Action::Download => words.download,
            Action::Back if self.can_cancel() => words.cancel,
            Action::Back => words.back,
            Action::Help => words.show_help,
            Action::Palette => words.commands,
            Action::Quit => words.leave,
            _ => "",
        }
    }
}
