//! What the net says of one picture: in words, and the probability of each class as a bar.

use super::header::render_bar;
use super::{line_of, write, write_right};
use crate::tui::format;
use crate::tui::state::{Answer, State};
use crate::tui::theme::Theme;
use crate::tui::words::PictureWords;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Lines of the words as a table.
pub const TABLE: u16 = 5;
/// Lines of the words as sentences.
pub const SENTENCES: u16 = 3;

/// Cells of the names in the table.
const NAMES: usize = 11;
/// The longest name of a class that a bar leaves room for.
const CLASS: usize = 12;
/// Cells of a percentage, and of the word behind it.
const PERCENT: usize = 7;
const WORD: usize = 5;

/// The chosen picture, and what is known of it.
struct Chosen<'a> {
    index: u32,
    truth: usize,
    answer: Option<Answer<'a>>,
}

impl<'a> Chosen<'a> {
    fn of(state: &'a State) -> Option<Self> {
        let index = state.pictures.chosen()?;
        let (_, truth) = state.pictures.picture(index)?;
        Some(Self { index, truth, answer: state.pictures.answer(index) })
    }

    /// When it was predicted; the first is the longest way to say it.
    fn age(&self, state: &State) -> Vec<String> {
        let words = &state.words.pictures;
        match self.answer {
            Some(answer) => {
                let (step, ago) = (format::count(answer.step), ago(state, answer.step));
                vec![(words.predicted_at)(&step, &ago), (words.at_step)(&step, &ago), ago]
            }
            None if state.pictures.is_asked(self.index) => vec![words.being_predicted.into()],
            None if state.pictures.has_net() => vec![words.not_predicted.into()],
            None => vec![words.with_a_run.into()],
        }
    }

    fn number(&self, state: &State) -> String {
        (state.words.pictures.number_of)(
            &format::count(self.index.into()),
            state.words.common.split(state.pictures.split()),
        )
    }
}

/// How long ago a step was.
pub fn ago(state: &State, step: u64) -> String {
    match state.steps_done().saturating_sub(step) {
        0 => state.words.pictures.now.into(),
        steps => (state.words.common.steps_ago)(steps),
    }
}

/// The first of some texts that fits; the last, where none does.
pub fn fitting(texts: &[String], room: usize) -> &str {
    let fits = texts.iter().find(|text| format::width(text) <= room);
    fits.or(texts.last()).map_or("", String::as_str)
}

fn look(words: &PictureWords, theme: &Theme, is_right: bool) -> (&'static str, Style) {
    if is_right { (words.is_right, theme.good) } else { (words.is_wrong, theme.bad) }
}

/// A name and its value a line: for a narrow column.
pub fn render_table(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let Some(chosen) = Chosen::of(state) else { return };
    let words = &state.words.pictures;
    let row = |line: u16, name: &str, value: &str, buffer: &mut Buffer| {
        let row = line_of(area, line);
        let value = format::truncate(value, usize::from(area.width).saturating_sub(NAMES));
        write(buffer, row, &[(&format::pad(name, NAMES), theme.dim), (&value, theme.text)])
    };
    row(0, words.truth, &state.class_name(chosen.truth), buffer);
    if let Some(answer) = chosen.answer {
        let (verdict, style) = look(words, theme, answer.taken() == chosen.truth);
        let end = row(1, words.predicted, &state.class_name(answer.taken()), buffer);
        let rest = Rect { x: end + 2, width: area.right().saturating_sub(end + 2), ..line_of(area, 1) };
        write(buffer, rest, &[(verdict, style)]);
        row(2, words.loss, &format::number(answer.loss(chosen.truth)), buffer);
    } else {
        row(1, words.predicted, "–", buffer);
        row(2, words.loss, "–", buffer);
    }
    row(3, words.index, &chosen.number(state), buffer);
    let age = chosen.age(state);
    write(buffer, line_of(area, 4), &[(fitting(&age, area.width.into()), theme.dim)]);
}

/// The same in three lines: for a wide and low place.
pub fn render_sentences(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let Some(chosen) = Chosen::of(state) else { return };
    let truth = state.class_name(chosen.truth);
    let words = &state.words.pictures;
    let index = format!("{} ", words.index);
    let index = (index.as_str(), theme.dim);
    let number = chosen.number(state);
    if let Some(answer) = chosen.answer {
        let is_right = answer.taken() == chosen.truth;
        let (verdict, style) = look(words, theme, is_right);
        let taken = state.class_name(answer.taken());
        let rest: &[(&str, Style)] = if is_right {
            &[(&truth, theme.title), (words.recognized, theme.dim)]
        } else {
            &[(&truth, theme.title), (words.taken_for, theme.dim), (&taken, theme.title)]
        };
        write(buffer, line_of(area, 0), &[&[(verdict, style), ("  ", style)], rest].concat());
        let (name, loss) = (format!("   {} ", words.loss), format::number(answer.loss(chosen.truth)));
        write(buffer, line_of(area, 1), &[index, (&number, theme.text), (&name, theme.dim), (&loss, theme.text)]);
    } else {
        write(buffer, line_of(area, 0), &[(words.true_class, theme.dim), (&truth, theme.title)]);
        write(buffer, line_of(area, 1), &[index, (&number, theme.text)]);
    }
    let age = chosen.age(state);
    write(buffer, line_of(area, 2), &[(fitting(&age, area.width.into()), theme.dim)]);
}

/// A bar a class; the true and the predicted one are named at its end.
pub fn render_bars(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let Some(chosen) = Chosen::of(state) else { return };
    let classes = chosen.answer.map_or(state.classes(), |answer| answer.probabilities.len());
    let names: Vec<String> = (0..classes).map(|class| state.class_name(class)).collect();
    let room = names.iter().map(|name| format::width(name)).max().unwrap_or(0).min(CLASS);
    let taken = chosen.answer.map(|answer| answer.taken());
    let words = &state.words.pictures;
    for ((class, name), line) in names.iter().enumerate().zip(0..area.height) {
        let row = line_of(area, line);
        let (is_true, is_taken) = (class == chosen.truth, taken == Some(class));
        let (word, style) = match (is_true, is_taken) {
            (true, true) => (words.bar_right, theme.good),
            (true, false) => (words.bar_true, theme.good),
            (false, true) => (words.bar_taken, theme.bad),
            (false, false) => ("", theme.dim),
        };
        let is_one = is_true || is_taken;
        let name_style = if is_one { theme.title } else { theme.dim };
        let name = format::truncate(name, room);
        write(buffer, row, &[(&name, name_style)]);
        let percent = chosen.answer.map_or("–".into(), |answer| {
            let percent = f64::from(answer.probability(class)) * 100.0;
            format!("{percent:.1} %")
        });
        let number_style = if is_one { theme.text } else { theme.dim };
        let end = format!(" {percent:>PERCENT$}");
        let word = format!(" {}", format::pad(word, WORD));
        write_right(buffer, row, &[(&end, number_style), (&word, style)]);
        let before = room as u16 + 1;
        let behind = (PERCENT + WORD + 2) as u16;
        if let Some(width) = row.width.checked_sub(before + behind) {
            let much = chosen.answer.map_or(0.0, |answer| f64::from(answer.probability(class)));
            render_bar(much, Rect { x: row.x + before, width, ..row }, style, theme.border, buffer);
        }
    }
}
