//! Going on with a run: what from, what may differ, and whether it stays the same run to the bit.

use super::beginning::StartError;
use super::protocol::Offer;
use crate::checkpoint::{self, Contents, State};
use crate::config::{self, Config};
use crate::run;
use crate::train::{Machine, processor};
use std::fs;
use std::path::{Path, PathBuf};

/// A checkpoint file of a run and what it says of itself.
pub(super) struct Kept {
    pub(super) path: PathBuf,
    pub(super) state: State,
}

/// The checkpoints in a run's folder: `last` first, then from the newest to the oldest. What can't be read is told in
/// words, and left where it is.
pub(super) fn checkpoints(folder: &Path) -> (Vec<Kept>, Vec<String>) {
    let (mut kept, mut broken) = (Vec::new(), Vec::new());
    let entries = fs::read_dir(folder.join("checkpoints")).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.extension().is_some_and(|extension| extension == "safetensors")
            && !name.starts_with('.')
            && !name.starts_with(ABANDONED)
        {
            match checkpoint::read_state(&path) {
                Ok(state) => kept.push(Kept { path, state }),
                Err(error) => broken.push(error.to_string()),
            }
        }
    }
    let is_last = |kept: &Kept| kept.path.file_stem().is_some_and(|stem| stem == "last");
    kept.sort_by(|a, b| (is_last(b), b.state.step, &b.path).cmp(&(is_last(a), a.state.step, &a.path)));
    (kept, broken)
}

/// What files are called whose steps a run has turned its back on, by going on from an earlier one.
const ABANDONED: &str = "abandoned-";

/// The newest checkpoint that is good in every byte; why others were not taken. `None`: the run has none yet, and begins
/// again at step 0. Where there are some and none is good, that is a person's to decide: going on would write over them.
pub(super) fn newest_good(folder: &Path) -> Result<(Option<Contents>, Vec<String>), StartError> {
    let (kept, mut broken) = checkpoints(folder);
    for Kept { path, .. } in kept {
        match checkpoint::read(&path, |_| true) {
            Ok(contents) => return Ok((Some(contents), broken)),
            Err(error) => broken.push(error.to_string()),
        }
    }
    if broken.is_empty() { Ok((None, broken)) } else { Err(StartError::NoneGood { folder: folder.into(), broken }) }
}

/// Gives checkpoints of steps after `step` other names: nothing is lost, and nobody takes them for this run's newest.
pub(super) fn abandon_after(folder: &Path, step: u64) -> Vec<String> {
    let later = checkpoints(folder).0.into_iter().filter(|kept| kept.state.step > step);
    later
        .filter_map(|Kept { path, state }| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            let other = path.with_file_name(format!("{ABANDONED}step-{:08}-{name}", state.step));
            Some(match fs::rename(&path, &other) {
                Ok(()) => format!("{name} is of step {}, after step {step}: it is now {}", state.step, other.display()),
                Err(error) => format!("{}: could not rename it: {error}", path.display()),
            })
        })
        .collect()
}

/// A run's own configuration.
pub(super) fn run_config(folder: &Path) -> Result<Config, StartError> {
    let path = folder.join("config.toml");
    let text = fs::read_to_string(&path)
        .map_err(|error| StartError::NotARun(format!("{}: {error}; is this the folder of a run?", path.display())))?;
    config::of_text(&text, &path).map_err(|error| StartError::NotARun(error.to_string()))
}

/// What can't change in a run: every setting whose value differs, in words.
pub(super) fn check_changes(was: &Config, now: &Config) -> Result<(), StartError> {
    let pairs = [
        ("model.variant", was.model.variant.to_string(), now.model.variant.to_string()),
        ("training.seed", was.training.seed.to_string(), now.training.seed.to_string()),
        ("training.optimizer", was.training.optimizer.to_string(), now.training.optimizer.to_string()),
        (
            "data.validation_fraction",
            was.data.validation_fraction.to_string(),
            now.data.validation_fraction.to_string(),
        ),
        ("data.limit_train", was.data.limit_train.to_string(), now.data.limit_train.to_string()),
        ("data.limit_validation", was.data.limit_validation.to_string(), now.data.limit_validation.to_string()),
    ];
    let changed: Vec<_> = pairs
        .iter()
        .filter(|(_, was, now)| was != now)
        .map(|(key, was, now)| format!("{key} is {was} in this run, and {now} was asked for"))
        .collect();
    if changed.is_empty() { Ok(()) } else { Err(StartError::Fixed(changed)) }
}

/// Why the run will not be the same to the bit.
pub(super) fn differences(state: &State, machine: &Machine) -> Vec<String> {
    let mut differ = Vec::new();
    let mut compare = |what: &str, was: &str, now: &str| {
        if was != now && !was.is_empty() {
            differ.push(format!("{what} {now} instead of {was}"));
        }
    };
    compare("precision", &state.precision, &machine.precision.to_string());
    compare("device", &state.device, &machine.device_name());
    compare("threads", &state.threads.to_string(), &machine.threads.to_string());
    compare("processor", &state.processor, &processor());
    differ
}

/// The newest run that did not end, was not ended by hand, and is nobody's work now.
pub(super) fn offer(runs: &Path) -> Option<Offer> {
    let folders = fs::read_dir(runs).ok()?.flatten().map(|entry| entry.path());
    let offers = folders.filter_map(|folder| {
        let last = folder.join("checkpoints").join("last.safetensors");
        let saved = fs::metadata(&last).ok()?.modified().ok()?;
        Some((saved, folder, last))
    });
    let mut offers: Vec<_> = offers.collect();
    offers.sort();
    // Only the newest: whoever has begun another run since has turned away from the ones before.
    let (saved, folder, last) = offers.pop()?;
    let state = checkpoint::read_state(&last).ok()?;
    let epochs = run_config(&folder).ok()?.training.epochs;
    if state.stopped || state.is_finished(epochs) || run::is_locked(&folder) {
        return None;
    }
    let name = folder.file_name()?.to_string_lossy().into_owned();
    Some(Offer { name, folder, epoch: state.epoch, epochs, step: state.step, saved })
}
