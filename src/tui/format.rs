//! Numbers, times and texts as the screen writes them: fixed widths, so that nothing jumps.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub use crate::text::{bytes, clock as duration, percent, thousands as count};

/// `58.3 M`: a count for which the order of magnitude is enough.
pub fn magnitude(number: u64) -> String {
    match number {
        0..10_000 => count(number),
        10_000..1_000_000 => format!("{:.1} k", number as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} M", number as f64 / 1e6),
        _ => format!("{:.1} G", number as f64 / 1e9),
    }
}

/// A loss or a norm in six characters: `0.2874`, `12.345`, `1.23e6`.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".into()
        } else if value > 0.0 {
            "inf".into()
        } else {
            "-inf".into()
        };
    }
    match value.abs() {
        size if size < 9.999_95 => format!("{value:.4}"),
        size if size < 99.999_5 => format!("{value:.3}"),
        size if size < 999.995 => format!("{value:.2}"),
        size if size < 9_999.95 => format!("{value:.1}"),
        _ => format!("{value:.2e}"),
    }
}

/// A norm in at most six characters, however small: `0.2874`, `1.2e-5`.
pub fn norm(value: f64) -> String {
    let size = value.abs();
    if size > 0.0 && size < 9.995e-4 { format!("{value:.1e}") } else { number(value) }
}

/// A weight or a gradient in few characters: `-0.0312`, `1.2e-5`, `0`.
pub fn signed(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if (0.01..100.0).contains(&size) => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    }
}

/// Seconds as milliseconds in at most five characters, without the unit: `0.42`, `12.3`, `1234`.
pub fn milliseconds(seconds: f64) -> String {
    match seconds * 1e3 {
        time if time < 9.995 => format!("{time:.2}"),
        time if time < 99.95 => format!("{time:.1}"),
        time => format!("{time:.0}"),
    }
}

/// A share of the whole in at most six characters: `64.8 %`, `<0.1 %`.
pub fn share(fraction: f64) -> String {
    let percent = fraction * 100.0;
    match percent {
        _ if percent > 0.0 && percent < 0.05 => "<0.1 %".into(),
        _ if percent >= 99.95 => format!("{percent:.0} %"),
        _ => format!("{percent:.1} %"),
    }
}

/// A learning rate as `1.00e-3`.
pub fn rate(value: f64) -> String {
    format!("{value:.2e}")
}

/// Pictures a second: `142`, `8.1`.
pub fn speed(value: f64) -> String {
    if value < 9.95 { format!("{value:.1}") } else { count(value.round() as u64) }
}

/// How long ago something was, roughly: `3 min`, `5 days`.
pub fn age(seconds: f64) -> String {
    let (number, unit) = match seconds {
        seconds if seconds < 90.0 => (seconds.max(0.0), "s"),
        seconds if seconds < 90.0 * 60.0 => (seconds / 60.0, "min"),
        seconds if seconds < 48.0 * 3600.0 => (seconds / 3600.0, "h"),
        seconds => (seconds / 86400.0, "days"),
    };
    format!("{number:.0} {unit}")
}

/// Cells that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text with spaces behind it, so that it takes so many cells.
pub fn pad(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(text.width())))
}

/// The text with spaces before it, so that it takes so many cells.
pub fn pad_left(text: &str, cells: usize) -> String {
    format!("{}{text}", " ".repeat(cells.saturating_sub(text.width())))
}

/// The text, or as much of it as fits before an `…`. Control characters become spaces.
pub fn truncate(text: &str, cells: usize) -> Cow<'_, str> {
    if text.width() <= cells && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.width() <= cells {
        return Cow::Owned(clean);
    }
    let mut kept = String::new();
    let mut used = 1; // the …
    for c in clean.chars() {
        used += c.width().unwrap_or(0);
        if used > cells {
            break;
        }
        kept.push(c);
    }
    if cells > 0 {
        kept.push('…');
    }
    Cow::Owned(kept)
}

/// A path's last names, as many as there is room for.
pub fn shorten_path(path: &str, cells: usize) -> Cow<'_, str> {
    if path.width() <= cells {
        return Cow::Borrowed(path);
    }
    let tail: String = {
        let mut used = 1;
        let mut kept: Vec<char> = path
            .chars()
            .rev()
            .take_while(|c| {
                used += c.width().unwrap_or(0);
                used <= cells
            })
            .collect();
        kept.reverse();
        kept.into_iter().collect()
    };
    // Whole names, if there is room for one.
    let whole = tail.find('/').map_or(tail.as_str(), |at| &tail[at..]);
    Cow::Owned(format!("…{whole}"))
}

/// The parts of a word between which a line may end: beside each wide character, but not before what closes or after
/// what opens.
fn unbroken(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let is_wide = |c: char| c.width() == Some(2);
        let (opens, closes) = (|c: char| "（“《".contains(c), |c: char| "，。、；：！？）”》…".contains(c));
        let mut chars = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((_, c)) = chars.next() {
            if let Some(&(at, next)) = chars.peek()
                && (is_wide(c) || is_wide(next))
                && !opens(c)
                && !closes(next)
            {
                end = at;
                break;
            }
        }
        let (part, after) = rest.split_at(end);
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// Breaks a text into lines of at most `cells`, at spaces where there are any, and between wide characters.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let parts = text.split_whitespace().flat_map(|word| unbroken(word).enumerate());
    for (place, part) in parts {
        let mut word = part;
        loop {
            let line = lines.last().map_or(0, |line| line.width());
            let gap = usize::from(line > 0 && place == 0);
            if line + gap + word.width() <= cells {
                if let Some(last) = lines.last_mut() {
                    if gap == 1 {
                        last.push(' ');
                    }
                    last.push_str(word);
                }
                break;
            }
            if line > 0 {
                lines.push(String::new());
                continue;
            }
            // A word longer than a line is cut where the line ends.
            let mut used = 0;
            let cut = word
                .char_indices()
                .find(|(_, c)| {
                    used += c.width().unwrap_or(0);
                    used > cells
                })
                .map_or(word.len(), |(at, c)| at.max(if at == 0 { c.len_utf8() } else { 0 }));
            let (head, rest) = word.split_at(cut);
            if let Some(last) = lines.last_mut() {
                last.push_str(head);
            }
            if rest.is_empty() {
                break;
            }
            lines.push(String::new());
            word = rest;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_width_whatever_their_size() {
        for value in [0.0, 0.287_43, 2.345_6, 9.999_97, 12.345_6, 99.999_8, 123.456, 1234.56, 123_456.7] {
            assert_eq!(number(value).len(), 6, "{value} is written as {}", number(value));
        }
        assert_eq!(number(f64::NAN), "NaN");
        assert_eq!(count(58_299_082), "58,299,082");
        assert_eq!(magnitude(58_299_082), "58.3 M");
        assert_eq!(percent(0.892_34), "89.23 %");
        assert_eq!(rate(1e-3), "1.00e-3");
    }

    #[test]
    fn times_read_as_a_clock() {
        assert_eq!(duration(128.2), "2:08");
        assert_eq!(duration(3728.0), "1:02:08");
        assert_eq!(duration(3.0 * 86400.0 + 4.0 * 3600.0), "3 d 4 h");
        assert_eq!(duration(-1.0), "0:00");
        assert_eq!([12.4, 100.0, 7_500.0, 400_000.0].map(age), ["12 s", "2 min", "2 h", "5 days"]);
    }

    #[test]
    fn texts_are_cut_by_cells_not_by_characters() {
        assert_eq!(truncate("brave-fox", 9), "brave-fox");
        assert_eq!(truncate("brave-fox", 6), "brave…");
        assert_eq!(truncate("服装数据集", 7), "服装数…");
        assert_eq!(truncate("a\tb", 9), "a b");
        assert_eq!(shorten_path("/home/u/runs/brave-fox", 12), "…/brave-fox");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("服装数据", 3), ["服", "装", "数", "据"]);
        assert_eq!(wrap("用 AlexNet 学习，（很快）", 12), ["用 AlexNet", "学习，（很", "快）"]);
        assert_eq!((pad("训练", 6), pad_left("3 天", 6)), ("训练  ".into(), "  3 天".into()));
    }
}
