//! In which settings configurations differ: from the defaults, and from each other.

use super::fields::{FIELDS, Field};
use super::schema::Config;

/// A setting, and what it is in each of some runs; `None` where the configuration can't be read.
pub type Differing = (&'static Field, Vec<Option<toml::Value>>);

/// Where files are kept, and what the screen looks like, makes no run another.
fn makes_a_difference(field: &Field) -> bool {
    !matches!(field.section(), "paths" | "ui")
}

/// The settings that are not what they are built in as.
pub fn not_default(config: &Config) -> Vec<(&'static Field, toml::Value)> {
    let pairs = FIELDS.iter().zip(config.values());
    pairs.filter(|(field, value)| makes_a_difference(field) && *value != field.default.into()).collect()
}

/// The settings that are not the same in all of these.
pub fn differing(configs: &[Option<&Config>]) -> Vec<Differing> {
    let all: Vec<_> = configs.iter().map(|config| config.map(Config::values)).collect();
    let setting = |(at, field): (usize, &'static Field)| {
        let values: Vec<_> = all.iter().map(|values| values.as_ref()?.get(at).cloned()).collect();
        let known = || values.iter().flatten();
        let differ = known().zip(known().skip(1)).any(|(a, b)| a != b);
        (differ && makes_a_difference(field)).then_some((field, values))
    };
    FIELDS.iter().enumerate().filter_map(setting).collect()
}
