//! The table of settings: as many columns as there is room for.

use crate::config::Field;
use crate::tui::format;
use crate::tui::state::{Overlay, State, text_of};
use crate::tui::theme::Theme;
use crate::tui::widgets::{line_of, write, write_right};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Cells of the marks and the name.
const NAME: u16 = 25;
const UNIT: u16 = 12;
/// The longest default word.
const DEFAULT: u16 = 20;
/// Where there is a column of the meaning as well.
const ORIGIN: u16 = 20;
const GAP: u16 = 2;
/// From these widths on there are columns of the default, and of the meaning.
const WIDE: u16 = 105;
const WIDEST: u16 = 165;

/// Columns from the left.
pub struct Table<'a> {
    state: &'a State,
    theme: &'a Theme,
    value: u16,
    has_default: bool,
    origin: u16,
    /// 0: there is no room for it.
    meaning: u16,
}

impl<'a> Table<'a> {
    /// Those that fit into a width.
    pub fn new(state: &'a State, theme: &'a Theme, width: u16) -> Self {
        let has_default = width >= WIDE;
        let value = match width {
            width if width >= WIDE => 26,
            width => (width / 4).clamp(18, 26),
        };
        let default = if has_default { DEFAULT + GAP } else { 0 };
        let left = width.saturating_sub(NAME + value + 1 + UNIT + default);
        let meaning = if width >= WIDEST { left.saturating_sub(ORIGIN + 2 * GAP) } else { 0 };
        let origin = left.saturating_sub(if meaning > 0 { meaning + 2 * GAP } else { GAP });
        Self { state, theme, value, has_default, origin, meaning }
    }

    /// What stands in the columns.
    pub fn render_heads(&self, row: Rect, buffer: &mut Buffer) {
        let words = &self.state.words.config;
        let faint = self.theme.faint;
        self.render(
            row,
            buffer,
            &[
                Cell::left(words.setting, faint, 3),
                Cell::right(words.value, faint),
                Cell::left("", faint, 0),
                Cell::right(words.default, faint),
                Cell::left(words.from, faint, 0),
                Cell::left(words.means, faint, 0),
            ],
        );
    }

    /// A setting. What differs from the default is marked, and what is not written.
    pub fn render_row(&self, field: &'static Field, chosen: bool, row: Rect, buffer: &mut Buffer) {
        let (state, theme, words) = (self.state, self.theme, &self.state.words.config);
        let settings = &state.settings;
        let base = if chosen { theme.selected } else { theme.text };
        let dim = if chosen { theme.selected } else { theme.dim };
        if chosen {
            buffer.set_string(row.x, row.y, " ".repeat(row.width.into()), base);
        }
        let (differs, pending) = (settings.differs(field), settings.is_pending(field));
        let mark = match (pending, differs) {
            (true, _) => ("+", theme.warn),
            (false, true) => ("•", theme.key),
            (false, false) => (" ", dim),
        };
        let mark_style = if chosen { base } else { mark.1 };
        let found = if state.setting_matches(field) { "/" } else { " " };
        let cursor = if chosen { "›" } else { found };
        write(buffer, row, &[(cursor, if chosen { base } else { theme.key }), (mark.0, mark_style)]);
        let value = settings.value(field).map(text_of).unwrap_or_default();
        let value_style = match (chosen, differs) {
            (true, _) => base,
            (false, true) => theme.title,
            (false, false) => theme.text,
        };
        let editing = matches!(&state.overlay, Some(Overlay::Edit(editor)) if editor.field.key == field.key);
        let value = if editing { "…".to_owned() } else { value };
        let default = match text_of(&field.default.into()) {
            empty if empty.is_empty() => "\"\"".to_owned(),
            default => default,
        };
        let origin = settings.origin(field);
        let origin_style = match &origin {
            None if !chosen => theme.warn,
            Some(crate::config::Origin::BuiltIn) if !chosen => theme.faint,
            _ => dim,
        };
        let origin = origin.map_or_else(|| words.not_written.to_owned(), |origin| state.short_origin(&origin));
        self.render(
            row,
            buffer,
            &[
                Cell::left(field.name(), base, 3),
                Cell::right(&value, value_style),
                Cell::left((words.unit)(field), dim, 0),
                Cell::right(&default, if chosen { base } else { theme.faint }),
                Cell::left(&origin, origin_style, 0),
                Cell::left((words.meaning)(field), dim, 0),
            ],
        );
    }

    fn render(&self, row: Rect, buffer: &mut Buffer, cells: &[Cell; 6]) {
        let default = if self.has_default { DEFAULT } else { 0 };
        let gap = |width: u16| if width > 0 { GAP } else { 0 };
        let widths = [
            (0, NAME),
            (0, self.value),
            (1, UNIT),
            (gap(default), default),
            (GAP, self.origin),
            (gap(self.meaning), self.meaning),
        ];
        let mut x = row.x;
        for (cell, (gap, width)) in cells.iter().zip(widths) {
            x += gap;
            let place = Rect { x: x + cell.indent, width: width.saturating_sub(cell.indent), ..row };
            x += width;
            let place = line_of(place.intersection(row), 0);
            if width == 0 || place.width == 0 {
                continue;
            }
            if cell.right {
                let text = format::shorten_path(cell.text, place.width.into());
                write_right(buffer, place, &[(&text, cell.style)]);
            } else {
                write(buffer, place, &[(&format::truncate(cell.text, place.width.into()), cell.style)]);
            }
        }
    }
}

struct Cell<'a> {
    text: &'a str,
    style: Style,
    indent: u16,
    right: bool,
}

impl<'a> Cell<'a> {
    fn left(text: &'a str, style: Style, indent: u16) -> Self {
        Self { text, style, indent, right: false }
    }

    fn right(text: &'a str, style: Style) -> Self {
        Self { text, style, indent: 0, right: true }
    }
}
