//! What the Log screen shows: which lines, which one is read, what is searched for.

use super::{Effect, Overlay, Screen, State};
use crate::session::{Level, LogLine};
use crate::tui::action::Action;
use tui_input::Input;

/// Lines of a page, as elsewhere.
pub const PAGE: usize = 8;
/// Messages that a notch of the wheel goes by.
const NOTCH: usize = 3;

/// What is read, and how.
#[derive(Clone, Debug)]
pub struct LogState {
    /// The least level shown.
    pub least: Level,
    /// What is searched for; empty: nothing.
    pub search: String,
    /// The line that is read, by its place among the messages; `None` follows the newest.
    at: Option<usize>,
    /// The first line that the last frame showed, by its place among the messages.
    top: Option<usize>,
}

impl Default for LogState {
    fn default() -> Self {
        Self { least: Level::Debug, search: String::new(), at: None, top: None }
    }
}

impl LogState {
    /// Whether the newest line is shown as it comes.
    pub fn follows(&self) -> bool {
        self.at.is_none()
    }

    /// The oldest message was dropped: the others have moved up.
    pub(super) fn first_is_gone(&mut self) {
        self.at = self.at.map(|at| at.saturating_sub(1));
        self.top = self.top.map(|top| top.saturating_sub(1));
    }

    /// Takes in which line a frame showed first.
    pub fn drawn(&mut self, first_line: Option<usize>) {
        self.top = first_line;
    }

    /// The line that the next frame shows first, as long as the one that is read is among those below it.
    pub fn top(&self) -> Option<usize> {
        self.top
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

/// The place of a line among the messages; whoever is at the end stays there.
fn place_of(shown: &[(usize, &LogLine)], line: usize) -> Option<usize> {
    shown.get(line).filter(|_| line + 1 < shown.len()).map(|&(place, _)| place)
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
        self.reading.at = place_of(&shown, to);
        Some(Vec::new())
    }

    /// The wheel moves what is shown, and the line that is read with it.
    pub(super) fn scroll_log(&mut self, up: bool) {
        let shown = self.lines_shown();
        let read = self.line_read(&shown);
        let first = self.reading.top.map_or(read, |top| shown.partition_point(|&(place, _)| place < top));
        let by = |line: usize| if up { line.saturating_sub(NOTCH) } else { line + NOTCH };
        let (at, top) = (place_of(&shown, by(read)), shown.get(by(first)).map(|&(place, _)| place));
        self.reading.at = at;
        self.reading.top = top;
    }

    /// A click on a line: it is read, on the Log screen.
    pub(super) fn read_line(&mut self, place: usize) {
        let shown = self.lines_shown();
        self.reading.at = place_of(&shown, shown.partition_point(|&(other, _)| other < place));
        self.show(Screen::Log);
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
