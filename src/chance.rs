//! The one source of chance: numbers that follow from the seed and from what they are for, and from nothing else.
//!
//! Every draw belongs to a stream keyed by (seed, purpose, a, b). Nothing is consumed in passing, so a run can stop
//! anywhere, be looked at, or be cut into shards, and the numbers of step 1,000 are still those of step 1,000.
//! The streams are ChaCha with 8 rounds (Aumasson, "Too Much Crypto", 2019), whose values `rand_chacha` promises to keep.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream is for. The numbers are part of what a seed means: they are never reused or renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Which of the 60,000 are held back for validation.
    Split = 1,
    /// The order of an epoch; `a` is the epoch.
    Order = 2,
    /// Initial weights; `a` is the tensor's index.
    Initialisation = 3,
    /// Dropout; `a` is the epoch and position in its order, `b` the layer.
    Dropout = 4,
    /// A new run's name.
    RunName = 5,
}

/// A stream of random numbers that depends only on its key.
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of (seed, purpose, a, b).
    pub fn new(seed: u64, purpose: Purpose, a: u64, b: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        key[16..24].copy_from_slice(&a.to_le_bytes());
        key[24..].copy_from_slice(&b.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 32 uniform bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Fills `bytes` with uniform bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// Uniform in `0..n`, without bias (Lemire 2019, "Fast Random Integer Generation in an Interval"). `n` must not be 0.
    pub fn below(&mut self, n: u32) -> u32 {
        let threshold = n.wrapping_neg() % n;
        loop {
            let product = u64::from(self.bits()) * u64::from(n);
            if product as u32 >= threshold {
                return (product >> 32) as u32;
            }
        }
    }

    /// Uniform in [0, 1), 24 bits.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// Shuffles in place (Fisher–Yates, from the end).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u32 + 1) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_its_whole_key_and_nothing_else() {
        let draw = |seed, purpose, a, b| {
            let mut stream = Stream::new(seed, purpose, a, b);
            (stream.bits(), stream.bits())
        };
        assert_eq!(draw(1, Purpose::Order, 2, 3), draw(1, Purpose::Order, 2, 3));
        for other in [
            draw(2, Purpose::Order, 2, 3),
            draw(1, Purpose::Split, 2, 3),
            draw(1, Purpose::Order, 3, 3),
            draw(1, Purpose::Order, 2, 4),
        ] {
            assert_ne!(draw(1, Purpose::Order, 2, 3), other);
        }
    }

    #[test]
    fn a_seed_means_the_same_numbers_for_ever() {
        let mut stream = Stream::new(42, Purpose::Order, 1, 0);
        let mut items: Vec<u32> = (0..10).collect();
        stream.shuffle(&mut items);
        assert_eq!(items, [0, 4, 3, 7, 2, 9, 6, 8, 5, 1]);
    }

    #[test]
    fn below_reaches_every_value_about_equally_often() {
        let mut stream = Stream::new(7, Purpose::Split, 0, 0);
        let mut seen = [0_u32; 7];
        for _ in 0..70_000 {
            seen[stream.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (9_500..10_500).contains(&n)), "{seen:?}");
    }
}
