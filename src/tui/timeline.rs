//! Where a step stands on the horizontal axis: by its number, or by the training time before it.

use crate::metrics::EpochMetrics;
use std::collections::VecDeque;

/// What the horizontal axis of the charts counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Optimizer steps.
    Step,
    /// Epochs.
    Epoch,
    /// Training and validation time, pauses left out.
    Time,
}

impl Axis {
    /// Epochs once one is over, steps until then.
    pub fn of(steps_per_epoch: u64, steps: usize) -> Self {
        if (1..=steps as u64).contains(&steps_per_epoch) { Self::Epoch } else { Self::Step }
    }
}

/// An epoch's end on the clock.
#[derive(Clone, Copy, Debug, Default)]
struct Anchor {
    /// Steps done.
    step: usize,
    /// What the steps before took, added up.
    steps: f64,
    /// The training's time, validations included.
    time: f64,
}

/// When each step was done, in seconds of training: what steps took, and at an epoch's end what its validation took.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Seconds of the first `i` steps, without validations.
    sums: Vec<f64>,
    /// The epochs that are over, oldest first; before them the beginning.
    anchors: Vec<Anchor>,
    /// Epochs whose last steps are not known yet.
    early: VecDeque<(u64, f64)>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { sums: vec![0.0], anchors: vec![Anchor::default()], early: VecDeque::new() }
    }
}

impl Clock {
    /// The next step took so many seconds.
    pub fn step(&mut self, seconds: f64) {
        let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
        self.sums.push(self.sums.last().copied().unwrap_or_default() + seconds);
        self.settle();
    }

    /// An epoch is over; its last steps may be told of later.
    pub fn epoch(&mut self, epoch: &EpochMetrics) {
        self.early.push_back((epoch.step, epoch.seconds));
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(&(step, seconds)) = self.early.front() {
            let Some(&steps) = self.sums.get(step as usize) else { return };
            self.early.pop_front();
            let last = self.anchors.last().copied().unwrap_or_default();
            if step as usize > last.step && seconds.is_finite() {
                // An epoch takes no less than its steps: time never goes back.
                let time = last.time + seconds.max(steps - last.steps);
                self.anchors.push(Anchor { step: step as usize, steps, time });
            }
        }
    }

    /// Seconds of training before the step of this index; of a part of a step, that part.
    pub fn at(&self, step: f64) -> f64 {
        let last = self.sums.len() - 1;
        let whole = (step.max(0.0) as usize).min(last);
        let next = (whole + 1).min(last);
        let sum = self.sums[whole] + (self.sums[next] - self.sums[whole]) * (step - whole as f64).clamp(0.0, 1.0);
        let anchor = self.anchors[self.anchors.partition_point(|anchor| anchor.step <= whole).max(1) - 1];
        anchor.time + sum - anchor.steps
    }

    /// Whether any time is known.
    pub fn is_known(&self) -> bool {
        self.sums.last().is_some_and(|&sum| sum > 0.0)
    }
}

/// From steps to places on the axis and back. Places never fall from one step to the next.
#[derive(Clone, Debug)]
pub enum Ruler<'a> {
    /// So much a step.
    Even(f64),
    /// By the time.
    Clock(&'a Clock),
    /// By the time, of which only the epochs' ends are known: steps done, and seconds.
    Knots(Vec<(f64, f64)>),
}

impl<'a> Ruler<'a> {
    /// That of the run whose clock this is.
    pub fn of(axis: Axis, clock: &'a Clock) -> Self {
        match axis {
            Axis::Step | Axis::Epoch => Self::Even(1.0),
            Axis::Time => Self::Clock(clock),
        }
    }

    /// That of another run, on the axis of one that has `own` steps in an epoch. `None`: nothing tells its times.
    pub fn of_other(axis: Axis, own: u64, steps_per_epoch: u64, epochs: &[EpochMetrics]) -> Option<Self> {
        match axis {
            Axis::Epoch if own > 0 && steps_per_epoch > 0 => Some(Self::Even(own as f64 / steps_per_epoch as f64)),
            Axis::Step | Axis::Epoch => Some(Self::Even(1.0)),
            Axis::Time => {
                let mut knots = vec![(0.0, 0.0)];
                let mut time = 0.0;
                for epoch in epochs {
                    time += epoch.seconds.max(0.0);
                    let step = end_of(epoch, steps_per_epoch) as f64;
                    if step > knots.last().map_or(0.0, |&(step, _)| step) {
                        knots.push((step, time));
                    }
                }
                (knots.len() > 1).then_some(Self::Knots(knots))
            }
        }
    }

    /// The place of a step, by its index.
    pub fn at(&self, step: f64) -> f64 {
        match self {
            Self::Even(each) => step * each,
            Self::Clock(clock) => clock.at(step),
            Self::Knots(knots) => {
                // Beyond the last epoch it goes on as in the last.
                let next = knots.partition_point(|&(known, _)| known < step).clamp(1, knots.len() - 1);
                let ((s0, t0), (s1, t1)) = (knots[next - 1], knots[next]);
                t0 + (step - s0) / (s1 - s0) * (t1 - t0)
            }
        }
    }

    /// The first of `steps` steps whose place is not before `place`.
    pub fn first_from(&self, place: f64, steps: usize) -> usize {
        if let Self::Even(each) = self {
            return ((place / each - 1e-9).ceil().max(0.0) as usize).min(steps);
        }
        let (mut low, mut high) = (0, steps);
        while low < high {
            let middle = low.midpoint(high);
            if self.at(middle as f64) < place { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// Steps done when an epoch ended; where nothing tells it, by its number.
pub fn end_of(epoch: &EpochMetrics, steps_per_epoch: u64) -> u64 {
    if epoch.step > 0 { epoch.step } else { u64::from(epoch.epoch) * steps_per_epoch }
}

/// The dot columns of a plot: column `x` holds the places from `(first + x) · unit` up to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// What one column stands for.
    pub unit: f64,
    /// Columns left of the plot.
    pub first: f64,
    /// Columns of the plot.
    pub dots: usize,
}

impl Window {
    /// The column of a place; it may lie outside the plot.
    pub fn dot(&self, place: f64) -> f64 {
        (place / self.unit + 1e-9).floor() - self.first
    }

    /// Where a column begins.
    pub fn place(&self, dot: f64) -> f64 {
        (self.first + dot) * self.unit
    }

    /// The column of a place, if it is on the plot.
    pub fn column(&self, place: f64) -> Option<usize> {
        let dot = self.dot(place);
        (dot >= 0.0 && dot < self.dots as f64).then_some(dot as usize)
    }
}

/// Which steps the charts show.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum View {
    /// All of them.
    #[default]
    All,
    /// So many steps, up to `end`; `None`: up to the newest, whichever that is.
    Part {
        /// Steps shown.
        steps: f64,
        /// Steps done at the right edge.
        end: Option<f64>,
    },
}

/// Fewer steps than this are never shown, where there are so many.
const LEAST: f64 = 8.0;

impl View {
    /// The view from `from` to `to` of `steps` steps: moved until it lies among them; all, where it holds all.
    pub fn between(from: f64, to: f64, steps: usize) -> Self {
        let all = steps as f64;
        let width = (to - from).max(LEAST);
        if width >= all {
            return Self::All;
        }
        let end = (from + width).max(width);
        Self::Part { steps: width, end: (end < all).then_some(end) }
    }

    /// The first step shown and the end, of `steps` steps.
    pub fn range(self, steps: usize) -> (f64, f64) {
        match self {
            Self::All => (0.0, steps as f64),
            Self::Part { steps: width, end } => {
                let end = end.unwrap_or(steps as f64);
                ((end - width).max(0.0), end)
            }
        }
    }

    /// The columns in which it is drawn, of a run of `steps` steps, where what is drawn ends at the place `extent`.
    pub fn window(self, ruler: &Ruler<'_>, steps: usize, extent: f64, dots: usize) -> Window {
        let dots = dots.max(1);
        if self == Self::All {
            let unit = match ruler {
                Ruler::Even(_) => super::widgets::axis::steps_per_dot(extent.ceil() as usize, dots) as f64,
                _ => steady(extent / dots as f64),
            };
            return Window { unit, first: 0.0, dots };
        }
        let (from, to) = self.range(steps);
        let (from, to) = (ruler.at(from), ruler.at(to));
        // Columns begin at multiples of their width: they stay what they are while the view moves over them.
        let unit = ((to - from) / dots as f64).max(1e-9);
        let follows = matches!(self, Self::Part { end: None, .. });
        let window = Window { unit, first: (from / unit).floor(), dots };
        let newest = ruler.at(steps.saturating_sub(1) as f64);
        if follows {
            Window { first: (window.first + window.dot(newest) - dots as f64 + 1.0).max(0.0), ..window }
        } else {
            window
        }
    }
}

/// The next of 4…7 times a power of two: so that columns stay what they are while a run grows.
fn steady(least: f64) -> f64 {
    if !least.is_finite() || least <= 0.0 {
        return 1.0;
    }
    let power = (least.log2().floor() - 2.0).exp2();
    (least / power).ceil() * power
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "whole numbers")]

    use super::*;

    fn epoch(number: u32, seconds: f64) -> EpochMetrics {
        EpochMetrics {
            epoch: number,
            step: u64::from(number) * 10,
            train_loss: 0.0,
            train_accuracy: 0.0,
            validation_loss: 0.0,
            validation_accuracy: 0.0,
            learning_rate: 0.0,
            seconds,
            best: false,
        }
    }

    #[test]
    fn a_validation_stands_between_the_epochs_whichever_is_told_first() {
        for told_early in [false, true] {
            let mut clock = Clock::default();
            if told_early {
                clock.epoch(&epoch(1, 25.0));
            }
            (0..10).for_each(|_| clock.step(2.0));
            if !told_early {
                clock.epoch(&epoch(1, 25.0));
            }
            (0..4).for_each(|_| clock.step(1.0));
            assert_eq!(
                [0.0, 5.0, 9.5, 10.0, 12.0, 14.0].map(|step| clock.at(step)),
                [0.0, 10.0, 19.0, 25.0, 27.0, 29.0]
            );
            let ruler = Ruler::Clock(&clock);
            assert_eq!([0.0, 10.0, 19.0, 25.0, 26.5, 99.0].map(|at| ruler.first_from(at, 14)), [0, 5, 10, 10, 12, 14]);
        }
    }

    #[test]
    fn another_run_is_laid_by_its_epochs_or_its_times() {
        let epochs = [epoch(1, 30.0), epoch(2, 10.0)];
        let laid =
            |axis| Ruler::of_other(axis, 20, 10, &epochs).map(|ruler| [5.0, 10.0, 15.0, 30.0].map(|s| ruler.at(s)));
        assert_eq!(laid(Axis::Step), Some([5.0, 10.0, 15.0, 30.0]));
        assert_eq!(laid(Axis::Epoch), Some([10.0, 20.0, 30.0, 60.0]));
        assert_eq!(laid(Axis::Time), Some([15.0, 30.0, 35.0, 50.0]));
        assert!(Ruler::of_other(Axis::Time, 20, 10, &[]).is_none());
    }

    #[test]
    fn a_view_stays_among_the_steps_and_follows_only_at_their_end() {
        assert_eq!(View::between(-50.0, 50.0, 1_000), View::Part { steps: 100.0, end: Some(100.0) });
        assert_eq!(View::between(950.0, 1_050.0, 1_000), View::Part { steps: 100.0, end: None });
        assert_eq!(View::between(10.0, 1_200.0, 1_000), View::All);
        assert_eq!(View::between(500.0, 500.5, 1_000), View::Part { steps: 8.0, end: Some(508.0) });
        assert_eq!(View::Part { steps: 100.0, end: None }.range(1_010), (910.0, 1_010.0));
        let clock = Clock::default();
        let ruler = Ruler::of(Axis::Step, &clock);
        for steps in 990..1_100 {
            let window = View::Part { steps: 300.0, end: None }.window(&ruler, steps, steps as f64, 100);
            assert_eq!((window.unit, window.column(steps as f64 - 1.0)), (3.0, Some(99)), "{steps} steps");
        }
    }
}
