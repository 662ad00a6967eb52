//! The table of every setting: its kind, range, default and meaning. Validation, `config show` and the screen read it.

use super::keys;
use super::schema::{
    BestMetric, Charset, DeviceChoice, Images, Language, OptimizerChoice, PrecisionChoice, Theme, Variant,
};
use std::ops::Bound::{self, Excluded, Included};
use strum::VariantNames;
use toml_edit::Value as Given;

/// One setting.
#[derive(Debug, PartialEq)]
pub struct Field {
    /// `section.name`.
    pub key: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is where nobody says otherwise.
    pub default: Literal,
    /// One line for people.
    pub meaning: &'static str,
    /// What a number counts; empty where there is nothing to say.
    pub unit: &'static str,
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A whole number, both ends included.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A number.
    Float {
        /// The lower end.
        min: Bound<f64>,
        /// The upper end.
        max: Bound<f64>,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words, or a folder.
    FolderOr(&'static [&'static str]),
    /// A folder; empty = the platform's own place.
    Folder,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    Device,
    /// A key of the screen, or a list of them.
    Keys,
}

/// A default, as the table can hold it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal {
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A word or a path.
    Text(&'static str),
    /// Keys of the screen.
    Keys(&'static [&'static str]),
}

impl From<Literal> for toml::Value {
    fn from(literal: Literal) -> Self {
        match literal {
            Literal::Integer(number) => Self::Integer(number),
            Literal::Float(number) => Self::Float(number),
            Literal::Text(text) => Self::String(text.to_owned()),
            Literal::Keys(keys) => Self::Array(keys.iter().map(|&key| Self::String(key.to_owned())).collect()),
        }
    }
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is a `found`, which this setting never is.
    Type {
        /// TOML's name for what it is.
        found: &'static str,
    },
    /// A number outside the range.
    Range,
    /// A word that is none of the known ones, and the known one it resembles.
    Word {
        /// The nearest of the known words.
        nearest: Option<&'static str>,
    },
    /// Something in it is no key.
    Key {
        /// In words that go on after the value.
        what: String,
        /// The key that was probably meant.
        nearest: Option<&'static str>,
    },
}

impl Field {
    /// The part before the dot.
    pub fn section(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(section, _)| section)
    }

    /// The part after the dot.
    pub fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }

    /// What stands first among the keys that an action has from the start.
    pub(super) fn usual(&self) -> &'static str {
        match self.default {
            Literal::Keys(keys) => keys.first().copied().unwrap_or_default(),
            _ => "",
        }
    }

    /// Takes a value that somebody wrote, in the type that the setting has (a float may be written as a whole number).
    pub fn check(&self, given: &Given) -> Result<toml::Value, Trouble> {
        let wrong_type = || Trouble::Type { found: given.type_name() };
        match self.kind {
            Kind::Integer { min, max } => {
                let number = given.as_integer().ok_or_else(wrong_type)?;
                if (min..=max).contains(&number) { Ok(toml::Value::Integer(number)) } else { Err(Trouble::Range) }
            }
            Kind::Float { min, max } => {
                let number =
                    given.as_float().or(given.as_integer().map(|whole| whole as f64)).ok_or_else(wrong_type)?;
                // NaN is inside no range.
                let above = match min {
                    Included(min) => number >= min,
                    Excluded(min) => number > min,
                    Bound::Unbounded => !number.is_nan(),
                };
                let below = match max {
                    Included(max) => number <= max,
                    Excluded(max) => number < max,
                    Bound::Unbounded => !number.is_nan(),
                };
                if above && below { Ok(toml::Value::Float(number)) } else { Err(Trouble::Range) }
            }
            Kind::Choice(words) => {
                let word = given.as_str().ok_or_else(wrong_type)?;
                if words.contains(&word) {
                    Ok(toml::Value::String(word.to_owned()))
                } else {
                    Err(Trouble::Word { nearest: nearest(word, words.iter().copied()) })
                }
            }
            Kind::FolderOr(_) => match given.as_str().ok_or_else(wrong_type)? {
                "" => Err(Trouble::Word { nearest: None }),
                text => Ok(toml::Value::String(text.to_owned())),
            },
            Kind::Folder => Ok(toml::Value::String(given.as_str().ok_or_else(wrong_type)?.to_owned())),
            Kind::Device => {
                let text = given.as_str().ok_or_else(wrong_type)?;
                let device: DeviceChoice = text
                    .parse()
                    .map_err(|_| Trouble::Word { nearest: nearest(text, ["auto", "cpu", "cuda"].into_iter()) })?;
                Ok(toml::Value::String(device.to_string()))
            }
            Kind::Keys => keys::check(given),
        }
    }

    /// Takes what somebody typed for this setting: a number as TOML or people write it, or a text without quotes.
    pub fn read(&self, typed: &str) -> Result<toml::Value, Trouble> {
        let typed = typed.trim();
        let as_text = || Given::from(typed);
        self.check(&match self.kind {
            // TOML takes no zeros in front and wants a digit before the point; people don't care.
            Kind::Integer { .. } => {
                typed.parse().unwrap_or_else(|_| typed.parse::<i64>().map_or_else(|_| as_text(), Given::from))
            }
            Kind::Float { .. } => {
                typed.parse().unwrap_or_else(|_| typed.parse::<f64>().map_or_else(|_| as_text(), Given::from))
            }
            Kind::Choice(_) | Kind::FolderOr(_) | Kind::Folder | Kind::Device | Kind::Keys => as_text(),
        })
    }

    /// What is allowed, in words: `a whole number from 1 to 4096`.
    pub fn allowed(&self) -> String {
        match self.kind {
            Kind::Integer { min, max: i64::MAX } => format!("a whole number from {min} to 2^63 − 1"),
            Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Float { min, max } => {
                let from = match min {
                    Included(min) => format!(" from {min}"),
                    Excluded(min) => format!(" above {min}"),
                    Bound::Unbounded => String::new(),
                };
                let to = match (max, min) {
                    (Included(max), Included(_)) => format!(" to {max}"),
                    (Included(max), _) => format!(" and up to {max}"),
                    (Excluded(max), _) => format!(" and below {max}"),
                    (Bound::Unbounded, _) => String::new(),
                };
                format!("a number{from}{to}")
            }
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::FolderOr(words) => format!("{} or a folder", words.join(", ")),
            Kind::Folder => "a folder (empty: the platform's own place)".to_owned(),
            Kind::Device => "auto, cpu, cuda or cuda:N".to_owned(),
            Kind::Keys => r#"a key or a list of keys, such as "c" or ["c", "ctrl-s", "f5"]"#.to_owned(),
        }
    }
}

/// The setting of this key, those of the screen's keys included.
pub fn field(key: &str) -> Option<&'static Field> {
    FIELDS.iter().chain(keys::ACTIONS).find(|field| field.key == key)
}

/// The sections, in the order of the table.
pub fn sections() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    FIELDS.iter().map(Field::section).filter(move |section| std::mem::replace(&mut last, section) != *section)
}

/// The same, and the one that is no part of the table: the screen's keys.
pub(super) fn all_sections() -> impl Iterator<Item = &'static str> {
    sections().chain(["keys"])
}

/// The known word that `word` most likely meant, if any resembles it.
pub(super) fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let word = word.to_lowercase();
    known
        .map(|candidate| {
            // Slips of the finger are edits; left-out endings share a beginning.
            let edits = strsim::normalized_damerau_levenshtein(&word, candidate);
            let beginning = if word.len() >= 2 && candidate.starts_with(&word) { 0.6 } else { 0.0 };
            (edits.max(beginning), candidate)
        })
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

const fn row(key: &'static str, kind: Kind, default: Literal, unit: &'static str, meaning: &'static str) -> Field {
    Field { key, kind, default, meaning, unit }
}

const fn integer(min: i64, max: i64) -> Kind {
    Kind::Integer { min, max }
}

const fn float(min: Bound<f64>, max: Bound<f64>) -> Kind {
    Kind::Float { min, max }
}

/// More pictures, steps or minutes than anyone has.
const PLENTY: i64 = 1_000_000_000;

use Kind::{Choice, Device, Folder, FolderOr};
use Literal::{Float, Integer, Text};

/// Every setting, section by section, in the order of `config.toml`.
pub static FIELDS: &[Field] = &[
    row("data.source", FolderOr(&["auto", "sample"]), Text("auto"), "", "where the pictures come from"),
    row(
        "data.validation_fraction",
        float(Excluded(0.0), Excluded(1.0)),
        Float(0.2),
        "fraction",
        "part of the training files held back for validation",
    ),
    row("data.limit_train", integer(0, PLENTY), Integer(0), "pictures", "learn from only so many; 0 = all"),
    row("data.limit_validation", integer(0, PLENTY), Integer(0), "pictures", "validate on only so many; 0 = all"),
    row("model.variant", Choice(Variant::VARIANTS), Text("fashion"), "", "which net"),
    row(
        "model.dropout",
        float(Included(0.0), Excluded(1.0)),
        Float(0.5),
        "probability",
        "how likely a dense unit is left out of a training step",
    ),
    row("training.epochs", integer(1, 100_000), Integer(10), "epochs", "passes over the training pictures"),
    row("training.batch_size", integer(1, 4096), Integer(32), "pictures", "pictures in one optimizer step"),
    row("training.optimizer", Choice(OptimizerChoice::VARIANTS), Text("adam"), "", "how gradients become updates"),
    row("training.learning_rate", float(Excluded(0.0), Included(10.0)), Float(0.001), "", "the optimizer's step size"),
    row("training.beta1", float(Included(0.0), Excluded(1.0)), Float(0.9), "", "decay of Adam's first moment"),
    row("training.beta2", float(Included(0.0), Excluded(1.0)), Float(0.999), "", "decay of Adam's second moment"),
    row(
        "training.epsilon",
        float(Excluded(0.0), Included(1.0)),
        Float(1e-8),
        "",
        "keeps Adam's division by the second moment finite",
    ),
    row(
        "training.weight_decay",
        float(Included(0.0), Included(1.0)),
        Float(0.0),
        "",
        "L2 penalty on the weights, added to the gradient; with adamw, taken off the weights",
    ),
    row(
        "training.momentum",
        float(Included(0.0), Excluded(1.0)),
        Float(0.9),
        "",
        "what sgd keeps of the update before",
    ),
    row(
        "training.gradient_clip",
        float(Included(0.0), Included(1e6)),
        Float(0.0),
        "",
        "scale gradients down to this norm over all of them; 0 = never",
    ),
    row(
        "training.seed",
        integer(0, i64::MAX),
        Integer(1),
        "",
        "the one source of chance: split, order, initial weights, dropout",
    ),
    row("compute.device", Device, Text("auto"), "", "where the net computes"),
    row("compute.precision", Choice(PrecisionChoice::VARIANTS), Text("auto"), "", "what the net computes in"),
    row("compute.threads", integer(0, 1024), Integer(0), "threads", "compute threads; 0 = as many as there are cores"),
    row(
        "compute.evaluation_batch_size",
        integer(1, 4096),
        Integer(128),
        "pictures",
        "pictures at once in validation and evaluation",
    ),
    row(
        "checkpoint.every_epochs",
        integer(0, PLENTY),
        Integer(1),
        "epochs",
        "save epoch-NNNN every so many epochs; 0 = never",
    ),
    row(
        "checkpoint.every_steps",
        integer(0, PLENTY),
        Integer(0),
        "steps",
        "save step-NNNNNNNN every so many steps; 0 = never",
    ),
    row(
        "checkpoint.every_minutes",
        integer(0, PLENTY),
        Integer(10),
        "minutes",
        "save last every so many minutes; 0 = never",
    ),
    row("checkpoint.keep", integer(1, 10_000), Integer(2), "files", "how many epoch- and step- files stay"),
    row(
        "checkpoint.best_metric",
        Choice(BestMetric::VARIANTS),
        Text("validation_accuracy"),
        "",
        "what the best epoch is chosen by",
    ),
    row("paths.data", Folder, Text(""), "", "holds FashionMNIST/raw"),
    row("paths.runs", Folder, Text(""), "", "holds a folder for each run"),
    row("paths.state", Folder, Text(""), "", "holds logs from before a run exists"),
    row(
        "ui.learning_rate_factor",
        float(Excluded(1.0), Included(10.0)),
        Float(2.0),
        "",
        "what + multiplies the learning rate by, and - divides it by",
    ),
    row("ui.theme", Choice(Theme::VARIANTS), Text("dark"), "", "colours of the screen"),
    row("ui.language", Choice(Language::VARIANTS), Text("auto"), "", "what the screen speaks"),
    row("ui.charset", Choice(Charset::VARIANTS), Text("auto"), "", "characters of the screen"),
    row("ui.images", Choice(Images::VARIANTS), Text("auto"), "", "how pictures are shown"),
];
