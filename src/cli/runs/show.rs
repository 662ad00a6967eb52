//! `runs show`: all that a run's folder tells of it.

use super::{as_value, epochs, evaluate_command, local, resume_command, table};
use crate::config::{Field, not_default, written};
use crate::metrics::EpochMetrics;
use crate::run::{Overview, Standing, files};
use crate::text::{bytes, clock, percent};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// For people.
pub(super) fn text(run: &Overview) -> String {
    let mut text = head(run);
    let settings = run.config.as_ref().map(not_default).unwrap_or_default();
    if !settings.is_empty() {
        text.push_str("\nsettings other than the defaults\n");
        let row = |(field, value): &(&Field, toml::Value)| vec![format!("  {}", field.key), written(value)];
        text.push_str(&table(&settings.iter().map(row).collect::<Vec<_>>(), &[]));
    }
    if !run.epochs.is_empty() {
        text.push('\n');
        text.push_str(&table(&epoch_rows(&run.epochs), &[0, 1, 2, 3, 4, 5, 6]));
    }
    let _ = writeln!(text, "\nfiles ({})", bytes(run.bytes));
    let rows: Vec<_> = files(&run.folder)
        .into_iter()
        .filter(|(path, _)| path.file_name().is_none_or(|name| name != ".lock"))
        .map(|(path, size)| {
            let path = path.strip_prefix(&run.folder).unwrap_or(&path).display().to_string();
            vec![format!("  {path}"), bytes(size)]
        })
        .collect();
    text.push_str(&table(&rows, &[1]));
    commands(&mut text, run);
    text
}

fn head(run: &Overview) -> String {
    let mut rows = vec![
        ["run", &run.name].map(str::to_owned).to_vec(),
        vec!["folder".to_owned(), run.folder.display().to_string()],
        vec!["state".to_owned(), format!("{} ({} epochs)", run.standing, epochs(run))],
    ];
    if let Some(trouble) = &run.trouble {
        rows.push(vec!["trouble".into(), trouble.replace('\n', "; ")]);
    }
    if let Some(best) = run.best {
        let (accuracy, loss) = (percent(best.validation_accuracy), best.validation_loss);
        rows.push(vec!["best".into(), format!("epoch {}: validation accuracy {accuracy}, loss {loss:.4}", best.epoch)]);
    }
    if let Some(test) = run.test() {
        let (accuracy, loss) = (percent(test.accuracy()), test.loss);
        rows.push(vec!["test".into(), format!("accuracy {accuracy}, loss {loss:.4}, after step {}", test.step)]);
    }
    rows.push(vec!["changed".into(), local(run.changed)]);
    table(&rows, &[])
}

fn commands(text: &mut String, run: &Overview) {
    let resume = resume_command(run);
    let mut rows = Vec::new();
    match run.standing {
        Standing::Interrupted | Standing::Stopped => rows.push(vec!["go on".to_owned(), resume]),
        Standing::Finished => {
            let more = run.epochs_asked().unwrap_or(0).saturating_add(10);
            rows.push(vec!["more epochs".to_owned(), format!("{resume} --epochs {more}")]);
        }
        Standing::Running | Standing::Broken | Standing::OtherVersion => {}
    }
    rows.extend(evaluate_command(run).map(|evaluate| vec!["evaluate".to_owned(), evaluate]));
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&table(&rows, &[]));
    }
}

fn epoch_rows(epochs: &[EpochMetrics]) -> Vec<Vec<String>> {
    let header = ["epoch", "train loss", "accuracy", "validation loss", "accuracy", "learning rate", "time", ""];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let best = epochs.iter().rfind(|epoch| epoch.best).map(|epoch| epoch.epoch);
    rows.extend(epochs.iter().map(|epoch| {
        vec![
            epoch.epoch.to_string(),
            format!("{:.4}", epoch.train_loss),
            percent(epoch.train_accuracy),
            format!("{:.4}", epoch.validation_loss),
            percent(epoch.validation_accuracy),
            format!("{:?}", epoch.learning_rate),
            clock(epoch.seconds),
            if best == Some(epoch.epoch) { "best".into() } else { String::new() },
        ]
    }));
    rows
}

/// For programs.
pub(super) fn json(run: &Overview) -> String {
    let mut value = as_value(run);
    let settings: Map<String, Value> = run
        .config
        .as_ref()
        .map(not_default)
        .unwrap_or_default()
        .into_iter()
        .map(|(field, value)| (field.key.to_owned(), json!(value)))
        .collect();
    let epochs: Vec<_> = run.epochs.iter().map(|epoch| json!(epoch)).collect();
    let files: Vec<_> = files(&run.folder)
        .into_iter()
        .map(|(path, bytes)| json!({ "path": path.to_string_lossy(), "bytes": bytes }))
        .collect();
    value["test_step"] = json!(run.test().map(|test| test.step));
    value["settings"] = settings.into();
    value["epoch_metrics"] = epochs.into();
    value["files"] = files.into();
    value["resume"] = json!(resume_command(run));
    value["evaluate"] = json!(evaluate_command(run));
    format!("{value}\n")
}
