//! What a person does on the Runs screen.

use super::{folder, looking_at, rows, steps};
use crate::driver::{Driver, run};
use crate::story;
use crate::story::after;
use alexnet_tui::metrics::Split;
use alexnet_tui::session::{Command, Event, Phase, RunRow};
use alexnet_tui::tui::action::Action;
use alexnet_tui::tui::state::Screen;
use crossterm::event::KeyCode;

/// Opens the screen and answers what it asks for.
async fn list(driver: &mut Driver, rows: Vec<RunRow>) {
    driver.press(KeyCode::Char('7')).await;
    assert_eq!(driver.granted().await, Command::ListRuns);
    driver.say(Event::Runs(rows)).await;
}

/// The chosen run is read.
async fn read(driver: &mut Driver, name: &str, count: u64) {
    assert_eq!(driver.granted().await, Command::ReadRun(folder(name)));
    driver.say(Event::RunRead(steps(name, count))).await;
}

async fn leave(driver: &mut Driver) {
    driver.press_control('c').await;
    while driver.granted().await != Command::Leave {}
    driver.say(Event::Ended).await;
}

#[test]
fn runs_are_listed_when_the_screen_is_opened_and_when_one_ends() {
    run(story::idle(), async |mut driver| {
        driver.assert_nothing_sent();
        list(&mut driver, rows()).await;
        driver.assert_shows("8 runs");
        read(&mut driver, "calm-owl", 3_000).await;
        driver.press(KeyCode::Down).await;
        read(&mut driver, "brave-fox", 3_930).await;
        // What was read once is not asked for again.
        driver.press(KeyCode::Up).await;
        driver.assert_nothing_sent();
        driver.say(Event::RunStarted(story::run_info())).await;
        assert_eq!(driver.granted().await, Command::ListRuns);
        driver.say(Event::Runs(rows())).await;
        driver.press(KeyCode::Char('1')).await;
        driver.say(Event::Phase(Phase::Finished)).await;
        driver.assert_nothing_sent();
        driver.press(KeyCode::Char('7')).await;
        assert_eq!(driver.granted().await, Command::ListRuns);
        leave(&mut driver).await;
    });
}

#[test]
fn the_chosen_run_is_gone_on_with_and_refused_with_words_where_that_can_not_be() {
    run(story::idle(), async |mut driver| {
        driver.resize(80, 24).await;
        driver.say(Event::Offered(story::offer())).await;
        driver.assert_shows("R goes on");
        list(&mut driver, rows()).await;
        driver.assert_hides("R goes on");
        // The first is another program's.
        driver.press(KeyCode::Char('R')).await;
        driver.assert_nothing_sent();
        driver.assert_shows("another program is at work on this run");
        driver.press(KeyCode::Down).await;
        driver.press(KeyCode::Down).await;
        driver.press(KeyCode::Down).await;
        driver.press(KeyCode::Char('R')).await;
        let Command::Continue(order) = driver.granted().await else { panic!("another command") };
        // Not the one that is offered.
        assert_eq!((order.folder, order.checkpoint), (folder("keen-jay"), None));
        driver.press(KeyCode::End).await;
        driver.press(KeyCode::Char('R')).await;
        driver.assert_shows("this run is broken");
        driver.say(Event::RunStarted(story::run_info())).await;
        driver.say(Event::Phase(Phase::Training)).await;
        assert_eq!(driver.granted().await, Command::ListRuns);
        driver.press(KeyCode::Home).await;
        driver.press(KeyCode::Char('R')).await;
        driver.assert_nothing_sent();
        driver.assert_shows("stop it first");
        leave(&mut driver).await;
    });
}

#[test]
fn a_run_is_deleted_after_two_questions_and_by_another_key_than_enter() {
    run(story::idle(), async |mut driver| {
        driver.resize(80, 24).await;
        list(&mut driver, rows()).await;
        driver.press(KeyCode::Delete).await;
        driver.assert_shows("another program is at work on this run");
        driver.press(KeyCode::Char('G')).await;
        driver.press(KeyCode::Delete).await;
        driver.assert_shows("Delete the run glad-hare?");
        driver.press(KeyCode::Esc).await;
        driver.assert_hides("Delete the run");
        driver.press(KeyCode::Delete).await;
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("glad-hare, 2.1 GiB: delete it for good?");
        driver.press(KeyCode::Enter).await;
        driver.assert_nothing_sent();
        driver.press(KeyCode::Esc).await;
        driver.assert_nothing_sent();
        driver.press(KeyCode::Delete).await;
        driver.press(KeyCode::Enter).await;
        driver.press(KeyCode::Delete).await;
        assert_eq!(driver.granted().await, Command::DeleteRun(folder("glad-hare")));
        driver.assert_shows("deleting…");
        driver.say(Event::RunDeleted { folder: folder("glad-hare"), outcome: Ok(()) }).await;
        driver.assert_hides("glad-hare");
        driver.assert_shows("7 runs");
        assert_eq!(driver.granted().await, Command::ListRuns);
        leave(&mut driver).await;
    });
}

#[test]
fn the_run_that_is_open_here_is_not_deleted() {
    run(story::training(930), async |mut driver| {
        driver.resize(80, 24).await;
        list(&mut driver, rows()).await;
        driver.press(KeyCode::Down).await;
        driver.press(KeyCode::Delete).await;
        driver.assert_shows("open here");
        driver.assert_hides("Delete the run");
        driver.assert_nothing_sent();
        leave(&mut driver).await;
    });
}

#[test]
fn what_the_engine_refuses_to_delete_stays_and_is_told() {
    run(story::idle(), async |mut driver| {
        driver.resize(80, 24).await;
        list(&mut driver, rows()).await;
        driver.press(KeyCode::Down).await;
        driver.press(KeyCode::Delete).await;
        driver.press(KeyCode::Enter).await;
        driver.press(KeyCode::Delete).await;
        let (id, _) = driver.command();
        let reason = "it holds what no run makes (notes.txt)".to_owned();
        driver.say(Event::Acknowledged { id, outcome: Err(reason) }).await;
        driver.assert_shows("notes.txt");
        driver.assert_shows("◂ left");
        leave(&mut driver).await;
    });
}

#[test]
fn the_best_of_a_run_is_evaluated_and_told_apart_from_the_present_net() {
    let (_, state) = run(story::training(1_600), async |mut driver| {
        driver.resize(80, 24).await;
        list(&mut driver, rows()).await;
        driver.press(KeyCode::Char('G')).await;
        driver.press(KeyCode::Char('E')).await;
        driver.assert_nothing_sent();
        driver.assert_shows("no best weights");
        driver.press(KeyCode::Home).await;
        for _ in 0..3 {
            driver.press(KeyCode::Down).await;
        }
        driver.press(KeyCode::Char('E')).await;
        let checkpoint = Some(folder("keen-jay").join("checkpoints/best.safetensors"));
        assert_eq!(driver.granted().await, Command::Evaluate { split: Split::Test, checkpoint });
        driver.say(Event::Phase(Phase::Evaluating)).await;
        driver.say(Event::Evaluated(story::pass(Split::Test, 4))).await;
        driver.say(Event::Phase(Phase::Training)).await;
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("95.98 %, best of epoch 4");
        driver.granted().await;
        driver.press(KeyCode::Char('3')).await;
        driver.assert_shows("test, best of keen-jay");
        // The pictures are shown with the answers of another net: there is no way from here to there.
        driver.assert_hides("opens its pictures");
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("test, best of keen-jay");
        leave(&mut driver).await;
    });
    // What the Train screen says of its own run is not touched.
    assert!(state.evaluation.is_none());
}

#[test]
fn an_evaluation_that_is_cancelled_is_nobodys() {
    let mut state = looking_at(story::training(100), rows());
    let evaluated = after(state.clone(), &[Action::Down, Action::Down, Action::EvaluateShown]);
    assert!(evaluated.runs.is_evaluating(evaluated.runs_shown()[2]));
    state = evaluated;
    story::tell(&mut state, [Event::Phase(Phase::Evaluating), Event::Phase(Phase::Training)]);
    story::tell(&mut state, [Event::Phase(Phase::Evaluating), Event::Evaluated(story::pass(Split::Test, 1))]);
    assert!(state.runs.test_of_best(state.runs_shown()[2]).is_none());
    assert!(state.evaluation.is_some());
}

#[test]
fn a_run_is_laid_beneath_the_curves_and_taken_away_again() {
    let (_, state) = run(story::training(1_600), async |mut driver| {
        driver.resize(80, 24).await;
        list(&mut driver, rows()).await;
        driver.press(KeyCode::End).await;
        for _ in 0..5 {
            driver.press(KeyCode::Up).await;
        }
        driver.press(KeyCode::Char('v')).await;
        read(&mut driver, "eager-elk", 15_000).await;
        driver.assert_shows("lies beneath the curves");
        driver.press(KeyCode::Char('v')).await;
        driver.assert_hides("lies beneath the curves");
        driver.press(KeyCode::Char('v')).await;
        driver.assert_nothing_sent();
        driver.press(KeyCode::Char('1')).await;
        driver.press(KeyCode::Char('<')).await;
        leave(&mut driver).await;
    });
    let laid = state.laid.as_ref().unwrap();
    assert_eq!((laid.name.as_str(), laid.loss.len(), laid.steps_per_epoch), ("eager-elk", 15_000, 1_500));
    assert_eq!(laid.epochs.len(), 10);
    // It is smoothed as the present one is.
    assert_eq!(laid.loss.column(0, 1_600), state.loss.column(0, 1_600));
    let state = after(state, &[]);
    assert_eq!(state.screen, Screen::Train);
}

#[test]
fn on_train_the_laid_run_is_taken_away_by_its_key() {
    let mut state = looking_at(story::training(100), rows());
    state = after(state, &[Action::Down, Action::Down, Action::LayOver]);
    state.on_event(Event::RunRead(steps("eager-elk", 300)));
    assert!(state.laid.is_some());
    let state = after(state, &[Action::ShowTrain, Action::LayOver]);
    assert!(state.laid.is_none());
    assert!(!state.runs.is_laid(&state.runs.rows()[2]));
}

#[test]
fn a_search_goes_to_the_runs_that_have_it() {
    run(story::idle(), async |mut driver| {
        driver.resize(80, 24).await;
        list(&mut driver, rows()).await;
        driver.press(KeyCode::Char('/')).await;
        driver.type_text("fo").await;
        driver.assert_shows("2 found");
        // While a text is typed, Del is part of typing it.
        driver.press(KeyCode::Delete).await;
        driver.type_text("x").await;
        driver.press(KeyCode::Backspace).await;
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("› brave-fox");
        driver.press(KeyCode::Char('n')).await;
        driver.assert_shows("› fond-dove");
        driver.press(KeyCode::Char('n')).await;
        driver.assert_shows("› brave-fox");
        driver.press(KeyCode::Char('N')).await;
        driver.assert_shows("› fond-dove");
        driver.press(KeyCode::Char('1')).await;
        leave(&mut driver).await;
    });
}

#[test]
fn clicks_choose_open_and_order() {
    run(story::idle(), async |mut driver| {
        driver.resize(80, 24).await;
        list(&mut driver, rows()).await;
        driver.click("keen-jay").await;
        driver.assert_shows("› keen-jay");
        driver.click("keen-jay").await;
        driver.assert_shows("Esc table");
        driver.press(KeyCode::Esc).await;
        driver.granted().await;
        driver.click("best val").await;
        driver.assert_shows("▼best val");
        driver.click("▼best val").await;
        driver.assert_shows("▲best val");
        leave(&mut driver).await;
    });
}
