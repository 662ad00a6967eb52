//! A question before something that can't be undone, with its answers as buttons.

use super::{Click, Hits, centered, frame, line_of, write};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{Question, State};
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

const WIDTH: u16 = 54;

struct Words {
    name: &'static str,
    text: Cow<'static, str>,
    /// What answers yes, and what that does.
    yes: (Action, &'static str),
    no: &'static str,
}

fn words(question: Question, state: &State) -> Words {
    let words = &state.words.runs;
    let run = state.runs.to_delete().map(|row| (row.name.as_str(), format::bytes(row.bytes)));
    let (run, size) = run.unwrap_or_default();
    match question {
        Question::DeleteRun => Words {
            name: words.delete,
            text: (words.ask_to_delete)(run).into(),
            yes: (Action::Confirm, words.go_further),
            no: words.keep_it,
        },
        Question::DeleteRunForGood => Words {
            name: words.delete,
            text: (words.ask_again)(run, &size).into(),
            yes: (Action::DeleteRun, words.delete_for_good),
            no: words.keep_it,
        },
        Question::Leave => Words {
            name: "leave",
            text: "A run is under way. Finish the step, save its weights and leave?".into(),
            yes: (Action::Confirm, "save and leave"),
            no: "stay",
        },
        Question::Stop => Words {
            name: "stop",
            text: "End this run here? Its weights are saved as “last”, and R goes on with it if you change your mind."
                .into(),
            yes: (Action::Confirm, "stop the run"),
            no: "go on",
        },
    }
}

/// Draws it over the middle of the screen, whatever the screen's size.
pub fn render(question: Question, state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let words = words(question, state);
    let width = WIDTH.min(area.width);
    let text = format::wrap(&words.text, usize::from(width).saturating_sub(6).max(1));
    let height = text.len() as u16 + 6;
    if height > area.height || width < 40 {
        render_tiny(&words, state, theme, area, buffer, hits);
        return;
    }
    let place = centered(area, width, height);
    let inside = frame::popup(words.name, theme, place, buffer, hits);
    let inside = Rect { x: inside.x + 2, width: inside.width - 4, ..inside };
    for (line, text) in text.iter().enumerate() {
        write(buffer, line_of(inside, line as u16 + 1), &[(text, theme.text)]);
    }
    let row = line_of(inside, text.len() as u16 + 2);
    let (yes, text) = words.yes;
    let end = button(state, theme, yes, (text, true), row, buffer, hits);
    let rest = Rect { x: end + 3, width: row.right().saturating_sub(end + 3), ..row };
    button(state, theme, Action::Back, (words.no, false), rest, buffer, hits);
}

fn button(
    state: &State,
    theme: &Theme,
    action: Action,
    (label, default): (&str, bool),
    row: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) -> u16 {
    let key = state.keys.name(action);
    let style = if default { theme.selected } else { theme.text };
    let key_style = if default { theme.selected } else { theme.key };
    let end = write(buffer, row, &[(" ", style), (&key, key_style), ("  ", style), (label, style), (" ", style)]);
    hits.add(Rect { width: end - row.x, ..row }, Click::Action(action));
    end
}

/// Where a box doesn't fit: the answers first, for they must be seen.
fn render_tiny(words: &Words, state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    ratatui::widgets::Widget::render(ratatui::widgets::Clear, area, buffer);
    hits.add(area, Click::Nothing);
    for (line, (action, text)) in [words.yes, (Action::Back, words.no)].into_iter().enumerate() {
        let row = line_of(area, line as u16);
        let text = format!("{} {text}", state.keys.name(action));
        write(buffer, row, &[(&format::truncate(&text, area.width.into()), theme.title)]);
        hits.add(row, Click::Action(action));
    }
}
