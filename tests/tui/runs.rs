//! The Runs screen: how it looks, and what it shows of which runs.

mod doing;

use crate::story::after;
use crate::{paint, story};
use alexnet_tui::config::{Config, Language, Variant};
use alexnet_tui::metrics::Best;
use alexnet_tui::session::{Event, RunRow, RunStanding, RunSteps, RunTest};
use alexnet_tui::tui::action::{Action, Click};
use alexnet_tui::tui::state::{RunColumn, RunFilter, RunsView, State};
use alexnet_tui::tui::words::Words;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The same state at three sizes.
fn picture(name: &str, state: &State) {
    for (width, height) in [(80, 24), (120, 36), (200, 55)] {
        let buffer = paint::frame(state, width, height);
        let name = format!("{name}_{width}x{height}");
        paint::keep(&format!("runs_{name}"), &buffer);
        insta::assert_snapshot!(name, paint::text(&buffer));
    }
}

pub fn folder(name: &str) -> PathBuf {
    PathBuf::from("/home/ada/.local/share/alexnet-tui/runs").join(name)
}

/// A run of the story: so many of its ten epochs are done, so many hours ago.
fn row(name: &str, standing: RunStanding, epochs: u32, hours: u64) -> RunRow {
    let epochs: Vec<_> = (1..=epochs).map(story::epoch).collect();
    let best = epochs.iter().rfind(|epoch| epoch.best).map(|best| Best {
        epoch: best.epoch,
        validation_accuracy: best.validation_accuracy,
        validation_loss: best.validation_loss,
    });
    RunRow {
        name: name.into(),
        folder: folder(name),
        standing,
        trouble: None,
        config: Some(Arc::new(story::config())),
        best,
        step: Some(epochs.len() as u64 * 1_500 + 7),
        test: None,
        best_checkpoint: best.map(|_| folder(name).join("checkpoints/best.safetensors")),
        seconds: epochs.len() as f64 * 352.4,
        bytes: 890_300_000 + hours * 7_000_000,
        changed: Some(story::clock(0) - Duration::from_secs(3_600 * hours)),
        epochs,
    }
}

fn with(row: RunRow, change: impl FnOnce(&mut Config)) -> RunRow {
    let mut config = row.config.as_deref().unwrap().clone();
    change(&mut config);
    RunRow { config: Some(Arc::new(config)), ..row }
}

/// One of each kind, the newest first.
pub fn rows() -> Vec<RunRow> {
    let test =
        RunTest { epoch: 10, step: 15_000, loss: 0.3012, accuracy: 0.8970, classes: story::evaluation().classes };
    let broken = RunRow {
        trouble: Some(format!(
            "{}/config.toml: could not read it: No such file or directory",
            folder("glad-hare").display()
        )),
        config: None,
        step: None,
        best_checkpoint: None,
        ..row("glad-hare", RunStanding::Broken, 0, 200)
    };
    let other = RunRow {
        trouble: Some(format!(
            "{}/config.toml:12: there is no setting training.warm_up; is training.weight_decay meant?",
            folder("fond-dove").display()
        )),
        config: None,
        ..row("fond-dove", RunStanding::OtherVersion, 3, 190)
    };
    vec![
        with(row("calm-owl", RunStanding::Running, 2, 0), |config| config.training.seed = 3),
        row("brave-fox", RunStanding::Left, 2, 2),
        RunRow { test: Some(test), ..row("eager-elk", RunStanding::Finished, 10, 26) },
        with(row("keen-jay", RunStanding::Stopped, 4, 30), |config| {
            config.training.learning_rate = 3e-3;
            config.training.batch_size = 128;
            config.data.limit_train = 12_000;
        }),
        with(row("hardy-ibis", RunStanding::Failed, 1, 50), |config| config.training.learning_rate = 0.1),
        with(row("mellow-otter-2", RunStanding::Killed, 7, 75), |config| config.model.variant = Variant::Torchvision),
        other,
        broken,
    ]
}

/// The Runs screen with these runs.
fn looking_at(state: State, rows: Vec<RunRow>) -> State {
    let mut state = after(state, &[Action::ShowRuns]);
    state.on_event(Event::Runs(rows));
    state
}

pub fn steps(name: &str, count: u64) -> RunSteps {
    RunSteps { folder: folder(name), steps: (1..=count).map(story::step).collect() }
}

/// So far down the table, and what is read of the run there.
fn chosen(mut state: State, name: &str, count: u64) -> State {
    let place = state.runs_shown().iter().position(|row| row.name == name).unwrap();
    state = after(state, &vec![Action::Down; place]);
    state.on_event(Event::RunRead(steps(name, count)));
    state
}

fn in_chinese(mut state: State) -> State {
    state.words = Words::in_language(Language::Zh);
    state
}

fn names(state: &State) -> Vec<&str> {
    state.runs_shown().iter().map(|row| row.name.as_str()).collect()
}

#[test]
fn before_they_are_read_and_without_any() {
    picture("reading", &after(story::idle(), &[Action::ShowRuns]));
    picture("none", &looking_at(story::idle(), Vec::new()));
}

#[test]
fn one_run() {
    let state = looking_at(story::idle(), vec![row("brave-fox", RunStanding::Left, 2, 2)]);
    picture("one", &chosen(state, "brave-fox", 3_930));
}

#[test]
fn runs_in_every_state() {
    picture("states", &chosen(looking_at(story::idle(), rows()), "keen-jay", 6_000));
    picture("trouble", &chosen(looking_at(story::idle(), rows()), "fond-dove", 4_500));
}

#[test]
fn many_runs_ordered_by_the_best_while_one_is_trained() {
    let mut many = rows();
    many.extend((0..120).map(|number: u32| {
        row(&format!("swift-lark-{number}"), RunStanding::Finished, 1 + number % 10, 300 + u64::from(number))
    }));
    let mut state = looking_at(story::training(3_930), many);
    state.click(Click::RunColumn(RunColumn::Best as usize));
    picture("many", &chosen(state, "swift-lark-7", 12_000));
}

#[test]
fn one_opened() {
    picture("opened", &after(chosen(looking_at(story::idle(), rows()), "eager-elk", 15_000), &[Action::Confirm]));
    picture("opened_broken", &after(chosen(looking_at(story::idle(), rows()), "glad-hare", 0), &[Action::Confirm]));
}

#[test]
fn two_compared() {
    let state = after(looking_at(story::idle(), rows()), &[Action::Down, Action::Down, Action::Mark, Action::Down]);
    picture("marked", &state);
    let mut state = after(state, &[Action::Mark]);
    picture("compared_unread", &state);
    for (name, count) in [("eager-elk", 15_000), ("keen-jay", 6_000)] {
        state.on_event(Event::RunRead(steps(name, count)));
    }
    picture("compared", &state);
}

#[test]
fn asked_twice() {
    let asked = after(chosen(looking_at(story::idle(), rows()), "keen-jay", 0), &[Action::DeleteRun]);
    picture("asked", &asked);
    picture("asked_again", &after(asked, &[Action::Confirm]));
}

#[test]
fn in_chinese_it_is_as_wide() {
    let mut all = rows();
    all.insert(1, row("服装-第二次", RunStanding::Finished, 7, 1));
    let state = in_chinese(chosen(looking_at(story::idle(), all), "服装-第二次", 10_500));
    picture("chinese", &state);
    picture("chinese_opened", &after(state, &[Action::Confirm]));
}

#[test]
fn every_size_can_be_drawn() {
    let two = after(looking_at(story::idle(), rows()), &[Action::Mark, Action::Bottom, Action::Mark]);
    let states = [
        after(story::opened(), &[Action::ShowRuns, Action::Confirm, Action::Mark, Action::Filter, Action::Order]),
        looking_at(story::idle(), Vec::new()),
        chosen(looking_at(story::training(930), rows()), "keen-jay", 6_000),
        after(chosen(looking_at(story::idle(), rows()), "eager-elk", 15_000), &[Action::Confirm]),
        after(looking_at(story::idle(), rows()), &[Action::Bottom, Action::Confirm]),
        after(looking_at(story::idle(), rows()), &[Action::Search]),
        two,
    ];
    assert_eq!(states[6].runs.view, RunsView::Compared);
    for state in states.iter().cloned().flat_map(|state| [state.clone(), in_chinese(state)]) {
        for width in (1..250).step_by(7).chain([79, 80, 109, 110, 111, 112, 126, 164, 180]) {
            for height in (1..80).step_by(5).chain([23, 24, 25, 29, 30]) {
                paint::frame(&state, width, height);
            }
        }
    }
}

#[test]
fn the_table_is_ordered_and_filtered_and_the_chosen_run_stays() {
    let mut state = after(looking_at(story::idle(), rows()), &[Action::Down]);
    assert_eq!(names(&state)[..3], ["calm-owl", "brave-fox", "eager-elk"]);
    for &(column, first) in &[
        (RunColumn::Name, "brave-fox"),
        (RunColumn::Best, "eager-elk"),
        (RunColumn::Test, "eager-elk"),
        (RunColumn::Epochs, "eager-elk"),
        (RunColumn::Size, "glad-hare"),
    ] {
        state.click(Click::RunColumn(column as usize));
        assert_eq!((names(&state)[0], state.runs.reversed), (first, false), "{column:?}");
        assert_eq!(state.chosen_run().unwrap().name, "brave-fox");
    }
    // Reversed, what has no such number still comes last.
    state = after(state, &[Action::Order]);
    state.click(Click::RunColumn(RunColumn::Test as usize));
    state = after(state, &[Action::ReverseOrder]);
    assert_eq!(names(&state)[0], "eager-elk");
    let mut seen = Vec::new();
    for _ in 0..6 {
        state = after(state, &[Action::Filter]);
        seen.push((state.runs.filter, state.runs_shown().len()));
    }
    assert_eq!(
        seen,
        [
            (RunFilter::Finished, 1),
            (RunFilter::Unfinished, 4),
            (RunFilter::Running, 1),
            (RunFilter::Failed, 1),
            (RunFilter::Unreadable, 2),
            (RunFilter::All, 8)
        ]
    );
}

#[test]
fn the_run_that_is_open_here_is_told_from_those_of_others() {
    let state = looking_at(story::training(3_930), rows());
    let own = state.runs_shown()[1];
    assert!(state.is_open(own));
    assert_eq!(state.standing(own), RunStanding::Running);
    assert_eq!(state.curves_of(own).unwrap().loss.len(), 3_930);
    assert_eq!(state.standing(state.runs_shown()[0]), RunStanding::Running);
    let text = paint::text(&paint::frame(&state, 120, 36));
    assert!(text.contains("● training") && text.contains("● in use"), "{text}");
}
