//! How numbers are spread: bars over the range from the least to the greatest, 0 marked on the axis.

use super::{line_of, write, write_right};
use crate::metrics::Histogram;
use crate::tui::format;
use crate::tui::theme::Theme;
use crate::tui::words::CurveWords;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Cells left of the bars: a count, and the axis.
const GUTTER: u16 = 8;
/// Bars in eighths of a cell.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// How high a bar is for its count.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Counts {
    Linear(f64),
    Log(f64),
}

impl Counts {
    /// Where half of all numbers lie in a sixteenth of the range, only the logarithm shows the others.
    fn of(histogram: &Histogram) -> Self {
        let mut sorted = histogram.counts.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let most = f64::from(sorted.first().copied().unwrap_or(0)).max(1.0);
        let fullest: u64 = sorted.iter().take(sorted.len().div_ceil(16)).map(|&count| u64::from(count)).sum();
        if 2 * fullest > histogram.counted() { Self::Log(most) } else { Self::Linear(most) }
    }

    /// From 0 to 1.
    fn place(self, count: f64) -> f64 {
        match self {
            Self::Linear(most) => count / most,
            Self::Log(most) => count.ln_1p() / most.ln_1p(),
        }
    }

    /// Round counts to write beside the bars, the greatest first.
    fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear(most) => vec![most, most / 2.0],
            Self::Log(most) => {
                let powers = (1..10).map(|power| 10f64.powi(power)).take_while(|&count| count < most);
                let mut ticks: Vec<f64> = powers.collect();
                ticks.push(most);
                ticks.reverse();
                ticks
            }
        }
    }
}

/// What the bars are, in few words: on which scale, and how many numbers were counted of how many.
pub fn caption(histogram: &Histogram, words: &CurveWords) -> (&'static str, String) {
    let (counted, of) = (histogram.counted(), histogram.of);
    let scale = match Counts::of(histogram) {
        Counts::Log(_) if histogram.least < histogram.greatest => words.log_counts,
        _ => "",
    };
    if counted < of {
        (scale, (words.counted)(&format::magnitude(counted), &format::magnitude(of)))
    } else {
        (scale, (words.all)(&format::count(of)))
    }
}

/// Draws the bars with their axis.
pub fn render(histogram: &Histogram, words: &CurveWords, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let (least, greatest) = (histogram.least, histogram.greatest);
    if area.width < GUTTER + 16 || area.height < 4 {
        return;
    }
    if histogram.counted() == 0 || least >= greatest {
        let text = match histogram.counted() {
            0 => words.none_finite.into(),
            _ => (words.every_number)(&format::signed(least)),
        };
        write(buffer, line_of(area, area.height / 2), &[("  ", theme.dim), (&text, theme.warn)]);
        return;
    }
    let counts = Counts::of(histogram);
    let columns = columns(usize::from(area.width - GUTTER - 1), histogram.counts.len());
    let plot = Rect { x: area.x + GUTTER, width: columns as u16, height: area.height - 2, ..area };
    let eighths = usize::from(plot.height) * 8;
    for column in 0..columns {
        let count = mean(&histogram.counts, column, columns);
        let mut height = (counts.place(count) * eighths as f64).round() as usize;
        if count > 0.0 {
            height = height.max(1);
        }
        for row in 0..usize::from(plot.height) {
            let full = height.saturating_sub(row * 8).min(8);
            if full > 0 {
                let y = plot.bottom() - 1 - row as u16;
                buffer.set_string(plot.x + column as u16, y, EIGHTHS[full], theme.train);
            }
        }
    }
    render_counts(counts, theme, plot, buffer);
    render_axis(histogram, theme, plot, buffer);
}

/// Bars side by side: two, one or half a one a bin where that nearly fills the room, else as many as there is room for.
fn columns(room: usize, bins: usize) -> usize {
    [2 * bins, bins, bins / 2]
        .into_iter()
        .find(|&columns| columns <= room && columns * 6 >= room * 5)
        .unwrap_or(room.min(2 * bins))
}

/// The mean count of the bins that a column covers, in part or in full.
fn mean(counts: &[u32], column: usize, columns: usize) -> f64 {
    let (from, to) = (column * counts.len(), (column + 1) * counts.len());
    let mut sum = 0.0;
    let bins = counts.iter().enumerate().take(to.div_ceil(columns)).skip(from / columns);
    for (bin, &count) in bins {
        let covered = to.min((bin + 1) * columns) - from.max(bin * columns);
        sum += f64::from(count) * covered as f64;
    }
    sum / counts.len() as f64
}

fn render_counts(counts: Counts, theme: &Theme, plot: Rect, buffer: &mut Buffer) {
    for row in plot.y..plot.bottom() {
        buffer.set_string(plot.x - 1, row, "│", theme.border);
    }
    let mut free = plot.y;
    for tick in counts.ticks() {
        let from_bottom = (counts.place(tick) * f64::from(plot.height)).ceil() as u16;
        let row = plot.bottom().saturating_sub(from_bottom.max(1)).max(plot.y);
        if row < free {
            continue;
        }
        let place = Rect { x: plot.x - GUTTER, y: row, width: GUTTER - 2, height: 1 };
        write_right(buffer, place, &[(&format::magnitude(tick.round() as u64), theme.faint)]);
        buffer.set_string(plot.x - 1, row, "┤", theme.border);
        free = row + 2;
    }
}

/// The least and the greatest under the ends of the bars, and 0 where it lies.
fn render_axis(histogram: &Histogram, theme: &Theme, plot: Rect, buffer: &mut Buffer) {
    let (least, greatest) = (histogram.least, histogram.greatest);
    let (line, text) = (plot.bottom(), Rect { y: plot.bottom() + 1, height: 1, ..plot });
    buffer.set_string(plot.x - 1, line, "└", theme.border);
    for x in plot.x..plot.right() {
        buffer.set_string(x, line, "─", theme.border);
    }
    let (left, right) = (format::signed(least), format::signed(greatest));
    let end = write(buffer, text, &[(&left, theme.faint)]);
    write_right(buffer, text, &[(&right, theme.faint)]);
    if least <= 0.0 && greatest >= 0.0 {
        let place = (-least / (greatest - least) * f64::from(plot.width)) as u16;
        let x = plot.x + place.min(plot.width - 1);
        buffer.set_string(x, line, "┬", theme.dim);
        if x > end && x + 1 < plot.right().saturating_sub(right.len() as u16) {
            buffer.set_string(x, text.y, "0", theme.dim);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_lost_between_bins_and_columns() {
        let counts: Vec<u32> = (0..64).map(|bin| bin * bin).collect();
        let sum: f64 = counts.iter().copied().map(f64::from).sum();
        for room in 16..300 {
            let columns = columns(room, counts.len());
            assert!(columns <= room && columns * 6 >= room.min(128) * 5, "{columns} columns in a room of {room}");
            let seen: f64 = (0..columns).map(|column| mean(&counts, column, columns)).sum();
            let seen = seen * counts.len() as f64 / columns as f64;
            assert!((seen - sum).abs() < 1e-6 * sum, "{columns} columns show {seen} of {sum}");
        }
    }

    #[test]
    fn a_peak_is_shown_on_a_log_scale_and_a_bell_is_not() {
        let of = |count: fn(i32) -> f64| {
            let counts = (-32..32).map(|bin| count(bin) as u32).collect();
            Histogram { least: -1.0, greatest: 1.0, counts, of: 1_000_000 }
        };
        let bell = of(|bin| 1_000.0 * (-f64::from(bin * bin) / 200.0).exp());
        let peak = of(|bin| 50_000.0 * (-f64::from(bin.abs()) * 1.5).exp());
        assert_eq!(Counts::of(&bell), Counts::Linear(1_000.0));
        assert_eq!(Counts::of(&peak), Counts::Log(50_000.0));
        let words = &crate::tui::words::Words::in_language(crate::config::Language::En).curves;
        assert_eq!(caption(&peak, words), ("log counts", "78.7 k of 1.0 M sampled".into()));
    }
}
