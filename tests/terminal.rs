//! The real program in a pseudo-terminal: a small run by keys, and every way of leaving.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]

#[path = "common/terminal.rs"]
mod terminal;

use alexnet_tui::config::{Layers, Places};
use alexnet_tui::{checkpoint, tui};
use rstest::rstest;
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use terminal::Terminal;

const SIZE: (u16, u16) = (120, 36);

fn run_folder(folder: &Path) -> PathBuf {
    let runs = folder.join("xdg_data_home/alexnet-tui/runs");
    let mut runs = std::fs::read_dir(&runs).unwrap();
    let run = runs.next().unwrap().unwrap().path();
    assert!(runs.next().is_none(), "one run");
    run
}

fn last_step(folder: &Path) -> u64 {
    checkpoint::read_state(&run_folder(folder).join("checkpoints/last.safetensors")).unwrap().step
}

#[test]
fn a_run_is_started_paused_stepped_saved_and_left_by_keys() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), SIZE, &["--epochs", "1000"]);
    terminal.until("idle");
    terminal.keys("s");
    terminal.until("● training");
    terminal.until("epoch 2");
    terminal.keys(" ");
    terminal.until("paused");
    terminal.keys("c");
    terminal.until("saved step-");
    terminal.keys(".");
    terminal.keys("q");
    terminal.until("save and leave");
    terminal.keys("\r");
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    let run = run_folder(folder.path());
    assert!(screen.contains(run.file_name().unwrap().to_str().unwrap()), "{screen}");
    let saved = std::fs::read_dir(run.join("checkpoints")).unwrap();
    assert!(saved.map(|file| file.unwrap().file_name().into_string().unwrap()).any(|name| name.starts_with("step-")));
    assert!(last_step(folder.path()) > 0);
}

#[test]
fn the_first_key_after_a_resize_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), SIZE, &[]);
    terminal.until("idle");
    for (size, key, shows) in
        [((100, 30), "8", "following"), ((60, 20), "1", "needs 80"), (SIZE, "?", "keys"), (SIZE, "q", "")]
    {
        terminal.resize(size);
        if size.0 < 80 {
            terminal.until("this terminal is 60");
        }
        terminal.keys(key);
        terminal.until(shows);
    }
    assert_eq!(terminal.end().0, 0);
}

#[rstest]
#[case::sigint(Signal::INT, 130)]
#[case::sigterm(Signal::TERM, 143)]
#[case::sighup(Signal::HUP, 129)]
fn a_signal_saves_and_leaves(#[case] signal: Signal, #[case] expected: u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), SIZE, &["--epochs", "1000"]);
    terminal.until("idle");
    terminal.keys("s");
    terminal.until("epoch 2");
    terminal.signal(signal);
    let (status, screen) = terminal.end();
    assert_eq!(status, expected, "{screen}");
    assert!(last_step(folder.path()) > 0);
}

#[test]
fn ctrl_c_saves_and_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), SIZE, &["--epochs", "1000"]);
    terminal.until("idle");
    terminal.keys("s");
    terminal.until("epoch 2");
    terminal.keys("\x03");
    let (status, screen) = terminal.end();
    assert_eq!(status, 130, "{screen}");
    assert!(last_step(folder.path()) > 0);
}

#[test]
fn what_is_copied_goes_to_the_terminals_clipboard_and_the_screen_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), SIZE, &[]);
    terminal.until("idle");
    terminal.keys("2y");
    terminal.until("copied: the row of conv1");
    // layer<tab>conv1
    terminal.until_sent("\x1b]52;c;bGF5ZXIJY29udjEK");
    terminal.keys("\x1b[24~");
    terminal.until("the screen is in ");
    let screens = std::fs::read_dir(folder.path().join("xdg_state_home/alexnet-tui/screens")).unwrap();
    assert_eq!(screens.count(), 2);
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_terminal_that_never_answers_gets_half_blocks_and_no_key_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), SIZE, &[]);
    // Typed before the program has begun to read.
    terminal.keys("8f?");
    terminal.until("follow the newest");
    terminal.until_sent("\x1b[c");
    terminal.keys("4");
    terminal.until("go to");
    terminal.until("▀");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_terminal_that_knows_sixels_gets_the_large_picture_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), SIZE, &[]);
    // What it says, and what is typed around it, is there before the program asks: so the test hangs on no time.
    terminal.keys("8\x1b[6;20;10t4\x1b[?64;1;4;22c");
    terminal.until_sent("\x1bP");
    // Beneath a list it is of half blocks.
    terminal.keys("f");
    terminal.until("least sure");
    terminal.keys("\r8");
    terminal.until("following");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), SIZE, &["--epochs", "1000"]);
    terminal.until("idle");
    terminal.keys("\x1a");
    terminal.until_stopped(true);
    terminal.until_left();
    terminal.assert_restored();
    terminal.signal(Signal::CONT);
    terminal.until_stopped(false);
    terminal.until("idle");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_window_that_is_too_small_says_so_and_lets_one_leave() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), (60, 15), &[]);
    terminal.until("80");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_configuration_that_is_wrong_never_takes_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let terminal = Terminal::open(folder.path(), SIZE, &["--set", "training.epoch=3"]);
    let (status, screen) = terminal.end();
    assert_eq!(status, 2);
    assert!(screen.contains("training.epochs"), "{screen}");
}

/// Run by the test below, in a terminal: the screen of this process meets a fault while it stands.
#[test]
#[ignore = "the next test runs it in a terminal"]
fn the_screen_meets_a_fault() {
    let config = Layers::new(Places::find().unwrap()).load().unwrap().config;
    let fault = std::env::current_dir().unwrap().join("panic").exists();
    let outcome = tui::run_over(&config, || {
        assert!(!fault, "the screen fell over");
        Err(std::io::Error::other("the engine did not start"))
    });
    panic!("{:#}", outcome.unwrap_err());
}

#[rstest]
#[case::a_panic(true, "the screen fell over")]
#[case::an_error(false, "the engine did not start")]
fn a_fault_gives_the_terminal_back_and_can_be_read(#[case] panics: bool, #[case] words: &str) {
    let folder = tempfile::tempdir().unwrap();
    if panics {
        std::fs::write(folder.path().join("panic"), "").unwrap();
    }
    let this_program = std::env::current_exe().unwrap();
    let arguments = ["--ignored", "--exact", "the_screen_meets_a_fault", "--nocapture"];
    let terminal = Terminal::run(&this_program, folder.path(), SIZE, &arguments);
    let (status, screen) = terminal.end();
    assert_eq!(status, 101, "{screen}");
    assert!(screen.contains(words), "{screen}");
}
