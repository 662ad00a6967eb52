//! The list of filters, over the screen.

use super::{Click, Hits, frame, line_of, write, write_right};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{ChoiceState, State};
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const WIDTH: u16 = 44;

/// Draws it over the middle of the screen.
pub fn render(list: &ChoiceState, state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let height = (list.rows.len() as u16 + 2).min(area.height.saturating_sub(2));
    let place = super::centered(area, WIDTH, height);
    let words = &state.words.pictures;
    let name = (words.pictures_of)(state.words.common.split(state.pictures.split()));
    let inside = frame::popup(&name, theme, place, buffer, hits);
    let shown = usize::from(inside.height);
    let first = (list.selected + 1).saturating_sub(shown);
    for (line, (number, row)) in list.rows.iter().enumerate().skip(first).take(shown).enumerate() {
        let place = line_of(inside, line as u16);
        let is_selected = number == list.selected;
        let (text, dim) = match (is_selected, row.count) {
            (true, _) => (theme.selected, theme.selected),
            (false, None) if !state.pictures.has_net() => (theme.faint, theme.faint),
            (false, _) => (theme.text, theme.dim),
        };
        let count = match row.count {
            Some(count) => format::count(count as u64),
            None if state.pictures.has_net() => words.evaluates_first.into(),
            None => words.needs_run.into(),
        };
        let mark = if row.view == state.pictures.view() { "•" } else { " " };
        let room = usize::from(place.width).saturating_sub(3);
        let padded = format!("{mark} {} ", format::pad(&format::truncate(&row.name, room), room));
        write(buffer, place, &[(&padded, text)]);
        write_right(buffer, Rect { width: place.width.saturating_sub(1), ..place }, &[(&count, dim)]);
        hits.add(place, Click::Choice(number));
    }
    let edge = Rect { y: place.bottom() - 1, height: 1, width: place.width.saturating_sub(2), ..place };
    let words = &state.words.overlays;
    let [take, close] = [Action::Confirm, Action::Back].map(|action| state.keys.name(action));
    write_right(buffer, edge, &[(&format!(" {take} {}  {close} {} ", words.take, words.close), theme.dim)]);
}
