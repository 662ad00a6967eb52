//! Screen 1: the curves, the numbers of now, what happened.

use crate::metrics::EpochMetrics;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{Cursor, LaidRun, SMOOTHINGS, State};
use crate::tui::theme::Theme;
use crate::tui::timeline::{self, Ruler, View};
use crate::tui::widgets::chart::{Chart, Unit};
use crate::tui::widgets::curves::Laid;
use crate::tui::widgets::{
    Click, Hits, advice, epochs, frame, header, key_width, messages, now, readout, ready, write,
};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// From this width on the numbers have a column of their own.
const WIDE: u16 = 110;
/// From this height on that column is shared with the epochs.
const TALL: u16 = 30;
/// From this height on, edges included, advice has a panel of its own above the messages; these keep so much.
const ADVICE_PANEL: u16 = 8;
const MESSAGES: u16 = 4;

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
        render_now(state, theme, table, false, buffer, hits);
        render_below(state, theme, below, buffer, hits);
        return;
    }
    let side = (area.width / 5).clamp(30, 46);
    let (left, right) =
        (Rect { width: area.width - side - 1, ..area }, Rect { x: area.right() - side, width: side, ..area });
    let (charts, below) = split_bottom(left, bottom);
    let wall = Rect { x: left.right(), width: 1, height: area.height + 1, ..area };
    render_charts(state, theme, charts, buffer, hits);
    render_below(state, theme, below, buffer, hits);
    let (upper, lower) =
        if area.height >= TALL { split_bottom(right, bottom) } else { (right, split_bottom(right, 0).1) };
    render_now(state, theme, upper, true, buffer, hits);
    if lower.height > 0 {
        edge(state.words.train.epochs, theme, lower, buffer);
        epochs::render(state, theme, padded(below_edge(lower)), buffer, hits);
    }
    frame::wall(wall, theme.border, buffer);
}

/// The numbers of now; those of the cursor while there is one.
fn render_now(state: &State, theme: &Theme, area: Rect, column: bool, buffer: &mut Buffer, hits: &mut Hits) {
    let inside = padded(below_edge(area));
    let Some(Cursor { step, .. }) = state.charts.cursor else {
        edge(state.words.train.now, theme, area, buffer);
        let render = if column { now::render_column } else { now::render_table };
        return render(state, theme, inside, buffer);
    };
    let words = &state.words.charts;
    edge(&(words.at_step)(&format::count(step as u64 + 1)), theme, area, buffer);
    let render = if column { readout::render_column } else { readout::render_table };
    render(state, theme, step, inside, buffer);
    render_key(state, Action::Back, words.hide, theme, Rect { height: 1, ..area }, buffer, hits);
}

/// A key and what it does, at the right end of an edge. Nothing where there is no room.
fn render_key(
    state: &State,
    action: Action,
    label: &str,
    theme: &Theme,
    edge: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let key = state.keys.name(action);
    let width = key_width(&key, label) + 2;
    if width + 12 > edge.width {
        return;
    }
    let row = Rect { x: edge.right() - width - 1, width, ..edge };
    write(buffer, row, &[(" ", theme.dim), (&key, theme.key), (" ", theme.dim), (label, theme.dim), (" ", theme.dim)]);
    hits.add(row, Click::Action(action));
}

fn below_edge(area: Rect) -> Rect {
    split_top(area, 1).1
}

/// The upper edge of a part, joined to whatever is left and right of it, with its name.
fn edge(name: &str, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    frame::rule(Rect { x: area.x - 1, width: area.width + 2, height: 1, ..area }, theme.border, buffer);
    frame::title(name, Rect { x: area.x - 1, ..area }, theme.title, buffer);
}

/// The last messages; above them what there is to say of how the run goes, in a panel where there is room.
fn render_below(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let advice = state.advice();
    let words = &state.words.advice;
    if advice.is_empty() {
        render_messages(state, theme, area, buffer, hits);
        return;
    }
    if area.height < ADVICE_PANEL {
        let inside = padded(below_edge(area));
        edge(words.advice, theme, area, buffer);
        let (above, below) = split_top(inside, 2);
        advice::render_short(&advice, state, theme, above, buffer);
        messages::render(state, theme, below, buffer, hits);
        return;
    }
    let height = advice::height(&advice, state, theme, padded(area).width) + 1;
    let (above, below) = split_top(area, height.min(area.height - MESSAGES));
    edge(words.advice, theme, above, buffer);
    advice::render(&advice, state, theme, padded(below_edge(above)), buffer);
    render_messages(state, theme, below, buffer, hits);
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
    render_zoom(state, theme, accuracy, buffer, hits);
    let best = state.best_epoch().and_then(|best| state.epochs.iter().position(|epoch| epoch == best));
    let ruler = state.ruler();
    let axis_key = state.keys.name(Action::Axis);
    let chart = |series, validation, laid, unit, empty| Chart {
        series,
        validation,
        best,
        marks: &state.marks,
        steps_per_epoch: state.steps_per_epoch(),
        axis: state.axis(),
        axis_key: Some(&axis_key),
        ruler: &ruler,
        view: state.charts.view,
        laid,
        cursor: state.charts.cursor.map(|cursor| cursor.step),
        unit,
        empty,
        words,
        theme,
    };
    let mut render = |chart: Chart<'_>, area: Rect| {
        if let Some((plot, caption)) = chart.render(padded(below_edge(area)), buffer) {
            hits.plots.push(plot);
            hits.add(caption, Click::Action(Action::Axis));
        }
    };
    let laid = |of| state.laid.as_ref().and_then(|laid| laid_under(state, laid, of));
    let (of_loss, of_accuracy) = (laid(Curve::Loss), laid(Curve::Accuracy));
    let (losses, accuracies) = (Curve::Loss.validation(&state.epochs, 0), Curve::Accuracy.validation(&state.epochs, 0));
    let unit = if state.log_scale { Unit::LogLoss } else { Unit::Loss };
    render(chart(&state.loss, &losses, of_loss.as_ref(), unit, words.no_loss), loss);
    render(chart(&state.accuracy, &accuracies, of_accuracy.as_ref(), Unit::Accuracy, words.no_accuracy), accuracy);
}

/// Which of the two.
#[derive(Clone, Copy)]
enum Curve {
    Loss,
    Accuracy,
}

impl Curve {
    /// Steps done and value, an entry an epoch.
    fn validation(self, epochs: &[EpochMetrics], steps_per_epoch: u64) -> Vec<(u64, f64)> {
        let value = |epoch: &EpochMetrics| match self {
            Self::Loss => epoch.validation_loss,
            Self::Accuracy => epoch.validation_accuracy,
        };
        epochs.iter().map(|epoch| (timeline::end_of(epoch, steps_per_epoch), value(epoch))).collect()
    }
}

/// Another run's curve, if it can be told where it lies.
fn laid_under<'a>(state: &State, laid: &'a LaidRun, curve: Curve) -> Option<Laid<'a>> {
    let LaidRun { name, loss, accuracy, epochs, steps_per_epoch } = laid;
    Some(Laid {
        name,
        series: if matches!(curve, Curve::Loss) { loss } else { accuracy },
        validation: curve.validation(epochs, *steps_per_epoch),
        ruler: Ruler::of_other(state.axis(), state.steps_per_epoch(), *steps_per_epoch, epochs)?,
    })
}

/// Which part of the run is shown, and the key that shows all of it.
fn render_zoom(state: &State, theme: &Theme, edge: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let View::Part { steps, end } = state.charts.view else { return };
    let words = &state.words.charts;
    let (from, to) = state.charts.view.range(state.steps());
    let text = match end {
        None => (words.zoomed_newest)(&format::count(steps as u64)),
        Some(_) => (words.zoomed)(&format::count(from as u64 + 1), &format::count(to as u64)),
    };
    let row = Rect { height: 1, ..edge };
    render_key(state, Action::ZoomAll, words.all, theme, row, buffer, hits);
    let key = key_width(&state.keys.name(Action::ZoomAll), words.all) + 4;
    let width = format::width(&text) as u16 + 2;
    if key + width + 12 <= edge.width {
        let row = Rect { x: edge.right() - key - width, width, ..row };
        write(buffer, row, &[(" ", theme.text), (&text, theme.text), (" ", theme.text)]);
    }
}

/// The charts' own keys, in the edge above them.
fn render_chart_keys(state: &State, theme: &Theme, edge: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let smoothing = SMOOTHINGS[state.smoothing];
    let words = &state.words.curves;
    let value = if smoothing == 0.0 { words.off.into() } else { format!("{smoothing}") };
    let scale = if state.log_scale { words.linear } else { words.log };
    let text = (words.smooth)(&value);
    let [less, more, log] =
        [Action::SmoothLess, Action::SmoothMore, Action::LogScale].map(|action| (action, state.keys.shortest(action)));
    let parts: [(&str, Style, Option<Action>); 7] = [
        (" ", theme.dim, None),
        (&less.1, theme.key, Some(less.0)),
        (&text, theme.dim, None),
        (&more.1, theme.key, Some(more.0)),
        (" ", theme.dim, None),
        (&log.1, theme.key, Some(log.0)),
        (scale, theme.dim, Some(log.0)),
    ];
    let width = parts.iter().map(|(text, ..)| format::width(text) as u16).sum::<u16>();
    if width + 12 > edge.width {
        return;
    }
    let mut row = Rect { x: edge.right() - width - 1, width, height: 1, ..edge };
    for (text, style, action) in parts {
        let end = write(buffer, row, &[(text, style)]);
        if let Some(action) = action {
            hits.add(Rect { width: end - row.x, ..row }, Click::Action(action));
        }
        row = Rect { x: end, width: row.right() - end, ..row };
    }
}
