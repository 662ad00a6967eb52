//! A training as a checkpoint holds it, and back: to the bit.

use super::machine::processor;
use super::optimizer::RestoreMomentError;
use super::trainer::{Stage, TrainError, Trainer};
use crate::checkpoint::{Contents, FORMAT_VERSION, NamedTensor, State};
use crate::metrics::Split;
use crate::model::LoadError;
use crate::torch::{self, TorchError};
use std::collections::HashMap;
use tch::Tensor;

/// A training could not go on from a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It is of something else.
    #[error("the checkpoint's {what} is {found}, and this run's is {expected}")]
    Other {
        /// What differs.
        what: &'static str,
        /// What the checkpoint has.
        found: String,
        /// What the run has.
        expected: String,
    },
    /// Weights are missing or of another shape.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Moments are.
    #[error(transparent)]
    Moment(#[from] RestoreMomentError),
    /// The data does not have as many pictures.
    #[error("the checkpoint has learned from {found} pictures of its epoch, and an epoch of this run has {expected}")]
    Images {
        /// What the checkpoint says.
        found: u64,
        /// Pictures of an epoch.
        expected: usize,
    },
}

impl Trainer {
    /// Everything that a checkpoint holds, copied.
    pub fn capture(&self) -> Result<Contents, TrainError> {
        let mut tensors = Vec::new();
        let mut add = |name: String, shape: &[usize], tensor: &Tensor| -> Result<(), TorchError> {
            tensors.push(NamedTensor { name, shape: shape.to_vec(), bytes: torch::bytes_of(tensor)? });
            Ok(())
        };
        let moments = self.optimizer.moments();
        for (at, parameter) in self.network.parameters().iter().enumerate() {
            let (name, shape) = (&parameter.spec.name, &parameter.spec.shape);
            add(name.clone(), shape, &parameter.master)?;
            for (kind, tensors) in &moments {
                if let Some(moment) = tensors.get(at) {
                    add(moment_name(kind, name), shape, moment)?;
                }
            }
        }
        Ok(Contents { state: self.state(), tensors })
    }

    fn state(&self) -> State {
        State {
            format_version: FORMAT_VERSION,
            program: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).into(),
            variant: self.config.model.variant.to_string(),
            channels: 1,
            class_names: self.data.class_names.clone(),
            config: self.config_text.clone(),
            data_digest: self.data.digest.clone(),
            device: self.machine.device_name(),
            precision: self.machine.precision.to_string(),
            threads: self.machine.threads,
            processor: processor(),
            epoch: self.epoch,
            step: self.step,
            images_done: self.images_done as u64,
            sums: self.sums,
            learning_rate: self.optimizer.learning_rate(),
            history: self.history.clone(),
            best: self.best,
            epoch_seconds: self.epoch_seconds,
            seconds: self.seconds,
            asked: false,
            stopped: false,
        }
    }

    /// Goes on from a checkpoint: to be called on a training that has not begun. From here everything is, bit for bit,
    /// what it would have been without the stop, on the same processor with as many threads.
    pub fn restore(&mut self, contents: &Contents) -> Result<(), RestoreError> {
        let state = &contents.state;
        let same = |what, found: &str, expected: &str| {
            let other = || RestoreError::Other { what, found: found.into(), expected: expected.into() };
            if found == expected { Ok(()) } else { Err(other()) }
        };
        same("net", &state.variant, &self.config.model.variant.to_string())?;
        same("data", &state.data_digest, &self.data.digest)?;
        let expected = self.partition.train.len();
        if state.images_done > expected as u64 {
            return Err(RestoreError::Images { found: state.images_done, expected });
        }
        let tensors: HashMap<&str, &NamedTensor> =
            contents.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        self.network.load(|name| tensors.get(name).map(|tensor| (tensor.shape.as_slice(), tensor.bytes.as_slice())))?;
        let specs: Vec<_> = self.network.parameters().iter().map(|parameter| &parameter.spec).collect();
        self.optimizer.restore(state.step as i64, |kind, place| {
            let spec = specs.get(place).ok_or("a moment of no parameter")?;
            let name = moment_name(kind, &spec.name);
            match tensors.get(name.as_str()) {
                None => Err(format!("{name}: expected {:?}, found nothing", spec.shape)),
                Some(tensor) if tensor.shape != spec.shape => {
                    Err(format!("{name}: expected {:?}, found {:?}", spec.shape, tensor.shape))
                }
                Some(tensor) => Ok(&tensor.bytes),
            }
        })?;
        self.optimizer.set_learning_rate(state.learning_rate);
        self.epoch = state.epoch;
        self.step = state.step;
        self.images_done = state.images_done as usize;
        self.sums = state.sums;
        self.history.clone_from(&state.history);
        self.best = state.best;
        self.epoch_seconds = state.epoch_seconds;
        self.seconds = state.seconds;
        // The thread that fetches the wrong pictures goes before the one for the right ones comes.
        self.stage = Stage::Finished;
        let epoch_is_done = self.history.last().is_some_and(|epoch| epoch.epoch == self.epoch);
        if epoch_is_done {
            self.begin_next_epoch();
        } else if self.images_done == expected {
            self.stage = Stage::Validating(self.pass(Split::Validation));
        } else {
            self.stage = Stage::Training(self.fetch());
        }
        Ok(())
    }
}

fn moment_name(kind: &str, parameter: &str) -> String {
    format!("optimizer.{kind}.{parameter}")
}
