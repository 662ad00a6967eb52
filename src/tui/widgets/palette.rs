//! The command palette: a line to type in, and the commands that it finds.

use super::{Click, Hits, frame, line_of, write, write_right};
use crate::tui::format;
use crate::tui::state::{PaletteState, State};
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

const WIDTH: u16 = 56;
/// Frame, input and a line beneath it.
const AROUND: u16 = 4;
const ROWS: u16 = 14;

/// Draws it over the upper part of the screen. Returns where the cursor is.
pub fn render(
    palette: &PaletteState,
    state: &State,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) -> Position {
    let words = &state.words.overlays;
    let found = palette.found(state);
    let width = WIDTH.min(area.width);
    let most = (ROWS + AROUND).min(area.height.saturating_sub(2));
    // The box shrinks with what is found, its upper edge stays.
    let top = area.y + (area.height - most) / 3;
    let height = (found.len().max(1) as u16 + AROUND).min(most);
    let place = Rect { x: area.x + (area.width - width) / 2, y: top, width, height };
    let inside = frame::popup(words.commands, theme, place, buffer, hits);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let input = line_of(inside, 0);
    let room = usize::from(input.width).saturating_sub(3);
    let scrolled = palette.input.visual_scroll(room);
    let visible = visible_part(palette.input.value(), scrolled, room);
    write(buffer, input, &[(": ", theme.key), (&visible, theme.text)]);
    if palette.input.value().is_empty() {
        write(
            buffer,
            Rect { x: input.x + 3, width: input.width.saturating_sub(3), ..input },
            &[(words.type_letters, theme.faint)],
        );
    }
    frame::rule(Rect { y: place.y + 2, height: 1, ..place }, theme.dim, buffer);
    let list = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    if found.is_empty() {
        write(buffer, line_of(list, 0), &[(words.no_command, theme.faint)]);
    }
    let shown = usize::from(list.height);
    let first = (palette.selected + 1).saturating_sub(shown);
    for (line, (index, binding)) in found.iter().enumerate().skip(first).take(shown).enumerate() {
        let row = line_of(list, line as u16);
        let keys = state.keys.name(binding.action);
        let possible = state.possible(binding.action).is_ok();
        let (text, key) = match (index == palette.selected, possible) {
            (true, _) => (theme.selected, theme.selected),
            (false, true) => (theme.text, theme.key),
            (false, false) => (theme.faint, theme.faint),
        };
        let help = (state.words.keys.help)(binding);
        let padded = format!(" {}", format::pad(help, usize::from(row.width).saturating_sub(1)));
        write(buffer, row, &[(&padded, text)]);
        write_right(buffer, Rect { width: row.width.saturating_sub(1), ..row }, &[(&keys, key)]);
        hits.add(row, Click::PaletteRow(index));
    }
    if found.len() > first + shown {
        write(buffer, Rect { x: place.x + 2, y: place.bottom() - 1, height: 1, ..inside }, &[(words.more, theme.dim)]);
    }
    if let Some(Err(reason)) = palette.selected(state).map(|action| state.possible(action)) {
        let edge = Rect { y: place.bottom() - 1, height: 1, width: place.width.saturating_sub(2), ..place };
        let reason = format::truncate(reason, usize::from(edge.width).saturating_sub(4));
        write_right(buffer, edge, &[(&format!(" {reason} "), theme.warn)]);
    }
    let cursor = palette.input.visual_cursor().max(scrolled) - scrolled;
    Position::new(input.x + 2 + cursor as u16, input.y)
}

/// The part of a text after so many cells, as far as there is room.
pub fn visible_part(text: &str, scrolled: usize, room: usize) -> String {
    let mut skipped = 0;
    let rest: String = text
        .chars()
        .skip_while(|c| {
            let before = skipped;
            skipped += format::width(c.encode_utf8(&mut [0; 4]));
            before < scrolled
        })
        .collect();
    format::truncate(&rest, room).into_owned()
}
