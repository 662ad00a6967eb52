//! A picture in half blocks beside what is said of it, where the terminal has the greys for it.

use crate::data::SIDE;
use rustix::termios::tcgetwinsize;
use std::fmt::Write;
use std::io::{IsTerminal, stdout};

/// The greys that a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shades {
    /// All 256.
    All,
    /// The 24 of the palette of 256 colours.
    Palette,
}

/// Columns between the picture and what is said of it.
const GAP: usize = 2;
/// Columns that a class and its probability take.
const SAID: usize = 24;

/// Those of the terminal on stdout; `None`: there is none, it is too narrow, or the user wants no colours.
pub(super) fn shades() -> Option<Shades> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let plain = !variable("NO_COLOR").is_empty() || ["dumb", ""].contains(&variable("TERM").as_str());
    if plain || !stdout().is_terminal() || columns() < SIDE + GAP + SAID {
        return None;
    }
    let all = ["truecolor", "24bit"].contains(&variable("COLORTERM").as_str());
    Some(if all { Shades::All } else { Shades::Palette })
}

/// Of the terminal on stdout; 80 where it does not say.
pub(super) fn columns() -> usize {
    tcgetwinsize(stdout()).ok().map_or(80, |size| if size.ws_col == 0 { 80 } else { size.ws_col.into() })
}

/// 28 columns and 14 lines of picture, and beside it a title and lines of text, cut off at `columns`.
pub(super) fn beside(pixels: &[u8], shades: Shades, title: &str, lines: &[String], columns: usize) -> String {
    let room = columns.saturating_sub(SIDE + GAP);
    let mut text = String::new();
    let rows: Vec<&[u8]> = pixels.chunks(SIDE).collect();
    for (at, pair) in rows.chunks(2).enumerate() {
        for (column, &upper) in pair[0].iter().enumerate() {
            let lower = pair.get(1).and_then(|row| row.get(column)).copied().unwrap_or(0);
            let _ = write!(text, "\x1b[38;{};48;{}m▀", shades.code(upper), shades.code(lower));
        }
        text.push_str("\x1b[0m");
        let said =
            if at == 0 { Some(title) } else { at.checked_sub(2).and_then(|at| lines.get(at)).map(String::as_str) };
        if let Some(said) = said {
            text.push_str(&" ".repeat(GAP));
            text.extend(said.chars().take(room));
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

impl Shades {
    fn code(self, grey: u8) -> String {
        match self {
            Self::All => format!("2;{grey};{grey};{grey}"),
            // 232 to 255 are the greys 8, 18, … 238; 16 is black and 231 white.
            Self::Palette => match grey {
                0..4 => "5;16".into(),
                247.. => "5;231".into(),
                _ => format!("5;{}", 232 + (u16::from(grey).saturating_sub(3) / 10).min(23)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greys_are_the_nearest_that_there_are() {
        let codes = [0, 8, 13, 238, 255].map(|grey| Shades::Palette.code(grey));
        assert_eq!(codes, ["5;16", "5;232", "5;233", "5;255", "5;231"]);
        assert_eq!(Shades::All.code(77), "2;77;77;77");
    }

    #[test]
    fn the_text_stands_beside_the_picture() {
        let text = beside(&[255; 784], Shades::All, "a.png and more", &["Bag".into(), "Coat".into()], 35);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 15);
        assert_eq!(lines[0].matches('▀').count(), 28);
        assert!(lines[0].ends_with("\x1b[0m  a.png") && lines[2].ends_with("  Bag") && lines[3].ends_with("  Coat"));
        assert!(lines[1].ends_with("\x1b[0m"));
    }
}
