//! How a run comes to be: anew, or from where it stood.

use super::active::Active;
use super::gallery::Gallery;
use super::protocol::{Continuation, Past, PastPass, RunPlan, Tuning};
use super::resume;
use super::weights::{Weights, WeightsError};
use crate::checkpoint::{self, CheckpointError};
use crate::config::{Config, DataSource};
use crate::data::{self, DataError, Dataset, Partition};
use crate::metrics::{EpochMetrics, Evaluation, Split};
use crate::model::{Summary, architecture};
use crate::run::{self, Change, Changed, Place, RunError, RunFolder, new_name};
use crate::train::{Machine, MachineError, RestoreError, TrainError, Trainer};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A run could not begin, or go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(
        "{path}: its net has {found} classes, and the data has {expected}; name the data it was trained on with --data",
        path = .path.display()
    )]
    Classes { path: PathBuf, found: usize, expected: usize },
    #[error("could not start the thread that writes checkpoints: {0}")]
    Thread(std::io::Error),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("{0}")]
    NotARun(String),
    #[error("these can't change in a run; start a new one for that:\n  {}", .0.join("\n  "))]
    Fixed(Vec<String>),
    #[error(
        "{run}: none of its checkpoints is good; begin a new run, or move them away to begin this one again:\n  {list}",
        run = .folder.display(),
        list = .broken.join("\n  ")
    )]
    NoneGood { folder: PathBuf, broken: Vec<String> },
    #[error("{path}: can't go on from it: {source}", path = .path.display())]
    Restore { path: PathBuf, source: RestoreError },
    #[error(
        "{run} learns from other pictures than those in {found}; name its own with --data DIR (its configuration says \
         {source_of_run})",
        run = .run.display()
    )]
    OtherData { run: PathBuf, found: String, source_of_run: String },
}

/// What a run begun now would be.
pub(super) fn plan(config: &Config, data: &Dataset) -> Result<RunPlan, StartError> {
    let machine = Machine::set_up(&config.compute)?;
    let partition = partition(config, data)?;
    let net = architecture(config.model.variant, 1, data.class_names.len());
    let variant = config.model.variant.to_string();
    Ok(RunPlan {
        net: Arc::new(Summary::new(&variant, &net, 1)),
        variant,
        device: machine.device_name(),
        precision: machine.precision.to_string(),
        threads: machine.threads,
        parameters: net.parameter_count(),
        train_images: partition.train.len(),
        validation_images: partition.validation.len(),
        gallery: Gallery::new(data, partition.train, partition.validation),
    })
}

/// Which pictures are learned from and which are validated on.
pub(super) fn partition(config: &Config, data: &Dataset) -> Result<Partition, DataError> {
    let (d, seed) = (&config.data, config.training.seed);
    Partition::new(data.train.len(), d.validation_fraction, seed, d.limit_train, d.limit_validation)
}

/// A configuration in which nothing is left to be chosen: so that going on needs no flag, and is the same everywhere.
fn resolved(config: &Config, machine: &Machine, data: &Dataset) -> Config {
    let mut config = config.clone();
    config.data.source = data.folder.clone().map_or(DataSource::Sample, DataSource::Folder);
    config.compute = machine.chosen(&config.compute);
    config
}

/// A run that is ready for its next step.
pub(super) struct Begun {
    pub(super) active: Active,
    /// The data it learns from, which may be other than what was open.
    pub(super) data: Arc<Dataset>,
    /// What it did before; `None`: it is new.
    pub(super) past: Option<Past>,
    /// What a person should know of it.
    pub(super) warnings: Vec<String>,
}

/// A new run: makes the folder and the net. The resolved configuration is on the disk before the first step. With
/// `weights` it begins with those, and is of their net.
pub(super) fn begin(
    config: &Config,
    run_dir: Option<&Path>,
    weights: Option<&Path>,
    data: Arc<Dataset>,
) -> Result<Begun, StartError> {
    let machine = Machine::set_up(&config.compute)?;
    let partition = partition(config, &data)?;
    let mut config = config.clone();
    let mut warnings: Vec<String> = data.note.iter().cloned().collect();
    let weights = match weights {
        Some(path) => Some((path, Weights::read(path)?)),
        None => None,
    };
    if let Some((path, weights)) = &weights {
        let (found, expected) = (weights.classes, data.class_names.len());
        if found != expected {
            return Err(StartError::Classes { path: path.to_path_buf(), found, expected });
        }
        config.model.variant = weights.variant;
        warnings.push(format!("a new run that begins with the weights in {}, at step 0", path.display()));
    }
    let path = match run_dir {
        Some(path) => path.to_path_buf(),
        None => config.paths.runs.join(new_name(&config.paths.runs)),
    };
    let config = resolved(&config, &machine, &data);
    let config_text = config.to_toml();
    let folder = RunFolder::create(&path, &config_text)?;
    let mut trainer = Trainer::new(config, config_text.clone(), Arc::clone(&data), partition, machine)?;
    if let Some((_, weights)) = &weights {
        weights.load(trainer.network_mut())?;
    }
    let active = Active::new(trainer, folder, &config_text, None).map_err(StartError::Thread)?;
    Ok(Begun { active, data, past: None, warnings })
}

/// Goes on with a run. `session` is the configuration that the program was opened with, `open` the data it has read.
pub(super) fn go_on(order: &Continuation, session: &Config, open: Option<&Arc<Dataset>>) -> Result<Begun, StartError> {
    let Continuation { folder, checkpoint, config, learning_rate } = order;
    let was = resume::run_config(folder)?;
    let mut config = config.as_deref().unwrap_or(&was).clone();
    config.paths.clone_from(&session.paths);
    config.ui = session.ui.clone();
    resume::check_changes(&was, &config)?;
    let locked = RunFolder::lock(folder)?;
    let (contents, mut warnings) = match checkpoint {
        Some(path) => (Some(checkpoint::read(path, |_| true)?), Vec::new()),
        None => resume::newest_good(folder)?,
    };
    let digest = contents.as_ref().map(|contents| &contents.state.data_digest);
    let data = match open.filter(|data| digest.is_none_or(|digest| *digest == data.digest)) {
        Some(data) => Arc::clone(data),
        None => Arc::new(data::load(&config.data.source, &config.paths.data)?),
    };
    if digest.is_some_and(|digest| *digest != data.digest) {
        let found = data.folder.as_ref().map_or("the sample".into(), |folder| folder.display().to_string());
        return Err(StartError::OtherData { run: folder.clone(), found, source_of_run: was.data.source.into() });
    }
    let machine = Machine::set_up(&config.compute)?;
    let partition = partition(&config, &data)?;
    let step = contents.as_ref().map_or(0, |contents| contents.state.step);
    let to_replay: VecDeque<Change> =
        run::read_changes(folder)?.into_iter().filter(|change| change.step >= step).collect();
    let wanted = config.training.clone();
    rewind(&mut config, &was, &to_replay);
    let config = resolved(&config, &machine, &data);
    let config_text = config.to_toml();
    let mut trainer = Trainer::new(config, config_text.clone(), Arc::clone(&data), partition, machine)?;
    let mut inexact = Vec::new();
    if let Some(contents) = &contents {
        let path = checkpoint.clone().unwrap_or_else(|| folder.join("checkpoints"));
        trainer.restore(contents).map_err(|source| StartError::Restore { path, source })?;
        let differ = resume::differences(&contents.state, &machine);
        if !differ.is_empty() {
            warnings.push(format!("not bit-exact: {}; the run goes on, but not to the bit", differ.join(", ")));
        }
        inexact = differ;
    }
    let history = contents.as_ref().map_or(&[][..], |contents| &contents.state.history);
    warnings.extend(resume::abandon_after(folder, step));
    let run_folder = locked.go_on(&config_text, Place { step, history })?;
    let past = Past { inexact, ..past(folder, step, history, &data.class_names)? };
    let mut active = Active::new(trainer, run_folder, &config_text, Some(step)).map_err(StartError::Thread)?;
    active.automatic = automatic(folder);
    active.test = run::read_passes(folder)?.into_iter().rfind(|pass| pass.split == Split::Test);
    active.to_replay = to_replay;
    if let Some(learning_rate) = learning_rate {
        active.change_learning_rate(*learning_rate)?;
    }
    // What is asked for now is a change by hand, too.
    if wanted.weight_decay.to_bits() != was.training.weight_decay.to_bits() {
        active.tune(Tuning::WeightDecay(wanted.weight_decay))?;
    }
    if wanted.gradient_clip.to_bits() != was.training.gradient_clip.to_bits() {
        active.tune(Tuning::GradientClip(wanted.gradient_clip))?;
    }
    Ok(Begun { active, data, past: Some(past), warnings })
}

/// config.toml has what a person made of these in the end; at the checkpoint they were what the first change after it
/// began with.
fn rewind(config: &mut Config, was: &Config, to_replay: &VecDeque<Change>) {
    let at_checkpoint = |of: Changed, last: f64| {
        let next = to_replay.iter().find(|change| change.changed.is_of(&of));
        next.and_then(|change| change.before).unwrap_or(last)
    };
    let (training, was) = (&mut config.training, &was.training);
    training.weight_decay = at_checkpoint(Changed::WeightDecay(0.0), was.weight_decay);
    training.gradient_clip = at_checkpoint(Changed::GradientClip(0.0), was.gradient_clip);
}

/// The numbered files that the policies made, oldest first: those that `keep` counts.
fn automatic(folder: &Path) -> VecDeque<PathBuf> {
    let mut kept = resume::checkpoints(folder).0;
    kept.retain(|kept| {
        let stem = kept.path.file_stem().unwrap_or_default().to_string_lossy();
        !kept.state.asked && (stem.starts_with("epoch-") || stem.starts_with("step-"))
    });
    kept.sort_by_key(|kept| kept.state.step);
    kept.into_iter().map(|kept| kept.path).collect()
}

fn past(folder: &Path, step: u64, history: &[EpochMetrics], class_names: &[String]) -> Result<Past, StartError> {
    let passes = run::read_passes(folder)?.into_iter().map(|record| {
        let run::PassRecord { epoch, step, split, loss, confusion_matrix } = record;
        PastPass { epoch, step, evaluation: Evaluation::of_matrix(split, loss, confusion_matrix, class_names) }
    });
    Ok(Past {
        epochs: history.to_vec(),
        steps: run::read_steps(folder, step)?,
        passes: passes.collect(),
        inexact: Vec::new(),
    })
}
