//! Frames as text, and as ANSI for whoever wants to see the colours.

use alexnet_tui::config;
use alexnet_tui::tui::draw;
use alexnet_tui::tui::state::State;
use alexnet_tui::tui::theme::{Depth, Theme};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// All there are.
pub const THEMES: [config::Theme; 5] = [
    config::Theme::Dark,
    config::Theme::Light,
    config::Theme::Ansi,
    config::Theme::Contrast,
    config::Theme::Colourblind,
];

/// One frame of a state.
pub fn frame(state: &State, width: u16, height: u16) -> Buffer {
    frame_in(state, &Theme::new(config::Theme::Dark, Depth::True), width, height)
}

pub fn frame_in(state: &State, theme: &Theme, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| drop(draw::draw(state, theme, frame))).unwrap();
    terminal.backend().buffer().clone()
}

/// The lines of a frame. A wide character stands in two cells: whatever was written over one half of it is an error.
pub fn text(buffer: &Buffer) -> String {
    lines(buffer, true)
}

/// The same of a screen that has shown several frames: a real terminal clears the cell that a wide character takes as its
/// second, `TestBackend` leaves there what was.
pub fn text_of_screen(buffer: &Buffer) -> String {
    lines(buffer, false)
}

fn lines(buffer: &Buffer, is_one_frame: bool) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if covered > 0 {
                assert!(!is_one_frame || symbol == " ", "half of a wide character is covered at {x}, {y}: {line}");
                covered -= 1;
                continue;
            }
            covered = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            assert!(usize::from(x) + covered < buffer.area.width.into(), "a wide character is cut at {x}, {y}: {line}");
            line.push_str(symbol);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Writes the frame with its colours to `$TUI_FRAMES/NAME.ansi`, if that is set; `cat` shows it.
pub fn keep(name: &str, buffer: &Buffer) {
    let Some(folder) = std::env::var_os("TUI_FRAMES") else { return };
    let mut ansi = String::from("\x1b[2J\x1b[H");
    for y in 0..buffer.area.height {
        write!(ansi, "\x1b[{};1H", y + 1).unwrap();
        let mut covered = 0;
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            ansi.push_str("\x1b[0");
            for (color, rgb, indexed, basic) in [(cell.fg, 38, 38, 30), (cell.bg, 48, 48, 40)] {
                match color {
                    Color::Rgb(r, g, b) => write!(ansi, ";{rgb};2;{r};{g};{b}").unwrap(),
                    Color::Indexed(index) => write!(ansi, ";{indexed};5;{index}").unwrap(),
                    Color::Reset => {}
                    other => write!(ansi, ";{}", basic + sixteen(other)).unwrap(),
                }
            }
            for (modifier, code) in
                [(Modifier::BOLD, 1), (Modifier::DIM, 2), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)]
            {
                if cell.modifier.contains(modifier) {
                    write!(ansi, ";{code}").unwrap();
                }
            }
            write!(ansi, "m{}", cell.symbol()).unwrap();
        }
    }
    ansi.push_str("\x1b[0m");
    std::fs::write(std::path::Path::new(&folder).join(format!("{name}.ansi")), ansi).unwrap();
}

fn sixteen(color: Color) -> u16 {
    let normal = [Color::Black, Color::Red, Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan];
    match color {
        Color::DarkGray => 60,
        _ => normal.iter().position(|&other| other == color).map_or(7, |at| at as u16),
    }
}
