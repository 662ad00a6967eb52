//! Which training pictures are held back for validation, and the order of each epoch.

use super::error::DataError;
use crate::chance::{Purpose, Stream};
use crate::text::thousands;

/// The training file in two parts. Every number is a picture's place in the file: for ever the same picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// To learn from.
    pub train: Vec<u32>,
    /// To choose the best epoch by.
    pub validation: Vec<u32>,
}

impl Partition {
    /// Holds back `validation_fraction` of `images` pictures, chosen by the seed. A limit takes the first so many of a
    /// part (0 = all); it changes neither who is in which part nor the order.
    pub fn new(
        images: usize,
        validation_fraction: f64,
        seed: u64,
        limit_train: usize,
        limit_validation: usize,
    ) -> Result<Self, DataError> {
        if !(validation_fraction > 0.0 && validation_fraction < 1.0) {
            return Err(DataError::Partition(format!(
                "data.validation_fraction: expected more than 0 and less than 1, found {validation_fraction}"
            )));
        }
        let all = u32::try_from(images).map_err(|_| {
            DataError::Partition(format!("expected fewer than 2^32 pictures, found {}", thousands(images as u64)))
        })?;
        let held_back = (images as f64 * validation_fraction).round() as usize;
        if held_back == 0 || held_back >= images {
            return Err(DataError::Partition(format!(
                "data.validation_fraction: {validation_fraction} of {} pictures leaves {held_back} for validation and {} to \
                 learn from; expected at least one of each",
                thousands(images as u64),
                images - held_back.min(images),
            )));
        }
        let mut validation: Vec<u32> = (0..all).collect();
        Stream::new(seed, Purpose::Split, 0, 0).shuffle(&mut validation);
        let mut train = validation.split_off(held_back);
        for (part, limit) in [(&mut train, limit_train), (&mut validation, limit_validation)] {
            if limit > 0 {
                part.truncate(limit);
            }
        }
        Ok(Self { train, validation })
    }
}

/// The order in which `epoch` (counted from 1) goes through the pictures. It follows from the seed and the epoch alone.
pub fn epoch_order(train: &[u32], seed: u64, epoch: u32) -> Vec<u32> {
    let mut order = train.to_vec();
    Stream::new(seed, Purpose::Order, u64::from(epoch), 0).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_picture_is_in_both_parts_and_none_is_left_out(images in 2_usize..3_000, fraction in 0.01..0.99, seed: u64) {
            let Ok(parts) = Partition::new(images, fraction, seed, 0, 0) else {
                let held_back = (images as f64 * fraction).round() as usize;
                prop_assert!(held_back == 0 || held_back == images);
                return Ok(());
            };
            let mut all = [parts.train.clone(), parts.validation.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..images as u32).collect::<Vec<_>>());
            let mut order = epoch_order(&parts.train, seed, 3);
            order.sort_unstable();
            let mut train = parts.train;
            train.sort_unstable();
            prop_assert_eq!(order, train);
        }

        #[test]
        fn a_limit_takes_the_first_of_each_part(limit_train in 1_usize..90, limit_validation in 1_usize..30, seed: u64) {
            let whole = Partition::new(100, 0.2, seed, 0, 0).unwrap();
            let limited = Partition::new(100, 0.2, seed, limit_train, limit_validation).unwrap();
            prop_assert_eq!(&limited.train[..], &whole.train[..limit_train.min(80)]);
            prop_assert_eq!(&limited.validation[..], &whole.validation[..limit_validation.min(20)]);
        }
    }

    #[test]
    fn a_seed_means_the_same_split_and_order_for_ever() {
        let parts = Partition::new(60_000, 0.2, 42, 0, 0).unwrap();
        assert_eq!((parts.train.len(), parts.validation.len()), (48_000, 12_000));
        let first = |indices: &[u32]| indices.iter().take(6).copied().collect::<Vec<_>>();
        let of_epoch = |epoch| first(&epoch_order(&parts.train, 42, epoch));
        assert_eq!(first(&parts.train), [35_372, 22_459, 35_371, 46_804, 50_131, 20_033]);
        assert_eq!(first(&parts.validation), [39_773, 17_243, 205, 25_649, 27_177, 38_326]);
        assert_eq!(of_epoch(1), [50_644, 27_478, 6_326, 1_823, 13_928, 32_290]);
        assert_eq!(of_epoch(2), [21_030, 19_200, 34_741, 57_597, 8_752, 9_091]);
    }

    #[test]
    fn a_fraction_that_leaves_a_part_empty_is_refused_with_the_numbers() {
        for (images, fraction) in
            [(100, 0.0), (100, 1.0), (100, f64::NAN), (100, 0.001), (100, 0.999), (1, 0.5), (0, 0.5)]
        {
            let error = Partition::new(images, fraction, 0, 0, 0).unwrap_err().to_string();
            assert!(error.starts_with("data.validation_fraction: "), "{error}");
        }
    }
}
