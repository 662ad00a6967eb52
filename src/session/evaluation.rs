//! A visit to a split: over the run's own net, or over one read from a checkpoint.

use super::weights::{Weights, WeightsError};
use crate::analysis::{Pass, PassError};
use crate::config::{self, Config};
use crate::data::{DataError, Dataset, Partition};
use crate::metrics::{Evaluation, Split};
use crate::model::Network;
use crate::torch::TorchError;
use crate::train::{Machine, MachineError, Trainer};
use std::path::Path;

/// A checkpoint could not be evaluated.
#[derive(Debug, thiserror::Error)]
pub(super) enum VisitError {
    #[error(transparent)]
    Weights(#[from] WeightsError),
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

    /// Over the weights in a file: seed and split are those it was trained with, where it says so. The second value is
    /// a warning.
    pub(super) fn of_checkpoint(
        path: &Path,
        split: Split,
        config: &Config,
        data: &Dataset,
    ) -> Result<(Self, Option<String>), VisitError> {
        let name = || path.display().to_string();
        let weights = Weights::read(path)?;
        let trained = match &weights.state {
            None => config.clone(),
            Some(state) => config::of_text(&state.config, path)
                .map_err(|error| VisitError::Config { path: name(), reason: error.to_string() })?,
        };
        let (found, expected) = (weights.classes, data.class_names.len());
        if found != expected {
            return Err(VisitError::Classes { path: name(), found, expected });
        }
        let machine = Machine::set_up(&config.compute)?;
        let net = weights.architecture();
        let mut network = Network::new(net, machine.precision, machine.device, trained.training.seed)?;
        weights.load(&mut network)?;
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
        let warning = match &weights.state {
            Some(state) if state.data_digest != data.digest => {
                Some(format!("{}: trained on other data than it is evaluated on", path.display()))
            }
            None if split != Split::Test => Some(format!(
                "{}: another program wrote it: which pictures it learned from is not known, and {split} may be among them",
                path.display()
            )),
            _ => None,
        };
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
