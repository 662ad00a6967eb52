//! Which pictures are shown, and in which order: what can be chosen, and how it is called.

use crate::metrics::Split;

/// Which pictures of a split are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Every one.
    #[default]
    All,
    /// Those taken for another class.
    Wrong,
    /// Those recognized.
    Right,
    /// Those of a true class.
    Class(usize),
    /// Those of a cell of the matrix.
    Cell {
        /// The true class.
        truth: usize,
        /// What they were taken for.
        taken: usize,
    },
}

/// What they are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The place in the file.
    #[default]
    Index,
    /// The loss, the highest first.
    Loss,
    /// The probability of the predicted class, the least sure first.
    Confidence,
}

impl Order {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Index => Self::Loss,
            Self::Loss => Self::Confidence,
            Self::Confidence => Self::Index,
        }
    }
}

/// A choice of pictures in an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Which.
    pub filter: Filter,
    /// By what.
    pub order: Order,
    /// Whether the order is turned round.
    pub reversed: bool,
}

impl View {
    /// What the net is least certain of, whether it is right or wrong.
    pub const LEAST_SURE: Self = Self { filter: Filter::All, order: Order::Confidence, reversed: false };
    /// Where it is wrong and certain of it.
    pub const SUREST_MISTAKES: Self = Self { filter: Filter::Wrong, order: Order::Confidence, reversed: true };

    /// A filter in the order of the file.
    pub fn of(filter: Filter) -> Self {
        Self { filter, ..Self::default() }
    }

    /// Whether it can be told only once the net has been asked about every picture.
    pub fn needs_pass(self) -> bool {
        self.order != Order::Index || matches!(self.filter, Filter::Wrong | Filter::Right | Filter::Cell { .. })
    }
}

/// A row of the list of filters.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What Enter shows.
    pub view: View,
    /// What it is called.
    pub name: String,
    /// How many pictures it has, where that is known.
    pub count: Option<usize>,
}

/// The list of filters.
#[derive(Clone, Debug)]
pub struct ChoiceState {
    /// Everything that can be chosen.
    pub rows: Vec<Choice>,
    /// The row that Enter takes.
    pub selected: usize,
}

/// The order in which `t` goes through the splits.
pub(super) fn next_split(split: Split) -> Split {
    match split {
        Split::Test => Split::Validation,
        Split::Validation => Split::Train,
        Split::Train => Split::Test,
    }
}
