//! Every colour of the screen. The hues are Okabe and Ito's, which colour-blind people tell apart.

use super::greys::Greys;
use super::heat::Heat;
use super::images::{Images, Way};
use super::svg::Ground;
use crate::config;
use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// None, by the user's wish (`NO_COLOR`): weight and brightness alone.
    Plain,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
}

impl Depth {
    /// What the environment says.
    pub fn of_environment() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if set("NO_COLOR").is_some() {
            Self::Plain
        } else if set("COLORTERM").is_some_and(|value| matches!(value.as_str(), "truecolor" | "24bit")) {
            Self::True
        } else {
            Self::Indexed
        }
    }
}

/// What each thing on the screen looks like.
#[derive(Clone, Debug)]
pub struct Theme {
    /// What is to be read.
    pub text: Style,
    /// What explains it: names of numbers, units.
    pub dim: Style,
    /// What may be overlooked: axes, times, what can't be done now.
    pub faint: Style,
    /// Frames.
    pub border: Style,
    /// Names of panels.
    pub title: Style,
    /// Keys that can be pressed.
    pub key: Style,
    /// The row or tab that is selected.
    pub selected: Style,
    /// The training curve, averaged.
    pub train: Style,
    /// The training curve, every step.
    pub train_steps: Style,
    /// Validation.
    pub validation: Style,
    /// The best epoch.
    pub best: Style,
    /// Another run, laid under this one.
    pub laid: Style,
    /// A pass over the test pictures.
    pub evaluation: Style,
    /// All is as it should be.
    pub good: Style,
    /// To be looked at.
    pub warn: Style,
    /// Wrong.
    pub bad: Style,
    /// A state that needs a person, filled in: paused, the sample.
    pub warn_filled: Style,
    /// A state that needs a person, filled in: failed.
    pub bad_filled: Style,
    /// How much, in the matrix.
    pub heat: Heat,
    /// What pictures are painted with.
    pub greys: Greys,
    /// Which it is.
    choice: config::Theme,
    depth: Depth,
    /// How pictures are shown, and the one that is.
    pub images: Images,
}

impl Theme {
    /// The theme of the configuration, as far as the terminal can show it.
    pub fn new(choice: config::Theme, depth: Depth) -> Self {
        let heat = Heat::new(choice, depth);
        let theme = match (depth, choice) {
            (Depth::Plain, _) => Self::plain(),
            (_, config::Theme::Ansi) => Self::ansi(),
            (Depth::Indexed, config::Theme::Dark) => Self::dark().map(nearest_indexed),
            (Depth::Indexed, config::Theme::Light) => Self::light().map(nearest_indexed),
            (Depth::True, config::Theme::Dark) => Self::dark(),
            (Depth::True, config::Theme::Light) => Self::light(),
        };
        Self { heat, greys: Greys::new(choice, depth), choice, depth, ..theme }
    }

    /// Another choice on the same terminal; `None`: it is this one.
    pub fn other(&self, choice: config::Theme) -> Option<Self> {
        (choice != self.choice).then(|| Self { images: self.images.clone(), ..Self::new(choice, self.depth) })
    }

    /// What a terminal that suits the theme has of its own.
    pub fn ground(&self) -> Ground {
        if self.choice == config::Theme::Light {
            Ground { ink: 0x1f_2328, paper: 0xff_ffff }
        } else {
            Ground { ink: 0xd7_dce3, paper: 0x10_1216 }
        }
    }

    fn dark() -> Self {
        let of = |rgb: u32| base().fg(Color::from_u32(rgb));
        let filled = |rgb: u32| base().fg(Color::from_u32(0x10_1216)).bg(Color::from_u32(rgb)).bold();
        Self {
            text: of(0xd7_dce3),
            dim: of(0x8b_94a3),
            faint: of(0x5c_6573),
            border: of(0x3d_4552),
            title: of(0xd7_dce3).bold(),
            key: of(0xe0_93c2).bold(),
            selected: base().fg(Color::from_u32(0xff_ffff)).bg(Color::from_u32(0x2f_3947)).bold(),
            train: of(0x56_b4e9).bold(),
            train_steps: of(0x29_526e),
            validation: of(0xf0_a020),
            best: of(0xf0_e442).bold(),
            laid: of(0xa8_9f91),
            evaluation: of(0x3c_c8a0),
            good: of(0x3c_c8a0).bold(),
            warn: of(0xf0_e442).bold(),
            bad: of(0xf0_703c).bold(),
            warn_filled: filled(0xf0_e442),
            bad_filled: filled(0xf0_703c),
            heat: Heat::Plain,
            greys: Greys::Shades,
            choice: config::Theme::Dark,
            depth: Depth::True,
            images: Images::new(Way::HalfBlocks, false),
        }
    }

    fn light() -> Self {
        let of = |rgb: u32| base().fg(Color::from_u32(rgb));
        let filled = |fg: u32, bg: u32| base().fg(Color::from_u32(fg)).bg(Color::from_u32(bg)).bold();
        Self {
            text: of(0x1f_2328),
            dim: of(0x59_636e),
            faint: of(0x8c_959f),
            border: of(0xc4_cad2),
            title: of(0x1f_2328).bold(),
            key: of(0xa0_327a).bold(),
            selected: filled(0x1f_2328, 0xd8_e6f3),
            train: of(0x00_72b2).bold(),
            train_steps: of(0xa3_cbe2),
            validation: of(0xc2_5a00),
            best: of(0x9a_6b00).bold(),
            laid: of(0x7d_7466),
            evaluation: of(0x00_7a55),
            good: of(0x00_7a55).bold(),
            warn: of(0x9a_6b00).bold(),
            bad: of(0xb3_2d10).bold(),
            warn_filled: filled(0x1f_2328, 0xf0_d848),
            bad_filled: filled(0xff_ffff, 0xb3_2d10),
            heat: Heat::Plain,
            greys: Greys::Shades,
            choice: config::Theme::Dark,
            depth: Depth::True,
            images: Images::new(Way::HalfBlocks, false),
        }
    }

    fn ansi() -> Self {
        let of = |color: Color| base().fg(color);
        Self {
            text: base(),
            dim: base(),
            faint: of(Color::DarkGray),
            border: of(Color::DarkGray),
            title: base().bold(),
            key: of(Color::Magenta).bold(),
            selected: base().reversed(),
            train: of(Color::Cyan).bold(),
            train_steps: of(Color::Blue),
            validation: of(Color::Yellow),
            best: of(Color::Yellow).bold(),
            laid: of(Color::Gray),
            evaluation: of(Color::Green),
            good: of(Color::Green).bold(),
            warn: of(Color::Yellow).bold(),
            bad: of(Color::Red).bold(),
            warn_filled: of(Color::Black).bg(Color::Yellow).bold(),
            bad_filled: of(Color::White).bg(Color::Red).bold(),
            heat: Heat::Plain,
            greys: Greys::Shades,
            choice: config::Theme::Dark,
            depth: Depth::True,
            images: Images::new(Way::HalfBlocks, false),
        }
    }

    fn plain() -> Self {
        let (normal, bold, dim) = (base(), base().bold(), base().dim());
        let reversed = base().add_modifier(Modifier::REVERSED | Modifier::BOLD);
        Self {
            text: normal,
            dim: normal,
            faint: dim,
            border: dim,
            title: bold,
            key: bold.underlined(),
            selected: reversed,
            train: bold,
            train_steps: dim,
            validation: normal,
            best: bold,
            laid: normal,
            evaluation: normal,
            good: bold,
            warn: bold,
            bad: bold,
            warn_filled: reversed,
            bad_filled: reversed,
            heat: Heat::Plain,
            greys: Greys::Shades,
            choice: config::Theme::Dark,
            depth: Depth::True,
            images: Images::new(Way::HalfBlocks, false),
        }
    }

    fn map(self, color: impl Fn(Color) -> Color) -> Self {
        let change = |style: Style| Style { fg: style.fg.map(&color), bg: style.bg.map(&color), ..style };
        Self {
            text: change(self.text),
            dim: change(self.dim),
            faint: change(self.faint),
            border: change(self.border),
            title: change(self.title),
            key: change(self.key),
            selected: change(self.selected),
            train: change(self.train),
            train_steps: change(self.train_steps),
            validation: change(self.validation),
            best: change(self.best),
            laid: change(self.laid),
            evaluation: change(self.evaluation),
            good: change(self.good),
            warn: change(self.warn),
            bad: change(self.bad),
            warn_filled: change(self.warn_filled),
            bad_filled: change(self.bad_filled),
            heat: self.heat,
            greys: self.greys,
            choice: self.choice,
            depth: self.depth,
            images: self.images,
        }
    }
}

/// Nothing of what was there before shines through.
fn base() -> Style {
    Style::reset()
}

/// The colour of this number among xterm's 256; the first 16 as VGA and most terminals have them.
pub(super) fn xterm(index: u8) -> [u8; 3] {
    const BASIC: [u32; 16] = [
        0x00_0000, 0xcd_3131, 0x0d_bc79, 0xe5_e510, 0x24_72c8, 0xbc_3fbc, 0x11_a8cd, 0xe5_e5e5, 0x66_6666, 0xf1_4c4c,
        0x23_d18b, 0xf5_f543, 0x3b_8eea, 0xd6_70d6, 0x29_b8db, 0xff_ffff,
    ];
    match index {
        0..16 => {
            let [_, rgb @ ..] = BASIC[usize::from(index)].to_be_bytes();
            rgb
        }
        16..232 => {
            let step = |of: u8| if of == 0 { 0 } else { 55 + 40 * of };
            let index = index - 16;
            [index / 36, index / 6 % 6, index % 6].map(step)
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

/// The nearest of xterm's 6×6×6 cube and its 24 greys.
pub(super) fn nearest_indexed(color: Color) -> Color {
    const STEPS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let Color::Rgb(red, green, blue) = color else { return color };
    let wanted = [red, green, blue].map(i32::from);
    let distance = |other: [i32; 3]| (0..3).map(|c| (wanted[c] - other[c]).pow(2)).sum::<i32>();
    let cube = wanted.map(|level| (0..6).min_by_key(|&step| (STEPS[step] - level).abs()).unwrap_or(0));
    let in_cube = (distance(cube.map(|step| STEPS[step])), 16 + 36 * cube[0] + 6 * cube[1] + cube[2]);
    let in_grey = (0..24).map(|grey| (distance([8 + 10 * grey as i32; 3]), 232 + grey));
    let (_, index) = in_grey.chain([in_cube]).min().unwrap_or(in_cube);
    Color::Indexed(index as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_nothing_is_coloured() {
        let theme = Theme::new(config::Theme::Dark, Depth::Plain);
        for style in [theme.train, theme.validation, theme.bad_filled, theme.key, theme.border] {
            assert_eq!((style.fg, style.bg), (Some(Color::Reset), Some(Color::Reset)));
        }
    }

    #[test]
    fn a_terminal_of_256_colours_gets_the_nearest() {
        assert_eq!(nearest_indexed(Color::from_u32(0xff_ffff)), Color::Indexed(231));
        assert_eq!(nearest_indexed(Color::from_u32(0x56_b4e9)), Color::Indexed(74));
        assert_eq!(nearest_indexed(Color::from_u32(0x3d_4552)), Color::Indexed(238));
    }
}
