//! Grey levels, as far as the terminal can show them: what pictures are painted with.

use super::theme::Depth;
use crate::config;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Style};

/// The upper half of a cell in one colour, the lower half in another.
const HALF: &str = "▀";

/// How a terminal shows grey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greys {
    /// 256 levels.
    True {
        /// The level that the theme's ground is near.
        ground: u8,
    },
    /// Those of xterm's 256 colours: black, white and 24 between.
    Indexed {
        /// The level that the theme's ground is near.
        ground: u8,
    },
    /// Characters that are more or less filled.
    Shades,
}

impl Greys {
    /// As the configuration and the terminal have it.
    pub fn new(choice: config::Theme, depth: Depth) -> Self {
        let ground = if choice == config::Theme::Light { 255 } else { 0 };
        match (depth, choice) {
            (Depth::Plain, _) | (_, config::Theme::Ansi) => Self::Shades,
            (Depth::Indexed, _) => Self::Indexed { ground },
            (Depth::True, _) => Self::True { ground },
        }
    }

    /// A cell that shows two pixels, one above the other; 0 is black.
    pub fn cell(self, upper: u8, lower: u8) -> (&'static str, Style) {
        match self {
            Self::Shades => (shade(upper, lower), Style::reset()),
            Self::True { .. } | Self::Indexed { .. } => {
                (HALF, Style::reset().fg(self.color(upper)).bg(self.color(lower)))
            }
        }
    }

    /// Lets a cell of a picture step back. Returns false where it is none.
    pub fn recede(self, cell: &mut Cell) -> bool {
        let (Self::True { ground } | Self::Indexed { ground }) = self else { return false };
        let (Some(upper), Some(lower)) = (level(cell.fg), level(cell.bg)) else { return false };
        if cell.symbol() != HALF {
            return false;
        }
        let mix = |level: u8| ((u16::from(ground) * 2 + u16::from(level)) / 3) as u8;
        cell.set_fg(self.color(mix(upper))).set_bg(self.color(mix(lower)));
        true
    }

    fn color(self, level: u8) -> Color {
        match self {
            Self::Indexed { .. } => Color::Indexed(match level {
                0..4 => 16,
                4..247 => 232 + ((level - 4) / 10).min(23),
                247.. => 231,
            }),
            Self::True { .. } | Self::Shades => Color::Rgb(level, level, level),
        }
    }
}

/// How bright the two pixels of a cell of a picture are together. `None` where it shows none.
pub(super) fn mean_level(cell: &Cell) -> Option<u8> {
    let (upper, lower) = (level(cell.fg)?, level(cell.bg)?);
    (cell.symbol() == HALF).then(|| upper.midpoint(lower))
}

/// The level of a colour that [`Greys::cell`] gives.
fn level(color: Color) -> Option<u8> {
    match color {
        Color::Rgb(red, green, blue) if red == green && green == blue => Some(red),
        Color::Indexed(16) => Some(0),
        Color::Indexed(231) => Some(255),
        Color::Indexed(index @ 232..) => Some(8 + 10 * (index - 232)),
        _ => None,
    }
}

/// As much of the cell filled as the two pixels are bright; half of it, where one is bright and the other is not.
fn shade(upper: u8, lower: u8) -> &'static str {
    const DARK: u8 = 64;
    const BRIGHT: u8 = 144;
    match (upper, lower) {
        (BRIGHT.., ..DARK) => HALF,
        (..DARK, BRIGHT..) => "▄",
        _ => match upper.midpoint(lower) {
            0..32 => " ",
            32..96 => "░",
            96..160 => "▒",
            160..224 => "▓",
            224.. => "█",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pixels_are_a_cell_in_every_depth() {
        let of = |choice, depth, upper, lower| {
            let (symbol, style) = Greys::new(choice, depth).cell(upper, lower);
            (symbol, style.fg, style.bg)
        };
        let dark = config::Theme::Dark;
        let rgb = |level| Some(Color::Rgb(level, level, level));
        assert_eq!(of(dark, Depth::True, 200, 7), ("▀", rgb(200), rgb(7)));
        let indexed = |index| Some(Color::Indexed(index));
        assert_eq!(of(dark, Depth::Indexed, 255, 0), ("▀", indexed(231), indexed(16)));
        assert_eq!(of(dark, Depth::Indexed, 8, 128), ("▀", indexed(232), indexed(244)));
        let reset = Some(Color::Reset);
        for (upper, lower, symbol) in [
            (0, 0, " "),
            (255, 255, "█"),
            (128, 128, "▒"),
            (40, 60, "░"),
            (255, 0, "▀"),
            (0, 255, "▄"),
            (180, 200, "▓"),
        ] {
            assert_eq!(of(dark, Depth::Plain, upper, lower), (symbol, reset, reset));
            assert_eq!(of(config::Theme::Ansi, Depth::True, upper, lower), (symbol, reset, reset));
        }
    }

    #[test]
    fn every_level_is_shown_by_the_nearest_of_the_ramp() {
        let distance = |index: u8, wanted: u8| level(Color::Indexed(index)).map(|found| found.abs_diff(wanted));
        for wanted in 0..=255 {
            let Color::Indexed(index) = (Greys::Indexed { ground: 0 }).color(wanted) else { continue };
            let best = [16].into_iter().chain(231..=255).filter_map(|index| distance(index, wanted)).min();
            assert!(distance(index, wanted) <= best.map(|best| best + 1), "{wanted} is shown as {index}");
        }
    }

    #[test]
    fn a_picture_beneath_something_steps_back_to_the_ground() {
        for (choice, expected) in [(config::Theme::Dark, (80, 20)), (config::Theme::Light, (250, 190))] {
            let greys = Greys::new(choice, Depth::True);
            let mut cell = Cell::default();
            let (symbol, style) = greys.cell(240, 60);
            cell.set_symbol(symbol).set_style(style);
            assert!(greys.recede(&mut cell));
            assert_eq!((level(cell.fg), level(cell.bg)), (Some(expected.0), Some(expected.1)));
            assert!(!greys.recede(cell.set_symbol("a")));
        }
    }
}
