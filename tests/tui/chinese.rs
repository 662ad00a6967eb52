//! The screens in Chinese, whose characters are two cells wide, and in ASCII.

use crate::gallery::{self, answered, going_to, trained};
use crate::story::after;
use crate::{paint, samples, story};
use alexnet_tui::config::{self, Language};
use alexnet_tui::metrics::Split;
use alexnet_tui::session::{Command, CommandId, Event, Level, Live, Phase, Snapshot, Task, TaskProgress};
use alexnet_tui::tui::action::{Action, Click};
use alexnet_tui::tui::charset::Charset;
use alexnet_tui::tui::draw;
use alexnet_tui::tui::state::{LayerColumn, State};
use alexnet_tui::tui::theme::{Depth, Theme};
use alexnet_tui::tui::words::Words;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

pub fn chinese(mut state: State) -> State {
    state.config.ui.language = Language::Zh;
    state.words = Words::in_language(Language::Zh);
    state
}

/// The frame is whole: its right edge stands in one column.
fn picture(name: &str, state: State) {
    let state = chinese(state);
    for (width, height) in [(80, 24), (120, 36)] {
        let buffer = paint::frame(&state, width, height);
        let name = format!("{name}_{width}x{height}");
        paint::keep(&format!("zh_{name}"), &buffer);
        for y in 0..height {
            let edge = buffer[(width - 1, y)].symbol();
            assert!("╮│╯┤".contains(edge), "the frame of {name} has a gap in line {y}: {edge:?}");
        }
        insta::assert_snapshot!(name, paint::text(&buffer));
    }
}

fn busy(state: State, task: Task, done: u64, total: u64) -> State {
    let mut state = state;
    let task = Some(TaskProgress { task, done, total });
    let snapshot = Snapshot { task, ..state.snapshot.clone() };
    state.on_live(Live { steps: Vec::new(), samples: Vec::new(), snapshot });
    state
}

#[test]
fn before_a_run() {
    picture("loading", story::opened());
    picture("idle", story::idle());
    picture("download", busy(story::idle_with_sample(), Task::Download, 13_200_000, 30_878_645));
    picture("sample", story::idle_with_sample());
    let mut state = story::idle();
    state.on_event(Event::Offered(story::offer()));
    picture("offered", state);
}

#[test]
fn a_run() {
    picture("begun", story::training(0));
    picture("training", story::training(3_930));
    picture("validating", busy(story::training(3_000), Task::Validation, 7_440, 12_000));
    let mut pausing = story::training(3_930);
    pausing.sent(CommandId(1), Command::Pause);
    picture("pausing", pausing);
    picture("paused", after(story::paused(3_930), &[Action::Up, Action::Up, Action::LogScale]));
    picture("finished", story::finished());
    picture("failed", story::failed(2_399));
    let mut state = story::training(1_600);
    state.on_event(Event::LearningRate { step: 1_600, learning_rate: 5e-4 });
    state.on_event(Event::CheckpointFailed { message: "could not write checkpoints/last.safetensors".into() });
    picture("not_saved", state);
}

#[test]
fn over_the_screens() {
    let state = chinese(story::training(3_930));
    for (name, screen) in [
        ("train", Action::ShowTrain),
        ("layers", Action::ShowLayers),
        ("confusion", Action::ShowConfusion),
        ("pictures", Action::ShowPictures),
        ("log", Action::ShowLog),
    ] {
        picture(&format!("help_{name}"), after(state.clone(), &[screen, Action::Help]));
    }
    let mut typed = after(state.clone(), &[Action::Palette]);
    picture("palette", typed.clone());
    typed.paste("学习");
    picture("palette_typed", typed);
    picture("leave", after(state.clone(), &[Action::Quit]));
    picture("stop", after(state, &[Action::StartOrStop]));
    let mut texts = String::new();
    for (width, height) in [(79, 24), (30, 6), (7, 3)] {
        texts += &paint::text(&paint::frame(&chinese(story::training(100)), width, height));
        texts += "======\n";
    }
    insta::assert_snapshot!("small", texts);
}

#[test]
fn the_matrix() {
    picture("confusion_empty", after(story::training(60), &[Action::ShowConfusion]));
    let mut state = after(story::validated(), &[Action::ShowConfusion]);
    state.confusion.cell = (6, 0);
    picture("confusion", state.clone());
    picture("confusion_older", after(state, &[Action::EpochBefore]));
    picture("confusion_evaluated", after(story::evaluated(), &[Action::ShowConfusion, Action::Percent]));
}

#[test]
fn the_log() {
    picture("log_empty", after(story::opened(), &[Action::ShowLog]));
    let mut state = chinese(after(story::training(3_930), &[Action::ShowLog]));
    state.on_event(story::log(2_300, Level::Warn, "could not write checkpoints/.last.safetensors"));
    let state = after(state, &[Action::Step, Action::Search]);
    picture("log_search", state.clone());
    let mut state = state;
    state.paste("单步");
    picture("log_searched", after(state, &[Action::Confirm]));
}

#[test]
fn the_layers() {
    let place = |state: &State, layer: &str| state.net().unwrap().layers.iter().position(|row| row.name == layer);
    let at = |state: State, layer: &str| {
        let mut state = after(state, &[Action::ShowLayers]);
        state.layers.chosen = place(&state, layer).unwrap();
        state
    };
    let training = || samples::sampled(story::training(3_930));
    picture("layers_unread", after(story::opened(), &[Action::ShowLayers]));
    picture("layers_idle", at(story::idle(), "conv1"));
    let mut ordered = at(training(), "conv2");
    ordered.click(Click::LayerColumn(LayerColumn::Backward as usize));
    picture("layers_training", ordered);
    for layer in ["conv2", "relu6", "fc3", "pool1", "flatten", "dropout1"] {
        picture(&format!("layers_{layer}"), after(at(training(), layer), &[Action::Confirm]));
    }
    picture("layers_troubled", at(samples::troubled(), "relu6"));
    picture("layers_troubled_opened", after(at(samples::troubled(), "fc3"), &[Action::Confirm]));
}

#[test]
fn the_pictures() {
    picture("gallery_unread", after(story::opened(), &[Action::ShowPictures]));
    picture("gallery_idle", gallery::idle());
    let state = answered(gallery::training(1_600), (9, 6));
    picture("gallery_training", trained(state, 1_601..=1_780));
    let mut state = chinese(gallery::training(1_600));
    state.on_event(Event::Evaluated(gallery::pass(Split::Test)));
    let state = trained(state, 1_601..=2_020);
    picture("gallery_evaluated", state.clone());
    let list = after(state, &[Action::Filter, Action::Down]);
    picture("gallery_choice", list.clone());
    let wrong = after(list, &[Action::Confirm, Action::Order, Action::Right]);
    picture("gallery_wrong", wrong.clone());
    picture("gallery_not_among", going_to(wrong, "0"));
    let mut state = gallery::training(1_600);
    state.on_event(Event::Evaluated(gallery::pass(Split::Validation)));
    state.open_cell(Split::Validation, 1, 9);
    picture("gallery_nothing", state);
    let mut state = after(gallery::training(1_600), &[Action::OtherSplit, Action::Order]);
    state.on_event(Event::Phase(Phase::Evaluating));
    picture("gallery_waiting", busy(state, Task::Evaluation(Split::Validation), 512, 1_200));
    let mut state = answered(after(gallery::training(1_600), &[Action::EvaluateShown]), (9, 6));
    state.on_event(Event::Phase(Phase::Evaluating));
    picture("gallery_evaluating", busy(state, Task::Evaluation(Split::Test), 640, 1_000));
    picture("gallery_number", after(gallery::training(1_600), &[Action::Search]));
}

/// A frame as it was drawn, hidden cells and all.
fn drawn(state: &State) -> Buffer {
    let mut buffer = Buffer::default();
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let theme = Theme::new(config::Theme::Dark, Depth::True);
    terminal
        .draw(|frame| {
            draw::draw(state, &theme, frame);
            buffer = frame.buffer_mut().clone();
        })
        .unwrap();
    buffer
}

#[test]
fn where_a_wide_character_was_both_its_cells_are_written_anew() {
    let (before, after) = (drawn(&chinese(story::idle())), drawn(&chinese(story::training(60))));
    let changes = before.diff(&after);
    let is_written = |x, y| changes.iter().any(|&(column, row, _)| (column, row) == (x, y));
    let wide = |buffer: &Buffer, x, y| UnicodeWidthStr::width(buffer[(x, y)].symbol()) == 2;
    let mut gone = 0;
    for (x, y) in (0..24).flat_map(|y| (0..79).map(move |x| (x, y))) {
        let is_gone = (x.max(1) - 1..=x + 1).all(|x| !wide(&after, x, y));
        if wide(&before, x, y) && is_gone {
            assert!(is_written(x, y) && is_written(x + 1, y), "at {x}, {y}");
            gone += 1;
        }
    }
    assert!(gone > 20, "{gone}");
}

#[test]
fn every_size_can_be_drawn() {
    let states = [
        story::idle_with_sample(),
        story::finished(),
        after(story::failed(2_000), &[Action::Help]),
        after(story::training(10), &[Action::Palette]),
        after(story::training(10), &[Action::Quit]),
        after(story::evaluated(), &[Action::ShowConfusion]),
        after(samples::troubled(), &[Action::ShowLayers]),
        after(samples::troubled(), &[Action::ShowLayers, Action::Confirm]),
        gallery::idle(),
    ];
    for state in states.map(chinese) {
        for width in (1..250).step_by(7).chain([79, 80, 109, 110, 111]) {
            for height in (1..80).step_by(9).chain([23, 24, 25, 29, 30]) {
                let _ = paint::text(&paint::frame(&state, width, height));
            }
        }
    }
}

#[test]
fn in_ascii_nothing_else_is_on_the_screen() {
    let mut pictures = gallery::training(1_600);
    pictures.on_event(Event::Evaluated(gallery::pass(Split::Test)));
    let mut states = [
        ("train", story::finished()),
        ("sample", story::idle_with_sample()),
        ("confusion", after(story::validated(), &[Action::ShowConfusion])),
        ("layers", after(samples::sampled(story::training(3_930)), &[Action::ShowLayers])),
        ("layer", after(samples::sampled(story::training(3_930)), &[Action::ShowLayers, Action::Confirm])),
        ("pictures", pictures),
        ("help", after(story::paused(100), &[Action::Help])),
    ];
    for choice in paint::THEMES {
        for depth in [Depth::Plain, Depth::Indexed, Depth::True] {
            for (name, state) in &mut states {
                state.keys.ascii = true;
                let theme = Theme::new(choice, depth).written_in(Charset::Ascii);
                let buffer = paint::frame_in(state, &theme, 120, 36);
                let text = paint::text(&buffer);
                assert!(text.is_ascii(), "{choice} {depth:?}:\n{text}");
                if choice == config::Theme::Dark && depth == Depth::True {
                    paint::keep(&format!("ascii_{name}_120x36"), &buffer);
                    insta::assert_snapshot!(format!("ascii_{name}_120x36"), text);
                    let text = paint::text(&paint::frame_in(state, &theme, 80, 24));
                    insta::assert_snapshot!(format!("ascii_{name}_80x24"), text);
                }
            }
        }
    }
}
