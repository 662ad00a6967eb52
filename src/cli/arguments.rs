//! What the command line takes, and which settings its flags stand for.

use super::data::DataAction;
use super::runs::RunsAction;
use crate::config::{Flag, Layers, Places, PrecisionChoice, Variant};
use crate::data::Invert;
use crate::metrics::{Job, Split};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use std::path::PathBuf;

const ABOUT: &str = "\
Train the AlexNet of 2012 on Fashion-MNIST in a terminal.

Without a command: the trainer. It trains nothing until you press s or Space; ? shows all keys.
Where there is no terminal it says so and goes on as `train`.";

const STATUSES: &str = "\
Exit status: 0 done, 1 failed, 2 wrong use or configuration,
129, 130, 143 ended by HUP, INT, TERM after saving.
Results go to stdout, everything else to stderr.";

const COMPLETIONS: &str = "\
`make install` puts them where the shells look. By hand:
  bash   source <(alexnet-tui completions bash)
  zsh    alexnet-tui completions zsh > a-folder-of-$fpath/_alexnet-tui
  fish   alexnet-tui completions fish > ~/.config/fish/completions/alexnet-tui.fish";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "alexnet-tui", version, about = ABOUT, after_help = STATUSES, args_conflicts_with_subcommands = true)]
#[command(max_term_width = 110, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do; the trainer if nothing.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// The trainer's flags.
    #[command(flatten)]
    pub trainer: TrainFlags,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Train without the screen
    #[command(after_help = STATUSES)]
    Train(TrainArguments),
    /// Evaluate a checkpoint: accuracy, per-class report, confusion matrix
    #[command(after_help = STATUSES)]
    Eval(EvalArguments),
    /// Ask a net what is in your own pictures
    #[command(after_help = STATUSES)]
    Predict(PredictArguments),
    /// Write the weights for other programs: .pth for PyTorch, or .safetensors
    #[command(after_help = STATUSES)]
    Export(ExportArguments),
    /// Time training or evaluation, and what the machine allows
    #[command(after_help = STATUSES)]
    Bench(BenchArguments),
    /// Show a net layer by layer: shapes, parameters, multiply-adds
    Summary(SummaryArguments),
    /// Download, check or locate the data set
    Data(DataArguments),
    /// List, show, compare or delete runs
    Runs(RunsArguments),
    /// Make, show, check or locate the configuration
    Config(ConfigArguments),
    /// Print what a shell reads to complete this command line
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the manual page, or write the pages of all commands to a folder
    Man {
        /// Where they go, made with its parents [default: the program's own page to stdout]
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

/// `train`
#[derive(Debug, Args)]
pub struct TrainArguments {
    /// What the trainer takes too.
    #[command(flatten)]
    pub flags: TrainFlags,
    /// One JSON object a line on stdout (step, epoch, checkpoint, done, error), instead of a line an epoch
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// The flags of a run.
#[derive(Debug, Args)]
pub struct TrainFlags {
    /// Passes over the training pictures
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true)]
    pub epochs: Option<i64>,
    /// Pictures in one optimizer step
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true)]
    pub batch_size: Option<i64>,
    /// Adam's step size
    #[arg(long, value_name = "X", help_heading = "Training", allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// The one source of chance: split, order, initial weights, dropout
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true)]
    pub seed: Option<i64>,
    /// Learn from only so many pictures; 0 = all
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true)]
    pub limit_train: Option<i64>,
    /// Validate on only so many pictures; 0 = all
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true)]
    pub limit_validation: Option<i64>,
    /// Data, computing, configuration.
    #[command(flatten)]
    pub common: Common,
    /// The run's own folder, made with its parents [default: a new one under paths.runs]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub run_dir: Option<PathBuf>,
    /// Go on with a run: its name, its folder, or one of its checkpoints; or begin a new one with the weights in a .pth or
    /// .safetensors file that Python wrote
    #[arg(long, value_name = "RUN|FILE", help_heading = "Training")]
    pub resume: Option<PathBuf>,
    /// How much is told without the screen.
    #[command(flatten)]
    pub telling: Telling,
}

/// What every command takes that tells of its progress.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Telling {
    /// Nothing but warnings and errors on stderr: no progress; results stay on stdout
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
}

/// What every command takes that loads data or weights.
#[derive(Debug, Args)]
pub struct Common {
    /// Where the pictures come from: auto, sample, or a folder with the four IDX files
    #[arg(long, value_name = "auto|sample|DIR", help_heading = "Data", value_hint = ValueHint::DirPath)]
    pub data: Option<String>,
    /// Where the net computes; auto is CUDA where libtorch sees one, else the CPU
    #[arg(long, value_name = "auto|cpu|cuda[:N]", help_heading = "Computing")]
    pub device: Option<String>,
    /// What the net computes in; auto is bf16 where the hardware multiplies it, else f32
    #[arg(long, value_name = "auto|bf16|f32", help_heading = "Computing", hide_possible_values = true)]
    pub precision: Option<PrecisionChoice>,
    /// Compute threads; 0 = as many as there are cores
    #[arg(long, value_name = "N", help_heading = "Computing", allow_negative_numbers = true)]
    pub threads: Option<i64>,
    /// The configuration's layers.
    #[command(flatten)]
    pub config: ConfigFlags,
}

/// What every command takes that reads the configuration.
#[derive(Debug, Default, Args)]
pub struct ConfigFlags {
    /// Read this file instead of ./config.toml
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// Set anything that config.toml can set; repeatable
    #[arg(long, value_name = "section.key=value", help_heading = "Configuration")]
    pub set: Vec<String>,
}

/// `eval`
#[derive(Debug, Args)]
pub struct EvalArguments {
    /// The weights: a checkpoint, or a .pth or .safetensors file that Python wrote
    pub checkpoint: PathBuf,
    /// Which pictures
    #[arg(long, default_value = "test", help_heading = "Data", value_parser = split_parser())]
    pub split: Split,
    /// Write index, label, predicted class and probabilities of every picture to this file
    #[arg(long, value_name = "FILE.csv", help_heading = "Output")]
    pub predictions: Option<PathBuf>,
    /// One JSON object on stdout
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// How much is told.
    #[command(flatten)]
    pub telling: Telling,
    /// Data, computing, configuration.
    #[command(flatten)]
    pub common: Common,
}

/// `predict`
#[derive(Debug, Args)]
pub struct PredictArguments {
    /// The weights: a checkpoint, or a .pth or .safetensors file that Python wrote
    pub checkpoint: PathBuf,
    /// The pictures: png, jpg, webp or bmp, of any size and colour
    #[arg(required = true, value_name = "PICTURE")]
    pub pictures: Vec<PathBuf>,
    /// How many classes to tell of each
    #[arg(long, value_name = "K", default_value_t = 3, help_heading = "Output")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..).map(usize::from))]
    pub top: usize,
    /// Exchange light and dark; auto does it where the picture is light at its rim
    #[arg(long, value_name = "auto|yes|no", default_value = "auto", help_heading = "Data")]
    #[arg(value_parser = PossibleValuesParser::new(["auto", "yes", "no"]).try_map(|name| name.parse::<Invert>()))]
    #[arg(hide_possible_values = true)]
    pub invert: Invert,
    /// How much is said.
    #[command(flatten)]
    pub telling: Telling,
    /// One JSON object a line for each picture on stdout
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// Computing, configuration.
    #[command(flatten)]
    pub common: Common,
}

/// `export`
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The weights: a checkpoint, or a .pth or .safetensors file of another program
    pub checkpoint: PathBuf,
    /// The file to write; `torch.load(…, weights_only=True)` reads a .pth
    #[arg(value_name = "OUT.{safetensors,pth}")]
    pub out: PathBuf,
    /// Write over a file that is there
    #[arg(long, short)]
    pub force: bool,
    /// How much is said.
    #[command(flatten)]
    pub telling: Telling,
}

fn split_parser() -> impl TypedValueParser<Value = Split> {
    PossibleValuesParser::new(["test", "validation", "train"]).try_map(|name| name.parse::<Split>())
}

/// `bench`
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// What to time: optimizer steps, or batches without gradients
    #[arg(long, value_name = "train|eval", default_value = "train", help_heading = "Benchmark")]
    #[arg(value_parser = PossibleValuesParser::new(["train", "eval"]).try_map(|name| name.parse::<Job>()))]
    #[arg(hide_possible_values = true)]
    pub job: Job,
    /// Steps to time, after a few that are not counted
    #[arg(long, value_name = "N", default_value_t = 40, help_heading = "Benchmark")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub steps: u32,
    /// Pictures in a step [default: what the configuration has for the job]
    #[arg(long, value_name = "N", help_heading = "Benchmark", allow_negative_numbers = true)]
    pub batch_size: Option<i64>,
    /// One JSON object on stdout
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// How much is told.
    #[command(flatten)]
    pub telling: Telling,
    /// Data, computing, configuration.
    #[command(flatten)]
    pub common: Common,
}

/// `summary`
#[derive(Debug, Args)]
pub struct SummaryArguments {
    /// Which net [default: the configuration's]
    #[arg(long, value_enum)]
    pub variant: Option<Variant>,
    /// How to print it
    #[arg(long, value_enum, default_value = "table")]
    pub format: SummaryFormat,
    /// The configuration's layers.
    #[command(flatten)]
    pub config: ConfigFlags,
}

/// How a summary is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SummaryFormat {
    /// Aligned columns
    Table,
    /// One object with plain integers
    Json,
    /// A Markdown table
    Markdown,
}

/// `data`
#[derive(Debug, Args)]
pub struct DataArguments {
    /// What to do with the data set
    #[command(subcommand)]
    pub action: DataAction,
}

/// `runs`
#[derive(Debug, Args)]
pub struct RunsArguments {
    /// What to do with the runs
    #[command(subcommand)]
    pub action: RunsAction,
}

/// `config`
#[derive(Debug, Args)]
pub struct ConfigArguments {
    /// What to do with the configuration
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What `config` does.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Write the commented defaults to your own configuration file
    Init {
        /// Overwrite the file that is there
        #[arg(long)]
        force: bool,
    },
    /// Show every setting, its value, and where that came from
    Show {
        /// One JSON array on stdout
        #[arg(long, help_heading = "Output")]
        json: bool,
        /// Flags count as layers here too.
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Check a file, or all the layers in force
    Check {
        /// The file to check [default: all the layers in force]
        file: Option<PathBuf>,
        /// The configuration's layers.
        #[command(flatten)]
        config: ConfigFlags,
    },
    /// Print the path of the file in force: --config, else ./config.toml, else your own
    Path {
        /// The file that would be read instead of ./config.toml
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

impl Action {
    /// Whether libtorch computes for it.
    pub fn computes(&self) -> bool {
        match self {
            Self::Train(_) | Self::Eval(_) | Self::Predict(_) | Self::Bench(_) => true,
            Self::Export(_)
            | Self::Summary(_)
            | Self::Data(_)
            | Self::Runs(_)
            | Self::Config(_)
            | Self::Completions { .. }
            | Self::Man { .. } => false,
        }
    }
}

impl ConfigFlags {
    /// The layers that these flags ask for.
    pub fn layers(&self, places: Places) -> Layers {
        Layers { file: self.config.clone(), set: self.set.clone(), ..Layers::new(places) }
    }
}

impl Common {
    /// The layers that these flags ask for.
    pub fn layers(&self, places: Places) -> Layers {
        let mut layers = self.config.layers(places);
        let precision = self.precision.map(|precision| precision.to_string());
        flag(&mut layers, "--data", "data.source", self.data.as_ref());
        flag(&mut layers, "--device", "compute.device", self.device.as_ref());
        flag(&mut layers, "--precision", "compute.precision", precision);
        flag(&mut layers, "--threads", "compute.threads", self.threads);
        layers
    }
}

impl TrainFlags {
    /// The layers that these flags ask for.
    pub fn layers(&self, places: Places) -> Layers {
        let mut layers = self.common.layers(places);
        flag(&mut layers, "--epochs", "training.epochs", self.epochs);
        flag(&mut layers, "--batch-size", "training.batch_size", self.batch_size);
        flag(&mut layers, "--learning-rate", "training.learning_rate", self.learning_rate);
        flag(&mut layers, "--seed", "training.seed", self.seed);
        flag(&mut layers, "--limit-train", "data.limit_train", self.limit_train);
        flag(&mut layers, "--limit-validation", "data.limit_validation", self.limit_validation);
        layers
    }
}

impl BenchArguments {
    /// The layers that these flags ask for.
    pub fn layers(&self, places: Places) -> Layers {
        let mut layers = self.common.layers(places);
        let key = match self.job {
            Job::Train => "training.batch_size",
            Job::Eval => "compute.evaluation_batch_size",
        };
        flag(&mut layers, "--batch-size", key, self.batch_size);
        layers
    }
}

fn flag(layers: &mut Layers, name: &'static str, key: &'static str, given: Option<impl Into<toml_edit::Value>>) {
    layers.flags.extend(given.map(|given| Flag { name, key, value: given.into() }));
}
