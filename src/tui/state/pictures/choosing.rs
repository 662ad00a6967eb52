//! The list of filters, and the way to a picture by its number.

use super::{Choice, ChoiceState, Filter, PicturesState, View};
use crate::metrics::Split;
use crate::text::thousands;
use crate::tui::action::Action;
use crate::tui::state::{Effect, Overlay, State};
use tui_input::Input;

/// Rows of a page of the list.
const PAGE: usize = 8;

impl State {
    /// The name of a class, as the data has it.
    pub fn class_name(&self, class: usize) -> String {
        let names = self.data.as_ref().map_or(&[][..], |data| &data.class_names);
        names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.data.as_ref().map_or(0, |data| data.class_names.len())
    }

    /// A filter in words.
    pub fn filter_name(&self, filter: Filter) -> String {
        let words = &self.words.pictures;
        match filter {
            Filter::All => words.all.into(),
            Filter::Wrong => words.wrong.into(),
            Filter::Right => words.right.into(),
            Filter::Class(class) => self.class_name(class),
            Filter::Cell { truth, taken } => (words.cell)(&self.class_name(truth), &self.class_name(taken)),
        }
    }

    /// Everything that can be chosen now, the view that is shown selected.
    pub(super) fn choices(&self) -> ChoiceState {
        let pictures = &self.pictures;
        let counts = Counts::of(pictures);
        let row = |view: View, name: String| Choice { view, name, count: counts.of_view(view) };
        let of = |filter| row(View::of(filter), self.filter_name(filter));
        let mut rows = vec![
            of(Filter::All),
            of(Filter::Wrong),
            of(Filter::Right),
            row(View::LEAST_SURE, self.words.pictures.least_sure.into()),
            row(View::SUREST_MISTAKES, self.words.pictures.surest_mistakes.into()),
        ];
        rows.extend((0..self.classes()).map(|class| of(Filter::Class(class))));
        if let Filter::Cell { .. } = pictures.view.filter {
            let count = (!pictures.waits()).then_some(pictures.shown.len());
            rows.push(Choice { count, ..of(pictures.view.filter) });
        }
        let shown = |row: &Choice| row.view == pictures.view;
        let filtered = |row: &Choice| row.view.filter == pictures.view.filter;
        let selected = rows.iter().position(shown).or_else(|| rows.iter().position(filtered)).unwrap_or(0);
        ChoiceState { rows, selected }
    }

    pub(in crate::tui::state) fn in_choice(&mut self, mut list: ChoiceState, action: Action) -> Vec<Effect> {
        let last = list.rows.len().saturating_sub(1);
        list.selected = match action {
            Action::Up | Action::PreviousScreen => list.selected.saturating_sub(1),
            Action::Down | Action::NextScreen => (list.selected + 1).min(last),
            Action::PageUp => list.selected.saturating_sub(PAGE),
            Action::PageDown => (list.selected + PAGE).min(last),
            Action::Top => 0,
            Action::Bottom => last,
            Action::Back | Action::Filter => return Vec::new(),
            Action::Confirm => {
                let other = list.rows.get(list.selected).filter(|row| row.view != self.pictures.view);
                return other.map_or_else(Vec::new, |row| self.look(row.view));
            }
            _ => list.selected,
        };
        self.overlay = Some(Overlay::Choice(list));
        Vec::new()
    }

    /// A click on a row of a list of choices.
    pub(in crate::tui::state) fn click_choice(&mut self, row: usize) -> Vec<Effect> {
        match self.overlay.take() {
            Some(Overlay::Choice(list)) => self.in_choice(ChoiceState { selected: row, ..list }, Action::Confirm),
            other => {
                self.overlay = other;
                Vec::new()
            }
        }
    }

    /// While the number of a picture is typed.
    pub(in crate::tui::state) fn in_index(&mut self, input: Input, action: Action) -> Vec<Effect> {
        match action {
            Action::Back => {}
            Action::Confirm => self.go_to(input.value().trim()),
            _ => self.overlay = Some(Overlay::Search(input)),
        }
        Vec::new()
    }

    fn go_to(&mut self, typed: &str) {
        if typed.is_empty() {
            return;
        }
        let typed: String = typed.chars().filter(|&c| c != ',').collect();
        let Ok(index) = typed.parse::<u32>() else {
            self.notice = Some((self.words.pictures.not_a_number)(&typed));
            return;
        };
        if self.pictures.choose(Some(index)) {
            return;
        }
        let (split, number) = (self.pictures.split, thousands(index.into()));
        let (words, name) = (&self.words.pictures, self.words.common.split(split));
        self.notice = Some(match self.pictures.gallery().map(|gallery| gallery.indices(split)) {
            Some(all) if all.binary_search(&index).is_ok() => {
                (words.not_among)(name, &number, &self.filter_name(self.pictures.view.filter))
            }
            Some(&[first, .., last]) => {
                let other = self.pictures.split_with(index);
                let other = other.map(|split| (words.but_in)(self.words.common.split(split))).unwrap_or_default();
                (words.not_in)(&number, name, &thousands(first.into()), &thousands(last.into()), &other)
            }
            _ => (words.has_no)(name, &number),
        });
    }
}

impl PicturesState {
    /// The other part of the training file that has this picture.
    fn split_with(&self, index: u32) -> Option<Split> {
        let other = match self.split {
            Split::Train => Split::Validation,
            Split::Validation => Split::Train,
            Split::Test => return None,
        };
        self.gallery()?.indices(other).binary_search(&index).ok().map(|_| other)
    }
}

/// Pictures of each class, and how many of all are right.
struct Counts {
    classes: Vec<usize>,
    right: Option<usize>,
}

impl Counts {
    fn of(pictures: &PicturesState) -> Self {
        let mut counts = Self { classes: vec![0; 256], right: pictures.pass_step().map(|_| 0) };
        let Some(gallery) = pictures.gallery() else { return counts };
        for &index in gallery.indices(pictures.split) {
            let Some(label) = gallery.label(pictures.split, index) else { continue };
            counts.classes[usize::from(label)] += 1;
            let answer = pictures.answers.in_pass(pictures.split, index);
            if let (Some(right), Some(answer)) = (&mut counts.right, answer) {
                *right += usize::from(answer.taken() == usize::from(label));
            }
        }
        counts
    }

    fn of_view(&self, view: View) -> Option<usize> {
        let all = self.classes.iter().sum::<usize>();
        match view.filter {
            _ if view.needs_pass() && self.right.is_none() => None,
            Filter::All => Some(all),
            Filter::Wrong => self.right.map(|right| all - right),
            Filter::Right => self.right,
            Filter::Class(class) => self.classes.get(class).copied(),
            Filter::Cell { .. } => None,
        }
    }
}
