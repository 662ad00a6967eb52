//! The rules, each a function of what was recorded. Their bounds were tried on the curves of tests/fixtures/advice.

use super::{Advice, Recorded};

/// Steps that a single batch's luck doesn't show in.
const FEW: usize = 10;
const SOME: usize = 50;
/// Steps at chance before it is said: nets with plain SGD may stay there for 250 and then learn well.
const STUCK: usize = 280;
/// Steps over which a slow fall is judged.
const SLOW: usize = 300;
/// Steps looked back for a lower loss.
const BACK: usize = 2_000;
/// A loss that is so many times that of chance, or gradients of such a norm and so many times the usual, grow on.
const LOSS_TIMES: f64 = 3.0;
const GRADIENT: f64 = 100.0;
const GRADIENT_TIMES: f64 = 10.0;
/// How near to chance: by the loss above and below it, and by the accuracy. A loss below it has begun to fall.
const ABOVE: f64 = 0.06;
const BELOW: f64 = 0.003;
const NEAR: f64 = 0.03;
/// The loss of a net that answers every picture alike spreads less than this from batch to batch, if its steps are small.
const CALM: f64 = 0.015;
/// A mean loss so many times the lowest, and so much above it, has risen.
const RISEN_TIMES: f64 = 1.4;
const RISEN: f64 = 0.2;
/// A loss above this share of chance has hardly begun to fall; it should fall by more than that in [`SLOW`] steps.
const HARDLY: f64 = 0.8;
const FALL: f64 = 0.03;
/// Of that, so much in [`SOON`] steps means that it has begun to fall in earnest.
const EARNEST: f64 = 0.01;
const SOON: usize = 30;
/// Deviations of the mean by which a fall is told from chance.
const SIGNIFICANT: f64 = 3.0;
/// Over-fitting: by how much validation is worse than at its best since then, and training better.
const WORSE: f64 = 1.03;
const BETTER: f64 = 0.95;
/// The share of a step that may go on waiting for pictures.
const WAITING: f64 = 0.3;

fn mean(values: &[f32]) -> f64 {
    values.iter().copied().map(f64::from).sum::<f64>() / values.len().max(1) as f64
}

fn deviation(values: &[f32]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
    (squares / values.len().max(1) as f64).sqrt()
}

fn median(values: &[f32]) -> f64 {
    let mut sorted: Vec<f32> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let middle = sorted.len() / 2;
    if sorted.is_empty() { 0.0 } else { f64::from(*sorted.select_nth_unstable_by(middle, f32::total_cmp).1) }
}

fn highest(values: &[f32]) -> f64 {
    values.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max)
}

/// The last of them, if there are so many.
fn last(values: &[f32], count: usize) -> Option<&[f32]> {
    values.get(values.len().checked_sub(count)?..)
}

fn chance(recorded: &Recorded<'_>) -> f64 {
    (recorded.classes.max(2) as f64).ln()
}

pub(super) fn diverging(recorded: &Recorded<'_>) -> Option<Advice> {
    let recent = last(recorded.loss, FEW)?;
    let (loss, chance) = (highest(recent), chance(recorded));
    let gradients = last(recorded.gradients, FEW).unwrap_or_default();
    let gradient = highest(gradients);
    let before = &recorded.gradients[..recorded.gradients.len() - gradients.len()];
    let usual = median(&before[before.len().saturating_sub(BACK)..]);
    let explodes = gradient > GRADIENT && gradient > GRADIENT_TIMES * usual;
    // One bad batch is no trend: half of the last steps have to be above chance.
    let lost = loss > LOSS_TIMES * chance && median(recent) > chance;
    (explodes || lost).then_some(Advice::Diverging { loss, gradient })
}

pub(super) fn stuck(recorded: &Recorded<'_>) -> Option<Advice> {
    let (recent, accuracy) = (last(recorded.loss, STUCK)?, last(recorded.accuracy, STUCK)?);
    let (_, second) = recent.split_at(STUCK / 2);
    let chance = chance(recorded);
    let (loss, accuracy) = (mean(second), mean(accuracy));
    let near = (chance - BELOW..chance + ABOVE).contains(&loss);
    let alike = (accuracy - 1.0 / recorded.classes.max(2) as f64).abs() < NEAR;
    let jumped =
        highest(&recorded.loss[recorded.loss.len().saturating_sub(BACK)..]) > 1.3 * chance || deviation(second) > CALM;
    (near && alike).then_some(Advice::Stuck { steps: STUCK, loss, chance, accuracy, jumped })
}

pub(super) fn rising(recorded: &Recorded<'_>) -> Option<Advice> {
    let back = &recorded.loss[recorded.loss.len().saturating_sub(BACK)..];
    let now = mean(last(back, SOME)?);
    let lowest = back.chunks_exact(SOME).map(mean).fold(f64::INFINITY, f64::min);
    (now > RISEN_TIMES * lowest && now > lowest + RISEN).then_some(Advice::Rising { lowest, now })
}

pub(super) fn slow(recorded: &Recorded<'_>) -> Option<Advice> {
    let recent = last(recorded.loss, SLOW)?;
    let (first, second) = recent.split_at(SLOW / 2);
    let fall = mean(first) - mean(second);
    let error = (deviation(first).hypot(deviation(second))) / (first.len() as f64).sqrt();
    let (newest, before) = (mean(last(second, SOON)?), mean(&last(second, 2 * SOON)?[..SOON]));
    let begun = mean(second) < HARDLY * chance(recorded) || before - newest > EARNEST;
    (!begun && fall > SIGNIFICANT * error && fall < FALL).then_some(Advice::Slow { fall, steps: SLOW })
}

pub(super) fn over_fitting(recorded: &Recorded<'_>) -> Option<Advice> {
    // From one epoch to the next validation goes up and down by chance: it is the best that counts.
    let best = recorded.epochs.iter().min_by(|a, b| a.validation_loss.total_cmp(&b.validation_loss))?;
    let now = recorded.epochs.last()?;
    let epochs = now.epoch.saturating_sub(best.epoch);
    // Of the real net on the real data a single epoch may be 5 % worse, and the next the best of all: all since count.
    let since = || recorded.epochs.iter().filter(|epoch| epoch.epoch > best.epoch).map(|epoch| epoch.validation_loss);
    let mean = since().sum::<f64>() / since().count().max(1) as f64;
    let worse =
        mean.min(now.validation_loss) > WORSE * best.validation_loss && now.train_loss < BETTER * best.train_loss;
    let (from, to) = (best.validation_loss, now.validation_loss);
    (epochs >= 2 && worse).then_some(Advice::OverFitting { epochs, from, to })
}

pub(super) fn dead(recorded: &Recorded<'_>) -> Option<Advice> {
    recorded.dead.first().map(|(layer, share)| Advice::Dead { layer: layer.clone(), share: *share })
}

pub(super) fn starved(recorded: &Recorded<'_>) -> Option<Advice> {
    let times = recorded.times;
    let share = times.data / (times.data + times.forward + times.backward + times.optimizer);
    (recorded.loss.len() > SOME && share > WAITING).then_some(Advice::Starved { share })
}

pub(super) fn inexact(recorded: &Recorded<'_>) -> Option<Advice> {
    (!recorded.inexact.is_empty()).then(|| Advice::Inexact { what: recorded.inexact.join(", ") })
}

#[cfg(test)]
mod tests;
