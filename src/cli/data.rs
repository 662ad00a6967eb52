//! `alexnet-tui data`: downloads the data set, checks it, says where it is.

use crate::config::{Config, DataSource};
use crate::data::{self, DataError, FetchError, FetchOptions, FileReport};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What to do with the data set.
#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
pub enum DataAction {
    /// Download Fashion-MNIST; goes on from where an earlier download was interrupted
    Fetch {
        /// Address of a folder that holds the four .gz; may be given several times, tried in turn
        #[arg(long = "mirror", value_name = "URL")]
        mirrors: Vec<String>,
    },
    /// Check every file of the data set in use
    Verify,
    /// Print the folder of the data set in use
    Path,
}

/// Does it: results on stdout, everything else on stderr. 0 done, 1 failed, 128 + signal when a signal ended it.
pub fn run(action: &DataAction, config: &Config) -> ExitCode {
    let outcome = match action {
        DataAction::Fetch { mirrors } => fetch(mirrors, config),
        DataAction::Verify => verify(config),
        DataAction::Path => path(config),
    };
    match outcome {
        Ok(code) => code,
        // Whoever read our results has gone, and wants no more.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: cannot write the results: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A line on stderr. If that is closed there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn fetch(mirrors: &[String], config: &Config) -> io::Result<ExitCode> {
    let mut options = FetchOptions::new(&config.paths.data);
    if !mirrors.is_empty() {
        options.mirrors = mirrors.to_vec();
    }
    let cancel = Arc::new(AtomicBool::new(false));
    let signal = Arc::new(AtomicUsize::new(0));
    for number in [SIGINT, SIGTERM, SIGHUP] {
        // In this order: the second signal finds the flag set by the first, and ends the program at once.
        signal_hook::flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&cancel))?;
        signal_hook::flag::register_usize(number, Arc::clone(&signal), number as usize)?;
        signal_hook::flag::register(number, Arc::clone(&cancel))?;
    }
    say(&format!("downloading Fashion-MNIST into {}", options.folder.display()));
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {bytes:>10} of {total_bytes}  {bytes_per_sec}  {eta} left")
    {
        bar.set_style(style.progress_chars("━━ "));
    }
    let outcome = data::fetch(
        &options,
        &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        },
        &cancel,
    );
    bar.finish_and_clear();
    match outcome {
        Ok(()) => {
            writeln!(io::stdout(), "{}", options.folder.display())?;
            if config.data.source != DataSource::Auto {
                let source = String::from(config.data.source.clone());
                say(&format!(
                    "note: data.source is {source:?}; it takes \"auto\" or this folder to train on what was downloaded"
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            say(&format!("error: {error}"));
            let number = signal.load(Ordering::Relaxed) as u8;
            Ok(if matches!(error, FetchError::Cancelled) && number > 0 {
                ExitCode::from(128 + number)
            } else {
                ExitCode::FAILURE
            })
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

fn verify(config: &Config) -> io::Result<ExitCode> {
    let reports = match (folder(config), &config.data.source) {
        // Of part of a set there is something to say of each file.
        (Ok(Some(folder)) | Err(DataError::Incomplete { folder, .. }), _) => data::verify(&folder),
        (Ok(None), DataSource::Sample) => data::verify_sample(),
        (Ok(None), _) => {
            say("error: no data set in any of these places:");
            for place in data::places(&config.paths.data) {
                say(&format!("  {}", place.display()));
            }
            say("the sample inside the program would be used; `alexnet-tui data fetch` downloads the whole set");
            return Ok(ExitCode::FAILURE);
        }
        (Err(error), _) => {
            say(&format!("error: {error}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut out = io::stdout().lock();
    for report in &reports {
        if let Ok(sound) = &report.outcome {
            let what = if report.file.holds_images() { "pictures" } else { "labels" };
            let whose = if sound.fashion_mnist { "Fashion-MNIST's" } else { "sound" };
            writeln!(out, "ok      {}: {} {what}, {whose}", sound.path.display(), sound.count)?;
        } else {
            writeln!(out, "broken  {}", report.file.name())?;
        }
    }
    let mut exit = ExitCode::SUCCESS;
    for error in reports.iter().filter_map(|report| report.outcome.as_ref().err()) {
        say(&format!("error: {error}"));
        exit = ExitCode::FAILURE;
    }
    let strange = |report: &FileReport| report.outcome.as_ref().is_ok_and(|sound| !sound.fashion_mnist);
    if config.data.source != DataSource::Sample && reports.iter().all(strange) {
        say("note: a sound set in the format of Fashion-MNIST, but not Fashion-MNIST");
    }
    Ok(exit)
}

fn path(config: &Config) -> io::Result<ExitCode> {
    match folder(config) {
        Ok(Some(folder)) => {
            writeln!(io::stdout(), "{}", folder.display())?;
            Ok(ExitCode::SUCCESS)
        }
        // Not 0: `cp "$(alexnet-tui data path)"/*` must not go on with nothing.
        Ok(None) => {
            say("no folder: the sample inside the program is in use; `alexnet-tui data fetch` downloads the whole set");
            Ok(ExitCode::FAILURE)
        }
        Err(error) => {
            say(&format!("error: {error}"));
            Ok(ExitCode::FAILURE)
        }
    }
}
