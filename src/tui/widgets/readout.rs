//! What the cursor reads off the curves, in place of the numbers of now.

use super::{line_of, write_pair};
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What stands where there is no number.
const MISSING: &str = "–";
/// Cells between two columns of the table.
const GAP: u16 = 2;

/// Every number at a step, written out.
struct Values {
    epoch: String,
    time: String,
    rate: String,
    loss: [String; 2],
    accuracy: [String; 2],
    validation: Option<[String; 3]>,
}

impl Values {
    fn of(state: &State, step: usize) -> Self {
        let steps_per_epoch = state.steps_per_epoch();
        let epoch = (step as u64).checked_div(steps_per_epoch).map_or_else(
            || MISSING.to_owned(),
            |before| {
                let within = step as u64 - before * steps_per_epoch + 1;
                format!("{} · {:.0} %", before + 1, 100.0 * within as f64 / steps_per_epoch as f64)
            },
        );
        let clock = &state.charts.clock;
        let read = |series: &crate::tui::series::Series, how: fn(f64) -> String| {
            let column = series.column(step, step + 1);
            let value = |value: Option<f64>| value.map_or_else(|| "NaN".to_owned(), how);
            [value(column.map(|column| column.low)), value(column.map(|column| column.average))]
        };
        Self {
            epoch,
            time: if clock.is_known() { format::duration(clock.at(step as f64 + 1.0)) } else { MISSING.into() },
            rate: state.charts.rate(step).map_or_else(|| MISSING.into(), format::rate),
            loss: read(&state.loss, format::number),
            accuracy: read(&state.accuracy, format::percent),
            validation: state.validation_at(step).map(|epoch| {
                [
                    format::number(epoch.validation_loss),
                    format::percent(epoch.validation_accuracy),
                    epoch.epoch.to_string(),
                ]
            }),
        }
    }
}

fn pair(row: Rect, name: &str, value: &str, theme: &Theme, style: Style, buffer: &mut Buffer) {
    let style = if value == MISSING { theme.faint } else { style };
    if row.height > 0 {
        write_pair(buffer, row, (name, theme.dim), (value, style));
    }
}

/// Draws it as a column. Where it is too short, the gaps go.
pub fn render_column(state: &State, theme: &Theme, step: usize, area: Rect, buffer: &mut Buffer) {
    let (values, words) = (Values::of(state, step), &state.words.charts);
    let [loss, smoothed_loss] = &values.loss;
    let [accuracy, smoothed_accuracy] = &values.accuracy;
    let missing = [MISSING; 3].map(String::from);
    let [validation_loss, validation_accuracy, validated] = values.validation.as_ref().unwrap_or(&missing);
    let groups: [&[(&str, &str, Style)]; 4] = [
        &[
            (words.epoch, &values.epoch, theme.text),
            (words.training_time, &values.time, theme.text),
            (words.learning_rate, &values.rate, theme.text),
        ],
        &[(words.loss, loss, theme.train), (words.smoothed_loss, smoothed_loss, theme.train)],
        &[(words.accuracy, accuracy, theme.train), (words.smoothed_accuracy, smoothed_accuracy, theme.train)],
        &[
            (words.validation_loss, validation_loss, theme.validation),
            (words.validation_accuracy, validation_accuracy, theme.validation),
            (words.validated, validated, theme.validation),
        ],
    ];
    let rows = groups.iter().map(|group| group.len()).sum::<usize>() + groups.len() - 1;
    let gap = u16::from(rows <= area.height.into());
    let mut line = 0;
    for group in groups {
        for &(name, value, style) in group {
            pair(line_of(area, line), name, value, theme, style, buffer);
            line += 1;
        }
        line += gap;
    }
}

/// Draws it as a table of three rows.
pub fn render_table(state: &State, theme: &Theme, step: usize, area: Rect, buffer: &mut Buffer) {
    let (values, words) = (Values::of(state, step), &state.words.charts);
    let missing = [MISSING; 3].map(String::from);
    let [validation_loss, validation_accuracy, _] = values.validation.as_ref().unwrap_or(&missing);
    let columns: [[(&str, &str, Style); 3]; 3] = [
        [
            (words.epoch, &values.epoch, theme.text),
            (words.time_short, &values.time, theme.text),
            (words.rate, &values.rate, theme.text),
        ],
        [
            (words.loss, &values.loss[0], theme.train),
            (words.smoothed, &values.loss[1], theme.train),
            (words.validation_loss_short, validation_loss, theme.validation),
        ],
        [
            (words.accuracy_short, &values.accuracy[0], theme.train),
            (words.smoothed, &values.accuracy[1], theme.train),
            (words.validation_accuracy_short, validation_accuracy, theme.validation),
        ],
    ];
    let width = (area.width + GAP) / columns.len() as u16 - GAP;
    for (column, pairs) in columns.iter().enumerate() {
        let x = area.x + column as u16 * (width + GAP);
        for (line, &(name, value, style)) in pairs.iter().enumerate() {
            pair(Rect { x, width, ..line_of(area, line as u16) }, name, value, theme, style, buffer);
        }
    }
}
