//! Pictures by the terminal's own protocol: which one it has, and the picture that is shown by it.

use super::asking::{Answer, Question};
use crate::config;
use image::imageops::FilterType;
use image::{DynamicImage, GrayImage};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::Widget;
use ratatui_image::Image;
use ratatui_image::protocol::Protocol;
use ratatui_image::protocol::iterm2::Iterm2;
use ratatui_image::protocol::kitty::Kitty;
use ratatui_image::protocol::sixel::Sixel;
use std::cell::RefCell;
use std::fmt;

/// What pictures are shown by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The cells' own characters and colours.
    HalfBlocks,
    /// Nothing: no picture is shown.
    Off,
    /// Kitty's protocol, as Ghostty has it too.
    Kitty,
    /// DEC's sixels.
    Sixel,
    /// iTerm2's protocol, as `WezTerm` has it too.
    Iterm2,
}

/// The first kitty that places pictures by characters, which stay where they belong whatever is drawn.
const KITTY: (u16, u16) = (0, 28);

impl Way {
    /// The configured one, or what the terminal has to be asked. Of its own accord it trusts names that stand for one
    /// terminal, asks a kitty how new it is, and what may know sixels, whether it does.
    pub fn of(choice: config::Images, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Question> {
        let has = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let is = |name: &str, wanted: &[&str]| variable(name).is_some_and(|value| wanted.contains(&value.as_str()));
        let begins =
            |names: &[&str]| variable("TERM").is_some_and(|term| names.iter().any(|name| term.starts_with(name)));
        match choice {
            config::Images::Kitty => Ok(Self::Kitty),
            config::Images::Sixel => Ok(Self::Sixel),
            config::Images::Iterm2 => Ok(Self::Iterm2),
            config::Images::Off => Ok(Self::Off),
            // tmux and screen let through what they please.
            config::Images::Auto if has("TMUX") || has("STY") || begins(&["tmux", "screen"]) => Ok(Self::HalfBlocks),
            config::Images::Auto if is("TERM_PROGRAM", &["iTerm.app", "WezTerm"]) || is("LC_TERMINAL", &["iTerm2"]) => {
                Ok(Self::Iterm2)
            }
            config::Images::Auto if begins(&["xterm-ghostty"]) => Ok(Self::Kitty),
            config::Images::Auto if begins(&["xterm-kitty"]) || has("KITTY_WINDOW_ID") => Err(Question::Version),
            config::Images::Auto if begins(&["xterm", "foot", "mlterm", "contour", "yaft", "mintty"]) => {
                Err(Question::Sixel)
            }
            config::Images::Auto | config::Images::Halfblocks => Ok(Self::HalfBlocks),
        }
    }

    fn is_protocol(self) -> bool {
        !matches!(self, Self::HalfBlocks | Self::Off)
    }
}

/// The way, and what was shown by it last.
#[derive(Clone)]
pub struct Images {
    way: Way,
    /// Size of a cell in pixels, as the terminal told it.
    told: Option<(u16, u16)>,
    through_tmux: bool,
    made: RefCell<Option<Made>>,
}

/// A picture in a place, made ready for the terminal.
#[derive(Clone)]
struct Made {
    pixels: Vec<u8>,
    size: Size,
    cell: (u16, u16),
    /// Of kitty's two pictures, which.
    number: u32,
    protocol: Protocol,
}

impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Images").field("way", &self.way).finish_non_exhaustive()
    }
}

impl Images {
    /// This way; `through_tmux` where the terminal is beyond a tmux.
    pub fn new(way: Way, through_tmux: bool) -> Self {
        Self { way, told: None, through_tmux, made: RefCell::new(None) }
    }

    /// What pictures are shown by.
    pub fn way(&self) -> Way {
        self.way
    }

    /// Whether the size of a cell is needed and the system doesn't know it.
    pub fn needs_cell(&self) -> bool {
        self.way.is_protocol() && self.cell().is_none()
    }

    /// Takes in what the terminal answered; `asked`: whether it chooses the way.
    pub fn answered(&mut self, answer: &Answer, asked: bool) {
        // Where a protocol is wanted, and nobody knows how large a cell is: as most are.
        self.told = answer.cell.or(self.way.is_protocol().then_some((10, 20)));
        if asked && self.cell().is_some() {
            self.way = match answer {
                Answer { kitty: Some(version), .. } if *version >= KITTY => Way::Kitty,
                Answer { sixel: Some(true), .. } => Way::Sixel,
                _ => Way::HalfBlocks,
            };
        }
    }

    /// Forgets what the terminal was sent: it may have lost it.
    pub fn forget(&self) {
        self.made.take();
    }

    /// The same without a terminal: for paper.
    #[must_use]
    pub fn on_paper(&self) -> Self {
        let way = if self.way == Way::Off { Way::Off } else { Way::HalfBlocks };
        Self::new(way, false)
    }

    /// Shows a square picture of `side` × `side` bytes in these cells. False where that can't be done in this way.
    pub fn render(&self, pixels: &[u8], side: usize, place: Rect, buffer: &mut Buffer) -> bool {
        if !self.way.is_protocol() || place.is_empty() || buffer.area.intersection(place) != place {
            return false;
        }
        let Some(cell) = self.cell() else { return false };
        let size = place.as_size();
        let mut made = self.made.borrow_mut();
        let is_same = |made: &Made| made.pixels == pixels && made.size == size && made.cell == cell;
        if !made.as_ref().is_some_and(is_same) {
            let number = made.as_ref().map_or(0, |made| 1 - made.number);
            let protocol = self.protocol(pixels, side, size, cell, number);
            *made = protocol.map(|protocol| Made { pixels: pixels.to_vec(), size, cell, number, protocol });
        }
        let Some(made) = &*made else { return false };
        Image::new(&made.protocol).render(place, buffer);
        true
    }

    /// As smooth as the net sees it, which gets it resized in the same way.
    fn protocol(&self, pixels: &[u8], side: usize, size: Size, cell: (u16, u16), number: u32) -> Option<Protocol> {
        /// Kitty knows pictures by numbers; two in turns, so that it holds no more of ours.
        const NUMBER: u32 = 0x5a_1e_00;
        let picture = GrayImage::from_raw(side as u32, side as u32, pixels.to_vec())?;
        let (width, height) = (u32::from(size.width) * u32::from(cell.0), u32::from(size.height) * u32::from(cell.1));
        // As large as its cells allow, and square.
        let edge = width.min(height);
        let scaled = image::imageops::resize(&picture, edge, edge, FilterType::Triangle);
        let mut whole = GrayImage::new(width, height);
        image::imageops::replace(&mut whole, &scaled, i64::from((width - edge) / 2), i64::from((height - edge) / 2));
        let (image, tmux) = (DynamicImage::ImageLuma8(whole), self.through_tmux);
        match self.way {
            Way::Kitty => Kitty::new(image, size, NUMBER + number, tmux, true).ok().map(Protocol::Kitty),
            Way::Sixel => Sixel::new(image, size, tmux).ok().map(Protocol::Sixel),
            Way::Iterm2 => Iterm2::new(image, size, tmux).ok().map(Protocol::ITerm2),
            Way::HalfBlocks | Way::Off => None,
        }
    }

    /// Width and height of a cell in pixels: as the system knows them, for they change with the font; else as the
    /// terminal told them.
    fn cell(&self) -> Option<(u16, u16)> {
        let window = crossterm::terminal::window_size().ok();
        let known = window.and_then(|window| {
            let (width, height) = (window.width.checked_div(window.columns)?, window.height.checked_div(window.rows)?);
            (width > 0 && height > 0).then_some((width, height))
        });
        known.or(self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_tells_what_can_be_told_without_asking() {
        let of = |choice, set: &[(&str, &str)]| {
            Way::of(choice, |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        let auto = config::Images::Auto;
        assert_eq!(of(auto, &[("TERM", "xterm-kitty"), ("KITTY_WINDOW_ID", "1")]), Err(Question::Version));
        assert_eq!(of(auto, &[("TERM", "xterm-ghostty")]), Ok(Way::Kitty));
        assert_eq!(of(auto, &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")]), Ok(Way::Iterm2));
        assert_eq!(of(auto, &[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")]), Ok(Way::Iterm2));
        assert_eq!(of(auto, &[("TERM", "xterm-256color")]), Err(Question::Sixel));
        assert_eq!(of(auto, &[("TERM", "foot")]), Err(Question::Sixel));
        for term in ["dumb", "linux", "vt100", "tmux-256color", "screen"] {
            assert_eq!(of(auto, &[("TERM", term)]), Ok(Way::HalfBlocks), "{term}");
        }
        assert_eq!(of(auto, &[]), Ok(Way::HalfBlocks));
        let in_tmux = [("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux"), ("KITTY_WINDOW_ID", "1")];
        assert_eq!(of(auto, &in_tmux), Ok(Way::HalfBlocks));
        assert_eq!(of(config::Images::Kitty, &in_tmux), Ok(Way::Kitty));
    }

    #[test]
    fn what_the_terminal_answers_chooses_the_way() {
        let of = |answer: Answer| {
            let mut images = Images::new(Way::HalfBlocks, false);
            images.answered(&Answer { cell: Some((10, 20)), ..answer }, true);
            images.way()
        };
        assert_eq!(of(Answer { sixel: Some(true), ..Answer::default() }), Way::Sixel);
        assert_eq!(of(Answer { sixel: Some(false), ..Answer::default() }), Way::HalfBlocks);
        assert_eq!(of(Answer::default()), Way::HalfBlocks);
        for (version, way) in [((0, 26), Way::HalfBlocks), ((0, 28), Way::Kitty), ((1, 0), Way::Kitty)] {
            assert_eq!(of(Answer { kitty: Some(version), sixel: Some(false), ..Answer::default() }), way);
        }
    }

    #[test]
    fn a_picture_takes_its_cells_and_no_other() {
        let mut images = Images::new(Way::Sixel, false);
        images.answered(&Answer { cell: Some((10, 20)), ..Answer::default() }, false);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 20));
        let pixels: Vec<u8> = (0..=255).cycle().take(28 * 28).collect();
        assert!(images.render(&pixels, 28, Rect::new(3, 2, 28, 14), &mut buffer));
        assert!(buffer[(3, 2)].symbol().contains("\u{1b}P"));
        assert_eq!(buffer.content.iter().filter(|cell| cell.symbol() != " ").count(), 1);
        assert!(!images.render(&pixels, 28, Rect::new(20, 2, 28, 14), &mut buffer), "it does not fit");
        assert!(!images.on_paper().render(&pixels, 28, Rect::new(3, 2, 28, 14), &mut buffer));
    }
}
