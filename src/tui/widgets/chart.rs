//! A curve over the steps of a run: every step faint, its average bold, validation by epoch, marks on the axis.

use super::axis::{self, Scale};
use super::curves::{self, Laid};
use crate::tui::format;
use crate::tui::series::Series;
use crate::tui::state::{Mark, MarkKind, Plotted};
use crate::tui::theme::Theme;
use crate::tui::timeline::{Axis, Ruler, View, Window};
use crate::tui::words::CurveWords;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Cells right of the plot, for the newest values at the lines' ends.
const END: u16 = 8;
/// Fewer epochs than this in sight are divided on the axis.
const FEW_EPOCHS: f64 = 1.5;
/// Cells of another run's name in the legend, at the most.
const NAME: usize = 16;

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
    /// What the horizontal axis counts.
    pub axis: Axis,
    /// The key that turns to another axis, where there is one.
    pub axis_key: Option<&'a str>,
    /// Where on it a step stands.
    pub ruler: &'a Ruler<'a>,
    /// Which steps are shown.
    pub view: View,
    /// Another run, drawn under this one.
    pub laid: Option<&'a Laid<'a>>,
    /// The step that is read off, counted from 0.
    pub cursor: Option<usize>,
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
pub(super) struct Plot {
    pub(super) area: Rect,
    pub(super) scale: Scale,
    pub(super) window: Window,
}

impl Plot {
    /// The dot row of a value; what lies outside is put on the edge.
    pub(super) fn y(&self, value: f64) -> usize {
        let last = usize::from(self.area.height) * 4 - 1;
        ((1.0 - self.scale.place(value)) * last as f64).round() as usize
    }

    /// The same, wherever the value lies.
    pub(super) fn open_y(&self, value: f64) -> f64 {
        let last = f64::from(self.area.height) * 4.0 - 1.0;
        ((1.0 - self.scale.share(value)) * last).round()
    }

    /// The cell row of a value.
    fn row(&self, value: f64) -> u16 {
        self.area.y + (self.y(value) / 4) as u16
    }

    /// The cell column of a place, if it is on the plot.
    fn cell_at(&self, place: f64) -> Option<u16> {
        self.window.column(place).map(|dot| self.area.x + (dot / 2) as u16)
    }
}

impl Chart<'_> {
    /// Draws the chart into an area. Returns where the curve is, and where what the axis counts is written.
    pub fn render(&self, area: Rect, buffer: &mut Buffer) -> Option<(Plotted, Rect)> {
        if area.height < 5 || area.width < 20 {
            return None;
        }
        if self.series.is_empty() {
            self.render_empty(area, buffer);
            return None;
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
        let steps = self.series.len();
        let own = self.ruler.at(steps as f64);
        let extent = self.laid.map_or(own, |laid| own.max(laid.extent()));
        let window = self.view.window(self.ruler, steps, extent, dots);
        let plot = Plot { area: plot_area, scale, window };
        self.render_axes(&plot, &labels, gutter, buffer);
        let caption = self.render_time(&plot, area, buffer);
        curves::render(self, &plot, buffer);
        self.render_points(&plot, buffer);
        self.render_cursor(&plot, buffer);
        self.render_legend(&plot, buffer);
        self.render_ends(&plot, buffer);
        Some((Plotted { area: plot_area, window }, caption))
    }

    /// The cell column of the last of `steps` steps, if it is on the plot.
    fn cell(&self, plot: &Plot, steps: u64) -> Option<u16> {
        plot.cell_at(self.ruler.at(steps.saturating_sub(1) as f64))
    }

    /// The steps shown, by their indices.
    fn shown(&self) -> (usize, usize) {
        let (from, to) = self.view.range(self.series.len());
        (from as usize, (to.ceil() as usize).min(self.series.len()))
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

    /// All that is shown fits; of a part of the run no more than that.
    fn scale(&self, ticks: usize) -> Scale {
        let (from, to) = self.shown();
        let own = self.series.column(from, to).map(|column| (column.low, column.high));
        let of_validation = self
            .validation
            .iter()
            .filter(|(step, value)| value.is_finite() && (from as u64 + 1..=to as u64).contains(step))
            .map(|&(_, value)| (value, value));
        let of_laid = self.laid.into_iter().flat_map(|laid| laid.values(self.view, self.ruler, self.series.len()));
        let (low, high) = own
            .into_iter()
            .chain(of_validation)
            .chain(of_laid)
            .reduce(|(low, high), (l, h)| (low.min(l), high.max(h)))
            .unwrap_or((0.0, 1.0));
        match (self.unit, self.view) {
            (Unit::LogLoss, _) => Scale::logarithmic(low, high),
            (Unit::Accuracy, View::All) => Scale::Linear(0.0, 1.0),
            (Unit::Accuracy, _) => Scale::around(low, high, ticks, (0.0, 1.0)),
            (Unit::Loss, View::All) => Scale::from_zero(high, ticks),
            (Unit::Loss, _) => Scale::around(low, high, ticks, (0.0, f64::INFINITY)),
        }
    }

    fn y_labels(&self, scale: Scale, wanted: usize) -> Vec<(f64, String)> {
        let ticks = scale.ticks(wanted);
        let step = if ticks.len() > 1 { ticks[1] - ticks[0] } else { 1.0 };
        ticks
            .into_iter()
            .map(|tick| {
                let label = match self.unit {
                    Unit::Accuracy => format!("{} %", axis::label(tick * 100.0, step * 100.0)),
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

    /// Whether so few epochs are in sight that they are divided.
    fn divides_epochs(&self, plot: &Plot) -> bool {
        plot.window.unit * (plot.window.dots as f64) < FEW_EPOCHS * self.steps_per_epoch as f64
    }

    /// What one of the axis' numbers stands for, and the distance of its ticks in those.
    fn ticks(&self, plot: &Plot) -> (f64, f64) {
        let cell = plot.window.unit * 2.0;
        match self.axis {
            Axis::Step => {
                let last = format::count((plot.window.place(plot.window.dots as f64)) as u64).len() as f64;
                (1.0, axis::round_step((cell * (last + 3.0).max(8.0)).max(1.0)).ceil())
            }
            Axis::Epoch => {
                let epoch = self.steps_per_epoch.max(1) as f64;
                let every = axis::round_step(cell * 8.0 / epoch);
                (epoch, if self.divides_epochs(plot) { every } else { every.max(1.0).ceil() })
            }
            Axis::Time => (1.0, axis::round_time(cell * 10.0)),
        }
    }

    fn tick_label(&self, tick: f64, every: f64) -> String {
        match self.axis {
            Axis::Step => format::count(tick as u64),
            Axis::Epoch => axis::label(tick, every),
            Axis::Time => format::duration(tick),
        }
    }

    /// The horizontal axis. Returns where what it counts is written.
    fn render_time(&self, plot: &Plot, area: Rect, buffer: &mut Buffer) -> Rect {
        let Rect { x, y, width, height } = plot.area;
        let (line, text) = (y + height, y + height + 1);
        let caption = match self.axis {
            Axis::Step => self.words.step,
            Axis::Epoch => self.words.epoch,
            Axis::Time => self.words.time,
        };
        let key = self.axis_key.unwrap_or_default();
        let gap = u16::from(!key.is_empty());
        let caption_width = (format::width(key) + format::width(caption)) as u16 + gap;
        let caption_at = area.right().saturating_sub(1 + caption_width);
        let (unit, every) = self.ticks(plot);
        let first = (plot.window.place(0.0) / (unit * every) - 1e-9).ceil().max(0.0) as u64;
        let mut free = x.saturating_sub(2);
        if first == 0 {
            buffer.set_string(x - 1, text, "0", self.theme.faint);
            free = x + 1;
        }
        for tick in (first.max(1)..).map(|tick| tick as f64 * every) {
            let place = if self.axis == Axis::Time { tick } else { (tick * unit - 1.0).max(0.0) };
            if plot.window.dot(place) < 0.0 {
                continue;
            }
            let Some(cell) = plot.cell_at(place) else { break };
            let label = self.tick_label(tick, every);
            let half = label.len() as u16 / 2;
            let start = cell.saturating_sub(half);
            if start > free && start + (label.len() as u16) < caption_at {
                buffer.set_string(cell, line, "┬", self.theme.border);
                buffer.set_string(start, text, &label, self.theme.faint);
                free = start + label.len() as u16;
            }
        }
        buffer.set_string(caption_at, text, key, self.theme.key);
        buffer.set_string(caption_at + format::width(key) as u16 + gap, text, caption, self.theme.faint);
        self.render_epoch_lines(plot, buffer);
        for mark in self.marks {
            let Some(cell) = self.cell(plot, mark.step) else { continue };
            let (symbol, style) = match mark.kind {
                MarkKind::RateUp => ("▴", self.theme.key),
                MarkKind::RateDown => ("▾", self.theme.key),
                MarkKind::Setting => ("◇", self.theme.key),
                MarkKind::Pause => ("‖", self.theme.faint),
            };
            buffer.set_string(cell, line, symbol, style);
        }
        Rect { x: caption_at, y: text, width: caption_width, height: 1 }
            .intersection(Rect { width: width + END, ..area })
    }

    /// Where epochs end, as often as there is room for it.
    fn render_epoch_lines(&self, plot: &Plot, buffer: &mut Buffer) {
        let steps = self.series.len() as u64;
        if self.steps_per_epoch == 0 || self.steps_per_epoch > steps {
            return;
        }
        let epoch = self.ruler.at(steps as f64) / steps as f64 * self.steps_per_epoch as f64;
        let cells = epoch / (plot.window.unit * 2.0);
        let every = axis::round_step((8.0 / cells).max(1.0)).ceil();
        if cells * every < 6.0 {
            return;
        }
        let (from, to) = self.shown();
        let each = every as u64 * self.steps_per_epoch;
        for end in (from as u64 / each..=to as u64 / each).map(|epoch| epoch * each).filter(|&end| end > 0) {
            let Some(cell) = self.cell(plot, end) else { continue };
            for row in plot.area.y..plot.area.bottom() {
                buffer.set_string(cell, row, "┊", self.theme.border);
            }
        }
    }

    fn render_points(&self, plot: &Plot, buffer: &mut Buffer) {
        let mut free = 0;
        for (epoch, &(step, value)) in self.validation.iter().enumerate() {
            let (Some(cell), true) = (self.cell(plot, step), value.is_finite()) else { continue };
            if self.best != Some(epoch) && cell >= free {
                buffer.set_string(cell, plot.row(value), "◆", self.theme.validation);
                free = cell + 3;
            }
        }
        if let Some(&(step, value)) = self.best.and_then(|best| self.validation.get(best))
            && let Some(cell) = self.cell(plot, step)
        {
            buffer.set_string(cell, plot.row(value), "★", self.theme.best);
        }
    }

    /// A line through the step that is read off, a dot where the average is.
    fn render_cursor(&self, plot: &Plot, buffer: &mut Buffer) {
        let Some(step) = self.cursor else { return };
        let Some(x) = plot.cell_at(self.ruler.at(step as f64)) else { return };
        for y in plot.area.y..plot.area.bottom() {
            if let Some(cell) = buffer.cell_mut((x, y))
                && matches!(cell.symbol(), " " | "┊")
            {
                cell.set_symbol("│").set_style(self.theme.key);
            }
        }
        buffer.set_string(x, plot.area.bottom(), "┴", self.theme.key);
        if let Some(column) = self.series.column(step, step + 1) {
            buffer.set_string(x, plot.row(column.average), "●", self.theme.key);
        }
    }

    /// The last values shown, each with the row in which its line ends; the higher one first.
    fn ends(&self, plot: &Plot) -> Vec<(u16, f64, Style)> {
        let (_, to) = self.shown();
        let newest = if to == self.series.len() { self.series.latest() } else { None };
        let shown = newest.or_else(|| self.series.column(to.saturating_sub(1), to).map(|column| column.average));
        let train = shown.map(|value| (value, self.theme.train));
        let last = self.validation.iter().rfind(|&&(step, _)| step <= to as u64);
        let validation = last.map(|&(_, value)| (value, self.theme.validation));
        let mut ends: Vec<_> = [train, validation]
            .into_iter()
            .flatten()
            .filter(|(value, _)| value.is_finite())
            // One that lies above or below what is shown has no line that would end there.
            .filter(|(value, _)| (-0.01..=1.01).contains(&plot.scale.share(*value)))
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
        let (_, to) = self.shown();
        let last = plot.area.right() - 1;
        // Another run's curve goes on beyond ours: what stood on it would be read as its own.
        let end = if self.laid.is_some() { last } else { self.cell(plot, to as u64).unwrap_or(last) };
        end + 2
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
        let laid = self.laid.map(|laid| format::truncate(laid.name, NAME));
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
        if let Some(laid) = &laid {
            entries.push(("⠒◇", laid, self.theme.laid));
        }
        let width = 3 + entries.iter().map(|(_, text, _)| format::width(text)).max().unwrap_or(0) as u16;
        let height = entries.len() as u16;
        if plot.area.width + END < width + 16 || plot.area.height < height + 4 {
            return;
        }
        let x = plot.area.right() + END - width - 1;
        let (top, bottom) = (plot.area.y, plot.area.bottom() - height - 1);
        let (first, second) = if self.unit == Unit::Accuracy { (bottom, top) } else { (top, bottom) };
        let drawn = |cell: Option<&Cell>| cell.is_some_and(|cell| !matches!(cell.symbol(), " " | "┊" | "│"));
        let covers = |y: u16, buffer: &Buffer| {
            let rows = y.saturating_sub(1)..=y + height;
            let names = Rect { x, y, width, height }.intersection(*buffer.area());
            names.positions().any(|cell| drawn(buffer.cell(cell)))
                || self.end_column(plot) + END > x && self.ends(plot).iter().any(|(row, ..)| rows.contains(row))
        };
        let Some(y) = [first, second].into_iter().find(|&y| !covers(y, buffer)) else { return };
        for (line, (symbol, text, style)) in entries.into_iter().enumerate() {
            let row = y + line as u16;
            buffer.set_string(x, row, format!("{symbol} "), style);
            buffer.set_string(x + 3, row, text, self.theme.dim);
        }
    }
}
