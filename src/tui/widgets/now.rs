//! The numbers of now: a column where there is room, a small table where there is not.

use super::header::render_bar;
use super::{line_of, write, write_pair};
use crate::metrics::Split;
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Rows of the table.
pub const TABLE_ROWS: u16 = 3;

/// What stands where there is no number yet.
const MISSING: &str = "–";
/// What went wrong, as numbers are written.
const NOT_A_NUMBER: &str = "NaN";

struct Pair {
    name: String,
    value: String,
    style: Style,
}

/// Draws the column. Where it is too short, first the gaps go, then the last groups.
pub fn render_column(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let groups = groups(state, theme);
    let pairs: usize = groups.iter().map(Vec::len).sum();
    let gap = u16::from(pairs + groups.len() - 1 <= area.height.into());
    let mut line = 0;
    for group in groups {
        for pair in group {
            let row = line_of(area, line);
            if row.height > 0 {
                write_value(theme, &pair.name, &pair.value, pair.style, row, buffer);
            }
            line += 1;
        }
        line += gap;
    }
    let rest = Rect { y: area.y + line.min(area.height), height: area.height.saturating_sub(line), ..area };
    let rest = render_step(state, theme, rest, buffer);
    render_recalls(state, theme, rest, buffer);
}

/// Where the time of a step goes, as a bar with a line for each part, where there is room. Returns the rest.
fn render_step(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Rect {
    let (words, times) = (&state.words.charts, state.snapshot.step_times);
    let parts = [
        ("█", words.data, times.data, theme.evaluation),
        ("▓", words.forward, times.forward, theme.train),
        ("▒", words.backward, times.backward, theme.validation),
        ("░", words.optimizer, times.optimizer, theme.best),
    ];
    let total: f64 = parts.iter().map(|(_, _, seconds, _)| seconds).sum();
    let names = parts.len() as u16;
    let height = if area.height < names + 2 { 3 } else { names + 2 };
    if total <= 0.0 || area.height < height {
        return area;
    }
    write_pair(
        buffer,
        line_of(area, 0),
        (words.step_time, theme.faint),
        (&format!("{} ms", format::milliseconds(total)), theme.text),
    );
    let (mut x, mut sum) = (area.x, 0.0);
    for (symbol, _, seconds, style) in parts {
        sum += seconds;
        let end = area.x + (sum / total * f64::from(area.width)).round() as u16;
        let row = Rect { x, width: end.saturating_sub(x), ..line_of(area, 1) };
        write(buffer, row, &[(&symbol.repeat(row.width.into()), style)]);
        x = end.max(x);
    }
    if height < names + 2 {
        // The parts in one line, in the order of the bar.
        let percent = parts.map(|(_, _, seconds, _)| (100.0 * seconds / total).round() as u32);
        write(buffer, line_of(area, 2), &[(&(words.parts)(percent), theme.dim)]);
        return Rect { y: area.y + height, height: area.height - height, ..area };
    }
    for (place, (symbol, name, seconds, style)) in parts.into_iter().enumerate() {
        let row = line_of(area, place as u16 + 2);
        write_pair(buffer, row, ("", style), (&format::share(seconds / total), theme.text));
        write(buffer, row, &[(symbol, style), (" ", style), (name, theme.dim)]);
    }
    let used = height + u16::from(area.height > height);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// How many of each class were right in the last pass, where there is room for all of them.
fn render_recalls(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    const NAME: u16 = 11;
    let Some(recalls) = &state.recalls else { return };
    if recalls.classes.is_empty() || recalls.classes.len() + 1 > area.height.into() || area.width < NAME + 14 {
        return;
    }
    let heading = (state.words.train.right_by_class)(state.words.common.split(recalls.split));
    write(buffer, line_of(area, 0), &[(&heading, theme.faint)]);
    for (line, (name, recall)) in recalls.classes.iter().enumerate() {
        let row = line_of(area, line as u16 + 1);
        let value = format!("{:>5.1} %", recall * 100.0);
        let name = format::truncate(name, NAME.into());
        write_pair(buffer, row, (&name, theme.dim), (&value, theme.text));
        let bar = Rect { x: row.x + NAME + 1, width: row.width - NAME - 9, ..row };
        let style = if recalls.split == Split::Validation { theme.validation } else { theme.evaluation };
        render_bar(*recall, bar, style, theme.border, buffer);
    }
}

/// Draws the table: training, validation, test and the machine side by side.
pub fn render_table(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    const GAP: u16 = 2;
    let values = Values::of(state);
    let words = &state.words.train;
    let best = state.best_epoch().map_or_else(|| words.best.into(), |best| (words.best_is)(best.epoch));
    let [train_acc, val_acc, test_acc] = words.acc_below;
    let columns: [[(&str, &str, Style); 3]; 4] = [
        [
            (words.train_loss, &values.train_loss, theme.train),
            (train_acc, &values.train_accuracy, theme.train),
            (words.grad_norm, &values.gradient_norm, theme.text),
        ],
        [
            (words.val_loss, &values.validation_loss, theme.validation),
            (val_acc, &values.validation_accuracy, theme.validation),
            (&best, &values.best_accuracy, theme.best),
        ],
        [
            (words.test_loss, &values.test_loss, theme.evaluation),
            (test_acc, &values.test_accuracy, theme.evaluation),
            (words.rate, &values.learning_rate, theme.text),
        ],
        [
            (words.speed, &values.speed, theme.text),
            (words.memory, &values.memory, theme.text),
            (words.cpu, &values.cpu, theme.text),
        ],
    ];
    let width = (area.width + GAP) / columns.len() as u16 - GAP;
    for (column, pairs) in columns.iter().enumerate() {
        let x = area.x + column as u16 * (width + GAP);
        for (line, &(name, value, style)) in pairs.iter().enumerate() {
            let row = line_of(area, line as u16);
            if row.height > 0 {
                write_value(theme, name, value, style, Rect { x, width, ..row }, buffer);
            }
        }
    }
}

fn write_value(theme: &Theme, name: &str, value: &str, style: Style, row: Rect, buffer: &mut Buffer) {
    let style = match value {
        MISSING => theme.faint,
        NOT_A_NUMBER => theme.bad,
        _ => style,
    };
    write_pair(buffer, row, (name, theme.dim), (value, style));
}

/// Every number, written out; `–` where there is none yet.
struct Values {
    train_loss: String,
    train_accuracy: String,
    validation_loss: String,
    validation_accuracy: String,
    best_accuracy: String,
    test_loss: String,
    test_accuracy: String,
    gradient_norm: String,
    learning_rate: String,
    speed: String,
    memory: String,
    cpu: String,
}

impl Values {
    fn of(state: &State) -> Self {
        let written = |value: Option<f64>, how: &dyn Fn(f64) -> String| value.map_or_else(|| MISSING.to_owned(), how);
        let validation = state.epochs.last();
        Self {
            train_loss: written(state.running.loss(), &format::number),
            train_accuracy: written(state.running.accuracy(), &format::percent),
            validation_loss: written(validation.map(|epoch| epoch.validation_loss), &format::number),
            validation_accuracy: written(validation.map(|epoch| epoch.validation_accuracy), &format::percent),
            best_accuracy: written(state.best_epoch().map(|best| best.validation_accuracy), &format::percent),
            test_loss: written(state.evaluation.as_ref().map(|result| result.loss), &format::number),
            test_accuracy: written(state.evaluation.as_ref().map(|result| result.accuracy), &format::percent),
            gradient_norm: written(state.gradient_norm, &format::number),
            learning_rate: format::rate(state.learning_rate()),
            speed: written(Some(state.snapshot.images_per_second).filter(|speed| *speed > 0.0), &|speed| {
                (state.words.common.speed)(&format::speed(speed))
            }),
            memory: state.usage.map_or_else(|| MISSING.into(), |usage| format::bytes(usage.memory)),
            cpu: state.usage.map_or_else(|| MISSING.into(), |usage| format!("{} %", usage.cpu)),
        }
    }
}

fn groups(state: &State, theme: &Theme) -> Vec<Vec<Pair>> {
    let values = Values::of(state);
    let pair = |name: &str, value: String, style| Pair { name: name.into(), value, style };
    let words = &state.words.train;
    let best = state.best_epoch().map_or_else(|| words.best.into(), |best| (words.best_epoch)(best.epoch));
    let split = state.evaluation.as_ref().map_or(Split::Test, |result| result.split);
    let split = state.words.common.split(split);
    let mut tested = vec![
        pair(&(words.loss_of)(split), values.test_loss, theme.evaluation),
        pair(&(words.accuracy_of)(split), values.test_accuracy, theme.evaluation),
    ];
    if let Some(result) = &state.evaluation {
        tested.push(pair(&format!("  {}", words.at_step), format::count(result.step), theme.text));
    }
    vec![
        vec![
            pair(words.epochs_train_loss, values.train_loss, theme.train),
            pair(words.epochs_train_accuracy, values.train_accuracy, theme.train),
        ],
        vec![
            pair(words.validation_loss, values.validation_loss, theme.validation),
            pair(words.validation_accuracy, values.validation_accuracy, theme.validation),
            pair(&format!("  {best}"), values.best_accuracy, theme.best),
        ],
        tested,
        vec![
            pair(words.gradient_norm, values.gradient_norm, theme.text),
            pair(words.learning_rate, values.learning_rate, theme.text),
            pair(words.speed, values.speed, theme.text),
        ],
        vec![pair(words.memory, values.memory, theme.text), pair(words.cpu, values.cpu, theme.text)],
    ]
}
