//! Screen 3: which classes are taken for which, as a heat map, with what it comes to for each class.

mod matrix;
mod report;

use crate::metrics::{Average, Split};
use crate::text::thousands;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{Pass, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::keys::KeyRow;
use crate::tui::widgets::{Click, Hits, line_of, write};
use matrix::Grid;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Cells of the names left of the matrix.
const NAMES: u16 = 12;
/// Columns of a cell, at least and at most; lines of it, at most.
const WIDE: (u16, u16) = (6, 14);
const TALL: u16 = 5;
/// Cells between the matrix and what stands beside it.
const GAP: u16 = 3;
/// Lines above the headings: what is shown, and what it comes to.
const ABOVE: u16 = 2;
/// Lines below the cells: a gap, what the chosen cell means, what Enter does.
const BELOW: u16 = 3;
/// Lines of the pairs at the least, with a gap and their heading.
const PAIRS: u16 = 4;

/// Draws the screen into the inside of the frame.
pub fn render(state: &State, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let end = render_keys(state, theme, line_of(area, 0), buffer, hits);
    let head = Rect { width: end.saturating_sub(area.x), ..line_of(area, 0) };
    let Some(pass) = state.confusion.pass() else {
        let words = &state.words.confusion;
        let (split, text) = if state.confusion.shows_test {
            (Split::Test, words.no_test)
        } else {
            (Split::Validation, words.no_validation)
        };
        write(buffer, head, &[(state.words.common.split(split), theme.title)]);
        let room = area.width.into();
        let row = line_of(area, area.height / 3);
        let x = row.x + row.width.saturating_sub(format::width(text) as u16) / 2;
        write(buffer, Rect { x, width: row.right() - x, ..row }, &[(&format::truncate(text, room), theme.dim)]);
        return;
    };
    let name = name_of(state, pass);
    write(buffer, head, &[(&format::truncate(&name, usize::from(head.width).saturating_sub(1)), theme.title)]);
    render_sum(state, pass, theme, line_of(area, 1), buffer);

    let below = Rect { y: area.y + ABOVE, height: area.height.saturating_sub(ABOVE), ..area };
    let (grid, beside, with_table) = lay_out(state, pass, below);
    matrix::render(state, pass, theme, grid, buffer, hits);
    let width = if beside { grid.right().saturating_sub(area.x) } else { area.width };
    let rest = Rect { y: grid.bottom(), width, height: area.bottom().saturating_sub(grid.bottom()), ..area };
    let used = render_choice(state, pass, theme, (rest, !beside && !with_table), buffer, hits);
    let mut rest = Rect { y: rest.y + used.min(rest.height), height: rest.height.saturating_sub(used), ..rest };
    if beside {
        let x = grid.right() + GAP;
        let side = Rect { x, width: area.right().saturating_sub(x), ..below };
        report::render_beside(state, pass, theme, (grid, side), buffer, hits);
    } else if with_table {
        let lines = report::render_table(state, pass, theme, rest, buffer) + 1;
        rest = Rect { y: rest.y + lines.min(rest.height), height: rest.height.saturating_sub(lines), ..rest };
    }
    report::render_pairs(state, pass, theme, rest, buffer, hits);
}

/// How large the cells are; whether the classes' metrics stand beside them, or else below as a table.
fn lay_out(state: &State, pass: &Pass, area: Rect) -> (Grid, bool, bool) {
    let classes = pass.confusion.classes().max(1);
    let n = classes as u16;
    let beside = area.width >= NAMES + WIDE.0 * n + GAP + report::LEAST;
    let side = if beside { GAP + (area.width / 3).max(report::LEAST) } else { 0 };
    let wide = (area.width.saturating_sub(NAMES + side) / n).clamp(WIDE.0, WIDE.1);
    let heads = matrix::heads(pass, wide);
    let least = heads + n + BELOW;
    let table = 1 + n + 3;
    let with_table = !beside && area.height >= least + table + PAIRS;
    let others = if with_table { table + PAIRS } else { 0 };
    // A cell is no higher than it is wide.
    let tall = (area.height.saturating_sub(heads + BELOW + others) / n).clamp(1, TALL.min(wide.div_ceil(2)));
    // Of more classes than there is room for, those around the chosen cell.
    let part = |room: u16, size: u16, chosen: usize| {
        let fit = usize::from(room / size).clamp(1, classes);
        ((chosen + 1).saturating_sub(fit).min(classes - fit), fit)
    };
    let (truth, taken) = state.confusion.cell;
    let columns = part(area.width.saturating_sub(NAMES), wide, taken);
    let rows = part(area.height.saturating_sub(heads), tall, truth);
    (Grid { area, heads, wide, tall, columns, rows }, beside, with_table)
}

fn name_of(state: &State, pass: &Pass) -> String {
    let (words, name) = (&state.words.confusion, state.words.common.split(pass.split));
    if let Some(run) = &pass.best_of {
        return (state.words.runs.best_on_test)(run, pass.epoch);
    }
    match pass.split {
        _ if !pass.ends_epoch => (words.at_step)(name, &thousands(pass.step), pass.epoch + 1),
        Split::Validation => {
            let last = state.epochs.last().map_or(pass.epoch, |epoch| epoch.epoch);
            (words.validation_after)(pass.epoch, last)
        }
        _ => (words.after_epoch)(name, pass.epoch),
    }
}

/// What the whole matrix comes to.
fn render_sum(state: &State, pass: &Pass, theme: &Theme, row: Rect, buffer: &mut Buffer) {
    let words = &state.words.confusion;
    let right = (words.right)(&format::percent(pass.accuracy));
    let of = (words.of_pictures)(&thousands(pass.confusion.total()));
    let loss = (words.loss)(&format::number(pass.loss));
    let mean = (words.mean_f1)(Average::unweighted(&pass.classes).f1);
    write(buffer, row, &[(&right, theme.text), (&of, theme.dim), (&loss, theme.text), (&mean, theme.text)]);
}

/// The screen's own keys, at the right. Returns where they begin.
fn render_keys(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer, hits: &mut Hits) -> u16 {
    let (shown, words) = (&state.confusion, &state.words.confusion);
    let other = if shown.shows_test { Split::Validation } else { Split::Test };
    let keys = [
        (Action::Percent, if shown.percent { words.counts } else { words.percent }),
        (Action::OtherSplit, state.words.common.split(other)),
        (Action::EpochBefore, words.before),
        (Action::EpochAfter, words.after),
    ];
    KeyRow { state, theme, keys: &keys }.render_right(row, buffer, hits)
}

/// What the chosen cell means, that Enter opens its pictures, and, where it stands nowhere else, what its class comes to.
/// Returns the lines that it takes, with a gap below.
fn render_choice(
    state: &State,
    pass: &Pass,
    theme: &Theme,
    (area, with_class): (Rect, bool),
    buffer: &mut Buffer,
    hits: &mut Hits,
) -> u16 {
    let words = &state.words.confusion;
    let lines = 2 + u16::from(with_class);
    // The gap above goes before the pairs do.
    let gap = u16::from(area.height == lines + 1 || area.height > lines + 1 + PAIRS);
    let room = usize::from(area.width);
    write(buffer, line_of(area, gap), &[(&format::truncate(&meaning_of(state, pass), room), theme.text)]);
    let key = state.keys.name(Action::Confirm);
    let row = line_of(area, gap + 1);
    let mut end = row.x;
    // The pictures would be shown with what the net that is open says of them.
    if pass.best_of.is_none() {
        end = write(buffer, row, &[(&key, theme.key), (words.opens, theme.dim)]);
        hits.add(Rect { width: end.saturating_sub(row.x), ..row }, Click::Action(Action::Confirm));
    }
    if let Some(latest) = state.confusion.later_than_shown() {
        let when = if latest.ends_epoch {
            (words.when_epoch)(latest.epoch)
        } else {
            (words.when_step)(&thousands(latest.step))
        };
        let note = (words.of_latest)(&when);
        write(buffer, Rect { x: end, width: row.right().saturating_sub(end), ..row }, &[(&note, theme.warn)]);
    }
    if with_class && let Some(class) = pass.classes.get(state.confusion.cell.0) {
        let numbers = (words.class_metrics)(class.precision, class.recall, class.f1);
        write(buffer, line_of(area, gap + 2), &[(&class.name, theme.dim), (&numbers, theme.text)]);
    }
    gap + lines + 1
}

/// The chosen cell in words.
fn meaning_of(state: &State, pass: &Pass) -> String {
    let (truth, taken) = state.confusion.cell;
    let (count, share) = (pass.confusion.count(truth, taken), pass.share(truth, taken));
    let support = pass.classes.get(truth).map_or(0, |class| class.support);
    let (name, percent) = (pass.name(truth), format::percent(share));
    let (words, count, support) = (&state.words.confusion, thousands(count), thousands(support));
    if truth == taken {
        (words.recognized)(&count, &support, name, &percent)
    } else {
        (words.taken_for)(&count, &support, name, pass.name(taken), &percent)
    }
}
