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
        let (dx, dy) = (to.0 as f64 - from.0 as f64, to.1 as f64 - from.1 as f64);
        let dots = dx.abs().max(dy.abs()).max(1.0);
        for dot in 0..=dots as usize {
            let along = dot as f64 / dots;
            self.dot(
                layer,
                (from.0 as f64 + dx * along).round() as usize,
                (from.1 as f64 + dy * along).round() as usize,
            );
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
