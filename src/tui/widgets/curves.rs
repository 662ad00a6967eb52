//! The lines of a chart: every step faint, its average bold, validation joined, another run dotted beneath them.

use super::braille::Canvas;
use super::chart::{Chart, Plot};
use crate::tui::series::{Column, Series};
use crate::tui::timeline::{Ruler, View, Window};
use ratatui::buffer::Buffer;

/// Layers of the canvas, the lowest first.
const LAID: usize = 0;
const STEPS: usize = 1;
/// Its epochs are marked besides: where both are at one height, it is the average that must be seen.
const VALIDATION: usize = 2;
const AVERAGE: usize = 3;
/// Of another run's lines, every so many dots are set: they are told from ours without colour.
const DOTTED: usize = 2;
/// Columns by which it is found out how high another run's average goes.
const PROBES: usize = 64;

/// Another run, as one chart shows it.
pub struct Laid<'a> {
    /// Its name.
    pub name: &'a str,
    /// A value a step.
    pub series: &'a Series,
    /// Steps done and value, an entry an epoch.
    pub validation: Vec<(u64, f64)>,
    /// Where its steps stand on our axis.
    pub ruler: Ruler<'a>,
}

impl Laid<'_> {
    /// Where it ends.
    pub fn extent(&self) -> f64 {
        self.ruler.at(self.series.len() as f64)
    }

    /// The averages and validations that are in sight, each as a range.
    pub fn values(&self, view: View, own: &Ruler<'_>, steps: usize) -> Vec<(f64, f64)> {
        let len = self.series.len();
        let (from, to) = view.range(steps);
        let (from, to) = match view {
            View::All => (0, len),
            View::Part { .. } => (self.ruler.first_from(own.at(from), len), self.ruler.first_from(own.at(to), len)),
        };
        let each = (to - from).div_ceil(PROBES).max(1);
        let probes = (from..to).step_by(each).filter_map(|at| self.series.column(at, (at + each).min(to)));
        let shown = |step: u64| (from as u64 + 1..=to as u64).contains(&step);
        let validation = self.validation.iter().filter(|(step, value)| shown(*step) && value.is_finite());
        probes
            .map(|column| (column.average, column.average))
            .chain(validation.map(|&(_, value)| (value, value)))
            .collect()
    }
}

/// Draws all of them.
pub(super) fn render(chart: &Chart<'_>, plot: &Plot, buffer: &mut Buffer) {
    let theme = chart.theme;
    let styles = [theme.laid, theme.train_steps, theme.validation, theme.train];
    let mut canvas = Canvas::new(plot.area.width.into(), plot.area.height.into(), &styles);
    if let Some(laid) = chart.laid {
        render_laid(laid, plot, &mut canvas);
    }
    render_own(chart, plot, &mut canvas);
    render_validation(chart.validation, chart.ruler, plot, VALIDATION, 1, &mut canvas);
    canvas.render(plot.area, buffer);
    for &(step, value) in chart.laid.iter().flat_map(|laid| &laid.validation) {
        let Some(laid) = chart.laid else { continue };
        if let Some(dot) = plot.window.column(laid.ruler.at(step.saturating_sub(1) as f64))
            && (0.0..=1.0).contains(&plot.scale.share(value))
        {
            let row = plot.area.y + (plot.y(value) / 4) as u16;
            buffer.set_string(plot.area.x + (dot / 2) as u16, row, "◇", theme.laid);
        }
    }
}

/// What each column comes to that has a step in it, and the ones just outside, so that lines begin and end at the edge.
fn columns(series: &Series, ruler: &Ruler<'_>, window: &Window) -> Vec<(f64, Column)> {
    let len = series.len();
    let mut columns = Vec::with_capacity(window.dots + 2);
    let mut add =
        |dot: f64, from: usize, to: usize| columns.extend(series.column(from, to).map(|column| (dot, column)));
    let mut from = ruler.first_from(window.place(0.0), len);
    if let Some(before) = from.checked_sub(1) {
        let dot = window.dot(ruler.at(before as f64));
        add(dot, ruler.first_from(window.place(dot), len).min(before), from);
    }
    for x in 0..window.dots {
        if from >= len {
            break;
        }
        let to = ruler.first_from(window.place(x as f64 + 1.0), len);
        add(x as f64, from, to);
        from = to;
    }
    if from < len {
        let dot = window.dot(ruler.at(from as f64));
        let to = ruler.first_from(window.place(dot + 1.0), len).max(from + 1);
        add(dot, from, to);
    }
    columns
}

fn render_own(chart: &Chart<'_>, plot: &Plot, canvas: &mut Canvas) {
    let mut before: Option<(f64, Column)> = None;
    for (x, now) in columns(chart.series, chart.ruler, &plot.window) {
        let level = plot.y(now.average);
        let (mut top, mut bottom) = (plot.y(now.high), plot.y(now.low));
        let mut joined = level;
        match before {
            // Bands that don't touch are joined, so that the line is one.
            Some((last, before)) if last + 1.0 >= x => {
                top = top.min(plot.y(before.low));
                bottom = bottom.max(plot.y(before.high));
                joined = plot.y(before.average);
                joined = if joined > level { joined - 1 } else { (joined + 1).min(level) };
            }
            Some((last, before)) => {
                // No step in between: straight on.
                let y = |value: f64| plot.y(value) as f64;
                canvas.segment(STEPS, (last, y(before.high)), (x, y(now.high)), 1);
                for lower in [0.0, 1.0] {
                    canvas.segment(AVERAGE, (last, y(before.average) + lower), (x, y(now.average) + lower), 1);
                }
            }
            None => {}
        }
        if x >= 0.0 && x < plot.window.dots as f64 {
            canvas.column(STEPS, x as usize, top, bottom);
            // Two dots high: bold also where the terminal has one weight only.
            canvas.column(AVERAGE, x as usize, joined.min(level), joined.max(level) + 1);
        }
        before = (!now.broken).then_some((x, now));
    }
}

fn render_laid(laid: &Laid<'_>, plot: &Plot, canvas: &mut Canvas) {
    let mut before: Option<(f64, f64)> = None;
    for (x, now) in columns(laid.series, &laid.ruler, &plot.window) {
        let here = (x, plot.open_y(now.average));
        canvas.segment(LAID, before.unwrap_or(here), here, DOTTED);
        before = (!now.broken).then_some(here);
    }
    render_validation(&laid.validation, &laid.ruler, plot, LAID, DOTTED, canvas);
}

fn render_validation(
    points: &[(u64, f64)],
    ruler: &Ruler<'_>,
    plot: &Plot,
    layer: usize,
    each: usize,
    canvas: &mut Canvas,
) {
    let place =
        |(step, value): (u64, f64)| (plot.window.dot(ruler.at(step.saturating_sub(1) as f64)), plot.open_y(value));
    for pair in points.windows(2) {
        if pair[0].1.is_finite() && pair[1].1.is_finite() {
            canvas.segment(layer, place(pair[0]), place(pair[1]), each);
        }
    }
}
