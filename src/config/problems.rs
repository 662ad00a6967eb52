//! What can be wrong with a configuration, and where it stands, in words that say what to do.

use super::fields::{FIELDS, Field, Trouble, all_sections, nearest};
use super::keys::{ACTIONS, Key};
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    BuiltIn,
    /// A line of a file, counted from 1.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// `--set`.
    Set,
    /// A flag of its own, as it is typed: `--epochs`.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built-in"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Set => f.write_str("--set"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Error)]
#[error("{origin}: {fault}")]
pub struct Problem {
    /// Where it stands.
    pub origin: Origin,
    /// What it is.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Debug, Error)]
pub enum Fault {
    /// The text is no TOML.
    #[error("not TOML: {message}: {line}")]
    Syntax {
        /// What the parser says.
        message: String,
        /// The line of text.
        line: String,
    },
    /// There is no such section.
    #[error("there is no section [{name}]; {hint}")]
    UnknownSection {
        /// As it was written.
        name: String,
        /// What was probably meant.
        hint: String,
    },
    /// A setting is always part of a section.
    #[error("{name} is set outside any section; {hint}")]
    WithoutSection {
        /// As it was written.
        name: String,
        /// What was probably meant.
        hint: String,
    },
    /// A section's name stands where its settings should.
    #[error("{name} is a section: write [{name}] and its settings beneath, or {name}.{example} = …")]
    NotASection {
        /// The section.
        name: &'static str,
        /// One of its settings.
        example: &'static str,
    },
    /// There is no such setting.
    #[error("there is no setting {key}; {hint}")]
    UnknownKey {
        /// As it was written.
        key: String,
        /// What was probably meant.
        hint: String,
    },
    /// A value that the setting can't have.
    #[error("{key} = {value} {trouble}; expected {allowed}{hint}")]
    Value {
        /// Which setting.
        key: &'static str,
        /// As it was written.
        value: String,
        /// What is wrong with it.
        trouble: String,
        /// What would be right.
        allowed: String,
        /// What was probably meant, or nothing.
        hint: String,
    },
    /// A key can't have two actions.
    #[error("{action} = {key:?}: that is the key of {other} as well ({origin}); give one of them another")]
    Clash {
        /// One of them.
        action: &'static str,
        /// The key.
        key: String,
        /// The other.
        other: &'static str,
        /// Who gave it to that.
        origin: Origin,
    },
    /// An action that a text must not keep one from has only keys that are part of a text.
    #[error(
        "{action} = {value}: where a text is typed these are part of it; add a key that types nothing, such as {usual:?}"
    )]
    OnlyTyped {
        /// Which action.
        action: &'static str,
        /// Its keys.
        value: String,
        /// One that would do.
        usual: &'static str,
    },
    /// Not of the form that `--set` takes.
    #[error("{text:?} is not of the form section.key=value, such as training.epochs=3")]
    NotASetting {
        /// As it was written.
        text: String,
    },
    /// A path that TOML can't hold.
    #[error("{key}: {path:?} is not UTF-8 text, and a configuration is; use another folder")]
    NotText {
        /// Which setting.
        key: &'static str,
        /// The whole path.
        path: PathBuf,
    },
}

impl Fault {
    /// There is no section `name`.
    pub(super) fn unknown_section(name: &str) -> Self {
        let hint =
            nearest(name, all_sections()).map_or_else(list_of_sections, |section| format!("did you mean [{section}]?"));
        Self::UnknownSection { name: name.to_owned(), hint }
    }

    /// `name` is set outside any section, and is none itself.
    pub(super) fn without_section(name: &str) -> Self {
        let all = || ACTIONS.iter().chain(FIELDS);
        let meant = nearest(name, all().map(Field::name));
        let field = meant.and_then(|name| FIELDS.iter().chain(ACTIONS).find(|field| field.name() == name));
        let hint = field.map_or_else(list_of_sections, |field| format!("did you mean {}?", field.key));
        Self::WithoutSection { name: name.to_owned(), hint }
    }

    /// A section that exists has no setting `name`.
    pub(super) fn unknown_key(section: &str, name: &str) -> Self {
        let here = || FIELDS.iter().chain(ACTIONS).filter(|field| field.section() == section);
        let near = here().map(Field::name);
        let elsewhere = || FIELDS.iter().find(|field| field.name() == name);
        let hint = match (nearest(name, near), elsewhere()) {
            (_, Some(field)) => format!("did you mean {}?", field.key),
            (Some(name), None) => format!("did you mean {section}.{name}?"),
            (None, None) if section == "keys" => "`alexnet-tui config show` tells all that have keys".to_owned(),
            (None, None) => {
                format!("[{section}] has {}", here().map(Field::name).collect::<Vec<_>>().join(", "))
            }
        };
        Self::UnknownKey { key: format!("{section}.{name}"), hint }
    }

    /// `value`, as it was written, is nothing for `field`.
    pub(super) fn value(field: &'static Field, value: String, trouble: &Trouble) -> Self {
        let (what, hint) = match trouble {
            Trouble::Type { found } => {
                let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
                (format!("is {article} {found}"), String::new())
            }
            Trouble::Range => ("is out of range".to_owned(), String::new()),
            Trouble::Key { what, nearest } => {
                (what.clone(), nearest.map_or_else(String::new, |key| format!("; did you mean {key:?}?")))
            }
            Trouble::Word { nearest } => (
                "is not one of its values".to_owned(),
                nearest.map_or_else(String::new, |word| format!("; did you mean {word:?}?")),
            ),
        };
        Self::Value { key: field.key, value, trouble: what, allowed: field.allowed(), hint }
    }

    /// `key` belongs to two actions.
    pub(super) fn clash(action: &Field, key: Key, other: &'static Field, origin: Origin) -> Self {
        Self::Clash { action: action.key, key: key.to_string(), other: other.name(), origin }
    }
}

fn list_of_sections() -> String {
    format!("the sections are {}", all_sections().collect::<Vec<_>>().join(", "))
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Everything that is wrong in all layers, in their order.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
    /// A file that was named, or that is there, can't be read.
    #[error("can't read the configuration {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The user's own folders can't be told.
    #[error("can't tell where your home folder is: set HOME")]
    Homeless,
    /// The table of settings and the types disagree: a fault of the program.
    #[error("the settings don't fit their types (please report this): {0}")]
    Inconsistent(String),
}

impl From<Box<Problem>> for ConfigError {
    fn from(problem: Box<Problem>) -> Self {
        Self::Invalid(vec![*problem])
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
