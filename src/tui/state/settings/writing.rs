//! Writing what was changed to the file: shown first, asked about where others have changed the same.

use super::{SettingsState, text_of};
use crate::config::{Clash, DiffLine, Outcome};
use crate::session::Level;
use crate::tui::action::Action;
use crate::tui::state::{Effect, Overlay, State};
use std::fmt::Write;

/// What would be written, line by line.
#[derive(Clone, Debug)]
pub struct DiffState {
    /// The lines.
    pub lines: Vec<DiffLine>,
    /// Lines scrolled.
    pub scroll: usize,
    /// Why it could not be written.
    pub error: Option<String>,
}

/// Settings that were changed here and in the file.
#[derive(Clone, Debug)]
pub struct ClashState {
    /// Which.
    pub clashes: Vec<Clash>,
    /// What Enter does.
    pub selected: Choice,
}

/// What can be done with a clash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum Choice {
    /// Write what was set here.
    Ours,
    /// Keep what the file has, and use it.
    Theirs,
    /// Write nothing.
    Neither,
}

impl State {
    /// Shows what would be written.
    pub(super) fn show_diff(&mut self) {
        let Some(file) = &self.settings.file else { return };
        match file.diff(&self.settings.pending()) {
            Ok(lines) => self.overlay = Some(Overlay::Diff(DiffState { lines, scroll: 0, error: None })),
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// While it is shown.
    pub(in crate::tui::state) fn in_diff(&mut self, mut diff: DiffState, action: Action) -> Vec<Effect> {
        diff.scroll = match action {
            Action::Confirm => {
                self.write_settings(false);
                return Vec::new();
            }
            Action::Back => return Vec::new(),
            Action::Up => diff.scroll.saturating_sub(1),
            Action::Down => (diff.scroll + 1).min(diff.lines.len().saturating_sub(1)),
            _ => diff.scroll,
        };
        self.overlay = Some(Overlay::Diff(diff));
        Vec::new()
    }

    /// While a clash is asked about.
    pub(in crate::tui::state) fn in_clash(&mut self, mut clash: ClashState, action: Action) -> Vec<Effect> {
        clash.selected = match (action, clash.selected) {
            (Action::Back, _) | (Action::Confirm, Choice::Neither) => return Vec::new(),
            (Action::Confirm, Choice::Ours) => {
                self.write_settings(true);
                return Vec::new();
            }
            (Action::Confirm, Choice::Theirs) => return self.take_theirs(&clash.clashes),
            (Action::Up | Action::Left, Choice::Ours | Choice::Theirs) => Choice::Ours,
            (Action::Up | Action::Left, Choice::Neither) | (Action::Down | Action::Right, Choice::Ours) => {
                Choice::Theirs
            }
            (Action::Down | Action::Right, _) => Choice::Neither,
            (_, same) => same,
        };
        self.overlay = Some(Overlay::Clash(clash));
        Vec::new()
    }

    /// A click on what can be done with a clash.
    pub(in crate::tui::state) fn click_clash(&mut self, selected: Choice) -> Vec<Effect> {
        match self.overlay.take() {
            Some(Overlay::Clash(clash)) => self.in_clash(ClashState { selected, ..clash }, Action::Confirm),
            other => {
                self.overlay = other;
                Vec::new()
            }
        }
    }

    /// What the file has comes into force; all else that was set here is written.
    fn take_theirs(&mut self, clashes: &[Clash]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for Clash { field, theirs, .. } in clashes {
            effects.extend(self.set(field, theirs.clone().unwrap_or_else(|| field.default.into())));
            self.settings.given.remove(field.key);
        }
        self.write_settings(false);
        let theirs = clashes.iter().filter_map(|clash| Some((clash.field.key, clash.theirs.clone()?)));
        self.settings.given.extend(theirs);
        effects
    }

    fn write_settings(&mut self, ours_win: bool) {
        let edits = self.settings.pending();
        let SettingsState { file: Some(file), .. } = &mut self.settings else { return };
        let path = file.path().display().to_string();
        match file.write(&edits, ours_win) {
            Ok(Outcome::Written { merged }) => {
                let words = &self.words.config;
                let mut told = (words.written)(edits.len());
                if !merged.is_empty() {
                    let _ = write!(told, "{}", (words.merged)(&merged.join(", ")));
                }
                self.say(Level::Info, format!("{path}: {told}"));
                self.settings.told = Some(told);
            }
            Ok(Outcome::Clash(clashes)) => {
                self.overlay = Some(Overlay::Clash(ClashState { clashes, selected: Choice::Ours }));
            }
            Err(error) => {
                self.say(Level::Error, error.to_string());
                let lines = file_lines(&self.settings);
                self.overlay = Some(Overlay::Diff(DiffState { lines, scroll: 0, error: Some(error.to_string()) }));
            }
        }
    }
}

fn file_lines(settings: &SettingsState) -> Vec<DiffLine> {
    settings.file.as_ref().and_then(|file| file.diff(&settings.pending()).ok()).unwrap_or_default()
}

impl ClashState {
    /// A clash in words: the key, what was set here, what the file has.
    pub fn values(clash: &Clash, nothing: &str) -> [String; 3] {
        let theirs = clash.theirs.as_ref().map_or_else(|| nothing.to_owned(), text_of);
        [clash.field.key.to_owned(), text_of(&clash.ours), theirs]
    }
}
