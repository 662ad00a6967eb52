//! The article's two panels: loss and accuracy over the epochs, training and validation.

use super::axis::Axis;
use super::canvas::colours::{FAINT, GRID, INK, PAPER, TRAIN, VALIDATION};
use super::canvas::{Align, Canvas, Drawn, Figure, Text};
use crate::metrics::EpochMetrics;
use plotters::prelude::{DrawingBackend, RGBColor};
use std::f64::consts::TAU;

/// The curves of a run.
pub(super) struct Curves<'a> {
    /// The run's name.
    pub(super) name: &'a str,
    /// What it is, in a few words.
    pub(super) about: &'a str,
    pub(super) history: &'a [EpochMetrics],
}

const WIDTH: u32 = 1400;
const HEIGHT: u32 = 560;
/// Where the panels' plots begin and end.
const TOP: f64 = 112.0;
const BOTTOM: f64 = 490.0;
const PANELS: [(f64, f64); 2] = [(92.0, 680.0), (792.0, 1380.0)];

struct Panel {
    title: &'static str,
    axis_label: &'static str,
    values: fn(&EpochMetrics) -> [f64; 2],
    bounds: (f64, f64),
    /// A value as it is written.
    written: fn(f64) -> String,
}

const LOSS: Panel = Panel {
    title: "Loss",
    axis_label: "cross-entropy, nats",
    values: |epoch| [epoch.train_loss, epoch.validation_loss],
    bounds: (0.0, f64::INFINITY),
    written: |loss| format!("{loss:.4}"),
};

const ACCURACY: Panel = Panel {
    title: "Accuracy",
    axis_label: "accuracy, %",
    values: |epoch| [100.0 * epoch.train_accuracy, 100.0 * epoch.validation_accuracy],
    bounds: (0.0, 100.0),
    written: |percent| format!("{percent:.2} %"),
};

impl Figure for Curves<'_> {
    fn size(&self) -> (u32, u32) {
        (WIDTH, HEIGHT)
    }

    fn draw<B: DrawingBackend>(&self, canvas: &Canvas<B>) -> Drawn {
        canvas.rectangle((0.0, 0.0), (f64::from(WIDTH), f64::from(HEIGHT)), PAPER)?;
        let heading = Text { words: self.name, size: 21.0, colour: INK, bold: true, align: Align::Left };
        canvas.text((PANELS[0].0, 42.0), heading)?;
        let about = Text { words: self.about, size: 15.0, colour: FAINT, bold: false, align: Align::Right };
        canvas.text((PANELS[1].1, 42.0), about)?;
        for (panel, (left, right)) in [LOSS, ACCURACY].iter().zip(PANELS) {
            self.panel(canvas, panel, left, right)?;
        }
        Ok(())
    }
}

impl Curves<'_> {
    fn panel<B: DrawingBackend>(&self, canvas: &Canvas<B>, panel: &Panel, left: f64, right: f64) -> Drawn {
        let epochs = Axis::of_epochs(self.history.last().map_or(1, |epoch| epoch.epoch));
        let axis = Axis::over(self.history.iter().flat_map(panel.values), panel.bounds);
        let x = |epoch: f64| left + epochs.fraction(epoch) * (right - left);
        let y = |value: f64| BOTTOM - axis.fraction(value) * (BOTTOM - TOP);

        canvas.text((left, TOP - 18.0), Text { size: 17.0, bold: true, ..label(panel.title, Align::Left) })?;
        for (value, text) in axis.ticks() {
            canvas.rectangle((left, y(value) - 0.5), (right - left, 1.0), GRID)?;
            canvas.text((left - 10.0, y(value) + 5.0), label(&text, Align::Right))?;
        }
        canvas.rectangle((left, BOTTOM - 0.5), (right - left, 1.0), FAINT)?;
        for (epoch, text) in epochs.ticks() {
            canvas.rectangle((x(epoch) - 0.5, BOTTOM), (1.0, 5.0), FAINT)?;
            canvas.text((x(epoch), BOTTOM + 23.0), label(&text, Align::Centre))?;
        }
        canvas.text((f64::midpoint(left, right), BOTTOM + 50.0), label("epoch", Align::Centre))?;
        canvas.text_upwards((left - 58.0, f64::midpoint(TOP, BOTTOM)), label(panel.axis_label, Align::Centre))?;

        let best = self.history.iter().rfind(|epoch| epoch.best);
        let best = best.map(|epoch| (x(f64::from(epoch.epoch)), epoch, (panel.values)(epoch)[1]));
        if let Some((x, ..)) = best {
            let mut y = TOP;
            while y < BOTTOM {
                canvas.rectangle((x - 0.5, y), (1.0, 4.0), FAINT)?;
                y += 8.0;
            }
        }
        let curve = |which: usize| -> Vec<(f64, f64)> {
            self.history.iter().map(|epoch| (x(f64::from(epoch.epoch)), y((panel.values)(epoch)[which]))).collect()
        };
        let curves = [curve(0), curve(1)];
        for (which, colour) in [(0, TRAIN), (1, VALIDATION)] {
            self.curve(canvas, &curves[which], which, colour)?;
        }
        if !curves.iter().flatten().any(|(_, y)| y.is_finite()) {
            let middle = (f64::midpoint(left, right), f64::midpoint(TOP, BOTTOM));
            let said = if self.history.is_empty() { "no epoch is done yet" } else { "no finite numbers" };
            canvas.text(middle, Text { colour: FAINT, ..label(said, Align::Centre) })?;
        }
        if let Some((x, epoch, value)) = best.filter(|(.., value)| value.is_finite()) {
            star(canvas, (x, y(value)), 11.0, PAPER)?;
            star(canvas, (x, y(value)), 8.5, VALIDATION)?;
            let text = format!("epoch {}: {}", epoch.epoch, (panel.written)(value));
            // Beside the line, where there is room.
            let (beside, align) =
                if x > f64::midpoint(left, right) { (-10.0, Align::Right) } else { (10.0, Align::Left) };
            let y = clear_of(&curves, (x, x + 15.0 * beside));
            canvas.text((x + beside, y + 5.0), Text { colour: VALIDATION, bold: true, ..label(&text, align) })?;
        }
        legend(canvas, right)
    }

    /// A line with its points marked; gaps where a number is not finite.
    fn curve<B: DrawingBackend>(&self, canvas: &Canvas<B>, points: &[(f64, f64)], which: usize, of: RGBColor) -> Drawn {
        for part in points.split(|(_, y)| !y.is_finite()) {
            if part.len() > 1 {
                canvas.line(part, of, 2.2)?;
            }
        }
        let radius = match self.history.len() {
            ..=40 => 4.0,
            41..=100 => 2.6,
            // The points would be one band.
            _ => return Ok(()),
        };
        for &point in points.iter().filter(|(_, y)| y.is_finite()) {
            mark(canvas, point, which, radius + 1.2, PAPER)?;
            mark(canvas, point, which, radius, of)?;
        }
        Ok(())
    }
}

/// The height between these two places that is farthest from the curves.
fn clear_of(curves: &[Vec<(f64, f64)>], (from, to): (f64, f64)) -> f64 {
    let between = |curve: &[(f64, f64)], x: f64| {
        let after = curve.partition_point(|point| point.0 < x);
        let (a, b) = (curve.get(after.saturating_sub(1))?, curve.get(after).or(curve.last())?);
        let part = if b.0 > a.0 { ((x - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { 0.0 };
        Some(a.1 + part * (b.1 - a.1)).filter(|y| y.is_finite())
    };
    let taken: Vec<f64> = (0..=8)
        .map(|at| from + f64::from(at) / 8.0 * (to - from))
        .flat_map(|x| curves.iter().filter_map(move |curve| between(curve, x)))
        .collect();
    let clear = |y: f64| taken.iter().map(|other| (other - y).abs()).fold(f64::INFINITY, f64::min).min(60.0);
    let heights = (0..=12).map(|at| TOP + 14.0 + f64::from(at) / 12.0 * (BOTTOM - TOP - 28.0));
    heights.max_by(|&a, &b| clear(a).total_cmp(&clear(b))).unwrap_or(TOP)
}

fn label(words: &str, align: Align) -> Text<'_> {
    Text { words, size: 14.0, colour: INK, bold: false, align }
}

/// Training's points are round, validation's stand on a corner.
fn mark<B: DrawingBackend>(canvas: &Canvas<B>, (x, y): (f64, f64), which: usize, radius: f64, of: RGBColor) -> Drawn {
    if which == 0 {
        return canvas.circle((x, y), radius, of);
    }
    let r = radius * 1.3;
    canvas.polygon(&[(x - r, y), (x, y - r), (x + r, y), (x, y + r)], of)
}

fn star<B: DrawingBackend>(canvas: &Canvas<B>, (x, y): (f64, f64), radius: f64, colour: RGBColor) -> Drawn {
    let corner = |at: u32| {
        let (length, angle) = (if at.is_multiple_of(2) { radius } else { radius * 0.45 }, TAU * f64::from(at) / 10.0);
        (x + length * angle.sin(), y - length * angle.cos())
    };
    canvas.polygon(&(0..10).map(corner).collect::<Vec<_>>(), colour)
}

/// Above a panel, up to its right edge.
fn legend<B: DrawingBackend>(canvas: &Canvas<B>, right: f64) -> Drawn {
    let y = TOP - 18.0;
    let middle = y - 5.0;
    for (which, of, x, said) in
        [(0, TRAIN, right - 420.0, "training, dropout on"), (1, VALIDATION, right - 222.0, "validation")]
    {
        canvas.line(&[(x, middle), (x + 26.0, middle)], of, 2.2)?;
        mark(canvas, (x + 13.0, middle), which, 4.0, of)?;
        canvas.text((x + 33.0, y), label(said, Align::Left))?;
    }
    star(canvas, (right - 92.0, middle), 7.5, VALIDATION)?;
    canvas.text((right - 80.0, y), label("best epoch", Align::Left))
}
