//! Lays the layers over each other: built-in < the user's file < `./config.toml` or `--config` < `--set` < flags.

use super::fields::{FIELDS, Field, Kind, all_sections, field, sections};
use super::file::{self, Setting};
use super::keys::{ACTIONS, Key, Keys, NEEDED, keys_of};
use super::places::Places;
use super::problems::{ConfigError, Fault, Origin, Problem};
use super::schema::Config;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// What somebody said on the command line, and where files are looked for.
#[derive(Debug)]
pub struct Layers {
    /// The platform's own places.
    pub places: Places,
    /// `--config FILE`: instead of `./config.toml`; it must exist.
    pub file: Option<PathBuf>,
    /// Whether that file stands alone, not over the user's own.
    pub alone: bool,
    /// `--set section.key=value`, in the order given.
    pub set: Vec<String>,
    /// Flags of their own, which win over `--set`.
    pub flags: Vec<Flag>,
}

/// A flag that stands for a setting.
#[derive(Debug)]
pub struct Flag {
    /// As it is typed: `--epochs`.
    pub name: &'static str,
    /// `training.epochs`.
    pub key: &'static str,
    /// What was given.
    pub value: toml_edit::Value,
}

/// A configuration, and where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Every value, paths made absolute and never empty.
    pub config: Config,
    /// The files that were there and were read, the later winning.
    pub files: Vec<PathBuf>,
    /// The file that edits go to: `--config`, else `./config.toml`, else the user's. It need not exist.
    pub file_in_force: PathBuf,
    origins: HashMap<&'static str, Origin>,
    places: Places,
}

impl Loaded {
    /// Where the value of this key came from.
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::BuiltIn)
    }

    /// Every action of the screen with its keys and their origin.
    pub fn key_entries(&self) -> impl Iterator<Item = (&'static Field, toml::Value, &Origin)> {
        ACTIONS.iter().map(|action| {
            let chosen = self.config.keys.chosen(action.name());
            let text = |key: &Key| toml::Value::String(key.to_string());
            let value = |keys: &[Key]| toml::Value::Array(keys.iter().map(text).collect());
            (action, chosen.map_or_else(|| action.default.into(), value), self.origin(action.key))
        })
    }

    /// Every setting with its value and its origin, in the order of the table.
    pub fn entries(&self) -> impl Iterator<Item = (&'static Field, toml::Value, &Origin)> {
        let values = self.config.values();
        FIELDS.iter().zip(values).map(|(field, value)| (field, value, self.origin(field.key)))
    }

    /// What a value means that stands in the file in force: paths absolute, and never empty.
    pub fn meaning(&self, field: &'static Field, value: &toml::Value) -> toml::Value {
        let origin = Origin::File { path: self.file_in_force.clone(), line: 0 };
        let mut value = value.clone();
        // A path that is no text stays as it was typed; it was typed as text.
        let _ = self.places.make_absolute(field, &mut value, &origin);
        if let (Some(""), Some(own)) = (value.as_str(), self.places.own(field.key)) {
            value = toml::Value::String(own.to_string_lossy().into_owned());
        }
        value
    }
}

impl Layers {
    /// Only the files, found by the platform's rules.
    pub fn new(places: Places) -> Self {
        Self { places, file: None, alone: false, set: Vec::new(), flags: Vec::new() }
    }

    /// Reads and checks every layer; everything that is wrong in any of them is told at once.
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        let mut settings = Vec::new();
        let mut problems = Vec::new();
        let mut files = Vec::new();
        let user_file = self.places.user_file.clone();
        let nearer = self.file.clone().map_or((self.places.local_file(), false), |named| (named, true));
        let user = (!self.alone).then_some((user_file, false));
        for (path, must_exist) in user.into_iter().chain([nearer]) {
            if read_file(&path, must_exist, &mut settings, &mut problems)? {
                files.push(path);
            }
        }
        for text in &self.set {
            match parse_set(text) {
                Ok((field, value)) => settings.push(Setting { field, value, origin: Origin::Set }),
                Err(fault) => problems.push(Problem { origin: Origin::Set, fault }),
            }
        }
        for flag in &self.flags {
            let origin = Origin::Flag(flag.name);
            let Some(field) = field(flag.key) else {
                return Err(ConfigError::Inconsistent(format!("{} sets {}", flag.name, flag.key)));
            };
            match field.check(&flag.value) {
                Ok(value) => settings.push(Setting { field, value, origin }),
                Err(trouble) => {
                    let fault = Fault::value(field, flag.value.to_string().trim().to_owned(), &trouble);
                    problems.push(Problem { origin, fault });
                }
            }
        }
        let mut values = defaults();
        let mut origins = HashMap::new();
        for setting in settings {
            let mut value = setting.value;
            if let Err(problem) = self.places.make_absolute(setting.field, &mut value, &setting.origin) {
                problems.push(*problem);
            }
            values.insert(setting.field.key, value);
            origins.insert(setting.field.key, setting.origin);
        }
        let keys = choose_keys(&values, &origins, &mut problems);
        if !problems.is_empty() {
            return Err(ConfigError::Invalid(problems));
        }
        for Field { key, .. } in FIELDS {
            if let (Some(own), Some("")) = (self.places.own(key), values.get(key).and_then(toml::Value::as_str)) {
                values.insert(key, toml::Value::String(text(key, &Origin::BuiltIn, own.to_owned())?));
            }
        }
        let config = Config { keys, ..assemble(&values)? };
        let file_in_force = self.places.file_in_force(self.file.as_deref());
        Ok(Loaded { config, file_in_force, files, origins, places: self.places.clone() })
    }
}

impl Places {
    /// The platform's own place for what an empty path of this key means.
    fn own(&self, key: &str) -> Option<&Path> {
        match key {
            "paths.data" => Some(&self.data),
            "paths.runs" => Some(&self.runs),
            "paths.state" => Some(&self.state),
            _ => None,
        }
    }

    /// A path in a file is relative to that file's folder, elsewhere to the working folder: so a file means the same
    /// from everywhere.
    fn make_absolute(
        &self,
        field: &'static Field,
        value: &mut toml::Value,
        origin: &Origin,
    ) -> Result<(), Box<Problem>> {
        let words: &[&str] = match field.kind {
            Kind::Folder => &[""],
            Kind::FolderOr(words) => words,
            _ => return Ok(()),
        };
        let Some(written) = value.as_str().filter(|written| !words.contains(written)) else { return Ok(()) };
        let base = match origin {
            Origin::File { path, .. } => path.parent().unwrap_or(Path::new("")),
            _ => &self.working,
        };
        let path = text(field.key, origin, self.resolve(written, base))?;
        *value = toml::Value::String(path);
        Ok(())
    }
}

/// A path as the text that a configuration holds.
fn text(key: &'static str, origin: &Origin, path: PathBuf) -> Result<String, Box<Problem>> {
    path.into_os_string()
        .into_string()
        .map_err(|path| Problem { origin: origin.clone(), fault: Fault::NotText { key, path: path.into() } }.into())
}

/// Checks one file by itself, whatever other layers say.
pub fn check_file(path: &Path) -> Result<(), ConfigError> {
    let (mut settings, mut problems) = (Vec::new(), Vec::new());
    read_file(path, true, &mut settings, &mut problems)?;
    let mut values = defaults();
    let mut origins = HashMap::new();
    for Setting { field, value, origin } in settings {
        values.insert(field.key, value);
        origins.insert(field.key, origin);
    }
    choose_keys(&values, &origins, &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(ConfigError::Invalid(problems)) }
}

/// A whole configuration from one text, as a run's folder and its checkpoints hold it; what it does not say is as built
/// in. `path` is where it stands, for what is said of its faults.
pub fn of_text(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let (mut settings, mut problems) = (Vec::new(), Vec::new());
    file::read(text, path, &mut settings, &mut problems);
    if !problems.is_empty() {
        return Err(ConfigError::Invalid(problems));
    }
    let mut values = defaults();
    values.extend(settings.into_iter().map(|setting| (setting.field.key, setting.value)));
    assemble(&values)
}

/// Adds what a file sets; whether there is one.
fn read_file(
    path: &Path,
    must_exist: bool,
    settings: &mut Vec<Setting>,
    problems: &mut Vec<Problem>,
) -> Result<bool, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            file::read(&text, path, settings, problems);
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => Ok(false),
        Err(source) => Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    }
}

/// `section.key=value`: the value as TOML, or as the text that it is.
fn parse_set(text: &str) -> Result<(&'static Field, toml::Value), Fault> {
    let not_a_setting = || Fault::NotASetting { text: text.to_owned() };
    let (key, written) = text.split_once('=').ok_or_else(not_a_setting)?;
    let (key, written) = (key.trim(), written.trim());
    let (section, name) = key.split_once('.').ok_or_else(|| Fault::without_section(key))?;
    if !all_sections().any(|known| known == section) {
        return Err(Fault::unknown_section(section));
    }
    let field = field(key).ok_or_else(|| Fault::unknown_key(section, name))?;
    let given = written.parse().unwrap_or_else(|_| toml_edit::Value::from(written));
    let value = field.check(&given).map_err(|trouble| Fault::value(field, written.to_owned(), &trouble))?;
    Ok((field, value))
}

type Values = HashMap<&'static str, toml::Value>;

fn defaults() -> Values {
    FIELDS.iter().chain(ACTIONS).map(|field| (field.key, field.default.into())).collect()
}

/// The keys that somebody chose, over those from the start. Told is where a key would have two actions.
fn choose_keys(values: &Values, origins: &HashMap<&'static str, Origin>, problems: &mut Vec<Problem>) -> Keys {
    let mut holders: HashMap<Key, &'static Field> = HashMap::new();
    let mut chosen = Vec::new();
    for action in ACTIONS {
        let keys = values.get(action.key).map_or_else(Vec::new, keys_of);
        let own = origins.get(action.key);
        for &key in &keys {
            let Some(other) = holders.insert(key, action) else { continue };
            // It is told of who chose it; of two lines of a file, of the lower one.
            let (of, than) = match (own, origins.get(other.key)) {
                (None, Some(_)) => (other, action),
                (Some(own), Some(others)) if is_before(own, others) => (other, action),
                _ => (action, other),
            };
            let origin = |field: &Field| origins.get(field.key).cloned().unwrap_or(Origin::BuiltIn);
            problems.push(Problem { origin: origin(of), fault: Fault::clash(of, key, than, origin(than)) });
        }
        let Some(own) = own else { continue };
        if NEEDED.contains(&action.key) && keys.iter().all(|key| key.types()) {
            let (value, usual) = (values.get(action.key).map_or_else(String::new, ToString::to_string), action.usual());
            problems
                .push(Problem { origin: own.clone(), fault: Fault::OnlyTyped { action: action.key, value, usual } });
        }
        chosen.push((action.name(), keys));
    }
    Keys(chosen)
}

/// Whether a line stands above another of the same file.
fn is_before(one: &Origin, other: &Origin) -> bool {
    match (one, other) {
        (Origin::File { path, line }, Origin::File { path: other, line: than }) => path == other && line < than,
        (Origin::File { .. }, _) => true,
        _ => false,
    }
}

fn assemble(values: &Values) -> Result<Config, ConfigError> {
    let mut table = toml::Table::new();
    for section in sections() {
        let of_section = FIELDS.iter().filter(|field| field.section() == section);
        let values = of_section.filter_map(|field| Some((field.name().to_owned(), values.get(field.key)?.clone())));
        table.insert(section.to_owned(), toml::Value::Table(values.collect()));
    }
    table.try_into().map_err(|error: toml::de::Error| ConfigError::Inconsistent(error.message().to_owned()))
}

impl Default for Config {
    /// The built-in values; paths are empty, for it asks no platform.
    #[expect(clippy::expect_used, reason = "no input reaches it, and a test holds the table and the types together")]
    fn default() -> Self {
        assemble(&defaults()).expect("every default has its setting's type")
    }
}
