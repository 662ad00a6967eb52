//! A training under way: the net, its optimizer, and where in which epoch it stands.

use super::dropout::{Dropout, masks};
use super::gradients::BatchLoss;
use super::machine::Machine;
use super::optimizer::Optimizer;
use super::sampling::Sampling;
use crate::analysis::{Pass, PassError, numbers_for, pictures_of};
use crate::config::{Checkpoint, Config};
use crate::data::{Batch, Dataset, Partition, Plan, Prefetch, epoch_order};
use crate::metrics::{Best, EpochMetrics, Evaluation, Lap, NetSample, Split, StepMetrics, StepTimes, Sums};
use crate::model::{Mode, Network, architecture, targets};
use crate::torch::TorchError;
use std::sync::Arc;
use std::time::Instant;

/// A training could not go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss is infinite or not a number; the weights are those from before this step.
    #[error(
        "the loss is {loss} in step {step}: the training has diverged. The weights were not touched by this step; \
         start again with a smaller learning rate (it is {learning_rate})"
    )]
    NotFinite {
        /// The step that was not done.
        step: u64,
        /// What came out.
        loss: f64,
        /// The rate of now.
        learning_rate: f64,
    },
    /// The same, on the validation pictures.
    #[error("the validation loss is {loss} after epoch {epoch}: the training has diverged")]
    ValidationNotFinite {
        /// The epoch.
        epoch: u32,
        /// What came out.
        loss: f64,
    },
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
    /// A validation could not go on.
    #[error(transparent)]
    Pass(#[from] PassError),
}

/// What one call of [`Trainer::advance`] did.
#[derive(Debug)]
pub enum Progress {
    /// One optimizer step.
    Step(StepMetrics),
    /// One batch of the validation at an epoch's end.
    Validation {
        /// Pictures done.
        done: usize,
        /// Pictures in all.
        total: usize,
    },
    /// The last batch of the validation: the epoch is done.
    Epoch(EpochMetrics, Box<Evaluation>),
    /// Nothing: all epochs are done.
    Finished,
}

pub(super) enum Stage {
    Training(Prefetch),
    Validating(Pass),
    Finished,
}

/// The net, its optimizer, and where it stands.
pub struct Trainer {
    pub(super) config: Config,
    pub(super) config_text: String,
    pub(super) data: Arc<Dataset>,
    pub(super) machine: Machine,
    pub(super) partition: Partition,
    pub(super) network: Network,
    pub(super) optimizer: Optimizer,
    pub(super) dropout_widths: Vec<usize>,
    pub(super) stage: Stage,
    pub(super) epoch: u32,
    pub(super) step: u64,
    pub(super) images_done: usize,
    pub(super) sums: Sums,
    pub(super) history: Vec<EpochMetrics>,
    pub(super) best: Option<Best>,
    pub(super) epoch_seconds: f64,
    pub(super) seconds: f64,
    pub(super) sampling: Sampling,
    pub(super) times: StepTimes,
}

impl Trainer {
    /// A training that has not begun: initial weights, step 0. `config_text` is what checkpoints say of the
    /// configuration.
    pub fn new(
        config: Config,
        config_text: String,
        data: Arc<Dataset>,
        partition: Partition,
        machine: Machine,
    ) -> Result<Self, TrainError> {
        let net = architecture(config.model.variant, 1, data.class_names.len());
        let dropout_widths = net.dropout_widths();
        let network = Network::new(net, machine.precision, machine.device, config.training.seed)?;
        let optimizer = Optimizer::new(network.parameters(), &config.training)?;
        let mut trainer = Self {
            config,
            config_text,
            data,
            machine,
            partition,
            network,
            optimizer,
            dropout_widths,
            stage: Stage::Finished,
            epoch: 1,
            step: 0,
            images_done: 0,
            sums: Sums::default(),
            history: Vec::new(),
            best: None,
            epoch_seconds: 0.0,
            seconds: 0.0,
            sampling: Sampling::default(),
            times: StepTimes::default(),
        };
        trainer.stage = Stage::Training(trainer.fetch());
        Ok(trainer)
    }

    /// Does one unit of work: an optimizer step, or a batch of validation.
    pub fn advance(&mut self) -> Result<Progress, TrainError> {
        let started = Instant::now();
        let progress = match &mut self.stage {
            Stage::Finished => return Ok(Progress::Finished),
            Stage::Validating(pass) => {
                let last = pass.advance(&self.network)?;
                let (done, total) = pass.progress();
                if last { None } else { Some(Progress::Validation { done, total }) }
            }
            Stage::Training(batches) => {
                let (done, total) = (self.images_done, self.partition.train.len());
                let batch = batches.next().ok_or(PassError::Starved { done, total })?;
                Some(Progress::Step(self.step(batch, started)?))
            }
        };
        let elapsed = started.elapsed().as_secs_f64();
        self.epoch_seconds += elapsed;
        self.seconds += elapsed;
        match progress {
            Some(progress) => Ok(progress),
            None => self.end_epoch(),
        }
    }

    fn step(&mut self, batch: Batch, started: Instant) -> Result<StepMetrics, TrainError> {
        let (precision, device) = (self.machine.precision, self.machine.device);
        let images = batch.labels.len();
        let mut lap = Lap::since(started);
        let x = pictures_of(&batch, &self.network)?;
        let y = targets(&batch.labels, device)?;
        let masks = masks(&batch, &self.dropout_widths, precision, device)?;
        self.times.data += lap.seconds();
        let mut probe = self.sampling.probe(self.step + 1, &self.network);
        let trace = probe.as_mut().map(|probe| &mut probe.trace);
        let batch_loss = BatchLoss::forward_traced(&self.network, &x, &y, Mode::Train(&masks), trace)?;
        self.times.forward += lap.seconds();
        let (mean_loss, correct) = (batch_loss.loss, batch_loss.correct);
        let learning_rate = self.optimizer.learning_rate();
        if !mean_loss.is_finite() {
            return Err(TrainError::NotFinite { step: self.step + 1, loss: mean_loss, learning_rate });
        }
        let gradients = batch_loss.gradients(&self.network)?;
        self.times.backward += lap.seconds();
        let probe = probe.and_then(|probe| self.sampling.sound(probe.before_update(&self.network, &gradients)));
        let gradient_norm = Some(self.optimizer.step(self.network.parameters(), precision, &gradients)?);
        drop(gradients);
        self.times.optimizer += lap.seconds();
        let sample = probe.and_then(|probe| self.sampling.sound(probe.after_update(&self.network)));
        self.sampling.step_done(started.elapsed().as_secs_f64(), sample);
        self.step += 1;
        self.images_done += images;
        self.sums.add(mean_loss, correct, images as u64);
        if let Stage::Training(batches) = &mut self.stage {
            batches.recycle(batch);
        }
        if self.images_done == self.partition.train.len() {
            self.stage = Stage::Validating(self.pass(Split::Validation));
        }
        Ok(StepMetrics {
            epoch: self.epoch,
            step: self.step,
            loss: mean_loss,
            accuracy: correct as f64 / images as f64,
            images: images as u32,
            images_per_second: images as f64 / started.elapsed().as_secs_f64().max(1e-9),
            learning_rate,
            gradient_norm,
        })
    }

    fn end_epoch(&mut self) -> Result<Progress, TrainError> {
        let Stage::Validating(pass) = std::mem::replace(&mut self.stage, Stage::Finished) else {
            return Ok(Progress::Finished);
        };
        let evaluation = pass.finish(&self.data.class_names);
        if !evaluation.loss.is_finite() {
            return Err(TrainError::ValidationNotFinite { epoch: self.epoch, loss: evaluation.loss });
        }
        let mut epoch = EpochMetrics {
            epoch: self.epoch,
            step: self.step,
            train_loss: self.sums.mean_loss(),
            train_accuracy: self.sums.accuracy(),
            validation_loss: evaluation.loss,
            validation_accuracy: evaluation.accuracy(),
            learning_rate: self.optimizer.learning_rate(),
            seconds: self.epoch_seconds,
            best: false,
        };
        let (best, improved) = Best::improved_by(self.best, &epoch, self.config.checkpoint.best_metric);
        epoch.best = improved;
        self.best = Some(best);
        self.history.push(epoch);
        self.begin_next_epoch();
        Ok(Progress::Epoch(epoch, Box::new(evaluation)))
    }

    /// If there is one.
    pub(super) fn begin_next_epoch(&mut self) {
        if self.epoch < self.config.training.epochs {
            self.epoch += 1;
            self.images_done = 0;
            self.sums = Sums::default();
            self.epoch_seconds = 0.0;
            self.stage = Stage::Training(self.fetch());
        }
    }

    pub(super) fn fetch(&self) -> Prefetch {
        let seed = self.config.training.seed;
        let dropout = Dropout {
            seed,
            epoch: self.epoch,
            widths: self.dropout_widths.clone(),
            probability: self.config.model.dropout,
            precision: self.machine.precision,
        };
        Prefetch::start(Plan {
            images: Arc::clone(&self.data.train),
            order: epoch_order(&self.partition.train, seed, self.epoch).into(),
            from_position: self.images_done,
            batch_size: self.config.training.batch_size,
            side: self.network.architecture().side(),
            numbers: numbers_for(&self.network),
            beside: dropout.beside(),
        })
    }

    /// A pass over some pictures of a split's files, a few at once; those that are not there are passed over.
    pub fn pass_over(&self, split: Split, mut indices: Vec<u32>, batch_size: usize) -> Pass {
        let images = if split == Split::Test { &self.data.test } else { &self.data.train };
        indices.retain(|&index| (index as usize) < images.len());
        Pass::new(split, images, indices, batch_size, &self.network)
    }

    /// A pass over a split with the weights as they are.
    pub fn pass(&self, split: Split) -> Pass {
        let (images, indices) = match split {
            Split::Train => (&self.data.train, self.partition.train.clone()),
            Split::Validation => (&self.data.train, self.partition.validation.clone()),
            Split::Test => (&self.data.test, (0..self.data.test.len() as u32).collect()),
        };
        Pass::new(split, images, indices, self.config.compute.evaluation_batch_size, &self.network)
    }

    /// Samples what the layers do, in so many steps that it costs less than a fiftieth of the time.
    pub fn sample_layers(&mut self) {
        self.sampling.switch_on();
    }

    /// Samples the next step whatever it costs.
    pub fn sample_next_step(&mut self) {
        self.sampling.sample_next();
    }

    /// Whether the next step is the last of its epoch.
    pub fn is_before_last_step(&self) -> bool {
        let left = self.partition.train.len().saturating_sub(self.images_done);
        matches!(self.stage, Stage::Training(_)) && left <= self.config.training.batch_size
    }

    /// What the last step told of its layers, if it was sampled.
    pub fn take_sample(&mut self) -> Option<NetSample> {
        self.sampling.take()
    }

    /// From the next step on.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.optimizer.set_learning_rate(learning_rate);
    }

    /// Takes over what may change between two steps: epochs, when is saved what, weight decay and gradient clipping. All
    /// else stays. A checkpoint says of the configuration what is so from here on.
    pub fn retune(&mut self, wanted: &Config) {
        let training = &mut self.config.training;
        training.epochs = wanted.training.epochs.max(self.epoch);
        training.weight_decay = wanted.training.weight_decay;
        training.gradient_clip = wanted.training.gradient_clip;
        self.optimizer.retune(training.weight_decay, training.gradient_clip);
        // What is best so far was chosen by the measure of then.
        let best_metric = self.config.checkpoint.best_metric;
        self.config.checkpoint = Checkpoint { best_metric, ..wanted.checkpoint.clone() };
        self.config_text = self.config.to_toml();
    }

    /// The configuration as its checkpoints have it.
    pub fn config_text(&self) -> &str {
        &self.config_text
    }

    /// The rate that the next step uses.
    pub fn learning_rate(&self) -> f64 {
        self.optimizer.learning_rate()
    }

    /// The epoch under way (from 1), or the last where all are done.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Optimizer steps done.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// Pictures learned from in this epoch, and in all of it.
    pub fn images(&self) -> (usize, usize) {
        (self.images_done, self.partition.train.len())
    }

    /// Pictures done and in all of the validation, where one is under way.
    pub fn validation(&self) -> Option<(usize, usize)> {
        match &self.stage {
            Stage::Validating(pass) => Some(pass.progress()),
            Stage::Training(_) | Stage::Finished => None,
        }
    }

    /// Pictures of a validation.
    pub fn validation_images(&self) -> usize {
        self.partition.validation.len()
    }

    /// Whether all epochs are done.
    pub fn is_finished(&self) -> bool {
        matches!(self.stage, Stage::Finished)
    }

    /// Training and validation time so far, pauses left out.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Where the time of the steps so far went.
    pub fn times(&self) -> StepTimes {
        self.times
    }

    /// The epochs that are done.
    pub fn history(&self) -> &[EpochMetrics] {
        &self.history
    }

    /// The pictures.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// The best epoch so far.
    pub fn best(&self) -> Option<Best> {
        self.best
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What it computes on.
    pub fn machine(&self) -> Machine {
        self.machine
    }

    /// The net of a training that has not begun: its weights may be set.
    pub fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// The net.
    pub fn network(&self) -> &Network {
        &self.network
    }
}
