//! Every colour of the screen. The hues are Okabe and Ito's, which colour-blind people tell apart.

use super::charset::Charset;
use super::greys::Greys;
use super::heat::Heat;
use super::images::{Images, Way};
use super::svg::Ground;
use crate::config;
use ratatui::buffer::Buffer;
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
    /// What lies beneath all of it; `Reset`: the terminal's own.
    pub back: Color,
    /// The characters that it is written with.
    pub charset: Charset,
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
            (_, config::Theme::Dark) => Self::dark(),
            (_, config::Theme::Light) => Self::light(),
            (_, config::Theme::Contrast) => Self::contrast(),
            (_, config::Theme::Colourblind) => Self::colourblind(),
        };
        let theme = if depth == Depth::Indexed { theme.map(nearest_indexed) } else { theme };
        Self { heat, greys: Greys::new(choice, depth), choice, depth, ..theme }
    }

    /// The same in these characters.
    #[must_use]
    pub fn written_in(self, charset: Charset) -> Self {
        Self { charset, ..self }
    }

    /// Another choice on the same terminal; `None`: it is this one.
    pub fn other(&self, choice: config::Theme) -> Option<Self> {
        (choice != self.choice).then(|| {
            let images = self.images.clone();
            Self { images, ..Self::new(choice, self.depth).written_in(self.charset) }
        })
    }

    /// What a terminal that suits the theme has of its own.
    pub fn ground(&self) -> Ground {
        match self.choice {
            config::Theme::Light => Ground { ink: 0x1f_2328, paper: 0xff_ffff },
            config::Theme::Contrast => Ground { ink: 0xff_ffff, paper: 0 },
            _ => Ground { ink: 0xd7_dce3, paper: 0x10_1216 },
        }
    }

    /// Gives every cell the theme's own ground, where it has one.
    pub fn fill_ground(&self, buffer: &mut Buffer) {
        if self.back == Color::Reset {
            return;
        }
        let text = self.text.fg.unwrap_or_default();
        for cell in &mut buffer.content {
            cell.bg = if cell.bg == Color::Reset { self.back } else { cell.bg };
            cell.fg = if cell.fg == Color::Reset { text } else { cell.fg };
        }
    }

    fn dark() -> Self {
        let of = |rgb: u32| base().fg(Color::from_u32(rgb));
        let filled = |rgb: u32| base().fg(Color::from_u32(0x10_1216)).bg(Color::from_u32(rgb)).bold();
        Self {
            text: of(0xd7_dce3),
            dim: of(0x8b_94a3),
            faint: of(0x78_8190),
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
            back: Color::from_u32(0x10_1216),
            ..Self::plain()
        }
    }

    fn light() -> Self {
        let of = |rgb: u32| base().fg(Color::from_u32(rgb));
        let filled = |fg: u32, bg: u32| base().fg(Color::from_u32(fg)).bg(Color::from_u32(bg)).bold();
        Self {
            text: of(0x1f_2328),
            dim: of(0x59_636e),
            faint: of(0x69_727c),
            border: of(0xc4_cad2),
            title: of(0x1f_2328).bold(),
            key: of(0xa0_327a).bold(),
            selected: filled(0x1f_2328, 0xd8_e6f3),
            train: of(0x00_72b2).bold(),
            train_steps: of(0xa3_cbe2),
            validation: of(0xb8_5200),
            best: of(0x9a_6b00).bold(),
            laid: of(0x7d_7466),
            evaluation: of(0x00_7a55),
            good: of(0x00_7a55).bold(),
            warn: of(0x9a_6b00).bold(),
            bad: of(0xb3_2d10).bold(),
            warn_filled: filled(0x1f_2328, 0xf0_d848),
            bad_filled: filled(0xff_ffff, 0xb3_2d10),
            back: Color::from_u32(0xff_ffff),
            ..Self::plain()
        }
    }

    /// White and bright hues on black, 7:1 and more (WCAG's AAA); filled, black on them.
    fn contrast() -> Self {
        let of = |rgb: u32| base().fg(Color::from_u32(rgb));
        let filled = |rgb: u32| base().fg(Color::from_u32(0)).bg(Color::from_u32(rgb)).bold();
        Self {
            text: of(0xff_ffff),
            dim: of(0xd0_d0d0),
            faint: of(0xb0_b0b0),
            border: of(0xa0_a0a0),
            title: of(0xff_ffff).bold(),
            key: of(0xff_9ee8).bold(),
            selected: filled(0xff_ffff),
            train: of(0x4f_c3ff).bold(),
            train_steps: of(0x7f_a8c8),
            validation: of(0xff_b000),
            best: of(0xff_ff00).bold(),
            evaluation: of(0x40_e0b0),
            good: of(0x40_e0b0).bold(),
            warn: of(0xff_ff00).bold(),
            bad: of(0xff_8a65).bold(),
            warn_filled: filled(0xff_ff00),
            bad_filled: filled(0xff_8a65),
            back: Color::from_u32(0),
            ..Self::plain()
        }
    }

    /// Blue is training and right, orange validation and wrong, yellow what a person should know: they differ in lightness
    /// as well, whichever of the eye's cones is missing.
    fn colourblind() -> Self {
        let of = |rgb: u32| base().fg(Color::from_u32(rgb));
        let filled = |rgb: u32| base().fg(Color::from_u32(0x10_1216)).bg(Color::from_u32(rgb)).bold();
        Self {
            text: of(0xdf_e3e8),
            dim: of(0x98_a1ae),
            title: of(0xdf_e3e8).bold(),
            key: of(0xc8_d8ff).bold(),
            train: of(0x3a_9cf0).bold(),
            train_steps: of(0x1f_4a75),
            validation: of(0xf5_a300),
            best: of(0xff_f4a0).bold(),
            evaluation: of(0xb8_d4f0),
            good: of(0x5a_b4ff).bold(),
            warn: of(0xff_e14d).bold(),
            bad: of(0xe8_601c).bold(),
            warn_filled: filled(0xff_e14d),
            bad_filled: filled(0xe8_601c),
            ..Self::dark()
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
            ..Self::plain()
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
            back: Color::Reset,
            charset: Charset::Utf8,
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
            back: color(self.back),
            ..self
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
    use crate::tui::colour::{self, number};

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

    /// Foregrounds, and what they stand on: the ground where they have none of their own.
    fn readable(theme: &Theme, ground: u32) -> Vec<(u32, u32)> {
        let Theme { text, dim, title, key, selected, train, validation, best, .. } = theme;
        let Theme { evaluation, good, warn, bad, warn_filled, bad_filled, .. } = theme;
        let of = |style: &Style| (number(style.fg).unwrap_or(0), number(style.bg).unwrap_or(ground));
        let read = [text, dim, title, key, selected, train, validation, best];
        read.into_iter().chain([evaluation, good, warn, bad, warn_filled, bad_filled]).map(of).collect()
    }

    #[test]
    fn what_is_to_be_read_can_be_read() {
        // On the darkest and the lightest ground that a terminal's dark theme usually has, and on white.
        for (choice, ground) in [
            (config::Theme::Dark, 0x00_0000),
            (config::Theme::Dark, 0x1e_2127),
            (config::Theme::Colourblind, 0x00_0000),
            (config::Theme::Colourblind, 0x1e_2127),
            (config::Theme::Light, 0xff_ffff),
        ] {
            for (fore, back) in readable(&Theme::new(choice, Depth::True), ground) {
                let contrast = colour::contrast(fore, back);
                assert!(contrast >= 4.5, "{choice}: {fore:06x} on {back:06x} has {contrast}");
            }
        }
    }

    #[test]
    fn high_contrast_is_high_for_all_that_is_drawn() {
        let theme = Theme::new(config::Theme::Contrast, Depth::True);
        assert_eq!(number(Some(theme.back)), Some(0));
        let drawn = [theme.faint, theme.border, theme.train_steps].map(|style| (number(style.fg).unwrap_or(0), 0));
        for (fore, back) in readable(&theme, 0).into_iter().chain(drawn) {
            let contrast = colour::contrast(fore, back);
            assert!(contrast >= 7.0, "{fore:06x} on {back:06x} has {contrast}");
        }
    }

    #[test]
    fn whoever_lacks_a_cone_tells_the_colours_apart_all_the_same() {
        let theme = Theme::new(config::Theme::Colourblind, Depth::True);
        let Theme { train, validation, evaluation, best, good, warn, bad, .. } = theme;
        for (name, a, b) in [
            ("train, validation", train, validation),
            ("train, test", train, evaluation),
            ("validation, test", validation, evaluation),
            ("best, train", best, train),
            ("best, validation", best, validation),
            ("good, warn", good, warn),
            ("good, bad", good, bad),
            ("warn, bad", warn, bad),
        ] {
            for eye in colour::EYES {
                let [a, b] = [a, b].map(|style| number(style.fg).unwrap_or(0));
                let distance = colour::distance(a, b, eye.1);
                assert!(distance > 25.0, "{name} are {distance} apart for {}", eye.0);
            }
        }
    }

    #[test]
    fn the_simulation_takes_red_and_green_for_each_other() {
        let [normal, protan, deutan, tritan] = colour::EYES.map(|(_, eye)| colour::distance(0xb0_6a00, 0x7f_8000, eye));
        assert!(protan < normal / 2.0 && deutan < normal / 2.0 && tritan > normal / 2.0, "{normal} {protan} {deutan}");
    }
}
