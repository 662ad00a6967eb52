//! A visit to a split: over the run's own net, or over one read from a checkpoint.

use crate::analysis::{Pass, PassError};
use crate::checkpoint::{self, CheckpointError, NamedTensor};
use crate::config::{Config, Variant};
use crate::data::{DataError, Dataset, Partition};
use crate::metrics::{Evaluation, Split};
use crate::model::{LoadError, Network, architecture};
use crate::torch::TorchError;
use crate::train::{Machine, MachineError, Trainer};
use std::path::Path;

/// A checkpoint could not be evaluated.
#[derive(Debug, thiserror::Error)]
pub(super) enum VisitError {
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("{0}: {1}")]
    Load(String, LoadError),
    #[error("{path}: of a net that this program does not know ({variant:?})")]
    Variant { path: String, variant: String },
    #[error("{path}: its configuration can't be read: {reason}")]
    Config { path: String, reason: String },
    #[error(
        "{path}: its net has {found} classes, and the data has {expected}; name the data it was trained on with --data"
    )]
    Classes { path: String, found: usize, expected: usize },
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// An evaluation under way.
pub(super) struct Visit {
    pass: Pass,
    /// The net read for it; `None`: the run's own.
    network: Option<Network>,
}

impl Visit {
    /// Over the run's own net.
    pub(super) fn of_run(trainer: &Trainer, split: Split) -> Self {
        Self { pass: trainer.pass(split), network: None }
    }

    /// Over the weights of a checkpoint: seed and split are those it was trained with. The second value is a warning.
    pub(super) fn of_checkpoint(
        path: &Path,
        split: Split,
        config: &Config,
        data: &Dataset,
    ) -> Result<(Self, Option<String>), VisitError> {
        let name = || path.display().to_string();
        let contents = checkpoint::read(path, |tensor| !tensor.starts_with("optimizer."))?;
        let state = &contents.state;
        let variant: Variant =
            state.variant.parse().map_err(|_| VisitError::Variant { path: name(), variant: state.variant.clone() })?;
        let trained: Config = toml::from_str(&state.config)
            .map_err(|error| VisitError::Config { path: name(), reason: error.to_string() })?;
        let (found, expected) = (state.class_names.len(), data.class_names.len());
        if found != expected {
            return Err(VisitError::Classes { path: name(), found, expected });
        }
        let machine = Machine::set_up(&config.compute)?;
        let net = architecture(variant, state.channels, found);
        let mut network = Network::new(net, machine.precision, machine.device, trained.training.seed)?;
        let find = |name: &str| {
            let tensor: &NamedTensor = contents.tensors.iter().find(|tensor| tensor.name == name)?;
            Some((tensor.shape.as_slice(), tensor.bytes.as_slice()))
        };
        network.load(find).map_err(|error| VisitError::Load(name(), error))?;
        let (images, indices) = match split {
            Split::Test => (&data.test, (0..data.test.len() as u32).collect()),
            Split::Train | Split::Validation => {
                let d = &trained.data;
                let seed = trained.training.seed;
                let fraction = d.validation_fraction;
                let partition = Partition::new(data.train.len(), fraction, seed, d.limit_train, d.limit_validation)?;
                let indices = if split == Split::Train { partition.train } else { partition.validation };
                (&data.train, indices)
            }
        };
        let warning = (state.data_digest != data.digest)
            .then(|| format!("{}: trained on other data than it is evaluated on", path.display()));
        let pass = Pass::new(split, images, indices, config.compute.evaluation_batch_size, &network);
        Ok((Self { pass, network: Some(network) }, warning))
    }

    pub(super) fn split(&self) -> Split {
        self.pass.split()
    }

    /// Whether it is over the run's own net.
    pub(super) fn is_of_run(&self) -> bool {
        self.network.is_none()
    }

    /// Pictures done, and in all.
    pub(super) fn progress(&self) -> (usize, usize) {
        self.pass.progress()
    }

    /// Does one batch. True when it was the last.
    pub(super) fn advance(&mut self, run: Option<&Trainer>) -> Result<bool, PassError> {
        match self.network.as_ref().or(run.map(Trainer::network)) {
            Some(network) => self.pass.advance(network),
            None => Ok(true),
        }
    }

    pub(super) fn finish(self, class_names: &[String]) -> Evaluation {
        self.pass.finish(class_names)
    }
}
