//! What a checkpoint holds.

use crate::metrics::{Best, EpochMetrics, Sums};
use serde::{Deserialize, Serialize};

/// The version that this program writes. It reads this one and earlier ones.
pub const FORMAT_VERSION: u32 = 1;

/// Everything but the tensors. Stored as JSON in the safetensors metadata, under `alexnet-tui`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Of this description.
    pub format_version: u32,
    /// Program and version that wrote it.
    pub program: String,
    /// The net.
    pub variant: String,
    /// Channels of a picture.
    pub channels: usize,
    /// Names of the classes, in order.
    pub class_names: Vec<String>,
    /// The run's resolved configuration, as TOML.
    pub config: String,
    /// Of the data set's files.
    pub data_digest: String,
    /// `cpu`, `cuda:0`.
    pub device: String,
    /// `f32`, `bf16`.
    pub precision: String,
    /// Compute threads.
    pub threads: usize,
    /// The processor's name; other processors add in another order.
    #[serde(default)]
    pub processor: String,
    /// The epoch under way (from 1), or the last where the run is done.
    pub epoch: u32,
    /// Optimizer steps done.
    pub step: u64,
    /// Pictures learned from in the epoch under way.
    pub images_done: u64,
    /// Of the epoch under way.
    pub sums: Sums,
    /// The rate that the next step uses.
    pub learning_rate: f64,
    /// The epochs that are done.
    pub history: Vec<EpochMetrics>,
    /// The best of them.
    pub best: Option<Best>,
    /// Training and validation time of the epoch under way, pauses left out.
    pub epoch_seconds: f64,
    /// The same of the whole run.
    pub seconds: f64,
    /// Whether a person asked for this file: no policy deletes it.
    #[serde(default)]
    pub asked: bool,
    /// Whether a person ended the run here: it is not offered again by itself.
    #[serde(default)]
    pub stopped: bool,
}

impl State {
    /// Whether all epochs of its configuration, `epochs`, are done.
    pub fn is_finished(&self, epochs: u32) -> bool {
        self.history.last().is_some_and(|epoch| epoch.epoch >= epochs)
    }
}

/// A tensor of 32-bit floats as row-major little-endian bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// `conv1.weight`, `optimizer.exp_avg.conv1.weight`.
    pub name: String,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Four a number.
    pub bytes: Vec<u8>,
}

/// A checkpoint in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// Where the run stands.
    pub state: State,
    /// Weights under PyTorch's names; Adam's moments under `optimizer.exp_avg.` and `optimizer.exp_avg_sq.`.
    pub tensors: Vec<NamedTensor>,
}
