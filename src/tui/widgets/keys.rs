//! A screen's own keys in a row: what each does, faint where it can't be done now, and all to be clicked.

use super::{Click, Hits, key_width, write};
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Cells between two keys.
const GAP: u16 = 2;

/// Keys and their labels.
pub struct KeyRow<'a> {
    /// Which keys are in force, and what can be done.
    pub state: &'a State,
    /// Colours.
    pub theme: &'a Theme,
    /// In the order in which they are shown.
    pub keys: &'a [(Action, &'a str)],
}

impl KeyRow<'_> {
    /// Cells that all of them take.
    pub fn width(&self) -> u16 {
        let widths = self.keys.iter().map(|&(action, label)| self.width_of(action, label) + GAP);
        widths.sum::<u16>().saturating_sub(GAP)
    }

    fn width_of(&self, action: Action, label: &str) -> u16 {
        key_width(&self.state.keys.shortest(action), label)
    }

    /// Draws them at the right end of a row. Returns where they begin.
    pub fn render_right(&self, row: Rect, buffer: &mut Buffer, hits: &mut Hits) -> u16 {
        let begin = row.right().saturating_sub(self.width()).max(row.x);
        let place = Rect { x: begin, width: row.right().saturating_sub(begin), ..row };
        self.keys.iter().fold(place, |place, &(action, label)| self.render_key(action, label, place, buffer, hits));
        begin
    }

    /// Draws as many as fit from the left end of a row on.
    pub fn render_left(&self, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
        let mut place = row;
        for &(action, label) in self.keys {
            if self.width_of(action, label) > place.width {
                return;
            }
            place = self.render_key(action, label, place, buffer, hits);
        }
    }

    /// Draws one. Returns what is left for the others.
    fn render_key(&self, action: Action, label: &str, place: Rect, buffer: &mut Buffer, hits: &mut Hits) -> Rect {
        let Theme { key, dim, faint, .. } = *self.theme;
        let (key, text) = if self.state.possible(action).is_ok() { (key, dim) } else { (faint, faint) };
        let name = self.state.keys.shortest(action);
        let end = write(buffer, place, &[(&name, key), (" ", text), (label, text)]);
        hits.add(Rect { width: end.saturating_sub(place.x), ..place }, Click::Action(action));
        let next = end + GAP;
        Rect { x: next, width: place.right().saturating_sub(next), ..place }
    }
}
