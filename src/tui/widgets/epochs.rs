//! A row for each epoch that is over, the best one starred.

use super::{Click, Hits, line_of, write, write_right};
use crate::metrics::EpochMetrics;
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::words::TrainWords;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A column: its name, its width, and what stands in it.
type Column = (fn(&TrainWords) -> &'static str, usize, fn(&EpochMetrics) -> String);

/// From the left; the first of them are left out where there is no room.
const COLUMNS: [Column; 6] = [
    (|words| words.rate, 9, |epoch| format::rate(epoch.learning_rate)),
    (|words| words.time, 9, |epoch| format::duration(epoch.seconds)),
    (|words| words.train_loss, 12, |epoch| format::number(epoch.train_loss)),
    (|words| words.train_acc, 11, |epoch| format::percent(epoch.train_accuracy)),
    (|words| words.val_loss, 9, |epoch| format::number(epoch.validation_loss)),
    (|words| words.val_acc, 10, |epoch| format::percent(epoch.validation_accuracy)),
];
/// Star and number.
const FIRST: usize = 6;

/// Draws the table with as many of the last epochs as there is room for; a click opens an epoch's matrix.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    if area.height < 2 {
        return;
    }
    let words = &state.words.train;
    if state.epochs.is_empty() {
        let lines = format::wrap(words.no_epochs, area.width.into());
        for (line, text) in lines.iter().enumerate() {
            let row = line_of(area, line as u16);
            write(buffer, row, &[(text, theme.faint)]);
        }
        return;
    }
    let named = COLUMNS.map(|(name, width, value)| (name(words), width.max(format::width(name(words)) + 1), value));
    let mut columns = &named[..];
    while FIRST + columns.iter().map(|(_, width, _)| width).sum::<usize>() > area.width.into() && columns.len() > 1 {
        columns = &columns[1..];
    }
    let heading = cells(columns.iter().map(|&(name, width, _)| (name.to_owned(), width)));
    write(buffer, line_of(area, 0), &[(&format::pad_left(words.epoch, FIRST - 1), theme.faint)]);
    write_right(buffer, line_of(area, 0), &[(&heading, theme.faint)]);
    let best = state.best_epoch().map(|best| best.epoch);
    let shown = usize::from(area.height) - 1;
    let skipped = state.epochs.len().saturating_sub(shown);
    for (line, epoch) in state.epochs[skipped..].iter().enumerate() {
        let row = line_of(area, line as u16 + 1);
        hits.add(row, Click::Epoch(epoch.epoch));
        let is_best = best == Some(epoch.epoch);
        let style = if is_best { theme.best } else { theme.text };
        let values = cells(columns.iter().map(|&(_, width, value)| (value(epoch), width)));
        write(buffer, row, &[(if is_best { "★" } else { " " }, style), (&format!("{:>4}", epoch.epoch), style)]);
        write_right(buffer, row, &[(&values, style)]);
    }
}

/// Each text at the right end of its column.
fn cells(columns: impl Iterator<Item = (String, usize)>) -> String {
    columns.fold(String::new(), |line, (text, width)| line + &format::pad_left(&text, width))
}
