//! Every key of the table on every screen, in both languages: what comes of it.

use crate::chinese::chinese;
use crate::config::ada;
use crate::driver::{Driver, run};
use crate::runs::{folder, rows, steps};
use crate::story::after;
use crate::{gallery, samples, story};
use alexnet_tui::metrics::{Evaluation, Split};
use alexnet_tui::session::{Command, Event};
use alexnet_tui::tui::action::Action;
use alexnet_tui::tui::keymap::{BINDINGS, Binding, Group, binding, own_keys, shown_by};
use alexnet_tui::tui::state::{Screen, State};
use crossterm::event::{Event as TerminalEvent, KeyEvent};
use std::fmt::Write as _;
use strum::VariantArray;

/// What is done first where a key has nothing to do yet: at the first line there is no line above.
const APPROACHES: [&[Action]; 6] = [
    &[],
    &[Action::Up, Action::Up, Action::Up, Action::Left],
    &[Action::Down, Action::Down, Action::Right, Action::Right],
    &[Action::Bottom],
    &[Action::ZoomIn, Action::ZoomIn],
    &[Action::ZoomIn, Action::PanLeft],
];

const SEEN: &str = "seen";

/// The screen says why not.
const REFUSED: &str = "refused";

/// A run that is paused after two epochs and an evaluation, with samples of its layers, beside others of every kind.
fn everything() -> State {
    let mut state = samples::sampled(story::evaluated());
    let classes = story::pass(Split::Test, 2).classes;
    state.on_event(Event::Evaluated(Evaluation { classes, ..gallery::pass(Split::Test) }));
    after(ada(state), &[Action::ShowTrain])
}

fn key_of(action: Action) -> KeyEvent {
    binding(action).unwrap().keys[0].event()
}

/// The engine answers whatever it is asked. What it was told to do, in words.
async fn answer(driver: &mut Driver) -> Vec<String> {
    let mut told = Vec::new();
    while let Ok((id, command)) = driver.parts.commands.try_recv() {
        match &command {
            Command::ListRuns => driver.say(Event::Runs(rows())).await,
            Command::ReadRun(of) => {
                let name = rows().into_iter().find(|row| folder(&row.name) == *of).unwrap().name;
                driver.say(Event::RunRead(steps(&name, 100))).await;
            }
            Command::Predict { split, indices } => {
                let predictions = gallery::said(&gallery::gallery(), *split, indices);
                driver.say(Event::Predicted { split: *split, step: 3_100, predictions }).await;
            }
            other => {
                let words = format!("{other:?}");
                let name = words.split([' ', '(', '{']).next().unwrap_or_default();
                // As wide as a column.
                told.push(name.trim_start_matches("Set").to_owned());
            }
        }
        driver.say(Event::Acknowledged { id, outcome: Ok(()) }).await;
    }
    told
}

/// What a key does: commands that are sent, the screen that it leads to, or what else is seen. Empty: nothing.
fn outcome(state: &State, screen: Screen, first: &[KeyEvent], pressed: KeyEvent) -> String {
    let mut found = String::new();
    // For pictures of the screen.
    let folder = tempfile::tempdir().unwrap();
    let mut state = state.clone();
    folder.path().clone_into(&mut state.config.paths.state);
    if let Some(run) = &mut state.run {
        run.folder = folder.path().join("run");
    }
    let (_, after) = run(state, async |mut driver| {
        // Where a table has more columns than there is room for.
        driver.resize(80, 24).await;
        driver.send(TerminalEvent::Key(key_of(shown_by(screen)))).await;
        answer(&mut driver).await;
        for &key in first {
            driver.send(TerminalEvent::Key(key)).await;
            answer(&mut driver).await;
        }
        // What was told of the keys before goes.
        driver.press_control('l').await;
        let before = driver.cells();
        driver.send(TerminalEvent::Key(pressed)).await;
        let told = answer(&mut driver).await;
        let (copied, suspended) = {
            let world = driver.world.borrow();
            (!world.copied.is_empty(), world.suspended > 0)
        };
        found = match () {
            () if !told.is_empty() => told.join(" "),
            () if copied => "copied".to_owned(),
            () if suspended => "suspended".to_owned(),
            () if driver.cells() != before => SEEN.to_owned(),
            () => String::new(),
        };
        // Not by a key: what was said of the last one stays.
        driver.lose_terminal().await;
        answer(&mut driver).await;
        driver.say(Event::Ended).await;
    });
    match &after.notice {
        _ if after.screen != screen => after.screen.to_string(),
        Some(_) if found == SEEN => REFUSED.to_owned(),
        _ => found,
    }
}

/// What is typed before a key has something to do that no movement brings it to.
fn approach(screen: Screen, action: Action) -> Option<Vec<KeyEvent>> {
    let typed = |text: &str| text.chars().map(|c| KeyEvent::from(crossterm::event::KeyCode::Char(c))).collect();
    let keys: Vec<Vec<KeyEvent>> = match (screen, action) {
        (_, Action::NextMatch | Action::PreviousMatch) => {
            vec![vec![key_of(Action::Search)], typed("e"), vec![key_of(Action::Confirm)]]
        }
        (Screen::Config, Action::Undo | Action::Write | Action::Default) => vec![
            vec![key_of(Action::Search)],
            typed("gradient_clip"),
            vec![key_of(Action::Confirm), key_of(Action::Confirm)],
            typed("7"),
            vec![key_of(Action::Confirm)],
        ],
        _ => return None,
    };
    Some(keys.concat())
}

fn is_promised(screen: Screen, row: &Binding) -> bool {
    row.group != Group::Own || own_keys(screen).iter().any(|own| own.actions.contains(&row.action))
}

/// Rows of keys, columns of screens.
fn table(state: &State) -> (String, Vec<String>) {
    let mut text = format!("{:<10}", "");
    for screen in Screen::VARIANTS {
        let _ = write!(text, " {:<12}", screen.to_string());
    }
    text.push('\n');
    let mut idle = Vec::new();
    for row in BINDINGS {
        let name = row.keys[0].to_string();
        let _ = write!(text, "{name:<10}");
        for &screen in Screen::VARIANTS {
            let pressed = row.keys[0].event();
            let promised = is_promised(screen, row);
            let ways = APPROACHES.iter().map(|way| way.iter().copied().map(key_of).collect());
            let typed = if promised { approach(screen, row.action) } else { None };
            let ways: Vec<Vec<KeyEvent>> = typed.into_iter().chain(ways).collect();
            let tried = if promised { ways.len() } else { 1 };
            let does = ways[..tried].iter().map(|first| outcome(state, screen, first, pressed));
            let does: Vec<String> = does.collect();
            let found = does.iter().find(|does| !does.is_empty() && *does != REFUSED);
            let does = found.or(does.first()).cloned().unwrap_or_default();
            // What the screen's own help promises is not refused; but there is no run to take away from under the curves.
            let refused = row.group == Group::Own && does == REFUSED && row.action != Action::LayOver;
            if promised && (does.is_empty() || refused) {
                idle.push(format!("{name} on {screen}"));
            }
            let _ = write!(text, " {:<12}", if does.is_empty() { "·" } else { &does });
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    (text, idle)
}

#[test]
fn every_key_does_on_every_screen_what_its_table_says_in_both_languages() {
    let (english, idle) = table(&everything());
    insta::assert_snapshot!(english);
    // A screen is where it is, what is drawn is drawn, and Enter has nothing to open everywhere.
    let may_be_idle = |name: &String| {
        let own_screen = Screen::VARIANTS.iter().any(|screen| *name == format!("{} on {screen}", *screen as u8));
        own_screen
            || name.starts_with("Ctrl-L ")
            || ["Enter on Train", "Enter on Pictures", "Enter on Log"].contains(&name.as_str())
    };
    let idle: Vec<String> = idle.into_iter().filter(|name| !may_be_idle(name)).collect();
    assert!(idle.is_empty(), "these do nothing: {idle:?}\n{english}");
    let (in_chinese, _) = table(&chinese(everything()));
    assert_eq!(in_chinese, english);
}
