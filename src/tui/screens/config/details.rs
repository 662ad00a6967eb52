//! The chosen setting in words, or its editor; beneath it the search, or what came of what was done last.

use crate::config::{Field, Origin};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{Editor, EditorKind, Overlay, State, When, text_of};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Click, Hits, line_of, palette, write, write_right};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Draws them. Returns where the cursor is while something is typed.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) -> Option<Position> {
    let bottom = line_of(area, area.height.saturating_sub(1));
    let area = Rect { height: area.height.saturating_sub(1), ..area };
    let field = state.settings.field()?;
    if let Some(Overlay::Edit(editor)) = &state.overlay {
        let cursor = render_editor(editor, state, theme, area, buffer, hits);
        render_editor_keys(editor, state, theme, bottom, buffer, hits);
        return cursor;
    }
    let end = render_meaning(field, state, theme, area, buffer);
    let words = &state.words.config;
    let width = usize::from(area.width);
    let allowed = allowed(field, state);
    write(buffer, line_of(area, end), &[(&format::truncate(&allowed, width), theme.dim)]);
    write(buffer, line_of(area, end + 1), &[(&origin(field, state, width), theme.dim)]);
    let run = state.value_of_run(field).map_or_else(String::new, |value| format!("   {}", (words.this_run)(&value)));
    write(buffer, line_of(area, end + 2), &[(when(field, state), theme.dim), (&run, theme.warn)]);
    render_bottom(state, theme, bottom, buffer)
}

/// The key and what it means, on as many lines as that takes. Returns how many.
fn render_meaning(field: &'static Field, state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) -> u16 {
    let meaning = (state.words.config.meaning)(field);
    let key = format!("{}  ", field.key);
    if format::width(&key) + format::width(meaning) <= area.width.into() {
        write(buffer, line_of(area, 0), &[(&key, theme.title), (meaning, theme.text)]);
        return 1;
    }
    // As wide as both lines have to be, the key counted in as a word of its own.
    let lines = format::wrap(&format!("{} {meaning}", "x".repeat(format::width(field.key))), area.width.into());
    for (line, text) in lines.iter().enumerate() {
        let row = line_of(area, line as u16);
        if line == 0 {
            let rest = text.get(field.key.len()..).unwrap_or_default();
            write(buffer, row, &[(field.key, theme.title), (rest, theme.text)]);
        } else {
            write(buffer, row, &[(text, theme.text)]);
        }
    }
    lines.len() as u16
}

fn allowed(field: &'static Field, state: &State) -> String {
    let words = &state.words.config;
    let default = text_of(&field.default.into());
    let default = if default.is_empty() { "\"\"".to_owned() } else { default };
    let unit = (words.unit)(field);
    let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    format!("{}{unit}   {} {default}", (words.allowed)(field), words.default)
}

fn origin(field: &'static Field, state: &State, width: usize) -> String {
    let words = &state.words.config;
    match state.settings.origin(field) {
        None => words.not_written.to_owned(),
        Some(Origin::File { path, line }) => {
            let text = format!("{}:{line}", path.display());
            let room = width.saturating_sub(format::width(words.from) + 1);
            format!("{} {}", words.from, format::shorten_path(&text, room))
        }
        Some(Origin::BuiltIn) => words.built_in.to_owned(),
        Some(origin) => format!("{} {origin}", words.from),
    }
}

fn when(field: &Field, state: &State) -> &'static str {
    let words = &state.words.config;
    match state.when(field) {
        When::Now => words.now,
        When::NextStep => words.next_step,
        When::NextRun => words.next_run,
        When::NextStart => words.next_start,
    }
}

fn render_editor(
    editor: &Editor,
    state: &State,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) -> Option<Position> {
    let end = render_meaning(editor.field, state, theme, area, buffer);
    let row = line_of(area, end);
    let before = write(buffer, row, &[("= ", theme.key)]);
    let rest = Rect { x: before, width: row.right().saturating_sub(before), ..row };
    let words = &state.words.config;
    let mut cursor = None;
    match &editor.kind {
        EditorKind::Line(input) => {
            let room = usize::from(rest.width).saturating_sub(1);
            let scrolled = input.visual_scroll(room);
            let fits = editor.value().is_ok();
            let style = if fits { theme.text } else { theme.bad };
            write(buffer, rest, &[(&palette::visible_part(input.value(), scrolled, room), style)]);
            let at = input.visual_cursor().max(scrolled) - scrolled;
            cursor = Some(Position::new(rest.x + at as u16, rest.y));
        }
        EditorKind::Choice { words, selected } => {
            let mut x = rest.x;
            for (place, word) in words.iter().enumerate() {
                let from = x;
                let chosen = place == *selected;
                let style = if chosen { theme.selected } else { theme.text };
                let marks = if chosen { ("‹", "›") } else { (" ", " ") };
                let rest = Rect { x, width: row.right().saturating_sub(x), ..row };
                x = write(buffer, rest, &[(marks.0, style), (word, style), (marks.1, style), ("  ", theme.text)]);
                hits.add(Rect { x: from, width: x.saturating_sub(from), ..row }, Click::Word(place));
            }
        }
    }
    let below = Rect { y: area.y + end + 1, height: area.height.saturating_sub(end + 1), ..area };
    let (symbol, text, style) = match editor.value() {
        Ok(_) => ("", allowed(editor.field, state), theme.dim),
        Err(trouble) => ("✖ ", (words.fault)(editor.field, &trouble), theme.bad),
    };
    write(
        buffer,
        line_of(below, 0),
        &[(symbol, style), (&format::truncate(&text, usize::from(below.width).saturating_sub(2)), style)],
    );
    write(buffer, line_of(below, 1), &[(when(editor.field, state), theme.dim)]);
    cursor
}

fn render_editor_keys(editor: &Editor, state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let words = &state.words.config;
    let mut x = row.x;
    let arrows = if matches!(editor.kind, EditorKind::Choice { .. }) { words.choose } else { "" };
    if !arrows.is_empty() {
        x = write(buffer, row, &[("← →", theme.key), (" ", theme.dim), (arrows, theme.dim), ("   ", theme.dim)]);
    }
    for (action, label) in [(Action::Confirm, words.confirm), (Action::Back, words.cancel)] {
        let from = x;
        let rest = Rect { x, width: row.right().saturating_sub(x), ..row };
        let key = state.keys.name(action);
        x = write(buffer, rest, &[(&key, theme.key), (" ", theme.dim), (label, theme.dim), ("   ", theme.dim)]);
        hits.add(Rect { x: from, width: x.saturating_sub(from), ..row }, Click::Action(action));
    }
}

/// What is searched for, else what was done, else what the marks mean.
fn render_bottom(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer) -> Option<Position> {
    let words = &state.words.config;
    let searched = state.settings_searched();
    let room = usize::from(row.width).saturating_sub(16);
    if let Some(told) = &state.settings.told {
        write(buffer, row, &[("✔ ", theme.good), (&format::truncate(told, usize::from(row.width) - 2), theme.text)]);
        return None;
    }
    if !searched.is_empty() {
        let found = crate::config::FIELDS.iter().filter(|field| state.setting_matches(field)).count();
        write_right(buffer, row, &[(&(words.found)(found), if found == 0 { theme.warn } else { theme.dim })]);
    }
    if let Some(Overlay::Search(input)) = &state.overlay {
        let scrolled = input.visual_scroll(room);
        write(buffer, row, &[("/", theme.key), (&palette::visible_part(searched, scrolled, room), theme.text)]);
        if searched.is_empty() {
            let rest = Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row };
            write(buffer, rest, &[(words.search_hint, theme.faint)]);
        }
        let cursor = input.visual_cursor().max(scrolled) - scrolled;
        return Some(Position::new(row.x + 1 + cursor as u16, row.y));
    }
    if searched.is_empty() {
        let marks = [("• ", theme.key), (words.legend_differs, theme.faint), ("   + ", theme.warn)];
        let end = write(buffer, row, &marks);
        let rest = Rect { x: end, width: row.right().saturating_sub(end), ..row };
        write(buffer, rest, &[(words.not_written, theme.faint)]);
    } else {
        write(buffer, row, &[("/", theme.key), (&format::truncate(searched, room), theme.dim), ("   n N", theme.key)]);
    }
    None
}
