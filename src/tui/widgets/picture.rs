//! A picture in grey, painted with half blocks: a pixel is a cell wide and half a cell high.

use crate::tui::images::Way;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The cells that a square picture of so many pixels a side takes where there is this much room: each pixel one cell
/// wide, or two, up to `most`. `None` where there is not enough for one.
pub fn size(side: usize, (width, height): (u16, u16), most: u16) -> Option<(u16, u16)> {
    let side = side as u16;
    let scale = (width / side.max(1)).min(height * 2 / side.max(1)).min(most);
    (scale > 0).then_some((side * scale, (side * scale).div_ceil(2)))
}

/// Draws a square picture of `side` × `side` bytes so that it fills an area; 0 is black. What has fewer cells than
/// pixels shows the mean of those that a cell covers.
pub fn render(pixels: &[u8], side: usize, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    if theme.images.way() == Way::Off {
        return;
    }
    let area = area.intersection(*buffer.area());
    let (width, height) = (usize::from(area.width), usize::from(area.height) * 2);
    if pixels.len() < side * side || side == 0 || width == 0 || height == 0 {
        return;
    }
    let scaled = scaled(pixels, side, width, height);
    for (y, rows) in (area.y..).zip(scaled.chunks_exact(width * 2)) {
        let (upper, lower) = rows.split_at(width);
        for (x, (&upper, &lower)) in (area.x..).zip(upper.iter().zip(lower)) {
            let (symbol, style) = theme.greys.cell(upper, lower);
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_symbol(symbol).set_style(style);
            }
        }
    }
}

/// To another size, each pixel the mean over the area that it covers of the old ones.
fn scaled(pixels: &[u8], side: usize, width: usize, height: usize) -> Vec<u8> {
    let (columns, rows) = (covered(side, width), covered(side, height));
    let mean = |row: &[(usize, f32)], column: &[(usize, f32)]| {
        let of_row = |&(y, much): &(usize, f32)| {
            much * column.iter().map(|&(x, much)| much * f32::from(pixels[y * side + x])).sum::<f32>()
        };
        row.iter().map(of_row).sum::<f32>().round() as u8
    };
    rows.iter().flat_map(|row| columns.iter().map(|column| mean(row, column))).collect()
}

/// Which of `from` pixels each of `to` pixels covers, and with what part of itself.
fn covered(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    // In units in which both kinds of pixels have whole sides.
    let part = |i: usize, o: usize| ((i + 1) * to).min((o + 1) * from).saturating_sub((i * to).max(o * from));
    let of = |o: usize| {
        let first = o * from / to;
        let last = ((o + 1) * from).div_ceil(to).min(from);
        (first..last).map(|i| (i, part(i, o) as f32 / from as f32)).filter(|(_, much)| *much > 0.0).collect()
    };
    (0..to).map(of).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "sums of quarters are exact")]

    use super::*;
    use crate::config;
    use crate::tui::theme::Depth;
    use ratatui::style::Color;

    #[test]
    fn half_the_size_is_the_mean_of_four_and_twice_the_size_repeats() {
        let pixels = [0, 100, 10, 20, 40, 60, 30, 40, 1, 1, 200, 200, 1, 2, 200, 200];
        assert_eq!(scaled(&pixels, 4, 2, 2), [50, 25, 1, 200]);
        assert_eq!(scaled(&[1, 2, 3, 4], 2, 4, 4), [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
        // Pixels that lie in two of the new ones count in both, by their share.
        assert_eq!(scaled(&[0, 90, 180, 0, 90, 180, 0, 90, 180], 3, 2, 3), [30, 150, 30, 150, 30, 150]);
        for to in [12, 14, 28, 56] {
            let covered = covered(28, to);
            assert!(covered.iter().all(|parts| (parts.iter().map(|part| part.1).sum::<f32>() - 1.0).abs() < 1e-5));
        }
    }

    #[test]
    fn the_scale_is_whole_and_the_proportions_are_kept() {
        assert_eq!(size(28, (40, 14), 2), Some((28, 14)));
        assert_eq!(size(28, (60, 27), 2), Some((28, 14)));
        assert_eq!(size(28, (60, 28), 2), Some((56, 28)));
        assert_eq!(size(28, (200, 100), 2), Some((56, 28)));
        assert_eq!(size(28, (27, 14), 2), None);
        assert_eq!(size(28, (28, 13), 2), None);
    }

    #[test]
    fn pixels_become_the_colours_of_cells() {
        let theme = Theme::new(config::Theme::Dark, Depth::True);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 2));
        render(&[10, 20, 30, 40], 2, Rect::new(1, 1, 2, 1), &theme, &mut buffer);
        let grey = |level| Color::Rgb(level, level, level);
        let cell = |x, y| (buffer[(x, y)].symbol(), buffer[(x, y)].fg, buffer[(x, y)].bg);
        assert_eq!(cell(1, 1), ("▀", grey(10), grey(30)));
        assert_eq!(cell(2, 1), ("▀", grey(20), grey(40)));
        assert_eq!(cell(0, 1).0, " ");
        assert_eq!(cell(3, 1).0, " ");
        // Too few bytes, or no room: nothing is drawn, and nothing breaks.
        render(&[1, 2, 3], 2, Rect::new(0, 0, 2, 1), &theme, &mut buffer);
        render(&[1; 4], 2, Rect::new(3, 1, 90, 90), &theme, &mut buffer);
        assert_eq!(buffer[(0, 0)].symbol(), " ");
    }
}
