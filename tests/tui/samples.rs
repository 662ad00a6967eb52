//! Sampled steps of the real net: norms, updates and dead units as they were measured (batch 32, Adam at 1e-3).

use crate::story;
use alexnet_tui::metrics::{Histogram, LayerSample, NetSample, Units, Weights};
use alexnet_tui::session::{Live, Shape, SummaryRow};
use alexnet_tui::tui::state::State;

/// Steps between two samples.
const EVERY: u64 = 20;
/// Numbers that a histogram counts at the most.
const COUNTED: u64 = 40_000;

/// A number between -1 and 1 that looks like chance.
fn noise(seed: u64) -> f64 {
    let mut x = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 31;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 29;
    (x % 20_000) as f64 / 10_000.0 - 1.0
}

/// Weights begin evenly spread within ±1/√fan-in, and training pulls them out of it.
fn weight(at: u64, bound: f64, learned: f64) -> f32 {
    (bound * (noise(at * 3) + learned * 0.9 * noise(at * 3 + 1).powi(3))) as f32
}

/// Most gradients are next to nothing, a few are not.
fn gradient(at: u64, root: f64) -> f32 {
    let chance = noise(at);
    (root * 6.0 * chance.powi(9) * (1.0 + noise(at + 1))) as f32
}

/// Channels, or features.
fn outputs(row: &SummaryRow) -> u64 {
    match row.output {
        Shape::Maps { channels, .. } => channels as u64,
        Shape::Features(features) => features as u64,
    }
}

fn weights(row: &SummaryRow, place: u64, step: u64, spread: bool) -> Weights {
    // How much the norm grows in the first hundred steps, the first update, and the gradient once it is learning.
    let (growth, first_update, usual_gradient) = match row.name.as_str() {
        "conv1" => (0.01, 0.019, 0.42),
        "conv2" => (0.11, 0.081, 0.44),
        "conv3" => (0.10, 0.080, 0.46),
        "conv4" => (0.16, 0.093, 0.21),
        "conv5" => (0.15, 0.086, 0.33),
        "fc1" => (0.30, 0.104, 0.09),
        "fc2" => (0.17, 0.067, 0.10),
        _ => (0.32, 0.093, 0.68),
    };
    let of = row.parameters - outputs(row);
    let bound = 1.0 / ((of / outputs(row)) as f64).sqrt();
    let at = step as f64;
    let learned = 1.0 - (-at / 40.0).exp();
    let norm = bound * (of as f64 / 3.0).sqrt() * (1.0 + growth * (learned + (at / 3_000.0).sqrt()));
    let wobble = (0.35 * noise(step * 31 + place)).exp();
    let gradient_norm = usual_gradient * (0.01 + learned * (1.0 + 2.5 * (-at / 300.0).exp())) * wobble;
    let update_ratio = first_update * (at.powf(-0.7) + 0.07) * wobble.sqrt();
    let counted = if spread { of.min(COUNTED) } else { 0 };
    let root = gradient_norm / (of as f64).sqrt();
    let values: Vec<f32> = (0..counted).map(|at| weight(at + place * COUNTED, bound, learned)).collect();
    let gradients: Vec<f32> = (0..counted).map(|at| gradient(at * 2 + place * COUNTED, root)).collect();
    Weights {
        norm,
        gradient_norm,
        update_ratio,
        values: Histogram::new(&values, of),
        gradients: Histogram::new(&gradients, of),
    }
}

/// At this rate Adam's first steps leave many units that no picture moves, and the net learns all the same.
fn units(row: &SummaryRow, place: u64, step: u64) -> Units {
    let (first, later) = match row.name.as_str() {
        "relu1" => (0.02, 0.13),
        "relu2" => (0.0, 0.88),
        "relu3" => (0.01, 0.64),
        "relu4" => (0.04, 0.62),
        "relu5" => (0.14, 0.72),
        "relu6" => (0.39, 0.65),
        _ => (0.46, 0.43),
    };
    let share = later + (first - later) * (-(step.saturating_sub(1) as f64) / 9.0).exp();
    let all = outputs(row) as f64;
    Units { dead: (all * share * (1.0 + 0.04 * noise(step * 17 + place))).round() as u64, all: all as u64 }
}

/// What a sampled step tells; the histograms are left empty where nobody will look at them.
pub fn sample(step: u64, spread: bool) -> NetSample {
    let net = story::plan().net;
    let slower = 1.0 + 0.04 * noise(step);
    let layers = net.layers.iter().zip(0_u64..).map(|(row, place)| {
        // Seconds forward and back, measured once.
        let (forward, backward) = match row.name.as_str() {
            "conv1" => (0.0061, 0.0151),
            "conv2" => (0.0078, 0.0223),
            "conv3" => (0.0038, 0.0131),
            "conv4" => (0.0052, 0.0181),
            "conv5" => (0.0034, 0.0098),
            "fc1" => (0.0042, 0.0139),
            "fc2" => (0.0019, 0.0062),
            "fc3" => (0.000_04, 0.000_09),
            "flatten" => (0.000_001, 0.000_002),
            name if name.starts_with("pool") => (0.0011, 0.0021),
            name if name.starts_with("dropout") => (0.000_4, 0.000_2),
            _ => (0.000_6, 0.000_5),
        };
        LayerSample {
            forward: Some(forward * slower),
            backward: Some(backward * slower),
            units: (row.kind == "ReLU").then(|| units(row, place, step)),
            weights: (row.parameters > 0).then(|| weights(row, place, step, spread)),
        }
    });
    NetSample { step, layers: layers.collect(), cost: 0.054 }
}

/// The same state after the samples that its steps would have given.
pub fn sampled(mut state: State) -> State {
    let steps = state.steps() as u64;
    let last = steps / EVERY * EVERY;
    let sampled: Vec<u64> = (1..=steps).filter(|&step| step == 1 || step.is_multiple_of(EVERY)).collect();
    let mut samples = sampled.into_iter().map(|step| sample(step, step == last.max(1)));
    // What sampling takes is told from the first of them on.
    let (first, now) = (samples.next().into_iter().collect(), state.snapshot.clone());
    state.on_live(Live { steps: Vec::new(), samples: first, snapshot: story::snapshot(1) });
    state.on_live(Live { steps: Vec::new(), samples: samples.collect(), snapshot: now });
    state
}

/// A run whose training goes wrong: most units are dead, and the last layer gets no gradient.
pub fn troubled() -> State {
    let mut state = sampled(story::training(930));
    let samples = [926, 928, 930].map(|step| {
        let mut sample = sample(step, true);
        for (layer, row) in sample.layers.iter_mut().zip(&story::plan().net.layers) {
            if let (Some(units), "relu6") = (&mut layer.units, row.name.as_str()) {
                units.dead = 4_071;
            }
            let Some(weights) = &mut layer.weights else { continue };
            match row.name.as_str() {
                "conv1" => weights.update_ratio = 8.1e-6,
                "conv3" => weights.gradient_norm = f64::NAN,
                "fc2" => weights.update_ratio = 0.31,
                "fc3" => {
                    weights.gradient_norm = 0.0;
                    weights.update_ratio = 0.0;
                    weights.gradients = Histogram::new(&[0.0; 100], 40_960);
                }
                _ => {}
            }
        }
        sample
    });
    state.on_live(Live { steps: Vec::new(), samples: samples.into(), snapshot: state.snapshot.clone() });
    state
}
