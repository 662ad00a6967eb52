//! A confusion matrix as a heat map, and as CSV.

use super::canvas::colours::{FAINT, INK, PAPER, TRAIN, VALIDATION};
use super::canvas::{Align, Canvas, Drawn, Figure, Text};
use crate::metrics::ConfusionMatrix;
use plotters::prelude::{DrawingBackend, RGBColor};
use std::fmt::Write;

/// A matrix and what it is of.
pub(super) struct Confusion<'a> {
    pub(super) title: &'a str,
    /// The run it is of, in a few words.
    pub(super) about: &'a str,
    pub(super) matrix: &'a ConfusionMatrix,
    pub(super) class_names: &'a [String],
}

/// A cell.
const CELL: (f64, f64) = (88.0, 50.0);
const LEFT: f64 = 150.0;
const TOP: f64 = 144.0;
/// What is written beside the matrix: recall, and beneath it precision.
const SIDE: f64 = 86.0;

impl Confusion<'_> {
    fn name(&self, class: usize) -> &str {
        self.class_names.get(class).map_or("", String::as_str)
    }

    /// As a table: a row a true class, a column a predicted one.
    pub(super) fn csv(&self) -> String {
        let cell = |text: &str| {
            let quoted = text.contains([',', '"', '\n']);
            if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
        };
        let mut csv = "truth".to_owned();
        for class in 0..self.matrix.classes() {
            let _ = write!(csv, ",{}", cell(self.name(class)));
        }
        for (class, row) in self.matrix.rows().enumerate() {
            let _ = write!(csv, "\n{}", cell(self.name(class)));
            for count in row {
                let _ = write!(csv, ",{count}");
            }
        }
        csv + "\n"
    }
}

impl Figure for Confusion<'_> {
    fn size(&self) -> (u32, u32) {
        let cells = self.matrix.classes().max(4) as f64;
        ((LEFT + cells * CELL.0 + SIDE + 12.0) as u32, (TOP + cells * CELL.1 + 96.0) as u32)
    }

    fn draw<B: DrawingBackend>(&self, canvas: &Canvas<B>) -> Drawn {
        let (width, height) = self.size();
        canvas.rectangle((0.0, 0.0), (f64::from(width), f64::from(height)), PAPER)?;
        let (left, right) = (LEFT, f64::from(width) - 24.0);
        canvas.text((left, 38.0), Text { size: 21.0, bold: true, ..text(self.title, Align::Left) })?;
        canvas.text((left, 64.0), Text { size: 15.0, ..faint(self.about, Align::Left) })?;

        let classes = self.matrix.classes();
        let (ends, below) = (left + classes as f64 * CELL.0, TOP + classes as f64 * CELL.1);
        canvas.text((f64::midpoint(left, ends), TOP - 40.0), faint("predicted", Align::Centre))?;
        canvas.text_upwards((26.0, f64::midpoint(TOP, below)), faint("truth", Align::Centre))?;
        canvas.text((right, TOP - 12.0), faint("recall", Align::Right))?;
        canvas.text((left - 12.0, below + 26.0), faint("precision", Align::Right))?;
        for class in 0..classes {
            let (x, y) = (left + (class as f64 + 0.5) * CELL.0, TOP + (class as f64 + 0.5) * CELL.1 + 5.0);
            canvas.text((x, TOP - 12.0), Text { size: 13.0, ..text(self.name(class), Align::Centre) })?;
            canvas.text((left - 12.0, y), text(self.name(class), Align::Right))?;
            let (precision, recall, _, _) = self.matrix.class_metrics(class);
            canvas.text((x, below + 26.0), faint(&percent(precision), Align::Centre))?;
            canvas.text((right, y), faint(&percent(recall), Align::Right))?;
        }
        for (truth, row) in self.matrix.rows().enumerate() {
            let all: u64 = row.iter().sum();
            for (taken, &count) in row.iter().enumerate() {
                let place = (left + taken as f64 * CELL.0, TOP + truth as f64 * CELL.1);
                let share = if all == 0 { 0.0 } else { count as f64 / all as f64 };
                let (fill, ink) = shade(share, truth == taken);
                canvas.rectangle((place.0 + 1.0, place.1 + 1.0), (CELL.0 - 2.0, CELL.1 - 2.0), fill)?;
                let middle = (place.0 + CELL.0 / 2.0, place.1 + CELL.1 / 2.0 + 5.0);
                let of = if count == 0 { RGBColor(190, 190, 190) } else { ink };
                let said = count.to_string();
                canvas.text(middle, Text { colour: of, bold: truth == taken, ..text(&said, Align::Centre) })?;
            }
        }
        key(canvas, (left, below + 68.0))
    }
}

fn text(words: &str, align: Align) -> Text<'_> {
    Text { words, size: 14.0, colour: INK, bold: false, align }
}

fn faint(words: &str, align: Align) -> Text<'_> {
    Text { colour: FAINT, ..text(words, align) }
}

/// What the colours mean.
fn key<B: DrawingBackend>(canvas: &Canvas<B>, (x, y): (f64, f64)) -> Drawn {
    let label = |words| Text { size: 13.0, ..faint(words, Align::Left) };
    for (at, right, said) in [(0.0, true, "right"), (190.0, false, "mistaken")] {
        for step in 0..8 {
            let share = f64::from(step) / 7.0;
            canvas.rectangle((x + at + f64::from(step) * 12.0, y - 11.0), (12.0, 14.0), shade(share, right).0)?;
        }
        canvas.text((x + at + 104.0, y), label(said))?;
    }
    canvas.text((x + 390.0, y), label("the darker, the greater a part of its class (0 to 100 %)"))
}

/// A cell's colour, and that of its number: the more of its class, the darker. Few mistakes must be seen, too.
fn shade(share: f64, right: bool) -> (RGBColor, RGBColor) {
    let full = if right { TRAIN } else { VALIDATION };
    let strength = if right { share } else { share.sqrt() };
    let light = RGBColor(246, 246, 246);
    let mix = |light: u8, full: u8| (f64::from(light) + strength * (f64::from(full) - f64::from(light))).round() as u8;
    let fill = RGBColor(mix(light.0, full.0), mix(light.1, full.1), mix(light.2, full.2));
    let linear = |value: u8| (f64::from(value) / 255.0).powf(2.2);
    let luminance = 0.2126 * linear(fill.0) + 0.7152 * linear(fill.1) + 0.0722 * linear(fill.2);
    (fill, if luminance < 0.3 { PAPER } else { INK })
}

fn percent(fraction: f64) -> String {
    format!("{:.1} %", 100.0 * fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_classes_names_whatever_is_in_them() {
        let names = ["T-shirt/top", "a, b", "say \"c\""].map(String::from);
        let mut matrix = ConfusionMatrix::new(3);
        matrix.add(0, 1);
        matrix.add(2, 2);
        let figure = Confusion { title: "", about: "", matrix: &matrix, class_names: &names };
        let expected = "truth,T-shirt/top,\"a, b\",\"say \"\"c\"\"\"\nT-shirt/top,0,1,0\n\"a, b\",0,0,0\n\"say \"\"c\"\"\",0,0,1\n";
        assert_eq!(figure.csv(), expected);
    }
}
