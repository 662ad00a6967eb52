//! Screen 8: what happened, filtered, searched, followed.

use crate::session::LogLine;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::keymap;
use crate::tui::state::{Matches, Overlay, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Click, Hits, line_of, messages, palette, write, write_right};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Cells before the message: time, level, gaps.
const BEFORE: usize = 18;
/// Lines that a message may take.
const MOST: usize = 6;

/// Draws the screen into the inside of the frame. Returns where the cursor is while a search is typed.
pub fn render(state: &State, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) -> Option<Position> {
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let list = Rect { y: area.y + 2, height: area.height.saturating_sub(4), ..area };
    let shown = state.lines_shown();
    render_head(state, theme, shown.len(), area, buffer, hits);
    if shown.is_empty() {
        let text = if state.messages.is_empty() {
            "what happens will be told here: data, epochs, checkpoints, warnings"
        } else {
            "no message is of this level; f shows others"
        };
        write(buffer, line_of(list, 0), &[(text, theme.faint)]);
    } else {
        render_lines(state, theme, &shown, list, buffer);
    }
    render_search(state, theme, &shown, line_of(area, area.height.saturating_sub(1)), buffer)
}

/// What is shown, where one is, and the screen's own keys.
fn render_head(state: &State, theme: &Theme, shown: usize, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let row = line_of(area, 0);
    let read = state.line_read(&state.lines_shown()) + usize::from(shown > 0);
    let place = format!("{} of {}", format::count(read as u64), format::count(shown as u64));
    let follows = if state.reading.follows() { "following" } else { "not following" };
    let all = [(state.reading.filter_name(), theme.title), ("  ", theme.dim), (&place, theme.dim), ("  ", theme.dim)];
    let end = write(buffer, row, &all);
    let rest = Rect { x: end, width: row.right().saturating_sub(end), ..row };
    write(buffer, rest, &[(follows, if state.reading.follows() { theme.good } else { theme.warn })]);
    let keys = [
        (Action::Filter, "level"),
        (Action::Search, "search"),
        (Action::NextMatch, "next"),
        (Action::Bottom, "follow"),
    ];
    let name = |action| if action == Action::Bottom { "G".to_owned() } else { keymap::key_name(action) };
    let width: usize = keys.iter().map(|&(action, label)| name(action).len() + label.len() + 3).sum();
    let mut x = row.right().saturating_sub(width as u16 - 2);
    for (action, label) in keys {
        let from = x;
        let rest = Rect { x, width: row.right().saturating_sub(x), ..row };
        x = write(buffer, rest, &[(&name(action), theme.key), (" ", theme.dim), (label, theme.dim), ("  ", theme.dim)]);
        hits.add(Rect { x: from, width: x.saturating_sub(from), ..row }, Click::Action(action));
    }
}

/// The line that is read in the middle, as far as the ends allow; long messages over several lines.
fn render_lines(state: &State, theme: &Theme, shown: &[(usize, &LogLine)], list: Rect, buffer: &mut Buffer) {
    let room = usize::from(list.width).saturating_sub(BEFORE).max(8);
    let height = usize::from(list.height);
    let read = state.line_read(shown);
    let lines_of = |index: usize| shown.get(index).map_or_else(Vec::new, |(_, line)| wrapped(&line.message, room));
    let mut lines = lines_of(read).len();
    let (mut first, mut end) = (read, read + 1);
    // Grows to both sides until it is full or there is no more; what the last message has too much is cut off.
    let mut skip = 0;
    while lines < height && (first > 0 || end < shown.len()) {
        if first > 0 {
            first -= 1;
            lines += lines_of(first).len();
            skip = lines.saturating_sub(height);
        }
        if end < shown.len() && lines < height {
            lines += lines_of(end).len();
            end += 1;
        }
    }
    let matches = Matches::of(state.searched());
    let mut at = 0;
    for index in first..end {
        let Some((_, message)) = shown.get(index) else { continue };
        let (symbol, style) = messages::look(message.level, theme);
        let style = if index == read && !state.reading.follows() { theme.selected } else { style };
        let found = if matches.are_in(&message.message) { "›" } else { " " };
        for (part, text) in lines_of(index).iter().enumerate() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let row = line_of(list, at);
            at += 1;
            if part == 0 {
                let level = format!("{symbol} {:<5} ", message.level.to_string());
                let time = messages::time(state, message);
                let (_, level_style) = messages::look(message.level, theme);
                write(
                    buffer,
                    row,
                    &[(&time, theme.faint), (" ", theme.dim), (&level, level_style), (found, theme.key)],
                );
            }
            let from = row.x + BEFORE as u16;
            write(buffer, Rect { x: from, width: row.right().saturating_sub(from), ..row }, &[(text, style)]);
        }
    }
}

/// Over at most [`MOST`] lines, the last with an … where there is more.
fn wrapped(message: &str, room: usize) -> Vec<String> {
    let clean: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut lines = format::wrap(&clean, room);
    if lines.len() > MOST {
        lines.truncate(MOST);
        if let Some(last) = lines.last_mut() {
            *last = format!("{}…", format::truncate(last, room.saturating_sub(1)).trim_end_matches('…'));
        }
    }
    lines
}

/// The line at the bottom: what is typed, or what was found.
fn render_search(
    state: &State,
    theme: &Theme,
    shown: &[(usize, &LogLine)],
    row: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let searched = state.searched();
    let matches = Matches::of(searched);
    let found = shown.iter().filter(|(_, line)| matches.are_in(&line.message)).count();
    let count = if found == 0 { "not found".to_owned() } else { format!("{} found", format::count(found as u64)) };
    if !searched.is_empty() {
        write_right(buffer, row, &[(&count, if found == 0 { theme.warn } else { theme.dim })]);
    }
    let room = usize::from(row.width).saturating_sub(16);
    if let Some(Overlay::Search(input)) = &state.overlay {
        let scrolled = input.visual_scroll(room);
        write(buffer, row, &[("/", theme.key), (&palette::visible_part(searched, scrolled, room), theme.text)]);
        if searched.is_empty() {
            let rest = Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row };
            write(buffer, rest, &[("part of a message; Enter goes to the newest that has it", theme.faint)]);
        }
        let cursor = input.visual_cursor().max(scrolled) - scrolled;
        return Some(Position::new(row.x + 1 + cursor as u16, row.y));
    }
    if !searched.is_empty() {
        let text = format::truncate(searched, room);
        write(buffer, row, &[("/", theme.key), (&text, theme.dim), ("   n N", theme.key)]);
    }
    None
}
