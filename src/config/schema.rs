//! The typed configuration, as the rest of the program reads it. Defaults, ranges and texts stand in one table beside it.

use super::keys::Keys;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Which pictures.
    pub data: Data,
    /// Which net.
    pub model: Model,
    /// How it learns.
    pub training: Training,
    /// On what it computes.
    pub compute: Compute,
    /// What is saved, and when.
    pub checkpoint: Checkpoint,
    /// Where files are kept.
    pub paths: Paths,
    /// The screen.
    pub ui: Ui,
    /// Its keys, as far as somebody chose them. They are no part of a run.
    #[serde(skip)]
    pub keys: Keys,
}

/// `[data]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// `auto`, `sample`, or a folder with the four IDX files.
    pub source: DataSource,
    /// Fraction of the training files held back for validation.
    pub validation_fraction: f64,
    /// Learn from only so many pictures; 0 = all.
    pub limit_train: usize,
    /// Validate on only so many pictures; 0 = all.
    pub limit_validation: usize,
}

/// Where the pictures come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DataSource {
    /// The first complete set found, else the sample.
    Auto,
    /// The sample inside the program.
    Sample,
    /// This folder, and no other.
    Folder(PathBuf),
}

impl From<String> for DataSource {
    fn from(text: String) -> Self {
        match text.as_str() {
            "auto" => Self::Auto,
            "sample" => Self::Sample,
            _ => Self::Folder(text.into()),
        }
    }
}

impl From<DataSource> for String {
    fn from(source: DataSource) -> Self {
        match source {
            DataSource::Auto => "auto".into(),
            DataSource::Sample => "sample".into(),
            DataSource::Folder(folder) => folder.to_string_lossy().into_owned(),
        }
    }
}

/// `[model]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Which of the table's nets.
    pub variant: Variant,
    /// Probability that a dense unit is left out while training.
    pub dropout: f64,
}

/// The nets that the program knows.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantNames,
    strum::VariantArray,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Variant {
    /// One channel of 227×227, ten classes: 58,299,082 parameters.
    Fashion,
    /// As printed in 2012: groups and local response normalisation.
    Paper,
    /// torchvision's `alexnet` (Krizhevsky's "one weird trick", 2014).
    Torchvision,
    /// `fashion` with every width a sixteenth: for tests and slow machines.
    Tiny,
}

/// `[training]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Passes over the training pictures.
    pub epochs: u32,
    /// Pictures a step.
    pub batch_size: usize,
    /// How gradients become updates.
    pub optimizer: OptimizerChoice,
    /// The optimizer's step size.
    pub learning_rate: f64,
    /// Decay of Adam's first moment.
    pub beta1: f64,
    /// Decay of Adam's second moment.
    pub beta2: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// L2 penalty added to the gradient; with `AdamW`, taken off the weights.
    pub weight_decay: f64,
    /// What SGD keeps of the update before.
    pub momentum: f64,
    /// The greatest norm of all gradients together; 0 = whatever it is.
    pub gradient_clip: f64,
    /// The seed of split, order, initial weights and dropout.
    pub seed: u64,
}

/// How gradients become updates; the names are those of `torch.optim`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumString, strum::VariantNames)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum OptimizerChoice {
    /// Kingma & Ba, 2015.
    Adam,
    /// Loshchilov & Hutter, 2019: the weight decay is taken off the weights themselves.
    AdamW,
    /// Stochastic gradient descent with momentum.
    Sgd,
}

impl std::fmt::Display for OptimizerChoice {
    /// As people write it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Adam => "Adam",
            Self::AdamW => "AdamW",
            Self::Sgd => "SGD",
        })
    }
}

/// `[compute]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compute {
    /// `auto`, `cpu`, `cuda`, `cuda:N`.
    pub device: DeviceChoice,
    /// What the net computes in.
    pub precision: PrecisionChoice,
    /// Compute threads; 0 = as many as the process may use.
    pub threads: usize,
    /// Pictures at once in validation and evaluation.
    pub evaluation_batch_size: usize,
}

/// Where tensors live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// CUDA where libtorch sees one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number.
    Cuda(usize),
}

impl std::str::FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| format!("{text:?} is not one of auto, cpu, cuda, cuda:N")),
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

/// What the net computes in.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantNames,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum PrecisionChoice {
    /// bf16 where the processor multiplies it in hardware, else f32.
    Auto,
    /// bf16 working weights beside f32 masters.
    Bf16,
    /// f32 throughout.
    F32,
}

/// `[checkpoint]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Save `epoch-NNNN` every so many epochs; 0 = never.
    pub every_epochs: u32,
    /// Save `step-NNNNNNNN` every so many steps; 0 = never.
    pub every_steps: u64,
    /// Save `last` every so many minutes; 0 = never.
    pub every_minutes: u32,
    /// How many of the automatic `epoch-` and `step-` files stay.
    pub keep: usize,
    /// What `best` is the best of.
    pub best_metric: BestMetric,
}

/// What the best epoch is chosen by.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString, strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BestMetric {
    /// The higher the better.
    ValidationAccuracy,
    /// The lower the better.
    ValidationLoss,
}

/// `[paths]`; an empty one means the platform's own place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    /// Holds `FashionMNIST/raw`.
    pub data: PathBuf,
    /// Holds a folder for each run.
    pub runs: PathBuf,
    /// Holds logs from before a run exists.
    pub state: PathBuf,
}

/// `[ui]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ui {
    /// What `+` multiplies the learning rate by, and `-` divides it by.
    pub learning_rate_factor: f64,
    /// Colours.
    pub theme: Theme,
    /// What the screen speaks.
    pub language: Language,
    /// How pictures are shown.
    pub images: Images,
}

/// How pictures are shown on the screen.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString, strum::VariantNames,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Images {
    /// By the terminal's own protocol, where it has one; else by half blocks.
    Auto,
    /// By kitty's protocol.
    Kitty,
    /// By DEC's sixels.
    Sixel,
    /// By iTerm2's protocol.
    Iterm2,
    /// By characters.
    Halfblocks,
    /// Not at all.
    Off,
}

/// The languages of the screen.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString, strum::VariantNames,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Language {
    /// The locale's, where it is one of these; else English.
    Auto,
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// The colours of the screen.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString, strum::VariantNames,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Theme {
    /// For dark terminals with 24-bit colour.
    Dark,
    /// For light terminals with 24-bit colour.
    Light,
    /// The terminal's own 16 colours.
    Ansi,
}
