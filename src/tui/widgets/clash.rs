//! The question that is asked where others have changed the same settings in the file.

use super::{Click, Hits, centered, diff, frame, line_of, write};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{ClashChoice, ClashState, State};
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const WIDTH: u16 = 74;

/// Draws it over the middle of the screen.
pub fn render(shown: &ClashState, state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let words = &state.words.config;
    let width = WIDTH.min(area.width.saturating_sub(4));
    let text = format::wrap(words.clash_text, usize::from(width).saturating_sub(6));
    let choices = [
        (ClashChoice::Ours, words.write_ours),
        (ClashChoice::Theirs, words.take_theirs),
        (ClashChoice::Neither, words.write_nothing),
    ];
    // The answers must be seen, however many settings there are.
    let around = text.len() as u16 + choices.len() as u16 + 6;
    let rows = (shown.clashes.len() as u16).min(area.height.saturating_sub(around + 2));
    let place = centered(area, width, rows + around);
    let inside = frame::popup(words.clash, theme, place, buffer, hits);
    let inside = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), ..inside };
    let mut line = 1;
    for text in &text {
        write(buffer, line_of(inside, line), &[(text, theme.text)]);
        line += 1;
    }
    line += 1;
    for clash in shown.clashes.iter().take(rows.into()) {
        let [key, ours, theirs] = ClashState::values(clash, words.nothing);
        let values = format!("{} {ours}   {} {theirs}", words.ours, words.theirs);
        let row = line_of(inside, line);
        let end = write(buffer, row, &[(&key, theme.title), ("   ", theme.dim)]);
        let rest = Rect { x: end, width: row.right().saturating_sub(end), ..row };
        write(buffer, rest, &[(&format::truncate(&values, rest.width.into()), theme.text)]);
        line += 1;
    }
    line += 1;
    for (choice, label) in choices {
        let row = line_of(inside, line);
        let chosen = choice == shown.selected;
        let style = if chosen { theme.selected } else { theme.text };
        write(buffer, row, &[(if chosen { "› " } else { "  " }, style), (label, style), (" ", style)]);
        hits.add(row, Click::Clash(choice));
        line += 1;
    }
    diff::render_keys(
        state,
        &[(Action::Confirm, words.confirm), (Action::Back, words.back)],
        theme,
        place,
        buffer,
        hits,
    );
}
