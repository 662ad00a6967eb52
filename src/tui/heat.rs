//! How much, as a colour: what is right in one hue, what is wrong in another.

use super::colour::{is_bright, mix};
use super::theme::{Depth, nearest_indexed};
use crate::config;
use ratatui::style::{Color, Style};

/// A share of its class's pictures for which an error is as glaring as it gets.
const GLARING: f64 = 0.25;

/// The scale of a heat map.
#[derive(Clone, Copy, Debug)]
pub enum Heat {
    /// Weight alone.
    Plain,
    /// The terminal's own colours, in three steps.
    Ansi,
    /// From black to a hue, past the shades on which neither black nor white can be read at 7:1.
    Steep {
        /// Colours of little and of much that is right.
        right: [u32; 2],
        /// Of little and of much that is wrong.
        wrong: [u32; 2],
        /// Whether the terminal has but 256 colours.
        indexed: bool,
    },
    /// From the ground to a hue.
    Gradient {
        /// Colour of nothing.
        ground: u32,
        /// Colour of all that is right.
        right: u32,
        /// Colour of the worst that is wrong.
        wrong: u32,
        /// Whether the terminal has but 256 colours.
        indexed: bool,
    },
}

impl Heat {
    /// As the configuration and the terminal have it.
    pub fn new(choice: config::Theme, depth: Depth) -> Self {
        let indexed = depth == Depth::Indexed;
        match (depth, choice) {
            (Depth::Plain, _) => Self::Plain,
            (_, config::Theme::Ansi) => Self::Ansi,
            (_, config::Theme::Contrast) => {
                Self::Steep { right: [0x00_4a80, 0x4f_c3ff], wrong: [0x7a_3000, 0xff_b000], indexed }
            }
            (_, config::Theme::Colourblind) => {
                Self::Gradient { ground: 0x1a_1e25, right: 0x1f_78c8, wrong: 0xf0_9c00, indexed }
            }
            // Okabe and Ito's blue and vermilion.
            (_, config::Theme::Dark) => {
                Self::Gradient { ground: 0x1a_1e25, right: 0x2f_8fd0, wrong: 0xe8_6020, indexed }
            }
            (_, config::Theme::Light) => {
                Self::Gradient { ground: 0xf2_f4f7, right: 0x1f_83c4, wrong: 0xd9_5316, indexed }
            }
        }
    }

    /// The style of a cell that holds this share of its row.
    pub fn style(self, share: f64, is_right: bool) -> Style {
        // Errors are few: the root tells 1 % from 5 %.
        let much = if is_right { share } else { (share / GLARING).sqrt() }.clamp(0.0, 1.0);
        let base = Style::reset();
        match self {
            Self::Plain if much == 0.0 => base.dim(),
            Self::Plain if is_right => base.bold(),
            Self::Plain if much > 0.6 => base.reversed(),
            Self::Ansi if much == 0.0 => base.fg(Color::DarkGray),
            Self::Ansi if is_right && much > 0.5 => base.fg(Color::Black).bg(Color::Cyan),
            Self::Ansi if is_right => base.fg(Color::Cyan),
            Self::Ansi if much > 0.6 => base.fg(Color::Black).bg(Color::Yellow),
            Self::Ansi if much > 0.3 => base.fg(Color::Yellow),
            Self::Plain | Self::Ansi => base,
            Self::Gradient { ground, right, wrong, indexed } => {
                let back = mix(ground, if is_right { right } else { wrong }, much);
                let fore = if is_bright(back) { 0x00_0000 } else { 0xff_ffff };
                // What is nothing is not to be read.
                let fore = if share > 0.0 { fore } else { mix(ground, fore, 0.35) };
                base.fg(color(fore, indexed)).bg(color(back, indexed))
            }
            Self::Steep { right, wrong, indexed } => {
                let [little, most] = if is_right { right } else { wrong };
                let (fore, back) = if much < 0.5 {
                    (0xff_ffff, mix(0, little, much * 2.0))
                } else {
                    (0x00_0000, mix(most, 0xff_ffff, (1.0 - much) * 0.5))
                };
                base.fg(color(fore, indexed)).bg(color(back, indexed))
            }
        }
    }
}

fn color(rgb: u32, indexed: bool) -> Color {
    let color = Color::from_u32(rgb);
    if indexed { nearest_indexed(color) } else { color }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::tui::colour::{contrast, number};

    #[test]
    fn every_number_can_be_read_on_its_colour() {
        for (theme, least) in [
            (config::Theme::Dark, 4.5),
            (config::Theme::Light, 4.5),
            (config::Theme::Colourblind, 4.5),
            (config::Theme::Contrast, 7.0),
        ] {
            for step in 1..=1_000 {
                for is_right in [true, false] {
                    let style = Heat::new(theme, Depth::True).style(f64::from(step) / 1_000.0, is_right);
                    let found = contrast(number(style.fg).unwrap(), number(style.bg).unwrap());
                    assert!(found >= least, "{theme:?} {step} {is_right}: {found}");
                }
            }
        }
    }
}
