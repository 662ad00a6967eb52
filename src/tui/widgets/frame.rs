//! The frame around everything: tabs and state in its upper edge, keys in its lower one; lines that join where they meet.

use super::{Click, Hits, tone_style, write};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::keymap::shown_by;
use crate::tui::state::{Overlay, Screen, State, Tone};
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::widgets::{Block, BorderType, Clear, Widget};
use strum::VariantArray;

/// The program's name, before the tabs.
const PROGRAM: &str = " alexnet-tui ";
/// Cells of the upper edge that the tabs leave to the longest state, and to the longest word for what was asked.
const STATUS: u16 = 28;
/// The keys of the lower edge, in the order in which they give way when there is no room.
const FOOTER: [Action; 9] = [
    Action::StartOrPause,
    Action::StartOrStop,
    Action::ResumeRun,
    Action::Step,
    Action::Evaluate,
    Action::Back,
    Action::Save,
    Action::RateUp,
    Action::Download,
];
const FOOTER_RIGHT: [Action; 3] = [Action::Palette, Action::Help, Action::Quit];

/// Draws the frame. Returns the area inside.
pub fn render(theme: &Theme, area: Rect, buffer: &mut Buffer) -> Rect {
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.border);
    let inside = block.inner(area);
    block.render(area, buffer);
    inside
}

/// Writes what stands in the frame's edges, over the ends of the lines that meet them.
pub fn render_edges(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    render_tabs(state, theme, area, buffer, hits);
    render_status(state, theme, area, buffer);
    render_keys(state, theme, Rect { y: area.bottom() - 1, height: 1, ..area }, buffer, hits);
}

fn render_tabs(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let mut x = area.x + 2;
    let program = format::width(PROGRAM) as u16 + 1;
    let name_of = |screen: Screen| state.words.keys.screen(screen);
    let tabs = Screen::VARIANTS.iter().map(|&screen| format::width(name_of(screen)) as u16 + 4).sum::<u16>();
    let room = area.width.saturating_sub(4 + STATUS);
    // Where there is no room for every name, only the screen that is shown has one.
    let all_named = tabs <= room;
    if program + tabs <= room {
        x = 1 + write(buffer, Rect { x, height: 1, ..area }, &[(PROGRAM, theme.title)]);
    }
    for &screen in Screen::VARIANTS {
        let action = shown_by(screen);
        let (number, name) = (state.keys.name(action), name_of(screen));
        let from = x;
        let style = if screen == state.screen { theme.selected } else { theme.dim };
        let key = if screen == state.screen { theme.selected } else { theme.key };
        let rest = Rect { x, width: area.right().saturating_sub(x), height: 1, ..area };
        x = write(buffer, rest, &[(" ", style), (&number, key), (" ", style)]);
        if all_named || screen == state.screen {
            let rest = Rect { x, width: area.right().saturating_sub(x), height: 1, ..area };
            x = write(buffer, rest, &[(name, style), (" ", style)]);
        }
        hits.add(Rect { x: from, y: area.y, width: x - from, height: 1 }, Click::Action(action));
    }
}

/// What is so, always at the same place; before it what was asked and is not so yet.
fn render_status(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let status = state.status();
    let style = match status.tone {
        Tone::Warn => theme.warn_filled,
        Tone::Bad => theme.bad_filled,
        tone => tone_style(theme, tone),
    };
    let text = format!(" {} {} ", status.symbol, status.word);
    let x = area.right().saturating_sub(2 + format::width(&text) as u16);
    buffer.set_string(x, area.y, &text, style);
    if let Some(asked) = state.asked() {
        let asked = format!(" {asked} ");
        let x = x.saturating_sub(format::width(&asked) as u16 + 1);
        buffer.set_string(x, area.y, asked, theme.dim);
    }
}

fn render_keys(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    if matches!(state.overlay, Some(Overlay::Edit(_))) {
        // The editor tells its keys beside what is typed.
        return;
    }
    if matches!(state.overlay, Some(Overlay::Search(_))) {
        // Whoever types has these keys alone.
        let keys = [(Action::Confirm, state.words.overlays.take), (Action::Back, state.words.keys.cancel)];
        let entries = keys.map(|(action, label)| (action, state.keys.name(action), label));
        let x = row.x + 2;
        write_keys(theme, &entries, Rect { x, width: row.right() - x, ..row }, buffer, hits);
        return;
    }
    let cancels = state.can_cancel();
    let shown = |action: Action| match action {
        Action::StartOrStop => state.run_under_way(),
        Action::Back => cancels || state.screen != Screen::Train,
        _ => true,
    };
    let entry = |action: Action| {
        let key = match action {
            Action::RateUp => [Action::RateUp, Action::RateDown].map(|action| state.keys.name(action)).join("/"),
            _ => state.keys.name(action),
        };
        (action, key, state.label(action))
    };
    let width = |entries: &[(Action, String, &str)]| -> u16 {
        entries.iter().map(|(_, key, label)| super::key_width(key, label) + 2).sum::<u16>() + 1
    };
    let possible = |&action: &Action| state.possible(action).is_ok() && shown(action) && state.leaving.is_none();
    let right: Vec<_> = FOOTER_RIGHT.into_iter().filter(possible).map(entry).collect();
    let mut left: Vec<_> = FOOTER.into_iter().filter(possible).map(entry).collect();
    if cancels && let Some(at) = left.iter().position(|(action, ..)| *action == Action::Back) {
        // While there is something to cancel, that comes first.
        left[..=at].rotate_right(1);
    }
    let room = row.width.saturating_sub(5 + width(&right));
    while width(&left) > room && !left.is_empty() {
        left.pop();
    }
    let x = row.x + 2;
    // Where the messages are on the screen, they tell why something can't be done.
    let notice = state.notice.as_ref().filter(|_| !matches!(state.screen, Screen::Train | Screen::Log));
    let said = match (notice, &state.done) {
        (Some(notice), _) => Some((" ▲ ", theme.warn, notice)),
        (None, done) => done.as_ref().map(|done| (" ✔ ", theme.good, done)),
    };
    match said {
        Some((symbol, style, text)) => {
            let text = format::truncate(text, usize::from(room).saturating_sub(4));
            write(buffer, Rect { x, width: room, ..row }, &[(symbol, style), (&text, style), (" ", style)]);
        }
        _ => write_keys(theme, &left, Rect { x, width: row.right() - x, ..row }, buffer, hits),
    }
    let x = row.right().saturating_sub(2 + width(&right));
    write_keys(theme, &right, Rect { x, width: row.right() - x, ..row }, buffer, hits);
}

fn write_keys(theme: &Theme, entries: &[(Action, String, &str)], row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    if entries.is_empty() {
        return;
    }
    let mut x = write(buffer, row, &[(" ", theme.dim)]);
    for (place, (action, key, label)) in entries.iter().enumerate() {
        let from = x;
        let gap = if place + 1 == entries.len() { " " } else { "  " };
        let rest = Rect { x, width: row.right().saturating_sub(x), ..row };
        x = write(buffer, rest, &[(key, theme.key), (" ", theme.dim), (label, theme.dim), (gap, theme.dim)]);
        hits.add(Rect { x: from, width: x - from, ..row }, Click::Action(*action));
    }
}

/// A horizontal line from edge to edge of `area`, at its first row, that joins what it meets.
pub fn rule(area: Rect, style: Style, buffer: &mut Buffer) {
    for x in area.x..area.right() {
        let symbol = match x {
            x if x == area.x => "╶",
            x if x + 1 == area.right() => "╴",
            _ => "─",
        };
        merge(buffer, x, area.y, symbol, style);
    }
}

/// A vertical line from edge to edge of `area`, at its first column, that joins what it meets.
pub fn wall(area: Rect, style: Style, buffer: &mut Buffer) {
    for y in area.y..area.bottom() {
        let symbol = match y {
            y if y == area.y => "╷",
            y if y + 1 == area.bottom() => "╵",
            _ => "│",
        };
        merge(buffer, area.x, y, symbol, style);
    }
}

fn merge(buffer: &mut Buffer, x: u16, y: u16, symbol: &str, style: Style) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        if cell.symbol() == " " {
            cell.set_symbol(symbol);
        } else {
            cell.merge_symbol(symbol, MergeStrategy::Exact);
        }
        cell.set_style(style);
    }
}

/// A panel's name in the edge above it.
pub fn title(text: &str, edge: Rect, style: Style, buffer: &mut Buffer) {
    let room = usize::from(edge.width.saturating_sub(4));
    write(
        buffer,
        Rect { x: edge.x + 2, width: edge.width.saturating_sub(2), height: 1, ..edge },
        &[(&format!(" {} ", format::truncate(text, room)), style)],
    );
}

/// A box over the screen, with a name in its edge. Returns the area inside; clicks on it reach nothing beneath.
pub fn popup(name: &str, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) -> Rect {
    // A margin of one cell, so that the box doesn't touch what it lies over.
    let margin = Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area }.intersection(*buffer.area());
    Clear.render(margin, buffer);
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.dim);
    let inside = block.inner(area);
    block.render(area, buffer);
    title(name, Rect { height: 1, ..area }, theme.title, buffer);
    hits.add(area, Click::Nothing);
    inside
}
