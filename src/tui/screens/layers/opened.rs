//! One layer: what it does, its arithmetic, how its weights and gradients are spread, and how it went over the run.

use super::{sampled, words};
use crate::metrics::LayerSample;
use crate::session::Summary;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::history::Measure;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::widgets::keys::KeyRow;
use crate::tui::widgets::trend::{Trend, TrendUnit};
use crate::tui::widgets::{Hits, frame, histogram, line_of, write};
use crate::tui::words::Words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// From this width on what was measured stands beside the arithmetic.
const WIDE: u16 = 110;
/// Cells of the names of facts.
const NAMES: usize = 12;
/// Lines of a row of charts with its edge, at the least.
const CHART: u16 = 6;
/// The least width of a chart.
const LEAST: u16 = 24;

/// Draws an opened layer into the inside of the frame.
pub fn render(
    state: &State,
    net: &Summary,
    layer: usize,
    theme: &Theme,
    inside: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let Some(row) = net.layers.get(layer) else { return };
    let line = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..line_of(inside, 0) };
    let texts = &state.words.layers;
    let keys = [(Action::Up, texts.before), (Action::Down, texts.next), (Action::Back, texts.table)];
    let begin = KeyRow { state, theme, keys: &keys }.render_right(line, buffer, hits);
    let place = (texts.place)(row.kind, layer + 1, net.layers.len());
    let end = write(buffer, line, &[(&row.name, theme.title), (&place, theme.dim)]) + 2;
    let rest = Rect { x: end, width: begin.saturating_sub(end + 2), ..line };
    if let Some(sampled) = sampled(state, rest.width) {
        write(buffer, rest, &[(&sampled, theme.text)]);
    }
    let rest = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    render_details(state, net, layer, theme, rest, buffer);
}

/// Everything about a layer that there is room for, the words first.
pub fn render_details(state: &State, net: &Summary, layer: usize, theme: &Theme, inside: Rect, buffer: &mut Buffer) {
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mut y = 0;
    for text in format::wrap(&words::sentence(state, net, layer), area.width.into()) {
        write(buffer, line_of(area, y), &[(&text, theme.text)]);
        y += 1;
    }
    if let Some(remark) = state.remark(layer) {
        let text = format!("{} {}", remark.symbol(), remark.words(&state.words.layers));
        write(
            buffer,
            line_of(area, y),
            &[(&format::truncate(&text, area.width.into()), super::remark_style(remark, theme))],
        );
        y += 1;
    }
    let sample = state.layers.sample(layer);
    let charts = Charts::of(state, layer, sample);
    let facts = Rect { y: area.y + y, height: area.height.saturating_sub(y), ..area };
    let room = facts.height.saturating_sub(charts.least());
    let used = render_facts(state, net, layer, theme, Rect { height: room.max(4).min(facts.height), ..facts }, buffer);
    let rest = Rect { y: inside.y + y + used, height: inside.height.saturating_sub(y + used), ..inside };
    if sample.is_none() && rest.height > 2 {
        let text = state.words.layers.no_spread;
        for (line, text) in format::wrap(text, area.width.into()).iter().enumerate() {
            let row = Rect { x: area.x, width: area.width, ..line_of(rest, line as u16 + 1) };
            write(buffer, row, &[(text, theme.dim)]);
        }
    }
    charts.render(theme, rest, buffer);
}

/// Arithmetic, and beside or beneath it what was measured. Returns the lines that it takes.
fn render_facts(state: &State, net: &Summary, layer: usize, theme: &Theme, area: Rect, buffer: &mut Buffer) -> u16 {
    let Some(row) = net.layers.get(layer) else { return 0 };
    let arithmetic = words::arithmetic(state, net, row);
    let measured = words::measured(state, layer);
    let wide = area.width >= WIDE;
    // Where it can be, what was measured begins where the second histogram does.
    let half = match area.width {
        width if width >= 150 => width / 2 + 1,
        width if wide => width * 11 / 20,
        width => width,
    };
    let write_all = |facts: &[(&str, String, String)], place: Rect, buffer: &mut Buffer| {
        for (line, (name, value, note)) in facts.iter().enumerate() {
            let row = line_of(place, line as u16);
            let end = write(buffer, row, &[(&format::pad(name, NAMES), theme.dim), (value, theme.text)]);
            let rest = Rect { x: end + 3, width: row.right().saturating_sub(end + 3), ..row };
            if format::width(note) <= rest.width.into() {
                write(buffer, rest, &[(note, theme.faint)]);
            }
        }
    };
    let left = Rect { width: half.saturating_sub(if wide { 2 } else { 0 }), ..area };
    write_all(&arithmetic, left, buffer);
    let mut lines = arithmetic.len();
    if wide {
        let right = Rect { x: area.x + half, width: area.width - half, ..area };
        write_all(&measured, right, buffer);
        lines = lines.max(measured.len());
    } else {
        // Of weights the charts beneath tell enough.
        let learns = usize::from(row.parameters > 0) * 3;
        let told = measured.get(learns..).unwrap_or_default();
        let y = area.y + (lines as u16).min(area.height);
        write_all(told, Rect { y, height: area.bottom() - y, ..area }, buffer);
        lines += told.len();
    }
    (lines as u16).min(area.height)
}

/// A chart with its place in a row of them.
enum Chart<'a> {
    Spread(&'static str, &'a crate::metrics::Histogram),
    Trend(Measure, Vec<(u64, crate::tui::history::Span)>),
}

/// The charts of a layer: a row of histograms where it has weights, and a row of what changed over the run.
struct Charts<'a> {
    spreads: Vec<Chart<'a>>,
    trends: Vec<Chart<'a>>,
    words: &'static Words,
}

impl<'a> Charts<'a> {
    fn of(state: &State, layer: usize, sample: Option<&'a LayerSample>) -> Self {
        let weights = sample.and_then(|sample| sample.weights.as_ref());
        let spreads = weights.map_or_else(Vec::new, |weights| {
            let texts = &state.words.layers;
            vec![Chart::Spread(texts.weights, &weights.values), Chart::Spread(texts.gradients, &weights.gradients)]
        });
        let has = |measure: &Measure| sample.is_some_and(|sample| measure.of(sample).is_some());
        let measures = [
            Measure::WeightNorm,
            Measure::GradientNorm,
            Measure::UpdateRatio,
            Measure::Dead,
            Measure::Forward,
            Measure::Backward,
        ];
        let trends = measures
            .into_iter()
            .filter(has)
            .map(|measure| Chart::Trend(measure, state.layers.history.of(layer, measure)))
            .collect();
        Self { spreads, trends, words: state.words }
    }

    fn rows(&self) -> impl Iterator<Item = &[Chart<'a>]> {
        [self.spreads.as_slice(), self.trends.as_slice()].into_iter().filter(|row| !row.is_empty())
    }

    /// Lines without which the charts would be too low.
    fn least(&self) -> u16 {
        self.rows().count() as u16 * CHART
    }

    fn render(&self, theme: &Theme, area: Rect, buffer: &mut Buffer) {
        let rows = self.rows().count() as u16;
        // Of two rows that don't both fit, the first.
        let shown = rows.min(area.height / CHART);
        if shown == 0 {
            return;
        }
        let mut y = area.y;
        for (at, charts) in self.rows().take(shown.into()).enumerate() {
            let left = shown - at as u16;
            let height = (area.bottom() - y) / left;
            render_row(charts, self.words, theme, Rect { y, height, ..area }, buffer);
            y += height;
        }
    }
}

/// Charts side by side under one edge; as many as are wide enough.
fn render_row(charts: &[Chart], words: &Words, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    // Times both ways, or none.
    let count =
        if charts.len() as u16 * LEAST <= area.width { charts.len() as u16 } else { (charts.len() as u16).min(3) };
    frame::rule(Rect { x: area.x - 1, width: area.width + 2, height: 1, ..area }, theme.border, buffer);
    let mut x = area.x;
    for (at, chart) in charts.iter().take(count.into()).enumerate() {
        let width = (area.right() - x) / (count - at as u16);
        let place = Rect { x, width, ..area };
        let (name, scale, value) = chart.title(words);
        title(&[(name, theme.title), (scale, theme.dim), (&value, theme.text)], line_of(place, 0), buffer);
        let inner = Rect { x: x + 1, width: width.saturating_sub(1), y: area.y + 1, height: area.height - 1 };
        chart.render(words, theme, inner, buffer);
        x += width;
    }
}

impl Chart<'_> {
    fn title(&self, words: &Words) -> (&'static str, &'static str, String) {
        match self {
            Self::Spread(name, histogram) => {
                let (scale, counted) = histogram::caption(histogram, &words.curves);
                (name, scale, counted)
            }
            Self::Trend(measure, points) => {
                let last = points.last().map(|(_, span)| f64::from(span.last)).filter(|last| last.is_finite());
                (
                    (words.layers.measure)(*measure),
                    "",
                    last.map_or_else(String::new, |last| super::words::value(*measure, last)),
                )
            }
        }
    }

    fn render(&self, words: &Words, theme: &Theme, area: Rect, buffer: &mut Buffer) {
        match self {
            Self::Spread(_, histogram) => histogram::render(histogram, &words.curves, theme, area, buffer),
            Self::Trend(measure, points) => {
                let unit = match measure {
                    Measure::WeightNorm => TrendUnit::Norm,
                    Measure::GradientNorm | Measure::UpdateRatio => TrendUnit::LogNorm,
                    Measure::Dead => TrendUnit::Share,
                    Measure::Forward | Measure::Backward => TrendUnit::Time,
                };
                Trend { points, unit, words: &words.curves, theme }.render(area, buffer);
            }
        }
    }
}

/// The upper edge of a part, joined to the frame, with a name in it.
pub fn edge(parts: &[(&str, Style)], row: Rect, theme: &Theme, buffer: &mut Buffer) {
    frame::rule(Rect { x: row.x - 1, width: row.width + 2, ..row }, theme.border, buffer);
    title(parts, row, buffer);
}

/// A name in an edge, with what belongs to it after it where there is room.
fn title(parts: &[(&str, Style)], row: Rect, buffer: &mut Buffer) {
    let mut x = row.x + 1;
    let end = row.right().saturating_sub(1);
    for &(text, style) in parts.iter().filter(|(text, _)| !text.is_empty()) {
        let text = format!(" {text} ");
        if x + format::width(&text) as u16 > end {
            break;
        }
        // The gap between two parts is one cell.
        x = write(buffer, Rect { x, width: end - x, ..row }, &[(&text, style)]).saturating_sub(1);
    }
}
