//! Writes a configuration as the commented TOML that the loader reads back.

use super::fields::{FIELDS, Field};
use super::problems::ConfigError;
use super::schema::Config;
use toml_edit::DocumentMut;

/// The built-in configuration with every setting explained: the file at the top of the repository.
pub const DEFAULTS: &str = include_str!("../../config.toml");

impl Config {
    /// Every value, in the order of the table of settings.
    pub fn values(&self) -> Vec<toml::Value> {
        let table = toml::Table::try_from(self).unwrap_or_default();
        let value = |section: &str, name: &str| table.get(section)?.get(name).cloned();
        let missing = || toml::Value::String(String::new());
        FIELDS.iter().map(|field| value(field.section(), field.name()).unwrap_or_else(missing)).collect()
    }

    /// The same with one value changed, which must be one that its setting can have ([`Field::check`]).
    pub fn with(&self, field: &Field, value: toml::Value) -> Result<Self, ConfigError> {
        let inconsistent = |error: String| ConfigError::Inconsistent(format!("{}: {error}", field.key));
        let mut table = toml::Table::try_from(self).map_err(|error| inconsistent(error.to_string()))?;
        if let Some(toml::Value::Table(section)) = table.get_mut(field.section()) {
            section.insert(field.name().to_owned(), value);
        }
        let changed: Self =
            table.try_into().map_err(|error: toml::de::Error| inconsistent(error.message().to_owned()))?;
        Ok(Self { keys: self.keys.clone(), ..changed })
    }

    /// The whole configuration as TOML, each setting explained as in the built-in file. Numbers survive bit for bit.
    pub fn to_toml(&self) -> String {
        let mut document: DocumentMut = DEFAULTS.parse().unwrap_or_default();
        // The screen's keys are a person's, not a run's.
        document.remove("keys");
        document.set_trailing("");
        for (field, value) in FIELDS.iter().zip(self.values()) {
            let Ok(mut value) = written(&value).parse::<toml_edit::Value>() else { continue };
            let item = &mut document[field.section()][field.name()];
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = toml_edit::Item::Value(value);
        }
        document.to_string()
    }
}

/// A value as a person would write it in TOML: `1e-8` rather than `0.00000001`.
pub fn written(value: &toml::Value) -> String {
    match value {
        toml::Value::Float(number) => format!("{number:?}"),
        other => other.to_string(),
    }
}
