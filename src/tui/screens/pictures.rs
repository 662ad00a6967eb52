//! Screen 4: the pictures, and what the net says of each.

use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::widgets::Hits;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Draws the screen into the inside of the frame. Returns where the cursor is while something is typed.
pub fn render(
    _state: &State,
    _theme: &Theme,
    _inside: Rect,
    _buffer: &mut Buffer,
    _hits: &mut Hits,
) -> Option<Position> {
    None
}
