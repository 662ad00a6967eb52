//! What every key does here and now: the screen's own first, and at the end what can't be done, with the reason.

use super::{Click, Hits, centered, frame, line_of, write, write_right};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::keymap::{BINDINGS, Group, Key, Keymap, own_keys};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// More lines than there ever are.
pub const LINES: usize = 2 * BINDINGS.len();
/// Width of a column, and of the keys in it.
const COLUMN: u16 = 37;
const KEYS: u16 = 13;
const GAP: u16 = 2;
const SHIFT: &str = "Shift-";

enum HelpLine {
    Empty,
    Heading(&'static str),
    Keys { actions: Vec<Action>, text: Cow<'static, str>, possible: bool },
}

/// Draws it over the screen.
pub fn render(state: &State, theme: &Theme, scroll: usize, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let words = &state.words.overlays;
    let Contents { columns, not_now } = Contents::of(state);
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let height = rows + not_now.len();
    let place = centered(area, 2 * COLUMN + GAP + 4, (height as u16).saturating_add(2));
    let inside = frame::popup(words.keys, theme, place, buffer, hits);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let scroll = scroll.min(height.saturating_sub(inside.height.into()));
    for line in 0..inside.height {
        let (row, index) = (line_of(inside, line), scroll + usize::from(line));
        for (column, x) in columns.iter().zip([inside.x, inside.x + COLUMN + GAP]) {
            if let Some(content) = column.get(index) {
                let width = COLUMN.min(inside.right().saturating_sub(x));
                render_line(state, theme, content, Rect { x, width, ..row }, buffer, hits);
            }
        }
        if let Some(content) = index.checked_sub(rows).and_then(|index| not_now.get(index)) {
            render_line(state, theme, content, row, buffer, hits);
        }
    }
    let edge = Rect { y: place.bottom() - 1, height: 1, width: place.width.saturating_sub(2), ..place };
    let more = height > scroll + usize::from(inside.height);
    let close = format!(" {} {} ", state.keys.name(Action::Back), words.close);
    let hint = if more { format!("{}─{close}", words.more) } else { close };
    write_right(buffer, edge, &[(&hint, theme.dim)]);
}

struct Contents {
    columns: [Vec<HelpLine>; 2],
    /// Beneath both.
    not_now: Vec<HelpLine>,
}

impl Contents {
    fn of(state: &State) -> Self {
        let words = &state.words.keys;
        let own = own_keys(state.screen).iter().map(|keys| (keys.actions, (words.own)(state.screen, keys)));
        let own: Vec<_> = own.collect();
        let group = |group: Group| -> Vec<_> {
            let is_own = |action: Action| own.iter().any(|(actions, _)| actions.contains(&action));
            let rows = BINDINGS.iter().filter(|binding| binding.group == group && !is_own(binding.action));
            rows.map(|binding| (std::slice::from_ref(&binding.action), (words.help)(binding))).collect()
        };
        let mut refused = Vec::new();
        let mut section = |heading, rows: Vec<(&[Action], &'static str)>| {
            let mut lines = vec![HelpLine::Heading(heading)];
            for (actions, text) in rows {
                let actions = actions.to_vec();
                match actions.iter().find_map(|&action| state.possible(action).err()) {
                    None => lines.push(HelpLine::Keys { actions, text: text.into(), possible: true }),
                    Some(reason) => {
                        let text = (state.words.overlays.why_not)(text, reason).into();
                        refused.push(HelpLine::Keys { actions, text, possible: false });
                    }
                }
            }
            lines
        };
        let pairs = [
            [
                section(words.screen(state.screen), own.clone()),
                section((words.group)(Group::Screens), group(Group::Screens)),
            ],
            [
                section((words.group)(Group::Run), group(Group::Run)),
                section((words.group)(Group::Program), group(Group::Program)),
            ],
        ];
        let columns = pairs.map(|[mut upper, lower]| {
            upper.push(HelpLine::Empty);
            upper.extend(lower);
            upper
        });
        let mut not_now = Vec::new();
        if !refused.is_empty() {
            not_now.extend([HelpLine::Empty, HelpLine::Heading(state.words.overlays.not_now)]);
        }
        not_now.extend(refused);
        Self { columns, not_now }
    }
}

fn render_line(state: &State, theme: &Theme, line: &HelpLine, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    match line {
        HelpLine::Empty => {}
        HelpLine::Heading(name) => {
            write(buffer, row, &[(name, theme.title)]);
        }
        HelpLine::Keys { actions, text, possible } => {
            let (key, style) = if *possible { (theme.key, theme.text) } else { (theme.faint, theme.faint) };
            let mut x = row.x;
            for (name, action) in keys_of(actions, &state.keys) {
                let from = x;
                let rest = Rect { x, width: row.right().saturating_sub(x), ..row };
                x = write(buffer, rest, &[(&name, key), (" ", style)]);
                hits.add(Rect { x: from, width: x.saturating_sub(from), ..row }, Click::Action(action));
            }
            let x = x.max(row.x + KEYS);
            let rest = Rect { x, width: row.right().saturating_sub(x), ..row };
            write(buffer, rest, &[(&format::truncate(text, rest.width.into()), style)]);
            if let [action] = actions[..] {
                hits.add(rest, Click::Action(action));
            }
        }
    }
}

/// The first key of each action, then the second of each: `↑ ↓ k j`.
fn keys_of(actions: &[Action], keymap: &Keymap) -> Vec<(String, Action)> {
    let keys = |action: Action| keymap.of(action);
    let most = actions.iter().map(|&action| keys(action).len()).max().unwrap_or(0);
    let at = |place: usize| actions.iter().filter_map(move |&action| Some((keys(action).get(place)?, action)));
    let names = (0..most).flat_map(at).map(|(&key, action): (&Key, Action)| (keymap.written(key), action));
    let mut names: Vec<(String, Action)> = names.collect();
    // Of two with Shift it is said once: the names have a column.
    for at in (1..names.len()).rev() {
        if names[at - 1..=at].iter().all(|(name, _)| name.starts_with(SHIFT)) {
            names[at].0.drain(..SHIFT.len());
        }
    }
    names
}
