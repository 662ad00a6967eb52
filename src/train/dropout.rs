//! Dropout masks from the keyed generator: a picture's mask follows from its place in the epoch's order, not from the
//! batch it came in or from what was drawn before. They are drawn ahead, on the thread that prepares the pictures.

use crate::chance::{Purpose, Stream};
use crate::data::{Batch, Beside};
use crate::model::Precision;
use crate::torch::{self, TorchError};
use std::sync::Arc;
use tch::{Device, Tensor};

/// The masks of an epoch.
#[derive(Clone, Debug)]
pub(super) struct Dropout {
    pub(super) seed: u64,
    pub(super) epoch: u32,
    /// Units of each layer.
    pub(super) widths: Vec<usize>,
    pub(super) probability: f64,
    pub(super) precision: Precision,
}

impl Dropout {
    /// Draws for each layer a pictures × width mask beside each batch: 0 with the probability, else 1/(1 − probability),
    /// in the kind that the net computes in. `None` where nothing is to be left out.
    pub(super) fn beside(self) -> Option<Beside> {
        (self.probability > 0.0).then(|| -> Beside {
            Arc::new(move |first, pictures, masks| {
                masks.resize(self.widths.len(), Vec::new());
                for (layer, mask) in masks.iter_mut().enumerate() {
                    mask.clear();
                    self.draw(layer, first, pictures, mask);
                }
            })
        })
    }

    fn draw(&self, layer: usize, first: usize, pictures: usize, mask: &mut Vec<u8>) {
        // 16 bits of the stream decide for each unit.
        let threshold = (self.probability * 65_536.0).round() as u32;
        let stays = (1.0 / (1.0 - self.probability)) as f32;
        let mut draws = vec![0; 2 * self.widths[layer]];
        for picture in first..first + pictures {
            let place = (u64::from(self.epoch) << 32) | picture as u64;
            Stream::new(self.seed, Purpose::Dropout, place, layer as u64).fill(&mut draws);
            let kept = draws.as_chunks().0.iter().map(|&draw| u32::from(u16::from_le_bytes(draw)) >= threshold);
            match self.precision {
                Precision::F32 => mask.extend(kept.flat_map(|kept| if kept { stays } else { 0.0 }.to_le_bytes())),
                Precision::Bf16 => {
                    let stays = half::bf16::from_f32(stays).to_bits();
                    mask.extend(kept.flat_map(|kept| if kept { stays } else { 0 }.to_le_bytes()));
                }
            }
        }
    }
}

/// A batch's masks as tensors, one a layer of `widths`; none where none were drawn.
pub(super) fn masks(
    batch: &Batch,
    widths: &[usize],
    precision: Precision,
    device: Device,
) -> Result<Vec<Tensor>, TorchError> {
    let shape = |width: usize| [batch.len() as i64, width as i64];
    let mask = |(bytes, &width): (&Vec<u8>, &usize)| {
        Ok(torch::from_bytes(bytes, precision.kind(), &shape(width))?.f_to_device(device)?)
    };
    batch.beside.iter().zip(widths).map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(of: &Dropout, layer: usize, first: usize, pictures: usize) -> Vec<u8> {
        let mut mask = Vec::new();
        of.draw(layer, first, pictures, &mut mask);
        mask
    }

    fn dropout(epoch: u32, width: usize, probability: f64, precision: Precision) -> Dropout {
        Dropout { seed: 3, epoch, widths: vec![width; 2], probability, precision }
    }

    #[test]
    fn a_pictures_mask_does_not_depend_on_its_batch() {
        let of = dropout(2, 256, 0.5, Precision::F32);
        let (whole, half) = (drawn(&of, 1, 64, 32), drawn(&of, 1, 80, 16));
        assert_eq!(whole[16 * 256 * 4..], half);
    }

    #[test]
    fn as_many_units_are_left_out_as_was_asked_for() {
        for probability in [0.1, 0.5, 0.8] {
            let mask = drawn(&dropout(1, 4096, probability, Precision::F32), 0, 0, 64);
            let values: Vec<f32> = mask.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            let stays = (1.0 / (1.0 - probability)) as f32;
            assert!(values.iter().all(|value| [0, stays.to_bits()].contains(&value.to_bits())));
            let share = values.iter().filter(|value| value.to_bits() != 0).count() as f64 / values.len() as f64;
            assert!((share - (1.0 - probability)).abs() < 0.005, "{share} kept at {probability}");
        }
    }

    #[test]
    fn both_precisions_leave_out_the_same_units() {
        let [single, half] = [Precision::F32, Precision::Bf16].map(|p| drawn(&dropout(1, 512, 0.3, p), 1, 5, 4));
        for (single, &half) in single.as_chunks().0.iter().zip(half.as_chunks().0) {
            assert_eq!(half::bf16::from_f32(f32::from_le_bytes(*single)).to_le_bytes(), half);
        }
    }
}
