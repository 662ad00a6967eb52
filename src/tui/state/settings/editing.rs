//! Changing a setting: the editors, taking back, defaults, and what of it reaches a run under way.

use super::{SettingsState, Undo, text_of};
use crate::config::{FIELDS, Field, Kind};
use crate::session::{Command, Level, Tuning};
use crate::tui::action::Action;
use crate::tui::state::{Effect, Overlay, State};
use crate::tui::words::Words;
use tui_input::Input;

/// Settings of a page.
const PAGE: usize = 8;

/// A setting that is being edited.
#[derive(Clone, Debug)]
pub struct Editor {
    /// Which.
    pub field: &'static Field,
    /// How.
    pub kind: EditorKind,
}

/// How a setting is edited.
#[derive(Clone, Debug)]
pub enum EditorKind {
    /// A number or a path, in a line of text.
    Line(Input),
    /// One of some words.
    Choice {
        /// The words.
        words: &'static [&'static str],
        /// Which would be taken.
        selected: usize,
    },
}

impl Editor {
    /// What would be taken, or what is wrong with it.
    pub fn value(&self) -> Result<toml::Value, crate::config::Trouble> {
        self.field.read(match &self.kind {
            EditorKind::Line(input) => input.value(),
            EditorKind::Choice { words, selected } => words.get(*selected).copied().unwrap_or_default(),
        })
    }
}

/// Whether a run under way can take this over between two steps.
pub(super) fn can_change_in_a_run(key: &str) -> bool {
    matches!(
        key,
        "training.learning_rate"
            | "training.epochs"
            | "training.weight_decay"
            | "training.gradient_clip"
            | "checkpoint.every_epochs"
            | "checkpoint.every_steps"
            | "checkpoint.every_minutes"
            | "checkpoint.keep"
    )
}

impl SettingsState {
    fn editor(&self, field: &'static Field) -> Editor {
        let text = self.to_edit(field);
        let kind = match field.kind {
            Kind::Choice(words) => {
                let selected = words.iter().position(|word| *word == text).unwrap_or(0);
                EditorKind::Choice { words, selected }
            }
            _ => EditorKind::Line(Input::new(text)),
        };
        Editor { field, kind }
    }

    fn put(&mut self, field: &'static Field, in_force: toml::Value) {
        if let Some(place) = FIELDS.iter().position(|known| known.key == field.key)
            && let Some(value) = self.values.get_mut(place)
        {
            *value = in_force;
        }
    }

    /// What the file would have to say for this value to be in force.
    fn as_written(&self, field: &'static Field) -> toml::Value {
        let in_file = self.file.as_ref().and_then(|file| file.value(field)).cloned();
        self.given.get(field.key).cloned().or(in_file).unwrap_or_else(|| field.default.into())
    }
}

impl State {
    /// Does what an action means on the Config screen. `None` where it means there what it means everywhere.
    pub(in crate::tui::state) fn look_at_settings(&mut self, action: Action) -> Option<Vec<Effect>> {
        self.settings.told = None;
        let (at, last) = (self.settings.chosen, FIELDS.len().saturating_sub(1));
        let field = self.settings.field()?;
        match action {
            Action::Up => self.settings.chosen = at.saturating_sub(1),
            Action::Down => self.settings.chosen = (at + 1).min(last),
            Action::PageUp => self.settings.chosen = at.saturating_sub(PAGE),
            Action::PageDown => self.settings.chosen = (at + PAGE).min(last),
            Action::Top => self.settings.chosen = 0,
            Action::Bottom => self.settings.chosen = last,
            Action::Confirm => self.overlay = Some(Overlay::Edit(self.settings.editor(field))),
            Action::Undo => return Some(self.undo_setting()),
            Action::Default => return Some(self.set_default(field)),
            Action::Write => self.show_diff(),
            Action::Search => self.overlay = Some(Overlay::Search(Input::default())),
            Action::NextMatch => self.find_setting(1),
            Action::PreviousMatch => self.find_setting(last),
            _ => return None,
        }
        Some(Vec::new())
    }

    /// A click on a setting: chooses it, and edits it where it is chosen already.
    pub(in crate::tui::state) fn click_setting(&mut self, place: usize) -> Vec<Effect> {
        if self.settings.chosen == place {
            return crate::tui::state::update(self, Action::Confirm);
        }
        self.settings.chosen = place;
        Vec::new()
    }

    /// A click on a word of a choice.
    pub(in crate::tui::state) fn click_word(&mut self, place: usize) -> Vec<Effect> {
        if let Some(Overlay::Edit(Editor { kind: EditorKind::Choice { selected, .. }, .. })) = &mut self.overlay {
            *selected = place;
            return crate::tui::state::update(self, Action::Confirm);
        }
        Vec::new()
    }

    /// While a setting is edited.
    pub(in crate::tui::state) fn in_editor(&mut self, mut editor: Editor, action: Action) -> Vec<Effect> {
        match (action, &mut editor.kind) {
            (Action::Back, _) => return Vec::new(),
            (Action::Confirm, _) => {
                // Where it is none, the fault stands beneath what was typed.
                if let Ok(value) = editor.value() {
                    return self.set(editor.field, value);
                }
            }
            (Action::Left | Action::Up | Action::PreviousScreen, EditorKind::Choice { selected, .. }) => {
                *selected = selected.saturating_sub(1);
            }
            (Action::Right | Action::Down | Action::NextScreen, EditorKind::Choice { selected, words }) => {
                *selected = (*selected + 1).min(words.len().saturating_sub(1));
            }
            (Action::Top, EditorKind::Choice { selected, .. }) => *selected = 0,
            (Action::Bottom, EditorKind::Choice { selected, words }) => *selected = words.len().saturating_sub(1),
            _ => {}
        }
        self.overlay = Some(Overlay::Edit(editor));
        Vec::new()
    }

    /// While a search is typed.
    pub(in crate::tui::state) fn in_settings_search(&mut self, input: Input, action: Action) -> Vec<Effect> {
        match action {
            Action::Back => {}
            Action::Confirm => {
                input.value().clone_into(&mut self.settings.search);
                if !self.settings.field().is_some_and(|field| self.setting_matches(field)) {
                    self.find_setting(1);
                }
            }
            _ => self.overlay = Some(Overlay::Search(input)),
        }
        Vec::new()
    }

    /// To the next match so many settings on, and on from the other end.
    fn find_setting(&mut self, step: usize) {
        let count = FIELDS.len();
        let found = (1..=count)
            .map(|times| (self.settings.chosen + times * step) % count)
            .find(|&place| FIELDS.get(place).is_some_and(|field| self.setting_matches(field)));
        self.settings.chosen = found.unwrap_or(self.settings.chosen);
    }

    fn set_default(&mut self, field: &'static Field) -> Vec<Effect> {
        if !self.settings.differs(field) && self.value_of_run(field).is_none() {
            self.settings.told = Some((self.words.config.is_default)(field.key));
            return Vec::new();
        }
        self.set(field, field.default.into())
    }

    /// Sets a value that the setting can have: at once where that can be, else from when it can.
    pub(super) fn set(&mut self, field: &'static Field, value: toml::Value) -> Vec<Effect> {
        let in_force = self.settings.meaning(field, &value);
        let before = self.settings.value(field).cloned();
        let is_new = before.as_ref() != Some(&in_force) || self.settings.as_written(field) != value;
        if is_new {
            let given = self.settings.given.insert(field.key, value);
            let rate = self.learning_rate();
            let in_force = before.unwrap_or_else(|| in_force.clone());
            self.settings.undo.push(Undo { field, given, in_force, rate });
        } else if self.value_of_run(field).is_none() {
            return Vec::new();
        }
        self.settings.told = Some((self.words.config.changed)(field.key, &text_of(&in_force)));
        self.put_in_force(field, in_force, None)
    }

    fn undo_setting(&mut self) -> Vec<Effect> {
        let Some(Undo { field, given, in_force, rate }) = self.settings.undo.pop() else { return Vec::new() };
        let was_given = given.is_some();
        self.settings.given.remove(field.key);
        self.settings.given.extend(given.map(|given| (field.key, given)));
        // It may have been written meanwhile: then what was before is to be written.
        if !was_given && self.settings.meaning(field, &self.settings.as_written(field)) != in_force {
            self.settings.given.insert(field.key, in_force.clone());
        }
        self.settings.chosen = FIELDS.iter().position(|known| known.key == field.key).unwrap_or(0);
        self.settings.told = Some((self.words.config.undone)(field.key));
        self.put_in_force(field, in_force, Some(rate))
    }

    /// Makes a value the one in force, here, for new runs, and in the run under way as far as it can change. `rate`: what
    /// the run's learning rate goes back to.
    fn put_in_force(&mut self, field: &'static Field, value: toml::Value, rate: Option<f64>) -> Vec<Effect> {
        let config = match self.config.with(field, value.clone()) {
            Ok(config) => config,
            Err(error) => {
                self.say(Level::Error, error.to_string());
                self.notice = Some(error.to_string());
                return Vec::new();
            }
        };
        self.settings.put(field, value);
        self.config = config;
        self.words = Words::of(&self.config.ui);
        if self.ended {
            return Vec::new();
        }
        let mut effects = vec![Effect::Send(Command::Configure(Box::new(self.config.clone())))];
        if self.run_under_way() {
            effects.extend(self.change_run(field.key, rate));
        } else if field.key == "training.learning_rate" {
            self.snapshot.learning_rate = self.config.training.learning_rate;
        }
        effects
    }

    fn change_run(&mut self, key: &str, rate: Option<f64>) -> Vec<Effect> {
        let (training, checkpoint) = (&self.config.training, &self.config.checkpoint);
        let tuning = match key {
            "training.learning_rate" => {
                let rate = rate.unwrap_or(training.learning_rate);
                return self.set_rate(rate);
            }
            "training.epochs" => Tuning::Epochs(training.epochs),
            "training.weight_decay" => Tuning::WeightDecay(training.weight_decay),
            "training.gradient_clip" => Tuning::GradientClip(training.gradient_clip),
            "checkpoint.every_epochs" => Tuning::EveryEpochs(checkpoint.every_epochs),
            "checkpoint.every_steps" => Tuning::EverySteps(checkpoint.every_steps),
            "checkpoint.every_minutes" => Tuning::EveryMinutes(checkpoint.every_minutes),
            "checkpoint.keep" => Tuning::Keep(checkpoint.keep),
            _ => return Vec::new(),
        };
        vec![Effect::Send(Command::Tune(tuning))]
    }

    /// Whether there is something to take back, or to write.
    pub(in crate::tui::state) fn settings_possible(&self, action: Action) -> Result<(), &'static str> {
        let words = &self.words.config;
        match action {
            Action::Undo if self.settings.undo.is_empty() => Err(words.nothing_to_undo),
            Action::Write if self.settings.file.is_none() => Err(words.no_file),
            Action::Write if self.settings.pending().is_empty() => Err(words.nothing_to_write),
            _ => Ok(()),
        }
    }
}
