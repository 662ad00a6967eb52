//! Screen 1: the curves, the numbers of now, what happened.

use crate::metrics::EpochMetrics;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{SMOOTHINGS, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::chart::{Chart, Unit};
use crate::tui::widgets::{Click, Hits, epochs, frame, header, messages, now, ready, write};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// From this width on the numbers have a column of their own.
const WIDE: u16 = 110;
/// From this height on that column is shared with the epochs.
const TALL: u16 = 30;

/// Draws the screen into the inside of the frame.
pub fn render(state: &State, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    if state.run.is_some() {
        let (above, below) = split_top(inside, 2);
        header::render(state, theme, padded(above), buffer);
        render_run(state, theme, below, buffer, hits);
    } else {
        let (above, below) = split_bottom(inside, messages_height(inside.height) + 1);
        ready::render(state, theme, above, buffer, hits);
        render_messages(state, theme, below, buffer, hits);
    }
}

/// An area without its first and last column.
fn padded(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
}

fn split_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    split_top(area, area.height.saturating_sub(height))
}

fn messages_height(height: u16) -> u16 {
    if height < 26 { 3 } else { (height / 4).min(16) }
}

/// Everything beneath the header. Each part's first row is its upper edge.
fn render_run(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let bottom = messages_height(area.height) + 1;
    if area.width < WIDE {
        let (rest, below) = split_bottom(area, bottom);
        let (charts, table) = split_bottom(rest, now::TABLE_ROWS + 1);
        render_charts(state, theme, charts, buffer, hits);
        edge(state.words.train.now, theme, table, buffer);
        now::render_table(state, theme, padded(below_edge(table)), buffer);
        render_messages(state, theme, below, buffer, hits);
        return;
    }
    let side = (area.width / 5).clamp(30, 46);
    let (left, right) =
        (Rect { width: area.width - side - 1, ..area }, Rect { x: area.right() - side, width: side, ..area });
    let (charts, below) = split_bottom(left, bottom);
    let wall = Rect { x: left.right(), width: 1, height: area.height + 1, ..area };
    render_charts(state, theme, charts, buffer, hits);
    render_messages(state, theme, below, buffer, hits);
    let (upper, lower) =
        if area.height >= TALL { split_bottom(right, bottom) } else { (right, split_bottom(right, 0).1) };
    edge(state.words.train.now, theme, upper, buffer);
    now::render_column(state, theme, padded(below_edge(upper)), buffer);
    if lower.height > 0 {
        edge(state.words.train.epochs, theme, lower, buffer);
        epochs::render(state, theme, padded(below_edge(lower)), buffer, hits);
    }
    frame::wall(wall, theme.border, buffer);
}

fn below_edge(area: Rect) -> Rect {
    split_top(area, 1).1
}

/// The upper edge of a part, joined to whatever is left and right of it, with its name.
fn edge(name: &str, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    frame::rule(Rect { x: area.x - 1, width: area.width + 2, height: 1, ..area }, theme.border, buffer);
    frame::title(name, Rect { x: area.x - 1, ..area }, theme.title, buffer);
}

fn render_messages(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let hidden = messages::hidden_below(state, area.height.saturating_sub(1));
    let words = &state.words.train;
    let name = if hidden > 0 { (words.more_messages)(hidden) } else { words.messages.into() };
    edge(&name, theme, area, buffer);
    messages::render(state, theme, padded(below_edge(area)), buffer, hits);
}

/// Side by side; one above the other where the space is rather high than wide.
fn render_charts(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let stacked = area.width < WIDE && area.height >= 26;
    let (loss, accuracy) = if stacked {
        split_top(area, area.height / 2)
    } else {
        let width = area.width.div_ceil(2) - 1;
        let right = Rect { x: area.x + width + 1, width: area.width - width - 1, ..area };
        (Rect { width, ..area }, right)
    };
    let words = &state.words.curves;
    edge(words.loss, theme, loss, buffer);
    edge(words.accuracy, theme, accuracy, buffer);
    if !stacked {
        frame::wall(Rect { x: loss.right(), width: 1, height: area.height + 1, ..area }, theme.border, buffer);
    }
    render_chart_keys(state, theme, loss, buffer, hits);
    let steps_per_epoch = state.run.as_ref().map_or(0, |run| run.steps_per_epoch);
    let best = state.best_epoch().and_then(|best| state.epochs.iter().position(|epoch| epoch == best));
    let chart = |series, validation, unit, empty| Chart {
        series,
        validation,
        best,
        marks: &state.marks,
        steps_per_epoch,
        unit,
        empty,
        words,
        theme,
    };
    let points = |value: fn(&EpochMetrics) -> f64| -> Vec<(u64, f64)> {
        state.epochs.iter().map(|epoch| (epoch.step, value(epoch))).collect()
    };
    let (losses, accuracies) = (points(|epoch| epoch.validation_loss), points(|epoch| epoch.validation_accuracy));
    let unit = if state.log_scale { Unit::LogLoss } else { Unit::Loss };
    chart(&state.loss, &losses, unit, words.no_loss).render(padded(below_edge(loss)), buffer);
    chart(&state.accuracy, &accuracies, Unit::Accuracy, words.no_accuracy).render(padded(below_edge(accuracy)), buffer);
}

/// The charts' own keys, in the edge above them.
fn render_chart_keys(state: &State, theme: &Theme, edge: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let smoothing = SMOOTHINGS[state.smoothing];
    let words = &state.words.curves;
    let value = if smoothing == 0.0 { words.off.into() } else { format!("{smoothing}") };
    let scale = if state.log_scale { words.linear } else { words.log };
    let text = (words.smooth)(&value);
    let width = (format::width(&text) + 2 + 2 + format::width(scale)) as u16 + 1;
    if width + 12 > edge.width {
        return;
    }
    let x = edge.right() - width - 1;
    let row = Rect { x, width, height: 1, ..edge };
    let (key, dim) = (theme.key, theme.dim);
    write(buffer, row, &[(" <", key), (&text, dim), (">", key), ("─", theme.border), (" L", key), (scale, dim)]);
    let at = |from: u16, width: u16| Rect { x: x + from, width, ..row };
    let smooth = format::width(&text) as u16 + 2;
    hits.add(at(0, 2), Click::Action(Action::SmoothLess));
    hits.add(at(smooth, 1), Click::Action(Action::SmoothMore));
    hits.add(at(smooth + 2, 2 + format::width(scale) as u16), Click::Action(Action::LogScale));
}
