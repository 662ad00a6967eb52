//! The one table of keys: footer, help and command palette are made from it.

use super::action::Action;
use super::format;
use super::state::Screen;
use crate::config::{self, Keys, Name};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::fmt;

/// A key as the table names it; Shift is told by the character, and counts beside an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    control: bool,
    /// Of an arrow.
    shift: bool,
}

const fn key(code: KeyCode) -> Key {
    Key { code, control: false, shift: false }
}

const fn shift(code: KeyCode) -> Key {
    Key { code, control: false, shift: true }
}

const fn char(c: char) -> Key {
    key(KeyCode::Char(c))
}

const fn control(c: char) -> Key {
    Key { code: KeyCode::Char(c), control: true, shift: false }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shift {
            f.write_str("Shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.control => write!(f, "Ctrl-{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            other => write!(f, "{other}"),
        }
    }
}

impl Key {
    /// What a terminal sends when it is pressed.
    pub const fn event(self) -> KeyEvent {
        let control = if self.control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
        let shift = if self.shift { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        KeyEvent::new(self.code, control.union(shift))
    }
}

impl From<config::Key> for Key {
    fn from(named: config::Key) -> Self {
        key(match named {
            config::Key::Control(letter) => return control(letter),
            config::Key::Char(c) => KeyCode::Char(c),
            config::Key::Function(number) => KeyCode::F(number),
            config::Key::Named(name) => match name {
                Name::Enter => KeyCode::Enter,
                Name::Esc => KeyCode::Esc,
                Name::Tab => KeyCode::Tab,
                Name::ShiftTab => KeyCode::BackTab,
                Name::Backspace => KeyCode::Backspace,
                Name::Delete => KeyCode::Delete,
                Name::Insert => KeyCode::Insert,
                Name::Up => KeyCode::Up,
                Name::Down => KeyCode::Down,
                Name::ShiftLeft => return shift(KeyCode::Left),
                Name::ShiftRight => return shift(KeyCode::Right),
                Name::Left => KeyCode::Left,
                Name::Right => KeyCode::Right,
                Name::PageUp => KeyCode::PageUp,
                Name::PageDown => KeyCode::PageDown,
                Name::Home => KeyCode::Home,
                Name::End => KeyCode::End,
            },
        })
    }
}

/// Under which heading of the help an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Group {
    /// What steers the run.
    Run,
    /// What a screen gives its own meaning: [`own_keys`].
    Own,
    /// What shows another screen.
    Screens,
    /// What concerns the program.
    Program,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// What happens.
    pub action: Action,
    /// What to press, where the person has not chosen otherwise: [`Keymap`] has what holds.
    pub keys: &'static [Key],
    /// Its heading in the help.
    pub group: Group,
    /// Two or three English words for the help and the palette; the other languages' are in [`super::words`].
    pub help: &'static str,
}

const fn row(action: Action, keys: &'static [Key], group: Group, help: &'static str) -> Binding {
    Binding { action, keys, group, help }
}

/// Every action, in the order in which help shows them.
pub const BINDINGS: &[Binding] = &[
    row(Action::StartOrPause, &[char(' ')], Group::Run, "start, pause, resume"),
    row(Action::StartOrStop, &[char('s')], Group::Run, "start a run, stop it"),
    row(Action::Step, &[char('.')], Group::Run, "one step, while paused"),
    row(Action::Save, &[char('c')], Group::Run, "save a checkpoint"),
    row(Action::Evaluate, &[char('e')], Group::Run, "evaluate on the test set"),
    row(Action::RateUp, &[char('+'), char('=')], Group::Run, "raise the learning rate"),
    row(Action::RateDown, &[char('-')], Group::Run, "lower the learning rate"),
    row(Action::ResumeRun, &[char('R')], Group::Run, "go on with the last run"),
    row(Action::Download, &[char('D')], Group::Run, "download the full data"),
    row(Action::SmoothLess, &[char('<')], Group::Own, "smooth the curves less"),
    row(Action::SmoothMore, &[char('>')], Group::Own, "smooth the curves more"),
    row(Action::LogScale, &[char('L')], Group::Own, "loss on a log scale"),
    row(Action::Axis, &[char('x')], Group::Own, "axis: step, epoch, time"),
    row(Action::ZoomIn, &[char('z')], Group::Own, "zoom into the curves"),
    row(Action::ZoomOut, &[char('Z')], Group::Own, "zoom out"),
    row(Action::ZoomAll, &[char('0')], Group::Own, "all of the curves"),
    row(Action::PanLeft, &[shift(KeyCode::Left)], Group::Own, "curves: further left"),
    row(Action::PanRight, &[shift(KeyCode::Right)], Group::Own, "curves: further right"),
    row(Action::Percent, &[char('%')], Group::Own, "matrix in counts, percent"),
    row(Action::OtherSplit, &[char('t')], Group::Own, "validation, test or training"),
    row(Action::EpochBefore, &[char('[')], Group::Own, "epoch before"),
    row(Action::EpochAfter, &[char(']')], Group::Own, "next epoch"),
    row(Action::Order, &[char('o')], Group::Own, "order by something else"),
    row(Action::ReverseOrder, &[char('O')], Group::Own, "reverse the order"),
    row(Action::EvaluateShown, &[char('E')], Group::Own, "evaluate what is shown"),
    row(Action::Undo, &[char('u')], Group::Own, "undo the last change"),
    row(Action::Default, &[char('r')], Group::Own, "set the default"),
    row(Action::Write, &[char('w')], Group::Own, "show the diff and write"),
    row(Action::LayOver, &[char('v')], Group::Own, "lay another run beneath"),
    row(Action::Mark, &[char('m')], Group::Own, "mark a run to compare"),
    row(Action::DeleteRun, &[key(KeyCode::Delete)], Group::Own, "delete a run"),
    row(Action::Up, &[key(KeyCode::Up), char('k')], Group::Own, "a line up"),
    row(Action::Down, &[key(KeyCode::Down), char('j')], Group::Own, "a line down"),
    row(Action::PageUp, &[key(KeyCode::PageUp)], Group::Own, "a page up"),
    row(Action::PageDown, &[key(KeyCode::PageDown)], Group::Own, "a page down"),
    row(Action::Top, &[key(KeyCode::Home), char('g')], Group::Own, "to the first"),
    row(Action::Bottom, &[key(KeyCode::End), char('G')], Group::Own, "to the last"),
    row(Action::Left, &[key(KeyCode::Left), char('h')], Group::Own, "a column to the left"),
    row(Action::Right, &[key(KeyCode::Right), char('l')], Group::Own, "a column to the right"),
    row(Action::Filter, &[char('f')], Group::Own, "filter what is shown"),
    row(Action::Search, &[char('/')], Group::Own, "search, go to"),
    row(Action::NextMatch, &[char('n')], Group::Own, "next match"),
    row(Action::PreviousMatch, &[char('N')], Group::Own, "match before"),
    row(Action::ShowTrain, &[char('1')], Group::Screens, "screen 1, Train"),
    row(Action::ShowLayers, &[char('2')], Group::Screens, "screen 2, Layers"),
    row(Action::ShowConfusion, &[char('3')], Group::Screens, "screen 3, Confusion"),
    row(Action::ShowPictures, &[char('4')], Group::Screens, "screen 4, Pictures"),
    row(Action::ShowConfig, &[char('6')], Group::Screens, "screen 6, Config"),
    row(Action::ShowRuns, &[char('7')], Group::Screens, "screen 7, Runs"),
    row(Action::ShowLog, &[char('8')], Group::Screens, "screen 8, Log"),
    row(Action::NextScreen, &[key(KeyCode::Tab)], Group::Screens, "next screen"),
    row(Action::PreviousScreen, &[key(KeyCode::BackTab)], Group::Screens, "previous screen"),
    row(Action::Help, &[char('?')], Group::Program, "this help"),
    row(Action::Palette, &[char(':')], Group::Program, "find a command"),
    row(Action::Confirm, &[key(KeyCode::Enter)], Group::Program, "open, confirm"),
    row(Action::Back, &[key(KeyCode::Esc)], Group::Program, "back, close, cancel"),
    row(Action::Copy, &[char('y')], Group::Program, "copy what is chosen"),
    row(Action::Screenshot, &[key(KeyCode::F(12))], Group::Program, "the screen to a file"),
    row(Action::Redraw, &[control('l')], Group::Program, "draw the screen anew"),
    row(Action::Suspend, &[control('z')], Group::Program, "go back to the shell"),
    row(Action::Quit, &[char('q')], Group::Program, "leave"),
    row(Action::LeaveNow, &[control('c')], Group::Program, "save and leave"),
];

/// What one or two actions mean on a screen.
#[derive(Clone, Copy, Debug)]
pub struct OwnKeys {
    /// Told in one line.
    pub actions: &'static [Action],
    /// What they do there, in the same order; in English.
    pub help: &'static str,
}

const fn own(actions: &'static [Action], help: &'static str) -> OwnKeys {
    OwnKeys { actions, help }
}

/// What a screen gives a meaning of its own, in the order in which its help shows it.
pub const fn own_keys(screen: Screen) -> &'static [OwnKeys] {
    use Action::{
        Axis, Bottom, Confirm, Default, DeleteRun, Down, EpochAfter, EpochBefore, EvaluateShown, Filter, LayOver, Left,
        LogScale, Mark, NextMatch, Order, OtherSplit, PageDown, PageUp, PanLeft, PanRight, Percent, PreviousMatch,
        ResumeRun, ReverseOrder, Right, Search, SmoothLess, SmoothMore, Top, Undo, Up, Write, ZoomAll, ZoomIn, ZoomOut,
    };
    match screen {
        Screen::Train => {
            &const {
                [
                    own(&[SmoothLess, SmoothMore], "smooth less, more"),
                    own(&[LogScale], "loss on a log scale"),
                    own(&[Axis], "axis: step, epoch, time"),
                    own(&[ZoomIn, ZoomOut], "zoom in, out"),
                    own(&[ZoomAll], "all of the curves"),
                    own(&[PanLeft, PanRight], "further left, right"),
                    own(&[Left, Right], "read the curves off"),
                    own(&[LayOver], "take the laid run away"),
                    own(&[Up, Down], "older, newer messages"),
                    own(&[PageUp, PageDown], "a page of them"),
                    own(&[Top, Bottom], "oldest, newest"),
                ]
            }
        }
        Screen::Layers => {
            &const {
                [
                    own(&[Up, Down], "layer above, below"),
                    own(&[PageUp, PageDown], "a page up, down"),
                    own(&[Top, Bottom], "first, last layer"),
                    own(&[Left, Right], "other columns"),
                    own(&[Confirm], "open the layer"),
                    own(&[Order], "order by the next column"),
                    own(&[ReverseOrder], "reverse the order"),
                ]
            }
        }
        Screen::Confusion => {
            &const {
                [
                    own(&[Up, Down], "true class"),
                    own(&[Left, Right], "what it is taken for"),
                    own(&[Top, Bottom], "first, last true class"),
                    own(&[Confirm], "the cell's pictures"),
                    own(&[Percent], "counts or percent"),
                    own(&[OtherSplit], "validation or test"),
                    own(&[EpochBefore, EpochAfter], "epoch before, after"),
                ]
            }
        }
        Screen::Pictures => {
            &const {
                [
                    own(&[Left, Right], "picture before, after"),
                    own(&[Up, Down], "a line up, down"),
                    own(&[PageUp, PageDown], "a page up, down"),
                    own(&[Top, Bottom], "first, last picture"),
                    own(&[Filter], "which pictures"),
                    own(&[Order], "order by another number"),
                    own(&[ReverseOrder], "reverse the order"),
                    own(&[Search], "go to an index"),
                    own(&[OtherSplit], "test, validation, train"),
                    own(&[EvaluateShown], "evaluate all of them"),
                ]
            }
        }
        Screen::Config => {
            &const {
                [
                    own(&[Up, Down], "setting above, below"),
                    own(&[PageUp, PageDown], "a page up, down"),
                    own(&[Top, Bottom], "first, last setting"),
                    own(&[Confirm], "edit the setting"),
                    own(&[Undo], "undo the last change"),
                    own(&[Default], "set its default"),
                    own(&[Write], "show the diff and write"),
                    own(&[Search], "search"),
                    own(&[NextMatch, PreviousMatch], "next match, one before"),
                ]
            }
        }
        Screen::Runs => {
            &const {
                [
                    own(&[Up, Down], "run above, below"),
                    own(&[PageUp, PageDown], "a page up, down"),
                    own(&[Top, Bottom], "first, last run"),
                    own(&[Confirm], "open the run"),
                    own(&[ResumeRun], "go on with it"),
                    own(&[EvaluateShown], "evaluate its best (test)"),
                    own(&[LayOver], "lay it beneath the curves"),
                    own(&[Mark], "mark; two are compared"),
                    own(&[DeleteRun], "delete it, asked twice"),
                    own(&[Order], "order by the next column"),
                    own(&[ReverseOrder], "reverse the order"),
                    own(&[Filter], "filter by state"),
                    own(&[Search], "search"),
                    own(&[NextMatch, PreviousMatch], "next match, one before"),
                ]
            }
        }
        Screen::Log => {
            &const {
                [
                    own(&[Up, Down], "line before, after"),
                    own(&[PageUp, PageDown], "a page up, down"),
                    own(&[Top], "to the oldest"),
                    own(&[Bottom], "follow the newest"),
                    own(&[Filter], "only from a level on"),
                    own(&[Search], "search"),
                    own(&[NextMatch, PreviousMatch], "next match, one before"),
                ]
            }
        }
    }
}

/// What shows a screen.
pub const fn shown_by(screen: Screen) -> Action {
    match screen {
        Screen::Train => Action::ShowTrain,
        Screen::Layers => Action::ShowLayers,
        Screen::Confusion => Action::ShowConfusion,
        Screen::Pictures => Action::ShowPictures,
        Screen::Config => Action::ShowConfig,
        Screen::Runs => Action::ShowRuns,
        Screen::Log => Action::ShowLog,
    }
}

/// The row of an action.
pub fn binding(action: Action) -> Option<&'static Binding> {
    BINDINGS.iter().find(|binding| binding.action == action)
}

/// The keys in force: those that the person chose, else those of the table.
#[derive(Clone, Debug)]
pub struct Keymap {
    keys: Vec<(Action, Vec<Key>)>,
    /// Whether names are in ASCII: there an arrow would look like another key.
    pub ascii: bool,
}

impl Keymap {
    /// Those of the table, but where a choice was made.
    pub fn new(chosen: &Keys) -> Self {
        let keys = |row: &Binding| {
            let chosen = chosen.chosen(row.action.into());
            chosen.map_or_else(|| row.keys.to_vec(), |keys| keys.iter().copied().map(Key::from).collect())
        };
        Self { keys: BINDINGS.iter().map(|row| (row.action, keys(row))).collect(), ascii: false }
    }

    /// All keys of an action; the first is shown where there is room for one.
    pub fn of(&self, action: Action) -> &[Key] {
        self.keys.iter().find(|(other, _)| *other == action).map_or(&[], |(_, keys)| keys)
    }

    /// A key, written out.
    pub fn written(&self, key: Key) -> String {
        let name = key.to_string();
        if !self.ascii {
            return name;
        }
        let arrows = [("↑", "Up"), ("↓", "Down"), ("←", "Left"), ("→", "Right")];
        arrows.iter().fold(name, |name, (arrow, word)| name.replace(arrow, word))
    }

    /// The first key of an action, written out.
    pub fn name(&self, action: Action) -> String {
        self.of(action).first().map(|&key| self.written(key)).unwrap_or_default()
    }

    /// The shortest key of an action, written out: for a row that has to hold many.
    pub fn shortest(&self, action: Action) -> String {
        let names = self.of(action).iter().map(|&key| self.written(key));
        names.min_by_key(|name| format::width(name)).unwrap_or_default()
    }

    /// What a key press means to whoever takes the keys.
    pub fn meaning(&self, mode: Mode, event: KeyEvent) -> Meaning {
        if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::ALT) {
            return Meaning::Nothing;
        }
        let is_arrow = matches!(event.code, KeyCode::Left | KeyCode::Right | KeyCode::Up | KeyCode::Down);
        let pressed = Key {
            code: event.code,
            control: event.modifiers.contains(KeyModifiers::CONTROL),
            shift: is_arrow && event.modifiers.contains(KeyModifiers::SHIFT),
        };
        let is_text = matches!(event.code, KeyCode::Char(_)) && !pressed.control;
        let found = self.keys.iter().find(|(_, keys)| keys.contains(&pressed)).map(|(action, _)| *action);
        match (mode, found) {
            (Mode::Text, _) if is_text => Meaning::Text(event),
            (Mode::Dialog, _) if is_text => Meaning::Nothing,
            // Home, End and the arrows move in the text, and Del takes a letter away.
            (
                Mode::Text,
                None
                | Some(
                    Action::Top
                    | Action::Bottom
                    | Action::Left
                    | Action::Right
                    | Action::PanLeft
                    | Action::PanRight
                    | Action::DeleteRun,
                ),
            ) => Meaning::Text(event),
            (_, Some(action)) => Meaning::Action(action),
            (_, None) => Meaning::Nothing,
        }
    }
}

/// Who takes the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A screen, or the help: every key of the table.
    Browse,
    /// A question: only what answers it.
    Dialog,
    /// A line of text: characters are text.
    Text,
}

/// What a key press comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// An action of the table.
    Action(Action),
    /// Part of a text.
    Text(KeyEvent),
    /// Nothing here.
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ACTIONS, Field};
    use std::collections::HashSet;
    use strum::VariantArray;

    #[test]
    fn every_action_has_one_row_and_no_key_has_two_meanings() {
        for &action in Action::VARIANTS {
            let rows = BINDINGS.iter().filter(|binding| binding.action == action).count();
            assert_eq!(rows, 1, "{action:?} has {rows} rows in the key table");
        }
        let mut seen = HashSet::new();
        for key in BINDINGS.iter().flat_map(|binding| binding.keys) {
            assert!(seen.insert(key.to_string()), "{key} is bound twice");
        }
    }

    #[test]
    fn the_configuration_knows_every_action_and_its_keys() {
        let ours = |row: &Binding| (<&str>::from(row.action), row.keys.to_vec());
        let named = |action: &Field| {
            let config::Literal::Keys(keys) = action.default else { return (action.name(), Vec::new()) };
            let keys = keys.iter().filter_map(|key| key.parse::<config::Key>().ok()).map(Key::from);
            (action.name(), keys.collect())
        };
        let (ours, named): (Vec<_>, Vec<_>) =
            (BINDINGS.iter().map(ours).collect(), ACTIONS.iter().map(named).collect());
        assert_eq!(ours, named, "src/config/keys.rs names the actions of this table, in its order, with their keys");
    }

    #[test]
    fn every_action_that_screens_give_a_meaning_is_explained_on_one_of_them() {
        let told: HashSet<_> =
            Screen::VARIANTS.iter().flat_map(|&screen| own_keys(screen)).flat_map(|keys| keys.actions).collect();
        for binding in BINDINGS.iter().filter(|binding| binding.group == Group::Own) {
            assert!(told.contains(&binding.action), "{:?} is in no screen's help", binding.action);
        }
    }

    #[test]
    fn shift_is_told_by_the_character() {
        let keys = Keymap::new(&Keys::default());
        let meaning = |mode, key| keys.meaning(mode, key);
        let download = KeyEvent::new(KeyCode::Char('D'), KeyModifiers::SHIFT);
        assert_eq!(meaning(Mode::Browse, download), Meaning::Action(Action::Download));
        let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        for mode in [Mode::Browse, Mode::Dialog, Mode::Text] {
            assert_eq!(meaning(mode, control_c), Meaning::Action(Action::LeaveNow));
        }
        assert_eq!(meaning(Mode::Text, download), Meaning::Text(download));
    }
}
