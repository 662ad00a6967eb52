//! A canvas of braille dots in layers: two dots wide and four high a cell, the uppermost layer's colour winning.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The bits of a braille character, by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Dots of one colour.
struct Layer {
    style: Style,
    cells: Vec<u8>,
}

/// Dots by layer, the last layer uppermost.
pub struct Canvas {
    width: usize,
    height: usize,
    layers: Vec<Layer>,
}

impl Canvas {
    /// An empty canvas of so many cells, with one layer a style.
    pub fn new(width: usize, height: usize, styles: &[Style]) -> Self {
        let layers = styles.iter().map(|&style| Layer { style, cells: vec![0; width * height] }).collect();
        Self { width, height, layers }
    }

    /// Sets a dot; outside the canvas nothing happens.
    pub fn dot(&mut self, layer: usize, x: usize, y: usize) {
        let (column, row) = (x / 2, y / 4);
        if column < self.width && row < self.height {
            self.layers[layer].cells[row * self.width + column] |= BITS[y % 4][x % 2];
        }
    }

    /// Sets the dots of a column from `from` to `to`, in whichever order.
    pub fn column(&mut self, layer: usize, x: usize, from: usize, to: usize) {
        for y in from.min(to)..=from.max(to) {
            self.dot(layer, x, y);
        }
    }

    /// Sets the dots of a straight line.
    pub fn line(&mut self, layer: usize, from: (usize, usize), to: (usize, usize)) {
        self.segment(layer, (from.0 as f64, from.1 as f64), (to.0 as f64, to.1 as f64), 1);
    }

    /// Sets every `each`th dot of a straight line, as far as it lies on the canvas.
    pub fn segment(&mut self, layer: usize, from: (f64, f64), to: (f64, f64), each: usize) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let size = (2.0 * self.width as f64, 4.0 * self.height as f64);
        // Only the part on the canvas is gone through, however long the line is.
        let (x, y) = (within(from.0, dx, size.0), within(from.1, dy, size.1));
        let (first, last) = (x.0.max(y.0), x.1.min(y.1));
        if !(first <= last && dx.is_finite() && dy.is_finite()) {
            return;
        }
        let from = (from.0 + dx * first, from.1 + dy * first);
        let (dx, dy) = (dx * (last - first), dy * (last - first));
        let dots = dx.abs().max(dy.abs()).max(1.0);
        for dot in 0..=dots as usize {
            let along = dot as f64 / dots;
            let (x, y) = ((from.0 + dx * along).round(), (from.1 + dy * along).round());
            let place = if dx.abs() >= dy.abs() { x } else { y };
            if x >= 0.0 && y >= 0.0 && (place as usize).is_multiple_of(each.max(1)) {
                self.dot(layer, x as usize, y as usize);
            }
        }
    }

    /// Writes the dots into the buffer; cells without a dot are left as they are.
    pub fn render(&self, area: Rect, buffer: &mut Buffer) {
        for row in 0..self.height.min(area.height.into()) {
            for column in 0..self.width.min(area.width.into()) {
                let at = row * self.width + column;
                let Some(layer) = self.layers.iter().rev().find(|layer| layer.cells[at] != 0) else { continue };
                let symbol = char::from_u32(0x2800 + u32::from(layer.cells[at])).unwrap_or(' ');
                if let Some(cell) = buffer.cell_mut((area.x + column as u16, area.y + row as u16)) {
                    cell.set_char(symbol).set_style(layer.style);
                }
            }
        }
    }
}

/// The part of the way from 0 to 1 on which a coordinate is on a canvas of this size, or next to it.
fn within(from: f64, way: f64, size: f64) -> (f64, f64) {
    if way == 0.0 {
        return if (-1.0..=size).contains(&from) { (0.0, 1.0) } else { (1.0, 0.0) };
    }
    let (a, b) = ((-1.0 - from) / way, (size - from) / way);
    (a.min(b).max(0.0), a.max(b).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_however_long_the_part_on_the_canvas_is_drawn() {
        let mut canvas = Canvas::new(2, 1, &[Style::default()]);
        canvas.segment(0, (-4e12, -4e12), (4e12, 4e12), 1);
        assert_eq!(canvas.layers[0].cells, [0x01 | 0x10, 0x04 | 0x80]);
        canvas.segment(0, (0.0, 5e15), (3.0, 5e15), 1);
        canvas.segment(0, (f64::NAN, 0.0), (3.0, 0.0), 1);
        assert_eq!(canvas.layers[0].cells, [0x01 | 0x10, 0x04 | 0x80]);
    }
}
