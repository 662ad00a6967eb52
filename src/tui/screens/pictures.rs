//! Screen 4: the pictures, and what the net says of each.

use crate::metrics::Split;
use crate::session::{Gallery, Phase, Task};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{Grid, Overlay, State, View};
use crate::tui::theme::Theme;
use crate::tui::widgets::header::render_bar;
use crate::tui::widgets::verdict::{self, ago, fitting};
use crate::tui::widgets::{Click, Hits, centered, line_of, palette, picture, thumbnails, write, write_right};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// Cells of the column of the large picture, at the least, and between it and the thumbnails.
const COLUMN: u16 = 38;
const GAP: u16 = 2;
/// Thumbnails side by side, at the least, for the large picture to stand beside them.
const FEWEST: u16 = 4;
/// Cells for words and bars beside the large picture, where there is no column for it.
const WORDS: u16 = 46;
/// Below this width the note is told in fewer words.
const NARROW: u16 = 56;
/// Cells of a bar of progress, at the most.
const BAR: u16 = 30;

/// Draws the screen into the inside of the frame. Returns where the cursor is while something is typed.
pub fn render(state: &State, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) -> Option<Position> {
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    // The state is asked after every frame, thumbnails or not.
    hits.grid = Some(Grid::default());
    if state.pictures.gallery().is_none() {
        write(buffer, line_of(area, 0), &[("the pictures come here once they are read", theme.faint)]);
        return None;
    }
    let cursor = if let Some(Overlay::Search(input)) = &state.overlay {
        Some(render_input(input, state, theme, line_of(area, 0), buffer))
    } else {
        render_head(state, theme, line_of(area, 0), buffer, hits);
        None
    };
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if state.pictures.waits() {
        render_waiting(state, theme, body, buffer, hits);
    } else if state.pictures.shown().is_empty() {
        render_nothing(state, theme, body, buffer, hits);
    } else {
        render_pictures(state, theme, body, buffer, hits);
    }
    cursor
}

/// What is shown, each behind the key that changes it; where one is.
fn render_head(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let shown = &state.pictures;
    let (split, filter) = (shown.split().to_string(), state.filter_name(shown.view().filter));
    let mut keys = vec![
        (Action::OtherSplit, split.as_str(), theme.title),
        (Action::Filter, &filter, theme.title),
        (Action::Order, shown.view().order_name(), theme.title),
        (Action::Search, "go to", theme.dim),
    ];
    let place = (shown.at() + 1).min(shown.shown().len());
    let place = format!("{} of {}", format::count(place as u64), format::count(shown.shown().len() as u64));
    let width = |keys: &[(Action, &str, Style)]| keys.iter().map(|key| format::width(key.1) + 4).sum::<usize>();
    let room = usize::from(row.width).saturating_sub(format::width(&place));
    if width(&keys) > room {
        keys.pop();
    }
    let mut x = row.x;
    let has_room = width(&keys) <= room;
    for (action, label, style) in keys {
        let from = x;
        let rest = Rect { x, width: row.right().saturating_sub(x), ..row };
        let end = write(buffer, rest, &[(&state.keys.name(action), theme.key), (" ", theme.dim), (label, style)]);
        hits.add(Rect { x: from, width: end - from, ..row }, Click::Action(action));
        x = end + 2;
    }
    if has_room && !shown.shown().is_empty() {
        write_right(buffer, row, &[(&place, theme.dim)]);
    }
}

/// The line in which the number of a picture is typed.
fn render_input(input: &tui_input::Input, state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer) -> Position {
    let room = usize::from(row.width).saturating_sub(4);
    let scrolled = input.visual_scroll(room);
    write(buffer, row, &[("/ ", theme.key), (&palette::visible_part(input.value(), scrolled, room), theme.text)]);
    let split = state.pictures.split();
    if let Some(&[first, .., last]) = state.pictures.gallery().map(|gallery| gallery.indices(split))
        && input.value().is_empty()
    {
        let (first, last) = (format::count(first.into()), format::count(last.into()));
        let hint = format!("the index of a picture of {split}, {first} to {last}; Enter goes there");
        let rest = Rect { x: row.x + 3, width: row.width.saturating_sub(3), ..row };
        write(buffer, rest, &[(&hint, theme.faint)]);
    }
    let cursor = input.visual_cursor().max(scrolled) - scrolled;
    Position::new(row.x + 2 + cursor as u16, row.y)
}

/// Pictures done and in all, while every picture of a split is predicted.
fn progress(state: &State) -> Option<(Split, u64, u64)> {
    let task = state.snapshot.task.filter(|_| state.phase == Phase::Evaluating)?;
    match task.task {
        Task::Evaluation(split) => Some((split, task.done, task.total)),
        Task::Validation | Task::Download => None,
    }
}

/// How far the evaluation is, or how old; before a run, what begins one.
fn render_note(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let (pictures, room) = (&state.pictures, usize::from(row.width));
    let is_narrow = row.width < NARROW;
    let mut line = Line { state, theme, row, x: row.x, buffer, hits };
    if state.phase == Phase::Evaluating {
        let (split, done, total) = progress(state).unwrap_or((pictures.split(), 0, 0));
        let texts = [format!("evaluating {split}"), "evaluating".into()];
        line.text(fitting(&texts, if is_narrow { 10 } else { room }), theme.evaluation);
        if total > 0 {
            let fraction = done as f64 / total as f64;
            let total = format::count(total);
            let numbers = if is_narrow {
                format!("{:>3.0} %", fraction * 100.0)
            } else {
                format!("{:>width$} of {total}", format::count(done), width = total.len())
            };
            // Behind it come the numbers and the key, each after two cells.
            let width = line.left().saturating_sub(format::width(&numbers) as u16 + 2 * 2 + 11).min(BAR);
            line.bar(fraction, width);
            line.text(&numbers, theme.dim);
        }
        line.key(Action::Back, "cancels");
    } else if let Some(step) = pictures.pass_step() {
        let ago = ago(state, step);
        let texts =
            [format!("evaluated at step {}, {ago}", format::count(step)), format!("evaluated {ago}"), ago.clone()];
        let label = if is_narrow { "anew" } else { "evaluates anew" };
        line.text(fitting(&texts, room.saturating_sub(label.len() + 4)), theme.dim);
        line.key(Action::EvaluateShown, label);
    } else if pictures.has_net() {
        let all = format!("evaluates all {}", format::count(pictures.total() as u64));
        line.text("not evaluated in this run", theme.dim);
        line.key(Action::EvaluateShown, if is_narrow { "evaluates" } else { &all });
    } else {
        line.key(Action::StartOrPause, "starts one");
    }
}

/// A line that is written from left to right.
struct Line<'a> {
    state: &'a State,
    theme: &'a Theme,
    row: Rect,
    x: u16,
    buffer: &'a mut Buffer,
    hits: &'a mut Hits,
}

impl Line<'_> {
    fn left(&self) -> u16 {
        self.row.right().saturating_sub(self.x)
    }

    fn rest(&self) -> Rect {
        Rect { x: self.x, width: self.left(), ..self.row }
    }

    fn text(&mut self, text: &str, style: Style) {
        self.x = write(self.buffer, self.rest(), &[(text, style)]) + 2;
    }

    fn bar(&mut self, fraction: f64, width: u16) {
        if width >= 6 && self.row.height > 0 {
            let place = Rect { width, ..self.rest() };
            render_bar(fraction, place, self.theme.evaluation, self.theme.border, self.buffer);
            self.x += width + 2;
        }
    }

    fn key(&mut self, action: Action, label: &str) {
        let (from, theme) = (self.rest(), self.theme);
        let end = write(
            self.buffer,
            from,
            &[(&self.state.keys.name(action), theme.key), (" ", theme.dim), (label, theme.dim)],
        );
        self.hits.add(Rect { width: end.saturating_sub(from.x), ..from }, Click::Action(action));
        self.x = end + 2;
    }
}

/// While the net is asked about every picture, because what is to be shown can't be told before.
fn render_waiting(state: &State, theme: &Theme, body: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let pictures = &state.pictures;
    let (split, view) = (pictures.split(), pictures.view());
    let name =
        if View::of(view.filter).needs_pass() { state.filter_name(view.filter) } else { view.order_name().into() };
    let place = centered(body, 64, 6);
    let all = format::count(pictures.total() as u64);
    let text = format!("“{name}” needs the net's answer to all {all} pictures of {split}");
    let lines = format::wrap(&text, place.width.into());
    for (line, text) in (0..).zip(&lines) {
        write(buffer, line_of(place, line), &[(text, theme.text)]);
    }
    let below = lines.len() as u16 + 1;
    let (row, numbers_row) = (line_of(place, below), line_of(place, below + 1));
    match progress(state) {
        Some((evaluated, done, total)) if evaluated == split => {
            let fraction = done as f64 / total.max(1) as f64;
            render_bar(fraction, row, theme.evaluation, theme.border, buffer);
            let numbers = format!("{} of {}   {:.0} %", format::count(done), format::count(total), fraction * 100.0);
            write(buffer, numbers_row, &[(&numbers, theme.dim)]);
        }
        Some((other, ..)) => {
            let text = format!("it waits until the evaluation of {other} has ended");
            write(buffer, row, &[(&text, theme.dim)]);
        }
        None => render_bar(0.0, row, theme.evaluation, theme.border, buffer),
    }
    if state.phase == Phase::Evaluating {
        let width = 11;
        let end = Rect { x: place.right().saturating_sub(width), width, ..numbers_row };
        Line { state, theme, row: end, x: end.x, buffer, hits }.key(Action::Back, "cancels");
    }
}

fn render_nothing(state: &State, theme: &Theme, body: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let (split, name) = (state.pictures.split(), state.filter_name(state.pictures.view().filter));
    let text = format!("no picture of {split} is “{name}”");
    let place = centered(body, (format::width(&text) as u16).max(60), 5);
    write(buffer, line_of(place, 0), &[(&text, theme.text)]);
    let row = line_of(place, 2);
    Line { state, theme, row, x: row.x, buffer, hits }.key(Action::Filter, "shows others");
    render_note(state, theme, line_of(place, 4), buffer, hits);
}

/// The large picture with what is said of it, and the thumbnails: side by side where there is room, else one above the
/// other.
fn render_pictures(state: &State, theme: &Theme, body: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let around = verdict::TABLE + state.classes() as u16 + 3;
    let room = (body.width.saturating_sub(GAP + thumbnails::width(FEWEST)), body.height.saturating_sub(around));
    if let Some((wide, tall)) = picture::size(Gallery::SIDE, room, 2)
        && room.0 >= COLUMN
    {
        // What is left below whole lines of thumbnails: a part of it above.
        let above = (body.height % thumbnails::LINES / 2).min(room.1 - tall);
        let body = Rect { y: body.y + above, height: body.height - above, ..body };
        let columns = thumbnails::columns(body.width - GAP - wide.max(COLUMN));
        let grid = Rect { width: thumbnails::width(columns), ..body };
        let x = grid.right() + GAP;
        let column = Rect { x, width: body.right() - x, ..body };
        thumbnails::render(state, theme, grid, buffer, hits);
        // In the middle, or in line with the words where that is nearly the same.
        let indent = Some((column.width - wide) / 2).filter(|&indent| indent > 2).unwrap_or(0);
        let place = Rect { x: x + indent, width: wide, height: tall, ..column };
        render_large(state, theme, place, buffer, hits);
        let below = |y: u16| Rect { y, height: body.bottom().saturating_sub(y), ..column };
        let table = below(place.bottom() + 1);
        verdict::render_table(state, theme, table, buffer);
        render_note(state, theme, line_of(table, verdict::TABLE), buffer, hits);
        verdict::render_bars(state, theme, below(table.y + verdict::TABLE + 2), buffer);
        return;
    }
    let Some((wide, tall)) = picture::size(Gallery::SIDE, (body.width, body.height), 1) else { return };
    let place = Rect { width: wide, height: tall, ..body };
    render_large(state, theme, place, buffer, hits);
    // Low and wide: the thumbnails stand at the right.
    let beside = body.width >= wide + WORDS + 2 * GAP + thumbnails::width(FEWEST);
    let x = place.right() + GAP;
    let words = Rect { x, width: if beside { WORDS } else { body.right() - x }, ..place };
    verdict::render_sentences(state, theme, words, buffer);
    render_note(state, theme, line_of(words, verdict::SENTENCES), buffer, hits);
    let bars = verdict::SENTENCES + 1;
    let below = Rect { y: words.y + bars, height: words.height.saturating_sub(bars), ..words };
    verdict::render_bars(state, theme, below, buffer);
    let grid = if beside {
        let x = words.right() + GAP;
        Rect { x, width: body.right() - x, ..body }
    } else {
        let left = body.height - tall;
        let gap = u16::from(left > thumbnails::LINES);
        Rect { y: place.bottom() + gap, height: left - gap, ..body }
    };
    thumbnails::render(state, theme, grid, buffer, hits);
}

fn render_large(state: &State, theme: &Theme, place: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let chosen = state.pictures.chosen().and_then(|index| state.pictures.picture(index));
    let Some((pixels, _)) = chosen else { return };
    // Beneath something else it has to be of characters, or it would shine through.
    let is_uppermost = matches!(state.overlay, None | Some(Overlay::Search(_)));
    if is_uppermost && theme.images.render(pixels, Gallery::SIDE, place, buffer) {
        hits.image = Some(place);
    } else {
        picture::render(pixels, Gallery::SIDE, place, theme, buffer);
    }
}
