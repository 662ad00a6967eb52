//! Screen 8: what happened, filtered, searched, followed.

use crate::session::LogLine;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{Matches, Overlay, PAGE, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::keys::KeyRow;
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
        let words = &state.words.log;
        let text = if state.messages.is_empty() { words.nothing_yet } else { words.none_of_level };
        write(buffer, line_of(list, 0), &[(text, theme.faint)]);
    } else {
        render_lines(state, theme, &shown, list, buffer, hits);
    }
    render_search(state, theme, &shown, line_of(area, area.height.saturating_sub(1)), buffer)
}

/// What is shown, where one is, and the screen's own keys.
fn render_head(state: &State, theme: &Theme, shown: usize, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let row = line_of(area, 0);
    let read = state.line_read(&state.lines_shown()) + usize::from(shown > 0);
    let words = &state.words.log;
    let place = (state.words.common.place)(&format::count(read as u64), &format::count(shown as u64));
    let follows = if state.reading.follows() { words.following } else { words.not_following };
    let filter = (words.filter)(state.reading.least);
    let all = [(filter, theme.title), ("  ", theme.dim), (&place, theme.dim), ("  ", theme.dim)];
    let end = write(buffer, row, &all);
    let rest = Rect { x: end, width: row.right().saturating_sub(end), ..row };
    write(buffer, rest, &[(follows, if state.reading.follows() { theme.good } else { theme.warn })]);
    let keys = [
        (Action::Filter, words.level),
        (Action::Search, words.search),
        (Action::NextMatch, words.next),
        (Action::Bottom, words.follow),
    ];
    KeyRow { state, theme, keys: &keys }.render_right(row, buffer, hits);
}

/// Long messages take several lines; the one that is read, all that it needs.
fn render_lines(
    state: &State,
    theme: &Theme,
    shown: &[(usize, &LogLine)],
    list: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let room = usize::from(list.width).saturating_sub(BEFORE).max(8);
    let height = usize::from(list.height);
    let read = state.line_read(shown);
    let lines_of = |index: usize| {
        let most = if index == read && !state.reading.follows() { height } else { MOST };
        shown.get(index).map_or_else(Vec::new, |(_, line)| wrapped(&line.message, room, most))
    };
    let (first, mut skip) = first_line(state, shown, height, |index| lines_of(index).len());
    hits.first_line = shown.get(first).map(|&(place, _)| place);
    let matches = Matches::of(state.searched());
    let mut at = 0;
    for (index, &(place, message)) in shown.iter().enumerate().skip(first).take(height) {
        let (symbol, style) = messages::look(message.level, theme);
        let style = if index == read && !state.reading.follows() { theme.selected } else { style };
        let found = if matches.are_in(&message.message) { "›" } else { " " };
        for (part, text) in lines_of(index).iter().enumerate() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let row = line_of(list, at);
            if row.height == 0 {
                return;
            }
            at += 1;
            hits.add(row, Click::Line(place));
            if part == 0 {
                let level = format!("{symbol} {} ", format::pad((state.words.common.level)(message.level), 5));
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

/// The first message of the view, and how many of its lines are above it. The view stays where it was as long as the line
/// that is read is in it or near; else that line is in the middle. It is full wherever there is enough to show.
fn first_line(
    state: &State,
    shown: &[(usize, &LogLine)],
    height: usize,
    lines_of: impl Fn(usize) -> usize,
) -> (usize, usize) {
    let read = state.line_read(shown);
    let top = state.reading.top().map(|top| shown.partition_point(|&(place, _)| place < top));
    // The highest view that has this line as its last.
    let ending_with = |last: usize| {
        let (mut first, mut lines) = (last, lines_of(last));
        while lines < height && first > 0 {
            first -= 1;
            lines += lines_of(first);
        }
        (first, lines.saturating_sub(height))
    };
    let end = ending_with(shown.len().saturating_sub(1));
    if state.reading.follows() {
        return end;
    }
    let lowest = ending_with(read);
    let wanted = match top {
        Some(top) if read < top && top - read <= PAGE => (read, 0),
        Some(top) if read >= top && (top, 0) >= lowest => (top, 0),
        // The line is below the view: how far, is counted from where the view would have to be.
        Some(top) if read >= top && lowest.0 - top <= PAGE => lowest,
        _ => {
            let (mut first, mut lines) = (read, lines_of(read));
            while lines < height / 2 && first > 0 {
                first -= 1;
                lines += lines_of(first);
            }
            (first, 0)
        }
    };
    wanted.min(end)
}

/// Over so many lines at most, the last with an … where there is more.
fn wrapped(message: &str, room: usize, most: usize) -> Vec<String> {
    let clean: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut lines = format::wrap(&clean, room);
    if lines.len() > most {
        lines.truncate(most);
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
    let (searched, words) = (state.searched(), &state.words.log);
    let matches = Matches::of(searched);
    let found = shown.iter().filter(|(_, line)| matches.are_in(&line.message)).count();
    let count = if found == 0 { words.not_found.to_owned() } else { (words.found)(&format::count(found as u64)) };
    if !searched.is_empty() {
        write_right(buffer, row, &[(&count, if found == 0 { theme.warn } else { theme.dim })]);
    }
    let room = usize::from(row.width).saturating_sub(16);
    if let Some(Overlay::Search(input)) = &state.overlay {
        let scrolled = input.visual_scroll(room);
        write(buffer, row, &[("/", theme.key), (&palette::visible_part(searched, scrolled, room), theme.text)]);
        if searched.is_empty() {
            let rest = Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row };
            write(buffer, rest, &[(words.type_part, theme.faint)]);
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
