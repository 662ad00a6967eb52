//! `alexnet-tui runs`: what there is, what one did, how some differ, and what can go.

mod compare;
mod list;
mod remove;
mod show;

use super::arguments::ConfigFlags;
use super::setup::find_run;
use super::{CliError, output};
use crate::config::{DataSource, Places};
use crate::run::{self, Overview, PassRecord};
use crate::text::quoted;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What `runs` does.
#[derive(Debug, clap::Subcommand)]
pub enum RunsAction {
    /// List the runs, the one last changed first
    List {
        /// One JSON array on stdout
        #[arg(long, help_heading = "Output")]
        json: bool,
        /// Where the runs are.
        #[command(flatten)]
        config: ConfigFlags,
    },
    /// Show a run: settings, epochs, files, and how to go on with it
    Show {
        /// The run: its name, or its folder
        run: PathBuf,
        /// One JSON object on stdout
        #[arg(long, help_heading = "Output")]
        json: bool,
        /// Where the runs are.
        #[command(flatten)]
        config: ConfigFlags,
    },
    /// Set runs beside each other: the settings in which they differ, and what came of it
    Compare {
        /// The runs: their names, or their folders
        #[arg(required = true, num_args = 2.., value_name = "RUN")]
        runs: Vec<PathBuf>,
        /// One JSON object on stdout
        #[arg(long, help_heading = "Output")]
        json: bool,
        /// Where the runs are.
        #[command(flatten)]
        config: ConfigFlags,
    },
    /// Delete runs with all their files; asks first
    Rm {
        /// The runs: their names, or their folders
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<PathBuf>,
        /// Delete without asking
        #[arg(long, short)]
        yes: bool,
        /// One JSON array on stdout: what was deleted
        #[arg(long, help_heading = "Output")]
        json: bool,
        /// Where the runs are.
        #[command(flatten)]
        config: ConfigFlags,
    },
}

/// Does it.
pub(super) fn run(action: &RunsAction, places: Places) -> Result<u8, CliError> {
    let (RunsAction::List { config, .. }
    | RunsAction::Show { config, .. }
    | RunsAction::Compare { config, .. }
    | RunsAction::Rm { config, .. }) = action;
    let folder = config.layers(places).load()?.config.paths.runs;
    match action {
        RunsAction::List { json, .. } => {
            let runs = run::overviews(&folder).map_err(|error| CliError::Failed(error.to_string()))?;
            if runs.is_empty() && !json {
                output::note(format_args!("there are no runs in {}", folder.display()));
            } else {
                output::print(&if *json { list::json(&runs) } else { list::text(&runs) })?;
            }
        }
        RunsAction::Show { run, json, .. } => {
            let run = Overview::read(&named(run, &folder)?);
            output::print(&if *json { show::json(&run) } else { show::text(&run) })?;
        }
        RunsAction::Compare { runs, json, .. } => {
            let found = runs.iter().map(|run| Ok(Overview::read(&named(run, &folder)?)));
            let found = found.collect::<Result<Vec<_>, CliError>>()?;
            output::print(&if *json { compare::json(&found) } else { compare::text(&found) })?;
        }
        RunsAction::Rm { runs, yes, json, .. } => {
            let mut found = runs.iter().map(|run| named(run, &folder)).collect::<Result<Vec<_>, CliError>>()?;
            found.sort();
            found.dedup();
            return remove::run(&found, *yes, *json);
        }
    }
    Ok(0)
}

fn named(what: &Path, runs: &Path) -> Result<PathBuf, CliError> {
    find_run(what, runs).map_err(|others| CliError::Usage(format!("{} is not a run; {others}", what.display())))
}

/// What programs are told of a run, in the list and elsewhere. Keys, and their order, are a promise.
fn as_value(run: &Overview) -> Value {
    json!({
        "name": run.name,
        "folder": run.folder.to_string_lossy(),
        "state": run.standing.to_string(),
        "trouble": run.trouble,
        "variant": run.config.as_ref().map(|config| config.model.variant.to_string()),
        "epochs_done": run.epochs.len(),
        "epochs": run.epochs_asked(),
        "step": run.step,
        "best_epoch": run.best.map(|best| best.epoch),
        "best_validation_accuracy": run.best.map(|best| best.validation_accuracy),
        "best_validation_loss": run.best.map(|best| best.validation_loss),
        "test_accuracy": run.test().map(PassRecord::accuracy),
        "test_loss": run.test().map(|test| test.loss),
        "bytes": run.bytes,
        "changed": run.changed.map(|time| timestamp(time).to_string()),
    })
}

/// `3/10`.
fn epochs(run: &Overview) -> String {
    let asked = run.epochs_asked().map_or_else(|| "?".into(), |epochs| epochs.to_string());
    format!("{}/{asked}", run.epochs.len())
}

/// `2026-11-24 05:20`, where the user is.
fn local(time: Option<SystemTime>) -> String {
    or_dash(time, |time| timestamp(time).to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string())
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The command that goes on with it.
fn resume_command(run: &Overview) -> String {
    format!("alexnet-tui train --resume {}", quoted(&run.folder.to_string_lossy()))
}

/// The command that evaluates its best epoch, on the data that it learned from.
fn evaluate_command(run: &Overview) -> Option<String> {
    let checkpoint = run.best_checkpoint()?;
    let data = match run.config.as_ref().map(|config| &config.data.source) {
        None | Some(DataSource::Auto) => String::new(),
        Some(source) => format!(" --data {}", quoted(&String::from(source.clone()))),
    };
    Some(format!("alexnet-tui eval {}{data}", quoted(&checkpoint.to_string_lossy())))
}

/// Rows of cells under each other, two spaces between; the columns in `right` are flush right.
fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let count = |text: &String| text.chars().count();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(count).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let space = " ".repeat(widths[column].saturating_sub(count(cell)));
            let gap = if column == 0 { "" } else { "  " };
            let cell = if right.contains(&column) { format!("{space}{cell}") } else { format!("{cell}{space}") };
            line.push_str(gap);
            line.push_str(&cell);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A value, or a dash where there is none.
fn or_dash<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "–".into(), text)
}
