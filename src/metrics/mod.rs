//! The numbers that cross between the engine and its front ends: plain data, no tensors.

mod bench;
mod layers;

pub use bench::{BenchReport, Floor, Job, Lap, Limits, StepMilliseconds, StepTimes};
pub use layers::{Histogram, LayerSample, NetSample, Units, Weights};

use crate::config::BestMetric;
use serde::{Deserialize, Serialize};

/// Which pictures a pass runs over.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Split {
    /// The part of the 60,000 that the weights learn from.
    Train,
    /// The part of the 60,000 held back to choose the best epoch by.
    Validation,
    /// The 10,000 that no decision may look at.
    Test,
}

/// What one optimizer step gave. Loss and accuracy are those of its batch, with dropout on, before the update.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepMetrics {
    /// Counted from 1.
    pub epoch: u32,
    /// Counted from 1 over the whole run.
    pub step: u64,
    /// Mean cross-entropy of the batch, in nats.
    pub loss: f64,
    /// Fraction of the batch that was right.
    pub accuracy: f64,
    /// Pictures in the batch.
    pub images: u32,
    /// Pictures a second, over this step alone.
    pub images_per_second: f64,
    /// The rate that this step's update used.
    pub learning_rate: f64,
    /// L2 norm of all gradients together, where this step measured it.
    pub gradient_norm: Option<f64>,
}

/// What one epoch gave: a row of `metrics.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// Counted from 1.
    pub epoch: u32,
    /// Optimizer steps since the run began.
    pub step: u64,
    /// Mean over the epoch's pictures, each as its batch saw it (dropout on).
    pub train_loss: f64,
    /// Fraction right over the epoch's pictures (dropout on).
    pub train_accuracy: f64,
    /// Mean over the validation pictures, dropout off.
    pub validation_loss: f64,
    /// Fraction right over the validation pictures, dropout off.
    pub validation_accuracy: f64,
    /// The rate of the epoch's last update.
    pub learning_rate: f64,
    /// Training and validation time, pauses left out.
    pub seconds: f64,
    /// Whether this is the best epoch so far.
    pub best: bool,
}

/// How often each class was taken for each: row = true class, column = predicted class.
/// As JSON it is a list of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<Vec<u64>>", try_from = "Vec<Vec<u64>>")]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// An empty matrix of `classes` × `classes`.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes] }
    }

    /// Counts one picture; a class outside the matrix is ignored.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        if truth < self.classes && predicted < self.classes {
            self.counts[truth * self.classes + predicted] += 1;
        }
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Pictures of class `truth` taken for `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts.get(truth * self.classes + predicted).copied().unwrap_or(0)
    }

    /// The row of a true class.
    pub fn row(&self, truth: usize) -> &[u64] {
        &self.counts[truth * self.classes..(truth + 1) * self.classes]
    }

    /// All rows, in class order.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks(self.classes.max(1))
    }

    /// Pictures counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Pictures on the diagonal.
    pub fn correct(&self) -> u64 {
        (0..self.classes).map(|class| self.count(class, class)).sum()
    }

    /// Fraction on the diagonal; 0 without pictures.
    pub fn accuracy(&self) -> f64 {
        let total = self.total();
        if total == 0 { 0.0 } else { self.correct() as f64 / total as f64 }
    }

    /// The pairs that were confused at all, the most confused first.
    pub fn most_confused(&self) -> Vec<Confused> {
        let all = (0..self.classes).flat_map(|truth| (0..self.classes).map(move |taken| (truth, taken)));
        let mut pairs: Vec<_> = all
            .map(|(truth, taken)| Confused { truth, taken, times: self.count(truth, taken) })
            .filter(|pair| pair.truth != pair.taken && pair.times > 0)
            .collect();
        pairs.sort_by_key(|pair| std::cmp::Reverse(pair.times));
        pairs
    }

    /// Precision, recall, F1 and support of one class; a ratio whose denominator is 0 is 0, as scikit-learn's
    /// `zero_division=0` has it.
    pub fn class_metrics(&self, class: usize) -> (f64, f64, f64, u64) {
        let hit = self.count(class, class) as f64;
        let support: u64 = self.row(class).iter().sum();
        let predicted: u64 = (0..self.classes).map(|truth| self.count(truth, class)).sum();
        let ratio = |of: f64| if of > 0.0 { hit / of } else { 0.0 };
        let (precision, recall) = (ratio(predicted as f64), ratio(support as f64));
        let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
        (precision, recall, f1, support)
    }
}

impl From<ConfusionMatrix> for Vec<Vec<u64>> {
    fn from(confusion: ConfusionMatrix) -> Self {
        confusion.rows().map(<[u64]>::to_vec).collect()
    }
}

impl TryFrom<Vec<Vec<u64>>> for ConfusionMatrix {
    type Error = &'static str;

    fn try_from(rows: Vec<Vec<u64>>) -> Result<Self, Self::Error> {
        let classes = rows.len();
        if rows.iter().any(|row| row.len() != classes) {
            return Err("a matrix of as many columns as rows was expected");
        }
        Ok(Self { classes, counts: rows.concat() })
    }
}

/// How often one class was taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confused {
    /// What the pictures are.
    pub truth: usize,
    /// What they were taken for.
    pub taken: usize,
    /// How many.
    pub times: u64,
}

/// Precision, recall and F1 averaged over the classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Average {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1.
    pub f1: f64,
}

impl Average {
    /// Every class counts the same.
    pub fn unweighted(classes: &[ClassMetrics]) -> Self {
        Self::of(classes, |_| 1.0)
    }

    /// Every class counts as many times as it has pictures.
    pub fn weighted(classes: &[ClassMetrics]) -> Self {
        Self::of(classes, |class| class.support as f64)
    }

    fn of(classes: &[ClassMetrics], weight: impl Fn(&ClassMetrics) -> f64) -> Self {
        let all: f64 = classes.iter().map(&weight).sum();
        let mean = |metric: fn(&ClassMetrics) -> f64| {
            if all > 0.0 { classes.iter().map(|class| weight(class) * metric(class)).sum::<f64>() / all } else { 0.0 }
        };
        Self {
            precision: mean(|class| class.precision),
            recall: mean(|class| class.recall),
            f1: mean(|class| class.f1),
        }
    }
}

/// One class in an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// The class's name.
    pub name: String,
    /// Of those called this class, the fraction that is.
    pub precision: f64,
    /// Of those that are this class, the fraction called so.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Pictures of this class.
    pub support: u64,
}

/// What the net said of each picture of a pass, in the order of the split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predictions {
    /// Number of classes.
    pub classes: usize,
    /// Each picture's place in its file: for ever the same picture.
    pub indices: Vec<u32>,
    /// The true classes.
    pub labels: Vec<u8>,
    /// Softmax of the logits, `classes` numbers a picture.
    pub probabilities: Vec<f32>,
}

impl Predictions {
    /// Pictures predicted.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// Those from the `first` picture of the pass on.
    #[must_use]
    pub fn from(&self, first: usize) -> Self {
        let first = first.min(self.len());
        Self {
            classes: self.classes,
            indices: self.indices[first..].to_vec(),
            labels: self.labels[first..].to_vec(),
            probabilities: self.probabilities[first * self.classes..].to_vec(),
        }
    }

    /// The probabilities of the `row`th picture of the pass.
    pub fn probabilities_of(&self, row: usize) -> &[f32] {
        &self.probabilities[row * self.classes..(row + 1) * self.classes]
    }

    /// The most probable class of the `row`th picture; of equals, the first.
    pub fn predicted(&self, row: usize) -> usize {
        let probabilities = self.probabilities_of(row);
        (1..self.classes).fold(0, |best, class| if probabilities[class] > probabilities[best] { class } else { best })
    }
}

/// What a pass over a split gave, dropout off.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The pictures it ran over.
    pub split: Split,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Row = truth, column = prediction.
    pub confusion: ConfusionMatrix,
    /// One row a class.
    pub classes: Vec<ClassMetrics>,
    /// Picture by picture.
    pub predictions: Predictions,
    /// How long it took.
    pub seconds: f64,
}

impl Evaluation {
    /// What follows from a matrix; nothing is told of single pictures.
    pub fn of_matrix(split: Split, loss: f64, confusion: ConfusionMatrix, class_names: &[String]) -> Self {
        let class = |(class, name): (usize, &String)| {
            let (precision, recall, f1, support) = confusion.class_metrics(class);
            ClassMetrics { name: name.clone(), precision, recall, f1, support }
        };
        let classes = class_names.iter().enumerate().map(class).collect();
        Self { split, loss, confusion, classes, predictions: Predictions::default(), seconds: 0.0 }
    }

    /// Fraction of the pictures that were right.
    pub fn accuracy(&self) -> f64 {
        self.confusion.accuracy()
    }
}

/// Sums over the pictures of an epoch so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Cross-entropy, in nats.
    pub loss: f64,
    /// Pictures that were right.
    pub correct: u64,
    /// Pictures.
    pub images: u64,
}

impl Sums {
    /// Adds a batch.
    pub fn add(&mut self, mean_loss: f64, correct: u64, images: u64) {
        self.loss += mean_loss * images as f64;
        self.correct += correct;
        self.images += images;
    }

    /// Mean loss; 0 without pictures.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.images.max(1) as f64
    }

    /// Fraction right; 0 without pictures.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.images.max(1) as f64
    }
}

/// The best epoch so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Which.
    pub epoch: u32,
    /// Its fraction right on the validation pictures.
    pub validation_accuracy: f64,
    /// Its mean loss on them.
    pub validation_loss: f64,
}

impl Best {
    /// The better of an earlier best and a new epoch; of equals, the earlier. True where it is the new one.
    pub fn improved_by(best: Option<Self>, epoch: &EpochMetrics, metric: BestMetric) -> (Self, bool) {
        let new = Self {
            epoch: epoch.epoch,
            validation_accuracy: epoch.validation_accuracy,
            validation_loss: epoch.validation_loss,
        };
        match best {
            Some(old) => {
                let better = match metric {
                    BestMetric::ValidationAccuracy => new.validation_accuracy > old.validation_accuracy,
                    BestMetric::ValidationLoss => new.validation_loss < old.validation_loss,
                };
                (if better { new } else { old }, better)
            }
            None => (new, true),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[derive(Deserialize)]
    struct Row {
        precision: f64,
        recall: f64,
        #[serde(rename = "f1-score")]
        f1: f64,
        support: f64,
    }

    #[derive(Deserialize)]
    struct Report {
        truth: Vec<usize>,
        predicted: Vec<usize>,
        confusion_matrix: Vec<Vec<u64>>,
        classes: Vec<Row>,
        r#macro: Row,
        weighted: Row,
    }

    #[test]
    fn the_numbers_are_those_of_scikit_learn() {
        let report: Report = serde_json::from_str(include_str!("../../tests/fixtures/sklearn/report.json")).unwrap();
        let mut confusion = ConfusionMatrix::new(report.classes.len());
        for (&truth, &predicted) in report.truth.iter().zip(&report.predicted) {
            confusion.add(truth, predicted);
        }
        assert_eq!(confusion.rows().map(<[u64]>::to_vec).collect::<Vec<_>>(), report.confusion_matrix);
        let near = |ours: [f64; 3], theirs: &Row| {
            for (ours, theirs) in ours.into_iter().zip([theirs.precision, theirs.recall, theirs.f1]) {
                assert!((ours - theirs).abs() < 1e-12, "{ours} is not {theirs}");
            }
        };
        let mut classes = Vec::new();
        for (class, theirs) in report.classes.iter().enumerate() {
            let (precision, recall, f1, support) = confusion.class_metrics(class);
            near([precision, recall, f1], theirs);
            assert!((support as f64 - theirs.support).abs() < 1e-12);
            classes.push(ClassMetrics { name: class.to_string(), precision, recall, f1, support });
        }
        for (ours, theirs) in
            [(Average::unweighted(&classes), &report.r#macro), (Average::weighted(&classes), &report.weighted)]
        {
            near([ours.precision, ours.recall, ours.f1], theirs);
        }
    }
}
