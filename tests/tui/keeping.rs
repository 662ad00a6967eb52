//! What is taken off the screen: `y` copies, F12 writes it to files.

use crate::driver::{Driver, run};
use crate::{samples, story};
use alexnet_tui::metrics::Split;
use alexnet_tui::session::{Command, Event};
use alexnet_tui::tui::state::State;
use crossterm::event::KeyCode;
use std::fs;

async fn end(driver: &mut Driver) {
    driver.press_control('c').await;
    while driver.command().1 != Command::Leave {}
    driver.say(Event::Ended).await;
}

fn copied(driver: &Driver) -> String {
    driver.world.borrow().copied.last().cloned().unwrap_or_default()
}

fn looked_at() -> State {
    let mut state = samples::sampled(story::evaluated());
    state.on_event(Event::Evaluated(story::pass(Split::Test, 2)));
    state
}

#[test]
fn y_copies_what_is_chosen_on_each_screen_and_says_what_that_was() {
    run(looked_at(), async |mut driver| {
        driver.type_text("1y").await;
        driver.assert_shows("✔ copied: the numbers of step ");
        let text = copied(&driver);
        for name in ["run\tbrave-fox\n", "\nlearning_rate\t0.001\n", "\nvalidation_accuracy\t0.", "\ntest_loss\t"] {
            assert!(text.contains(name), "{name:?}: {text}");
        }
        // With a cursor, what it reads off.
        driver.press(KeyCode::Left).await;
        driver.press(KeyCode::Left).await;
        driver.type_text("y").await;
        let text = copied(&driver);
        assert!(text.starts_with("run\tbrave-fox\nstep\t") && text.contains("\nsmoothed_loss\t"), "{text}");
        driver.type_text("2jjjy").await;
        driver.assert_shows("✔ copied: the row of conv2");
        let text = copied(&driver);
        assert!(text.starts_with("layer\tconv2\nkind\tConv2d\n") && text.contains("\ngradient_norm\t"), "{text}");
        driver.type_text("3jy").await;
        driver.assert_shows("✔ copied: Trouser taken for T-shirt/top");
        assert!(copied(&driver).contains("\npredicted_class\tT-shirt/top\ncount\t"), "{}", copied(&driver));
        driver.type_text("4ly").await;
        driver.assert_shows("✔ copied: picture 1 of test");
        assert!(copied(&driver).starts_with("split\ttest\nindex\t1\nlabel\t"), "{}", copied(&driver));
        driver.type_text("8y").await;
        driver.assert_shows("✔ copied: the line of the log");
        assert!(copied(&driver).starts_with("20"), "{}", copied(&driver));
        driver.type_text("k").await;
        driver.assert_hides("copied");
        end(&mut driver).await;
    });
}

#[test]
fn where_there_is_nothing_to_copy_that_is_said() {
    run(story::idle(), async |mut driver| {
        driver.type_text("3y").await;
        driver.assert_shows("▲ there is nothing to copy here yet");
        assert_eq!(copied(&driver), "");
        end(&mut driver).await;
    });
}

#[test]
fn f12_writes_the_screen_as_a_picture_and_as_text_whatever_lies_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = looked_at();
    state.run.as_mut().unwrap().folder = folder.path().join("run");
    state.config.paths.state = folder.path().join("state");
    run(state, async |mut driver| {
        driver.type_text("4").await;
        driver.press(KeyCode::F(12)).await;
        driver.assert_shows("✔ the screen is in screens/pictures-");
        driver.type_text("2:").await;
        driver.press(KeyCode::F(12)).await;
        driver.assert_shows("a few letters find a command");
        driver.press(KeyCode::Esc).await;
        driver.press(KeyCode::F(12)).await;
        end(&mut driver).await;
    });
    let mut files: Vec<_> =
        fs::read_dir(folder.path().join("run/screens")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| name.rsplit('.').next() == Some("svg")).count(), 3, "{names:?}");
    assert_eq!(names.iter().filter(|name| name.rsplit('.').next() == Some("txt")).count(), 3, "{names:?}");
    let mut texts = String::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        if path.extension().unwrap() == "svg" {
            let document = roxmltree::Document::parse(&text).unwrap();
            assert_eq!(document.root_element().attribute("width"), Some("1080"));
            if let Some(kept) = std::env::var_os("TUI_FRAMES") {
                fs::copy(&path, std::path::Path::new(&kept).join(path.file_name().unwrap())).unwrap();
            }
        } else {
            texts += &text;
        }
    }
    assert!(texts.contains("a few letters find a command"));
}

#[test]
fn a_folder_that_can_not_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = story::idle();
    state.config.paths.state = folder.path().join("file");
    fs::write(folder.path().join("file"), "").unwrap();
    run(state, async |mut driver| {
        driver.type_text("3").await;
        driver.press(KeyCode::F(12)).await;
        driver.assert_shows("▲ can't write the screen to ");
        end(&mut driver).await;
    });
}
