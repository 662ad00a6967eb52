//! A curve over the steps of a run: every step faint, its average bold, validation by epoch, marks on the axis.

use super::axis::{self, Scale};
use super::braille::Canvas;
use crate::tui::format;
use crate::tui::series::{Column, Series};
use crate::tui::state::{Mark, MarkKind};
use crate::tui::theme::Theme;
use crate::tui::words::CurveWords;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Cells right of the plot, for the newest values at the lines' ends.
const END: u16 = 8;
/// Layers of the canvas.
const STEPS: usize = 0;
const AVERAGE: usize = 1;
const VALIDATION: usize = 2;

/// How values are scaled and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// From 0 up.
    Loss,
    /// From 0 up, in the logarithm.
    LogLoss,
    /// From 0 % to 100 %.
    Accuracy,
}

/// Everything a chart shows.
pub struct Chart<'a> {
    /// A value a step.
    pub series: &'a Series,
    /// Steps done and value, an entry an epoch.
    pub validation: &'a [(u64, f64)],
    /// Which of those is the best.
    pub best: Option<usize>,
    /// What happened on the axis.
    pub marks: &'a [Mark],
    /// Steps in an epoch; 0 where unknown.
    pub steps_per_epoch: u64,
    /// How values are scaled and written.
    pub unit: Unit,
    /// What will be here, as long as there is nothing.
    pub empty: &'a str,
    /// Texts.
    pub words: &'a CurveWords,
    /// Colours.
    pub theme: &'a Theme,
}

/// Where things are: made once a frame.
struct Plot {
    area: Rect,
    scale: Scale,
    steps_per_dot: usize,
}

impl Plot {
    /// The dot row of a value.
    fn y(&self, value: f64) -> usize {
        let last = usize::from(self.area.height) * 4 - 1;
        ((1.0 - self.scale.place(value)) * last as f64).round() as usize
    }

    /// The cell row of a value.
    fn row(&self, value: f64) -> u16 {
        self.area.y + (self.y(value) / 4) as u16
    }

    /// The dot column of the last of `steps` steps.
    fn x(&self, steps: u64) -> usize {
        steps.saturating_sub(1) as usize / self.steps_per_dot
    }

    /// The cell column of the last of `steps` steps, if it is on the plot.
    fn cell(&self, steps: u64) -> Option<u16> {
        let cell = (self.x(steps) / 2) as u16;
        (cell < self.area.width).then_some(self.area.x + cell)
    }
}

impl Chart<'_> {
    /// Draws the chart into an area.
    pub fn render(&self, area: Rect, buffer: &mut Buffer) {
        if area.height < 5 || area.width < 20 {
            return;
        }
        if self.series.is_empty() {
            self.render_empty(area, buffer);
            return;
        }
        let wanted = usize::from(area.height / 4).clamp(2, 5);
        let scale = self.scale(wanted);
        let labels = self.y_labels(scale, wanted);
        let gutter = labels.iter().map(|(_, label)| format::width(label)).max().unwrap_or(0) as u16 + 1;
        let plot_area = Rect {
            x: area.x + gutter + 1,
            y: area.y,
            width: area.width.saturating_sub(gutter + 1 + END),
            height: area.height - 2,
        };
        let dots = usize::from(plot_area.width) * 2;
        let plot = Plot { area: plot_area, scale, steps_per_dot: axis::steps_per_dot(self.series.len(), dots) };
        self.render_axes(&plot, &labels, gutter, buffer);
        self.render_time(&plot, area, buffer);
        self.render_lines(&plot, buffer);
        self.render_points(&plot, buffer);
        self.render_legend(&plot, buffer);
        self.render_ends(&plot, buffer);
    }

    fn render_empty(&self, area: Rect, buffer: &mut Buffer) {
        let lines = format::wrap(self.empty, usize::from(area.width).saturating_sub(4).min(44));
        let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
        for (line, text) in lines.iter().enumerate() {
            let x = area.x + area.width.saturating_sub(format::width(text) as u16) / 2;
            if let Ok(line) = u16::try_from(line)
                && top + line < area.bottom()
            {
                buffer.set_string(x, top + line, text, self.theme.faint);
            }
        }
    }

    fn scale(&self, ticks: usize) -> Scale {
        let (low, high) = self
            .validation
            .iter()
            .map(|&(_, value)| value)
            .filter(|value| value.is_finite())
            .fold(self.series.extremes().unwrap_or((0.0, 1.0)), |(low, high), v| (low.min(v), high.max(v)));
        match self.unit {
            Unit::Accuracy => Scale::Linear(0.0, 1.0),
            Unit::Loss => Scale::from_zero(high, ticks),
            Unit::LogLoss => Scale::logarithmic(low, high),
        }
    }

    fn y_labels(&self, scale: Scale, wanted: usize) -> Vec<(f64, String)> {
        let ticks = scale.ticks(wanted);
        let step = if ticks.len() > 1 { ticks[1] - ticks[0] } else { 1.0 };
        ticks
            .into_iter()
            .map(|tick| {
                let label = match self.unit {
                    Unit::Accuracy => format!("{:.0} %", tick * 100.0),
                    Unit::Loss => axis::label(tick, step),
                    Unit::LogLoss => format!("{tick}"),
                };
                (tick, label)
            })
            .collect()
    }

    fn render_axes(&self, plot: &Plot, labels: &[(f64, String)], gutter: u16, buffer: &mut Buffer) {
        let Rect { x, y, width, height } = plot.area;
        for row in y..y + height {
            buffer.set_string(x - 1, row, "│", self.theme.border);
        }
        for (tick, label) in labels {
            let row = plot.row(*tick);
            let start = x - 1 - gutter + (gutter - 1).saturating_sub(format::width(label) as u16);
            buffer.set_string(start, row, label, self.theme.faint);
            buffer.set_string(x - 1, row, "┤", self.theme.border);
        }
        buffer.set_string(x - 1, y + height, "└", self.theme.border);
        for column in x..x + width {
            buffer.set_string(column, y + height, "─", self.theme.border);
        }
    }

    /// The horizontal axis: epochs once one is over, steps until then.
    fn render_time(&self, plot: &Plot, area: Rect, buffer: &mut Buffer) {
        let Rect { x, y, width, height } = plot.area;
        let (line, text) = (y + height, y + height + 1);
        let span = (plot.steps_per_dot * usize::from(width) * 2) as u64;
        let by_epoch = self.steps_per_epoch > 0 && self.steps_per_epoch <= self.series.len() as u64;
        let unit = if by_epoch { self.steps_per_epoch } else { 1 };
        let cells_per_unit = f64::from(width) / (span as f64 / unit as f64);
        let every = axis::round_step((8.0 / cells_per_unit).max(1.0)).ceil() as u64;
        let caption = if by_epoch { self.words.epoch } else { self.words.step };
        let caption_at = area.right().saturating_sub(1 + format::width(caption) as u16);
        buffer.set_string(x - 1, text, "0", self.theme.faint);
        let mut free = x + 1;
        for tick in (1..).map(|tick| tick * every).take_while(|tick| tick * unit <= span) {
            let Some(cell) = plot.cell(tick * unit) else { break };
            buffer.set_string(cell, line, "┬", self.theme.border);
            let label = format::count(tick);
            let half = label.len() as u16 / 2;
            let start = cell.saturating_sub(half);
            if start > free && start + (label.len() as u16) < caption_at {
                buffer.set_string(start, text, &label, self.theme.faint);
                free = start + label.len() as u16;
            }
        }
        buffer.set_string(caption_at, text, caption, self.theme.faint);
        if by_epoch && cells_per_unit * every as f64 >= 6.0 {
            self.render_epoch_lines(plot, every, buffer);
        }
        for mark in self.marks {
            let Some(cell) = plot.cell(mark.step) else { continue };
            let (symbol, style) = match mark.kind {
                MarkKind::RateUp => ("▴", self.theme.key),
                MarkKind::RateDown => ("▾", self.theme.key),
                MarkKind::Setting => ("◇", self.theme.key),
                MarkKind::Pause => ("‖", self.theme.faint),
            };
            buffer.set_string(cell, line, symbol, style);
        }
    }

    fn render_epoch_lines(&self, plot: &Plot, every: u64, buffer: &mut Buffer) {
        let epochs = self.series.len() as u64 / self.steps_per_epoch;
        for epoch in (1..=epochs / every).map(|epoch| epoch * every) {
            let Some(cell) = plot.cell(epoch * self.steps_per_epoch) else { break };
            for row in plot.area.y..plot.area.bottom() {
                buffer.set_string(cell, row, "┊", self.theme.border);
            }
        }
    }

    fn render_lines(&self, plot: &Plot, buffer: &mut Buffer) {
        let styles = [self.theme.train_steps, self.theme.train, self.theme.validation];
        let mut canvas = Canvas::new(plot.area.width.into(), plot.area.height.into(), &styles);
        let mut before: Option<Column> = None;
        for x in 0..usize::from(plot.area.width) * 2 {
            let from = x * plot.steps_per_dot;
            if from >= self.series.len() {
                break;
            }
            let column = self.series.column(from, from + plot.steps_per_dot);
            if let Some(now) = column {
                let (mut top, mut bottom) = (plot.y(now.high), plot.y(now.low));
                let level = plot.y(now.average);
                let mut joined = level;
                if let Some(before) = before {
                    // Bands that don't touch are joined, so that the line is one.
                    top = top.min(plot.y(before.low));
                    bottom = bottom.max(plot.y(before.high));
                    joined = plot.y(before.average);
                    joined = if joined > level { joined - 1 } else { (joined + 1).min(level) };
                }
                canvas.column(STEPS, x, top, bottom);
                // Two dots high: bold also where the terminal has one weight only.
                canvas.column(AVERAGE, x, joined.min(level), joined.max(level) + 1);
            }
            before = column.filter(|column| !column.broken);
        }
        for pair in self.validation.windows(2) {
            let [(from, before), (to, now)] = [pair[0], pair[1]];
            if before.is_finite() && now.is_finite() {
                canvas.line(VALIDATION, (plot.x(from), plot.y(before)), (plot.x(to), plot.y(now)));
            }
        }
        canvas.render(plot.area, buffer);
    }

    fn render_points(&self, plot: &Plot, buffer: &mut Buffer) {
        let mut free = 0;
        for (epoch, &(step, value)) in self.validation.iter().enumerate() {
            let (Some(cell), true) = (plot.cell(step), value.is_finite()) else { continue };
            if self.best != Some(epoch) && cell >= free {
                buffer.set_string(cell, plot.row(value), "◆", self.theme.validation);
                free = cell + 3;
            }
        }
        if let Some(&(step, value)) = self.best.and_then(|best| self.validation.get(best))
            && let Some(cell) = plot.cell(step)
        {
            buffer.set_string(cell, plot.row(value), "★", self.theme.best);
        }
    }

    /// The newest values, each with the row in which its line ends; the higher one first.
    fn ends(&self, plot: &Plot) -> Vec<(u16, f64, Style)> {
        let train = self.series.latest().map(|value| (value, self.theme.train));
        let validation = self.validation.last().map(|&(_, value)| (value, self.theme.validation));
        let mut ends: Vec<_> = [train, validation]
            .into_iter()
            .flatten()
            .filter(|(value, _)| value.is_finite())
            .map(|(value, style)| (plot.row(value), value, style))
            .collect();
        ends.sort_by(|(_, a, _), (_, b, _)| b.total_cmp(a));
        if let [(upper, ..), (lower, ..)] = ends.as_mut_slice()
            && upper == lower
        {
            // Two values in one row: the lower one moves down, or the upper one up where there is no row beneath.
            if *lower + 1 < plot.area.bottom() { *lower += 1 } else { *upper -= 1 }
        }
        ends
    }

    /// Where the newest values are written.
    fn end_column(&self, plot: &Plot) -> u16 {
        plot.cell(self.series.len() as u64).unwrap_or(plot.area.right()) + 2
    }

    fn render_ends(&self, plot: &Plot, buffer: &mut Buffer) {
        for (row, value, style) in self.ends(plot) {
            let text = match self.unit {
                Unit::Accuracy => format!("{:.1} %", value * 100.0),
                Unit::Loss | Unit::LogLoss => format!("{value:.3}"),
            };
            buffer.set_stringn(self.end_column(plot), row, text, END.into(), style);
        }
    }

    /// In the corner that the curve leaves free: a loss falls, an accuracy rises.
    fn render_legend(&self, plot: &Plot, buffer: &mut Buffer) {
        let mut entries =
            vec![("⠤⠤", self.words.average, self.theme.train), ("⢸⡇", self.words.every_step, self.theme.train_steps)];
        if !self.validation.is_empty() {
            entries.push(("◆ ", self.words.validation, self.theme.validation));
        }
        if self.best.is_some() {
            entries.push(("★ ", self.words.best_epoch, self.theme.best));
        }
        let marked = |kinds: &[MarkKind]| self.marks.iter().any(|mark| kinds.contains(&mark.kind));
        if marked(&[MarkKind::RateUp, MarkKind::RateDown]) {
            entries.push(("▴▾", self.words.rate_changed, self.theme.key));
        }
        if marked(&[MarkKind::Setting]) {
            entries.push(("◇ ", self.words.setting_changed, self.theme.key));
        }
        let width = 3 + entries.iter().map(|(_, text, _)| format::width(text)).max().unwrap_or(0) as u16;
        let height = entries.len() as u16;
        if plot.area.width + END < width + 16 || plot.area.height < height + 4 {
            return;
        }
        let x = plot.area.right() + END - width - 1;
        let (top, bottom) = (plot.area.y, plot.area.bottom() - height - 1);
        let (first, second) = if self.unit == Unit::Accuracy { (bottom, top) } else { (top, bottom) };
        let covers = |y: u16| {
            let rows = y.saturating_sub(1)..=y + height;
            self.end_column(plot) + END > x && self.ends(plot).iter().any(|(row, ..)| rows.contains(row))
        };
        let y = if covers(first) { second } else { first };
        if covers(y) {
            return;
        }
        for (line, (symbol, text, style)) in entries.into_iter().enumerate() {
            let row = y + line as u16;
            buffer.set_string(x, row, symbol, style);
            buffer.set_string(x + 3, row, text, self.theme.dim);
        }
    }
}
