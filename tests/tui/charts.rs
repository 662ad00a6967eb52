//! The curves looked at more closely: axes, zoom, cursor, another run beneath.

use crate::driver::{Driver, run};
use crate::story::after;
use crate::{paint, story};
use alexnet_tui::config::Language;
use alexnet_tui::metrics::{EpochMetrics, StepMetrics};
use alexnet_tui::session::{Command, Event, Live};
use alexnet_tui::tui::action::Action;
use alexnet_tui::tui::series::Series;
use alexnet_tui::tui::state::{LaidRun, State};
use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use std::time::Instant;

/// The same state at the three sizes that count.
fn picture(name: &str, state: &State) {
    for (width, height) in [(80, 24), (120, 36), (200, 55)] {
        let buffer = paint::frame(state, width, height);
        let name = format!("{name}_{width}x{height}");
        paint::keep(&format!("charts_{name}"), &buffer);
        insta::assert_snapshot!(name, paint::text(&buffer));
    }
}

/// A run that learned more slowly, with larger batches.
fn laid() -> LaidRun {
    let (mut loss, mut accuracy) = (Series::new(0.95), Series::new(0.95));
    for number in 1..=3_000 {
        let step = story::step(number);
        loss.push(step.loss * 1.3 + 0.1);
        accuracy.push(step.accuracy * 0.9);
    }
    let epochs = (1..=4).map(|number| {
        let epoch = story::epoch(number);
        EpochMetrics {
            step: u64::from(number) * 750,
            validation_loss: epoch.validation_loss * 1.3,
            validation_accuracy: epoch.validation_accuracy * 0.95,
            seconds: 300.0,
            ..epoch
        }
    });
    LaidRun { name: "calm-owl".into(), loss, accuracy, epochs: epochs.collect(), steps_per_epoch: 750 }
}

#[test]
fn each_axis() {
    let state = story::training(3_930);
    picture("time", &after(state.clone(), &[Action::Axis]));
    picture("step", &after(state, &[Action::Axis, Action::Axis]));
}

#[test]
fn zoomed_to_the_newest_and_into_the_middle() {
    let state = after(story::training(3_930), &[Action::ZoomIn, Action::ZoomIn, Action::ZoomIn]);
    picture("newest", &state);
    let state = after(state, &[Action::PanLeft, Action::PanLeft, Action::PanLeft]);
    picture("middle", &state);
    let state = after(state, &[Action::Axis, Action::ZoomIn, Action::ZoomIn]);
    picture("middle_time", &state);
    let closest = [Action::Axis, Action::ZoomIn, Action::ZoomIn, Action::ZoomIn, Action::ZoomIn, Action::ZoomIn];
    picture("closest", &after(state, &closest));
}

#[test]
fn the_cursor_reads_the_curves_off() {
    let mut state = after(story::training(2_000), &[Action::Left]);
    state.charts.cursor = Some(alexnet_tui::tui::state::Cursor { step: 1_699, pinned: true });
    picture("cursor", &state);
}

#[test]
fn another_run_lies_beneath() {
    let mut state = story::training(2_000);
    state.laid = Some(laid());
    picture("laid", &state);
    picture("laid_step", &after(state.clone(), &[Action::Axis, Action::Axis]));
    picture("laid_zoomed", &after(state, &[Action::ZoomIn, Action::Axis]));
}

/// After `training(done)`, steps of one kind.
fn more(mut state: State, steps: u64, of: impl Fn(u64) -> StepMetrics) -> State {
    let from = state.steps_done() + 1;
    let steps = (from..from + steps).map(of).collect();
    let snapshot = state.snapshot.clone();
    state.on_live(Live { steps, samples: Vec::new(), snapshot });
    state
}

#[test]
fn advice_is_told_in_plain_words() {
    let chance = |number| StepMetrics { loss: 2.3031, accuracy: 0.09375, ..story::step(number) };
    picture("stuck", &more(story::training(0), 400, chance));

    let mut state = story::training(4_500);
    for (number, loss) in [(4, 0.3312), (5, 0.3497)] {
        let epoch = EpochMetrics { train_loss: 0.21, validation_loss: loss, best: false, ..story::epoch(number) };
        state = more(state, 1_500, |number| StepMetrics { loss: 0.21, ..story::step(number) });
        state.on_event(Event::Epoch(epoch));
    }
    let mut waiting = state.snapshot.clone();
    waiting.step_times.data = 0.31;
    state.on_live(Live { snapshot: waiting, ..Live::default() });
    picture("two", &state);

    let mut chinese = story::config();
    chinese.ui.language = Language::Zh;
    state.words = alexnet_tui::tui::words::Words::of(chinese.ui.language);
    picture("two_chinese", &after(state, &[Action::ZoomIn, Action::Left]));
}

#[test]
fn half_a_million_steps_are_zoomed_moved_and_drawn_as_fast_as_a_few() {
    let drawn = |steps: u64| {
        let mut state = story::training(0);
        let steps = (1..=steps).map(story::step).collect();
        state.on_live(Live { steps, samples: Vec::new(), snapshot: story::snapshot(1) });
        // The best of a few: others use the machine too.
        let frames = (0..7).map(|_| {
            let begin = Instant::now();
            for actions in [Action::ZoomIn, Action::PanLeft, Action::Axis, Action::Left, Action::ZoomAll, Action::Axis]
            {
                alexnet_tui::tui::state::update(&mut state, actions);
                paint::frame(&state, 200, 55);
            }
            begin.elapsed()
        });
        frames.min().unwrap()
    };
    let (few, many) = (drawn(500), drawn(500_000));
    assert!(many < few * 4, "six frames took {few:?} with 500 steps and {many:?} with 500,000");
}

async fn mouse(driver: &Driver, kind: MouseEventKind, column: u16, row: u16) {
    let modifiers = KeyModifiers::NONE;
    driver.send(TerminalEvent::Mouse(MouseEvent { kind, column, row, modifiers })).await;
}

async fn end(driver: &mut Driver) {
    driver.press_control('c').await;
    assert_eq!(driver.command().1, Command::Leave);
    driver.say(Event::Ended).await;
}

#[test]
fn keys_zoom_move_and_read_off() {
    run(story::training(3_930), async |mut driver| {
        driver.type_text("x").await;
        driver.assert_shows("x time");
        driver.type_text("x").await;
        driver.assert_shows("x step");
        driver.type_text("x").await;
        driver.assert_shows("x epoch");

        driver.type_text("zz").await;
        driver.assert_shows("the last 982 steps");
        driver.send(TerminalEvent::Key(KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT))).await;
        driver.assert_shows("steps 2,702 – 3,684");
        driver.send(TerminalEvent::Key(KeyEvent::new(KeyCode::Right, KeyModifiers::SHIFT))).await;
        driver.assert_shows("the last 982 steps");
        driver.type_text("Z").await;
        driver.assert_shows("the last 1,965 steps");
        driver.type_text("0").await;
        driver.assert_hides("the last");

        driver.press(KeyCode::Left).await;
        driver.assert_shows("at step 3,930");
        driver.press(KeyCode::Left).await;
        driver.assert_hides("at step 3,930");
        driver.assert_shows("validation acc.");
        driver.press(KeyCode::Right).await;
        driver.press(KeyCode::Right).await;
        driver.assert_shows("at step 3,930");
        driver.press(KeyCode::Esc).await;
        driver.assert_hides("at step");
        driver.assert_shows("gradient norm");

        // On other screens the same keys say where they belong.
        driver.type_text("8z").await;
        driver.assert_shows("on the Train screen (1)");
        end(&mut driver).await;
    });
}

#[test]
fn a_view_that_ends_with_the_newest_step_follows_and_another_stays() {
    run(story::training(1_000), async |mut driver| {
        let more = async |driver: &mut Driver, steps: std::ops::RangeInclusive<u64>| {
            for number in steps {
                driver.parts.outbox.step(story::step(number));
            }
            driver.parts.outbox.snapshot(story::snapshot(1_001));
            driver.settle().await;
        };
        driver.type_text("z").await;
        more(&mut driver, 1_001..=1_100).await;
        driver.assert_shows("the last 500 steps");
        driver.send(TerminalEvent::Key(KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT))).await;
        driver.assert_shows("steps 476 – 975");
        let before = driver.text();
        more(&mut driver, 1_101..=1_200).await;
        driver.assert_shows("steps 476 – 975");
        let curve = |text: &str| text.lines().nth(10).unwrap().chars().take(40).collect::<String>();
        assert_eq!(curve(&before), curve(&driver.text()));
        end(&mut driver).await;
    });
}

#[test]
fn the_mouse_reads_off_zooms_and_drags() {
    run(story::training(3_930), async |mut driver| {
        mouse(&driver, MouseEventKind::Moved, 20, 12).await;
        driver.assert_shows("at step");
        let hovered = driver.text();
        mouse(&driver, MouseEventKind::Moved, 25, 12).await;
        assert_ne!(hovered, driver.text());
        // Off the chart the line goes, unless a click has put it there.
        mouse(&driver, MouseEventKind::Moved, 100, 30).await;
        driver.assert_hides("at step");
        mouse(&driver, MouseEventKind::Down(MouseButton::Left), 20, 12).await;
        mouse(&driver, MouseEventKind::Up(MouseButton::Left), 20, 12).await;
        mouse(&driver, MouseEventKind::Moved, 100, 30).await;
        driver.assert_shows("at step");
        driver.click("Esc hide").await;
        driver.assert_hides("at step");

        // What is under the mouse stays under it.
        mouse(&driver, MouseEventKind::Moved, 20, 12).await;
        let step = |text: String| {
            let after = text.split("at step ").nth(1).unwrap();
            after.split(' ').next().unwrap().replace(',', "").parse::<i64>().unwrap()
        };
        let under = step(driver.text());
        for _ in 0..6 {
            mouse(&driver, MouseEventKind::ScrollUp, 20, 12).await;
        }
        driver.assert_shows("0 all");
        mouse(&driver, MouseEventKind::Moved, 21, 12).await;
        mouse(&driver, MouseEventKind::Moved, 20, 12).await;
        assert!((step(driver.text()) - under).abs() <= 40, "{under} was there:\n{}", driver.text());

        let under = step(driver.text());
        mouse(&driver, MouseEventKind::Down(MouseButton::Left), 20, 12).await;
        mouse(&driver, MouseEventKind::Drag(MouseButton::Left), 28, 12).await;
        mouse(&driver, MouseEventKind::Up(MouseButton::Left), 28, 12).await;
        driver.press(KeyCode::Esc).await;
        mouse(&driver, MouseEventKind::Moved, 28, 12).await;
        assert!((step(driver.text()) - under).abs() <= 20, "{under} was there:\n{}", driver.text());
        for _ in 0..40 {
            mouse(&driver, MouseEventKind::ScrollDown, 20, 12).await;
        }
        driver.assert_hides("0 all");
        driver.click("x epoch").await;
        driver.assert_shows("x time");
        end(&mut driver).await;
    });
}

#[test]
fn a_storm_of_moves_draws_no_more_than_thirty_frames_a_second() {
    run(story::training(3_930), async |mut driver| {
        let before = driver.frames();
        let begin = tokio::time::Instant::now();
        for turn in 0..2_000_u64 {
            let event = MouseEvent {
                kind: MouseEventKind::Moved,
                column: 10 + (turn % 25) as u16,
                row: 12,
                modifiers: KeyModifiers::NONE,
            };
            driver.put(TerminalEvent::Mouse(event));
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let frames = (begin.elapsed().as_millis() / 33) as usize + 2;
        assert!(driver.frames() - before <= frames, "{} frames, not {frames}", driver.frames() - before);
        // Where nothing is to be read off, nothing is drawn.
        driver.settle().await;
        mouse(&driver, MouseEventKind::Moved, 100, 30).await;
        let before = driver.frames();
        mouse(&driver, MouseEventKind::Moved, 101, 30).await;
        assert_eq!(driver.frames(), before);
        end(&mut driver).await;
    });
}
