//! Screen 2: the net, layer by layer: a table with what training does to each, or one layer opened.

mod opened;
mod table;
mod words;

use crate::session::Summary;
use crate::text::thousands;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{LayerColumn, Remark, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::keys::KeyRow;
use crate::tui::widgets::{Click, Hits, frame, line_of, write};
use crate::tui::words::LayerWords;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use table::Table;

/// From this height on heads have two lines, and the totals a line above them.
const TALL: u16 = 30;
/// Lines that the chosen layer needs beneath the table at the least, its edge counted in.
const PANEL: u16 = 4;

/// Draws the screen into the inside of the frame.
pub fn render(state: &State, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let Some(net) = state.net() else {
        write(buffer, line_of(area, 0), &[(state.words.layers.layers, theme.title)]);
        write(buffer, line_of(area, 2), &[(state.words.layers.no_net, theme.faint)]);
        return;
    };
    let chosen = state.layers.chosen.min(net.layers.len().saturating_sub(1));
    if state.layers.opened {
        opened::render(state, net, chosen, theme, inside, buffer, hits);
        return;
    }
    let tall = inside.height >= TALL;
    let heads = if tall { 2 } else { 1 };
    let mut totals = totals(&state.words.layers, net, area.width);
    // What is wrong with a layer is told whole; sizes are the same at every step.
    let told = told(state, net, chosen, area.width);
    if told.lines.len() > 1 {
        totals.truncate(1);
    }
    let rule = u16::from(tall);
    let above = 2 + heads;
    let left = area.height.saturating_sub(above + rule + totals.len() as u16);
    let rows = state.layers.rows(net);
    // At least the lines that tell of the chosen layer stay free.
    let shown = (rows.len() as u16).min(left.saturating_sub(told.lines.len() as u16));
    let at = rows.iter().position(|&row| row == chosen).unwrap_or(0);
    let first = at.saturating_sub(usize::from(shown) / 2).min(rows.len().saturating_sub(shown.into()));

    let table = Table::new(state, net, theme, area.width);
    let window = Window { first, shown: shown.into(), scrolls: table.scrolls };
    render_head(state, net, window, theme, line_of(area, 0), buffer, hits);
    render_sampled(state, net, theme, line_of(area, 1), buffer);
    table.render_heads(Rect { y: area.y + 2, height: heads, ..area }, buffer, hits);
    for (line, &layer) in rows.iter().skip(first).take(shown.into()).enumerate() {
        let row = line_of(area, above + line as u16);
        table.render_row(layer, layer == chosen, row, buffer);
        hits.add(row, Click::Layer(layer));
    }
    let mut y = above + shown;
    if tall {
        let edge = line_of(inside, y);
        frame::rule(Rect { x: edge.x - 1, width: edge.width + 2, ..edge }, theme.border, buffer);
        y += 1;
    }
    for line in &totals {
        write(buffer, line_of(area, y), &parts(line, theme));
        y += 1;
    }
    let rest = Rect { y: inside.y + y, height: inside.height.saturating_sub(y), ..inside };
    if rest.height >= PANEL {
        let name = &net.layers[chosen].name;
        opened::edge(&[(name, theme.title)], Rect { height: 1, ..rest }, theme, buffer);
        let rest = Rect { y: rest.y + 1, height: rest.height - 1, ..rest };
        opened::render_details(state, net, chosen, theme, rest, buffer);
    } else {
        let y = y + rest.height.saturating_sub(told.lines.len() as u16);
        told.render(&net.layers[chosen].name, theme, Rect { y: area.y + y, ..area }, buffer);
    }
}

/// The part of the table that is seen.
#[derive(Clone, Copy)]
struct Window {
    /// The first row, counted from 0.
    first: usize,
    /// Rows.
    shown: usize,
    /// Whether there are more columns.
    scrolls: bool,
}

/// What is shown, how it is ordered, and the screen's own keys.
fn render_head(
    state: &State,
    net: &Summary,
    window: Window,
    theme: &Theme,
    row: Rect,
    buffer: &mut Buffer,
    hits: &mut Hits,
) {
    let (count, words) = (net.layers.len(), &state.words.layers);
    let Window { first, shown, scrolls } = window;
    let place = if shown < count { (words.part)(first + 1, first + shown, count) } else { (words.whole)(count) };
    let order = match (state.layers.order, state.layers.reversed) {
        (LayerColumn::Name, false) => words.in_order.into(),
        (LayerColumn::Name, true) => words.from_last.into(),
        (column, reversed) => (words.by)((words.column)(column), if reversed { "▲" } else { "▼" }),
    };
    let mut keys =
        vec![(Action::Order, words.order), (Action::ReverseOrder, words.reverse), (Action::Confirm, words.open)];
    if scrolls {
        let shows = if state.layers.shows_measured() { Action::Left } else { Action::Right };
        keys.insert(0, (shows, words.columns));
    }
    let begin = KeyRow { state, theme, keys: &keys }.render_right(row, buffer, hits);
    // Where there is no room for both: how it is ordered, if by a column.
    let room = usize::from(begin.saturating_sub(row.x + 1)).saturating_sub(format::width(&net.variant));
    let both = format!("{place}  {order}");
    let text = match (format::width(&both) <= room, state.layers.order) {
        (true, _) => both,
        (false, LayerColumn::Name) => place,
        (false, _) if shown < count => format!("  {}–{}/{count} {order}", first + 1, first + shown),
        (false, _) => format!("  {order}"),
    };
    write(buffer, row, &[(&net.variant, theme.title), (&format::truncate(&text, room), theme.dim)]);
}

/// How old the numbers are and what they cost, or what will be there.
fn render_sampled(state: &State, net: &Summary, theme: &Theme, row: Rect, buffer: &mut Buffer) {
    let Some(sampled) = sampled(state, row.width) else {
        write(buffer, row, &[(state.words.layers.no_sample, theme.faint)]);
        return;
    };
    let mut end = write(buffer, row, &[(&sampled, theme.text)]);
    let remarks = (0..net.layers.len()).filter(|&layer| state.remark(layer).is_some()).count();
    if remarks > 0 {
        let rest = Rect { x: end, width: row.right().saturating_sub(end), ..row };
        end = write(buffer, rest, &[(&(state.words.layers.to_look_at)(remarks), theme.warn)]);
    }
    if let Some(share) = state.sampling_share() {
        let rest = Rect { x: end, width: row.right().saturating_sub(end), ..row };
        let takes = (state.words.layers.sampling_takes)(&format::share(share));
        if format::width(&takes) <= rest.width.into() {
            write(buffer, rest, &[(&takes, theme.dim)]);
        }
    }
}

/// `sampled in step 1,480, 20 steps ago`, or as much of it as fits.
fn sampled(state: &State, room: u16) -> Option<String> {
    let (sample, age) = (state.layers.latest.as_ref()?, state.sample_age()?);
    let words = &state.words.layers;
    let ago = match age {
        0 => words.last_step.to_owned(),
        steps => (state.words.common.steps_ago)(steps),
    };
    let whole = (words.sampled_in)(&thousands(sample.step), &ago);
    if format::width(&whole) <= room.into() { Some(whole) } else { Some((words.sampled)(&ago)) }
}

/// The chosen layer where there is no room for more: what is to be looked at, or what it does.
struct Told {
    symbol: &'static str,
    lines: Vec<String>,
    remark: Option<Remark>,
}

/// In as many lines as a remark needs, two at the most; or in one.
fn told(state: &State, net: &Summary, chosen: usize, width: u16) -> Told {
    let room = usize::from(width).saturating_sub(format::width(&net.layers[chosen].name) + 4);
    let remark = state.remark(chosen);
    let (symbol, text) = match remark {
        Some(remark) => (remark.symbol(), remark.words(&state.words.layers)),
        None => ("›", words::sentence(state, net, chosen)),
    };
    let mut lines = format::wrap(&text, room);
    if lines.len() > 2 || remark.is_none() {
        lines = vec![format::truncate(&text, room).into_owned()];
    }
    Told { symbol, lines, remark }
}

impl Told {
    fn render(&self, name: &str, theme: &Theme, area: Rect, buffer: &mut Buffer) {
        let style = self.remark.map_or(theme.dim, |remark| remark_style(remark, theme));
        let mut row = Rect { height: 1, ..area };
        for (line, text) in self.lines.iter().enumerate() {
            if line == 0 {
                let begin = [(self.symbol, style), (" ", style), (name, theme.title), ("  ", theme.dim)];
                let x = write(buffer, row, &begin);
                row = Rect { x, width: area.right().saturating_sub(x), ..row };
            }
            write(buffer, row, &[(text, style)]);
            row.y += 1;
        }
    }
}

/// A gradient that is no number ends the training; the rest is worth a look.
fn remark_style(remark: Remark, theme: &Theme) -> Style {
    if remark == Remark::NotFinite { theme.bad } else { theme.warn }
}

/// torchinfo's totals: numbers and what they are, on as few lines as fit.
fn totals(words: &LayerWords, net: &Summary, width: u16) -> Vec<String> {
    let trainable = if net.trainable_parameters == net.total_parameters {
        words.all_trainable.to_owned()
    } else {
        (words.trainable)(&thousands(net.trainable_parameters))
    };
    let (parameters, adds) = (thousands(net.total_parameters), thousands(net.total_multiply_adds));
    let counts = (words.counts)(&parameters, &trainable, &adds);
    let sizes = (words.sizes)([
        net.input_megabytes,
        net.forward_backward_megabytes,
        net.parameters_megabytes,
        net.total_megabytes,
    ]);
    let line = format!("{counts}  {sizes}");
    if format::width(&line) <= width.into() { vec![line] } else { vec![counts, sizes] }
}

/// Numbers to be read, words dim.
fn parts<'a>(line: &'a str, theme: &Theme) -> Vec<(&'a str, Style)> {
    line.split_inclusive(' ')
        .map(|word| (word, if word.starts_with(|c: char| c.is_ascii_digit()) { theme.text } else { theme.dim }))
        .collect()
}
