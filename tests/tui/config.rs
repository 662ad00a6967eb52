//! The Config screen: how it looks, and what a person does with it, on a real file.

use crate::driver::{Driver, run};
use crate::story::after;
use crate::{paint, story};
use alexnet_tui::config::{self, Clash, DEFAULTS, Flag, Language, Layers, Loaded, Places, field};
use alexnet_tui::session::{Command, Event, Phase, Tuning};
use alexnet_tui::tui::action::{Action, Click};
use alexnet_tui::tui::state::{ClashChoice, ClashState, MarkKind, Overlay, Screen, State, update};
use alexnet_tui::tui::words::Words;
use crossterm::event::{Event as TerminalEvent, KeyCode};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The same state at three sizes.
fn picture(name: &str, state: &State) {
    for (width, height) in [(80, 24), (120, 36), (200, 55)] {
        let buffer = paint::frame(state, width, height);
        let name = format!("{name}_{width}x{height}");
        paint::keep(&format!("config_{name}"), &buffer);
        insta::assert_snapshot!(name, paint::text(&buffer));
    }
}

fn layers(home: &Path) -> Layers {
    Layers::new(Places {
        user_file: home.join(".config/alexnet-tui/config.toml"),
        data: home.join(".local/share/alexnet-tui"),
        runs: home.join(".local/share/alexnet-tui/runs"),
        state: home.join(".local/state/alexnet-tui"),
        home: home.to_owned(),
        working: home.join("class"),
    })
}

fn settings_of(mut state: State, loaded: Loaded) -> State {
    let mut told = State::new(loaded.config.clone());
    told.open_settings(loaded);
    state.config = told.config;
    state.settings = told.settings;
    after(state, &[Action::ShowConfig])
}

/// Ada has no file yet; she said two things on the command line.
pub fn ada(state: State) -> State {
    let mut layers = layers(Path::new("/home/ada"));
    layers.set.push("model.variant=tiny".into());
    layers.flags.push(Flag { name: "--batch-size", key: "training.batch_size", value: 64.into() });
    settings_of(state, layers.load().unwrap())
}

/// Sets a value as a person would, without a terminal.
fn set(state: &mut State, key: &str, typed: &str) {
    choose(state, key);
    update(state, Action::Confirm);
    for _ in 0..40 {
        press(state, KeyCode::Backspace);
    }
    typed.chars().for_each(|c| press(state, KeyCode::Char(c)));
    update(state, Action::Confirm);
}

fn press(state: &mut State, code: KeyCode) {
    state.type_text(crossterm::event::KeyEvent::new(code, crossterm::event::KeyModifiers::NONE));
}

fn choose(state: &mut State, key: &str) {
    state.settings.chosen = config::FIELDS.iter().position(|field| field.key == key).unwrap();
}

fn edited() -> State {
    let mut state = ada(story::idle());
    set(&mut state, "training.epochs", "25");
    set(&mut state, "training.learning_rate", "3e-4");
    state
}

fn clashing() -> State {
    let mut state = edited();
    let clash = |key: &str, ours: &str, theirs: Option<&str>| {
        let field = field(key).unwrap();
        Clash { field, ours: field.read(ours).unwrap(), theirs: theirs.map(|text| field.read(text).unwrap()) }
    };
    let clashes = vec![clash("training.epochs", "25", Some("30")), clash("training.learning_rate", "3e-4", None)];
    state.overlay = Some(Overlay::Clash(ClashState { clashes, selected: ClashChoice::Theirs }));
    state
}

#[test]
fn every_setting_with_its_value_and_its_origin() {
    picture("first", &ada(story::idle()));
    let mut state = edited();
    choose(&mut state, "training.weight_decay");
    picture("edited", &state);
}

#[test]
fn while_a_run_goes_on_it_tells_what_that_can_take_over() {
    let mut state = ada(story::training(3_930));
    state.settings.search = "decay".into();
    choose(&mut state, "training.epochs");
    picture("training", &state);
}

#[test]
fn editors_tell_what_is_wrong_while_one_types() {
    let mut state = ada(story::idle());
    set(&mut state, "model.dropout", "1.5");
    picture("fault", &state);
    let mut state = ada(story::idle());
    choose(&mut state, "training.optimizer");
    picture("choice", &after(state, &[Action::Confirm, Action::Right]));
}

#[test]
fn what_is_written_is_seen_first() {
    picture("diff", &after(edited(), &[Action::Write]));
    picture("clash", &clashing());
}

#[test]
fn in_chinese() {
    let mut state = ada(story::idle());
    set(&mut state, "model.dropout", "1.5");
    state.config.ui.language = Language::Zh;
    state.words = Words::in_language(Language::Zh);
    picture("fault_in_chinese", &state);
    let mut state = after(state, &[Action::Back]);
    set(&mut state, "training.epochs", "25");
    state.config.ui.language = Language::Zh;
    state.words = Words::in_language(Language::Zh);
    choose(&mut state, "training.seed");
    state.settings.told = None;
    picture("chinese", &state);
    state.overlay = clashing().overlay;
    picture("clash_in_chinese", &state);
}

#[test]
fn every_size_can_be_drawn() {
    let mut searching = after(edited(), &[Action::Search]);
    press(&mut searching, KeyCode::Char('b'));
    let mut typing = ada(story::idle());
    set(&mut typing, "paths.runs", "/a/very/long/path/that/goes/on/and/on/and/on/for/ever/and/ever/and/a/day");
    choose(&mut typing, "paths.runs");
    let typing = after(typing, &[Action::Confirm]);
    let no_file = after(story::opened(), &[Action::ShowConfig]);
    for state in [ada(story::training(5)), after(edited(), &[Action::Write]), clashing(), searching, typing, no_file] {
        for width in (1..250).step_by(7).chain([79, 80, 104, 105, 109, 165, 169]) {
            for height in (1..80).step_by(5).chain([23, 24, 25]) {
                paint::frame(&state, width, height);
            }
        }
    }
}

/// A person with a file of their own.
struct Home(TempDir);

const OWN: &str = "# my own\n[training]\nepochs = 4   # enough\nseed = 7\n\n[ui]\ntheme = \"dark\"\n";

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(home.file().parent().unwrap()).unwrap();
        home.write(OWN);
        home
    }

    fn file(&self) -> PathBuf {
        self.0.path().join(".config/alexnet-tui/config.toml")
    }

    fn write(&self, text: &str) {
        fs::write(self.file(), text).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn state(&self, state: State) -> State {
        settings_of(state, layers(self.0.path()).load().unwrap())
    }
}

/// Finds a setting by the search, and opens its editor.
async fn open(driver: &Driver, name: &str) {
    driver.type_text("/").await;
    driver.type_text(name).await;
    driver.press(KeyCode::Enter).await;
    driver.press(KeyCode::Enter).await;
}

async fn retype(driver: &Driver, name: &str, typed: &str) {
    open(driver, name).await;
    for _ in 0..12 {
        driver.press(KeyCode::Backspace).await;
    }
    driver.type_text(typed).await;
}

async fn configured(driver: &mut Driver) -> config::Config {
    match driver.granted().await {
        Command::Configure(config) => *config,
        other => panic!("{other:?}"),
    }
}

async fn leave(driver: &mut Driver) {
    driver.press_control('c').await;
    assert_eq!(driver.command().1, Command::Leave);
    driver.say(Event::Ended).await;
}

#[test]
fn a_bad_value_is_told_while_it_is_typed_and_never_taken() {
    let home = Home::new();
    run(home.state(story::idle()), async |mut driver| {
        driver.assert_shows("config.toml:3");
        retype(&driver, "training.epochs", "0").await;
        driver.assert_shows("✖ out of range: it must be a whole number from 1 to 100000");
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("✖ out of range");
        driver.type_text("x").await;
        driver.assert_shows("✖ this is not a whole number from 1 to 100000");
        // Nothing is a key while one types: not even q.
        driver.type_text("q").await;
        driver.assert_shows("= 0xq");
        driver.assert_nothing_sent();
        driver.press(KeyCode::Esc).await;
        driver.assert_hides("✖");
        driver.assert_nothing_sent();
        retype(&driver, "compute.device", "gpu").await;
        driver.assert_shows("did you mean cpu? It must be auto, cpu, cuda or cuda:N");
        driver.press(KeyCode::Esc).await;
        leave(&mut driver).await;
    });
    assert_eq!(home.text(), OWN);
}

#[test]
fn a_change_is_what_starts_is_undone_and_written_with_the_comments_kept() {
    let home = Home::new();
    let (_, state) = run(home.state(story::idle()), async |mut driver| {
        retype(&driver, "training.epochs", "12").await;
        driver.press(KeyCode::Enter).await;
        assert_eq!(configured(&mut driver).await.training.epochs, 12);
        driver.assert_shows("+ 1 not written");
        driver.assert_shows("✔ training.epochs = 12");
        driver.type_text("1").await;
        driver.assert_shows("12 epochs, batches of 32, seed 7");
        driver.type_text("6u").await;
        assert_eq!(configured(&mut driver).await.training.epochs, 4);
        driver.assert_shows("training.epochs is as it was");
        driver.assert_hides("not written\n");
        driver.type_text("u").await;
        driver.assert_nothing_sent();

        // The default, of a setting that is in the file and of a choice that is not.
        driver.type_text("r").await;
        assert_eq!(configured(&mut driver).await.training.epochs, 10);
        open(&driver, "training.optimizer").await;
        driver.press(KeyCode::End).await;
        driver.click("‹sgd›").await;
        let config = configured(&mut driver).await;
        assert_eq!(config.training.optimizer.to_string(), "SGD");
        driver.type_text("w").await;
        driver.assert_shows("- epochs = 4   # enough");
        driver.assert_shows("+ epochs = 10   # enough");
        driver.assert_shows("+ optimizer = \"sgd\"");
        assert_eq!(home.text(), OWN, "it was written before it was confirmed");
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("✔ 2 settings written");
        driver.assert_hides("+ 2 not written");
        driver.assert_shows("config.toml:5");
        driver.type_text("w").await;
        driver.assert_shows("▲ all of it is in the file already");

        // What was written is undone as well, and is to be written again.
        driver.type_text("uu").await;
        configured(&mut driver).await;
        assert_eq!(configured(&mut driver).await.training.epochs, 4);
        driver.assert_shows("+ 2 not written");
        leave(&mut driver).await;
    });
    let expected = OWN.replace("epochs = 4", "epochs = 10").replace("seed = 7\n", "seed = 7\noptimizer = \"sgd\"\n");
    assert_eq!(home.text(), expected);
    assert_eq!(state.settings.pending().len(), 2);
}

#[test]
fn what_others_change_meanwhile_is_kept_or_asked_about() {
    let home = Home::new();
    run(home.state(story::idle()), async |mut driver| {
        retype(&driver, "training.epochs", "12").await;
        driver.press(KeyCode::Enter).await;
        configured(&mut driver).await;
        home.write(&OWN.replace("seed = 7", "seed = 8"));
        driver.type_text("w").await;
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("changed in the file meanwhile, and kept: training.seed");
        assert_eq!(home.text(), OWN.replace("seed = 7", "seed = 8").replace("epochs = 4", "epochs = 12"));

        retype(&driver, "training.epochs", "13").await;
        driver.press(KeyCode::Enter).await;
        configured(&mut driver).await;
        let theirs = home.text().replace("epochs = 12", "epochs = 30");
        home.write(&theirs);
        driver.type_text("w").await;
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("changed meanwhile");
        driver.assert_shows("training.epochs   here 13   file 30");
        driver.press(KeyCode::Esc).await;
        assert_eq!(home.text(), theirs);
        // Theirs comes into force.
        driver.type_text("w").await;
        driver.press(KeyCode::Enter).await;
        driver.press(KeyCode::Down).await;
        driver.press(KeyCode::Enter).await;
        assert_eq!(configured(&mut driver).await.training.epochs, 30);
        assert_eq!(home.text(), theirs);
        driver.assert_hides("not written\n");
        // Ours, over theirs.
        retype(&driver, "training.epochs", "14").await;
        driver.press(KeyCode::Enter).await;
        configured(&mut driver).await;
        home.write(&theirs.replace("epochs = 30", "epochs = 31"));
        driver.type_text("w").await;
        driver.press(KeyCode::Enter).await;
        driver.press(KeyCode::Enter).await;
        assert_eq!(home.text(), theirs.replace("epochs = 30", "epochs = 14"));

        // A file that is broken, or may not be written, is named; nothing is lost.
        retype(&driver, "training.epochs", "15").await;
        driver.press(KeyCode::Enter).await;
        configured(&mut driver).await;
        driver.type_text("w").await;
        home.write("[training\n");
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("can't be edited, for what is in it is wrong");
        assert_eq!(home.text(), "[training\n");
        home.write(&theirs.replace("epochs = 30", "epochs = 14"));
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("✔ 1 setting written");
        assert_eq!(home.text(), theirs.replace("epochs = 30", "epochs = 15"));
        leave(&mut driver).await;
    });
}

#[test]
fn a_run_under_way_takes_over_what_it_can_and_the_charts_tell() {
    let home = Home::new();
    let (_, state) = run(home.state(story::training(3_930)), async |mut driver| {
        retype(&driver, "training.epochs", "20").await;
        driver.assert_shows("in the run under way too, from its next step on");
        driver.press(KeyCode::Enter).await;
        assert_eq!(configured(&mut driver).await.training.epochs, 20);
        assert_eq!(driver.granted().await, Command::Tune(Tuning::Epochs(20)));
        driver.say(Event::Tuned { step: 2_000, tuning: Tuning::Epochs(20) }).await;
        retype(&driver, "training.learning_rate", "5e-4").await;
        driver.press(KeyCode::Enter).await;
        configured(&mut driver).await;
        assert_eq!(driver.granted().await, Command::SetLearningRate(5e-4));
        driver.say(Event::LearningRate { step: 3_930, learning_rate: 5e-4 }).await;
        // By key it changes for this run alone, and the screen says so.
        driver.type_text("+").await;
        assert_eq!(driver.granted().await, Command::SetLearningRate(1e-3));
        driver.say(Event::LearningRate { step: 3_930, learning_rate: 1e-3 }).await;
        driver.assert_shows("this run: 0.001");
        driver.type_text("u").await;
        configured(&mut driver).await;
        assert_eq!(driver.granted().await, Command::SetLearningRate(1e-3));
        // What it can't take over waits for the next run.
        retype(&driver, "training.batch_size", "64").await;
        driver.assert_shows("takes effect from the next run on");
        driver.press(KeyCode::Enter).await;
        assert_eq!(configured(&mut driver).await.training.batch_size, 64);
        driver.assert_nothing_sent();
        driver.assert_shows("this run: 32");
        // One that the engine refuses is told.
        retype(&driver, "training.epochs", "1").await;
        driver.press(KeyCode::Enter).await;
        configured(&mut driver).await;
        let (id, command) = driver.command();
        assert_eq!(command, Command::Tune(Tuning::Epochs(1)));
        driver.say(Event::Acknowledged { id, outcome: Err("it is in epoch 3 already".into()) }).await;
        driver.assert_shows("▲ it is in epoch 3 already");
        driver.assert_shows("this run: 20");
        driver.type_text("1").await;
        driver.assert_shows("◇");
        driver.assert_shows("epoch  3/20");
        leave(&mut driver).await;
    });
    let settings = state.marks.iter().filter(|mark| mark.kind == MarkKind::Setting).count();
    assert_eq!((settings, state.phase), (1, Phase::Training));
}

#[test]
fn what_the_screen_looks_like_changes_at_once() {
    let home = Home::new();
    run(home.state(story::idle()), async |mut driver| {
        open(&driver, "ui.language").await;
        driver.press(KeyCode::End).await;
        driver.press(KeyCode::Enter).await;
        configured(&mut driver).await;
        driver.assert_shows("界面的语言");
        driver.assert_shows("○ 空闲");
        driver.type_text("u").await;
        configured(&mut driver).await;
        driver.assert_shows("what the screen speaks");
        driver.send(TerminalEvent::Paste("x".into())).await;
        driver.assert_nothing_sent();
        leave(&mut driver).await;
    });
}

#[test]
fn a_click_chooses_a_setting_and_another_edits_it() {
    let mut state = ada(story::idle());
    state.click(Click::Setting(3));
    assert_eq!(state.settings.field().unwrap().key, "data.limit_validation");
    state.click(Click::Setting(3));
    assert!(matches!(state.overlay, Some(Overlay::Edit(_))));
    // Whatever is clicked on meanwhile, the editor stays until it is left.
    state.click(Click::Setting(5));
    state.click(Click::Action(Action::ShowTrain));
    assert!(matches!(state.overlay, Some(Overlay::Edit(_))) && state.screen == Screen::Config);
    update(&mut state, Action::Back);
    assert_eq!((state.settings.chosen, state.screen), (3, Screen::Config));
    for (action, chosen) in
        [(Action::Top, 0), (Action::Up, 0), (Action::PageDown, 8), (Action::Bottom, config::FIELDS.len() - 1)]
    {
        update(&mut state, action);
        assert_eq!(state.settings.chosen, chosen, "{action:?}");
    }
    update(&mut state, Action::Down);
    assert_eq!(state.settings.chosen, config::FIELDS.len() - 1);
    assert!(DEFAULTS.contains("[ui]"));
}
