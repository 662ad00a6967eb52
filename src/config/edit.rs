//! A configuration's file, edited in place: comments and order stay, a change that came from elsewhere is noticed, and
//! the file is replaced whole or not at all.

use super::fields::{FIELDS, Field};
use super::file::{self, Setting};
use super::problems::{ConfigError, Origin};
use super::render::{DEFAULTS, written};
use similar::{ChangeTag, TextDiff};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;
use toml_edit::{DocumentMut, Item, Table, Value};

/// Lines that stay the same around those that change, as in a unified diff.
const CONTEXT: usize = 2;

/// A setting and the value that its file is to have.
pub type Edit = (&'static Field, toml::Value);

/// The file could not be read or written; what was to be written is not lost by that.
#[derive(Debug, Error)]
pub enum EditError {
    /// What is in the file can't be used.
    #[error("{path} can't be edited, for what is in it is wrong; mend it first, nothing was written: {source}", path = .path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ConfigError,
    },
    /// Its permissions forbid it.
    #[error("{path} is read-only: nothing was written; make it writable (chmod u+w), or start with --config FILE", path = .0.display())]
    ReadOnly(PathBuf),
    /// The system refused.
    #[error("could not {doing} {path}: {source}; nothing was written", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// What came of writing.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The file has what was to be written, and these settings, which others had changed meanwhile.
    Written {
        /// Keys that others have changed since the file was read.
        merged: Vec<&'static str>,
    },
    /// Nothing was written: others have changed the same settings to other values.
    Clash(Vec<Clash>),
}

/// A setting that two have changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// Which.
    pub field: &'static Field,
    /// What was to be written.
    pub ours: toml::Value,
    /// What the file has now; `None`: it does not say any more.
    pub theirs: Option<toml::Value>,
}

/// A line of a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    /// Lines of the file are left out here.
    Gap,
    /// It stays.
    Same(String),
    /// It goes.
    Old(String),
    /// It comes.
    New(String),
}

/// A file as it was read.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    /// `None`: it is not there.
    text: Option<String>,
    settings: Vec<(&'static Field, toml::Value, Origin)>,
}

impl ConfigFile {
    /// Reads it. One that is not there is made when it is written.
    pub fn open(path: &Path) -> Result<Self, EditError> {
        Self::of(path, read(path)?)
    }

    fn of(path: &Path, text: Option<String>) -> Result<Self, EditError> {
        let (mut settings, mut problems) = (Vec::new(), Vec::new());
        file::read(text.as_deref().unwrap_or_default(), path, &mut settings, &mut problems);
        if !problems.is_empty() {
            return Err(EditError::Broken { path: path.into(), source: ConfigError::Invalid(problems) });
        }
        let settings = settings.into_iter().map(|Setting { field, value, origin }| (field, value, origin)).collect();
        Ok(Self { path: path.into(), text, settings })
    }

    /// Where it is, or would be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it was there when it was read.
    pub fn exists(&self) -> bool {
        self.text.is_some()
    }

    /// What it says of a setting.
    pub fn value(&self, field: &Field) -> Option<&toml::Value> {
        self.setting(field).map(|(_, value, _)| value)
    }

    /// Where it says it.
    pub fn origin(&self, field: &Field) -> Option<&Origin> {
        self.setting(field).map(|(.., origin)| origin)
    }

    fn setting(&self, field: &Field) -> Option<&(&'static Field, toml::Value, Origin)> {
        self.settings.iter().find(|(known, ..)| known.key == field.key)
    }

    /// The lines that these edits change, with a few around them.
    pub fn diff(&self, edits: &[Edit]) -> Result<Vec<DiffLine>, EditError> {
        let new = self.with(edits)?;
        let diff = TextDiff::from_lines(self.base(), &new);
        let mut lines = Vec::new();
        for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
            if number > 0 {
                lines.push(DiffLine::Gap);
            }
            for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                let line = change.value().trim_end_matches(['\n', '\r']).to_owned();
                lines.push(match change.tag() {
                    ChangeTag::Equal => DiffLine::Same(line),
                    ChangeTag::Delete => DiffLine::Old(line),
                    ChangeTag::Insert => DiffLine::New(line),
                });
            }
        }
        Ok(lines)
    }

    /// Writes these edits, and nothing else, into the file as it is now. Where others have changed the same settings
    /// meanwhile, nothing is written unless `ours_win`.
    pub fn write(&mut self, edits: &[Edit], ours_win: bool) -> Result<Outcome, EditError> {
        // A file that was deleted meanwhile comes back as it was.
        let now = Self::of(&self.path, read(&self.path)?.or_else(|| self.text.clone()))?;
        let changed = |field: &Field| now.value(field) != self.value(field);
        let clashes = edits.iter().filter(|(field, ours)| changed(field) && now.value(field) != Some(ours));
        let clashes: Vec<Clash> = clashes
            .map(|(field, ours)| Clash { field, ours: ours.clone(), theirs: now.value(field).cloned() })
            .collect();
        if !clashes.is_empty() && !ours_win {
            return Ok(Outcome::Clash(clashes));
        }
        let edited = |field: &Field| edits.iter().any(|(edited, _)| edited.key == field.key);
        let merged = FIELDS.iter().filter(|field| changed(field) && !edited(field)).map(|field| field.key).collect();
        let text = now.with(edits)?;
        // What we wrote must be what the program will read.
        let new = Self::of(&self.path, Some(text.clone()))?;
        if now.text.as_deref() != Some(text.as_str()) || !self.path.exists() {
            replace(&self.path, &text)?;
        }
        *self = new;
        Ok(Outcome::Written { merged })
    }

    /// What edits are made to: a file that is not there begins as the one with every setting explained.
    fn base(&self) -> &str {
        self.text.as_deref().unwrap_or(DEFAULTS)
    }

    /// The text with these values in it; all else stays, to the letter.
    fn with(&self, edits: &[Edit]) -> Result<String, EditError> {
        let base = self.base();
        let broken = |error: toml_edit::TomlError| EditError::Io {
            path: self.path.clone(),
            doing: "edit",
            source: io::Error::new(io::ErrorKind::InvalidData, error.message().to_owned()),
        };
        let mut document: DocumentMut = base.parse().map_err(broken)?;
        for (field, value) in edits {
            let value: Value = written(value).parse().map_err(broken)?;
            set(&mut document, field, value);
        }
        // TOML is written with plain line ends; a file from elsewhere keeps its own.
        let text = document.to_string();
        let has_returns = base.contains("\r\n") && !text.contains("\r\n");
        Ok(if has_returns { text.replace('\n', "\r\n") } else { text })
    }
}

/// Sets one value, in whichever of TOML's ways its section is written.
fn set(document: &mut DocumentMut, field: &Field, mut value: Value) {
    let section = document.entry(field.section()).or_insert_with(|| {
        let mut table = Table::new();
        table.decor_mut().set_prefix("\n");
        Item::Table(table)
    });
    let Some(table) = section.as_table_like_mut() else { return };
    match table.get_mut(field.name()) {
        Some(item) => {
            // The comment behind it stays behind it.
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => drop(table.insert(field.name(), Item::Value(value))),
    }
}

fn read(path: &Path) -> Result<Option<String>, EditError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(EditError::Io { path: path.into(), doing: "read", source }),
    }
}

/// Puts new content in the place of a file: a crash leaves the old or the new, and no half. A link stays one, and
/// permissions stay what they were.
fn replace(path: &Path, text: &str) -> Result<(), EditError> {
    let failed = |doing| move |source| EditError::Io { path: path.into(), doing, source };
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed("make the folder of"))?;
    let permissions = fs::metadata(&target).ok().map(|there| there.permissions());
    if permissions.as_ref().is_some_and(fs::Permissions::readonly) {
        return Err(EditError::ReadOnly(path.into()));
    }
    let mut beside = tempfile::Builder::new()
        .prefix(".config.")
        .suffix(".new")
        .permissions(ordinary())
        .tempfile_in(folder)
        .map_err(failed("write beside"))?;
    if let Some(permissions) = permissions {
        beside.as_file().set_permissions(permissions).map_err(failed("write beside"))?;
    }
    beside.write_all(text.as_bytes()).map_err(failed("write beside"))?;
    beside.as_file().sync_all().map_err(failed("write beside"))?;
    beside.persist(&target).map_err(|error| failed("replace")(error.error))?;
    Ok(())
}

/// What the umask makes of a new file's permissions, as for any other program.
fn ordinary() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o666)
}
