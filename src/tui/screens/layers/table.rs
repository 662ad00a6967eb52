//! The net's table: which columns there is room for, their heads, and the rows.

use super::words;
use crate::session::{Summary, SummaryRow};
use crate::text::thousands;
use crate::tui::format;
use crate::tui::history::Measure;
use crate::tui::state::{LayerColumn, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::header::render_bar;
use crate::tui::widgets::{Click, Hits, line_of, write, write_right};
use crate::tui::words::LayerWords;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use strum::VariantArray;

/// Cells of a share in percent with the gaps around it.
const PERCENT: u16 = 7;
/// Cells of a bar, at the least and at the most.
const BAR: (u16, u16) = (4, 24);

fn is_left(column: LayerColumn) -> bool {
    matches!(column, LayerColumn::Name | LayerColumn::Detail)
}

fn has_bar(column: LayerColumn) -> bool {
    matches!(column, LayerColumn::Share | LayerColumn::Time)
}

/// The table as far as there is room for it.
pub struct Table<'a> {
    state: &'a State,
    net: &'a Summary,
    theme: &'a Theme,
    /// With their widths, the gap before each counted in.
    columns: Vec<(LayerColumn, u16)>,
    /// Whether numbers and details are written out.
    full: bool,
    /// Whether there are columns beyond either end.
    pub scrolls: bool,
    /// Seconds of all layers, both ways.
    time: f64,
}

impl<'a> Table<'a> {
    /// The columns that fit into a width: all, written out or short; or those at one end.
    pub fn new(state: &'a State, net: &'a Summary, theme: &'a Theme, width: u16) -> Self {
        let of = |full: bool, left_out: &[LayerColumn]| -> Vec<(LayerColumn, u16)> {
            let columns = LayerColumn::VARIANTS.iter().filter(|column| !left_out.contains(column));
            columns.map(|&column| (column, width_of(&state.words.layers, net, column, full))).collect()
        };
        let sum = |columns: &[(LayerColumn, u16)]| columns.iter().map(|(_, width)| width).sum::<u16>();
        let candidates = [(true, of(true, &[])), (false, of(false, &[])), (false, of(false, &[LayerColumn::Time]))];
        let found = candidates.into_iter().find(|(_, columns)| sum(columns) <= width);
        let scrolls = found.is_none();
        let (full, mut columns) =
            found.unwrap_or_else(|| (false, at_one_end(of(false, &[]), width, state.layers.shows_measured())));
        let bars: Vec<usize> = (0..columns.len()).filter(|&at| has_bar(columns[at].0)).collect();
        let spare = width.saturating_sub(sum(&columns)) / (bars.len() as u16).max(1);
        for at in bars {
            columns[at].1 += spare.min(BAR.1 - BAR.0);
        }
        let samples = state.layers.latest.iter().flat_map(|sample| &sample.layers);
        let time = samples.flat_map(|layer| [layer.forward, layer.backward]).flatten().sum();
        Self { state, net, theme, columns, full, scrolls, time }
    }

    /// The heads, in as many lines as the area has; the one that the table is ordered by has an arrow.
    pub fn render_heads(&self, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
        let mut x = area.x;
        for &(column, width) in &self.columns {
            let place = Rect { x, width, ..area };
            let (short, long) = (self.state.words.layers.head)(column, self.full);
            let lines: &[&str] = if area.height > 1 { &long } else { &[short] };
            let ordered = self.state.layers.order == column;
            let arrow = if self.state.layers.reversed == (column == LayerColumn::Name) { "▼" } else { "▲" };
            let style = if ordered { self.theme.title } else { self.theme.faint };
            for (line, text) in lines.iter().enumerate() {
                let row = line_of(place, line as u16);
                let arrow = if ordered && line + 1 == lines.len() { arrow } else { "" };
                if is_left(column) {
                    write(buffer, indented(column, row), &[(text, style), (arrow, self.theme.key)]);
                } else {
                    write_right(buffer, row, &[(arrow, self.theme.key), (text, style)]);
                }
            }
            hits.add(place, Click::LayerColumn(column as usize));
            x += width;
        }
    }

    /// One layer.
    pub fn render_row(&self, layer: usize, chosen: bool, row: Rect, buffer: &mut Buffer) {
        let Some(summary) = self.net.layers.get(layer) else { return };
        let base = match (chosen, summary.parameters > 0) {
            (true, _) => self.theme.selected,
            (false, true) => self.theme.text,
            (false, false) => self.theme.dim,
        };
        if chosen {
            buffer.set_string(row.x, row.y, " ".repeat(row.width.into()), base);
            buffer.set_string(row.x, row.y, "›", base);
        }
        let remark = self.state.remark(layer);
        let mut x = row.x;
        for &(column, width) in &self.columns {
            let place = Rect { x, width, ..row };
            x += width;
            if has_bar(column) {
                self.render_share(layer, summary, column, chosen, place, buffer);
                continue;
            }
            let text = self.text(layer, summary, column);
            let style = if text == MISSING && !chosen { self.theme.faint } else { base };
            if is_left(column) {
                let place = indented(column, place);
                write(buffer, place, &[(&format::truncate(&text, place.width.into()), style)]);
                continue;
            }
            match remark.as_ref().filter(|remark| remark.column() == column) {
                Some(remark) => {
                    let style = if chosen { base } else { super::remark_style(*remark, self.theme) };
                    write_right(buffer, place, &[(remark.symbol(), style), (&text, style)]);
                }
                None => write_right(buffer, place, &[(&text, style)]),
            }
        }
    }

    /// A bar and its percent.
    fn render_share(
        &self,
        layer: usize,
        summary: &SummaryRow,
        column: LayerColumn,
        chosen: bool,
        place: Rect,
        buffer: &mut Buffer,
    ) {
        let whole = if column == LayerColumn::Time { self.time } else { self.net.total_parameters as f64 };
        let Some(value) = column.value(summary, self.state.layers.sample(layer)).filter(|_| whole > 0.0) else {
            return;
        };
        let share = value / whole;
        let (done, open) = match chosen {
            // The rest of the bar steps back on the chosen line as well.
            true if self.theme.selected.bg.is_some() => {
                (self.theme.selected, Style { fg: self.theme.faint.fg, ..self.theme.selected })
            }
            true => (self.theme.selected, self.theme.selected),
            false => (self.theme.train, self.theme.border),
        };
        let bar = Rect { x: place.x + 1, width: place.width.saturating_sub(1 + PERCENT), ..place };
        render_bar(share, bar, done, open, buffer);
        let style = if chosen { self.theme.selected } else { self.theme.text };
        write_right(buffer, place, &[(&format::share(share), style)]);
    }

    fn text(&self, layer: usize, summary: &SummaryRow, column: LayerColumn) -> String {
        let sample = self.state.layers.sample(layer);
        let learns = summary.parameters > 0;
        let has_any = self.state.layers.latest.is_some();
        // What a layer can't have is blank; what isn't known yet is missing.
        let measured = |measure: Measure, can: bool, write: fn(f64) -> String| match (
            sample.and_then(|sample| measure.of(sample)),
            can,
        ) {
            (Some(value), _) => write(value),
            (None, true) if !has_any => MISSING.into(),
            (None, _) => String::new(),
        };
        let count = |number: u64, full: bool| match number {
            0 => String::new(),
            number if full => thousands(number),
            number => format::magnitude(number),
        };
        match column {
            LayerColumn::Name => summary.name.clone(),
            LayerColumn::Detail => detail(&self.state.words.layers, summary, self.full),
            LayerColumn::Output => summary.output.to_string(),
            LayerColumn::MultiplyAdds => count(summary.multiply_adds, self.full),
            LayerColumn::Parameters => count(summary.parameters, true),
            LayerColumn::WeightNorm => measured(Measure::WeightNorm, learns, format::norm),
            LayerColumn::GradientNorm => measured(Measure::GradientNorm, learns, format::norm),
            LayerColumn::UpdateRatio => measured(Measure::UpdateRatio, learns, words::ratio),
            LayerColumn::Dead => {
                let share = measured(Measure::Dead, summary.kind == "ReLU", format::share);
                match sample.and_then(|sample| sample.units).filter(|_| self.full) {
                    Some(units) => format!("{}/{} {share:>7}", thousands(units.dead), thousands(units.all)),
                    None => share,
                }
            }
            LayerColumn::Forward => measured(Measure::Forward, true, format::milliseconds),
            LayerColumn::Backward => measured(Measure::Backward, true, format::milliseconds),
            LayerColumn::Share | LayerColumn::Time => String::new(),
        }
    }
}

/// What stands where there is no number yet.
const MISSING: &str = "–";

/// Left-aligned columns begin after their gap.
fn indented(column: LayerColumn, place: Rect) -> Rect {
    let gap = if column == LayerColumn::Name { 1 } else { 2 }.min(place.width);
    Rect { x: place.x + gap, width: place.width - gap, ..place }
}

/// Written out, or `11×11, stride 4, padding 0` as `11×11 s4 p0`.
fn detail(words: &LayerWords, row: &SummaryRow, full: bool) -> String {
    if full {
        return (words.detail)(&row.detail);
    }
    let short = row.detail.replace(", stride ", " s").replace(", padding ", " p").replace(", groups ", " g");
    (words.detail)(&short.replace(" channels", ""))
}

/// The cells of a column with the gap before it.
fn width_of(words: &LayerWords, net: &Summary, column: LayerColumn, full: bool) -> u16 {
    let longest = |text: &dyn Fn(&SummaryRow) -> String| {
        net.layers.iter().map(|row| format::width(&text(row))).max().unwrap_or(0) as u16
    };
    let wide = u16::from(full);
    match column {
        LayerColumn::Name => longest(&|row| row.name.clone()).max(6) + 1,
        LayerColumn::Detail if full => longest(&|row| detail(words, row, true)).max(15) + 2,
        LayerColumn::Detail => longest(&|row| detail(words, row, false)).max(11) + 2,
        LayerColumn::Output => longest(&|row| row.output.to_string()).max(6) + 1 + wide,
        LayerColumn::MultiplyAdds if full => longest(&|row| thousands(row.multiply_adds)).max(9) + 2,
        LayerColumn::MultiplyAdds => 10,
        LayerColumn::Parameters => longest(&|row| thousands(row.parameters)).max(10) + 1 + wide,
        LayerColumn::Share | LayerColumn::Time => 1 + BAR.0 + PERCENT,
        LayerColumn::WeightNorm | LayerColumn::Forward => 8 + wide,
        LayerColumn::GradientNorm => 9 + wide,
        LayerColumn::UpdateRatio => 10 + wide,
        LayerColumn::Dead if full => 21,
        LayerColumn::Dead | LayerColumn::Backward => 8,
    }
}

/// The name, and as many columns as fit, from the first on or up to the last but the share of time.
fn at_one_end(all: Vec<(LayerColumn, u16)>, width: u16, last: bool) -> Vec<(LayerColumn, u16)> {
    let (name, mut rest): (Vec<_>, Vec<_>) = all
        .into_iter()
        .filter(|(column, _)| *column != LayerColumn::Time)
        .partition(|(column, _)| *column == LayerColumn::Name);
    if last {
        rest.reverse();
    }
    let mut used: u16 = name.iter().map(|(_, width)| width).sum();
    let mut kept: Vec<_> = rest
        .into_iter()
        .take_while(|(_, more)| {
            used += more;
            used <= width
        })
        .collect();
    if last {
        kept.reverse();
    }
    name.into_iter().chain(kept).collect()
}
