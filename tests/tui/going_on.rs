//! A run that did not end, offered and gone on with.

use crate::driver::run;
use crate::story;
use alexnet_tui::session::{Command, Event, Past, Phase, RunInfo};
use crossterm::event::KeyCode;

#[test]
fn a_run_that_did_not_end_is_gone_on_with_by_one_key_and_never_by_itself() {
    run(story::opened(), async |mut driver| {
        driver.say(Event::DataReady(story::full_data())).await;
        driver.say(Event::Phase(Phase::Idle)).await;
        driver.press(KeyCode::Char('R')).await;
        driver.assert_nothing_sent();
        driver.say(Event::Offered(story::offer())).await;
        driver.assert_shows("brave-fox: epoch 3 of 10, step 3,930, 2 h ago");
        driver.assert_nothing_sent();
        driver.press(KeyCode::Char('R')).await;
        let Command::Continue(order) = driver.granted().await else { panic!("another command") };
        assert_eq!((order.folder, order.checkpoint, order.learning_rate), (story::run_info().folder, None, None));
        let steps = (1..=3_930).map(story::step).collect();
        let past =
            Past { epochs: vec![story::epoch(1), story::epoch(2)], steps, passes: Vec::new(), inexact: Vec::new() };
        driver.say(Event::RunStarted(RunInfo { resumed_from: Some(3_930), ..story::run_info() })).await;
        driver.say(Event::Restored(Box::new(past))).await;
        driver.say(Event::Phase(Phase::Training)).await;
        driver.assert_hides("unfinished");
        driver.assert_shows("87.43 %");
        driver.parts.outbox.step(story::step(3_931));
        driver.settle().await;
        driver.press_control('c').await;
        driver.granted().await;
        driver.say(Event::Ended).await;
    });
}
