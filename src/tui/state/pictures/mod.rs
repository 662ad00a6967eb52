//! What the Pictures screen shows: which pictures, in which order, and what the net said of them.

mod answers;
mod asking;
mod choosing;
mod view;

pub use answers::Answer;
pub use view::{Choice, ChoiceState, Filter, Order, View};

use super::{Effect, Grid, Overlay, Screen, State};
use crate::metrics::{Evaluation, Predictions, Split};
use crate::session::{Command, Gallery, Phase};
use crate::tui::action::Action;
use answers::Answers;
use asking::Asking;
use std::ops::Range;
use tui_input::Input;
use view::next_split;

/// What is looked at, and how.
#[derive(Clone, Debug)]
pub struct PicturesState {
    gallery: Option<Gallery>,
    /// Whether the run that goes on, or the last one, has seen these pictures.
    has_net: bool,
    answers: Answers,
    split: Split,
    view: View,
    /// The pictures shown, in their order: made once, whenever something of it changes.
    shown: Vec<u32>,
    /// The place of the chosen one among them.
    at: usize,
    /// The picture that was chosen in each split when it was left.
    left: [Option<u32>; 3],
    /// The thumbnails that the last frame showed, and the place of the first of them.
    grid: Grid,
    first: usize,
    asking: Asking,
}

impl Default for PicturesState {
    fn default() -> Self {
        Self {
            gallery: None,
            has_net: false,
            answers: Answers::default(),
            split: Split::Test,
            view: View::default(),
            shown: Vec::new(),
            at: 0,
            left: [None; 3],
            grid: Grid::default(),
            first: 0,
            asking: Asking::default(),
        }
    }
}

/// What there is to look at.
impl PicturesState {
    /// The pictures, once read.
    pub fn gallery(&self) -> Option<&Gallery> {
        self.gallery.as_ref()
    }

    /// Whether there is a net that can be asked about them.
    pub fn has_net(&self) -> bool {
        self.has_net
    }

    /// The split shown.
    pub fn split(&self) -> Split {
        self.split
    }

    /// Which of its pictures, in which order.
    pub fn view(&self) -> View {
        self.view
    }

    /// How many pictures the split has.
    pub fn total(&self) -> usize {
        self.gallery.as_ref().map_or(0, |gallery| gallery.indices(self.split).len())
    }

    /// The pictures shown, each by its place in the file.
    pub fn shown(&self) -> &[u32] {
        &self.shown
    }

    /// The place of the chosen picture among those shown.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The chosen picture.
    pub fn chosen(&self) -> Option<u32> {
        self.shown.get(self.at).copied()
    }

    /// The 28×28 bytes of a picture of the split, and its true class.
    pub fn picture(&self, index: u32) -> Option<(&[u8], usize)> {
        let gallery = self.gallery.as_ref()?;
        Some((gallery.pixels(self.split, index)?, gallery.label(self.split, index)?.into()))
    }

    /// The newest that the net said of a picture of the split.
    pub fn answer(&self, index: u32) -> Option<Answer<'_>> {
        self.answers.of(self.split, index)
    }

    /// Steps done when the net was asked about every picture of the split.
    pub fn pass_step(&self) -> Option<u64> {
        self.answers.pass_step(self.split)
    }

    /// Whether the net has to be asked about every picture before these can be shown.
    pub fn waits(&self) -> bool {
        self.view.needs_pass() && self.pass_step().is_none()
    }

    /// The places that a grid of thumbnails shows: as they were shown before, moved no further than the chosen one
    /// asks for.
    pub fn visible(&self, grid: Grid) -> Range<usize> {
        let (columns, rows) = (grid.columns.max(1), grid.rows.max(1));
        let row = self.at / columns;
        let last_top = self.shown.len().div_ceil(columns).saturating_sub(rows);
        let top = (self.first / columns).min(last_top).clamp((row + 1).saturating_sub(rows), row);
        let first = top * columns;
        first..(first + columns * rows).min(self.shown.len())
    }
}

/// What changes it.
impl PicturesState {
    /// The pictures are read. What was said of others means nothing for these.
    pub(super) fn open(&mut self, gallery: Gallery) {
        if self.gallery.as_ref() != Some(&gallery) {
            self.clear();
            self.has_net = false;
            self.gallery = Some(gallery);
            self.view = View::default();
            self.left = [None; 3];
            self.at = 0;
            self.gather();
        }
    }

    /// Keeps what a pass over a split said of its pictures.
    pub(super) fn evaluated(&mut self, evaluation: &Evaluation, step: u64) {
        if !self.has_net || evaluation.predictions.is_empty() {
            return;
        }
        self.answers.keep_pass(evaluation.split, step, &evaluation.predictions);
        self.asking.pass_came(evaluation.split);
        if evaluation.split == self.split && self.view.needs_pass() {
            let chosen = self.chosen();
            self.gather();
            self.choose(chosen);
        }
    }

    /// Keeps what the net says of some pictures.
    pub(super) fn predicted(&mut self, split: Split, step: u64, predictions: &Predictions) {
        if self.has_net {
            self.answers.keep(split, step, predictions);
            self.asking.answered(split, &predictions.indices);
        }
    }

    /// Forgets a run: another begins.
    pub(super) fn clear(&mut self) {
        self.has_net = true;
        self.answers = Answers::default();
        self.asking = Asking::default();
        if self.view.needs_pass() {
            self.show_all();
        }
    }

    fn show_all(&mut self) {
        let chosen = self.chosen();
        self.view = View::default();
        self.gather();
        self.choose(chosen);
    }

    /// Takes up another view, from its first picture on.
    fn look(&mut self, view: View) {
        self.view = view;
        self.at = 0;
        self.gather();
    }

    fn turn_to(&mut self, split: Split) {
        self.left[self.split as usize] = self.chosen();
        self.split = split;
        self.at = 0;
        self.gather();
        self.choose(self.left[split as usize]);
    }

    /// Chooses a picture, if it is among those shown.
    fn choose(&mut self, index: Option<u32>) -> bool {
        let place = index.and_then(|index| self.shown.iter().position(|&shown| shown == index));
        self.at = place.unwrap_or(self.at).min(self.shown.len().saturating_sub(1));
        place.is_some()
    }

    /// Makes the list of the pictures shown.
    fn gather(&mut self) {
        let Some(gallery) = &self.gallery else { return };
        let all = gallery.indices(self.split).iter().copied();
        let answer = |index| self.answers.in_pass(self.split, index);
        let truth = |index| gallery.label(self.split, index).map_or(usize::MAX, usize::from);
        let taken = |index| answer(index).map(|answer| answer.taken());
        let mut shown: Vec<u32> = match self.view.filter {
            _ if self.waits() => Vec::new(),
            Filter::All => all.collect(),
            Filter::Wrong => all.filter(|&index| taken(index).is_some_and(|taken| taken != truth(index))).collect(),
            Filter::Right => all.filter(|&index| taken(index) == Some(truth(index))).collect(),
            Filter::Class(class) => all.filter(|&index| truth(index) == class).collect(),
            Filter::Cell { truth: class, taken: for_class } => {
                all.filter(|&index| truth(index) == class && taken(index) == Some(for_class)).collect()
            }
        };
        match self.view.order {
            Order::Index => {}
            Order::Loss => sort_by(&mut shown, |index| answer(index).map_or(0.0, |answer| -answer.loss(truth(index)))),
            Order::Confidence => {
                sort_by(&mut shown, |index| answer(index).map_or(0.0, |answer| answer.confidence().into()));
            }
        }
        if self.view.reversed {
            shown.reverse();
        }
        self.shown = shown;
        self.at = self.at.min(self.shown.len().saturating_sub(1));
    }

    /// Moves to another place; pages move what is seen along.
    fn step(&mut self, action: Action) {
        let last = self.shown.len().saturating_sub(1);
        let columns = self.grid.columns.max(1);
        let page = columns * self.grid.rows.max(1);
        let to = match action {
            Action::Left => self.at.saturating_sub(1),
            Action::Right => self.at + 1,
            Action::Up if self.at < columns => self.at,
            Action::Up => self.at - columns,
            // From the last full line into what there is of the next.
            Action::Down if self.at / columns < last / columns => self.at + columns,
            Action::PageUp => {
                self.first = self.first.saturating_sub(page);
                self.at.checked_sub(page).unwrap_or(self.at % columns)
            }
            Action::PageDown => {
                self.first += page;
                self.at + page
            }
            Action::Top => 0,
            Action::Bottom => last,
            _ => self.at,
        };
        self.at = to.min(last);
        self.first = self.visible(self.grid).start;
    }
}

/// The least first; of equals, the one that came first.
fn sort_by(pictures: &mut Vec<u32>, key: impl Fn(u32) -> f64) {
    let mut keyed: Vec<(f64, u32)> = pictures.iter().map(|&index| (key(index), index)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    *pictures = keyed.into_iter().map(|(_, index)| index).collect();
}

impl State {
    /// Does what an action means on the Pictures screen. `None` where it means there what it means everywhere.
    pub(super) fn look_at_pictures(&mut self, action: Action) -> Option<Vec<Effect>> {
        let pictures = &mut self.pictures;
        let view = pictures.view;
        match action {
            Action::Up
            | Action::Down
            | Action::Left
            | Action::Right
            | Action::PageUp
            | Action::PageDown
            | Action::Top
            | Action::Bottom => pictures.step(action),
            Action::OtherSplit => pictures.turn_to(next_split(pictures.split)),
            Action::Order => return Some(self.look(View { order: view.order.next(), reversed: false, ..view })),
            Action::ReverseOrder => return Some(self.look(View { reversed: !view.reversed, ..view })),
            Action::Filter => self.overlay = Some(Overlay::Choice(self.choices())),
            Action::Search => self.overlay = Some(Overlay::Search(Input::default())),
            Action::EvaluateShown => return Some(self.evaluate_shown()),
            _ => return None,
        }
        Some(self.evaluate_if_needed())
    }

    /// Takes up another view, if there is a net that can tell what is in it.
    fn look(&mut self, view: View) -> Vec<Effect> {
        if view.needs_pass() && !self.pictures.has_net {
            self.notice = Some(self.words.pictures.start_a_run.into());
            return Vec::new();
        }
        self.pictures.look(view);
        self.evaluate_if_needed()
    }

    fn evaluate_shown(&mut self) -> Vec<Effect> {
        let why_not = match self.phase {
            _ if !self.pictures.has_net => self.words.pictures.no_net,
            Phase::Evaluating => self.words.refusals.evaluating,
            Phase::Loading => self.words.refusals.preparing,
            _ => return vec![Effect::Send(Command::Evaluate { split: self.pictures.split, checkpoint: None })],
        };
        self.notice = Some(why_not.into());
        Vec::new()
    }

    /// Shows the pictures of a cell of the matrix; Esc goes back to where one was.
    pub fn open_cell(&mut self, split: Split, truth: usize, taken: usize) -> Vec<Effect> {
        self.show(Screen::Pictures);
        if split != self.pictures.split {
            self.pictures.turn_to(split);
        }
        self.look(View::of(Filter::Cell { truth, taken }))
    }

    /// A click on a thumbnail.
    pub(super) fn click_thumbnail(&mut self, place: usize) -> Vec<Effect> {
        match &self.overlay {
            None => self.pictures.at = place.min(self.pictures.shown.len().saturating_sub(1)),
            // Beside the list: it is put away.
            Some(Overlay::Choice(_)) => self.overlay = None,
            Some(_) => {}
        }
        Vec::new()
    }
}
