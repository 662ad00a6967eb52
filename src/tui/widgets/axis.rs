//! From values to dots: the scales of a chart and their few round ticks.

/// The vertical scale of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// From the first to the second.
    Linear(f64, f64),
    /// The same, evenly in the logarithm.
    Log(f64, f64),
}

impl Scale {
    /// From 0 to a little above `high`: to the next quarter of a tick, so that little of the height is lost.
    pub fn from_zero(high: f64, ticks: usize) -> Self {
        let quarter = round_step(high / ticks.max(1) as f64) / 4.0;
        Self::Linear(0.0, (high / quarter).ceil().max(4.0) * quarter)
    }

    /// A logarithmic scale that holds both, from and to one of 1, 2, 5 times a power of ten.
    pub fn logarithmic(low: f64, high: f64) -> Self {
        let high = if high > 0.0 { high } else { 1.0 };
        let low = if low > 0.0 { low.max(high * 1e-6) } else { high * 1e-3 };
        Self::Log(round_below(low), round_above(high))
    }

    /// From a little below `low` to a little above `high`, each on a quarter of a tick, within `bounds`.
    pub fn around(low: f64, high: f64, ticks: usize, bounds: (f64, f64)) -> Self {
        // What hardly changes is not blown up to the whole height.
        let room = ((high - low) * 1.08).max(high.abs() * 1e-2).max(1e-6);
        let quarter = round_step(room / ticks.max(1) as f64) / 4.0;
        let middle = f64::midpoint(low, high);
        let (low, high) = ((middle - room / 2.0) / quarter, (middle + room / 2.0) / quarter);
        let (low, high) = ((low.floor() * quarter).max(bounds.0), (high.ceil() * quarter).min(bounds.1));
        Self::Linear(low, high)
    }

    /// Where a value lies, 0 at the bottom and 1 at the top; what lies outside is put on the edge.
    pub fn place(&self, value: f64) -> f64 {
        self.share(value).clamp(0.0, 1.0)
    }

    /// The same; what lies outside is below 0 or above 1.
    pub fn share(&self, value: f64) -> f64 {
        match *self {
            Self::Linear(low, high) => (value - low) / (high - low),
            Self::Log(low, high) => (value.max(low * 1e-6) / low).ln() / (high / low).ln(),
        }
    }

    /// At most about `wanted` round values to label, from the bottom.
    pub fn ticks(&self, wanted: usize) -> Vec<f64> {
        match *self {
            Self::Linear(low, high) => {
                let of_step = |step: f64| -> Vec<f64> {
                    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
                    (first..=last).map(|tick| tick as f64 * step).collect()
                };
                // One tick gives no scale: then rather more than were wanted.
                let wanted = wanted.max(1);
                let finer = (wanted..=4 * wanted).map(|parts| of_step(round_step((high - low) / parts as f64)));
                finer.clone().find(|ticks| ticks.len() >= 2).or_else(|| finer.clone().next()).unwrap_or_default()
            }
            Self::Log(low, high) => {
                let all: Vec<f64> = (-12..=12)
                    .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)))
                    .filter(|tick| (low * 0.999..=high * 1.001).contains(tick))
                    .collect();
                let every = all.len().div_ceil(wanted.max(1) + 1).max(1);
                all.into_iter().step_by(every).collect()
            }
        }
    }
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
pub fn round_step(least: f64) -> f64 {
    if !least.is_finite() || least <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| *step >= least * 0.999_999)
        .unwrap_or(power * 10.0)
}

/// The next of 1, 2, 5, 10, 15, 30 seconds or minutes, 1, 2, 3, 6, 12 hours, 1, 2, 5 … days.
pub fn round_time(least: f64) -> f64 {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 60.0 * MINUTE;
    let clock = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0];
    let seconds = clock.into_iter();
    let minutes = clock.into_iter().map(|count| count * MINUTE);
    let hours = [1.0, 2.0, 3.0, 6.0, 12.0].into_iter().map(|count| count * HOUR);
    let days = round_step(least / (24.0 * HOUR)).max(1.0) * 24.0 * HOUR;
    seconds.chain(minutes).chain(hours).find(|&step| step >= least).unwrap_or(days)
}

fn round_above(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|round| *round >= value).unwrap_or(power * 10.0)
}

fn round_below(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|digit| digit * power).find(|round| *round <= value).unwrap_or(power)
}

/// A tick as written: no more decimals than the ticks' distance needs.
pub fn label(value: f64, step: f64) -> String {
    let decimals = if step >= 1.0 && step.fract() == 0.0 {
        0
    } else {
        let first = (-step.log10()).ceil().max(0.0) as usize;
        // 2.5 and .25 need a digit more than their size says.
        let scaled = step * 10f64.powi(first as i32);
        if (scaled - scaled.round()).abs() > 1e-9 { first + 1 } else { first }
    };
    format!("{value:.decimals$}")
}

/// Steps that one dot column stands for: the fewest with which `steps` fit into `dots`, of the form 4…7 times a power
/// of two. So columns, once drawn, stay what they are until the line has filled the chart, and never shimmer.
pub fn steps_per_dot(steps: usize, dots: usize) -> usize {
    let least = steps.div_ceil(dots.max(1)).max(1);
    if least <= 8 {
        return least;
    }
    let power = 1 << (least.ilog2() - 2);
    least.div_ceil(power) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_and_round() {
        assert_eq!(Scale::from_zero(2.6, 3), Scale::Linear(0.0, 2.75));
        assert_eq!(Scale::from_zero(2.6, 3).ticks(3), [0.0, 1.0, 2.0]);
        assert_eq!(Scale::Linear(0.0, 1.0).ticks(4), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(Scale::logarithmic(0.17, 2.6).ticks(5), [0.1, 0.2, 0.5, 1.0, 2.0, 5.0]);
        assert_eq!(
            [0.1, 7.0, 31.0, 3_000.0, 50_000.0].map(|least| round_time(least) as u32),
            [1, 10, 60, 3_600, 86_400]
        );
        assert_eq!(Scale::around(0.281, 0.304, 2, (0.0, 1.0)).ticks(2), [0.28, 0.3]);
        assert_eq!((label(0.5, 0.5), label(3.0, 1.0), label(0.25, 0.25)), ("0.5".into(), "3".into(), "0.25".into()));
    }

    #[test]
    fn a_chart_fills_four_fifths_of_its_width_and_holds_every_step() {
        for steps in 100..20_000 {
            let each = steps_per_dot(steps, 100);
            let used = steps.div_ceil(each);
            assert!(used <= 100, "{steps} steps take {used} dots");
            assert!(steps <= 800 || used >= 75, "{steps} steps take {used} dots only");
        }
    }

    #[test]
    fn a_scale_of_nothing_is_still_a_scale() {
        for scale in [Scale::from_zero(0.0, 4), Scale::logarithmic(0.0, 0.0), Scale::logarithmic(f64::NAN, 1.0)] {
            for value in [f64::MIN, 0.0, 1.0, f64::MAX] {
                assert!((0.0..=1.0).contains(&scale.place(value)), "{scale:?} places {value}");
            }
            assert!(!scale.ticks(4).is_empty());
        }
    }
}
