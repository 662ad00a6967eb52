//! Asks the terminal how it shows pictures, once and with bounded patience, and gives back what else came.
//!
//! Any terminal is asked only what crossterm passes over if the answer comes late: what it can do (DA1, which every
//! terminal answers), and the size of its cells. A kitty is asked its version too, and waited for longer.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use std::time::{Duration, Instant};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether it shows sixels.
    Sixel,
    /// Which kitty it is.
    Version,
}

impl Question {
    /// Besides, the size of a cell; and as a fence, what the terminal can do: its answer comes last.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Sixel => b"\x1b[16t\x1b[c",
            Self::Version => b"\x1b[>c\x1b[16t\x1b[c",
        }
    }

    /// How long the answer is waited for.
    fn patience(self) -> Duration {
        Duration::from_millis(if self == Self::Version { 1000 } else { 150 })
    }
}

/// How much longer the rest of an answer is waited for.
const REST: Duration = Duration::from_millis(100);

/// What the terminal said.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    /// Whether it shows sixel pictures; `None`: it said nothing.
    pub sixel: Option<bool>,
    /// The version of kitty that it is.
    pub kitty: Option<(u16, u16)>,
    /// Width and height of a cell in pixels.
    pub cell: Option<(u16, u16)>,
    /// What was typed meanwhile.
    pub typed: Vec<Event>,
}

/// Reads the answer to a question that was sent.
pub fn answer(question: Question, terminal: &impl AsFd) -> Answer {
    let mut bytes = Vec::new();
    let mut until = Instant::now() + question.patience();
    let mut extended = false;
    loop {
        let (parsed, rest) = parse(&bytes);
        let left = until.saturating_duration_since(Instant::now());
        let begun = !rest.is_empty() && rest != b"\x1b";
        if left.is_zero() && begun && !extended {
            (until, extended) = (Instant::now() + REST, true);
            continue;
        }
        let is_whole = parsed.sixel.is_some() && rest.is_empty();
        if is_whole || left.is_zero() {
            return finish(parsed, rest);
        }
        if !read(terminal, left, &mut bytes) {
            let (parsed, rest) = parse(&bytes);
            return finish(parsed, rest);
        }
    }
}

/// Appends what comes within that time. False: the terminal is gone.
fn read(terminal: &impl AsFd, within: Duration, bytes: &mut Vec<u8>) -> bool {
    let mut watched = [PollFd::new(terminal, PollFlags::IN)];
    let within = Timespec { tv_sec: within.as_secs() as i64, tv_nsec: within.subsec_nanos().into() };
    match poll(&mut watched, Some(&within)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => return true,
        Ok(_) if watched[0].revents().contains(PollFlags::IN) => {}
        _ => return false,
    }
    let mut some = [0; 1024];
    match rustix::io::read(terminal, &mut some) {
        Ok(0) | Err(_) => false,
        Ok(count) => {
            bytes.extend_from_slice(&some[..count]);
            true
        }
    }
}

/// A lone Esc at the end was the key.
fn finish(mut answer: Answer, rest: &[u8]) -> Answer {
    if rest.first() == Some(&0x1b) && rest.len() == 1 {
        answer.typed.push(key(KeyCode::Esc, KeyModifiers::NONE));
    }
    answer
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

/// What is in these bytes, and the end of them that is not whole.
fn parse(bytes: &[u8]) -> (Answer, &[u8]) {
    let mut answer = Answer::default();
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let taken = match first {
            0x1b => escape(rest, &mut answer),
            _ => plain(rest, &mut answer),
        };
        match taken {
            Some(taken) => rest = rest.get(taken..).unwrap_or_default(),
            None => break,
        }
    }
    (answer, rest)
}

/// A character, or a key that is one byte. Returns the bytes taken; `None`: not whole yet.
fn plain(bytes: &[u8], answer: &mut Answer) -> Option<usize> {
    let code = match *bytes.first()? {
        b'\r' => KeyCode::Enter,
        b'\t' => KeyCode::Tab,
        0x7f => KeyCode::Backspace,
        control @ 0x01..=0x1a => {
            answer.typed.push(key(KeyCode::Char((control - 1 + b'a').into()), KeyModifiers::CONTROL));
            return Some(1);
        }
        lead => {
            let length = match lead {
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => 1,
            };
            let Ok(text) = std::str::from_utf8(bytes.get(..length)?) else { return Some(1) };
            let characters = text.chars().filter(|c| !c.is_control());
            answer.typed.extend(characters.map(|c| key(KeyCode::Char(c), KeyModifiers::NONE)));
            return Some(length);
        }
    };
    answer.typed.push(key(code, KeyModifiers::NONE));
    Some(1)
}

/// A sequence, or the key Esc before something else. Returns the bytes taken; `None`: not whole yet.
fn escape(bytes: &[u8], answer: &mut Answer) -> Option<usize> {
    let kind = *bytes.get(1)?;
    if !matches!(kind, b'[' | b'O') {
        answer.typed.push(key(KeyCode::Esc, KeyModifiers::NONE));
        return Some(1);
    }
    let body = bytes.get(2..)?;
    // SS3 is followed by one byte, CSI by parameters up to a final byte.
    let length = if kind == b'O' { 0 } else { body.iter().position(|byte| (0x40..=0x7e).contains(byte))? };
    let (last, parameters) = (*body.get(length)?, std::str::from_utf8(&body[..length]).unwrap_or_default());
    let numbers = |from: &str| from.split(';').map(|number| number.parse::<u16>().unwrap_or(0)).collect::<Vec<_>>();
    let code = match (last, parameters) {
        (b'c', parameters) if parameters.starts_with('?') => {
            answer.sixel = Some(numbers(&parameters[1..]).iter().skip(1).any(|&number| number == 4));
            None
        }
        // As kitty writes its version into DA2; others have smaller numbers there.
        (b'c', parameters) if parameters.starts_with('>') => {
            if let [1, major @ 4000..5000, minor] = numbers(&parameters[1..])[..] {
                answer.kitty = Some((major - 4000, minor));
            }
            None
        }
        (b't', parameters) => {
            if let [6, height, width] = numbers(parameters)[..]
                && height > 0
                && width > 0
            {
                answer.cell = Some((width, height));
            }
            None
        }
        (b'A', _) => Some(KeyCode::Up),
        (b'B', _) => Some(KeyCode::Down),
        (b'C', _) => Some(KeyCode::Right),
        (b'D', _) => Some(KeyCode::Left),
        (b'H', _) => Some(KeyCode::Home),
        (b'F', _) => Some(KeyCode::End),
        (b'Z', _) => Some(KeyCode::BackTab),
        (b'P'..=b'S', _) => Some(KeyCode::F(last - b'P' + 1)),
        (b'~', parameters) => match numbers(parameters).first() {
            Some(1 | 7) => Some(KeyCode::Home),
            Some(2) => Some(KeyCode::Insert),
            Some(3) => Some(KeyCode::Delete),
            Some(4 | 8) => Some(KeyCode::End),
            Some(5) => Some(KeyCode::PageUp),
            Some(6) => Some(KeyCode::PageDown),
            Some(&number @ 11..=15) => Some(KeyCode::F((number - 10) as u8)),
            Some(&number @ 17..=21) => Some(KeyCode::F((number - 11) as u8)),
            Some(&number @ 23..=24) => Some(KeyCode::F((number - 12) as u8)),
            _ => None,
        },
        // The mouse, and what nobody asked for.
        _ => None,
    };
    answer.typed.extend(code.map(|code| key(code, KeyModifiers::NONE)));
    Some(2 + length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Vec<Event> {
        text.chars().map(|c| key(KeyCode::Char(c), KeyModifiers::NONE)).collect()
    }

    #[test]
    fn keys_around_and_between_the_answers_are_kept_in_their_order() {
        let (answer, rest) = parse("s字\x1b[6;20;10t4\x1b[?62;1;4;22c\x1b[A\x1bOP\x1b[24~\r\x03\x1b".as_bytes());
        assert_eq!((answer.sixel, answer.cell, rest), (Some(true), Some((10, 20)), &b"\x1b"[..]));
        let mut keys = typed("s字4");
        let codes = [KeyCode::Up, KeyCode::F(1), KeyCode::F(12), KeyCode::Enter];
        keys.extend(codes.map(|code| key(code, KeyModifiers::NONE)));
        keys.push(key(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert_eq!(answer.typed, keys);
        assert_eq!(finish(answer, rest).typed.last(), Some(&key(KeyCode::Esc, KeyModifiers::NONE)));
        assert_eq!(parse(b"\x1b[>1;4000;28c").0, Answer { kitty: Some((0, 28)), ..Answer::default() });
        assert_eq!(parse(b"\x1b[>41;379;0c").0, Answer::default());
        assert_eq!(parse(b"\x1b[?1;2c").0, Answer { sixel: Some(false), ..Answer::default() });
    }

    #[test]
    fn whatever_comes_in_whatever_pieces_nothing_is_lost_or_made_up() {
        let all = "x\x1b[?64;4c\x1b[<0;3;4My\x1b[200~z\u{fc}\x1b[6;0;10t\x1bq".as_bytes();
        let whole = parse(all).0;
        assert_eq!(whole.cell, None, "a cell has a height");
        let mut keys = typed("xyz\u{fc}");
        keys.push(key(KeyCode::Esc, KeyModifiers::NONE));
        keys.extend(typed("q"));
        assert_eq!(whole.typed, keys);
        for cut in 0..all.len() {
            let (_, rest) = parse(&all[..cut]);
            let again = [rest, &all[cut..]].concat();
            let (first, _) = parse(&all[..cut]);
            let (second, left) = parse(&again);
            assert_eq!([first.typed, second.typed].concat(), keys, "cut at {cut}");
            assert!(left.is_empty());
        }
        assert_eq!(parse(b"\xff\xc3\x1b[").1, b"\x1b[", "bytes that are no text go by");
    }
}
