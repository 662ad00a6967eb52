//! The table of runs: which columns there is room for, their heads, and the rows.

use super::{head_of, look};
use crate::session::RunRow;
use crate::tui::format;
use crate::tui::state::{RunColumn, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::braille::Canvas;
use crate::tui::widgets::{Click, Hits, write, write_right};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::time::SystemTime;
use strum::VariantArray;

/// What stands where there is no number.
const MISSING: &str = "–";
/// Cells before a name: the one that is chosen, and the one that is marked or laid beneath.
const MARKS: u16 = 2;
/// Cells of a curve, at the least and at the most.
const CURVE: (u16, u16) = (7, 24);
/// Cells of a name, at the least and at the most.
const NAME: (u16, u16) = (10, 24);

/// In the order in which they come when there is more room.
const BY_IMPORTANCE: [RunColumn; RunColumn::VARIANTS.len()] = [
    RunColumn::Name,
    RunColumn::Standing,
    RunColumn::Best,
    RunColumn::Epochs,
    RunColumn::Changed,
    RunColumn::Curve,
    RunColumn::Test,
    RunColumn::Time,
    RunColumn::Variant,
    RunColumn::Size,
];

fn is_left(column: RunColumn) -> bool {
    matches!(column, RunColumn::Name | RunColumn::Standing | RunColumn::Changed | RunColumn::Variant | RunColumn::Curve)
}

/// The table as far as there is room for it.
pub struct Table<'a> {
    state: &'a State,
    theme: &'a Theme,
    /// With their widths, the gap before each counted in.
    columns: Vec<(RunColumn, u16)>,
    /// Whether times have their year.
    full: bool,
}

impl<'a> Table<'a> {
    /// The columns that fit into a width.
    pub fn new(state: &'a State, shown: &[&RunRow], theme: &'a Theme, width: u16) -> Self {
        let of = |full: bool| -> Vec<(RunColumn, u16)> {
            let (mut used, mut fits) = (MARKS, true);
            BY_IMPORTANCE
                .into_iter()
                .map(|column| (column, width_of(state, shown, theme, column, full)))
                .filter(|(_, more)| {
                    fits &= used + more <= width;
                    used += if fits { *more } else { 0 };
                    fits
                })
                .collect()
        };
        let (whole, short) = (of(true), of(false));
        let full = whole.len() == RunColumn::VARIANTS.len();
        let chosen = if full { whole } else { short };
        let spare = width - MARKS.min(width) - chosen.iter().map(|(_, width)| width).sum::<u16>();
        let mut columns = Vec::new();
        for &column in RunColumn::VARIANTS {
            if let Some(&(_, width)) = chosen.iter().find(|(other, _)| *other == column) {
                let more = if column == RunColumn::Curve { spare.min(CURVE.1 - CURVE.0) } else { 0 };
                columns.push((column, width + more));
            }
        }
        Self { state, theme, columns, full }
    }

    /// The heads; the one that the table is ordered by has an arrow.
    pub fn render_heads(&self, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
        let mut x = row.x + MARKS;
        for &(column, width) in &self.columns {
            let place = Rect { x, width, ..row };
            let ordered = self.state.runs.order == column;
            let arrow = match (ordered, self.state.runs.reversed) {
                (false, _) => "",
                (true, false) => "▼",
                (true, true) => "▲",
            };
            let style = if ordered { self.theme.title } else { self.theme.faint };
            let text = format::truncate(
                head_of(self.state, column),
                usize::from(width).saturating_sub(1 + usize::from(ordered)),
            );
            if is_left(column) {
                write(buffer, after_gap(column, place), &[(&text, style), (arrow, self.theme.key)]);
            } else {
                write_right(buffer, place, &[(arrow, self.theme.key), (&text, style)]);
            }
            hits.add(place, Click::RunColumn(column as usize));
            x += width;
        }
    }

    /// One run.
    pub fn render_row(&self, run: &RunRow, chosen: bool, row: Rect, buffer: &mut Buffer) {
        let (state, theme) = (self.state, self.theme);
        let base = if chosen { theme.selected } else { theme.text };
        if chosen {
            buffer.set_string(row.x, row.y, " ".repeat(row.width.into()), base);
            buffer.set_string(row.x, row.y, "›", base);
        }
        let mark = match (state.runs.is_marked(run), state.runs.is_laid(run)) {
            (true, _) => "◆",
            (_, true) => "≈",
            _ => "",
        };
        write(buffer, Rect { x: row.x + 1, width: 1, ..row }, &[(mark, if chosen { base } else { theme.key })]);
        let mut x = row.x + MARKS;
        for &(column, width) in &self.columns {
            let place = Rect { x, width, ..row };
            x += width;
            let inner = after_gap(column, place);
            match column {
                RunColumn::Curve => self.render_curve(run, chosen, inner, buffer),
                RunColumn::Standing => {
                    let (symbol, word, style) = look(state, run, theme);
                    let style = if chosen { base } else { style };
                    write(buffer, inner, &[(symbol, style), (" ", style), (word, style)]);
                }
                _ => {
                    let text = self.text(run, column);
                    let style = self.style(run, column, &text, base, chosen);
                    let text = format::truncate(&text, usize::from(inner.width));
                    if is_left(column) {
                        write(buffer, inner, &[(&text, style)]);
                    } else {
                        write_right(buffer, place, &[(&text, style)]);
                    }
                }
            }
        }
    }

    fn style(&self, run: &RunRow, column: RunColumn, text: &str, base: Style, chosen: bool) -> Style {
        match column {
            _ if chosen => base,
            _ if text == MISSING => self.theme.faint,
            RunColumn::Name if self.state.is_found(run) => self.theme.key,
            RunColumn::Name | RunColumn::Best | RunColumn::Test => base,
            _ => self.theme.dim,
        }
    }

    fn text(&self, run: &RunRow, column: RunColumn) -> String {
        text(self.state, run, column, self.full)
    }

    /// The validation loss of each epoch, from the highest to the lowest over the whole height.
    fn render_curve(&self, run: &RunRow, chosen: bool, place: Rect, buffer: &mut Buffer) {
        let losses: Vec<f64> = self.state.epochs_of(run).iter().map(|epoch| epoch.validation_loss).collect();
        let style = if chosen { self.theme.selected } else { self.theme.validation };
        let finite = || losses.iter().copied().filter(|loss| loss.is_finite());
        let (low, high) =
            finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), loss| (low.min(loss), high.max(loss)));
        if losses.len() < 2 || low > high {
            write(buffer, place, &[(MISSING, if chosen { style } else { self.theme.faint })]);
            return;
        }
        let mut canvas = Canvas::new(place.width.into(), 1, &[style]);
        let last = usize::from(place.width) * 2 - 1;
        let dot = |(epoch, loss): (usize, f64)| {
            let height = if high > low { (loss - low) / (high - low) } else { 0.5 };
            (epoch * last / (losses.len() - 1), ((1.0 - height) * 3.0).round() as usize)
        };
        let dots: Vec<_> =
            losses.iter().copied().enumerate().map(|(at, loss)| loss.is_finite().then(|| dot((at, loss)))).collect();
        for pair in dots.windows(2) {
            if let [Some(from), Some(to)] = pair {
                canvas.line(0, *from, *to);
            }
        }
        canvas.render(place, buffer);
    }
}

fn text(state: &State, run: &RunRow, column: RunColumn, full: bool) -> String {
    let or_missing = |text: Option<String>| text.unwrap_or_else(|| MISSING.into());
    match column {
        RunColumn::Name => run.name.clone(),
        RunColumn::Changed => when(state, run.changed, full),
        RunColumn::Variant => or_missing(run.config.as_ref().map(|config| config.model.variant.to_string())),
        RunColumn::Epochs => epochs(state, run),
        RunColumn::Best => or_missing(state.best_of(run).map(|best| format::percent(best.validation_accuracy))),
        RunColumn::Test if state.runs.is_evaluating(run) => "…".into(),
        RunColumn::Test => or_missing(state.runs.test_accuracy(run).map(format::percent)),
        RunColumn::Time => {
            let seconds = state.seconds_of(run);
            or_missing((seconds > 0.0).then(|| format::duration(seconds)))
        }
        RunColumn::Size => format::bytes(run.bytes),
        RunColumn::Standing | RunColumn::Curve => String::new(),
    }
}

/// `3/10`.
pub fn epochs(state: &State, run: &RunRow) -> String {
    let asked = run.epochs_asked().map_or_else(|| "?".into(), |asked| asked.to_string());
    format!("{}/{asked}", state.epochs_of(run).len())
}

/// `2026-11-24 05:20` where the user is, or without the year.
pub fn when(state: &State, time: Option<SystemTime>, full: bool) -> String {
    let Some(time) = time.and_then(|time| Timestamp::try_from(time).ok()) else { return MISSING.into() };
    let format = if full { "%Y-%m-%d %H:%M" } else { "%m-%d %H:%M" };
    time.to_zoned(state.zone.clone()).strftime(format).to_string()
}

/// Columns whose text begins at the left stand after their gap.
fn after_gap(column: RunColumn, place: Rect) -> Rect {
    let gap = u16::from(column != RunColumn::Name).min(place.width) + u16::from(column == RunColumn::Curve);
    Rect { x: place.x + gap, width: place.width.saturating_sub(gap), ..place }
}

/// The cells of a column with the gap before it: what its longest text takes.
fn width_of(state: &State, shown: &[&RunRow], theme: &Theme, column: RunColumn, full: bool) -> u16 {
    let head = format::width(head_of(state, column)) as u16 + 1;
    let longest = |text: &dyn Fn(&RunRow) -> usize| shown.iter().map(|run| text(run)).max().unwrap_or(0) as u16;
    match column {
        RunColumn::Name => longest(&|run| format::width(&run.name)).max(head + 1).clamp(NAME.0, NAME.1),
        RunColumn::Standing => 3 + longest(&|run| format::width(look(state, run, theme).1)).max(head - 1),
        RunColumn::Curve => 2 + CURVE.0.max(head - 1),
        _ => 1 + longest(&|run| format::width(&text(state, run, column, full))).max(head),
    }
}
