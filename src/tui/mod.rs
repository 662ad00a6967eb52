//! The front end of people: keys in, screens out.

pub mod action;
pub mod advice;
pub mod app;
mod asking;
pub mod draw;
pub mod format;
pub mod greys;
pub mod heat;
pub mod history;
pub mod images;
mod input;
pub mod keymap;
mod painter;
pub mod screens;
mod screenshot;
pub mod series;
pub mod signals;
pub mod state;
mod svg;
mod system;
mod terminal;
pub mod theme;
pub mod timeline;
pub mod widgets;
pub mod words;

use crate::config::{Config, DataSource, Loaded};
use crate::session::{self, Handle, Phase, Setup};
use crate::text::quoted;
use app::{App, Host};
use asking::{Answer, Question};
use images::{Images, Way};
use input::Input;
use state::State;
use std::io::{self, Write};
use std::path::Path;
use terminal::Console;
use theme::{Depth, Theme};

/// Runs the screen until the person leaves; `loaded` tells where the configuration came from. Returns the exit status: 0, or 129, 130 or 143 where a signal ended it,
/// after saving.
pub fn run(setup: Setup, loaded: Loaded) -> color_eyre::Result<u8> {
    let mut state = State::new(setup.config.clone());
    state.open_settings(loaded);
    run_with(state, || session::open(Setup { sample_layers: true, offer_runs: true, ..setup }))
}

/// The same over any engine that speaks the session's protocol.
pub fn run_over(config: &Config, open: impl FnOnce() -> io::Result<Handle>) -> color_eyre::Result<u8> {
    run_with(State::new(config.clone()), open)
}

fn run_with(mut state: State, open: impl FnOnce() -> io::Result<Handle>) -> color_eyre::Result<u8> {
    let config = state.config.clone();
    let way = Way::of(config.ui.images, |name| std::env::var(name).ok());
    let mut theme = Theme::new(config.ui.theme, Depth::of_environment());
    theme.images = Images::new(way.unwrap_or(Way::HalfBlocks), std::env::var_os("TMUX").is_some());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut console, mut terminal) = Console::open(&config)?;
    // Something is to be seen before anything is loaded.
    terminal.draw(|frame| drop(draw::draw(&state, &theme, frame)))?;
    let question = way.err().or(theme.images.needs_cell().then_some(Question::Sixel));
    if let Some(question) = question {
        console.ask(question)?;
    }
    console.present()?;
    let mut handle = open()?;
    // While it loads.
    let answer = match question {
        Some(question) => asking::answer(question, &input::terminal()?),
        None => Answer::default(),
    };
    theme.images.answered(&answer, way.is_err());
    let status = runtime.block_on(async {
        let mut input = Input::open(answer.typed)?;
        let signals = signals::signals()?;
        let app =
            App { terminal: &mut terminal, host: &mut console, handle: &mut handle, state: &mut state, theme: &theme };
        let events = input.events();
        io::Result::Ok(app.run(events, signals).await)
    })?;
    // A thread inside libtorch must not outlive `main`: the worker is joined while the screen still stands.
    drop(handle);
    let errors = console.errors().cloned();
    drop(terminal);
    if console.give_back() {
        // Whoever reads it may be gone.
        let _ = tell_what_stays(&state, errors.as_deref(), &mut io::stdout().lock());
    }
    Ok(status)
}

/// Where the run is, and the command that evaluates its best weights; what went wrong, if something did.
fn tell_what_stays(state: &State, errors: Option<&Path>, out: &mut impl Write) -> io::Result<()> {
    if let Some(failure) = &state.failure {
        writeln!(out, "failed: {failure}")?;
        if let (true, Some(errors)) = (state.died(), errors) {
            writeln!(out, "what was printed meanwhile is in {}", errors.display())?;
        }
    }
    let Some(run) = &state.run else { return Ok(()) };
    writeln!(out, "{} is in {}", run.name, run.folder.display())?;
    if !matches!(state.phase, Phase::Finished) {
        let program = std::env::args().next().unwrap_or_else(|| "alexnet-tui".into());
        let folder = run.folder.to_string_lossy();
        writeln!(out, "go on with it: {} --resume {}", quoted(&program), quoted(&folder))?;
    }
    if let Some(weights) = state.best.as_ref().or(state.last.as_ref()) {
        writeln!(out, "evaluate it: {}", evaluate_command(weights, &state.config))?;
    }
    Ok(())
}

/// As it has to be typed in this folder, with the pictures that the run had.
fn evaluate_command(weights: &Path, config: &Config) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "alexnet-tui".into());
    let command = format!("{} eval {}", quoted(&program), quoted(&weights.to_string_lossy()));
    match &config.data.source {
        DataSource::Auto => command,
        source => format!("{command} --data {}", quoted(&String::from(source.clone()))),
    }
}
