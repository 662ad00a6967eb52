//! Screen 7: the runs there are, what came of each, and what can be done with them.

mod compare;
mod details;
mod opened;
mod table;

use crate::session::{RunRow, RunStanding};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{Overlay, RunColumn, RunFilter, RunsView, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::keys::KeyRow;
use crate::tui::widgets::{Click, Hits, frame, line_of, palette, tone_style, write, write_right};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use std::ops::Range;
use table::Table;

/// From this width on the chosen run stands beside the table.
const WIDE: u16 = 108;
/// Cells of that, at the least and at the most.
const SIDE: (u16, u16) = (40, 84);
/// Lines above the rows: what is shown, and the heads.
const ABOVE: u16 = 2;
/// Lines below them: the chosen run in a line, where it doesn't stand beside the table, and the keys.
const BELOW: u16 = 2;

/// Draws the screen into the inside of the frame. Returns where the cursor is, while something is typed.
pub fn render(state: &State, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) -> Option<Position> {
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    match (state.runs.view, state.runs.marked(), state.chosen_run()) {
        (RunsView::Compared, Some(pair), _) => {
            compare::render(state, pair, theme, inside, buffer, hits);
            None
        }
        (RunsView::Opened, _, Some(row)) => {
            opened::render(state, row, theme, inside, buffer, hits);
            None
        }
        (_, _, chosen) => {
            let mut left = area;
            if area.width >= WIDE
                && let Some(row) = chosen
            {
                let side = (area.width * 7 / 20).clamp(SIDE.0, SIDE.1);
                left.width -= side + 3;
                let right = Rect { x: left.right() + 3, width: side, ..area };
                details::render_beside(state, row, theme, right, buffer, hits);
                // Up to the frame, where no banner stands between.
                let above = u16::from(inside.y == 1);
                let wall =
                    Rect { x: left.right() + 1, y: inside.y - above, width: 1, height: inside.height + 1 + above };
                frame::wall(wall, theme.border, buffer);
            }
            render_table(state, theme, left, left.width < area.width, buffer, hits)
        }
    }
}

/// `beside`: the chosen run stands beside the table.
fn render_table(
    state: &State,
    theme: &Theme,
    area: Rect,
    beside: bool,
    buffer: &mut Buffer,
    hits: &mut Hits,
) -> Option<Position> {
    let words = &state.words.runs;
    let shown = state.runs_shown();
    let below = if beside { BELOW - 1 } else { BELOW };
    let rows = area.height.saturating_sub(ABOVE + below);
    let place = state.place_of_chosen(&shown);
    let first = place.saturating_sub(usize::from(rows) / 2).min(shown.len().saturating_sub(rows.into()));
    let part = first..(first + usize::from(rows)).min(shown.len());
    render_head(state, shown.len(), part, theme, line_of(area, 0), buffer, hits);
    if shown.is_empty() {
        let text = match (state.runs.is_listed(), state.runs.filter) {
            (false, _) => words.reading,
            (true, RunFilter::All) => words.none,
            (true, _) => words.none_of_these,
        };
        for (line, text) in format::wrap(text, area.width.into()).iter().enumerate() {
            let row = line_of(area, area.height / 3 + line as u16);
            let x = row.x + row.width.saturating_sub(format::width(text) as u16) / 2;
            write(buffer, Rect { x, width: row.right() - x, ..row }, &[(text, theme.dim)]);
        }
    } else {
        let table = Table::new(state, &shown, theme, area.width);
        table.render_heads(line_of(area, 1), buffer, hits);
        for (line, (place_of, row)) in shown.iter().enumerate().skip(first).take(rows.into()).enumerate() {
            let place_on = line_of(area, ABOVE + line as u16);
            table.render_row(row, place_of == place, place_on, buffer);
            hits.add(place_on, Click::Run(place_of));
        }
    }
    let line = line_of(area, area.height.saturating_sub(BELOW));
    if let Some(row) = shown.get(place).filter(|_| !beside) {
        // Where the list leaves a line free, what is wrong has two.
        let above = u16::from(shown.len() < usize::from(rows)).min(line.y);
        render_line(state, row, theme, (line, above), buffer);
    }
    let last = line_of(area, area.height.saturating_sub(1));
    if matches!(state.overlay, Some(Overlay::Search(_))) {
        return render_search(state, &shown, theme, last, buffer);
    }
    if !shown.is_empty() {
        KeyRow { state, theme, keys: &actions(state) }.render_left(last, buffer, hits);
    }
    None
}

/// What can be done with the chosen run, the most usual first.
fn actions(state: &State) -> Vec<(Action, &'static str)> {
    let words = &state.words.runs;
    let row = state.chosen_run();
    let laid = row.is_some_and(|row| state.runs.is_laid(row));
    let marked = row.is_some_and(|row| state.runs.is_marked(row));
    let finished = row.is_some_and(|row| state.standing(row) == RunStanding::Finished);
    vec![
        (Action::Confirm, words.open),
        (Action::EvaluateShown, words.evaluate_best),
        (Action::LayOver, if laid { words.take_away } else { words.lay }),
        (Action::Mark, if marked { words.unmark } else { words.mark }),
        (Action::DeleteRun, words.delete),
        (Action::ResumeRun, if finished { words.load } else { words.go_on }),
    ]
}

/// How many are shown, how they are ordered, and the keys for that.
fn render_head(
    state: &State,
    shown: usize,
    part: Range<usize>,
    theme: &Theme,
    row: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let (words, runs) = (&state.words.runs, &state.runs);
    let keys = [
        (Action::Order, words.order),
        (Action::ReverseOrder, words.reverse),
        (Action::Filter, words.filter_key),
        (Action::Search, words.search),
    ];
    let begin = KeyRow { state, theme, keys: &keys }.render_right(row, buffer, hits);
    let room = usize::from(begin.saturating_sub(row.x + 2));
    let mut count = (words.count)(shown, runs.rows().len());
    if part.len() < shown {
        count = format!("{count}  {}–{}", part.start + 1, part.end);
    }
    let filter = match runs.filter {
        RunFilter::All => String::new(),
        filter => format!("  {}", (words.filter)(filter)),
    };
    let arrow = if runs.reversed { " ▲" } else { "" };
    let order = match runs.rows() {
        [] => String::new(),
        _ => format!("  {}{arrow}", (words.ordered_by)((words.column)(runs.order).1)),
    };
    // The order of time is told where there is room; another one also has an arrow in the heads.
    let rest = format!("{filter}{order}");
    let rest = if format::width(&count) + format::width(&rest) <= room { rest } else { filter };
    if runs.is_listed() {
        let rest = format::truncate(&rest, room.saturating_sub(format::width(&count)));
        write(buffer, row, &[(&count, theme.title), (&rest, theme.dim)]);
    }
}

/// The chosen run in one line: what is wrong with it, or what else there is to know.
fn render_line(state: &State, row: &RunRow, theme: &Theme, (line, above): (Rect, u16), buffer: &mut Buffer) {
    let words = &state.words.runs;
    let room = usize::from(line.width).saturating_sub(2);
    if let Some(trouble) = details::trouble(row) {
        let mut lines = format::wrap(&trouble, room);
        let fits = lines.len() <= 1 + usize::from(above);
        if !fits {
            lines = vec![format::truncate(&trouble, room).into_owned()];
        }
        let top = line.y + 1 - lines.len() as u16;
        for (at, text) in lines.iter().enumerate() {
            let mark = if at == 0 { "▲ " } else { "  " };
            write(buffer, Rect { y: top + at as u16, ..line }, &[(mark, theme.warn), (text, theme.warn)]);
        }
        return;
    }
    let mut parts: Vec<String> = details::notes(state, row).into_iter().map(str::to_owned).collect();
    parts.extend(details::tested(state, row).map(|text| format!("{} {text}", words.test)));
    match details::settings(row) {
        None => parts.push(words.no_config.into()),
        Some(settings) if settings.is_empty() => parts.push(words.all_defaults.into()),
        Some(settings) => parts.extend(settings.iter().map(|(key, value, _)| format!("{key} = {value}"))),
    }
    let text = parts.join("  ");
    write(buffer, line, &[("› ", theme.dim), (&format::truncate(&text, room), theme.dim)]);
}

/// The line at the bottom while something is typed.
fn render_search(state: &State, shown: &[&RunRow], theme: &Theme, row: Rect, buffer: &mut Buffer) -> Option<Position> {
    let Some(Overlay::Search(input)) = &state.overlay else { return None };
    let words = &state.words.runs;
    let found = shown.iter().filter(|row| state.is_found(row)).count();
    if !input.value().is_empty() {
        write_right(buffer, row, &[(&(words.found)(found), if found == 0 { theme.warn } else { theme.dim })]);
    }
    let room = usize::from(row.width).saturating_sub(16);
    let scrolled = input.visual_scroll(room);
    write(buffer, row, &[("/", theme.key), (&palette::visible_part(input.value(), scrolled, room), theme.text)]);
    if input.value().is_empty() {
        let rest = Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row };
        write(buffer, rest, &[(words.search_hint, theme.faint)]);
    }
    let cursor = input.visual_cursor().max(scrolled) - scrolled;
    Some(Position::new(row.x + 1 + cursor as u16, row.y))
}

/// How it stands with a run: a symbol, a word, and how loudly.
fn look(state: &State, row: &RunRow, theme: &Theme) -> (&'static str, &'static str, Style) {
    let words = &state.words.runs;
    if state.runs.is_deleting(row) {
        return ("◌", words.deleting, theme.faint);
    }
    if state.is_open(row) && state.run_under_way() {
        let status = state.status();
        return (status.symbol, status.word, tone_style(theme, status.tone));
    }
    let standing = state.standing(row);
    let (symbol, style) = match standing {
        RunStanding::Running => ("●", theme.train),
        RunStanding::Finished => ("✔", theme.good),
        RunStanding::Stopped => ("■", theme.dim),
        RunStanding::Left => ("◂", theme.dim),
        RunStanding::Killed => ("▲", theme.warn),
        RunStanding::OtherVersion => ("?", theme.warn),
        RunStanding::Failed | RunStanding::Broken => ("✖", theme.bad),
    };
    (symbol, (words.standing)(standing), style)
}

/// The head of a column.
fn head_of(state: &State, column: RunColumn) -> &'static str {
    (state.words.runs.column)(column).0
}
