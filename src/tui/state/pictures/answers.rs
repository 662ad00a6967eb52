//! What the net said: of every picture in the last pass over a split, and of single pictures since.

use crate::metrics::{Predictions, Split};
use std::collections::{HashMap, VecDeque};

/// Single pictures that are remembered at the most.
const MOST: usize = 4_096;

/// What the net said of one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer<'a> {
    /// Steps done when it said so.
    pub step: u64,
    /// Of each class.
    pub probabilities: &'a [f32],
}

impl Answer<'_> {
    /// The most probable class; of equals, the first.
    pub fn taken(&self) -> usize {
        let p = self.probabilities;
        (1..p.len()).fold(0, |best, class| if p[class] > p[best] { class } else { best })
    }

    /// The probability of a class.
    pub fn probability(&self, class: usize) -> f32 {
        self.probabilities.get(class).copied().unwrap_or(0.0)
    }

    /// How sure it is of what it took the picture for.
    pub fn confidence(&self) -> f32 {
        self.probability(self.taken())
    }

    /// Cross-entropy in nats.
    pub fn loss(&self, truth: usize) -> f64 {
        -f64::from(self.probability(truth)).ln()
    }
}

/// A pass over a split.
#[derive(Clone, Debug)]
struct Pass {
    step: u64,
    predictions: Predictions,
    /// The row of each picture.
    rows: HashMap<u32, usize>,
}

#[derive(Clone, Debug)]
struct Single {
    step: u64,
    probabilities: Vec<f32>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    passes: [Option<Pass>; 3],
    single: HashMap<(Split, u32), Single>,
    /// Those of `single`, the first remembered first.
    order: VecDeque<(Split, u32)>,
}

impl Answers {
    /// Takes the place of the last pass over the same split.
    pub(super) fn keep_pass(&mut self, split: Split, step: u64, predictions: &Predictions) {
        let rows = predictions.indices.iter().enumerate().map(|(row, &index)| (index, row)).collect();
        self.passes[split as usize] = Some(Pass { step, predictions: predictions.clone(), rows });
    }

    /// Takes the place of what was said of these pictures before.
    pub(super) fn keep(&mut self, split: Split, step: u64, predictions: &Predictions) {
        for (row, &index) in predictions.indices.iter().enumerate() {
            let probabilities = predictions.probabilities_of(row).to_vec();
            if self.single.insert((split, index), Single { step, probabilities }).is_none() {
                self.order.push_back((split, index));
            }
        }
        while self.order.len() > MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.single.remove(&oldest);
            }
        }
    }

    /// Steps done when the last pass over a split came.
    pub(super) fn pass_step(&self, split: Split) -> Option<u64> {
        self.passes[split as usize].as_ref().map(|pass| pass.step)
    }

    /// What the last pass over a split said of a picture.
    pub(super) fn in_pass(&self, split: Split, index: u32) -> Option<Answer<'_>> {
        let pass = self.passes[split as usize].as_ref()?;
        let row = *pass.rows.get(&index)?;
        Some(Answer { step: pass.step, probabilities: pass.predictions.probabilities_of(row) })
    }

    /// The newest that was said of a picture.
    pub(super) fn of(&self, split: Split, index: u32) -> Option<Answer<'_>> {
        let single = self.single.get(&(split, index));
        let single = single.map(|single| Answer { step: single.step, probabilities: &single.probabilities });
        match (single, self.in_pass(split, index)) {
            (Some(single), Some(pass)) => Some(if pass.step > single.step { pass } else { single }),
            (single, pass) => single.or(pass),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn said(indices: std::ops::Range<u32>, right: f32) -> Predictions {
        let count = indices.len();
        Predictions {
            classes: 2,
            indices: indices.collect(),
            labels: vec![0; count],
            probabilities: [right, 1.0 - right].repeat(count),
        }
    }

    #[test]
    fn the_newest_answer_counts_and_the_memory_is_bounded() {
        let mut answers = Answers::default();
        answers.keep_pass(Split::Test, 100, &said(0..10, 0.9));
        answers.keep(Split::Test, 90, &said(0..2, 0.2));
        answers.keep(Split::Test, 120, &said(1..2, 0.3));
        assert_eq!(answers.of(Split::Test, 0).unwrap().step, 100);
        let newest = answers.of(Split::Test, 1).unwrap();
        assert_eq!((newest.step, newest.taken()), (120, 1));
        assert!((newest.loss(0) - -(f64::from(0.3_f32)).ln()).abs() < 1e-9);
        assert!((newest.confidence() - 0.7).abs() < 1e-6);
        assert_eq!(answers.of(Split::Validation, 1), None);

        answers.keep(Split::Validation, 130, &said(0..MOST as u32, 0.5));
        assert_eq!(answers.single.len(), MOST);
        assert_eq!(answers.order.len(), MOST);
        // What was said of a single picture is gone, what the pass said is not.
        assert_eq!(answers.of(Split::Test, 1).unwrap().step, 100);
        assert_eq!(answers.of(Split::Validation, 7).unwrap().step, 130);
    }
}
