//! `alexnet-tui data`: downloads the data set, checks it, says where it is.

use super::arguments::{Common, Telling};
use super::progress::Progress;
use super::signals::Cancel;
use super::{CliError, output};
use crate::config::{Config, DataSource, Places};
use crate::data::{self, DataError, FetchError, FetchOptions, FileReport};
use crate::text::bytes;
use std::fmt::Write;
use std::path::PathBuf;

/// What to do with the data set.
#[derive(Debug, clap::Subcommand)]
pub enum DataAction {
    /// Download Fashion-MNIST; goes on from where an earlier download was interrupted
    Fetch {
        /// Address of a folder that holds the four .gz; may be given several times, tried in turn
        #[arg(long = "mirror", value_name = "URL")]
        mirrors: Vec<String>,
        /// How much is told.
        #[command(flatten)]
        telling: Telling,
        /// Where the pictures come from, and the configuration's layers.
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Check every file of the data set in use
    Verify {
        /// Where the pictures come from, and the configuration's layers.
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Print the folder of the data set in use
    Path {
        /// Where the pictures come from, and the configuration's layers.
        #[command(flatten)]
        common: Box<Common>,
    },
}

impl DataAction {
    fn common(&self) -> &Common {
        match self {
            Self::Fetch { common, .. } | Self::Verify { common } | Self::Path { common } => common,
        }
    }
}

/// Does it: results on stdout, everything else on stderr. 0 done, 1 failed, 128 + signal when a signal ended it.
pub(super) fn run(action: &DataAction, places: Places) -> Result<u8, CliError> {
    let config = action.common().layers(places).load()?.config;
    match action {
        DataAction::Fetch { mirrors, telling, .. } => fetch(mirrors, &config, telling.quiet),
        DataAction::Verify { .. } => verify(&config),
        DataAction::Path { .. } => path(&config),
    }
}

fn fetch(mirrors: &[String], config: &Config, quiet: bool) -> Result<u8, CliError> {
    let mut options = FetchOptions::new(&config.paths.data);
    if !mirrors.is_empty() {
        options.mirrors = mirrors.to_vec();
    }
    let cancel = Cancel::listen().map_err(|error| CliError::Failed(format!("can't listen for signals: {error}")))?;
    if !quiet {
        output::note(format_args!("downloading Fashion-MNIST into {}", options.folder.display()));
    }
    let mut progress = Progress::start("connecting", quiet);
    let outcome = data::fetch(
        &options,
        &mut |done, total| {
            progress.at("downloading", done, total, |rate| {
                format!("{} of {}  {}/s", bytes(done), bytes(total), bytes(rate as u64))
            });
        },
        &cancel.flag,
    );
    drop(progress);
    match outcome {
        Ok(()) => {
            output::print(&format!("{}\n", options.folder.display()))?;
            if config.data.source != DataSource::Auto && !quiet {
                let source = String::from(config.data.source.clone());
                output::note(format_args!(
                    "note: data.source is {source:?}; it takes \"auto\" or this folder to train on what was downloaded"
                ));
            }
            Ok(0)
        }
        Err(error) => {
            output::note(format_args!("error: {error}"));
            Ok(cancel.status().filter(|_| matches!(error, FetchError::Cancelled)).unwrap_or(1))
        }
    }
}

/// The folder that `data.source` means; `None`: the sample.
fn folder(config: &Config) -> Result<Option<PathBuf>, DataError> {
    match &config.data.source {
        DataSource::Sample => Ok(None),
        DataSource::Folder(folder) => Ok(Some(folder.clone())),
        DataSource::Auto => data::find(&data::places(&config.paths.data)),
    }
}

fn verify(config: &Config) -> Result<u8, CliError> {
    let reports = match (folder(config), &config.data.source) {
        (Ok(Some(folder)), _) if !folder.is_dir() => {
            output::note(format_args!(
                "error: there is no folder {}; `alexnet-tui data fetch` downloads the data set, --data names another folder",
                folder.display()
            ));
            return Ok(1);
        }
        // Of part of a set there is something to say of each file.
        (Ok(Some(folder)) | Err(DataError::Incomplete { folder, .. }), _) => data::verify(&folder),
        (Ok(None), DataSource::Sample) => data::verify_sample(),
        (Ok(None), _) => {
            output::note("error: no data set in any of these places:");
            for place in data::places(&config.paths.data) {
                output::note(format_args!("  {}", place.display()));
            }
            output::note(
                "the sample inside the program would be used; `alexnet-tui data fetch` downloads the whole set",
            );
            return Ok(1);
        }
        (Err(error), _) => {
            output::note(format_args!("error: {error}"));
            return Ok(1);
        }
    };
    let mut out = String::new();
    for report in &reports {
        if let Ok(sound) = &report.outcome {
            let what = if report.file.holds_images() { "pictures" } else { "labels" };
            let whose = if sound.fashion_mnist { "Fashion-MNIST's" } else { "sound" };
            let _ = writeln!(out, "ok      {}: {} {what}, {whose}", sound.path.display(), sound.count);
        } else {
            let _ = writeln!(out, "broken  {}", report.file.name());
        }
    }
    output::print(&out)?;
    let mut status = 0;
    for error in reports.iter().filter_map(|report| report.outcome.as_ref().err()) {
        output::note(format_args!("error: {error}"));
        status = 1;
    }
    let strange = |report: &FileReport| report.outcome.as_ref().is_ok_and(|sound| !sound.fashion_mnist);
    if config.data.source != DataSource::Sample && reports.iter().all(strange) {
        output::note("note: a valid set in the format of Fashion-MNIST, but not Fashion-MNIST");
    }
    Ok(status)
}

fn path(config: &Config) -> Result<u8, CliError> {
    match folder(config) {
        Ok(Some(folder)) => {
            output::print(&format!("{}\n", folder.display()))?;
            Ok(0)
        }
        // Not 0: `cp "$(alexnet-tui data path)"/*` must not go on with nothing.
        Ok(None) => {
            output::note(
                "no folder: the sample inside the program is in use; `alexnet-tui data fetch` downloads the whole set",
            );
            Ok(1)
        }
        Err(error) => {
            output::note(format_args!("error: {error}"));
            Ok(1)
        }
    }
}
