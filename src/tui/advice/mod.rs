//! What a run's numbers tell of how it goes, by the rules of thumb of the field. Sparing: a good run gets no advice.

mod rules;

use crate::metrics::{EpochMetrics, StepTimes};

/// Something that goes wrong, with the numbers that show it.
#[derive(Clone, Debug, PartialEq)]
pub enum Advice {
    /// Loss or gradients grow without end.
    Diverging {
        /// The highest loss of the last steps.
        loss: f64,
        /// The greatest gradient norm of the last steps.
        gradient: f64,
    },
    /// The net answers every picture alike.
    Stuck {
        /// Steps for which it has.
        steps: usize,
        /// The mean loss over these.
        loss: f64,
        /// The loss of who knows nothing: ln of the classes.
        chance: f64,
        /// The mean accuracy.
        accuracy: f64,
        /// The loss has jumped about before, or still does: the steps are too large, not too small.
        jumped: bool,
    },
    /// The loss has been much lower before.
    Rising {
        /// The lowest mean.
        lowest: f64,
        /// The mean of now.
        now: f64,
    },
    /// The loss falls, but hardly.
    Slow {
        /// How much it fell.
        fall: f64,
        /// In so many steps.
        steps: usize,
    },
    /// Validation gets worse while training gets better.
    OverFitting {
        /// Epochs since validation was at its best.
        epochs: u32,
        /// The validation loss then.
        from: f64,
        /// The validation loss of now.
        to: f64,
    },
    /// Nearly all units of a layer give 0 whatever the picture.
    Dead {
        /// The layer's name.
        layer: String,
        /// The share of its units.
        share: f64,
    },
    /// Steps wait for their pictures.
    Starved {
        /// The share of a step that they do.
        share: f64,
    },
    /// The run goes on, but not as it would have without the stop.
    Inexact {
        /// What is not as it was.
        what: String,
    },
}

impl Advice {
    /// Whether the run is lost if nothing is done.
    pub fn is_grave(&self) -> bool {
        matches!(self, Self::Diverging { .. } | Self::Stuck { .. } | Self::Rising { .. })
    }
}

/// What is known of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recorded<'a> {
    /// The loss of every step.
    pub loss: &'a [f32],
    /// The accuracy of every step.
    pub accuracy: &'a [f32],
    /// The gradients' norm of every step; not a number where it was not measured.
    pub gradients: &'a [f32],
    /// Every epoch's numbers.
    pub epochs: &'a [EpochMetrics],
    /// Classes that the net tells apart.
    pub classes: usize,
    /// Where the time of the last steps went.
    pub times: StepTimes,
    /// Layers nearly all of whose units are dead: name and share.
    pub dead: &'a [(String, f64)],
    /// What is not as it was when the run was gone on with.
    pub inexact: &'a [String],
}

/// All that there is to say, the gravest first.
pub fn advice(recorded: &Recorded<'_>) -> Vec<Advice> {
    let of_curve = rules::diverging(recorded)
        .or_else(|| rules::rising(recorded))
        .or_else(|| rules::stuck(recorded))
        .or_else(|| rules::slow(recorded));
    let others =
        [rules::over_fitting(recorded), rules::dead(recorded), rules::starved(recorded), rules::inexact(recorded)];
    of_curve.into_iter().chain(others.into_iter().flatten()).collect()
}
