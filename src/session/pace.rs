//! How fast it goes, and how long it will take.

use crate::metrics::StepTimes;
use std::collections::VecDeque;

/// Steps that the speed shown is averaged over.
const WINDOW: usize = 20;
/// Steps that the time left is told by: so many that it doesn't jump with each step, and so few that what slows the
/// machine down is soon found in it.
const LONG_WINDOW: usize = 400;
/// Until a validation has been timed, it is taken to be so much faster a picture than training.
const VALIDATION_SPEEDUP: f64 = 3.0;

/// A step: its pictures, its seconds, and where these went.
#[derive(Clone, Copy, Debug)]
struct Step {
    images: f64,
    seconds: f64,
    times: StepTimes,
}

/// Speeds measured so far.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The newest last.
    recent: VecDeque<Step>,
    /// Steps in all.
    steps: u64,
    validation_images_per_second: Option<f64>,
}

impl Pace {
    /// Counts a step of so many pictures.
    pub(super) fn step(&mut self, images: u32, images_per_second: f64, times: StepTimes) {
        if images_per_second <= 0.0 {
            return;
        }
        self.steps += 1;
        // The first step sets up what all others use: it tells nothing of them.
        if self.steps == 2 || self.recent.len() == LONG_WINDOW {
            self.recent.pop_front();
        }
        let images = f64::from(images);
        self.recent.push_back(Step { images, seconds: images / images_per_second, times });
    }

    /// Counts a validation.
    pub(super) fn validation(&mut self, images: usize, seconds: f64) {
        if seconds > 0.0 {
            self.validation_images_per_second = Some(images as f64 / seconds);
        }
    }

    /// Training pictures a second over the last steps; 0 before the first.
    pub(super) fn images_per_second(&self) -> f64 {
        self.speed_over(WINDOW)
    }

    fn speed_over(&self, steps: usize) -> f64 {
        let last = self.recent.iter().rev().take(steps);
        let (images, seconds) = last.fold((0.0, 0.0), |(n, s), step| (n + step.images, s + step.seconds));
        if seconds > 0.0 { images / seconds } else { 0.0 }
    }

    /// The parts of a step, averaged over the last.
    pub(super) fn step_times(&self) -> StepTimes {
        let last = self.recent.len().min(WINDOW);
        let sum = self.recent.iter().rev().take(last).fold(StepTimes::default(), |sum, step| sum.plus(step.times));
        sum.scaled(1.0 / last.max(1) as f64)
    }

    /// Seconds for so many pictures of training and of validation, once there is a speed to tell by.
    pub(super) fn seconds_for(&self, training_images: usize, validation_images: usize) -> Option<f64> {
        let training = self.speed_over(LONG_WINDOW);
        if training <= 0.0 {
            return None;
        }
        let validation = self.validation_images_per_second.unwrap_or(training * VALIDATION_SPEEDUP);
        Some(training_images as f64 / training + validation_images as f64 / validation)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::path::Path;

    /// The first epochs of tests/fixtures/advice/over-fitting: later others used the machine as well.
    const EPOCHS: usize = 7;
    const IMAGES: usize = 200;
    const VALIDATION: usize = 1_200;

    fn rows(file: &str) -> Vec<Vec<f64>> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/advice").join(file);
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().skip(1).map(|line| line.split(',').map(|value| value.parse().unwrap()).collect()).collect()
    }

    /// What is told after each epoch, and what the others then took: a run that was left after `left` epochs and gone
    /// on with. What it stood still meanwhile is in none of the times.
    fn told(left: Option<usize>) -> Vec<(usize, f64, f64)> {
        let (steps, epochs) = (rows("over-fitting.steps.csv"), rows("over-fitting.epochs.csv"));
        let each = steps.len() / epochs.len();
        let mut pace = Pace::default();
        let mut told = Vec::new();
        for epoch in 0..EPOCHS {
            if left == Some(epoch) {
                pace = Pace::default();
            }
            let mut training = 0.0;
            for (at, step) in steps[epoch * each..][..each].iter().enumerate() {
                let images = if at + 1 == each { IMAGES - 32 * (each - 1) } else { 32 };
                pace.step(images as u32, step[5], StepTimes::default());
                training += images as f64 / step[5];
            }
            pace.validation(VALIDATION, epochs[epoch][6] - training);
            let rest: f64 = epochs[epoch + 1..EPOCHS].iter().map(|row| row[6]).sum();
            let others = EPOCHS - epoch - 1;
            told.push((epoch + 1, others as f64 * pace.seconds_for(IMAGES, VALIDATION).unwrap(), rest));
        }
        told
    }

    #[test]
    fn from_the_third_epoch_on_the_time_left_is_true_to_a_tenth_also_after_going_on() {
        for left in [None, Some(2), Some(5)] {
            for (epoch, told, took) in told(left) {
                if (3..EPOCHS).contains(&epoch) {
                    assert!((told - took).abs() < 0.1 * took, "after epoch {epoch} {told} s were told, it took {took}");
                }
            }
        }
    }

    #[test]
    fn a_slow_first_step_is_forgotten() {
        let mut pace = Pace::default();
        pace.step(32, 1.0, StepTimes { data: 9.0, ..StepTimes::default() });
        assert!((pace.images_per_second() - 1.0).abs() < 1e-9);
        let times = StepTimes { data: 1.0, forward: 2.0, backward: 3.0, optimizer: 4.0 };
        (0..3).for_each(|_| pace.step(32, 64.0, times));
        assert!((pace.images_per_second() - 64.0).abs() < 1e-9);
        assert!((pace.step_times().optimizer - 4.0).abs() < 1e-9 && (pace.step_times().data - 1.0).abs() < 1e-9);
        assert!((pace.seconds_for(64, 0).unwrap() - 1.0).abs() < 1e-9);
    }
}
