//! What the run's numbers tell of how it goes: a panel, or two lines where there is little room.

use super::{line_of, write};
use crate::tui::advice::Advice;
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Cells before a text: a symbol and a space.
const SYMBOL: usize = 2;

/// A line of the panel: its symbol, its text, and their style.
struct Line {
    symbol: &'static str,
    text: String,
    style: Style,
}

fn look(advice: &Advice, theme: &Theme) -> (&'static str, Style) {
    if advice.is_grave() { ("✖", theme.bad) } else { ("▲", theme.warn) }
}

/// What is said, in lines of this width.
fn lines(advice: &[Advice], state: &State, theme: &Theme, width: u16) -> Vec<Line> {
    let words = &state.words.advice;
    let room = usize::from(width).saturating_sub(SYMBOL).max(1);
    let mut lines = Vec::new();
    for advice in advice {
        let (symbol, style) = look(advice, theme);
        for (place, text) in format::wrap(&(words.what)(advice), room).into_iter().enumerate() {
            lines.push(Line { symbol: if place == 0 { symbol } else { " " }, text, style });
        }
        for (place, text) in format::wrap(&(words.remedy)(advice), room).into_iter().enumerate() {
            lines.push(Line { symbol: if place == 0 { "→" } else { " " }, text, style: theme.text });
        }
    }
    lines
}

/// Lines that the panel takes.
pub fn height(advice: &[Advice], state: &State, theme: &Theme, width: u16) -> u16 {
    lines(advice, state, theme, width).len() as u16
}

/// Draws the panel's inside.
pub fn render(advice: &[Advice], state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    for (place, line) in lines(advice, state, theme, area.width).iter().take(area.height.into()).enumerate() {
        let row = line_of(area, place as u16);
        write(buffer, row, &[(line.symbol, line.style), (" ", line.style), (&line.text, line.style)]);
    }
}

/// Draws the gravest and what to try in a line each; what doesn't fit is cut.
pub fn render_short(advice: &[Advice], state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let (Some(first), words) = (advice.first(), &state.words.advice) else { return };
    let (symbol, style) = look(first, theme);
    let lines = [(symbol, (words.what)(first), style), ("→", (words.remedy)(first), theme.text)];
    for (place, (symbol, text, style)) in lines.into_iter().enumerate() {
        let text = format::truncate(&text, usize::from(area.width).saturating_sub(SYMBOL));
        write(buffer, line_of(area, place as u16), &[(symbol, style), (" ", style), (&text, style)]);
    }
}
