//! What a net says of anyone's pictures: no worker is needed, for nobody steers it.

use super::weights::{Weights, WeightsError};
use crate::analysis::{Pass, PassError};
use crate::config::Config;
use crate::data::{CLASSES, FASHION_CLASSES, Images};
use crate::metrics::{Predictions, Split};
use crate::model::Network;
use crate::torch::TorchError;
use crate::train::{Machine, MachineError};
use std::path::Path;
use std::sync::Arc;

/// Pictures could not be predicted; the text says what to do.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PredictError(#[from] Fault);

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Torch(#[from] TorchError),
    #[error(transparent)]
    Pass(#[from] PassError),
}

/// What a net says of pictures.
#[derive(Clone, Debug)]
pub struct Answers {
    /// In class order.
    pub class_names: Vec<String>,
    /// A row a picture, in the order they were given. No picture has a true class here.
    pub predictions: Predictions,
}

/// Asks the net in `weights` for the classes of pictures (28×28 bytes each, as in the data set). It computes on the
/// calling thread.
pub fn predict(config: &Config, weights: &Path, pictures: &[Vec<u8>]) -> Result<Answers, PredictError> {
    Ok(answers(config, weights, pictures)?)
}

fn answers(config: &Config, weights: &Path, pictures: &[Vec<u8>]) -> Result<Answers, Fault> {
    let weights = Weights::read(weights)?;
    let machine = Machine::set_up(&config.compute)?;
    let mut network = Network::new(weights.architecture(), machine.precision, machine.device, config.training.seed)?;
    weights.load(&mut network)?;
    let class_names = match &weights.state {
        Some(state) => state.class_names.clone(),
        None if weights.classes == CLASSES => FASHION_CLASSES.map(str::to_owned).to_vec(),
        None => (0..weights.classes).map(|class| class.to_string()).collect(),
    };
    let images = Arc::new(Images::unlabelled(pictures));
    let indices = (0..pictures.len() as u32).collect();
    let mut pass = Pass::new(Split::Test, &images, indices, config.compute.evaluation_batch_size, &network);
    while !pass.advance(&network)? {}
    Ok(Answers { class_names, predictions: pass.predictions().clone() })
}
