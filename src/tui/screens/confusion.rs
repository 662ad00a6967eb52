//! Screen 3: which classes are taken for which, as a heat map, with what it comes to for each class.

use crate::metrics::{Average, Split};
use crate::text::thousands;
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::keymap;
use crate::tui::state::{Pass, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Click, Hits, line_of, write};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Cells of the names left of the matrix.
const NAMES: u16 = 12;
/// Cells of the table right of it, and of the gap between them.
const TABLE: u16 = 41;
const GAP: u16 = 3;
/// Lines above the cells and below them: what is shown, headings, what the chosen cell means.
const AROUND: u16 = 6;

/// Draws the screen into the inside of the frame.
pub fn render(state: &State, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let end = render_keys(state, theme, line_of(area, 0), buffer, hits);
    let head = Rect { width: end.saturating_sub(area.x), ..line_of(area, 0) };
    let Some(pass) = state.confusion.pass() else {
        let text = if state.confusion.shows_test {
            "the test comes here after e, which evaluates the net as it is"
        } else {
            "which classes are taken for which comes here after the first epoch, or after e"
        };
        write(buffer, head, &[(if state.confusion.shows_test { "test" } else { "validation" }, theme.title)]);
        write(buffer, line_of(area, 2), &[(text, theme.faint)]);
        return;
    };
    write(buffer, head, &[(&name_of(state, pass), theme.title)]);
    let numbers = format!("{} right  loss {}", format::percent(pass.accuracy), format::number(pass.loss));
    let sum = format!("  of {} pictures", thousands(pass.confusion.total()));
    write(buffer, line_of(area, 1), &[(&numbers, theme.text), (&sum, theme.dim)]);

    let classes = pass.confusion.classes().max(1) as u16;
    let has_table = area.width >= NAMES + 6 * classes + GAP + TABLE;
    let room = if has_table { area.width - GAP - TABLE } else { area.width };
    let cell = (room.saturating_sub(NAMES) / classes).clamp(6, 9);
    let tall = (area.height.saturating_sub(AROUND) / classes).clamp(1, 3);
    let grid = Rect { y: area.y + 2, width: room, height: area.height.saturating_sub(2), ..area };
    let used = render_matrix(state, pass, theme, grid, (cell, tall), buffer, hits);
    let meaning = line_of(grid, used + 1);
    write(buffer, meaning, &[(&format::truncate(&meaning_of(state, pass), meaning.width.into()), theme.text)]);
    if has_table {
        let x = area.x + NAMES + cell * classes + GAP;
        let table = Rect { x, width: TABLE, ..grid };
        let lines = render_table(pass, theme, table, buffer);
        let below = Rect { y: table.y + lines + 1, height: table.height.saturating_sub(lines + 1), ..table };
        render_pairs(pass, theme, below, buffer, hits);
    } else {
        let y = meaning.y + 2;
        let below = Rect { y, height: grid.bottom().saturating_sub(y), ..grid };
        render_pairs(pass, theme, below, buffer, hits);
    }
}

fn name_of(state: &State, pass: &Pass) -> String {
    match pass.split {
        Split::Validation => {
            let last = state.epochs.last().map_or(pass.epoch, |epoch| epoch.epoch);
            format!("validation after epoch {} of {last}", pass.epoch)
        }
        split if pass.epoch == 0 => format!("{split} before the first epoch's end"),
        split => format!("{split} after epoch {}", pass.epoch),
    }
}

/// The screen's own keys, at the right. Returns where they begin.
fn render_keys(state: &State, theme: &Theme, row: Rect, buffer: &mut Buffer, hits: &mut Hits) -> u16 {
    let shown = &state.confusion;
    let keys = [
        (Action::Percent, if shown.percent { "counts" } else { "percent" }),
        (Action::OtherSplit, if shown.shows_test { "validation" } else { "test" }),
        (Action::EpochBefore, "before"),
        (Action::EpochAfter, "after"),
    ];
    let width: usize = keys.iter().map(|(_, label)| label.len() + 4).sum();
    let begin = row.right().saturating_sub(width as u16 - 2);
    let mut x = begin;
    for (action, label) in keys {
        let (from, key) = (x, keymap::key_name(action));
        let rest = Rect { x, width: row.right().saturating_sub(x), ..row };
        x = write(buffer, rest, &[(&key, theme.key), (" ", theme.dim), (label, theme.dim), ("  ", theme.dim)]);
        hits.add(Rect { x: from, width: x.saturating_sub(from), ..row }, Click::Action(action));
    }
    begin
}

/// The heat map: headings, then the cells. Returns the lines that it takes.
fn render_matrix(
    state: &State,
    pass: &Pass,
    theme: &Theme,
    area: Rect,
    (wide, tall): (u16, u16),
    buffer: &mut Buffer,
    hits: &mut Hits,
) -> u16 {
    let classes = pass.confusion.classes();
    let chosen = state.confusion.cell;
    // Of more classes than there is room for, those around the chosen cell.
    let fit = |room: u16, size: u16| usize::from(room / size.max(1)).clamp(1, classes.max(1));
    let columns = fit(area.width.saturating_sub(NAMES), wide);
    let rows = fit(area.height.saturating_sub(AROUND - 2), tall);
    let (left, top) = ((chosen.1 + 1).saturating_sub(columns), (chosen.0 + 1).saturating_sub(rows));
    write(buffer, line_of(area, 0), &[("true ↓ as →", theme.faint)]);
    for (place, taken) in (left..classes).take(columns).enumerate() {
        let x = area.x + NAMES + place as u16 * wide;
        let style = if taken == chosen.1 { theme.title } else { theme.dim };
        let name = format!("{:>width$}", abbreviated(pass.name(taken), wide - 1), width = usize::from(wide) - 1);
        write(buffer, Rect { x, width: wide, ..line_of(area, 0) }, &[(&name, style)]);
    }
    for (line, truth) in (top..classes).take(rows).enumerate() {
        let y = area.y + 1 + line as u16 * tall;
        let style = if truth == chosen.0 { theme.title } else { theme.dim };
        let middle = Rect { y: y + (tall - 1) / 2, height: 1, ..area };
        let name = format::truncate(pass.name(truth), usize::from(NAMES) - 1);
        write(buffer, Rect { width: NAMES - 1, ..middle }, &[(&name, style)]);
        for (place, taken) in (left..classes).take(columns).enumerate() {
            let cell = Rect { x: area.x + NAMES + place as u16 * wide, y, width: wide, height: tall };
            let style = theme.heat.style(pass.share(truth, taken), truth == taken);
            buffer.set_style(cell.intersection(area), style);
            let inner = usize::from(wide) - 2;
            let number = format!("{:>inner$}", number_of(state, pass, truth, taken));
            // The chosen cell is told by its brackets, on whatever colour.
            let (open, close) = if (truth, taken) == chosen { ("[", "]") } else { (" ", " ") };
            write(
                buffer,
                Rect { x: cell.x, width: wide, ..middle },
                &[(open, style.bold()), (&number, style), (close, style.bold())],
            );
            hits.add(cell, Click::Cell(truth, taken));
        }
    }
    1 + rows as u16 * tall
}

/// Four cells at the most, wherever there are less than 10,000 pictures of a class.
fn number_of(state: &State, pass: &Pass, truth: usize, taken: usize) -> String {
    let count = pass.confusion.count(truth, taken);
    let percent = pass.share(truth, taken) * 100.0;
    match count {
        0 => "·".into(),
        _ if !state.confusion.percent => count.to_string(),
        _ if percent > 99.94 => "100".into(),
        _ => format!("{percent:.1}"),
    }
}

/// As much of a name as fits before a full stop.
fn abbreviated(name: &str, cells: u16) -> String {
    let cells = usize::from(cells);
    if format::width(name) <= cells {
        return name.into();
    }
    let cut = format::truncate(name, cells);
    format!("{}.", cut.trim_end_matches('…').trim_end())
}

/// The chosen cell in words.
fn meaning_of(state: &State, pass: &Pass) -> String {
    let (truth, taken) = state.confusion.cell;
    let (count, share) = (pass.confusion.count(truth, taken), pass.share(truth, taken));
    let support = pass.classes.get(truth).map_or(0, |class| class.support);
    let (name, percent) = (pass.name(truth), format::percent(share));
    if truth == taken {
        format!("{} of {} {name} recognized: {percent}", thousands(count), thousands(support))
    } else {
        let of = thousands(support);
        format!("{} {name} taken for {}: {percent} of {of} {name}", thousands(count), pass.name(taken))
    }
}

/// Precision, recall, F1 and support. Returns the lines that it takes.
fn render_table(pass: &Pass, theme: &Theme, area: Rect, buffer: &mut Buffer) -> u16 {
    let heading = format!("{:<12}{:>7}{:>7}{:>7}{:>8}", "class", "prec.", "recall", "F1", "support");
    write(buffer, line_of(area, 0), &[(&heading, theme.faint)]);
    let row = |line: u16, name: &str, [precision, recall, f1]: [f64; 3], support: u64, buffer: &mut Buffer| {
        let name = format!("{:<12}", format::truncate(name, 11));
        let numbers = format!("{precision:>7.4}{recall:>7.4}{f1:>7.4}{:>8}", thousands(support));
        write(buffer, line_of(area, line), &[(&name, theme.dim), (&numbers, theme.text)]);
    };
    for (line, class) in pass.classes.iter().enumerate() {
        row(line as u16 + 1, &class.name, [class.precision, class.recall, class.f1], class.support, buffer);
    }
    let line = pass.classes.len() as u16 + 1;
    let total = pass.confusion.total();
    let averages = [("macro avg.", Average::unweighted(&pass.classes)), ("weighted", Average::weighted(&pass.classes))];
    for (number, (name, mean)) in averages.into_iter().enumerate() {
        row(line + number as u16, name, [mean.precision, mean.recall, mean.f1], total, buffer);
    }
    line + 2
}

/// The most confused pairs; a click chooses their cell.
fn render_pairs(pass: &Pass, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
    let pairs = pass.confusion.most_confused();
    if area.height < 2 || pairs.is_empty() {
        return;
    }
    write(buffer, line_of(area, 0), &[("most confused", theme.faint)]);
    for (line, pair) in pairs.iter().take(usize::from(area.height.min(11) - 1)).enumerate() {
        let row = line_of(area, line as u16 + 1);
        let (truth, taken) = (pass.name(pair.truth), pass.name(pair.taken));
        let times = format!("{:>5}", thousands(pair.times));
        let share = format!("{:>8}  ", format::percent(pass.share(pair.truth, pair.taken)));
        let words = [
            (times.as_str(), theme.text),
            (&share, theme.dim),
            (truth, theme.text),
            (" as ", theme.faint),
            (taken, theme.text),
        ];
        write(buffer, row, &words);
        hits.add(row, Click::Cell(pair.truth, pair.taken));
    }
}
