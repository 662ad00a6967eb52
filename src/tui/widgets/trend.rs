//! A small line over the steps of a run, from samples: their range faint, their mean bold.

use super::axis::{self, Scale};
use super::braille::Canvas;
use super::{line_of, write, write_right};
use crate::tui::format;
use crate::tui::history::Span;
use crate::tui::theme::Theme;
use crate::tui::words::CurveWords;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Cells left of the plot: a value, and the axis.
const GUTTER: u16 = 8;
/// Layers of the canvas.
const RANGE: usize = 0;
const LINE: usize = 1;

/// How values are scaled and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrendUnit {
    /// Between the extremes: what changes little.
    Norm,
    /// The same in the logarithm: what changes by powers of ten.
    LogNorm,
    /// From 0 up, in percent.
    Share,
    /// From 0 up, seconds written as milliseconds.
    Time,
}

/// Everything that is drawn.
pub struct Trend<'a> {
    /// Step and values, oldest first; one that is not a number is a gap.
    pub points: &'a [(u64, Span)],
    /// How they are scaled and written.
    pub unit: TrendUnit,
    /// Texts.
    pub words: &'a CurveWords,
    /// Colours.
    pub theme: &'a Theme,
}

impl Trend<'_> {
    /// Draws it into an area: the plot, its axis, and a line for the steps.
    pub fn render(&self, area: Rect, buffer: &mut Buffer) {
        if area.height < 4 || area.width < GUTTER + 8 {
            return;
        }
        let finite = || self.points.iter().filter(|(_, span)| span.low <= span.high);
        let low = finite().fold(f64::INFINITY, |low, (_, span)| low.min(span.low.into()));
        let high = finite().fold(f64::NEG_INFINITY, |high, (_, span)| high.max(span.high.into()));
        let (Some(&(first, _)), Some(&(last, _)), true) = (self.points.first(), self.points.last(), low <= high) else {
            for (line, text) in format::wrap(self.words.was_not_finite, usize::from(area.width) - 2).iter().enumerate()
            {
                let row = line_of(area, line as u16 + area.height / 3);
                write(buffer, Rect { x: row.x + 1, width: row.width - 1, ..row }, &[(text, self.theme.faint)]);
            }
            return;
        };
        let plot = Rect { x: area.x + GUTTER, width: area.width - GUTTER - 1, height: area.height - 2, ..area };
        let scale = self.scale(low, high, if plot.height < 6 { 2 } else { 3 });
        self.render_axes(scale, plot, buffer);
        self.render_steps(first, last, plot, buffer);
        self.render_line(scale, first, last, plot, buffer);
    }

    fn scale(&self, low: f64, high: f64, ticks: usize) -> Scale {
        match self.unit {
            TrendUnit::Norm => {
                // What stands still is a line in the middle.
                let room = (high - low).max(high.abs() * 1e-2).max(1e-9);
                let quarter = axis::round_step(room / ticks as f64) / 4.0;
                let margin = (room - (high - low)) / 2.0;
                let (low, high) = ((low - margin) / quarter, (high + margin) / quarter);
                Scale::Linear(low.floor() * quarter, (high.floor() + 1.0) * quarter)
            }
            TrendUnit::LogNorm => Scale::logarithmic(low, high),
            TrendUnit::Share => Scale::from_zero(high.max(0.04), ticks),
            TrendUnit::Time => Scale::from_zero(high.max(1e-4), ticks),
        }
    }

    fn label(&self, tick: f64, step: f64) -> String {
        match self.unit {
            TrendUnit::Norm => axis::label(tick, step),
            TrendUnit::LogNorm if (0.01..1e4).contains(&tick) => format!("{tick}"),
            TrendUnit::LogNorm => format!("{tick:.0e}"),
            TrendUnit::Share => format!("{} %", axis::label(tick * 100.0, step * 100.0)),
            TrendUnit::Time => axis::label(tick * 1e3, step * 1e3),
        }
    }

    fn render_axes(&self, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        for row in plot.y..plot.bottom() {
            buffer.set_string(plot.x - 1, row, "│", self.theme.border);
        }
        buffer.set_string(plot.x - 1, plot.bottom(), "└", self.theme.border);
        for x in plot.x..plot.right() {
            buffer.set_string(x, plot.bottom(), "─", self.theme.border);
        }
        let (ticks, step) = ticks(scale, if plot.height < 6 { 2 } else { 3 });
        let mut free = plot.bottom();
        for tick in ticks {
            let row = plot.y + (y_of(scale, tick, plot) / 4) as u16;
            if row >= free {
                continue;
            }
            let place = Rect { x: plot.x - GUTTER, y: row, width: GUTTER - 2, height: 1 };
            write_right(buffer, place, &[(&self.label(tick, step), self.theme.faint)]);
            buffer.set_string(plot.x - 1, row, "┤", self.theme.border);
            free = row;
        }
    }

    fn render_steps(&self, first: u64, last: u64, plot: Rect, buffer: &mut Buffer) {
        let row = Rect { y: plot.bottom() + 1, height: 1, ..plot };
        let (from, to) = (format::count(first), format::count(last));
        let named = (self.words.at_step)(&from);
        let from = if format::width(&named) + to.len() + 2 <= row.width.into() { &named } else { &from };
        let end = write(buffer, row, &[(from, self.theme.faint)]);
        if last > first && usize::from(row.right().saturating_sub(end)) > to.len() {
            write_right(buffer, row, &[(&to, self.theme.faint)]);
        }
    }

    fn render_line(&self, scale: Scale, first: u64, last: u64, plot: Rect, buffer: &mut Buffer) {
        let styles = [self.theme.train_steps, self.theme.train];
        let mut canvas = Canvas::new(plot.width.into(), plot.height.into(), &styles);
        let dots = usize::from(plot.width) * 2 - 1;
        let x_of = |step: u64| {
            let share = step.saturating_sub(first) as f64 / last.saturating_sub(first).max(1) as f64;
            (share * dots as f64).round() as usize
        };
        let mut before = None;
        // The points of one dot column are one place of the line: their mean.
        for points in self.points.chunk_by(|(a, _), (b, _)| x_of(*a) == x_of(*b)) {
            let x = points.first().map_or(0, |&(step, _)| x_of(step));
            let spans = || points.iter().map(|(_, span)| span).filter(|span| span.low <= span.high);
            let count = spans().count();
            if count == 0 {
                before = None;
                continue;
            }
            let mean = spans().map(|span| f64::from(span.low + span.high) / 2.0).sum::<f64>() / count as f64;
            let here = (x, y_of(scale, mean, plot));
            let (from, to) = spans().fold((here.1, here.1), |(top, bottom), span| {
                (top.min(y_of(scale, span.high.into(), plot)), bottom.max(y_of(scale, span.low.into(), plot)))
            });
            canvas.column(RANGE, x, from, to);
            canvas.line(LINE, before.unwrap_or(here), here);
            before = Some(here);
        }
        canvas.render(plot, buffer);
    }
}

/// Few round values to label, and their distance; in the logarithm powers of ten, where there are any.
fn ticks(scale: Scale, wanted: usize) -> (Vec<f64>, f64) {
    match scale {
        Scale::Linear(low, high) => {
            let of_step = |step: f64| -> Vec<f64> {
                let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
                (first..=last).map(|tick| tick as f64 * step).collect()
            };
            // One tick gives no scale: then rather more than were wanted.
            let finer =
                || (wanted.max(1)..=4 * wanted.max(1)).map(|parts| axis::round_step((high - low) / parts as f64));
            let step = finer().find(|&step| of_step(step).len() >= 2).or(finer().next_back()).unwrap_or(1.0);
            (of_step(step), step)
        }
        Scale::Log(low, high) => {
            let is_in = |tick: &f64| (low * 0.999..=high * 1.001).contains(tick);
            let powers: Vec<f64> = (-30..30).map(|power| 10f64.powi(power)).filter(is_in).collect();
            (if powers.len() > 1 { powers } else { scale.ticks(wanted) }, 1.0)
        }
    }
}

/// The dot row of a value.
fn y_of(scale: Scale, value: f64, plot: Rect) -> usize {
    let last = usize::from(plot.height) * 4 - 1;
    ((1.0 - scale.place(value)) * last as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Language};
    use crate::tui::theme::Depth;
    use crate::tui::words::Words;

    #[test]
    fn ticks_are_round_and_no_two_read_the_same() {
        let theme = Theme::new(config::Theme::Dark, Depth::True);
        let trend = Trend {
            points: &[],
            unit: TrendUnit::Norm,
            words: &Words::in_language(Language::En).curves,
            theme: &theme,
        };
        for (low, high) in [(1.83, 2.74), (0.99, 1.01), (36.9, 60.7), (5.65, 5.78), (0.1, 0.1), (123.4, 123.5)] {
            let (ticks, step) = ticks(trend.scale(low, high, 2), 2);
            assert!(ticks.len() >= 2, "{low} to {high}: {ticks:?}");
            for tick in ticks {
                let label = trend.label(tick, step);
                assert!(label.len() <= usize::from(GUTTER) - 2, "{label}");
                assert!((label.parse::<f64>().unwrap_or(f64::NAN) - tick).abs() < step / 10.0, "{label} is {tick}");
            }
        }
    }
}
