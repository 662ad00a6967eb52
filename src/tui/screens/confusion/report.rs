//! What the matrix comes to: precision, recall and F1 of each class, epoch by epoch, and the most confused pairs.

use super::NAMES;
use super::matrix::{Grid, percent_of};
use crate::metrics::{Average, ClassMetrics, Split};
use crate::text::thousands;
use crate::tui::format;
use crate::tui::state::{Pass, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::header::render_bar;
use crate::tui::widgets::{Click, Hits, line_of, write};
use crate::tui::words::ConfusionWords;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Cells of the last column: support, or what the line is.
const LAST: u16 = 9;
/// Cells of a metric's column, at least and at most.
const METRIC: (u16, u16) = (8, 20);
/// Cells of the table at the least.
pub(super) const LEAST: u16 = 3 * METRIC.0 + LAST;
/// Cells of a pair, and of the gap to the next.
const PAIR: u16 = 35;
const GAP: u16 = 2;

fn metrics_of(class: &ClassMetrics) -> [f64; 3] {
    [class.precision, class.recall, class.f1]
}

fn averages_of(words: &ConfusionWords, pass: &Pass) -> [(&'static str, [f64; 3]); 2] {
    [
        (words.macro_average, Average::unweighted(&pass.classes)),
        (words.weighted_average, Average::weighted(&pass.classes)),
    ]
    .map(|(name, mean)| (name, [mean.precision, mean.recall, mean.f1]))
}

/// The columns of precision, recall, F1, and of what the line is or counts.
struct Columns {
    metric: u16,
}

impl Columns {
    fn within(width: u16) -> Self {
        Self { metric: (width.saturating_sub(LAST) / 3).clamp(METRIC.0, METRIC.1) }
    }

    fn write(&self, row: Rect, texts: [&str; 3], last: &str, [style, last_style]: [Style; 2], buffer: &mut Buffer) {
        let metric = usize::from(self.metric);
        let [a, b, c] = texts;
        let texts = [a, b, c].map(|text| format::pad_left(text, metric)).concat();
        let last = format::pad_left(last, LAST.into());
        write(buffer, row, &[(&texts, style), (&last, last_style)]);
    }

    fn numbers(&self, row: Rect, metrics: [f64; 3], last: &str, styles: [Style; 2], buffer: &mut Buffer) {
        let texts = metrics.map(|metric| format!("{metric:.4}"));
        self.write(row, [&texts[0], &texts[1], &texts[2]], last, styles, buffer);
    }

    fn bars(&self, row: Rect, metrics: [f64; 3], theme: &Theme, style: Style, buffer: &mut Buffer) {
        for (place, metric) in metrics.into_iter().enumerate() {
            let x = row.x + place as u16 * self.metric + 2;
            if row.height > 0 {
                render_bar(metric, Rect { x, width: self.metric - 2, ..row }, style, theme.border, buffer);
            }
        }
    }
}

/// Right of the matrix, each class in its own row; the averages and the chosen class's history below.
pub(super) fn render_beside(
    state: &State,
    pass: &Pass,
    theme: &Theme,
    (grid, area): (Grid, Rect),
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let (columns, words) = (Columns::within(area.width), &state.words.confusion);
    let chosen = state.confusion.cell.0;
    let heading = Rect { y: grid.area.y + grid.heads - 1, height: 1, ..area };
    columns.write(heading, headings(words, columns.metric), words.support, [theme.faint; 2], buffer);
    let bar = if pass.split == Split::Validation { theme.validation } else { theme.evaluation };
    for (class, metrics) in pass.classes.iter().enumerate() {
        let Some(row) = grid.row(class) else { continue };
        let row = Rect { x: area.x, width: area.width, ..row };
        let middle = (grid.tall - 1) / 2;
        let style = if class == chosen { theme.title } else { theme.text };
        let support = thousands(metrics.support);
        columns.numbers(line_of(row, middle), metrics_of(metrics), &support, [style, theme.dim], buffer);
        columns.bars(line_of(row, middle + 1), metrics_of(metrics), theme, bar, buffer);
        hits.add(row, Click::Cell(class, class));
    }
    let below = Rect { y: grid.bottom(), height: area.bottom().saturating_sub(grid.bottom()), ..area };
    for (line, (name, metrics)) in averages_of(words, pass).into_iter().enumerate() {
        columns.numbers(line_of(below, line as u16), metrics, name, [theme.text, theme.dim], buffer);
    }
    let rest = Rect { y: below.y + 3.min(below.height), height: below.height.saturating_sub(3), ..below };
    render_history(state, pass, theme, (&columns, rest), buffer, hits);
}

fn headings(words: &ConfusionWords, room: u16) -> [&'static str; 3] {
    [if room <= 9 { words.prec } else { words.precision }, words.recall, words.f1]
}

/// The chosen class in each validation of the run, as many of the last as there is room for, the shown one among them.
fn render_history(
    state: &State,
    pass: &Pass,
    theme: &Theme,
    (columns, area): (&Columns, Rect),
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let shown = &state.confusion;
    let validations = shown.validations();
    let room = usize::from(area.height).saturating_sub(1);
    if validations.len() < 2 || room == 0 {
        return;
    }
    let class = shown.cell.0;
    let words = &state.words.confusion;
    let title = (words.in_each)(&format::truncate(pass.name(class), 24));
    write(buffer, line_of(area, 0), &[("  ", theme.faint), (&title, theme.faint)]);
    let first = validations.len().saturating_sub(room).min(shown.place());
    for (line, (place, validation)) in validations.iter().enumerate().skip(first).take(room).enumerate() {
        let Some(metrics) = validation.classes.get(class) else { continue };
        let row = line_of(area, line as u16 + 1);
        let is_shown = !shown.shows_test && place == shown.place();
        let styles = if is_shown { [theme.title; 2] } else { [theme.dim; 2] };
        let name = if validation.ends_epoch { (words.epoch)(validation.epoch) } else { thousands(validation.step) };
        columns.numbers(row, metrics_of(metrics), &name, styles, buffer);
        hits.add(row, Click::Validation(place));
    }
}

/// The table by itself: names, numbers, averages. Returns the lines that it takes.
pub(super) fn render_table(state: &State, pass: &Pass, theme: &Theme, area: Rect, buffer: &mut Buffer) -> u16 {
    let words = &state.words.confusion;
    let rest = Rect { x: area.x + NAMES, width: area.width.saturating_sub(NAMES), ..area };
    let columns = Columns::within(rest.width);
    let heading = headings(words, columns.metric);
    write(buffer, line_of(area, 0), &[(words.class, theme.faint)]);
    columns.write(line_of(rest, 0), heading, words.support, [theme.faint; 2], buffer);
    let total = thousands(pass.confusion.total());
    let classes = pass.classes.iter().map(|class| (class.name.as_str(), metrics_of(class), thousands(class.support)));
    let averages = averages_of(words, pass).map(|(name, metrics)| (name, metrics, total.clone()));
    let mut line = 0;
    for (name, metrics, support) in classes.chain(averages) {
        line += 1;
        let name = format::truncate(name, usize::from(NAMES) - 1);
        write(buffer, line_of(area, line), &[(&name, theme.dim)]);
        columns.numbers(line_of(rest, line), metrics, &support, [theme.text, theme.dim], buffer);
    }
    line + 1
}

/// The most confused pairs, in as many columns as there is room for; a click chooses their cell.
pub(super) fn render_pairs(
    state: &State,
    pass: &Pass,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let pairs = pass.confusion.most_confused();
    if area.height < 2 || pairs.is_empty() {
        return;
    }
    write(buffer, line_of(area, 0), &[(state.words.confusion.most_confused, theme.faint)]);
    let rows = usize::from(area.height) - 1;
    let columns = ((area.width + GAP) / (PAIR + GAP)).max(1);
    let width = (area.width + GAP) / columns - GAP;
    for (place, pair) in pairs.iter().take(rows * usize::from(columns)).enumerate() {
        let (column, line) = ((place / rows) as u16, (place % rows) as u16);
        let row = Rect { x: area.x + column * (width + GAP), width, ..line_of(area, line + 1) };
        let (truth, taken) = (pass.name(pair.truth), pass.name(pair.taken));
        let share = percent_of(pass.share(pair.truth, pair.taken));
        let numbers = format!("{:>4} {share:>4} %  ", pair.times);
        let room = usize::from(width).saturating_sub(format::width(&numbers) + format::width(truth) + 3);
        let taken = format::truncate(taken, room);
        let style = if state.confusion.cell == (pair.truth, pair.taken) { theme.title } else { theme.text };
        write(buffer, row, &[(&numbers, theme.dim), (truth, style), (" → ", theme.faint), (&taken, style)]);
        hits.add(row, Click::Cell(pair.truth, pair.taken));
    }
}
