//! The keys of the screen as a person may choose them: what a key is called, which actions there are, and their keys
//! from the start. What an action does is the screen's business.

use super::fields::{Field, Kind, Literal, Trouble, nearest};
use std::fmt;
use std::str::FromStr;
use strum::VariantNames;
use toml_edit::Value as Given;

/// A key. Shift is told by the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// What types this character.
    Char(char),
    /// Ctrl and this letter.
    Control(char),
    /// F1 to F12.
    Function(u8),
    /// One that types nothing.
    Named(Name),
}

/// The keys that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "they are what stands on the keys")]
pub enum Name {
    Enter,
    Esc,
    Tab,
    ShiftTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    ShiftLeft,
    ShiftRight,
    PageUp,
    PageDown,
    Home,
    End,
}

/// For finding what was meant: every key whose name is longer than a character, but those of [`Name`].
const LONG_NAMES: &str = "space f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 \
    ctrl-a ctrl-b ctrl-c ctrl-d ctrl-e ctrl-f ctrl-g ctrl-h ctrl-j ctrl-k ctrl-l ctrl-n ctrl-o ctrl-p ctrl-q ctrl-r \
    ctrl-s ctrl-t ctrl-u ctrl-v ctrl-w ctrl-x ctrl-y ctrl-z";

impl Key {
    /// Whether it is a part of the text where one is typed.
    pub fn types(self) -> bool {
        matches!(self, Self::Char(_))
    }
}

impl FromStr for Key {
    type Err = Trouble;

    /// As config.toml and the help write it, in whatever case a long name is.
    fn from_str(written: &str) -> Result<Self, Trouble> {
        let mut characters = written.chars();
        if let (Some(c), None) = (characters.next(), characters.next())
            && !c.is_control()
            && (c == ' ' || !c.is_whitespace())
        {
            return Ok(Self::Char(c));
        }
        let name = written.to_lowercase();
        let known = |name: &str| LONG_NAMES.split_whitespace().any(|known| known == name);
        match name.as_str() {
            "space" => Ok(Self::Char(' ')),
            "pgup" => Ok(Self::Named(Name::PageUp)),
            "pgdn" => Ok(Self::Named(Name::PageDown)),
            "ctrl-i" | "ctrl-m" => {
                let same = if name == "ctrl-i" { "tab" } else { "enter" };
                let what = format!("names {written:?}, for which a terminal sends the same as for {same}");
                Err(Trouble::Key { what, nearest: Some(same) })
            }
            name => {
                let letter = name.strip_prefix("ctrl-").and_then(|letter| letter.chars().next());
                let number = name.strip_prefix('f').and_then(|number| number.parse().ok());
                match (letter.filter(|_| known(name)), number.filter(|_| known(name))) {
                    (Some(letter), _) => Ok(Self::Control(letter)),
                    (_, Some(number)) => Ok(Self::Function(number)),
                    _ => name.parse().map(Self::Named).map_err(|_| Trouble::Key {
                        what: format!("names {written:?}, which is no key"),
                        nearest: nearest(written, LONG_NAMES.split_whitespace().chain(Name::VARIANTS.iter().copied())),
                    }),
                }
            }
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Char(' ') => f.write_str("space"),
            Self::Char(c) => write!(f, "{c}"),
            Self::Control(c) => write!(f, "ctrl-{c}"),
            Self::Function(number) => write!(f, "f{number}"),
            Self::Named(name) => name.fmt(f),
        }
    }
}

/// What stands behind an action: a key, or a list of them. The same key twice counts once.
pub(super) fn check(given: &Given) -> Result<toml::Value, Trouble> {
    let wrong_type = |given: &Given| Trouble::Type { found: given.type_name() };
    let all: Vec<&Given> = given.as_array().map_or_else(|| vec![given], |list| list.iter().collect());
    let mut keys: Vec<String> = Vec::new();
    for one in &all {
        let key: Key = one.as_str().ok_or_else(|| wrong_type(one))?.parse()?;
        if !keys.contains(&key.to_string()) {
            keys.push(key.to_string());
        }
    }
    if keys.is_empty() {
        return Err(Trouble::Key { what: "names no key".to_owned(), nearest: None });
    }
    Ok(toml::Value::Array(keys.into_iter().map(toml::Value::String).collect()))
}

/// The keys of such a value, once it is checked.
pub(super) fn keys_of(value: &toml::Value) -> Vec<Key> {
    let names = value.as_array().into_iter().flatten().filter_map(toml::Value::as_str);
    names.filter_map(|name| name.parse().ok()).collect()
}

/// What a person has chosen: all keys of each action that was named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys(pub(super) Vec<(&'static str, Vec<Key>)>);

impl Keys {
    /// The keys chosen for an action, by its name; `None` where it keeps those that it has from the start.
    pub fn chosen(&self, action: &str) -> Option<&[Key]> {
        self.0.iter().find(|(name, _)| *name == action).map(|(_, keys)| keys.as_slice())
    }
}

/// Without a key that types nothing, these could not be done in a question or where a text is typed.
pub(super) const NEEDED: [&str; 5] = ["keys.up", "keys.down", "keys.confirm", "keys.back", "keys.leave-now"];

const fn row(key: &'static str, keys: &'static [&'static str]) -> Field {
    Field { key, kind: Kind::Keys, default: Literal::Keys(keys), meaning: "keys of an action of the screen", unit: "" }
}

/// Every action, with its keys from the start.
pub static ACTIONS: &[Field] = &[
    row("keys.start-or-pause", &["space"]),
    row("keys.start-or-stop", &["s"]),
    row("keys.step", &["."]),
    row("keys.save", &["c"]),
    row("keys.evaluate", &["e"]),
    row("keys.rate-up", &["+", "="]),
    row("keys.rate-down", &["-"]),
    row("keys.resume-run", &["R"]),
    row("keys.download", &["D"]),
    row("keys.smooth-less", &["<"]),
    row("keys.smooth-more", &[">"]),
    row("keys.log-scale", &["L"]),
    row("keys.axis", &["x"]),
    row("keys.zoom-in", &["z"]),
    row("keys.zoom-out", &["Z"]),
    row("keys.zoom-all", &["0"]),
    row("keys.pan-left", &["shift-left"]),
    row("keys.pan-right", &["shift-right"]),
    row("keys.percent", &["%"]),
    row("keys.other-split", &["t"]),
    row("keys.epoch-before", &["["]),
    row("keys.epoch-after", &["]"]),
    row("keys.order", &["o"]),
    row("keys.reverse-order", &["O"]),
    row("keys.evaluate-shown", &["E"]),
    row("keys.undo", &["u"]),
    row("keys.default", &["r"]),
    row("keys.write", &["w"]),
    row("keys.lay-over", &["v"]),
    row("keys.mark", &["m"]),
    row("keys.delete-run", &["delete"]),
    row("keys.up", &["up", "k"]),
    row("keys.down", &["down", "j"]),
    row("keys.page-up", &["page-up"]),
    row("keys.page-down", &["page-down"]),
    row("keys.top", &["home", "g"]),
    row("keys.bottom", &["end", "G"]),
    row("keys.left", &["left", "h"]),
    row("keys.right", &["right", "l"]),
    row("keys.filter", &["f"]),
    row("keys.search", &["/"]),
    row("keys.next-match", &["n"]),
    row("keys.previous-match", &["N"]),
    row("keys.show-train", &["1"]),
    row("keys.show-layers", &["2"]),
    row("keys.show-confusion", &["3"]),
    row("keys.show-pictures", &["4"]),
    row("keys.show-config", &["6"]),
    row("keys.show-runs", &["7"]),
    row("keys.show-log", &["8"]),
    row("keys.next-screen", &["tab"]),
    row("keys.previous-screen", &["shift-tab"]),
    row("keys.help", &["?"]),
    row("keys.palette", &[":"]),
    row("keys.confirm", &["enter"]),
    row("keys.back", &["esc"]),
    row("keys.copy", &["y"]),
    row("keys.screenshot", &["f12"]),
    row("keys.redraw", &["ctrl-l"]),
    row("keys.suspend", &["ctrl-z"]),
    row("keys.quit", &["q"]),
    row("keys.leave-now", &["ctrl-c"]),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_key_is_read_as_it_is_written() {
        let long = LONG_NAMES.split_whitespace().map(|name| name.parse::<Key>().unwrap());
        let named = Name::VARIANTS.iter().map(|name| Key::Named(name.parse().unwrap()));
        for key in long.chain(named).chain("cC%üé字".chars().map(Key::Char)) {
            assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
        }
        for (shown, key) in
            [("Ctrl-L", Key::Control('l')), ("PgUp", Key::Named(Name::PageUp)), ("F12", Key::Function(12))]
        {
            assert_eq!(shown.parse::<Key>().unwrap(), key);
        }
        for wrong in ["", "ctrl-", "ctrl-ä", "ctrl-i", "ctrl-M", "f0", "f13", "f+1", "\t", "\u{7f}", "cc", "alt-x"] {
            assert!(wrong.parse::<Key>().is_err(), "{wrong:?}");
        }
    }
}
