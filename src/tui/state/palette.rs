//! The command palette: a few letters find an action.

use super::State;
use crate::tui::action::Action;
use crate::tui::keymap::{BINDINGS, Binding};
use tui_input::Input;

/// What was typed, and which of the commands found is selected.
#[derive(Clone, Debug, Default)]
pub struct PaletteState {
    /// What was typed.
    pub input: Input,
    /// Counted from the best match.
    pub selected: usize,
}

impl PaletteState {
    /// The commands that the letters find, best first; what can't be done now comes last.
    pub fn found(&self, state: &State) -> Vec<&'static Binding> {
        let mut found: Vec<_> = BINDINGS
            .iter()
            .filter_map(|binding| {
                // Who can't type the language in use finds a command by its English letters.
                let texts = [(state.words.keys.help)(binding), binding.help];
                let rank = texts.iter().filter_map(|text| match_rank(self.input.value(), text)).min()?;
                Some(((state.possible(binding.action).is_err(), rank), binding))
            })
            .collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, binding)| binding).collect()
    }

    /// The action that Enter would do.
    pub fn selected(&self, state: &State) -> Option<Action> {
        self.found(state).get(self.selected).map(|binding| binding.action)
    }
}

/// How well letters match a text that must hold them in their order: the fewer skipped between them the better, and
/// better at the beginnings of words. `None`: not at all.
fn match_rank(letters: &str, text: &str) -> Option<usize> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut at = 0;
    let mut rank = 0;
    for letter in letters.to_lowercase().chars().filter(|letter| !letter.is_whitespace()) {
        let rest = &text[at..];
        // A word that begins with the letter is what was meant more often than the next letter inside a word.
        let inside = rest.iter().position(|&c| c == letter)?;
        let begins = (at..text.len()).find(|&i| text[i] == letter && (i == 0 || text[i - 1] == ' ')).map(|i| i - at);
        let skipped = if inside == 0 { 0 } else { begins.unwrap_or(inside) };
        let at_word = at + skipped == 0 || text[at + skipped - 1] == ' ';
        rank += skipped + if at_word || inside == 0 { 0 } else { 10 };
        at += skipped + 1;
    }
    Some(rank)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_few_letters_find_a_command() {
        assert!(match_rank("eval", "evaluate on the test set").unwrap() < match_rank("eval", "leave values").unwrap());
        assert!(match_rank("lr", "lower the learning rate").is_some());
        assert!(match_rank("xyz", "save a checkpoint").is_none());
        assert_eq!(match_rank("", "anything"), Some(0));
        let best = |letters: &str| {
            BINDINGS.iter().filter_map(|row| Some((match_rank(letters, row.help)?, row.action))).min_by_key(|x| x.0)
        };
        assert_eq!(best("eval").unwrap().1, Action::Evaluate);
        assert_eq!(best("down").unwrap().1, Action::Download);
        assert_eq!(best("save").unwrap().1, Action::Save);
        assert_eq!(best("log").unwrap().1, Action::ShowLog);
        assert_eq!(best("scale").unwrap().1, Action::LogScale);
    }
}
