//! `runs compare`: the settings in which runs differ, side by side, and what came of it.

use super::{as_value, epochs, or_dash, table};
use crate::config::{Differing, differing, written};
use crate::run::Overview;
use crate::text::{clock, percent};
use serde_json::{Value, json};

/// For people: a column a run.
pub(super) fn text(runs: &[Overview]) -> String {
    let mut rows = Vec::new();
    let mut row = |label: &str, cell: &dyn Fn(&Overview) -> String| {
        rows.push(std::iter::once(label.to_owned()).chain(runs.iter().map(cell)).collect::<Vec<_>>());
    };
    row("", &|run| run.name.clone());
    row("state", &|run| run.standing.to_string());
    row("epochs", &epochs);
    row("best epoch", &|run| or_dash(run.best, |best| best.epoch.to_string()));
    row("best validation accuracy", &|run| or_dash(run.best, |best| percent(best.validation_accuracy)));
    row("best validation loss", &|run| or_dash(run.best, |best| format!("{:.4}", best.validation_loss)));
    row("test accuracy", &|run| or_dash(run.test(), |test| percent(test.accuracy())));
    row("last train accuracy", &|run| or_dash(run.epochs.last(), |epoch| percent(epoch.train_accuracy)));
    row("time", &|run| or_dash(run.epochs.last(), |_| clock(run.epochs.iter().map(|epoch| epoch.seconds).sum())));
    let settings = settings_of(runs);
    let right: Vec<_> = (1..=runs.len()).collect();
    if settings.is_empty() {
        return format!("{}\nno setting differs\n", table(&rows, &right));
    }
    rows.push(Vec::new());
    for (field, values) in &settings {
        let cells = values.iter().map(|value| or_dash(value.as_ref(), written));
        rows.push(std::iter::once(field.key.to_owned()).chain(cells).collect());
    }
    table(&rows, &right)
}

fn settings_of(runs: &[Overview]) -> Vec<Differing> {
    differing(&runs.iter().map(|run| run.config.as_ref()).collect::<Vec<_>>())
}

/// For programs.
pub(super) fn json(runs: &[Overview]) -> String {
    let settings: Vec<_> =
        settings_of(runs).into_iter().map(|(field, values)| json!({ "key": field.key, "values": values })).collect();
    let runs = runs.iter().map(as_value).collect::<Value>();
    format!("{}\n", json!({ "runs": runs, "settings": settings }))
}
