//! One run: its curves large, its epochs, its settings, and what the test came to.

use super::details::{self, below};
use crate::metrics::{ClassMetrics, EpochMetrics};
use crate::session::RunRow;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::widgets::chart::Unit;
use crate::tui::widgets::header::render_bar;
use crate::tui::widgets::keys::KeyRow;
use crate::tui::widgets::{Hits, line_of, write, write_right};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Cells of a column beneath the curves, at the least.
const COLUMN: u16 = 34;
/// Lines beneath the curves that the numbers, the settings and the classes need.
const BELOW: u16 = 20;
/// Cells that the name keeps beside the keys.
const NAME: u16 = 20;
/// Cells between two of them.
const GAP: u16 = 3;

/// Draws it into the inside of the frame.
pub fn render(state: &State, row: &RunRow, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let words = &state.words.runs;
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mut keys = super::actions(state);
    keys.retain(|(action, _)| *action != Action::Confirm && state.possible(*action).is_ok());
    let moves = [(Action::Up, words.before), (Action::Down, words.next), (Action::Back, words.table)];
    let line = line_of(area, 0);
    keys.extend(moves);
    let width = |keys: &[(Action, &str)]| KeyRow { state, theme, keys }.width();
    while width(&keys) + NAME > line.width && keys.len() > moves.len() {
        keys.remove(keys.len() - moves.len() - 1);
    }
    let begin = KeyRow { state, theme, keys: &keys }.render_right(line, buffer, hits);
    let room = usize::from(begin.saturating_sub(line.x + 2));
    let place = state.runs_shown().iter().position(|other| other.folder == row.folder).unwrap_or(0) + 1;
    let end = write(buffer, line, &[(&format::truncate(&row.name, room), theme.title)]);
    let of = format!("  {place}/{}", state.runs_shown().len());
    if usize::from(end - line.x) + of.len() <= room {
        write(buffer, Rect { x: end, width: line.right() - end, ..line }, &[(&of, theme.dim)]);
    }
    let rest = below(area, 1);
    let lines = state.epochs_of(row).len() as u16 + 1;
    let spare = rest.height.saturating_sub(lines.max(BELOW));
    let height = (rest.height * 9 / 20).max(spare).max(9).min(rest.height);
    render_charts(state, row, theme, Rect { height, ..rest }, buffer, hits);
    render_below(state, row, theme, below(rest, height), buffer);
}

fn render_charts(state: &State, row: &RunRow, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let width = area.width.saturating_sub(GAP) / 2;
    let right = Rect { x: area.right().saturating_sub(width), width, ..area };
    details::render_chart(state, row, Unit::Loss, theme, Rect { width, ..area }, buffer, hits);
    details::render_chart(state, row, Unit::Accuracy, theme, right, buffer, hits);
}

/// Epochs, numbers, settings and the test, in as many columns as there is room for.
fn render_below(state: &State, row: &RunRow, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let words = &state.words.runs;
    let test = state.runs.test_of_best(row).or(row.test.as_ref()).filter(|test| !test.classes.is_empty());
    let columns = (area.width / (COLUMN + GAP)).clamp(2, 4);
    let width = (area.width - GAP * (columns - 1)) / columns;
    let column = |at: u16| Rect { x: area.x + at * (width + GAP), width, ..area };
    render_epochs(state, row, theme, column(0), buffer);
    let settings = |place: Rect, buffer: &mut Buffer| {
        if place.height < 2 {
            return;
        }
        write(buffer, line_of(place, 0), &[(words.settings, theme.title)]);
        details::render_settings(state, row, theme, below(place, 1), buffer);
    };
    let facts = |place: Rect, buffer: &mut Buffer| {
        let lines = details::render_facts(state, row, theme, place, buffer);
        lines + details::render_trouble(row, theme, below(place, lines + 1), buffer)
    };
    let classes = |place: Rect, buffer: &mut Buffer| {
        if let Some(test) = test {
            write(buffer, line_of(place, 0), &[(words.recall, theme.title)]);
            render_classes(&test.classes, theme, below(place, 1), buffer);
        }
    };
    match columns {
        2 | 3 => {
            let lines = facts(column(1), buffer);
            settings(below(column(1), lines + 1), buffer);
            if columns == 3 {
                classes(column(2), buffer);
            }
        }
        _ => {
            facts(column(1), buffer);
            settings(column(2), buffer);
            classes(column(3), buffer);
        }
    }
}

/// A column: its name, and what stands in it.
type Column = (&'static str, fn(&EpochMetrics) -> String);

/// A row for each epoch, the best one starred.
fn render_epochs(state: &State, row: &RunRow, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let words = &state.words.runs;
    let epochs = state.epochs_of(row);
    let head = line_of(area, 0);
    write(buffer, head, &[(words.epoch, theme.faint)]);
    if epochs.is_empty() {
        write(buffer, line_of(area, 1), &[(words.no_epoch, theme.faint)]);
        return;
    }
    let all: [Column; 5] = [
        (words.rate, |epoch| format::rate(epoch.learning_rate)),
        (words.train_loss, |epoch| format::number(epoch.train_loss)),
        (words.train_accuracy, |epoch| format::percent(epoch.train_accuracy)),
        (words.val_loss, |epoch| format::number(epoch.validation_loss)),
        (words.val_accuracy, |epoch| format::percent(epoch.validation_accuracy)),
    ];
    let cells = |name: &str| format::width(name).max(8) + 2;
    let mut columns = &all[..];
    while 6 + columns.iter().map(|(name, _)| cells(name)).sum::<usize>() > area.width.into() && columns.len() > 1 {
        columns = &columns[1..];
    }
    let best = state.best_of(row).map(|best| best.epoch);
    let shown = usize::from(area.height.saturating_sub(1));
    let first = epochs.len().saturating_sub(shown);
    let mut right = area.right();
    for (name, value) in columns.iter().rev() {
        let width = cells(name) as u16;
        let place = Rect { x: right.saturating_sub(width), width, ..area };
        write_right(buffer, line_of(place, 0), &[(name, theme.faint)]);
        for (line, epoch) in epochs.iter().skip(first).enumerate() {
            let style = if best == Some(epoch.epoch) { theme.best } else { theme.text };
            write_right(buffer, line_of(place, line as u16 + 1), &[(&value(epoch), style)]);
        }
        right = place.x;
    }
    for (line, epoch) in epochs.iter().skip(first).enumerate() {
        let is_best = best == Some(epoch.epoch);
        let style = if is_best { theme.best } else { theme.text };
        let star = if is_best { "★" } else { " " };
        write(buffer, line_of(area, line as u16 + 1), &[(star, style), (&format!("{:>4}", epoch.epoch), style)]);
    }
}

/// How many of each class were right, as a bar.
fn render_classes(classes: &[ClassMetrics], theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let names = classes.iter().map(|class| format::width(&class.name)).max().unwrap_or(0).min(14) as u16 + 1;
    for (line, class) in classes.iter().enumerate() {
        let place = line_of(area, line as u16);
        write(buffer, place, &[(&format::truncate(&class.name, names.into()), theme.dim)]);
        let percent = format!("{:>9}", format::percent(class.recall));
        write_right(buffer, place, &[(&percent, theme.text)]);
        if let Some(width) = place.width.checked_sub(names + 10) {
            let bar = Rect { x: place.x + names, width, ..place };
            render_bar(class.recall, bar, theme.evaluation, theme.border, buffer);
        }
    }
}
