//! What the Config screen shows: every setting with the value in force, where it came from, and what was changed here.

mod editing;
mod writing;

pub use editing::{Editor, EditorKind};
pub use writing::{Choice as ClashChoice, ClashState, DiffState};

use super::{Overlay, State};
use crate::config::{Config, ConfigFile, Edit, FIELDS, Field, Loaded, Origin, written};
use std::collections::HashMap;
use std::path::Path;

/// The settings, and the file that they are written to.
#[derive(Clone, Debug, Default)]
pub struct SettingsState {
    loaded: Option<Loaded>,
    file: Option<ConfigFile>,
    /// The values in force, in the order of the table.
    values: Vec<toml::Value>,
    /// What was set here, as the file would have it.
    given: HashMap<&'static str, toml::Value>,
    undo: Vec<Undo>,
    /// The setting that is looked at, by its place in the table.
    pub chosen: usize,
    /// What is searched for; empty: nothing.
    pub search: String,
    /// What came of what was done last.
    pub told: Option<String>,
}

/// What a change can be taken back to.
#[derive(Clone, Debug)]
struct Undo {
    field: &'static Field,
    given: Option<toml::Value>,
    in_force: toml::Value,
    rate: f64,
}

/// When a change of a setting takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// In the run under way too.
    NextStep,
    /// From the next run on.
    NextRun,
    /// At the next start of the program.
    NextStart,
}

impl SettingsState {
    pub(super) fn of(config: &Config) -> Self {
        Self { values: config.values(), ..Self::default() }
    }

    /// The value in force.
    pub fn value(&self, field: &Field) -> Option<&toml::Value> {
        let place = FIELDS.iter().position(|known| known.key == field.key)?;
        self.values.get(place)
    }

    /// The setting that is looked at.
    pub fn field(&self) -> Option<&'static Field> {
        FIELDS.get(self.chosen)
    }

    /// The file that is written to.
    pub fn file(&self) -> Option<&ConfigFile> {
        self.file.as_ref()
    }

    /// Whether the value in force is not the built-in one.
    pub fn differs(&self, field: &'static Field) -> bool {
        self.value(field) != Some(&self.meaning(field, &field.default.into()))
    }

    /// What was set here and is not in the file.
    pub fn pending(&self) -> Vec<Edit> {
        FIELDS.iter().filter_map(|field| Some((field, self.pending_value(field)?.clone()))).collect()
    }

    /// Whether this was set here and is not in the file.
    pub fn is_pending(&self, field: &'static Field) -> bool {
        self.pending_value(field).is_some()
    }

    fn pending_value(&self, field: &'static Field) -> Option<&toml::Value> {
        let given = self.given.get(field.key)?;
        match self.file.as_ref().and_then(|file| file.value(field)) {
            Some(there) => Some(given).filter(|given| *given != there),
            // What nobody says is as built in: that need not be written.
            None if self.started_as(field) == Origin::BuiltIn => {
                Some(given).filter(|given| **given != field.default.into())
            }
            None => Some(given),
        }
    }

    /// Where the value in force came from; `None`: it was set here and is not written yet.
    pub fn origin(&self, field: &'static Field) -> Option<Origin> {
        if self.is_pending(field) {
            return None;
        }
        let in_file = self.file.as_ref().and_then(|file| file.origin(field)).cloned();
        if self.given.contains_key(field.key) {
            return Some(in_file.unwrap_or(Origin::BuiltIn));
        }
        match self.started_as(field) {
            // Its line may be another by now.
            Origin::File { path, line } => match in_file {
                Some(Origin::File { path: own, line }) if own == path => Some(Origin::File { path, line }),
                _ => Some(Origin::File { path, line }),
            },
            origin => Some(origin),
        }
    }

    fn started_as(&self, field: &Field) -> Origin {
        let origin = self.loaded.as_ref().map_or(&Origin::BuiltIn, |loaded| loaded.origin(field.key));
        match origin {
            Origin::File { path, line } => {
                Origin::File { path: std::path::absolute(path).unwrap_or_else(|_| path.clone()), line: *line }
            }
            other => other.clone(),
        }
    }

    /// What a value of the file means to the program.
    fn meaning(&self, field: &'static Field, value: &toml::Value) -> toml::Value {
        self.loaded.as_ref().map_or_else(|| value.clone(), |loaded| loaded.meaning(field, value))
    }

    /// What an editor begins with: the value as it is written, else as it is in force.
    fn to_edit(&self, field: &'static Field) -> String {
        let in_force = self.value(field);
        let in_file = self.file.as_ref().and_then(|file| file.value(field));
        let as_written = self.given.get(field.key).or(in_file);
        let as_written = as_written.filter(|value| Some(&self.meaning(field, value)) == in_force);
        as_written.or(in_force).map(text_of).unwrap_or_default()
    }
}

/// A value as people read it: texts without quotes.
pub fn text_of(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| written(value), str::to_owned)
}

impl State {
    /// Tells where the configuration came from, so that it can be written back. An error is one of the file's.
    pub fn open_settings(&mut self, loaded: Loaded) {
        match ConfigFile::open(&loaded.file_in_force) {
            Ok(file) => self.settings.file = Some(file),
            Err(error) => self.say(crate::session::Level::Warn, error.to_string()),
        }
        self.settings.loaded = Some(loaded);
    }

    /// When a change of this setting takes effect.
    pub fn when(&self, field: &Field) -> When {
        match field.key {
            "paths.state" | "ui.images" => When::NextStart,
            key if key.starts_with("ui.") => When::Now,
            key if self.run_under_way() && editing::can_change_in_a_run(key) => When::NextStep,
            _ => When::NextRun,
        }
    }

    /// What the run under way has of a setting, where it is something else than a new run would have.
    pub fn value_of_run(&self, field: &Field) -> Option<String> {
        let run = self.run.as_ref().filter(|_| self.run_under_way())?;
        let of_run = match field.key {
            "training.learning_rate" => toml::Value::Float(self.learning_rate()),
            "training.epochs" => toml::Value::Integer(run.epochs.into()),
            "training.batch_size" => toml::Value::Integer(run.batch_size as i64),
            "training.seed" => toml::Value::Integer(run.seed as i64),
            "model.variant" => toml::Value::String(run.variant.clone()),
            _ => return None,
        };
        (self.settings.value(field) != Some(&of_run)).then(|| text_of(&of_run))
    }

    /// The file's name, for a narrow column.
    pub fn short_origin(&self, origin: &Origin) -> String {
        match origin {
            Origin::BuiltIn => self.words.config.built_in.to_owned(),
            Origin::File { path, line } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let is_other = self.settings.file().is_some_and(|file| file.path() != path);
                let folder = path.parent().and_then(Path::file_name).filter(|_| is_other);
                let folder = folder.map_or_else(String::new, |folder| format!("{}/", folder.to_string_lossy()));
                format!("{folder}{name}:{line}")
            }
            other => other.to_string(),
        }
    }

    /// What is searched for on the Config screen: what is being typed, else what was.
    pub fn settings_searched(&self) -> &str {
        match &self.overlay {
            Some(Overlay::Search(input)) => input.value(),
            _ => &self.settings.search,
        }
    }

    /// Whether a setting's name or meaning holds what is searched for.
    pub fn setting_matches(&self, field: &'static Field) -> bool {
        let searched = self.settings_searched().to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&searched);
        !searched.is_empty() && (holds(field.key) || holds((self.words.config.meaning)(field)))
    }
}
