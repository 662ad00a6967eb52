//! A grid of thumbnails, what the net took each for beneath it.

use super::{Click, Hits, line_of, picture, write};
use crate::session::Gallery;
use crate::tui::format;
use crate::tui::state::{Grid, State};
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Cells of a thumbnail's line beneath it, and of the widest thumbnail.
const LABEL: u16 = 14;
/// Cells from one to the next; the gap takes what marks the chosen one.
const SLOT: u16 = LABEL + 1;
/// Lines in which something can be seen, at the least.
const LEAST: u16 = 3;
/// Lines of a thumbnail and what stands beneath it.
pub const LINES: u16 = LABEL / 2 + 1;

/// How many there is room for.
pub fn grid(area: Rect) -> Grid {
    let rows = area.height / (height(area) + 1);
    Grid { columns: columns(area.width).into(), rows: rows.into() }
}

/// How many fit side by side.
pub fn columns(width: u16) -> u16 {
    width.saturating_sub(1) / SLOT
}

/// Cells that so many side by side take.
pub fn width(columns: u16) -> u16 {
    columns * SLOT + 1
}

/// Lines of a picture: less where it would not fit otherwise.
fn height(area: Rect) -> u16 {
    area.height.saturating_sub(1).clamp(LEAST, LABEL / 2)
}

/// Draws them, spread over the area's width.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let grid = grid(area);
    hits.grid = Some(grid);
    if grid.columns == 0 || grid.rows == 0 {
        return;
    }
    let tall = height(area);
    let columns = grid.columns as u16;
    let left = area.x + (area.width - width(columns)) / 2;
    let visible = state.pictures.visible(grid);
    for (number, place) in visible.enumerate() {
        let Some(&index) = state.pictures.shown().get(place) else { continue };
        let (column, row) = (number as u16 % columns, number as u16 / columns);
        let slot = Rect { x: left + column * SLOT, y: area.y + row * (tall + 1), width: SLOT + 1, height: tall + 1 };
        render_one(state, theme, index, place == state.pictures.at(), slot, buffer);
        hits.add(Rect { x: slot.x + 1, width: LABEL, ..slot }, Click::Thumbnail(place));
    }
}

fn render_one(state: &State, theme: &Theme, index: u32, is_chosen: bool, slot: Rect, buffer: &mut Buffer) {
    let Some((pixels, truth)) = state.pictures.picture(index) else { return };
    let tall = slot.height - 1;
    let place = Rect { x: slot.x + 1 + (LABEL / 2 - tall).min(1), width: 2 * tall, height: tall, ..slot };
    picture::render(pixels, Gallery::SIDE, place, theme, buffer);
    if is_chosen {
        // Told by its shape as well: walls at both sides.
        for y in place.y..place.bottom() {
            buffer.set_string(place.x - 1, y, "▐", theme.key);
            buffer.set_string(place.right(), y, "▌", theme.key);
        }
    }
    let (mark, style, class) = match state.pictures.answer(index).map(|answer| answer.taken()) {
        Some(taken) if taken == truth => ("✔", theme.good, taken),
        Some(taken) => ("✘", theme.bad, taken),
        None => (" ", theme.dim, truth),
    };
    let text = if mark == " " { theme.dim } else { theme.text };
    let (style, text) = if is_chosen { (theme.selected, theme.selected) } else { (style, text) };
    // In line with the picture.
    let label = Rect { x: place.x, width: slot.right() - 1 - place.x, ..line_of(slot, tall) };
    let room = usize::from(label.width) - 2;
    // The bar of the chosen one ends with its picture, if its name does.
    let least = room.min(usize::from(place.width) - 2);
    let name = format!(" {}", format::pad(&format::truncate(&state.class_name(class), room), least));
    write(buffer, label, &[(mark, style), (&name, text)]);
}
