//! Two runs beside each other: what came of them, and the settings in which they differ.

use super::details::{below, render_chart};
use super::look;
use super::table::{epochs, when};
use crate::config::{differing, written};
use crate::session::RunRow;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::widgets::chart::Unit;
use crate::tui::widgets::keys::KeyRow;
use crate::tui::widgets::{Hits, frame, line_of, write};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Cells of a run's column at the most.
const COLUMN: u16 = 44;
/// Lines of a chart with its name, at the least.
const CHART: u16 = 10;
/// Cells between two charts.
const GAP: u16 = 3;
const MISSING: &str = "–";

/// A line: what it is about, and what each of the two says, with how it is to be read.
struct Line {
    name: String,
    values: [(String, Style); 2],
}

/// Draws it into the inside of the frame.
pub fn render(state: &State, pair: [&RunRow; 2], theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let words = &state.words.runs;
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let keys = [(Action::Mark, words.unmark), (Action::Back, words.table)];
    KeyRow { state, theme, keys: &keys }.render_right(line_of(area, 0), buffer, hits);
    write(buffer, line_of(area, 0), &[(words.beside, theme.title)]);

    let results = results(state, pair, theme);
    let settings = settings(pair, theme);
    let names = results.iter().chain(&settings).map(|line| format::width(&line.name)).max().unwrap_or(0) as u16 + 2;
    let column = (area.width.saturating_sub(names) / 2).min(COLUMN);
    let columns = Columns { names, column };
    let heads = pair.map(|row| (row.name.clone(), theme.title));
    columns.render(&Line { name: String::new(), values: heads }, theme, line_of(area, 2), buffer);
    let mut y = 3;
    for line in &results {
        columns.render(line, theme, line_of(area, y), buffer);
        y += 1;
    }
    frame::rule(Rect { x: inside.x - 1, y: inside.y + y, width: inside.width + 2, height: 1 }, theme.border, buffer);
    let edge = Rect { x: inside.x - 1, y: inside.y + y, width: inside.width, height: 1 };
    frame::title(words.setting, edge, theme.title, buffer);
    let mut rest = below(area, y + 1);
    // The losses beside each other, where the settings leave room for them.
    let left = rest.height.saturating_sub(settings.len().max(1) as u16 + 1);
    if left >= CHART {
        let height = left.min(CHART * 2);
        rest.height -= height;
        let width = area.width.saturating_sub(GAP) / 2;
        for (row, x) in pair.into_iter().zip([area.x, area.right().saturating_sub(width)]) {
            let place = Rect { x, y: rest.bottom(), width, height };
            render_chart(state, row, Unit::Loss, theme, place, buffer, hits);
            let title = Rect { x: x + format::width(words.loss) as u16 + 2, height: 1, ..place };
            write(buffer, title, &[(&format::truncate(&row.name, 24), theme.dim)]);
        }
    }
    if settings.is_empty() {
        let known = pair.iter().all(|row| row.config.is_some());
        let text = if known { words.nothing_differs } else { words.no_config };
        write(buffer, line_of(rest, 0), &[(text, theme.dim)]);
    }
    let first = state.runs.scroll.min(settings.len().saturating_sub(rest.height.into()));
    for (line, setting) in settings.iter().skip(first).enumerate() {
        columns.render(setting, theme, line_of(rest, line as u16), buffer);
    }
    if settings.len() > first + usize::from(rest.height) {
        let hidden = settings.len() - first - usize::from(rest.height);
        let edge = Rect { x: area.right().saturating_sub(8), width: 7, ..edge };
        write(buffer, edge, &[(&format!(" ↓ {hidden} "), theme.dim)]);
    }
}

struct Columns {
    names: u16,
    column: u16,
}

impl Columns {
    fn render(&self, line: &Line, theme: &Theme, row: Rect, buffer: &mut Buffer) {
        write(buffer, row, &[(&line.name, theme.dim)]);
        for ((value, style), at) in line.values.iter().zip(0..) {
            let x = row.x + self.names + at * self.column;
            let place = Rect { x, width: self.column.saturating_sub(2), ..row };
            write(buffer, place, &[(&format::truncate(value, place.width.into()), *style)]);
        }
    }
}

/// What came of each; the better of two numbers is marked.
fn results(state: &State, pair: [&RunRow; 2], theme: &Theme) -> Vec<Line> {
    let words = &state.words.runs;
    let plain = |name: &str, text: &dyn Fn(&RunRow) -> String| Line {
        name: name.into(),
        values: pair.map(|row| (text(row), theme.text)),
    };
    let better = |name: &str, value: &dyn Fn(&RunRow) -> Option<f64>, write: fn(f64) -> String, sign: f64| {
        let values = pair.map(value);
        let lead = match values {
            [Some(a), Some(b)] if a.is_finite() && b.is_finite() && a.to_bits() != b.to_bits() => {
                Some(usize::from((b - a) * sign > 0.0))
            }
            _ => None,
        };
        let cell = |at: usize| {
            let text = values[at].map_or_else(|| MISSING.into(), write);
            if lead == Some(at) { (format!("{text} ★"), theme.best) } else { (text, theme.text) }
        };
        Line { name: name.into(), values: [cell(0), cell(1)] }
    };
    let best = |row: &RunRow| state.best_of(row).copied();
    vec![
        Line {
            name: words.state.into(),
            values: pair.map(|row| {
                let (symbol, word, style) = look(state, row, theme);
                (format!("{symbol} {word}"), style)
            }),
        },
        plain(words.changed, &|row| when(state, row.changed, true)),
        plain(words.epochs, &|row| epochs(state, row)),
        better(words.best_accuracy, &|row| Some(best(row)?.validation_accuracy), format::percent, 1.0),
        better(words.its_val_loss, &|row| Some(best(row)?.validation_loss), format::number, -1.0),
        plain(words.its_train_accuracy, &|row| {
            best(row).map_or_else(|| MISSING.into(), |epoch| format::percent(epoch.train_accuracy))
        }),
        better(words.test, &|row| state.runs.test_accuracy(row), format::percent, 1.0),
        plain(words.time, &|row| format::duration(state.seconds_of(row))),
        plain(words.size, &|row| format::bytes(row.bytes)),
    ]
}

fn settings(pair: [&RunRow; 2], theme: &Theme) -> Vec<Line> {
    let configs = pair.map(|row| row.config.as_deref());
    let line = |(field, values): crate::config::Differing| {
        let text = |at: usize| values.get(at).cloned().flatten().as_ref().map_or_else(|| MISSING.into(), written);
        Line { name: field.key.into(), values: [(text(0), theme.text), (text(1), theme.text)] }
    };
    differing(&configs).into_iter().map(line).collect()
}
