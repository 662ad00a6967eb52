//! What is shown before the first run: what will happen, and which key begins it.

use super::{Click, Hits, centered, line_of, write};
use crate::config::Config;
use crate::session::Phase;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Width of the names of the facts.
const NAMES: u16 = 12;

/// Draws it in the middle of an area.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let facts = facts(state);
    let lines: u16 = facts.iter().map(|(_, lines)| lines.len() as u16).sum();
    let roomy = area.height >= lines + 10;
    let height = lines + if roomy { 8 } else { 5 };
    let width = facts
        .iter()
        .flat_map(|(_, lines)| lines)
        .map(|line| format::width(line) as u16 + NAMES)
        .max()
        .unwrap_or(0)
        .max(56);
    let place = centered(area, width.min(area.width.saturating_sub(4)), height);
    let mut line = 0;
    write(buffer, line_of(place, line), &[("AlexNet", theme.train), (" learns clothes", theme.title)]);
    line += if roomy { 3 } else { 2 };
    for (name, texts) in facts {
        for (place_in, text) in texts.iter().enumerate() {
            let row = line_of(place, line);
            let (name, style) = if place_in == 0 { (name, theme.text) } else { ("", theme.dim) };
            write(buffer, row, &[(&format!("{name:<width$}", width = usize::from(NAMES)), theme.dim)]);
            let row = Rect { x: row.x + NAMES, width: row.width.saturating_sub(NAMES), ..row };
            write(buffer, row, &[(&format::truncate(text, row.width.into()), style)]);
            line += 1;
        }
    }
    line += if roomy { 2 } else { 1 };
    render_keys(state, theme, line_of(place, line), buffer, hits);
}

fn render_keys(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    if row.height == 0 {
        return;
    }
    let waiting = match state.phase {
        _ if state.failure.is_some() => Some("see above what went wrong"),
        _ if state.download().is_some() => Some("the full data set is on its way…"),
        Phase::Loading if state.data.is_none() => Some("reading the pictures…"),
        Phase::Loading => Some("making the run ready…"),
        _ => None,
    };
    if let Some(waiting) = waiting {
        write(buffer, row, &[(waiting, theme.dim)]);
        return;
    }
    let key = state.keys.name(Action::StartOrPause);
    let chip = format!(" {key} ");
    let other = state.keys.name(Action::StartOrStop);
    let end = write(
        buffer,
        row,
        &[(&chip, theme.selected), (" or ", theme.dim), (&other, theme.key), (" starts it", theme.text)],
    );
    hits.add(Rect { width: end - row.x, ..row }, Click::Action(Action::StartOrPause));
}

fn facts(state: &State) -> Vec<(&'static str, Vec<String>)> {
    let Config { training, model, .. } = &state.config;
    let mut facts = Vec::new();
    facts.push(("pictures", pictures(state)));
    let parameters = state.plan.as_ref().map(|plan| format!(", {} parameters", format::count(plan.parameters)));
    facts.push((
        "net",
        vec![
            format!("{}{}", model.variant, parameters.unwrap_or_default()),
            format!("5 convolutions, 3 dense layers, dropout {}", model.dropout),
        ],
    ));
    facts.push((
        "recipe",
        vec![
            format!("{} epochs, batches of {}, seed {}", training.epochs, training.batch_size, training.seed),
            format!("cross-entropy, {} at {}", training.optimizer, format::rate(training.learning_rate)),
        ],
    ));
    if let Some(plan) = &state.plan {
        facts.push(("computes on", vec![format!("{}, {}, {} threads", plan.device, plan.precision, plan.threads)]));
    }
    facts
}

fn pictures(state: &State) -> Vec<String> {
    let Some(data) = &state.data else { return vec!["…".into()] };
    let split = match &state.plan {
        Some(plan) => format!(
            "{} to learn from, {} to validate, {} to test",
            format::count(plan.train_images as u64),
            format::count(plan.validation_images as u64),
            format::count(data.test_images as u64)
        ),
        None => format!(
            "{} to learn from and validate, {} to test",
            format::count(data.train_images as u64),
            format::count(data.test_images as u64)
        ),
    };
    let from = data.folder.as_ref().map_or_else(
        || "the sample inside the program".into(),
        |folder| format::shorten_path(&folder.to_string_lossy(), 60).into_owned(),
    );
    vec![split, from]
}
