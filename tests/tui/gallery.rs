//! The Pictures screen: what it looks like.

use crate::story::after;
use crate::{paint, story};
use alexnet_tui::config;
use alexnet_tui::metrics::{ConfusionMatrix, Evaluation, Predictions, Split};
use alexnet_tui::session::{Command, DataSummary, Event, Gallery, Live, Phase, Snapshot, Task, TaskProgress};
use alexnet_tui::tui::action::Action;
use alexnet_tui::tui::state::{Effect, Grid, State};
use alexnet_tui::tui::theme::{Depth, Theme};

const NAMES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// What each class is taken for most easily.
const LIKE: [usize; 10] = [6, 3, 4, 0, 2, 7, 0, 9, 2, 7];

/// A number of the picture's own between 0 and 1, always the same.
fn own(index: u32, salt: u32) -> f32 {
    let mixed = (index + 1).wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503)) ^ 0x9e37_79b9;
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x85eb_ca6b);
    (mixed ^ (mixed >> 13)) as f32 / u32::MAX as f32
}

/// What a net that has learned a little says: mostly right, less so of shirts, some of it quite sure and wrong.
pub fn said(gallery: &Gallery, split: Split, indices: &[u32]) -> Predictions {
    let labels: Vec<u8> = indices.iter().map(|&index| gallery.label(split, index).unwrap()).collect();
    let mut probabilities = Vec::new();
    for (&index, &label) in indices.iter().zip(&labels) {
        let truth = usize::from(label);
        let doubt = own(index, 1).powi(2) * if truth == 6 { 1.4 } else { 0.9 };
        let mut row: Vec<f32> = (0..10).map(|class| 0.02 * doubt * own(index, class + 2)).collect();
        row[LIKE[truth]] += doubt;
        row[truth] += (1.0 - doubt).max(0.03);
        let sum: f32 = row.iter().sum();
        probabilities.extend(row.iter().map(|p| p / sum));
    }
    Predictions { classes: 10, indices: indices.to_vec(), labels, probabilities }
}

pub fn gallery() -> Gallery {
    story::plan().gallery
}

/// Of every picture of a split.
pub fn pass(split: Split) -> Evaluation {
    let gallery = gallery();
    let predictions = said(&gallery, split, gallery.indices(split));
    let mut confusion = ConfusionMatrix::new(10);
    for row in 0..predictions.len() {
        confusion.add(predictions.labels[row].into(), predictions.predicted(row));
    }
    Evaluation { split, loss: 0.4, confusion, classes: Vec::new(), predictions, seconds: 2.0 }
}

fn with_names(mut state: State, data: DataSummary) -> State {
    let class_names = NAMES.map(String::from).to_vec();
    state.on_event(Event::DataReady(DataSummary { class_names, ..data }));
    state
}

/// The screen before a run.
pub fn idle() -> State {
    after(with_names(story::idle(), story::sample_data()), &[Action::ShowPictures])
}

/// The screen in a run.
pub fn training(steps: u64) -> State {
    after(with_names(story::training(steps), story::full_data()), &[Action::ShowPictures])
}

/// Types a number and goes there.
pub fn going_to(state: State, index: &str) -> State {
    let mut state = after(state, &[Action::Search]);
    state.paste(index);
    after(state, &[Action::Confirm])
}

/// The engine answers what a frame of this grid asks for.
pub fn answered(mut state: State, (columns, rows): (usize, usize)) -> State {
    for effect in state.drawn(Some(Grid { columns, rows })) {
        if let Effect::Send(Command::Predict { split, indices }) = effect {
            let predictions = said(&gallery(), split, &indices);
            let step = state.steps_done();
            state.on_event(Event::Predicted { split, step, predictions });
        }
    }
    state
}

/// So many steps more.
pub fn trained(mut state: State, steps: std::ops::RangeInclusive<u64>) -> State {
    let last = *steps.end();
    let steps = steps.map(story::step).collect();
    state.on_live(Live { steps, samples: Vec::new(), snapshot: story::snapshot(last) });
    state
}

fn evaluating(mut state: State, split: Split, done: u64, total: u64) -> State {
    state.on_event(Event::Phase(Phase::Evaluating));
    let task = Some(TaskProgress { task: Task::Evaluation(split), done, total });
    let snapshot = Snapshot { task, ..state.snapshot.clone() };
    state.on_live(Live { steps: Vec::new(), samples: Vec::new(), snapshot });
    state
}

/// The first wrong picture of the test that is a shirt.
fn a_wrong_one(split: Split) -> u32 {
    let pass = pass(split).predictions;
    let row = (0..pass.len()).find(|&row| pass.labels[row] == 6 && pass.predicted(row) != 6).unwrap();
    pass.indices[row]
}

fn picture(name: &str, state: &State) {
    for (width, height) in [(80, 24), (120, 36), (200, 55)] {
        let buffer = paint::frame(state, width, height);
        let name = format!("{name}_{width}x{height}");
        paint::keep(&name, &buffer);
        insta::assert_snapshot!(name, paint::text(&buffer));
    }
}

#[test]
fn before_a_run() {
    picture("gallery_idle", &after(idle(), &[Action::Right, Action::Right]));
    picture("gallery_unread", &after(story::opened(), &[Action::ShowPictures]));
}

#[test]
fn while_training() {
    let index = a_wrong_one(Split::Test).to_string();
    let state = answered(going_to(training(1_600), &index), (9, 6));
    let state = trained(state, 1_601..=1_780);
    picture("gallery_training", &state);
    picture("gallery_sample", &with_names(state, story::sample_data()));
    // Those just come into sight are asked about.
    let state = after(answered(training(1_600), (5, 1)), &[Action::PageDown]);
    picture("gallery_asked", &state);
}

#[test]
fn while_paused() {
    let mut state = training(1_600);
    state.on_event(Event::Phase(Phase::Paused));
    picture("gallery_paused", &answered(state, (9, 6)));
}

#[test]
fn after_an_evaluation_and_what_is_wrong_in_it() {
    let mut state = training(1_600);
    state.on_event(Event::Evaluated(pass(Split::Test)));
    let state = trained(state, 1_601..=2_020);
    picture("gallery_evaluated", &state);
    let list = after(state, &[Action::Filter]);
    picture("gallery_choice", &after(list.clone(), &[Action::Down]));
    let wrong = after(list, &[Action::Down, Action::Confirm]);
    picture("gallery_wrong", &after(wrong.clone(), &[Action::Order, Action::Right]));
    let nowhere = going_to(wrong, "0");
    picture("gallery_not_among", &nowhere);
}

#[test]
fn a_cell_of_the_matrix_and_its_pictures() {
    let mut state = training(1_600);
    state.on_event(Event::Evaluated(pass(Split::Validation)));
    state.open_cell(Split::Validation, 0, 6);
    picture("gallery_cell", &after(state.clone(), &[Action::Order, Action::Order]));
    state.open_cell(Split::Validation, 1, 9);
    picture("gallery_nothing", &state);
}

#[test]
fn while_everything_is_evaluated() {
    let state = after(training(1_600), &[Action::OtherSplit, Action::Order]);
    picture("gallery_waiting", &evaluating(state, Split::Validation, 512, 1_200));
    let state = after(training(1_600), &[Action::EvaluateShown]);
    picture("gallery_evaluating", &evaluating(answered(state, (9, 6)), Split::Test, 640, 1_000));
}

#[test]
fn while_a_number_is_typed() {
    let state = after(training(1_600), &[Action::Search]);
    picture("gallery_number", &state);
}

#[test]
fn in_every_theme_and_without_colours() {
    let index = a_wrong_one(Split::Test).to_string();
    let state = answered(going_to(training(1_600), &index), (9, 6));
    for choice in [config::Theme::Dark, config::Theme::Light, config::Theme::Ansi] {
        for depth in [Depth::Plain, Depth::Indexed, Depth::True] {
            let buffer = paint::frame_in(&state, &Theme::new(choice, depth), 120, 36);
            paint::keep(&format!("gallery-{choice}-{depth:?}_120x36"), &buffer);
            if depth == Depth::Plain && choice == config::Theme::Dark {
                insta::assert_snapshot!("gallery_without_colours_120x36", paint::text(&buffer));
            }
        }
    }
    paint::keep("gallery-help_120x36", &paint::frame(&after(state, &[Action::Help]), 120, 36));
}

#[test]
fn every_size_can_be_drawn() {
    let mut state = training(1_600);
    state.on_event(Event::Evaluated(pass(Split::Test)));
    let states = vec![
        after(story::opened(), &[Action::ShowPictures]),
        idle(),
        after(state.clone(), &[Action::Bottom]),
        after(state.clone(), &[Action::Filter]),
        after(state, &[Action::Search]),
        after(training(1_600), &[Action::OtherSplit, Action::Order]),
    ];
    for state in &states {
        for width in (1..250).step_by(7).chain([79, 80, 109, 110, 111]) {
            for height in (1..80).step_by(5).chain([23, 24, 25, 29, 30, 36]) {
                paint::frame(state, width, height);
            }
        }
    }
}

#[test]
fn the_last_page_of_ten_thousand_is_there_at_once() {
    let data = alexnet_tui::data::sample().unwrap();
    let many: Vec<u32> = (0..10_000).map(|index| index % 6_000).collect();
    let mut state = training(0);
    state.on_event(Event::Planned(alexnet_tui::session::RunPlan {
        gallery: Gallery::new(&data, many, vec![0]),
        ..story::plan()
    }));
    let state = after(state, &[Action::OtherSplit, Action::OtherSplit, Action::Bottom]);
    let text = paint::text(&paint::frame(&state, 200, 55));
    assert!(text.contains("10,000 of 10,000"), "{text}");
}
