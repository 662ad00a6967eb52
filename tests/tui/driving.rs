//! What a person does with the keys, and what comes of it.

use crate::driver::{Driver, run};
use crate::story;
use alexnet_tui::metrics::{Split, StepMetrics};
use alexnet_tui::session::{Command, Event, Level, Phase, SaveReason, Snapshot};
use alexnet_tui::tui::action::Action;
use alexnet_tui::tui::keymap::{BINDINGS, Group};
use alexnet_tui::tui::signals::Signal;
use alexnet_tui::tui::state::{Leaving, Screen, Usage};
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyModifiers, MouseEvent, MouseEventKind};
use std::time::Duration;
use strum::VariantArray;
use tokio::time::sleep;

/// The engine begins the run that was asked for.
async fn begin(driver: &mut Driver) {
    driver.press(KeyCode::Char(' ')).await;
    assert_eq!(driver.granted().await, Command::Start);
    driver.say(Event::Phase(Phase::Loading)).await;
    driver.say(Event::RunStarted(story::run_info())).await;
    driver.say(Event::Phase(Phase::Training)).await;
}

async fn do_steps(driver: &mut Driver, steps: std::ops::RangeInclusive<u64>) {
    for number in steps {
        driver.parts.outbox.step(story::step(number));
        driver.parts.outbox.snapshot(story::snapshot(number));
    }
    driver.settle().await;
}

async fn end(driver: &mut Driver) {
    assert_eq!(driver.command().1, Command::Leave);
    driver.say(Event::Ended).await;
}

#[test]
fn a_run_is_started_paused_stepped_saved_and_left() {
    let (status, state) = run(story::idle(), async |mut driver| {
        driver.assert_shows("Space  or s starts it");
        begin(&mut driver).await;
        driver.assert_shows("● training");
        driver.assert_shows("the loss of every step");
        do_steps(&mut driver, 1..=40).await;
        driver.assert_shows("epoch  1/10");
        driver.assert_shows("1,280/48,000");

        // What was asked and what is so are two things.
        driver.press(KeyCode::Char(' ')).await;
        driver.assert_shows("pausing…");
        driver.assert_shows("● training");
        assert_eq!(driver.granted().await, Command::Pause);
        driver.say(Event::Phase(Phase::Paused)).await;
        driver.assert_hides("pausing…");
        driver.assert_shows("‖ paused");
        driver.assert_shows("Space resume");

        driver.type_text(".").await;
        assert_eq!(driver.granted().await, Command::Step);
        do_steps(&mut driver, 41..=41).await;
        driver.assert_shows("1,312/48,000");

        driver.type_text("c").await;
        driver.assert_shows("saving…");
        assert_eq!(driver.granted().await, Command::Save);
        let paths = vec![story::run_info().folder.join("checkpoints/step-00000041.safetensors")];
        driver.say(Event::CheckpointSaved { paths, step: 41, reason: SaveReason::Asked }).await;
        driver.say(story::log(0, Level::Info, "saved step-00000041")).await;
        driver.assert_shows("saved step-00000041");

        driver.type_text("q").await;
        driver.assert_shows("save and leave");
        driver.assert_nothing_sent();
        driver.press(KeyCode::Esc).await;
        driver.assert_hides("save and leave");
        driver.type_text("q").await;
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("◂ leaving");
        driver.assert_shows("saving…");
        end(&mut driver).await;
    });
    assert_eq!(status, 0);
    assert_eq!(state.steps(), 41);
}

#[test]
fn leaving_asks_nothing_when_no_run_is_under_way() {
    let (status, _) = run(story::idle(), async |mut driver| {
        driver.type_text("q").await;
        end(&mut driver).await;
    });
    assert_eq!(status, 0);
}

#[test]
fn the_question_can_be_answered_in_the_smallest_terminal() {
    let (status, _) = run(story::training(10), async |mut driver| {
        driver.resize(30, 4).await;
        driver.assert_shows("needs 80 × 24");
        driver.type_text("q").await;
        driver.assert_shows("Enter save and leave");
        driver.press(KeyCode::Enter).await;
        end(&mut driver).await;
    });
    assert_eq!(status, 0);
}

#[test]
fn stopping_is_asked_once() {
    run(story::training(10), async |mut driver| {
        driver.type_text("s").await;
        driver.assert_shows("stop the run");
        // A dialog takes all keys.
        driver.type_text("c e+").await;
        driver.assert_nothing_sent();
        driver.press(KeyCode::Enter).await;
        assert_eq!(driver.granted().await, Command::Stop);
        driver.say(Event::Phase(Phase::Stopped)).await;
        driver.assert_shows("■ stopped");
        driver.type_text("q").await;
        end(&mut driver).await;
    });
}

#[test]
fn the_rate_goes_up_and_down_by_the_factor_and_a_refusal_is_told() {
    run(story::training(10), async |mut driver| {
        driver.type_text("=").await;
        driver.assert_shows("2.00e-3");
        let (id, command) = driver.command();
        assert_eq!(command, Command::SetLearningRate(2e-3));
        driver.type_text("+").await;
        assert_eq!(driver.granted().await, Command::SetLearningRate(4e-3));
        driver.say(Event::Acknowledged { id, outcome: Err("no rate above 1e-3, said the test".into()) }).await;
        driver.assert_shows("▲ no rate above 1e-3, said the test");
        driver.say(Event::LearningRate { step: 10, learning_rate: 1e-3 }).await;
        driver.type_text("-").await;
        assert_eq!(driver.granted().await, Command::SetLearningRate(5e-4));
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn an_evaluation_is_asked_for_cancelled_and_shown() {
    run(story::paused(10), async |mut driver| {
        driver.type_text("e").await;
        assert_eq!(driver.granted().await, Command::Evaluate { split: Split::Test, checkpoint: None });
        driver.say(Event::Phase(Phase::Evaluating)).await;
        driver.assert_shows("◆ evaluating");
        driver.assert_shows("Esc cancel");
        driver.press(KeyCode::Esc).await;
        assert_eq!(driver.granted().await, Command::Cancel);
        driver.say(Event::Phase(Phase::Paused)).await;
        driver.say(Event::Evaluated(story::evaluation())).await;
        driver.assert_shows("89.70 %");
        driver.press(KeyCode::Esc).await;
        driver.assert_nothing_sent();
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn the_full_data_is_downloaded_from_the_banner_by_key_or_click() {
    run(story::idle_with_sample(), async |mut driver| {
        driver.type_text("D").await;
        assert_eq!(driver.granted().await, Command::FetchData);
        driver.click("gets them all").await;
        assert_eq!(driver.granted().await, Command::FetchData);
        driver.say(Event::DataReady(story::full_data())).await;
        driver.assert_hides("▲ sample");
        driver.type_text("D").await;
        driver.assert_nothing_sent();
        driver.type_text("q").await;
        end(&mut driver).await;
    });
}

#[test]
fn a_few_letters_in_the_palette_find_a_command() {
    run(story::training(10), async |mut driver| {
        driver.type_text(":").await;
        // Not even a key of the table means anything but itself here.
        driver.type_text("q c").await;
        driver.assert_shows(": q c");
        driver.press(KeyCode::Esc).await;
        driver.type_text(":eval").await;
        driver.press(KeyCode::Enter).await;
        assert!(matches!(driver.granted().await, Command::Evaluate { .. }));
        driver.type_text(":check").await;
        driver.click("save a checkpoint").await;
        assert_eq!(driver.granted().await, Command::Save);
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn help_tells_the_screens_own_keys_first_and_why_others_can_not_be_used_now() {
    run(story::idle(), async |mut driver| {
        for screen in Screen::VARIANTS {
            driver.press(KeyCode::Char((b'0' + *screen as u8).into())).await;
            driver.type_text("?").await;
            let text = driver.text();
            let first = text.lines().find(|line| line.contains(" Run ")).expect("headings");
            assert!(first.contains(&format!("│ {screen} ")), "{text}");
            for group in [Group::Run, Group::Screens, Group::Program] {
                for row in BINDINGS.iter().filter(|row| row.group == group) {
                    assert!(row.keys.iter().all(|key| text.contains(&key.to_string())), "{:?}: {text}", row.action);
                }
            }
            driver.type_text("?").await;
        }
        driver.type_text("1?").await;
        driver.assert_shows("smooth less, more");
        driver.assert_hides("the cell's pictures");
        driver.assert_shows(".            one step, while paused: a single step needs a paused run");
        driver.assert_shows("+ =          raise the learning rate: no run is under way");
        // A key shows its screen, whose help is another.
        driver.type_text("8?").await;
        driver.assert_shows("follow the newest");
        driver.assert_hides("smooth less, more");
        driver.assert_shows("n N          next match, one before: nothing is searched for (/)");
        driver.press(KeyCode::Esc).await;
        // The Runs screen has asked for its list.
        assert_eq!(driver.granted().await, Command::ListRuns);
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn the_palette_finds_every_action_and_says_why_one_can_not_be_done() {
    run(story::training(10), async |mut driver| {
        driver.type_text(":").await;
        let mut seen = String::new();
        for _ in Action::VARIANTS {
            seen += &driver.text();
            driver.press(KeyCode::Down).await;
        }
        for row in BINDINGS {
            assert!(seen.contains(row.help), "the palette lacks {:?}", row.help);
        }
        driver.type_text("counts").await;
        driver.assert_shows("on the Confusion screen (3)");
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn what_can_not_be_done_is_told_on_every_screen_until_the_next_key() {
    run(story::training(10), async |mut driver| {
        driver.type_text("3.").await;
        driver.assert_shows("▲ a single step needs a paused run");
        driver.press(KeyCode::Right).await;
        driver.assert_hides("a single step needs a paused run");
        driver.assert_shows("Esc back");
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn the_matrix_is_walked_through_cell_by_cell_and_epoch_by_epoch() {
    run(story::validated(), async |mut driver| {
        driver.type_text("3").await;
        driver.assert_shows("validation after epoch 2, the latest");
        driver.type_text("jjjjjj").await;
        driver.assert_shows("93 of 1,000 Shirt taken for T-shirt/top: 9.30 %");
        driver.type_text("ll").await;
        driver.press(KeyCode::Left).await;
        driver.press(KeyCode::Right).await;
        driver.assert_shows("59 of 1,000 Shirt taken for Pullover");
        driver.assert_hides("of the latest pass");
        driver.type_text("[").await;
        driver.assert_shows("validation after epoch 1, latest: 2");
        driver.assert_shows("74 of 1,000 Shirt taken for Pullover");
        driver.assert_shows("Enter opens its pictures, those of the latest pass, after epoch 2");
        driver.type_text("[]").await;
        driver.assert_shows("59 of 1,000 Shirt taken for Pullover");
        driver.click("epoch 1 ").await;
        driver.assert_shows("validation after epoch 1, latest: 2");
        driver.click("0.8114  epoch 2").await;
        driver.assert_shows("validation after epoch 2, the latest");
        driver.assert_hides("┏   ·┓");
        driver.type_text("%").await;
        driver.assert_shows("┏ 5.9┓");
        driver.click("99.3").await;
        driver.assert_hides("Shirt taken for Pullover");

        driver.type_text("t").await;
        driver.assert_shows("matrix of the test set comes here");
        driver.say(Event::Evaluated(story::pass(Split::Test, 1))).await;
        driver.assert_shows("test at step 3,100, in epoch 3");
        driver.type_text("t").await;
        driver.assert_shows("validation after epoch 2, the latest");
        // A new run has no matrix yet.
        driver.say(Event::RunStarted(story::run_info())).await;
        driver.assert_shows("comes here after the first epoch");
        driver.type_text("8").await;
        driver.press(KeyCode::Esc).await;
        driver.assert_shows("comes here after the first epoch");
        driver.press(KeyCode::Esc).await;
        driver.assert_hides("comes here after the first epoch");
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn a_cell_of_the_matrix_opens_its_pictures_and_escape_comes_back_to_it() {
    run(story::validated(), async |mut driver| {
        driver.type_text("3").await;
        driver.press(KeyCode::Enter).await;
        // What the net said of each picture is not known in this story: it is asked.
        assert_eq!(driver.granted().await, Command::Evaluate { split: Split::Validation, checkpoint: None });
        driver.assert_shows("f T-shirt/top as T-shirt/top");
        driver.press(KeyCode::Esc).await;
        driver.assert_shows("890 of 1,000 T-shirt/top recognized");
        // The first click chooses, the second opens; so does a click on what says so.
        driver.click(" 96 ").await;
        driver.assert_shows("96 of 1,000 T-shirt/top taken for Shirt");
        driver.click("96┓").await;
        driver.assert_hides("most confused");
        driver.press(KeyCode::Esc).await;
        driver.click("Enter opens its pictures").await;
        driver.assert_hides("most confused");
        driver.press(KeyCode::Esc).await;
        driver.assert_shows("96 of 1,000 T-shirt/top taken for Shirt");
        driver.press(KeyCode::Esc).await;
        driver.assert_shows("messages");
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn the_log_is_filtered_searched_scrolled_and_followed() {
    run(story::training(3_000), async |mut driver| {
        driver.say(story::log(900, Level::Warn, "the disk is nearly full")).await;
        driver.say(story::log(901, Level::Error, "a checkpoint was lost")).await;
        driver.type_text("8").await;
        driver.assert_shows("9 of 9");
        driver.type_text("ff").await;
        driver.assert_shows("warnings and above");
        driver.assert_hides("best so far");
        driver.type_text("f").await;
        driver.assert_hides("nearly full");
        driver.type_text("f").await;
        driver.assert_shows("all levels");

        // Letters are text while a search is typed, and steer nothing.
        driver.type_text("/sq").await;
        driver.assert_shows("not found");
        driver.press(KeyCode::Backspace).await;
        driver.press(KeyCode::Backspace).await;
        driver.type_text("BEST").await;
        driver.assert_shows("4 found");
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("7 of 9");
        driver.type_text("N").await;
        driver.assert_shows("6 of 9");
        driver.type_text("nn").await;
        driver.assert_shows("4 of 9");
        driver.assert_shows("not following");

        // New messages move nothing for whoever reads older ones.
        driver.say(story::log(902, Level::Info, "one more")).await;
        driver.assert_shows("4 of 10");
        driver.type_text("G").await;
        driver.assert_hides("not following");
        driver.say(story::log(903, Level::Info, "and another")).await;
        driver.assert_shows("11 of 11");
        driver.press(KeyCode::Up).await;
        driver.assert_shows("10 of 11");

        driver.click("best so far").await;
        driver.assert_shows("4 of 11");
        driver.press(KeyCode::Tab).await;
        driver.click("8 Log").await;
        driver.press(KeyCode::Esc).await;
        driver.assert_hides("10 of 11");
        driver.assert_nothing_sent();
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn the_wheel_moves_the_log_at_once_and_the_line_that_is_read_with_it() {
    run(story::training(0), async |mut driver| {
        for number in 0..100 {
            driver.say(story::log(number, Level::Info, &format!("message {number}."))).await;
        }
        driver.type_text("8").await;
        let wheel = |driver: Driver, kind, notches: usize| async move {
            for _ in 0..notches {
                let modifiers = KeyModifiers::NONE;
                driver.send(TerminalEvent::Mouse(MouseEvent { kind, column: 9, row: 9, modifiers })).await;
            }
            driver
        };
        driver.assert_shows("message 99.");
        driver = wheel(driver, MouseEventKind::ScrollUp, 1).await;
        driver.assert_hides("message 97.");
        driver.assert_shows("message 96.");
        driver.assert_shows("100 of 103");
        // The arrows move the line alone, until it comes to an edge.
        let shown = driver.text();
        driver.press(KeyCode::Up).await;
        driver.assert_shows("99 of 103");
        assert!(shown.lines().skip(4).eq(driver.text().lines().skip(4)), "the view moved:\n{}", driver.text());
        driver = wheel(driver, MouseEventKind::ScrollUp, 50).await;
        driver.assert_shows("reading /usr/share/datasets");
        driver = wheel(driver, MouseEventKind::ScrollDown, 1).await;
        driver.assert_hides("reading /usr/share/datasets");
        driver = wheel(driver, MouseEventKind::ScrollDown, 50).await;
        driver.assert_shows("103 of 103  following");
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn lines_and_epochs_on_the_train_screen_open_the_log_and_the_matrix() {
    run(story::validated(), async |mut driver| {
        driver.click("run brave-fox: fashion").await;
        driver.assert_shows("not following");
        driver.press(KeyCode::Esc).await;
        driver.click("0.4210   84.62 %").await;
        driver.assert_shows("validation after epoch 1, latest: 2");
        driver.press(KeyCode::Esc).await;
        driver.assert_shows("messages");
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn tabs_and_keys_in_the_frame_can_be_clicked() {
    run(story::training(10), async |mut driver| {
        driver.click("e evaluate").await;
        assert!(matches!(driver.granted().await, Command::Evaluate { .. }));
        driver.click("? help").await;
        driver.assert_shows("save a checkpoint");
        driver.type_text("1").await;
        driver.assert_hides("save a checkpoint");
        driver.click("q leave").await;
        driver.click("stay").await;
        driver.assert_hides("stay");
        driver.click("q leave").await;
        driver.click("save and leave").await;
        end(&mut driver).await;
    });
}

#[test]
fn every_way_out_saves_and_has_its_status() {
    for (signal, status) in [(Signal::Interrupt, 130), (Signal::Terminate, 143), (Signal::HangUp, 129)] {
        let (ended, _) = run(story::training(10), async |mut driver| {
            driver.signal(signal).await;
            end(&mut driver).await;
        });
        assert_eq!(ended, status, "{signal:?}");
    }
    let (ended, _) = run(story::training(10), async |mut driver| {
        driver.press_control('c').await;
        end(&mut driver).await;
    });
    assert_eq!(ended, 130);
}

#[test]
fn a_terminal_that_is_gone_is_no_reason_not_to_save() {
    let (status, _) = run(story::training(10), async |mut driver| {
        driver.lose_terminal().await;
        let frames = driver.frames();
        driver.say(story::log(0, Level::Info, "saving")).await;
        assert_eq!(driver.frames(), frames, "a frame for nobody");
        end(&mut driver).await;
    });
    assert_eq!(status, 129);
}

#[test]
fn a_second_interrupt_waits_for_nothing() {
    let (status, _) = run(story::training(10), async |driver| {
        driver.press_control('c').await;
        driver.assert_shows("◂ leaving");
        // Neither does it take a question or a run for an answer.
        driver.type_text("q s").await;
        assert_eq!(driver.world.borrow().exited, None);
        driver.press_control('c').await;
        assert_eq!(driver.world.borrow().exited, Some(Leaving::Interrupt));
    });
    assert_eq!(status, 130);
}

#[test]
fn an_engine_that_dies_is_told_and_counts_as_a_failure() {
    let (status, _) = run(story::training(10), async |mut driver| {
        driver.say(Event::Ended).await;
        driver.assert_shows("✖ failed");
        driver.assert_shows("the engine ended unexpectedly");
        driver.type_text("q").await;
    });
    assert_eq!(status, 1);
}

#[test]
fn control_z_stops_and_the_screen_comes_back_whole() {
    run(story::training(10), async |mut driver| {
        let before = driver.text();
        driver.press_control('z').await;
        assert_eq!(driver.world.borrow().suspended, 1);
        assert_eq!(driver.text(), before);
        driver.signal(Signal::Stop).await;
        assert_eq!(driver.world.borrow().suspended, 2);
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn no_frame_is_drawn_when_nothing_changed() {
    run(story::idle(), async |mut driver| {
        let frames = driver.frames();
        sleep(Duration::from_mins(10)).await;
        assert_eq!(driver.frames(), frames);
        driver.world.borrow_mut().usage = Some(Usage { memory: 1 << 30, cpu: 100 });
        begin(&mut driver).await;
        sleep(Duration::from_secs(2)).await;
        let frames = driver.frames();
        sleep(Duration::from_mins(10)).await;
        assert_eq!(driver.frames(), frames);
        driver.press_control('c').await;
        end(&mut driver).await;
    });
}

#[test]
fn however_fast_the_steps_there_are_thirty_frames_a_second_at_most_and_no_step_is_lost() {
    let (_, state) = run(story::training(0), async |mut driver| {
        let frames = driver.frames();
        for number in 1..=2_000 {
            driver.parts.outbox.step(story::step(number));
            sleep(Duration::from_millis(1)).await;
        }
        let drawn = driver.frames() - frames;
        assert!((20..=62).contains(&drawn), "{drawn} frames in two seconds");
        driver.press_control('c').await;
        end(&mut driver).await;
    });
    assert_eq!(state.steps(), 2_000);
}

#[test]
fn a_terminal_that_does_not_drain_gets_the_newest_frame_once_it_does() {
    let (_, state) = run(story::training(0), async |mut driver| {
        driver.world.borrow_mut().stuck = true;
        let frames = driver.frames();
        do_steps(&mut driver, 1..=500).await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!(driver.frames(), frames, "frames were queued");
        driver.drain().await;
        assert_eq!(driver.frames(), frames + 1);
        driver.assert_shows("16,000/48,000");
        driver.press_control('c').await;
        end(&mut driver).await;
    });
    assert_eq!(state.steps(), 500);
}

#[test]
fn steps_of_a_new_run_never_join_those_of_the_old_one() {
    let (_, state) = run(story::training(100), async |mut driver| {
        driver.say(Event::Phase(Phase::Stopped)).await;
        begin(&mut driver).await;
        let steps: Vec<StepMetrics> = (1..=7).map(story::step).collect();
        for step in steps {
            driver.parts.outbox.step(step);
        }
        driver.parts.outbox.snapshot(Snapshot::default());
        driver.press_control('c').await;
        end(&mut driver).await;
    });
    assert_eq!(state.steps(), 7);
}
