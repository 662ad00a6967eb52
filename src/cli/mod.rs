//! The front end of scripts: flags in, text or JSON out, an exit status that tells how it went.

mod arguments;
mod bench;
mod config;
mod data;
mod eval;
mod export;
mod notes;
mod output;
mod pages;
mod predict;
mod progress;
mod runs;
mod setup;
mod signals;
mod summary;
mod train;

use crate::config::{ConfigError, Places};
use crate::environment;
use arguments::{Action, Arguments, TrainFlags};
use clap::Parser;
use setup::setup;
use std::io::{IsTerminal, stdin, stdout};
use std::process::ExitCode;
use thiserror::Error;

pub use output::OutputError;

/// Why a command did not do what it was asked to.
#[derive(Debug, Error)]
pub enum CliError {
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The command was asked for in a way that can't be.
    #[error("{0}")]
    Usage(String),
    /// It failed.
    #[error("{0}")]
    Failed(String),
    /// The result could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl CliError {
    fn status(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Usage(_) => 2,
            Self::Failed(_) | Self::Output(OutputError::Io(_)) => 1,
            Self::Output(OutputError::ReaderGone) => 0,
        }
    }
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            return ExitCode::from(told(&error));
        }
    };
    if arguments.action.as_ref().is_none_or(Action::computes) {
        environment::prepare();
    }
    let json = match &arguments.action {
        Some(Action::Train(train)) => train.json,
        Some(Action::Eval(eval)) => eval.json,
        Some(Action::Predict(predict)) => predict.json,
        Some(Action::Bench(bench)) => bench.json,
        _ => false,
    };
    let status = run(arguments).unwrap_or_else(|error| {
        if !matches!(error, CliError::Output(OutputError::ReaderGone)) {
            output::note(format_args!("alexnet-tui: {error}"));
            if json {
                // Whoever reads only stdout learns of it too; if nobody does, stderr has said it.
                let _ = output::print(&train::error_line(&error.to_string()));
            }
        }
        error.status()
    });
    ExitCode::from(status)
}

/// Prints what is wrong with a command line, or the help or version that it asks for, which is a result like any other.
fn told(error: &clap::Error) -> u8 {
    match error.print().map_err(OutputError::from) {
        Err(failure @ OutputError::Io(_)) if !error.use_stderr() => {
            output::note(format_args!("alexnet-tui: {failure}"));
            1
        }
        _ => u8::try_from(error.exit_code()).unwrap_or(2),
    }
}

fn run(arguments: Arguments) -> Result<u8, CliError> {
    // Found when needed: completions and pages are made where there is no home, too.
    let places = Places::find;
    match arguments.action {
        None => trainer(&arguments.trainer, places()?),
        Some(Action::Train(train)) => {
            train::run(setup(&train.flags, places()?)?.0, train.json, train.flags.telling.quiet)
        }
        Some(Action::Eval(eval)) => eval::run(&eval, eval.common.layers(places()?).load()?.config),
        Some(Action::Bench(bench)) => bench::run(&bench, bench.layers(places()?).load()?.config),
        Some(Action::Predict(predict)) => predict::run(&predict, &predict.common.layers(places()?).load()?.config),
        Some(Action::Export(arguments)) => export::run(&arguments),
        Some(Action::Summary(summary)) => {
            let config = summary.config.layers(places()?).load()?.config;
            summary::run(summary.variant, summary.format, &config)
        }
        Some(Action::Data(data)) => data::run(&data.action, places()?),
        Some(Action::Runs(arguments)) => runs::run(&arguments.action, places()?),
        Some(Action::Config(config)) => config::run(&config.action, places()?),
        Some(Action::Completions { shell }) => pages::completions(shell),
        Some(Action::Man { folder }) => pages::man(folder.as_deref()),
    }
}

/// What the commands that follow the engine wait on.
fn event_loop() -> Result<tokio::runtime::Runtime, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| CliError::Failed(format!("can't start the event loop: {error}")))
}

/// The program without a command.
fn trainer(flags: &TrainFlags, places: Places) -> Result<u8, CliError> {
    let (setup, loaded) = setup(flags, places)?;
    if stdin().is_terminal() && stdout().is_terminal() {
        crate::tui::run(setup, loaded).map_err(|report| CliError::Failed(format!("{report:#}")))
    } else {
        let quiet = flags.telling.quiet;
        if !quiet {
            output::note(
                "alexnet-tui: there is no terminal here: training without the screen, as `alexnet-tui train` does",
            );
        }
        train::run(setup, false, quiet)
    }
}
