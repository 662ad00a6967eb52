//! Every key and what it does, from the key table.

use super::{Click, Hits, centered, frame, line_of, write, write_right};
use crate::tui::keymap::{BINDINGS, Group, Key};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::VariantArray;

/// Lines of the longest form: one column, with headings and gaps.
pub const LINES: usize = BINDINGS.len() + 2 * Group::VARIANTS.len();
/// Width of a column, and of the keys in it.
const COLUMN: u16 = 37;
const KEYS: u16 = 11;
const GAP: u16 = 2;

enum HelpLine {
    Heading(Group),
    Row(usize),
    Empty,
}

/// Draws it over the screen.
pub fn render(state: &State, theme: &Theme, scroll: usize, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    // Two columns of the same height.
    let columns = [lines(&[Group::Run, Group::Move]), lines(&[Group::Charts, Group::Program])];
    let two = area.width >= 2 * COLUMN + GAP + 4;
    let columns: Vec<Vec<HelpLine>> = if two { columns.into() } else { vec![columns.into_iter().flatten().collect()] };
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let width = columns.len() as u16 * (COLUMN + GAP) - GAP + 4;
    let place = centered(area, width, (height as u16).saturating_add(2));
    let inside = frame::popup("keys", theme, place, buffer, hits);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let scroll = scroll.min(height.saturating_sub(inside.height.into()));
    for (number, column) in columns.iter().enumerate() {
        let x = inside.x + number as u16 * (COLUMN + GAP);
        for (line, content) in column.iter().skip(scroll).take(inside.height.into()).enumerate() {
            let row = Rect { x, width: COLUMN.min(inside.right().saturating_sub(x)), ..line_of(inside, line as u16) };
            render_line(state, theme, content, row, buffer, hits);
        }
    }
    let edge = Rect { y: place.bottom() - 1, height: 1, width: place.width.saturating_sub(2), ..place };
    let more = height > scroll + usize::from(inside.height);
    let hint = if more { " ↓ more " } else { " Esc close " };
    write_right(buffer, edge, &[(hint, theme.dim)]);
}

fn lines(groups: &[Group]) -> Vec<HelpLine> {
    let mut lines = Vec::new();
    for &group in groups {
        if !lines.is_empty() {
            lines.push(HelpLine::Empty);
        }
        lines.push(HelpLine::Heading(group));
        lines.extend((0..BINDINGS.len()).filter(|&row| BINDINGS[row].group == group).map(HelpLine::Row));
    }
    lines
}

fn render_line(state: &State, theme: &Theme, line: &HelpLine, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    match line {
        HelpLine::Empty => {}
        HelpLine::Heading(group) => {
            write(buffer, row, &[(&group.to_string(), theme.title)]);
        }
        HelpLine::Row(index) => {
            let binding = &BINDINGS[*index];
            let keys = binding.keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ");
            // What can't be done now is there, but faint.
            let (key, text) = match state.possible(binding.action) {
                Ok(()) => (theme.key, theme.text),
                Err(_) => (theme.faint, theme.faint),
            };
            write(buffer, row, &[(&format!("{keys:<width$} ", width = usize::from(KEYS)), key), (binding.help, text)]);
            hits.add(row, Click::Action(binding.action));
        }
    }
}
