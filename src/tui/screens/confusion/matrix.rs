//! The heat map: a row for each true class, a column for each class that it can be taken for.

use super::NAMES;
use crate::tui::format;
use crate::tui::state::{Pass, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Click, Hits, line_of, write};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Cells of a number.
const NUMBER: usize = 4;
/// From this width and height on a cell tells both its count and its share.
const BOTH: (u16, u16) = (9, 3);

/// What of the matrix is shown, and how large.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    /// Where it begins, headings included.
    pub(super) area: Rect,
    /// Lines of the headings.
    pub(super) heads: u16,
    /// Columns and lines of a cell.
    pub(super) wide: u16,
    pub(super) tall: u16,
    /// The first class shown, and how many, of those that are taken for and of the true ones.
    pub(super) columns: (usize, usize),
    pub(super) rows: (usize, usize),
}

impl Grid {
    /// The first line below it.
    pub(super) fn bottom(&self) -> u16 {
        self.area.y + self.heads + self.rows.1 as u16 * self.tall
    }

    /// The column after its last.
    pub(super) fn right(&self) -> u16 {
        self.area.x + NAMES + self.columns.1 as u16 * self.wide
    }

    /// The lines of a true class.
    pub(super) fn row(&self, truth: usize) -> Option<Rect> {
        let place = truth.checked_sub(self.rows.0).filter(|&place| place < self.rows.1)? as u16;
        let y = self.area.y + self.heads + place * self.tall;
        Some(Rect { y, height: self.tall, ..self.area }.intersection(self.area))
    }
}

/// Lines that the names above the columns need: one where all fit over their columns, else two.
pub(super) fn heads(pass: &Pass, wide: u16) -> u16 {
    let widths: Vec<usize> = pass.classes.iter().map(|class| format::width(&class.name)).collect();
    let wide = usize::from(wide);
    let fit = widths.iter().all(|&width| width <= wide) && widths.windows(2).all(|two| two[0] + two[1] + 2 <= 2 * wide);
    if fit { 1 } else { 2 }
}

/// Draws it.
pub(super) fn render(state: &State, pass: &Pass, theme: &Theme, grid: Grid, buffer: &mut Buffer, hits: &mut Hits) {
    let chosen = state.confusion.cell;
    render_heads(state.words.confusion.true_as, pass, theme, grid, chosen.1, buffer);
    for truth in (grid.rows.0..).take(grid.rows.1) {
        let Some(row) = grid.row(truth) else { continue };
        let style = if truth == chosen.0 { theme.title } else { theme.dim };
        let name = format::truncate(pass.name(truth), usize::from(NAMES) - 1);
        write(buffer, Rect { width: NAMES - 1, ..line_of(row, (grid.tall - 1) / 2) }, &[(&name, style)]);
        for (place, taken) in (grid.columns.0..).take(grid.columns.1).enumerate() {
            let x = row.x + NAMES + place as u16 * grid.wide;
            let cell = Rect { x, width: grid.wide, ..row };
            let style = theme.heat.style(pass.share(truth, taken), truth == taken);
            buffer.set_style(cell, style);
            render_numbers(state, pass, (truth, taken), style, cell, buffer);
            if (truth, taken) == chosen {
                render_choice(style.bold(), cell, buffer);
            }
            hits.add(cell, Click::Cell(truth, taken));
        }
    }
}

/// Each name in the middle over its column; in turns on the upper and the lower line where they would touch.
fn render_heads(corner: &str, pass: &Pass, theme: &Theme, grid: Grid, chosen: usize, buffer: &mut Buffer) {
    write(buffer, Rect { width: NAMES, ..line_of(grid.area, grid.heads - 1) }, &[(corner, theme.faint)]);
    let room = usize::from(grid.wide * grid.heads).saturating_sub(usize::from(grid.heads - 1)).max(1);
    for (place, taken) in (grid.columns.0..).take(grid.columns.1).enumerate() {
        let name = format::truncate(pass.name(taken), room);
        let width = format::width(&name) as u16;
        let middle = grid.area.x + NAMES + place as u16 * grid.wide + grid.wide / 2;
        let x = middle.saturating_sub(width / 2).min(grid.area.right().saturating_sub(width)).max(grid.area.x);
        let row = line_of(grid.area, place as u16 % grid.heads);
        let style = if taken == chosen { theme.title } else { theme.dim };
        write(buffer, Rect { x, width: grid.area.right().saturating_sub(x), ..row }, &[(&name, style)]);
    }
}

fn render_numbers(
    state: &State,
    pass: &Pass,
    (truth, taken): (usize, usize),
    style: Style,
    cell: Rect,
    buffer: &mut Buffer,
) {
    let both = cell.width >= BOTH.0 && cell.height >= BOTH.1 && pass.confusion.count(truth, taken) > 0;
    let percent = state.confusion.percent;
    // In the middle, with its unit where it has one.
    let inset = cell.width.saturating_sub(if both { NUMBER + 2 } else { NUMBER } as u16) / 2;
    let middle = (cell.height - 1) / 2;
    let at = |line: u16| Rect { x: cell.x + inset, width: cell.width.saturating_sub(inset), ..line_of(cell, line) };
    let number = format!("{:>NUMBER$}", number_of(pass, truth, taken, percent));
    write(buffer, at(middle), &[(&number, if both { style.bold() } else { style })]);
    if both {
        let unit = if percent { "" } else { " %" };
        let other = format!("{:>NUMBER$}{unit}", number_of(pass, truth, taken, !percent));
        write(buffer, at(middle + 1), &[(&other, style)]);
    }
}

/// The chosen cell is told by its corners, on whatever colour; by brackets where it is but a line high.
fn render_choice(style: Style, cell: Rect, buffer: &mut Buffer) {
    let last = cell.height.saturating_sub(1);
    let corners = if last == 0 { [("[", "]"); 2] } else { [("┏", "┓"), ("┗", "┛")] };
    for ((left, right), line) in corners.into_iter().zip([0, last]) {
        let row = line_of(cell, line);
        write(buffer, row, &[(left, style)]);
        write(buffer, Rect { x: cell.right().saturating_sub(1), width: 1, ..row }, &[(right, style)]);
    }
}

/// Four cells at the most, wherever there are less than 10,000 pictures of a class.
fn number_of(pass: &Pass, truth: usize, taken: usize, percent: bool) -> String {
    let count = pass.confusion.count(truth, taken);
    match count {
        0 => "·".into(),
        _ if !percent => count.to_string(),
        _ => percent_of(pass.share(truth, taken)),
    }
}

/// A share in four cells: `9.3`, `89.0`, `100`.
pub(super) fn percent_of(share: f64) -> String {
    if share > 0.9994 { "100".into() } else { format!("{:.1}", share * 100.0) }
}
