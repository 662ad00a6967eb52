//! From prepared bytes to what a net takes.

use crate::data::{Batch, Numbers};
use crate::model::{Network, Precision, pictures};
use crate::torch::TorchError;
use tch::{Device, Kind, Tensor};

/// How pictures are to be prepared for a net: as it computes, but for a GPU as bytes, a quarter of the way.
pub fn numbers_for(network: &Network) -> Numbers {
    match (network.device(), network.precision()) {
        (Device::Cpu, Precision::F32) => Numbers::F32,
        (Device::Cpu, Precision::Bf16) => Numbers::Bf16,
        _ => Numbers::Bytes,
    }
}

/// A batch's pictures, which were prepared for this net.
pub fn pictures_of(batch: &Batch, network: &Network) -> Result<Tensor, TorchError> {
    let kind = match numbers_for(network) {
        Numbers::Bytes => Kind::Uint8,
        Numbers::F32 => Kind::Float,
        Numbers::Bf16 => Kind::BFloat16,
    };
    pictures(&batch.pictures, kind, network.architecture().side(), network.precision(), network.device())
}
