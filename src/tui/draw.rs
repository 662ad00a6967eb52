//! From the state to a frame: which screen, and what lies over it.

use super::action::Action;
use super::screens;
use super::state::{Overlay, Screen, State};
use super::theme::Theme;
use super::widgets::{Hits, banner, choice, clash, diff, frame, help, palette, question, tone_style};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;

/// The least size that the screens are made for.
pub const LEAST: (u16, u16) = (80, 24);

/// Draws everything. Returns where it can be clicked.
pub fn draw(state: &State, theme: &Theme, target: &mut Frame) -> Hits {
    let mut hits = Hits::default();
    let area = target.area();
    let cursor = render(state, theme, area, target.buffer_mut(), &mut hits);
    if let Some(cursor) = cursor {
        target.set_cursor_position(cursor);
    }
    hits
}

/// The same frame for paper: not on the terminal.
pub fn on_paper(state: &State, theme: &Theme, size: Size) -> Buffer {
    let area = Rect::from((Position::ORIGIN, size));
    let mut buffer = Buffer::empty(area);
    let mut theme = theme.clone();
    theme.images = theme.images.on_paper();
    render(state, &theme, area, &mut buffer, &mut Hits::default());
    buffer
}

fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) -> Option<Position> {
    let small = area.width < LEAST.0 || area.height < LEAST.1;
    let mut cursor = None;
    if small {
        render_too_small(state, theme, area, buffer);
    } else {
        let inside = frame::render(theme, area, buffer);
        let inside = banner::render_above(state, theme, inside, buffer, hits);
        match state.screen {
            Screen::Train => screens::train::render(state, theme, inside, buffer, hits),
            Screen::Layers => screens::layers::render(state, theme, inside, buffer, hits),
            Screen::Pictures => cursor = screens::pictures::render(state, theme, inside, buffer, hits),
            Screen::Confusion => screens::confusion::render(state, theme, inside, buffer, hits),
            Screen::Config => cursor = screens::config::render(state, theme, inside, buffer, hits),
            Screen::Runs => cursor = screens::runs::render(state, theme, inside, buffer, hits),
            Screen::Log => cursor = screens::log::render(state, theme, inside, buffer, hits),
        }
        frame::render_edges(state, theme, area, buffer, hits);
    }
    if !matches!(state.overlay, None | Some(Overlay::Search(_) | Overlay::Edit(_))) && !small {
        recede(theme, area, buffer);
    }
    match &state.overlay {
        Some(Overlay::Question(asked)) => question::render(*asked, state, theme, area, buffer, hits),
        Some(Overlay::Help { scroll }) if !small => help::render(state, theme, *scroll, area, buffer, hits),
        Some(Overlay::Diff(shown)) if !small => diff::render(shown, state, theme, area, buffer, hits),
        Some(Overlay::Clash(shown)) if !small => clash::render(shown, state, theme, area, buffer, hits),
        Some(Overlay::Choice(list)) if !small => choice::render(list, state, theme, area, buffer, hits),
        Some(Overlay::Palette(typed)) if !small => {
            return Some(palette::render(typed, state, theme, area, buffer, hits));
        }
        _ => {}
    }
    cursor
}

/// What lies beneath an overlay steps back: one faint colour, and pictures darker ones.
fn recede(theme: &Theme, area: Rect, buffer: &mut Buffer) {
    for cell in area.positions() {
        if let Some(cell) = buffer.cell_mut(cell)
            && !theme.greys.recede(cell)
        {
            cell.set_style(Style::reset().patch(theme.faint));
        }
    }
}

fn render_too_small(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let status = state.status();
    let lines = [
        (format!("alexnet-tui needs {} × {}", LEAST.0, LEAST.1), theme.title),
        (format!("this terminal is {} × {}", area.width, area.height), theme.dim),
        (String::new(), theme.dim),
        (
            format!("{} {}   {} leave", status.symbol, status.word, state.keys.name(Action::Quit)),
            tone_style(theme, status.tone),
        ),
    ];
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (line, (text, style)) in lines.iter().enumerate() {
        let y = top + line as u16;
        let text = super::format::truncate(text, area.width.into());
        let x = area.x + area.width.saturating_sub(super::format::width(&text) as u16) / 2;
        if y < area.bottom() {
            buffer.set_string(x, y, text, *style);
        }
    }
}
