//! What each state looks like, at the sizes people have.

use crate::story::after;
use crate::{paint, story};
use alexnet_tui::config;
use alexnet_tui::metrics::Split;
use alexnet_tui::session::{Command, CommandId, DataSummary, Event, Level, Live, Phase, Snapshot, Task, TaskProgress};
use alexnet_tui::tui::action::Action;
use alexnet_tui::tui::state::State;
use alexnet_tui::tui::theme::{Depth, Theme};

/// The same state at the three sizes that count, and kept in colour for whoever asks.
fn picture(name: &str, state: &State) {
    for (width, height) in [(80, 24), (120, 36), (200, 55)] {
        let buffer = paint::frame(state, width, height);
        let name = format!("{name}_{width}x{height}");
        paint::keep(&name, &buffer);
        insta::assert_snapshot!(name, paint::text(&buffer));
    }
}

#[test]
fn before_the_pictures_are_read() {
    picture("loading", &story::opened());
}

#[test]
fn idle_tells_what_will_happen_and_which_key_starts_it() {
    picture("idle", &story::idle());
}

#[test]
fn the_sample_says_that_it_is_one() {
    picture("sample", &story::idle_with_sample());
}

#[test]
fn a_run_that_did_not_end_is_offered() {
    let mut state = story::idle();
    state.on_event(Event::Offered(story::offer()));
    picture("offered", &state);
}

#[test]
fn a_download_shows_how_far_it_is() {
    let mut state = story::idle_with_sample();
    let task = Some(TaskProgress { task: Task::Download, done: 13_200_000, total: 30_878_645 });
    state.on_live(Live {
        steps: Vec::new(),
        samples: Vec::new(),
        snapshot: Snapshot { task, ..state.snapshot.clone() },
    });
    picture("download", &state);
}

#[test]
fn a_run_before_its_first_step() {
    picture("begun", &story::training(0));
}

#[test]
fn a_run_in_its_first_steps() {
    picture("first_steps", &story::training(60));
}

#[test]
fn training_in_the_third_epoch() {
    picture("training", &story::training(3_930));
}

#[test]
fn validating() {
    let mut state = story::training(3_000);
    let task = Some(TaskProgress { task: Task::Validation, done: 7_440, total: 12_000 });
    state.on_live(Live {
        steps: Vec::new(),
        samples: Vec::new(),
        snapshot: Snapshot { task, ..story::snapshot(3_000) },
    });
    picture("validating", &state);
}

#[test]
fn paused() {
    picture("paused", &story::paused(3_930));
}

#[test]
fn evaluating() {
    picture("evaluating", &story::evaluating(3_930));
}

#[test]
fn finished() {
    picture("finished", &story::finished());
}

#[test]
fn failed() {
    picture("failed", &story::failed(2_399));
}

#[test]
fn what_could_not_be_saved_and_other_data_are_said() {
    let mut state = story::training(1_600);
    let message =
        "could not write checkpoints/.last.safetensors: no space left on the device; make room, then save (c)";
    state.on_event(Event::CheckpointFailed { message: message.into() });
    picture("not_saved", &state);
    let mut state = story::idle();
    let note = "not Fashion-MNIST: a sound set in the same format, whose classes are called 0 to 9".to_owned();
    state.on_event(Event::DataReady(DataSummary { note: Some(note), ..story::full_data() }));
    picture("other_data", &state);
}

#[test]
fn one_spike_among_half_a_million_steps_is_on_the_chart() {
    let mut state = story::training(0);
    let mut steps: Vec<_> = (1..=500_000).map(story::step).collect();
    steps[333_332].loss = 99.0;
    state.on_live(Live { steps, samples: Vec::new(), snapshot: story::snapshot(15_000) });
    let text = paint::text(&paint::frame(&state, 200, 55));
    // Its row stands at 99 of 100, and no other step comes near.
    let top = text.lines().find_map(|line| line.split_once(" 100 ┤")).unwrap().1;
    let marks = top.split(['⠤', '│']).next().unwrap().chars().filter(|sign| ('\u{2801}'..='\u{28ff}').contains(sign));
    assert_eq!(marks.count(), 1, "{top}");
}

#[test]
fn help() {
    picture("help", &after(story::training(3_930), &[Action::Help]));
}

#[test]
fn palette() {
    let mut state = after(story::training(3_930), &[Action::Palette]);
    state.paste("rate");
    picture("palette", &state);
}

#[test]
fn the_matrix_before_and_after_an_epoch_and_after_a_test() {
    picture("confusion_empty", &after(story::training(60), &[Action::ShowConfusion]));
    let mut state = after(story::validated(), &[Action::ShowConfusion]);
    state.confusion.cell = (6, 0);
    picture("confusion", &state);
    picture("confusion_older", &after(state.clone(), &[Action::EpochBefore]));
    state.on_event(Event::Evaluated(story::pass(Split::Test, 1)));
    picture("confusion_test_percent", &after(state, &[Action::Percent]));
}

#[test]
fn the_screens_idle_paused_and_after_an_evaluation() {
    picture("evaluated", &story::evaluated());
    for (name, show) in [("confusion", Action::ShowConfusion), ("log", Action::ShowLog)] {
        picture(&format!("{name}_idle"), &after(story::idle(), &[show]));
        picture(&format!("{name}_paused"), &after(story::paused(3_930), &[show]));
        picture(&format!("{name}_evaluated"), &after(story::evaluated(), &[show]));
    }
}

#[test]
fn tabs_state_and_what_was_asked_never_overlap() {
    let commands = [
        Command::Start,
        Command::Pause,
        Command::Resume,
        Command::Step,
        Command::Stop,
        Command::Save,
        Command::Evaluate { split: Split::Test, checkpoint: None },
        Command::Cancel,
        Command::SetLearningRate(1e-3),
        Command::FetchData,
        Command::Leave,
    ];
    let mut validating = story::training(10);
    let task = Some(TaskProgress { task: Task::Validation, done: 10, total: 100 });
    validating.on_live(Live { snapshot: Snapshot { task, ..story::snapshot(10) }, ..Live::default() });
    for state in [story::idle(), story::opened(), validating, story::evaluating(10), story::finished()] {
        for command in &commands {
            let mut state = state.clone();
            state.sent(CommandId(1), command.clone());
            for width in [80, 95, 96, 120] {
                let text = paint::text(&paint::frame(&state, width, 24));
                let edge = text.lines().next().unwrap();
                let status = format!(" {} {} ─╮", state.status().symbol, state.status().word);
                let asked = format!(" {} ─", state.asked().unwrap());
                assert!(
                    edge.ends_with(&status)
                        && edge.contains(&asked)
                        && edge.contains(" 1 Train ")
                        && edge.contains(" 8 "),
                    "{edge}"
                );
            }
        }
    }
}

#[test]
fn what_matters_is_said_above_every_screen() {
    for screen in [Action::ShowConfusion, Action::ShowLog] {
        let mut state = after(story::validated(), &[screen]);
        let message =
            "could not write checkpoints/.last.safetensors: no space left on the device; make room, then save (c)";
        state.on_event(Event::CheckpointFailed { message: message.into() });
        picture(&format!("not_saved_{}", state.screen), &state);
    }
}

#[test]
fn the_log_before_anything_happened_and_while_training() {
    picture("log_empty", &after(story::opened(), &[Action::ShowLog]));
    let mut state = after(story::training(9_100), &[Action::ShowLog]);
    let message = "could not write checkpoints/.last.safetensors: no space left on the device; make room, then save \
                   again with c, or the run goes on without a checkpoint until the next epoch ends";
    state.on_event(story::log(2_300, Level::Warn, message));
    let mut state = after(state, &[Action::Search]);
    state.paste("BEST");
    picture("log_searched", &after(state, &[Action::Confirm, Action::PreviousMatch]));
}

#[test]
fn the_question_before_leaving() {
    picture("leave", &after(story::training(3_930), &[Action::Quit]));
}

#[test]
fn the_question_before_stopping() {
    picture("stop", &after(story::training(3_930), &[Action::StartOrStop]));
}

#[test]
fn changed_rates_and_a_break_in_the_curve() {
    let mut state = story::training(2_000);
    for (step, rate) in [(2_000, 5e-4), (2_000, 2.5e-4)] {
        state.on_event(Event::LearningRate { step, learning_rate: rate });
    }
    let broken = |number: u64| {
        let step = story::step(number);
        if (2_200..2_400).contains(&number) {
            alexnet_tui::metrics::StepMetrics { loss: f64::NAN, ..step }
        } else {
            step
        }
    };
    let steps = (2_001..=2_900).map(broken).collect();
    state.on_live(Live {
        steps,
        samples: Vec::new(),
        snapshot: Snapshot { learning_rate: 2.5e-4, ..story::snapshot(2_900) },
    });
    picture("marks", &after(state, &[Action::LogScale]));
}

#[test]
fn long_names_and_messages_are_cut_with_an_ellipsis() {
    let mut state = story::idle();
    let name = "a-run-with-a-very-long-name-that-nobody-should-have-given-it-服装".to_owned();
    state.on_event(Event::RunStarted(alexnet_tui::session::RunInfo { name, ..story::run_info() }));
    state.on_event(Event::Phase(Phase::Training));
    state.on_live(Live { steps: vec![story::step(1)], samples: Vec::new(), snapshot: story::snapshot(1) });
    let message = "服装 ".repeat(40) + "\u{1b}[31mred\ttab";
    state.on_event(story::log(5, Level::Warn, &message));
    picture("long", &state);
}

#[test]
fn a_terminal_that_is_too_small_says_what_it_needs() {
    let state = story::training(100);
    for (width, height) in [(79, 24), (80, 23), (40, 10), (12, 2), (1, 1)] {
        insta::assert_snapshot!(format!("small_{width}x{height}"), paint::text(&paint::frame(&state, width, height)));
    }
    let leaving = after(state, &[Action::Quit]);
    for (width, height) in [(60, 16), (24, 3)] {
        let text = paint::text(&paint::frame(&leaving, width, height));
        insta::assert_snapshot!(format!("small_leave_{width}x{height}"), text);
    }
}

#[test]
fn every_theme_shows_everything() {
    let state = story::finished();
    for choice in [config::Theme::Dark, config::Theme::Light, config::Theme::Ansi] {
        for depth in [Depth::Plain, Depth::Indexed, Depth::True] {
            let buffer = paint::frame_in(&state, &Theme::new(choice, depth), 120, 36);
            paint::keep(&format!("theme-{choice}-{depth:?}_120x36"), &buffer);
            assert_eq!(paint::text(&buffer), paint::text(&paint::frame(&state, 120, 36)), "{choice} {depth:?}");
            let matrix = after(story::validated(), &[Action::ShowConfusion]);
            let buffer = paint::frame_in(&matrix, &Theme::new(choice, depth), 120, 36);
            paint::keep(&format!("heat-{choice}-{depth:?}_120x36"), &buffer);
            assert_eq!(paint::text(&buffer), paint::text(&paint::frame(&matrix, 120, 36)), "{choice} {depth:?}");
        }
    }
}

#[test]
fn every_size_can_be_drawn() {
    let states = vec![
        story::opened(),
        story::idle_with_sample(),
        story::training(3_930),
        story::finished(),
        after(story::failed(2_000), &[Action::Help]),
        after(story::training(10), &[Action::Palette]),
        after(story::training(10), &[Action::Quit]),
        after(story::validated(), &[Action::ShowConfusion, Action::Bottom]),
        after(story::training(3_930), &[Action::ShowLog, Action::Up, Action::Search]),
    ];
    for state in &states {
        for width in (1..250).step_by(7).chain([79, 80, 109, 110, 111]) {
            for height in (1..80).step_by(5).chain([23, 24, 25, 29, 30]) {
                paint::frame(state, width, height);
            }
        }
    }
}
