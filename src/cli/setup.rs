//! What the session of a run is opened with: a new run, or one to go on with.

use super::CliError;
use super::arguments::TrainFlags;
use crate::config::{Loaded, Origin, Places};
use crate::run;
use crate::session::{self, Continuation, Setup};
use std::path::{Path, PathBuf};

/// What these flags ask for, and where each setting came from.
pub(super) fn setup(flags: &TrainFlags, places: Places) -> Result<(Setup, Loaded), CliError> {
    let weights = match &flags.resume {
        None => None,
        Some(what) if is_foreign(what) => Some(absolute(what)?),
        Some(_) if flags.run_dir.is_some() => {
            let message = "--resume: a run goes on in its own folder; --run-dir is for new ones";
            return Err(CliError::Usage(message.into()));
        }
        Some(what) => return go_on(what, flags, places),
    };
    let loaded = flags.layers(places).load()?;
    let run_dir = flags.run_dir.as_deref().map(free_run_dir).transpose()?;
    Ok((Setup { run_dir, weights, ..Setup::new(loaded.config.clone()) }, loaded))
}

/// The run's own configuration, with what flags and `--set` say over it.
fn go_on(what: &Path, flags: &TrainFlags, places: Places) -> Result<(Setup, Loaded), CliError> {
    if flags.common.config.config.is_some() {
        let message = "--resume: a run has its own configuration; change single values by --set section.key=value";
        return Err(CliError::Usage(message.into()));
    }
    // Where runs are, and what the screen looks like, is not the run's business.
    let mut layers = flags.layers(places);
    let own = std::mem::take(&mut layers.set);
    let own_flags = std::mem::take(&mut layers.flags);
    let Loaded { config: session, file_in_force, .. } = layers.load()?;
    let Named { folder, checkpoint } = find(what, &session.paths.runs)?;
    layers.file = Some(folder.join("config.toml"));
    layers.alone = true;
    (layers.set, layers.flags) = (own, own_flags);
    // Nor is what is set on the screen: that is written where it always is.
    let mut loaded = layers.load()?;
    loaded.file_in_force = file_in_force;
    let by_hand = matches!(loaded.origin("training.learning_rate"), Origin::Set | Origin::Flag(_));
    let config = &mut loaded.config;
    config.paths = session.paths;
    config.ui = session.ui;
    config.keys = session.keys;
    let learning_rate = by_hand.then_some(config.training.learning_rate);
    let resume = Continuation { folder, checkpoint, config: Some(Box::new(config.clone())), learning_rate };
    Ok((Setup { resume: Some(resume), ..Setup::new(config.clone()) }, loaded))
}

/// Whether it is weights that no run of this program's knows of: a new run begins with them.
fn is_foreign(what: &Path) -> bool {
    what.is_file() && session::is_foreign(what)
}

fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(path).map_err(|error| CliError::Usage(format!("--resume: {}: {error}", path.display())))
}

struct Named {
    folder: PathBuf,
    checkpoint: Option<PathBuf>,
}

/// What `--resume` names: a checkpoint, a run's folder, or a run by its name.
fn find(what: &Path, runs: &Path) -> Result<Named, CliError> {
    if what.is_file() {
        let file = absolute(what)?;
        let checkpoints = file.parent().filter(|folder| folder.ends_with("checkpoints"));
        let folder = checkpoints.and_then(Path::parent).filter(|folder| run::holds_a_run(folder)).ok_or_else(|| {
            CliError::Usage(format!(
                "--resume: {} is not in the checkpoints folder of a run; name a run, or a checkpoint where its run left it",
                what.display()
            ))
        })?;
        return Ok(Named { folder: folder.to_path_buf(), checkpoint: Some(file.clone()) });
    }
    let folder = find_run(what, runs).map_err(|others| {
        CliError::Usage(format!("--resume: {} is neither a run nor a checkpoint of one; {others}", what.display()))
    })?;
    Ok(Named { folder, checkpoint: None })
}

/// The folder of a run that is named by itself or by its folder; `Err` tells which runs there are.
pub(super) fn find_run(what: &Path, runs: &Path) -> Result<PathBuf, String> {
    let here = std::path::absolute(what).unwrap_or_else(|_| what.to_path_buf());
    if let Some(folder) = [here, runs.join(what)].into_iter().find(|folder| run::holds_a_run(folder)) {
        return Ok(folder);
    }
    let known = run::names(runs);
    Err(match known.len() {
        0 => format!("there are no runs in {}", runs.display()),
        1..=12 => format!("the runs in {} are {}", runs.display(), known.join(", ")),
        n => format!("{} has {n} runs, the newest {}", runs.display(), known[..8].join(", ")),
    })
}

/// Makes sure that what is named as a checkpoint is no folder; of a run's folder it names the checkpoint that is meant.
pub(super) fn check_is_file(checkpoint: &Path) -> Result<(), CliError> {
    if !checkpoint.is_dir() {
        return Ok(());
    }
    let best = checkpoint.join("checkpoints/best.safetensors");
    let instead = if best.is_file() { format!(", such as {}", best.display()) } else { String::new() };
    Err(CliError::Usage(format!("{} is a folder; name a checkpoint's file{instead}", checkpoint.display())))
}

/// The folder that `--run-dir` names, if no run is in it.
fn free_run_dir(folder: &Path) -> Result<PathBuf, CliError> {
    if run::holds_a_run(folder) {
        let folder = folder.display();
        return Err(CliError::Usage(format!(
            "--run-dir: {folder} holds a run already; take another folder, or go on with that run: \
             alexnet-tui train --resume {folder}"
        )));
    }
    std::path::absolute(folder).map_err(|error| CliError::Usage(format!("--run-dir: {}: {error}", folder.display())))
}
