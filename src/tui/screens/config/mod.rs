//! Screen 6: every setting with its value and where it came from; edited in place, shown as a diff, written.

mod details;
mod table;

use crate::config::{FIELDS, Field, sections};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::widgets::keys::KeyRow;
use crate::tui::widgets::{Click, Hits, frame, line_of, write, write_right};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use table::Table;

/// Lines about the chosen setting, the last of them for the search.
const DETAILS: u16 = 6;

/// A line of the list.
#[derive(Clone, Copy)]
enum Row {
    Gap,
    Section(&'static str),
    Setting(usize, &'static Field),
}

/// Cells that a path has before a note takes them.
const LEAST_PATH: usize = 24;

/// Draws the screen into the inside of the frame. Returns where the cursor is while something is typed.
pub fn render(state: &State, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) -> Option<Position> {
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    render_head(state, theme, line_of(area, 0), buffer, hits);
    let table = Table::new(state, theme, area.width);
    table.render_heads(line_of(area, 1), buffer);
    let list = Rect { y: area.y + 2, height: area.height.saturating_sub(3 + DETAILS), ..area };
    let rows = rows(list.height.into());
    let chosen = state.settings.chosen;
    let at = rows.iter().position(|row| matches!(row, Row::Setting(place, _) if *place == chosen)).unwrap_or(0);
    let shown = usize::from(list.height);
    let first = at.saturating_sub(shown / 2).min(rows.len().saturating_sub(shown));
    for (line, row) in rows.iter().skip(first).take(shown).enumerate() {
        let place = line_of(list, line as u16);
        match *row {
            Row::Gap => {}
            Row::Section(name) => {
                write(buffer, place, &[("[", theme.faint), (name, theme.title), ("]", theme.faint)]);
            }
            Row::Setting(number, field) => {
                table.render_row(field, number == chosen, place, buffer);
                hits.add(place, Click::Setting(number));
            }
        }
    }
    let edge = Rect { y: list.bottom(), height: 1, ..inside };
    frame::rule(Rect { x: edge.x - 1, width: edge.width + 2, ..edge }, theme.border, buffer);
    if first + shown < rows.len() {
        write_right(buffer, edge, &[(state.words.overlays.more, theme.dim), ("─", theme.border)]);
    }
    let rest = Rect { y: list.bottom() + 1, height: area.bottom().saturating_sub(list.bottom() + 1), ..area };
    details::render(state, theme, rest, buffer, hits)
}

/// Sections with their settings; where there is room, a gap between them.
fn rows(height: usize) -> Vec<Row> {
    let roomy = height >= FIELDS.len() + 2 * sections().count() - 1;
    let mut rows = Vec::new();
    for section in sections() {
        if roomy && !rows.is_empty() {
            rows.push(Row::Gap);
        }
        rows.push(Row::Section(section));
        let of_section = FIELDS.iter().enumerate().filter(|(_, field)| field.section() == section);
        rows.extend(of_section.map(|(place, field)| Row::Setting(place, field)));
    }
    rows
}

/// The file, how much of it is to be written, and the screen's own keys.
fn render_head(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let words = &state.words.config;
    let keys = [
        (Action::Confirm, words.edit),
        (Action::Undo, words.undo),
        (Action::Default, words.to_default),
        (Action::Write, words.write),
        (Action::Search, words.search),
    ];
    let begin = KeyRow { state, theme, keys: &keys }.render_right(row, buffer, hits);
    let room = usize::from(begin.saturating_sub(row.x + 2));
    let Some(file) = state.settings.file() else {
        write(buffer, row, &[(&format::truncate(words.no_file, room), theme.warn)]);
        return;
    };
    let pending = state.settings.pending().len();
    let note = match (pending, file.exists()) {
        (0, false) if room > 2 * format::width(words.is_made) => format!("  {}", words.is_made),
        (0, _) => String::new(),
        (pending, _) => format!("  + {}", (words.count_not_written)(pending)),
    };
    let path = file.path().display().to_string();
    // The note gives way before the file's name does.
    let crowded = format::width(&path).min(LEAST_PATH) + format::width(&note) > room;
    let note = if crowded { String::new() } else { note };
    let path = format::shorten_path(&path, room.saturating_sub(format::width(&note)));
    write(buffer, row, &[(&path, theme.title), (&note, if pending > 0 { theme.warn } else { theme.dim })]);
}
