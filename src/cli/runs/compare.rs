//! `runs compare`: the settings in which runs differ, side by side, and what came of it.

use super::{as_value, epochs, or_dash, table};
use crate::config::{Config, FIELDS, Field, written};
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
    let settings = differing(runs);
    let right: Vec<_> = (1..=runs.len()).collect();
    if settings.is_empty() {
        return format!("{}\nno setting differs\n", table(&rows, &right));
    }
    rows.push(Vec::new());
    for (key, values) in &settings {
        let cells = values.iter().map(|value| or_dash(value.as_ref(), written));
        rows.push(std::iter::once((*key).to_owned()).chain(cells).collect());
    }
    table(&rows, &right)
}

/// A setting, and what it is in each of the runs; `None` where the configuration can't be read.
type Differing = (&'static str, Vec<Option<toml::Value>>);

/// Where files are kept, and what the screen looks like, makes no run another.
fn differing(runs: &[Overview]) -> Vec<Differing> {
    let all: Vec<_> = runs.iter().map(|run| run.config.as_ref().map(Config::values)).collect();
    let setting = |(at, field): (usize, &'static Field)| {
        let values: Vec<_> = all.iter().map(|values| values.as_ref().map(|values| values[at].clone())).collect();
        let known = || values.iter().flatten();
        let differ = known().zip(known().skip(1)).any(|(a, b)| a != b);
        (differ && !matches!(field.section(), "paths" | "ui")).then_some((field.key, values))
    };
    FIELDS.iter().enumerate().filter_map(setting).collect()
}

/// For programs.
pub(super) fn json(runs: &[Overview]) -> String {
    let settings: Vec<_> =
        differing(runs).into_iter().map(|(key, values)| json!({ "key": key, "values": values })).collect();
    let runs = runs.iter().map(as_value).collect::<Value>();
    format!("{}\n", json!({ "runs": runs, "settings": settings }))
}
