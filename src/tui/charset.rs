//! Which characters the terminal shows; where that is ASCII, a drawn frame is put into it as a whole.

use super::greys::{self, Greys};
use super::theme::Theme;
use crate::config;
use ratatui::buffer::{Buffer, Cell};
use unicode_width::UnicodeWidthStr;

/// What can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// All of it.
    Utf8,
    /// ASCII alone.
    Ascii,
}

impl Charset {
    /// That of the configuration; `auto` goes by the environment.
    pub fn of(choice: config::Charset) -> Self {
        match choice {
            config::Charset::Utf8 => Self::Utf8,
            config::Charset::Ascii => Self::Ascii,
            config::Charset::Auto => Self::of_environment(|name| std::env::var(name).ok()),
        }
    }

    /// The first locale that is set counts (POSIX, "Environment Variables", 8.2). Where none is, as in many a container,
    /// the terminal is taken for one that shows UTF-8, unless it is of a kind that need not.
    fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
        let shows = match ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set) {
            Some(locale) => {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            }
            None => !variable("TERM").is_some_and(|kind| kind == "dumb" || kind == "linux"),
        };
        if shows { Self::Utf8 } else { Self::Ascii }
    }

    /// Leaves nothing in the buffer that can't be shown: each character becomes one of a cell in ASCII.
    pub fn restrict(self, theme: &Theme, buffer: &mut Buffer) {
        if self == Self::Utf8 {
            return;
        }
        let mut before = ' ';
        for cell in &mut buffer.content {
            let last = std::mem::replace(&mut before, cell.symbol().chars().next().unwrap_or(' '));
            if cell.symbol().is_ascii() || cell.symbol().starts_with('\x1b') {
                continue;
            }
            if let Some(symbol) = picture(theme.greys, cell) {
                // The terminal's own colours: the character alone tells how bright it is.
                cell.set_char(symbol).fg = theme.text.fg.unwrap_or_default();
                cell.bg = theme.back;
            } else {
                let is_warning = [theme.warn, theme.warn_filled].iter().any(|style| style.fg == Some(cell.fg));
                let symbol = match cell.symbol() {
                    "▲" if is_warning => '!',
                    // A product; elsewhere it parts or stands for nothing.
                    "·" if last.is_ascii_digit() => '*',
                    other => ascii(other),
                };
                cell.set_char(symbol);
            }
        }
    }
}

/// The character for two pixels of a picture, one above the other, where the cell shows such.
fn picture(greys: Greys, cell: &Cell) -> Option<char> {
    const RAMP: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];
    let is_light = match greys {
        Greys::True { ground } | Greys::Indexed { ground } => ground > 127,
        Greys::Shades => return None,
    };
    let level = greys::mean_level(cell)?;
    let level = if is_light { 255 - level } else { level };
    RAMP.get(usize::from(level) * RAMP.len() / 256).copied()
}

/// The ASCII character that looks most like it.
fn ascii(symbol: &str) -> char {
    let Some(first) = symbol.chars().next() else { return ' ' };
    match first {
        '─' | '╶' | '╴' | '╾' | '┄' | '–' | '—' | '−' | '▄' | '▃' => '-',
        '━' | '▅' | '▆' => '=',
        '│' | '╷' | '╵' | '┊' | '┃' | '‖' | '▐' | '▌' => '|',
        '┏' | '┗' => '[',
        '┓' | '┛' => ']',
        '\u{2500}'..='\u{257f}' | '✔' => '+',
        '▁' => '_',
        '▂' | '░' | '·' | '◌' | '。' => '.',
        '▒' => ':',
        '▇' | '█' | '■' => '#',
        '▀' | '“' | '”' => '"',
        '●' | '★' | '•' | '▓' => '*',
        '○' | '◆' | '◇' => 'o',
        '◐' => '%',
        '✘' | '×' => 'x',
        '✖' => 'X',
        '▲' | '▴' | '↑' => '^',
        '▼' | '▾' | '↓' => 'v',
        '→' | '›' | '▸' | '≥' => '>',
        '←' | '‹' | '◂' | '≤' => '<',
        '…' | '≈' => '~',
        '‘' | '’' => '\'',
        '\u{2800}'..='\u{28ff}' => dots(first as u32 - 0x2800),
        _ if symbol.width() == 0 => ' ',
        _ => '?',
    }
}

/// A braille character: dots in its upper half, its lower half, or both.
fn dots(bits: u32) -> char {
    const UPPER: u32 = 0b0001_1011;
    match (bits & UPPER > 0, bits & !UPPER > 0) {
        (true, true) => ':',
        (true, false) => '\'',
        (false, true) => '.',
        (false, false) => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Depth;
    use ratatui::layout::Rect;

    #[test]
    fn the_locale_and_the_terminal_tell_what_can_be_shown() {
        let of = |set: &'static [(&str, &str)]| {
            Charset::of_environment(move |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8"), ("TERM", "linux")]), Charset::Utf8);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]), Charset::Utf8);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8"), ("TERM", "xterm-256color")]), Charset::Ascii);
        assert_eq!(of(&[("LANG", "de_DE.ISO-8859-1")]), Charset::Ascii);
        assert_eq!(of(&[("TERM", "xterm-256color")]), Charset::Utf8);
        assert_eq!(of(&[("TERM", "linux")]), Charset::Ascii);
        assert_eq!(of(&[("LANG", ""), ("TERM", "dumb")]), Charset::Ascii);
    }

    #[test]
    fn a_frame_keeps_its_shape() {
        let theme = Theme::new(config::Theme::Dark, Depth::True);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 14, 1));
        buffer.set_string(0, 0, "╭─┤▲ ⠁⣀⡇2·2…服", theme.dim);
        Charset::Ascii.restrict(&theme, &mut buffer);
        let text: String = buffer.content.iter().map(Cell::symbol).collect();
        assert_eq!(text, "+-+^ '.:2*2~? ");
        buffer.set_string(0, 0, "▲", theme.warn);
        Charset::Ascii.restrict(&theme, &mut buffer);
        assert_eq!(buffer[(0, 0)].symbol(), "!");
    }

    #[test]
    fn a_picture_becomes_a_ramp() {
        for (choice, expected) in [(config::Theme::Dark, " =@"), (config::Theme::Light, "@+ ")] {
            let theme = Theme::new(choice, Depth::True);
            let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
            for (x, level) in (0..).zip([0, 120, 255]) {
                let (symbol, style) = theme.greys.cell(level, level);
                buffer.set_string(x, 0, symbol, style);
            }
            Charset::Ascii.restrict(&theme, &mut buffer);
            assert_eq!(buffer.content.iter().map(Cell::symbol).collect::<String>(), expected);
        }
    }
}
