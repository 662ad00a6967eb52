//! `runs rm`: deletes runs, after asking.

use super::epochs;
use crate::cli::{CliError, output};
use crate::run::{Overview, RunError, Standing, check_removable, remove};
use crate::text::{bytes, percent};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write, stderr, stdin};
use std::path::PathBuf;

/// Deletes these runs, or none of them where one can't be deleted.
pub(super) fn run(folders: &[PathBuf], yes: bool, json: bool) -> Result<u8, CliError> {
    let failed = |error: RunError| CliError::Failed(error.to_string());
    let mut runs = Vec::new();
    for folder in folders {
        check_removable(folder).map_err(failed)?;
        let run = Overview::read(folder);
        if run.standing == Standing::Running {
            return Err(failed(RunError::Locked(folder.clone())));
        }
        runs.push(run);
    }
    if !yes && !confirmed(&runs)? {
        output::note("nothing was deleted");
        return Ok(1);
    }
    let mut deleted = Vec::new();
    let mut status = 0;
    for run in &runs {
        match remove(&run.folder) {
            Ok(()) => deleted.push(run),
            Err(error) => {
                output::note(format_args!("alexnet-tui: {error}"));
                status = 1;
            }
        }
    }
    let of = |run: &&Overview| json!({ "name": run.name, "folder": run.folder.to_string_lossy(), "bytes": run.bytes });
    let text = if json {
        format!("{}\n", deleted.iter().map(of).collect::<Value>())
    } else {
        deleted.iter().fold(String::new(), |text, run| text + &format!("deleted {} ({})\n", run.name, bytes(run.bytes)))
    };
    output::print(&text)?;
    Ok(status)
}

/// Whether whoever sits at the terminal means it.
fn confirmed(runs: &[Overview]) -> Result<bool, CliError> {
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        return Err(CliError::Usage("runs rm asks before it deletes, and there is no terminal here: --yes".into()));
    }
    for run in runs {
        let best = run.best.map_or_else(String::new, |best| format!(", best {}", percent(best.validation_accuracy)));
        let Overview { name, standing, bytes: size, .. } = run;
        output::note(format_args!("{name}: {standing}, {} epochs{best}, {}", epochs(run), bytes(*size)));
    }
    let what = if runs.len() == 1 { "this run".to_owned() } else { format!("these {} runs", runs.len()) };
    let _ = write!(stderr().lock(), "Delete {what} for good? [y/N] ");
    let mut answer = String::new();
    let read = stdin().read_line(&mut answer);
    if read.map_err(|error| CliError::Failed(format!("can't read the answer: {error}")))? == 0 {
        output::note("");
    }
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
