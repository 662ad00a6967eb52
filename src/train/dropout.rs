//! Dropout masks from the keyed generator: a picture's mask follows from its place in the epoch's order, not from the
//! batch it came in or from what was drawn before.

use crate::chance::{Purpose, Stream};
use crate::model::Precision;
use crate::torch::TorchError;
use tch::{Device, Tensor};

/// Which masks.
#[derive(Clone, Copy, Debug)]
pub(super) struct MaskKey {
    pub(super) seed: u64,
    pub(super) epoch: u32,
    /// Place of the batch's first picture in the epoch's order.
    pub(super) first_position: usize,
    pub(super) pictures: usize,
}

/// For each layer of `widths` a pictures × width tensor: 0 with `probability`, else 1/(1 − probability). None at all
/// where nothing is to be left out.
pub(super) fn masks(
    key: MaskKey,
    widths: &[usize],
    probability: f64,
    precision: Precision,
    device: Device,
) -> Result<Vec<Tensor>, TorchError> {
    if probability <= 0.0 {
        return Ok(Vec::new());
    }
    let scale = 1.0 / (1.0 - probability);
    widths
        .iter()
        .enumerate()
        .map(|(layer, &width)| {
            let kept = kept(key, layer, width, probability);
            let mask = Tensor::f_from_slice(&kept)?.f_view([key.pictures as i64, width as i64])?;
            Ok(mask.f_to_device(device)?.f_to_kind(precision.kind())?.f_mul_scalar_(scale)?)
        })
        .collect()
}

/// 1 for each unit that stays: 16 bits of the stream decide for each unit.
fn kept(key: MaskKey, layer: usize, width: usize, probability: f64) -> Vec<u8> {
    let threshold = (probability * 65_536.0).round() as u32;
    let mut kept = Vec::with_capacity(key.pictures * width);
    let mut draws = vec![0; 2 * width];
    for picture in 0..key.pictures {
        let place = (u64::from(key.epoch) << 32) | (key.first_position + picture) as u64;
        Stream::new(key.seed, Purpose::Dropout, place, layer as u64).fill(&mut draws);
        kept.extend(draws.as_chunks().0.iter().map(|&draw| u8::from(u32::from(u16::from_le_bytes(draw)) >= threshold)));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pictures_mask_does_not_depend_on_its_batch() {
        let key = MaskKey { seed: 3, epoch: 2, first_position: 64, pictures: 32 };
        let whole = kept(key, 1, 256, 0.5);
        let half = kept(MaskKey { first_position: 80, pictures: 16, ..key }, 1, 256, 0.5);
        assert_eq!(whole[16 * 256..], half);
    }

    #[test]
    fn as_many_units_are_left_out_as_was_asked_for() {
        let key = MaskKey { seed: 3, epoch: 1, first_position: 0, pictures: 64 };
        for probability in [0.1, 0.5, 0.8] {
            let kept = kept(key, 0, 4096, probability);
            let share = kept.iter().map(|&k| f64::from(k)).sum::<f64>() / kept.len() as f64;
            assert!((share - (1.0 - probability)).abs() < 0.005, "{share} kept at {probability}");
        }
    }
}
