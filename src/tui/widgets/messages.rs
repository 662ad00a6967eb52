//! The last lines of the log, the newest at the bottom.

use super::{Click, Hits, line_of, write};
use crate::session::{Level, LogLine};
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws as many lines as there is room for; a click opens one in the log.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let height = usize::from(area.height);
    let scrolled = state.scroll.min(state.messages.len().saturating_sub(height));
    hits.scrolled = Some(scrolled);
    let end = state.messages.len() - scrolled;
    let start = end.saturating_sub(height);
    for (line, message) in state.messages.range(start..end).enumerate() {
        let (symbol, style) = look(message.level, theme);
        let row = line_of(area, line as u16);
        hits.add(row, Click::Line(start + line));
        let room = usize::from(area.width).saturating_sub(11);
        write(
            buffer,
            row,
            &[
                (&time(state, message), theme.faint),
                (" ", theme.faint),
                (symbol, style),
                (" ", theme.faint),
                (&format::truncate(&message.message, room), style),
            ],
        );
    }
}

/// What tells a level: a symbol, and a style.
pub fn look(level: Level, theme: &Theme) -> (&'static str, Style) {
    match level {
        Level::Debug => (" ", theme.faint),
        Level::Info => (" ", theme.text),
        Level::Warn => ("▲", theme.warn),
        Level::Error => ("✖", theme.bad),
    }
}

/// Lines below the last one shown, for the panel's title.
pub fn hidden_below(state: &State, height: u16) -> usize {
    state.scroll.min(state.messages.len().saturating_sub(height.into()))
}

/// When a line was said, as a clock shows it.
pub fn time(state: &State, line: &LogLine) -> String {
    Timestamp::try_from(line.time)
        .map_or_else(|_| "--:--:--".into(), |time| time.to_zoned(state.zone.clone()).strftime("%H:%M:%S").to_string())
}
