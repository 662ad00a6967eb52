//! `alexnet-tui config`: makes, shows, checks and locates the configuration.

use super::arguments::ConfigAction;
use super::{CliError, output};
use crate::config::{DEFAULTS, Layers, Loaded, Places, check_file, written};
use serde_json::json;
use std::fmt::Write;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

/// Does it.
pub(super) fn run(action: &ConfigAction, places: Places) -> Result<u8, CliError> {
    match action {
        ConfigAction::Init { force } => init(&places.user_file, *force)?,
        ConfigAction::Show { json, common } => {
            let loaded = common.layers(places).load()?;
            output::print(&if *json { as_json(&loaded) } else { as_table(&loaded) })?;
        }
        ConfigAction::Check { file, config } => check(file.as_deref(), &config.layers(places))?,
        ConfigAction::Path { config } => {
            output::print(&format!("{}\n", places.file_in_force(config.as_deref()).display()))?;
        }
    }
    Ok(0)
}

fn init(file: &Path, force: bool) -> Result<(), CliError> {
    let failed = |error: io::Error| CliError::Failed(format!("can't write {}: {error}", file.display()));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut out = options.write(true).open(file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            CliError::Failed(format!("{} is there already; --force overwrites it", file.display()))
        }
        _ => failed(error),
    })?;
    out.write_all(DEFAULTS.as_bytes()).map_err(failed)?;
    output::print(&format!("{}\n", file.display()))?;
    Ok(())
}

fn check(file: Option<&Path>, layers: &Layers) -> Result<(), CliError> {
    let Some(file) = file else {
        let loaded = layers.load()?;
        let files = loaded.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
        let files = if files.is_empty() { "no file, built-in values only".to_owned() } else { files.join(", ") };
        output::print(&format!("ok: {files}\n"))?;
        return Ok(());
    };
    check_file(file)?;
    output::print(&format!("ok: {}\n", file.display()))?;
    Ok(())
}

fn as_table(loaded: &Loaded) -> String {
    let rows: Vec<[String; 3]> = loaded
        .entries()
        .chain(loaded.key_entries())
        .map(|(field, value, origin)| [field.key.to_owned(), written(&value), origin.to_string()])
        .collect();
    let widths = |column: usize| rows.iter().map(move |row| row[column].chars().count());
    let keys = widths(0).max().unwrap_or(0);
    // A long path pushes its own origin aside, not everyone's.
    let values = widths(1).filter(|width| *width <= 24).max().unwrap_or(0);
    let mut text = String::new();
    let mut section = "";
    for row in &rows {
        let own = row[0].split('.').next().unwrap_or_default();
        if !section.is_empty() && own != section {
            text.push('\n');
        }
        section = own;
        let _ = writeln!(text, "{:keys$}  {:values$}  {}", row[0], row[1], row[2]);
    }
    text
}

fn as_json(loaded: &Loaded) -> String {
    let entries: Vec<_> = loaded
        .entries()
        .chain(loaded.key_entries())
        .map(|(field, value, origin)| json!({ "key": field.key, "value": value, "origin": origin.to_string() }))
        .collect();
    format!("{}\n", serde_json::Value::from(entries))
}
