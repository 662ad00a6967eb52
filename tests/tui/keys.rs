//! Keys that the person has chosen.

use crate::driver::{Driver, run};
use crate::story;
use alexnet_tui::config::{Config, Layers, Places};
use alexnet_tui::session::Command;
use alexnet_tui::tui::state::State;
use crossterm::event::KeyCode;
use std::path::PathBuf;

fn chosen(set: &[&str]) -> State {
    let none = PathBuf::from("/nowhere");
    let places = Places {
        user_file: none.clone(),
        data: none.clone(),
        runs: none.clone(),
        state: none.clone(),
        home: none.clone(),
        working: none,
    };
    let layers = Layers { set: set.iter().map(ToString::to_string).collect(), ..Layers::new(places) };
    let keys = layers.load().unwrap().config.keys;
    let mut state = story::training(10);
    state.keys = State::new(Config { keys, ..story::config() }).keys;
    state
}

async fn end(driver: &mut Driver) {
    driver.press_control('c').await;
    assert_eq!(driver.command().1, Command::Leave);
    driver.say(alexnet_tui::session::Event::Ended).await;
}

#[test]
fn chosen_keys_hold_and_are_shown_wherever_keys_are() {
    let set = [
        r#"keys.save = ["F5", "W"]"#,
        "keys.evaluate=c",
        "keys.show-log=l",
        "keys.right=right",
        "keys.quit=X",
        "keys.palette=ctrl-p",
    ];
    run(chosen(&set), async |mut driver| {
        driver.assert_shows("F5 save");
        driver.assert_shows("c evaluate");
        driver.assert_shows("X leave");
        driver.assert_shows("l Log");
        driver.type_text("W").await;
        assert_eq!(driver.granted().await, Command::Save);
        driver.press(KeyCode::F(5)).await;
        assert_eq!(driver.granted().await, Command::Save);
        // What was the key of something else is no longer.
        driver.type_text("c").await;
        assert!(matches!(driver.granted().await, Command::Evaluate { .. }));
        driver.type_text("q:e").await;
        driver.assert_nothing_sent();
        driver.assert_hides("save and leave");
        driver.type_text("l").await;
        driver.assert_shows("following");
        driver.type_text("?").await;
        driver.assert_shows("F5 W         save a checkpoint");
        driver.assert_shows("Ctrl-P       find a command");
        driver.press(KeyCode::Esc).await;
        driver.press_control('p').await;
        driver.type_text("save").await;
        driver.assert_shows("F5 ");
        driver.press(KeyCode::Enter).await;
        assert_eq!(driver.granted().await, Command::Save);
        end(&mut driver).await;
    });
}
