//! A frame as SVG: what is text as text, and lines, blocks and braille drawn as what they are, so that they meet whatever
//! the font.

use super::format;
use super::theme::xterm;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Size of a cell and of its letters, in pixels. The usual monospaced fonts are 0.6 of their size wide.
const WIDTH: f64 = 9.0;
const HEIGHT: f64 = 19.0;
const LETTERS: f64 = 15.0;
const BASELINE: f64 = 14.0;
const FONTS: &str = "'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace";

/// The colours of a terminal's own: of text, and of what is beneath it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Of text that has no colour.
    pub ink: u32,
    /// Of all that is empty.
    pub paper: u32,
}

/// The frame as one SVG document.
pub fn of(buffer: &Buffer, ground: Ground) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (f64::from(columns) * WIDTH, f64::from(rows) * HEIGHT);
    let mut drawing = Drawing { out: String::new(), ground };
    let _ = write!(
        drawing.out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"{FONTS}\" font-size=\"{LETTERS}\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        hex(ground.paper)
    );
    let row_of = |row: usize| buffer.content.chunks(usize::from(columns.max(1))).nth(row).unwrap_or(&[]);
    for row in 0..usize::from(rows) {
        drawing.papers(row_of(row), row as f64 * HEIGHT);
    }
    for row in 0..usize::from(rows) {
        drawing.inks(row_of(row), row as f64 * HEIGHT);
    }
    drawing.out.push_str("</svg>\n");
    drawing.out
}

struct Drawing {
    out: String,
    ground: Ground,
}

/// What a run of cells has in common.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    ink: u32,
    paper: u32,
    bold: bool,
    faint: bool,
    underlined: bool,
}

impl Look {
    fn of(cell: &Cell, ground: Ground) -> Self {
        let (ink, paper) = (rgb(cell.fg).unwrap_or(ground.ink), rgb(cell.bg).unwrap_or(ground.paper));
        let is = |modifier| cell.modifier.contains(modifier);
        let (ink, paper) = if is(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) };
        let (bold, faint, underlined) = (is(Modifier::BOLD), is(Modifier::DIM), is(Modifier::UNDERLINED));
        Self { ink, paper, bold, faint, underlined }
    }

    fn opacity(self) -> &'static str {
        if self.faint { " opacity=\".6\"" } else { "" }
    }
}

impl Drawing {
    /// What is beneath the characters of a row, one piece for cells of one colour.
    fn papers(&mut self, row: &[Cell], y: f64) {
        let mut from = 0;
        while from < row.len() {
            let look = Look::of(&row[from], self.ground);
            let same = row[from..].iter().take_while(|cell| Look::of(cell, self.ground).paper == look.paper).count();
            if look.paper != self.ground.paper {
                let (x, width) = (from as f64 * WIDTH, same as f64 * WIDTH);
                let _ = writeln!(
                    self.out,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" fill=\"{}\" shape-rendering=\"crispEdges\"/>",
                    hex(look.paper)
                );
            }
            from += same;
        }
    }

    /// The characters of a row, in runs of one look.
    fn inks(&mut self, row: &[Cell], y: f64) {
        let mut column = 0;
        let mut run = Run::default();
        while column < row.len() {
            let symbol = row[column].symbol();
            let (look, cells) = (Look::of(&row[column], self.ground), format::width(symbol).max(1));
            if run.look != Some(look) {
                self.draw(&run, y);
                run = Run { look: Some(look), ..Run::default() };
            }
            run.add(symbol, column, cells, y);
            column += cells;
        }
        self.draw(&run, y);
    }

    fn draw(&mut self, run: &Run, y: f64) {
        let Some(look) = run.look else { return };
        let (ink, faint) = (hex(look.ink), look.opacity());
        if !run.blocks.is_empty() {
            let _ =
                writeln!(self.out, "<path d=\"{}\" fill=\"{ink}\"{faint} shape-rendering=\"crispEdges\"/>", run.blocks);
        }
        for (opacity, blocks) in [".25", ".5", ".75"].into_iter().zip(&run.shades) {
            if !blocks.is_empty() {
                let _ = writeln!(
                    self.out,
                    "<path d=\"{blocks}\" fill=\"{ink}\" fill-opacity=\"{opacity}\"{faint} shape-rendering=\"crispEdges\"/>"
                );
            }
        }
        if !run.dots.is_empty() {
            let _ = writeln!(
                self.out,
                "<path d=\"{}\" stroke=\"{ink}\" stroke-width=\"2.6\" stroke-linecap=\"round\"{faint}/>",
                run.dots
            );
        }
        if !run.lines.is_empty() {
            let _ = writeln!(self.out, "<path d=\"{}\" stroke=\"{ink}\" fill=\"none\"{faint}/>", run.lines);
        }
        for (column, cells, text) in &run.words {
            let (x, base, length) = (*column as f64 * WIDTH, y + BASELINE, *cells as f64 * WIDTH);
            let bold = if look.bold { " font-weight=\"bold\"" } else { "" };
            let line = if look.underlined { " text-decoration=\"underline\"" } else { "" };
            let _ = writeln!(
                self.out,
                "<text x=\"{x}\" y=\"{base}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{ink}\"{bold}{line}{faint}>{}</text>",
                escaped(text)
            );
        }
    }
}

/// Cells of one look, sorted by how they are drawn.
#[derive(Default)]
struct Run {
    look: Option<Look>,
    blocks: String,
    shades: [String; 3],
    dots: String,
    lines: String,
    /// First column, cells, text: words, so that each begins where it should.
    words: Vec<(usize, usize, String)>,
}

impl Run {
    fn add(&mut self, symbol: &str, column: usize, cells: usize, y: f64) {
        let x = column as f64 * WIDTH;
        let mut characters = symbol.chars();
        let Some(c) = characters.next() else { return };
        if characters.next().is_none() {
            match c {
                ' ' => return,
                '\u{2801}'..='\u{28ff}' => return dots(&mut self.dots, c as u32 - 0x2800, x, y),
                '░' | '▒' | '▓' => {
                    return rectangle(&mut self.shades[c as usize - '░' as usize], (x, y), (0.0, 0.0, 1.0, 1.0));
                }
                _ => {}
            }
            if let Some(parts) = block(c) {
                for &part in &parts {
                    rectangle(&mut self.blocks, (x, y), part);
                }
                return;
            }
            if line(&mut self.lines, c, x, y) {
                return;
            }
        }
        match self.words.last_mut() {
            Some((first, length, text)) if *first + *length == column => {
                *length += cells;
                text.push_str(symbol);
            }
            _ => self.words.push((column, cells, symbol.to_owned())),
        }
    }
}

/// A part of a cell: left, top, right, bottom, from 0 to 1.
type Part = (f64, f64, f64, f64);

fn rectangle(path: &mut String, (x, y): (f64, f64), (left, top, right, bottom): Part) {
    let (x, y, width, height) = (x + left * WIDTH, y + top * HEIGHT, (right - left) * WIDTH, (bottom - top) * HEIGHT);
    let _ = write!(path, "M{x} {y}h{width}v{height}h{}z", -width);
}

/// The filled parts of a block element.
fn block(c: char) -> Option<Vec<Part>> {
    let eighths = |from: char| f64::from(c as u32 - from as u32 + 1) / 8.0;
    Some(match c {
        '▀' => vec![(0.0, 0.0, 1.0, 0.5)],
        '▁'..='█' => vec![(0.0, 1.0 - eighths('▁'), 1.0, 1.0)],
        '▉'..='▏' => vec![(0.0, 0.0, 1.0 - eighths('▉'), 1.0)],
        '▐' => vec![(0.5, 0.0, 1.0, 1.0)],
        '▔' => vec![(0.0, 0.0, 1.0, 0.125)],
        '▕' => vec![(0.875, 0.0, 1.0, 1.0)],
        '▖'..='▟' => {
            // Upper left, upper right, lower left, lower right.
            const QUARTERS: [u8; 10] = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14];
            let filled = QUARTERS.get(c as usize - '▖' as usize).copied().unwrap_or(0);
            let quarters = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)].into_iter().enumerate();
            let filled = quarters.filter(|(bit, _)| filled >> bit & 1 == 1);
            filled.map(|(_, (left, top))| (left, top, left + 0.5, top + 0.5)).collect()
        }
        _ => return None,
    })
}

/// The dots of a braille character, each a line of no length with round ends.
fn dots(path: &mut String, bits: u32, x: f64, y: f64) {
    const PLACES: [(f64, f64); 8] = [(0., 0.), (0., 1.), (0., 2.), (1., 0.), (1., 1.), (1., 2.), (0., 3.), (1., 3.)];
    for (_, (column, row)) in PLACES.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1) {
        let (x, y) = (x + (0.25 + 0.5 * column) * WIDTH, y + (0.125 + 0.25 * row) * HEIGHT);
        let _ = write!(path, "M{x} {y}h0");
    }
}

/// A light line of a box. False where the character is none.
fn line(path: &mut String, c: char, x: f64, y: f64) -> bool {
    let (mx, my, right, bottom) = (x + WIDTH / 2.0, y + HEIGHT / 2.0, x + WIDTH, y + HEIGHT);
    // Whether there is an arm to the left, up, to the right, down.
    let (left, up, to_right, down) = match c {
        '─' => (true, false, true, false),
        '│' => (false, true, false, true),
        '┌' | '╭' => (false, false, true, true),
        '┐' | '╮' => (true, false, false, true),
        '└' | '╰' => (false, true, true, false),
        '┘' | '╯' => (true, true, false, false),
        '├' => (false, true, true, true),
        '┤' => (true, true, false, true),
        '┬' => (true, false, true, true),
        '┴' => (true, true, true, false),
        '┼' => (true, true, true, true),
        '╴' => (true, false, false, false),
        '╵' => (false, true, false, false),
        '╶' => (false, false, true, false),
        '╷' => (false, false, false, true),
        _ => return false,
    };
    if matches!(c, '╭' | '╮' | '╯' | '╰') {
        let (end_x, end_y) = (if left { x } else { right }, if up { y } else { bottom });
        let _ = write!(path, "M{end_x} {my}Q{mx} {my} {mx} {end_y}");
        return true;
    }
    let ends = [(left, x, my), (up, mx, y), (to_right, right, my), (down, mx, bottom)];
    for (_, x, y) in ends.into_iter().filter(|(is, ..)| *is) {
        let _ = write!(path, "M{mx} {my}L{x} {y}");
    }
    true
}

/// As text in XML. Characters that XML has none for are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

fn hex(colour: u32) -> String {
    format!("#{colour:06x}")
}

/// `None`: the terminal's own.
fn rgb(color: Color) -> Option<u32> {
    let of = |[red, green, blue]: [u8; 3]| u32::from_be_bytes([0, red, green, blue]);
    let index = match color {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some(of([red, green, blue])),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(of(xterm(index)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    const GROUND: Ground = Ground { ink: 0xd7_dce3, paper: 0x10_1216 };

    #[test]
    fn whatever_is_in_a_cell_the_document_is_one() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 4));
        let style = Style::new().fg(Color::Indexed(208)).bg(Color::Blue).bold().underlined();
        buffer.set_string(0, 0, "a < b & c > \"d\" 'e' ]]> 服装 \u{2801}", style);
        buffer.set_string(0, 1, "╭─┬╮▀▄█▌▐▖▟░▒▓⠿⡇", Style::new().reversed().dim());
        buffer[(0, 2)].set_symbol("\u{1b}]0;x\u{7}");
        buffer[(3, 2)].set_symbol("e\u{301}");
        let svg = of(&buffer, GROUND);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let texts: String =
            document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect();
        assert!(texts.contains("服装") && texts.contains("]]>") && texts.contains('&'), "{texts}");
        assert!(!texts.contains(['─', '▀', '⠿', '\u{1b}']), "drawn, not written: {texts}");
        assert!(svg.contains("#ff8700") && svg.contains("bold"));
    }

    #[test]
    fn words_begin_where_their_cells_are() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 1));
        buffer.set_string(0, 0, "loss   服装  0.25", Style::new());
        let svg = of(&buffer, GROUND);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let texts = document.descendants().filter(|node| node.has_tag_name("text"));
        let places: Vec<_> = texts
            .map(|node| (node.text().unwrap(), node.attribute("x").unwrap(), node.attribute("textLength").unwrap()))
            .collect();
        assert_eq!(places, [("loss", "0", "36"), ("服装", "63", "36"), ("0.25", "117", "36")]);
    }
}
