//! How fast it goes, and how long it will take.

use std::collections::VecDeque;

/// Steps that the speed is averaged over.
const WINDOW: usize = 20;
/// Until a validation has been timed, it is taken to be so much faster a picture than training.
const VALIDATION_SPEEDUP: f64 = 3.0;

/// Speeds measured so far.
#[derive(Debug, Default)]
pub(super) struct Pace {
    recent: VecDeque<(f64, f64)>,
    validation_images_per_second: Option<f64>,
}

impl Pace {
    /// Counts a step of so many pictures.
    pub(super) fn step(&mut self, images: u32, images_per_second: f64) {
        if images_per_second > 0.0 {
            if self.recent.len() == WINDOW {
                self.recent.pop_front();
            }
            self.recent.push_back((f64::from(images), f64::from(images) / images_per_second));
        }
    }

    /// Counts a validation.
    pub(super) fn validation(&mut self, images: usize, seconds: f64) {
        if seconds > 0.0 {
            self.validation_images_per_second = Some(images as f64 / seconds);
        }
    }

    /// Training pictures a second over the last steps; 0 before the first.
    pub(super) fn images_per_second(&self) -> f64 {
        let (images, seconds) = self.recent.iter().fold((0.0, 0.0), |(n, s), step| (n + step.0, s + step.1));
        if seconds > 0.0 { images / seconds } else { 0.0 }
    }

    /// Seconds for so many pictures of training and of validation, once there is a speed to tell by.
    pub(super) fn seconds_for(&self, training_images: usize, validation_images: usize) -> Option<f64> {
        let training = self.images_per_second();
        if training <= 0.0 {
            return None;
        }
        let validation = self.validation_images_per_second.unwrap_or(training * VALIDATION_SPEEDUP);
        Some(training_images as f64 / training + validation_images as f64 / validation)
    }
}
