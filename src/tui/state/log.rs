//! What the Log screen shows: which lines, which one is read, what is searched for.

use super::{Effect, Overlay, State};
use crate::session::{Level, LogLine};
use crate::tui::action::Action;
use tui_input::Input;

/// Lines of a page, as elsewhere.
const PAGE: usize = 8;

/// What is read, and how.
#[derive(Clone, Debug)]
pub struct LogState {
    /// The least level shown.
    pub least: Level,
    /// What is searched for; empty: nothing.
    pub search: String,
    /// The line that is read, by its place among the messages; `None` follows the newest.
    at: Option<usize>,
}

impl Default for LogState {
    fn default() -> Self {
        Self { least: Level::Debug, search: String::new(), at: None }
    }
}

impl LogState {
    /// Whether the newest line is shown as it comes.
    pub fn follows(&self) -> bool {
        self.at.is_none()
    }

    /// What `f` has chosen, in words.
    pub fn filter_name(&self) -> &'static str {
        match self.least {
            Level::Debug => "all levels",
            Level::Info => "info and above",
            Level::Warn => "warnings and above",
            Level::Error => "errors",
        }
    }

    /// The oldest message was dropped: the others have moved up.
    pub(super) fn first_is_gone(&mut self) {
        self.at = self.at.map(|at| at.saturating_sub(1));
    }
}

/// Whether a message holds what is searched for, whatever its case.
pub struct Matches(String);

impl Matches {
    /// Of this text; an empty one is found nowhere.
    pub fn of(search: &str) -> Self {
        Self(search.to_lowercase())
    }

    /// Whether this message holds it.
    pub fn are_in(&self, message: &str) -> bool {
        !self.0.is_empty() && message.to_lowercase().contains(&self.0)
    }
}

impl State {
    /// The messages that the filter lets through, oldest first, each with its place among all.
    pub fn lines_shown(&self) -> Vec<(usize, &LogLine)> {
        self.messages.iter().enumerate().filter(|(_, line)| line.level >= self.reading.least).collect()
    }

    /// The line that is read, counted among those shown: the one chosen, or what is left nearest above it.
    pub fn line_read(&self, shown: &[(usize, &LogLine)]) -> usize {
        let last = shown.len().saturating_sub(1);
        self.reading.at.map_or(last, |at| shown.partition_point(|&(place, _)| place <= at).saturating_sub(1))
    }

    /// What is searched for now: what is being typed, else what was.
    pub fn searched(&self) -> &str {
        match &self.overlay {
            Some(Overlay::Search(input)) => input.value(),
            _ => &self.reading.search,
        }
    }

    /// Does what an action means on the Log screen. `None` where it means there what it means everywhere.
    pub(super) fn read(&mut self, action: Action) -> Option<Vec<Effect>> {
        let shown = self.lines_shown();
        let (read, last) = (self.line_read(&shown), shown.len().saturating_sub(1));
        let to = match action {
            Action::Up => read.saturating_sub(1),
            Action::Down => read + 1,
            Action::PageUp => read.saturating_sub(PAGE),
            Action::PageDown => read + PAGE,
            Action::Top => 0,
            Action::Bottom => last,
            Action::NextMatch | Action::PreviousMatch => {
                self.search_on(action == Action::NextMatch);
                return Some(Vec::new());
            }
            Action::Filter => {
                self.reading.least = match self.reading.least {
                    Level::Debug => Level::Info,
                    Level::Info => Level::Warn,
                    Level::Warn => Level::Error,
                    Level::Error => Level::Debug,
                };
                return Some(Vec::new());
            }
            Action::Search => {
                self.overlay = Some(Overlay::Search(Input::default()));
                return Some(Vec::new());
            }
            _ => return None,
        };
        // Whoever is at the end stays there.
        self.reading.at = if to >= last { None } else { shown.get(to).map(|&(place, _)| place) };
        Some(Vec::new())
    }

    pub(super) fn in_search(&mut self, input: Input, action: Action) -> Vec<Effect> {
        match action {
            Action::Back => {}
            Action::Confirm => {
                input.value().clone_into(&mut self.reading.search);
                // The newest is what one looks for in a log.
                let shown = self.lines_shown();
                let matches = Matches::of(&self.reading.search);
                let here = self.line_read(&shown);
                if !shown.get(here).is_some_and(|(_, line)| matches.are_in(&line.message)) {
                    self.search_on(false);
                }
            }
            _ => self.overlay = Some(Overlay::Search(input)),
        }
        Vec::new()
    }

    /// To the nearest match below or above, and on from the other end.
    fn search_on(&mut self, down: bool) {
        let shown = self.lines_shown();
        let (count, read) = (shown.len(), self.line_read(&shown));
        let matches = Matches::of(&self.reading.search);
        let found = (1..=count)
            .map(|step| if down { (read + step) % count } else { (read + count - step) % count })
            .find_map(|line| shown.get(line).filter(|(_, line)| matches.are_in(&line.message)))
            .map(|&(place, _)| place);
        if found.is_some() {
            self.reading.at = found;
        }
    }
}
