//! The pictures themselves, for a front end to show: bytes, shared with the engine and never copied.

use crate::data::{Dataset, Images, SIDE};
use crate::metrics::Split;
use std::sync::Arc;

/// Every picture of the data, and which of them a run learns from, is validated by and tested with.
#[derive(Clone, Debug)]
pub struct Gallery {
    train: Arc<Images>,
    test: Arc<Images>,
    splits: Arc<[Vec<u32>; 3]>,
}

impl Gallery {
    /// Side of a picture, in pixels.
    pub const SIDE: usize = SIDE;

    /// Of a data set, cut as a run cuts it.
    pub fn new(data: &Dataset, train: Vec<u32>, validation: Vec<u32>) -> Self {
        let test = (0..data.test.len() as u32).collect();
        let mut splits = [train, validation, test];
        for split in &mut splits {
            split.sort_unstable();
        }
        Self { train: Arc::clone(&data.train), test: Arc::clone(&data.test), splits: Arc::new(splits) }
    }

    /// The pictures of a split: each one's place in its file (the training files for training and validation),
    /// ascending. The same number is the same picture for ever.
    pub fn indices(&self, split: Split) -> &[u32] {
        match split {
            Split::Train => &self.splits[0],
            Split::Validation => &self.splits[1],
            Split::Test => &self.splits[2],
        }
    }

    fn images(&self, split: Split) -> &Images {
        if split == Split::Test { &self.test } else { &self.train }
    }

    /// The 28×28 bytes of a picture, row by row; 0 is black. `None` where there is no such picture.
    pub fn pixels(&self, split: Split, index: u32) -> Option<&[u8]> {
        let images = self.images(split);
        ((index as usize) < images.len()).then(|| images.pixels(index as usize))
    }

    /// The true class of a picture.
    pub fn label(&self, split: Split, index: u32) -> Option<u8> {
        self.images(split).labels().get(index as usize).copied()
    }
}

impl PartialEq for Gallery {
    /// Whether it is the very same data, cut in the same way.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.train, &other.train) && Arc::ptr_eq(&self.test, &other.test) && self.splits == other.splits
    }
}
