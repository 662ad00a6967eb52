//! A pass over pictures with dropout off, one batch at a time, so that whoever runs it stays able to listen.

use super::batch::{numbers_for, pictures_of};
use crate::data::{Images, Plan, Prefetch};
use crate::metrics::{ConfusionMatrix, Evaluation, Lap, Predictions, Split, StepTimes};
use crate::model::{Mode, Network};
use crate::torch::TorchError;
use std::sync::Arc;
use std::time::Instant;
use tch::{Kind, Tensor};

/// A pass could not go on.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
    /// The thread that fetches pictures ended early.
    #[error("the pictures stopped coming after {done} of {total}; the log has the reason")]
    Starved {
        /// Pictures seen.
        done: usize,
        /// Pictures expected.
        total: usize,
    },
}

/// A pass under way.
pub struct Pass {
    split: Split,
    batches: Prefetch,
    total: usize,
    loss: f64,
    confusion: ConfusionMatrix,
    predictions: Predictions,
    seconds: f64,
    times: StepTimes,
}

impl Pass {
    /// A pass over `indices` of `images`, in that order.
    pub fn new(split: Split, images: &Arc<Images>, indices: Vec<u32>, batch_size: usize, network: &Network) -> Self {
        let total = indices.len();
        let classes = network.architecture().classes();
        Self {
            split,
            batches: Prefetch::start(Plan {
                images: Arc::clone(images),
                order: indices.into(),
                from_position: 0,
                batch_size,
                side: network.architecture().side(),
                numbers: numbers_for(network),
                beside: None,
            }),
            total,
            loss: 0.0,
            confusion: ConfusionMatrix::new(classes),
            predictions: Predictions { classes, ..Predictions::default() },
            seconds: 0.0,
            times: StepTimes::default(),
        }
    }

    /// What it runs over.
    pub fn split(&self) -> Split {
        self.split
    }

    /// Pictures done, and in all.
    pub fn progress(&self) -> (usize, usize) {
        (self.predictions.len(), self.total)
    }

    /// Where the time of its batches so far went.
    pub fn times(&self) -> StepTimes {
        self.times
    }

    /// What was said of the pictures done so far.
    pub fn predictions(&self) -> &Predictions {
        &self.predictions
    }

    /// Does one batch. True when it was the last.
    pub fn advance(&mut self, network: &Network) -> Result<bool, PassError> {
        let started = Instant::now();
        let (done, total) = self.progress();
        let Some(batch) = self.batches.next() else {
            return if done == total { Ok(true) } else { Err(PassError::Starved { done, total }) };
        };
        let mut lap = Lap::since(started);
        let x = pictures_of(&batch, network)?;
        self.times.data += lap.seconds();
        let logits = logits(network, &x)?;
        for (row, &label) in logits.chunks(self.predictions.classes).zip(&batch.labels) {
            let (loss, probabilities) = softmax(row, usize::from(label));
            self.loss += loss;
            self.predictions.probabilities.extend(probabilities);
            self.predictions.labels.push(label);
        }
        self.predictions.indices.extend_from_slice(&batch.indices);
        for at in done..self.predictions.len() {
            let truth = usize::from(self.predictions.labels[at]);
            self.confusion.add(truth, self.predictions.predicted(at));
        }
        self.batches.recycle(batch);
        self.times.forward += lap.seconds();
        self.seconds += started.elapsed().as_secs_f64();
        Ok(self.predictions.len() == total)
    }

    /// What the pictures done so far say.
    pub fn finish(self, class_names: &[String]) -> Evaluation {
        let loss = self.loss / self.predictions.len().max(1) as f64;
        let told = Evaluation::of_matrix(self.split, loss, self.confusion, class_names);
        Evaluation { predictions: self.predictions, seconds: self.seconds, ..told }
    }
}

/// Logits of a batch, `classes` numbers a picture.
fn logits(network: &Network, x: &Tensor) -> Result<Vec<f32>, TorchError> {
    tch::no_grad(|| {
        let logits = network.forward(x, Mode::Evaluate)?.f_to_device(tch::Device::Cpu)?.f_contiguous()?;
        let mut numbers = vec![0.0_f32; logits.numel()];
        logits.f_to_kind(Kind::Float)?.f_copy_data(&mut numbers, logits.numel())?;
        Ok(numbers)
    })
}

/// Cross-entropy against `label` in nats, and the probabilities; summed in f64, so that the batch size changes nothing.
fn softmax(logits: &[f32], label: usize) -> (f64, impl Iterator<Item = f32>) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shifted = move |logit: f32| f64::from(logit) - f64::from(largest);
    let total: f64 = logits.iter().map(|&logit| shifted(logit).exp()).sum();
    let loss = total.ln() - logits.get(label).map_or(f64::NAN, |&logit| shifted(logit));
    (loss, logits.iter().map(move |&logit| (shifted(logit).exp() / total) as f32))
}
