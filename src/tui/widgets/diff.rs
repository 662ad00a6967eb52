//! What would be written to the configuration's file, over the screen.

use super::{Click, Hits, centered, frame, key_width, line_of, write};
use crate::config::DiffLine;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{DiffState, State};
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const WIDTH: u16 = 110;

/// Draws it over the middle of the screen.
pub fn render(shown: &DiffState, state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let width = WIDTH.min(area.width.saturating_sub(4));
    let text_width = usize::from(width).saturating_sub(4);
    let error = shown.error.as_deref().map_or_else(Vec::new, |error| format::wrap(error, text_width));
    let around = 2 + if error.is_empty() { 0 } else { error.len() as u16 + 1 };
    let height = (shown.lines.len() as u16 + around).min(area.height.saturating_sub(2));
    let place = centered(area, width, height);
    let path = state.settings.file().map(|file| file.path().display().to_string()).unwrap_or_default();
    let name = format::shorten_path(&path, text_width.saturating_sub(4));
    let inside = frame::popup(&name, theme, place, buffer, hits);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    for (line, text) in error.iter().enumerate() {
        write(buffer, line_of(inside, line as u16), &[(text, theme.bad)]);
    }
    let above = if error.is_empty() { 0 } else { error.len() as u16 + 1 };
    let list = Rect { y: inside.y + above, height: inside.height.saturating_sub(above), ..inside };
    let last = shown.lines.len().saturating_sub(list.height.into());
    let lines = shown.lines.iter().skip(shown.scroll.min(last)).take(list.height.into());
    for (line, content) in lines.enumerate() {
        let (mark, text, style) = match content {
            DiffLine::Gap => ("⋯", "", theme.faint),
            DiffLine::Same(text) => ("  ", text.as_str(), theme.dim),
            DiffLine::Old(text) => ("- ", text.as_str(), theme.bad),
            DiffLine::New(text) => ("+ ", text.as_str(), theme.good),
        };
        let text = format::truncate(text, usize::from(list.width).saturating_sub(2));
        write(buffer, line_of(list, line as u16), &[(mark, style), (&text, style)]);
    }
    let words = &state.words.config;
    let keys = [(Action::Confirm, words.writes), (Action::Back, words.back)];
    render_keys(state, &keys, theme, place, buffer, hits);
}

/// Keys in the lower edge of a box.
pub fn render_keys(
    state: &State,
    keys: &[(Action, &str)],
    theme: &Theme,
    place: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let width: u16 = keys.iter().map(|&(action, label)| key_width(&state.keys.name(action), label) + 2).sum();
    let edge = Rect { y: place.bottom().saturating_sub(1), height: 1, ..place };
    let mut x = edge.right().saturating_sub(width + 2);
    for &(action, label) in keys {
        let (from, key) = (x, state.keys.name(action));
        let rest = Rect { x, width: edge.right().saturating_sub(x), ..edge };
        x = write(
            buffer,
            rest,
            &[(" ", theme.dim), (&key, theme.key), (" ", theme.dim), (label, theme.text), (" ", theme.dim)],
        );
        hits.add(Rect { x: from, width: x.saturating_sub(from), ..edge }, Click::Action(action));
    }
}
