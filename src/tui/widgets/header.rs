//! Two lines: the run and how long it takes; the epoch and how far it is.

use super::{line_of, write, write_right};
use crate::session::{Phase, Task, TaskProgress};
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

const NAME: usize = 24;
/// So that the bar doesn't move when a validation takes the epoch's place.
const LABEL: usize = 11;

/// Draws both lines.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    render_run(state, theme, line_of(area, 0), buffer);
    render_progress(state, theme, line_of(area, 1), buffer);
}

fn render_run(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer) {
    let Some(run) = &state.run else { return };
    let (snapshot, words) = (&state.snapshot, &state.words.train);
    let duration = state.words.common.duration;
    let left = snapshot.run_seconds_left.filter(|_| state.run_under_way());
    let left = left.map(|left| (words.run_left)(&duration(left)));
    let time = (words.run_time)(&duration(snapshot.seconds), &left.unwrap_or_default());
    write_right(buffer, row, &[(&time, theme.dim)]);

    let name = format::truncate(&run.name, NAME);
    let mut facts = vec![
        format!("{} {}, {}", run.device, run.precision, (words.threads)(run.threads)),
        format!("{} {}", run.optimizer, format::rate(state.learning_rate())),
        (words.parameters)(&run.variant, &format::magnitude(run.parameters)),
        (words.batch)(run.batch_size),
        (words.pictures)(&format::count(run.train_images as u64), &format::count(run.validation_images as u64)),
        (words.seed)(run.seed),
    ];
    let room = usize::from(row.width).saturating_sub(format::width(&name) + 3 + format::width(&time) + 3);
    while !facts.is_empty() && facts.iter().map(|fact| format::width(fact) + 3).sum::<usize>() > room + 3 {
        facts.pop();
    }
    let end = write(buffer, row, &[(&name, theme.title), ("   ", theme.dim)]);
    let rest = Rect { x: end, width: row.right().saturating_sub(end), ..row };
    write(buffer, rest, &[(&facts.join("   "), theme.dim)]);
}

fn render_progress(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer) {
    let Some(run) = &state.run else { return };
    let (snapshot, words) = (&state.snapshot, &state.words.train);
    let (epoch, epochs) = (snapshot.epoch.max(1), snapshot.epochs.max(run.epochs));
    let (label, done, total, style) = match snapshot.task {
        Some(TaskProgress { task: Task::Validation, done, total }) => {
            (state.words.status.validating.into(), done, total, theme.validation)
        }
        Some(TaskProgress { task: Task::Evaluation(_), done, total }) => {
            (state.words.status.evaluating.into(), done, total, theme.evaluation)
        }
        _ => {
            let total = if snapshot.images_total > 0 { snapshot.images_total } else { run.train_images as u64 };
            ((words.epoch_of)(epoch, epochs), snapshot.images_done, total, theme.train)
        }
    };
    let total_text = format::count(total);
    // What is measured is the speed of training.
    let trains = state.phase == Phase::Training && snapshot.task.is_none() && snapshot.images_per_second > 0.0;
    let speed = if trains { format::speed(snapshot.images_per_second) } else { "–".into() };
    let left = snapshot.epoch_seconds_left.filter(|_| state.run_under_way() && state.phase != Phase::Evaluating);
    let left = left.map_or_else(String::new, |left| (words.left)(&(state.words.common.duration)(left)));
    let numbers = format!(
        "{:>3.0} %  {:>width$}/{total_text}  {}  {}",
        100.0 * fraction(done, total),
        format::count(done),
        (state.words.common.speed)(&format!("{speed:>5}")),
        format::pad_left(&left, 12),
        width = total_text.len(),
    );
    write(buffer, row, &[(&format::pad(&label, LABEL), theme.text)]);
    write_right(buffer, row, &[(&numbers, theme.text)]);
    let x = row.x + LABEL as u16 + 1;
    let width = row.width.saturating_sub(LABEL as u16 + 1 + format::width(&numbers) as u16 + 1);
    render_bar(fraction(done, total), Rect { x, width, ..row }, style, theme.border, buffer);
}

/// A line that fills from the left, in half cells; heavy where it is done, light where it is not.
pub fn render_bar(fraction: f64, row: Rect, done: Style, open: Style, buffer: &mut Buffer) {
    let halves = (fraction.clamp(0.0, 1.0) * f64::from(row.width) * 2.0).round() as u16;
    for cell in 0..row.width {
        let (symbol, style) = match halves.saturating_sub(cell * 2) {
            0 => ("─", open),
            1 => ("╾", done),
            _ => ("━", done),
        };
        buffer.set_string(row.x + cell, row.y, symbol, style);
    }
}

fn fraction(done: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { done as f64 / total as f64 }
}
