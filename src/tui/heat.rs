//! How much, as a colour: what is right in one hue, what is wrong in another.

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
                let color = |rgb| {
                    let color = Color::from_u32(rgb);
                    if indexed { nearest_indexed(color) } else { color }
                };
                base.fg(color(fore)).bg(color(back))
            }
        }
    }
}

fn channels(rgb: u32) -> [f64; 3] {
    [16, 8, 0].map(|shift| f64::from(rgb >> shift & 0xff))
}

fn mix(from: u32, to: u32, much: f64) -> u32 {
    let (from, to) = (channels(from), channels(to));
    (0..3).fold(0, |rgb, c| rgb << 8 | (from[c] + (to[c] - from[c]) * much).round() as u32)
}

/// Whether black is easier to read on it than white: WCAG's relative luminance above √(1.05 · 0.05) − 0.05.
fn is_bright(rgb: u32) -> bool {
    let linear = channels(rgb).map(|c| {
        let c = c / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]

    use super::*;

    fn luminance(color: Option<Color>) -> f64 {
        let Some(Color::Rgb(r, g, b)) = color else { panic!("{color:?} is not 24 bits") };
        let [r, g, b] = [r, g, b].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn every_number_can_be_read_on_its_colour() {
        for theme in [config::Theme::Dark, config::Theme::Light] {
            for step in 1..=1_000 {
                for is_right in [true, false] {
                    let style = Heat::new(theme, Depth::True).style(f64::from(step) / 1_000.0, is_right);
                    let (a, b) = (luminance(style.fg), luminance(style.bg));
                    let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                    assert!(contrast >= 4.5, "{theme:?} {step} {is_right}: {contrast}");
                }
            }
        }
    }
}
