//! How much, as a colour: what is right in one hue, what is wrong in another.

use super::colour::{is_bright, mix};
use super::theme::Depth;
use crate::config;
use ratatui::style::{Color, Style};

/// A share of its class's pictures for which an error is as glaring as it gets.
const GLARING: f64 = 0.25;
/// Colours from nothing to all, where there are but 256 of them.
const SHADES: usize = 6;

/// The scale of a heat map.
#[derive(Clone, Copy, Debug)]
pub enum Heat {
    /// Weight alone.
    Plain,
    /// The terminal's own colours, in three steps.
    Ansi,
    /// Of 256 colours: for little to much that is right, and that is wrong.
    Indexed([[u8; SHADES]; 2]),
    /// From black to a hue, past the shades on which neither black nor white can be read at 7:1.
    Steep {
        /// Colours of little and of much that is right.
        right: [u32; 2],
        /// Of little and of much that is wrong.
        wrong: [u32; 2],
    },
    /// From the ground to a hue.
    Gradient {
        /// Colour of nothing.
        ground: u32,
        /// Colour of all that is right.
        right: u32,
        /// Colour of the worst that is wrong.
        wrong: u32,
    },
}

impl Heat {
    /// As the configuration and the terminal have it.
    pub fn new(choice: config::Theme, depth: Depth) -> Self {
        match (depth, choice) {
            (Depth::Plain, _) => Self::Plain,
            (_, config::Theme::Ansi) => Self::Ansi,
            // The nearest of the 256 to each shade would not rise steadily: these do.
            (Depth::Indexed, config::Theme::Contrast) => {
                Self::Indexed([[16, 17, 18, 75, 117, 159], [16, 52, 88, 208, 214, 220]])
            }
            (Depth::Indexed, config::Theme::Colourblind) => {
                Self::Indexed([[235, 17, 24, 25, 31, 32], [235, 58, 94, 136, 172, 214]])
            }
            (Depth::Indexed, config::Theme::Dark) => {
                Self::Indexed([[235, 17, 24, 25, 31, 32], [235, 52, 88, 130, 166, 202]])
            }
            (Depth::Indexed, config::Theme::Light) => {
                Self::Indexed([[255, 153, 117, 75, 32, 25], [255, 223, 216, 209, 202, 166]])
            }
            (_, config::Theme::Contrast) => {
                Self::Steep { right: [0x00_4a80, 0x4f_c3ff], wrong: [0x7a_3000, 0xff_b000] }
            }
            (_, config::Theme::Colourblind) => Self::Gradient { ground: 0x1a_1e25, right: 0x1f_78c8, wrong: 0xf0_9c00 },
            // Okabe and Ito's blue and vermilion.
            (_, config::Theme::Dark) => Self::Gradient { ground: 0x1a_1e25, right: 0x2f_8fd0, wrong: 0xe8_6020 },
            (_, config::Theme::Light) => Self::Gradient { ground: 0xf2_f4f7, right: 0x1f_83c4, wrong: 0xd9_5316 },
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
            Self::Indexed(ramps) => {
                let shade = (much * (SHADES - 1) as f64).ceil() as usize;
                let back = ramps[usize::from(!is_right)][shade.min(SHADES - 1)];
                let fore = match (share > 0.0, is_bright(rgb_of(back))) {
                    (true, true) => 16,
                    (true, false) => 231,
                    // What is nothing is not to be read.
                    (false, true) => 250,
                    (false, false) => 240,
                };
                base.fg(Color::Indexed(fore)).bg(Color::Indexed(back))
            }
            Self::Gradient { ground, right, wrong } => {
                let back = mix(ground, if is_right { right } else { wrong }, much);
                let fore = if is_bright(back) { 0x00_0000 } else { 0xff_ffff };
                // What is nothing is not to be read.
                let fore = if share > 0.0 { fore } else { mix(ground, fore, 0.35) };
                base.fg(Color::from_u32(fore)).bg(Color::from_u32(back))
            }
            Self::Steep { right, wrong } => {
                let [little, most] = if is_right { right } else { wrong };
                let (fore, back) = if much < 0.5 {
                    (0xff_ffff, mix(0, little, much * 2.0))
                } else {
                    (0x00_0000, mix(most, 0xff_ffff, (1.0 - much) * 0.5))
                };
                base.fg(Color::from_u32(fore)).bg(Color::from_u32(back))
            }
        }
    }
}

/// What xterm shows for a colour of its cube or of its greys.
fn rgb_of(index: u8) -> u32 {
    let level = |step: u32| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..16 => 0,
        16..232 => {
            let at = u32::from(index - 16);
            level(at / 36) << 16 | level(at / 6 % 6) << 8 | level(at % 6)
        }
        _ => (8 + 10 * u32::from(index - 232)) * 0x01_0101,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use crate::tui::colour::{contrast, luminance, number};

    /// WCAG's AA for text, and AAA where contrast is asked for.
    const LEAST: [(config::Theme, f64); 4] = [
        (config::Theme::Dark, 4.5),
        (config::Theme::Light, 4.5),
        (config::Theme::Colourblind, 4.5),
        (config::Theme::Contrast, 7.0),
    ];

    #[test]
    fn every_number_can_be_read_on_its_colour() {
        for (theme, least) in LEAST {
            for step in 1..=1_000 {
                for is_right in [true, false] {
                    let style = Heat::new(theme, Depth::True).style(f64::from(step) / 1_000.0, is_right);
                    let found = contrast(number(style.fg).unwrap(), number(style.bg).unwrap());
                    assert!(found >= least, "{theme:?} {step} {is_right}: {found}");
                }
            }
        }
    }

    #[test]
    fn of_256_colours_each_can_be_read_and_more_is_further_from_the_ground() {
        for (theme, least) in LEAST {
            let Heat::Indexed(ramps) = Heat::new(theme, Depth::Indexed) else { panic!("{theme:?} has no ramps") };
            for (ramp, is_right) in ramps.iter().zip([true, false]) {
                let bright = |index: u8| luminance(rgb_of(index));
                let apart: Vec<f64> = ramp.iter().map(|&index| (bright(index) - bright(ramp[0])).abs()).collect();
                assert!(apart.is_sorted_by(|a, b| a < b), "{theme:?} {is_right}: {apart:?}");
            }
            for step in 1..=100 {
                for is_right in [true, false] {
                    let style = Heat::new(theme, Depth::Indexed).style(f64::from(step) / 100.0, is_right);
                    let (Some(Color::Indexed(fore)), Some(Color::Indexed(back))) = (style.fg, style.bg) else {
                        panic!("{style:?}");
                    };
                    let found = contrast(rgb_of(fore), rgb_of(back));
                    assert!(found >= least, "{theme:?} {step} {is_right}: {found}");
                }
            }
        }
    }
}
