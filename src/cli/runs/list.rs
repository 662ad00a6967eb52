//! `runs list`: a line a run.

use super::{as_value, epochs, local, or_dash, table};
use crate::run::Overview;
use crate::text::{bytes, percent};
use serde_json::Value;
use std::fmt::Write;

/// For people; what is wrong with some of them stands beneath.
pub(super) fn text(runs: &[Overview]) -> String {
    let header = ["name", "state", "epochs", "best", "variant", "size", "changed"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(runs.iter().map(|run| {
        vec![
            run.name.clone(),
            run.standing.to_string(),
            epochs(run),
            or_dash(run.best, |best| percent(best.validation_accuracy)),
            or_dash(run.config.as_ref(), |config| config.model.variant.to_string()),
            bytes(run.bytes),
            local(run.changed),
        ]
    }));
    let mut text = table(&rows, &[2, 3, 5]);
    let troubles: Vec<_> =
        runs.iter().filter_map(|run| Some((&run.name, run.standing, run.trouble.as_ref()?))).collect();
    if !troubles.is_empty() {
        text.push('\n');
    }
    for (name, standing, trouble) in troubles {
        let _ = writeln!(text, "{name}: {standing}: {}", trouble.replace('\n', "\n  "));
    }
    text
}

/// For programs.
pub(super) fn json(runs: &[Overview]) -> String {
    format!("{}\n", runs.iter().map(as_value).collect::<Value>())
}
