//! Screen 2: the net, layer by layer.

use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::widgets::Hits;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the screen into the inside of the frame.
pub fn render(_state: &State, _theme: &Theme, _inside: Rect, _buffer: &mut Buffer, _hits: &mut Hits) {}
