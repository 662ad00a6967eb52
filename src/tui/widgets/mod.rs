//! The parts of the screens: one widget a file.

pub mod advice;
pub mod axis;
pub mod banner;
pub mod braille;
pub mod chart;
pub mod choice;
pub mod clash;
pub mod curves;
pub mod diff;
pub mod epochs;
pub mod frame;
pub mod header;
pub mod help;
pub mod histogram;
pub mod keys;
pub mod messages;
pub mod now;
pub mod palette;
pub mod picture;
pub mod question;
pub mod readout;
pub mod ready;
pub mod thumbnails;
pub mod trend;
pub mod verdict;

pub use super::action::Click;

use super::format;
use super::state::{Grid, Plotted, Tone};
use super::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

/// Where a frame can be clicked; the last drawn lies uppermost. And what the state has to know of what was drawn.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    places: Vec<(Rect, Click)>,
    /// The grid of thumbnails, where one was drawn.
    pub grid: Option<Grid>,
    /// Whether curves of the chosen run are to be seen.
    pub run_curves: bool,
    /// Where a picture was shown by the terminal's own protocol.
    pub image: Option<Rect>,
    /// Lines that the messages were scrolled up, where they were drawn.
    pub scrolled: Option<usize>,
    /// The first line of the log that was drawn, by its place among all messages.
    pub first_line: Option<usize>,
    /// Where the charts were drawn.
    pub plots: Vec<Plotted>,
}

impl Hits {
    /// Makes an area clickable.
    pub fn add(&mut self, area: Rect, click: Click) {
        self.places.push((area, click));
    }

    /// What a click there does.
    pub fn at(&self, column: u16, row: u16) -> Option<Click> {
        let position = Position::new(column, row);
        self.places.iter().rev().find(|(area, _)| area.contains(position)).map(|&(_, click)| click)
    }
}

/// Writes parts one after the other into a row; what doesn't fit is left out. Returns the column after the last.
pub fn write(buffer: &mut Buffer, row: Rect, parts: &[(&str, Style)]) -> u16 {
    let mut x = row.x;
    for (text, style) in parts {
        let room = usize::from(row.right().saturating_sub(x));
        if room == 0 || row.height == 0 {
            break;
        }
        (x, _) = buffer.set_stringn(x, row.y, text, room, *style);
    }
    x
}

/// Writes parts so that they end at the row's right end.
pub fn write_right(buffer: &mut Buffer, row: Rect, parts: &[(&str, Style)]) {
    let spans: Vec<Span> = parts.iter().map(|&(text, style)| Span::styled(text, style)).collect();
    Line::from(spans).right_aligned().render(row, buffer);
}

/// A name at the left, its value at the right.
pub fn write_pair(buffer: &mut Buffer, row: Rect, name: (&str, Style), value: (&str, Style)) {
    let room = usize::from(row.width).saturating_sub(format::width(value.0) + 1);
    write(buffer, row, &[(&format::truncate(name.0, room), name.1)]);
    write_right(buffer, row, &[value]);
}

/// A key and what it does, as the borders show them. Returns the cells that it takes.
pub fn key_width(key: &str, label: &str) -> u16 {
    (format::width(key) + 1 + format::width(label)) as u16
}

/// The style of a tone.
pub fn tone_style(theme: &Theme, tone: Tone) -> Style {
    match tone {
        Tone::Calm => theme.dim,
        Tone::Good => theme.good,
        Tone::Busy => theme.train,
        Tone::Warn => theme.warn,
        Tone::Bad => theme.bad,
    }
}

/// The row of an area that is `line` lines below its top; empty below its end.
pub fn line_of(area: Rect, line: u16) -> Rect {
    if line < area.height { Rect { y: area.y + line, height: 1, ..area } } else { Rect { height: 0, ..area } }
}

/// An area of this size in the middle of another, cut where it doesn't fit.
pub fn centered(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}
