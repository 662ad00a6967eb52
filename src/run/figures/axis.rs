//! Round numbers for an axis.

/// An axis and its ticks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) least: f64,
    pub(super) greatest: f64,
    /// Distance between two ticks; the axis begins and ends with one.
    pub(super) tick: f64,
    /// Decimal places of a tick.
    pub(super) places: usize,
}

impl Axis {
    /// An axis with about five ticks over these numbers (those that are not finite don't count), within `bounds`. It
    /// begins at 0 where that costs little room.
    pub(super) fn over(values: impl Iterator<Item = f64> + Clone, bounds: (f64, f64)) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let greatest = finite.clone().fold(f64::NEG_INFINITY, f64::max);
        let mut least = finite.fold(f64::INFINITY, f64::min);
        if least > greatest {
            return Self { least: 0.0, greatest: 1.0, tick: 0.2, places: 1 };
        }
        if least > 0.0 && least < 0.45 * greatest {
            least = 0.0;
        }
        let span = (greatest - least).max(greatest.abs() * 0.02).max(1e-6);
        let (tick, places) = round_tick(span / 5.0);
        let mut axis = Self {
            least: (least / tick - 0.1).floor() * tick,
            greatest: (greatest / tick + 0.1).ceil() * tick,
            tick,
            places,
        };
        if least == 0.0 {
            axis.least = 0.0;
        }
        axis.least = axis.least.max(bounds.0);
        axis.greatest = axis.greatest.min(bounds.1);
        axis
    }

    /// An axis of epochs from 1 to `last`, with a tick at each, or at every fifth, tenth, …
    pub(super) fn of_epochs(last: u32) -> Self {
        let tick = if last <= 12 { 1.0 } else { round_tick(f64::from(last) / 8.0).0.max(1.0) };
        // Room for the first and the last point.
        let room = if last <= 1 { 0.5 } else { (f64::from(last) * 0.02).clamp(0.15, 2.0) };
        Self { least: 1.0 - room, greatest: f64::from(last.max(1)) + room, tick, places: 0 }
    }

    /// Where a number is, from 0 (the beginning) to 1 (the end).
    pub(super) fn fraction(&self, value: f64) -> f64 {
        (value - self.least) / (self.greatest - self.least)
    }

    /// Ticks with what is written beside them.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let first = (self.least / self.tick - 1e-6).ceil() as i64;
        let last = (self.greatest / self.tick + 1e-6).floor() as i64;
        let label = |at: i64| (at as f64 * self.tick, format!("{:.*}", self.places, at as f64 * self.tick));
        (first..=last).map(label).collect()
    }
}

/// The next of 1, 2, 5, 10, … at or above `at_least`, and its decimal places.
fn round_tick(at_least: f64) -> (f64, usize) {
    let power = at_least.log10().floor();
    let unit = 10f64.powf(power);
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * unit >= at_least * 0.999).unwrap_or(10.0);
    let power = if factor >= 10.0 { power + 1.0 } else { power };
    (factor * unit, (-power).max(0.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_hold_all_numbers_between_them() {
        let axis = Axis::over([2.3, 0.31, f64::NAN].into_iter(), ANY);
        assert_eq!(labels(&axis), ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]);
        let axis = Axis::over([71.3, 92.8].into_iter(), (0.0, 100.0));
        assert_eq!(labels(&axis), ["70", "75", "80", "85", "90", "95"]);
        let axis = Axis::over([99.2, 100.0].into_iter(), (0.0, 100.0));
        assert_eq!(labels(&axis).last().map(String::as_str), Some("100.0"));
        for alike in [0.0, 1.0, 3e-7, 41.25, 1e9] {
            let axis = Axis::over([alike; 2].into_iter(), ANY);
            assert!(axis.least <= alike && alike <= axis.greatest && axis.least < axis.greatest, "{axis:?}");
            assert!((2..12).contains(&axis.ticks().len()), "{axis:?}");
        }
        assert_eq!(labels(&Axis::over([f64::NAN].into_iter(), ANY)).len(), 6);
    }

    #[test]
    fn epochs_are_whole_numbers() {
        assert_eq!(labels(&Axis::of_epochs(1)), ["1"]);
        assert_eq!(labels(&Axis::of_epochs(3)), ["1", "2", "3"]);
        assert_eq!(labels(&Axis::of_epochs(30)), ["5", "10", "15", "20", "25", "30"]);
        assert!(Axis::of_epochs(1000).ticks().len() <= 11);
    }
}
