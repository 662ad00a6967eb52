//! Whatever is pressed, pasted, clicked and resized, on whatever screen: the program stays alive.

use crate::driver::{Driver, run};
use crate::{samples, story};
use alexnet_tui::metrics::Split;
use alexnet_tui::session::{Command, Event};
use alexnet_tui::tui::keymap::BINDINGS;
use alexnet_tui::tui::state::State;
use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use rstest::rstest;

/// A minute of a person who does something five times a second.
const EVENTS: usize = 300;

/// `SplitMix64`: the same storm for the same seed. `STORM_SEED` makes another one of it.
struct Chance(u64);

impl Chance {
    fn new(of: u64) -> Self {
        let seed = std::env::var("STORM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2012);
        // Seen where the test fails.
        std::io::Write::write_all(&mut std::io::stderr(), format!("STORM_SEED={seed}\n").as_bytes()).unwrap();
        Self(seed ^ of.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ x >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn of<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.below(some.len())]
    }

    fn key(&mut self) -> TerminalEvent {
        let named = [
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::F(12),
        ];
        let code = match self.below(10) {
            0..5 => self.of(&named),
            5..9 => KeyCode::Char((b'!' + self.below(94) as u8).into()),
            _ => KeyCode::Char(self.of(&['字', 'é', '\u{301}', ' ', '\u{10ffff}'])),
        };
        let modifiers = self.of(&[KeyModifiers::NONE, KeyModifiers::NONE, KeyModifiers::NONE, KeyModifiers::CONTROL]);
        // Twice it would end at once; how one leaves has tests of its own.
        let leaves = code == KeyCode::Char('c') && modifiers == KeyModifiers::CONTROL;
        TerminalEvent::Key(KeyEvent::new(if leaves { KeyCode::Null } else { code }, modifiers))
    }

    fn mouse(&mut self) -> TerminalEvent {
        let kind = match self.below(8) {
            0..4 => MouseEventKind::Down(MouseButton::Left),
            4 => MouseEventKind::Up(MouseButton::Left),
            5 => MouseEventKind::Drag(MouseButton::Left),
            6 => MouseEventKind::ScrollUp,
            _ => MouseEventKind::ScrollDown,
        };
        let (column, row) = (self.below(260) as u16, self.below(80) as u16);
        TerminalEvent::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    }

    fn size(&mut self) -> (u16, u16) {
        match self.below(5) {
            0 => (1 + self.below(8) as u16, 1 + self.below(8) as u16),
            1 => (80, 24),
            2 => (70 + self.below(30) as u16, 20 + self.below(10) as u16),
            _ => (1 + self.below(250) as u16, 1 + self.below(80) as u16),
        }
    }
}

/// The engine does as it is told. False: it was told to leave.
async fn grant(driver: &mut Driver) -> bool {
    while let Ok((id, command)) = driver.parts.commands.try_recv() {
        if command == Command::Leave {
            driver.say(Event::Ended).await;
            return false;
        }
        driver.say(Event::Acknowledged { id, outcome: Ok(()) }).await;
    }
    true
}

fn looked_at() -> State {
    let mut state = samples::sampled(story::evaluated());
    state.on_event(Event::Evaluated(story::pass(Split::Test, 2)));
    state
}

#[rstest]
#[case::before_the_pictures_are_read(0, story::opened())]
#[case::idle(1, story::idle_with_sample())]
#[case::training(2, story::training(930))]
#[case::evaluated(3, looked_at())]
#[case::in_trouble(4, samples::troubled())]
#[case::failed(5, story::failed(40))]
fn a_minute_of_anything_leaves_it_alive(#[case] of: u64, #[case] mut state: State) {
    let folder = tempfile::tempdir().unwrap();
    state.config.paths.state = folder.path().to_owned();
    if let Some(run) = &mut state.run {
        run.folder = folder.path().join("run");
    }
    let mut chance = Chance::new(of);
    let mut left = EVENTS;
    // Where it was left, another begins.
    while left > 0 {
        run(state.clone(), async |driver| weather(driver, &mut chance, &mut left).await);
    }
}

async fn weather(mut driver: Driver, chance: &mut Chance, left: &mut usize) {
    let mut step = 10_000;
    while *left > 0 {
        *left -= 1;
        match chance.below(20) {
            0..12 => driver.send(chance.key()).await,
            // Every key of the table comes up.
            12..14 => {
                let row = &BINDINGS[chance.below(BINDINGS.len())];
                let own = row.keys.iter().find_map(|key| key.to_string().parse::<char>().ok());
                driver.press(KeyCode::Char(own.unwrap_or(' '))).await;
            }
            14..17 => driver.send(chance.mouse()).await,
            17 => {
                let text = chance.of(&["99", "\u{1b}[2J\r\n\t", "字字字 e\u{301}", "", "-1e999", "[keys]\nsave=1"]);
                driver.send(TerminalEvent::Paste(text.repeat(1 + chance.below(40)))).await;
            }
            18 => {
                step += 1;
                driver.parts.outbox.step(story::step(step));
                driver.parts.outbox.snapshot(story::snapshot(step));
            }
            _ => {
                let (width, height) = chance.size();
                driver.resize(width, height).await;
            }
        }
        if !grant(&mut driver).await {
            return;
        }
    }
    // It still does what it is told.
    for _ in 0..3 {
        driver.press(KeyCode::Esc).await;
    }
    driver.resize(120, 36).await;
    driver.type_text("1?").await;
    driver.assert_shows("keys");
    driver.press_control('c').await;
    assert!(!grant(&mut driver).await);
}
