//! The chosen run: its numbers, its curves, and the settings that are not the defaults.

use super::look;
use super::table::{epochs, when};
use crate::config::{not_default, written};
use crate::metrics::EpochMetrics;
use crate::session::RunRow;
use crate::tui::format;
use crate::tui::state::{Curves, State};
use crate::tui::theme::Theme;
use crate::tui::timeline::{Axis, Ruler, View};
use crate::tui::widgets::chart::{Chart, Unit};
use crate::tui::widgets::{Hits, line_of, write};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Lines of a chart with its name, at the least and at the most.
const CHART: (u16, u16) = (9, 18);
/// Lines that a trouble takes at the most.
const TROUBLE: usize = 4;

/// Draws what there is room for into the column beside the table.
pub fn render_beside(state: &State, row: &RunRow, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let words = &state.words.runs;
    let mut y = 0;
    write(buffer, line_of(area, y), &[(&format::truncate(&row.name, area.width.into()), theme.title)]);
    y += 1;
    for (text, style) in remarks(state, row, theme, area.width) {
        write(buffer, line_of(area, y), &[(&text, style)]);
        y += 1;
    }
    y += render_facts(state, row, theme, below(area, y), buffer);
    let rest = below(area, y + 1);
    let settings = settings(row).map_or(1, |settings| settings.len() as u16).min(8) + 2;
    let room = rest.height.saturating_sub(settings);
    let has_curves = row.step.is_some() || !row.epochs.is_empty() || state.is_open(row);
    let charts = if has_curves { (room / CHART.0).min(2) } else { 0 };
    let mut y = y + 1;
    if let Some(height) = room.checked_div(charts).map(|height| height.min(CHART.1)) {
        for (place, unit) in [Unit::Loss, Unit::Accuracy].into_iter().take(charts.into()).enumerate() {
            let place = Rect { y: area.y + y + place as u16 * height, height, ..area };
            render_chart(state, row, unit, theme, place, buffer, hits);
        }
        y += charts * height;
    }
    let rest = below(area, y);
    write(buffer, line_of(rest, 0), &[(words.settings, theme.title)]);
    render_settings(state, row, theme, below(rest, 1), buffer);
}

/// An area without its first lines.
pub fn below(area: Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    Rect { y: area.y + lines, height: area.height - lines, ..area }
}

/// What is so with it besides its state.
pub fn notes(state: &State, row: &RunRow) -> Vec<&'static str> {
    let words = &state.words.runs;
    let told = [
        (state.is_open(row), words.open_here),
        (state.runs.is_laid(row), words.laid),
        (state.runs.is_marked(row), words.marked),
    ];
    told.into_iter().filter_map(|(so, text)| so.then_some(text)).collect()
}

/// What is wrong with it, and what is so with it, in lines.
fn remarks(state: &State, row: &RunRow, theme: &Theme, width: u16) -> Vec<(String, Style)> {
    let mut lines = Vec::new();
    if let Some(trouble) = trouble(row) {
        let mut wrapped = format::wrap(&trouble, width.into());
        if wrapped.len() > TROUBLE {
            let rest = wrapped.split_off(TROUBLE - 1).join(" ");
            wrapped.push(format::truncate(&rest, width.into()).into_owned());
        }
        lines.extend(wrapped.into_iter().map(|text| (text, theme.warn)));
    }
    lines.extend(notes(state, row).into_iter().map(|text| (text.to_owned(), theme.key)));
    lines
}

/// What is wrong with it; its files by their names, since the run's folder is told besides.
pub fn trouble(row: &RunRow) -> Option<String> {
    let folder = format!("{}/", row.folder.display());
    row.trouble.as_ref().map(|trouble| trouble.replace(&folder, ""))
}

/// What is wrong with it, as far as there is room. Returns the lines that it takes, with a gap.
pub fn render_trouble(row: &RunRow, theme: &Theme, area: Rect, buffer: &mut Buffer) -> u16 {
    let lines = trouble(row).map(|trouble| format::wrap(&trouble, area.width.into())).unwrap_or_default();
    for (line, text) in lines.iter().enumerate() {
        write(buffer, line_of(area, line as u16), &[(text, theme.warn)]);
    }
    if lines.is_empty() { 0 } else { lines.len() as u16 + 1 }
}

/// What the test came to, and of which weights; or that it is under way.
pub fn tested(state: &State, row: &RunRow) -> Option<String> {
    let words = &state.words.runs;
    match (state.runs.test_of_best(row), &row.test) {
        _ if state.runs.is_evaluating(row) => Some(words.being_evaluated.into()),
        (Some(test), _) => Some((words.of_best)(&format::percent(test.accuracy), test.epoch)),
        (None, Some(test)) => Some((words.of_last)(&format::percent(test.accuracy), test.step)),
        (None, None) => None,
    }
}

/// Names and values of what is known of a run.
fn facts(state: &State, row: &RunRow) -> Vec<(&'static str, String)> {
    let words = &state.words.runs;
    let mut facts = vec![(words.epochs, epochs(state, row))];
    if let Some(config) = &row.config {
        facts.push((words.variant, config.model.variant.to_string()));
    }
    if let Some(best) = state.best_of(row) {
        facts.push((words.best, (words.accuracy_in_epoch)(&format::percent(best.validation_accuracy), best.epoch)));
        facts.push((words.validation_loss, format::number(best.validation_loss)));
    }
    let test = tested(state, row)
        .unwrap_or_else(|| if row.best_checkpoint.is_some() { words.not_evaluated.into() } else { "–".into() });
    facts.push((words.test, test));
    if let Some(step) = row.step {
        facts.push((words.steps, format::count(step)));
    }
    let seconds = state.seconds_of(row);
    if seconds > 0.0 {
        facts.push((words.time, format::duration(seconds)));
    }
    facts.push((words.size, format::bytes(row.bytes)));
    facts.push((words.changed, when(state, row.changed, true)));
    facts
}

/// A name and its value a line, its state first. Returns the lines that it takes.
pub fn render_facts(state: &State, row: &RunRow, theme: &Theme, area: Rect, buffer: &mut Buffer) -> u16 {
    let words = &state.words.runs;
    let facts = facts(state, row);
    let names = facts.iter().map(|(name, _)| format::width(name)).chain([format::width(words.state)]);
    let names = names.max().unwrap_or(0) as u16 + 2;
    let mut line = |at: u16, name: &str, parts: &[(&str, Style)]| {
        let place = line_of(area, at);
        write(buffer, place, &[(name, theme.dim)]);
        write(buffer, Rect { x: place.x + names, width: place.width.saturating_sub(names), ..place }, parts);
    };
    let (symbol, word, style) = look(state, row, theme);
    line(0, words.state, &[(symbol, style), (" ", style), (word, style)]);
    for (at, (name, value)) in facts.iter().enumerate() {
        let value = format::truncate(value, usize::from(area.width.saturating_sub(names)));
        line(at as u16 + 1, name, &[(&value, theme.text)]);
    }
    (facts.len() as u16 + 1).min(area.height)
}

/// The settings that are not the defaults: name, value, default; `None` where they can't be read.
pub fn settings(row: &RunRow) -> Option<Vec<(&'static str, String, String)>> {
    let config = row.config.as_ref()?;
    let of = |(field, value): (&'static crate::config::Field, _)| {
        (field.key, written(&value), written(&field.default.into()))
    };
    Some(not_default(config).into_iter().map(of).collect())
}

/// A setting a line.
pub fn render_settings(state: &State, row: &RunRow, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let words = &state.words.runs;
    let settings = match settings(row) {
        Some(settings) if !settings.is_empty() => settings,
        none => {
            let text = if none.is_some() { words.all_defaults } else { words.no_config };
            write(buffer, line_of(area, 0), &[(text, theme.dim)]);
            return;
        }
    };
    let names = settings.iter().map(|(key, ..)| key.len()).max().unwrap_or(0) + 2;
    let room = usize::from(area.width).saturating_sub(names);
    let hidden = settings.len().saturating_sub(area.height.into());
    let shown = settings.len() - hidden - usize::from(hidden > 0).min(settings.len() - hidden);
    for (line, (key, value, default)) in settings.iter().take(shown).enumerate() {
        let place = line_of(area, line as u16);
        let end = write(buffer, place, &[(&format!("{key:<names$}"), theme.dim)]);
        let rest = Rect { x: end, width: place.right().saturating_sub(end), ..place };
        let both = (words.not_default)(value, default);
        // The default gives way before the value does.
        if let Some(behind) = both.strip_prefix(value.as_str()).filter(|_| format::width(&both) <= room) {
            write(buffer, rest, &[(value, theme.text), (behind, theme.faint)]);
        } else {
            write(buffer, rest, &[(&format::truncate(value, room), theme.text)]);
        }
    }
    if hidden > 0 {
        write(buffer, line_of(area, shown as u16), &[("…", theme.faint)]);
    }
}

/// A chart with its name above it.
pub fn render_chart(
    state: &State,
    row: &RunRow,
    unit: Unit,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let words = &state.words.runs;
    hits.run_curves = true;
    let name = if unit == Unit::Accuracy { words.accuracy } else { words.loss };
    write(buffer, line_of(area, 0), &[(name, theme.title)]);
    let place = below(area, 1);
    let Some(curves) = state.curves_of(row) else {
        write(buffer, line_of(place, 1), &[(words.reading_steps, theme.faint)]);
        return;
    };
    let Curves { loss, accuracy, epochs, steps_per_epoch } = curves;
    let value: fn(&EpochMetrics) -> f64 =
        if unit == Unit::Accuracy { |epoch| epoch.validation_accuracy } else { |epoch| epoch.validation_loss };
    let points: Vec<(u64, f64)> = epochs.iter().map(|epoch| (epoch.step, value(epoch))).collect();
    let best = state.best_of(row).and_then(|best| epochs.iter().position(|epoch| epoch.epoch == best.epoch));
    let chart = Chart {
        series: if unit == Unit::Accuracy { accuracy } else { loss },
        validation: &points,
        best,
        marks: &[],
        steps_per_epoch,
        axis: Axis::of(steps_per_epoch, loss.len()),
        axis_key: None,
        ruler: &Ruler::Even(1.0),
        view: View::All,
        laid: None,
        cursor: None,
        unit,
        empty: words.no_steps,
        words: &state.words.curves,
        theme,
    };
    chart.render(place, buffer);
}
