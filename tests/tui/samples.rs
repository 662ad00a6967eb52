//! Sampled steps of the real net, as a training gives them (batch 32, Adam at 1e-3).

use crate::story;
use alexnet_tui::metrics::{Histogram, LayerSample, NetSample, Units, Weights};
use alexnet_tui::session::{Live, Phase, SummaryRow};
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

/// Weights begin evenly spread within ±1/√fan-in, and training pulls some of them far out.
fn weight(at: u64, bound: f64, learned: f64) -> f32 {
    let tail = noise(at * 3 + 1) * noise(at * 3 + 2);
    (bound * noise(at * 3) + learned * bound * tail * tail.abs()) as f32
}

/// Most gradients are next to nothing, a few are not.
fn gradient(at: u64, root: f64) -> f32 {
    let chance = noise(at);
    (root * 6.0 * chance.powi(9) * (1.0 + noise(at + 1))) as f32
}

fn weights(row: &SummaryRow, place: u64, step: u64, spread: bool) -> Weights {
    let outputs = match row.output {
        alexnet_tui::session::Shape::Maps { channels, .. } => channels,
        alexnet_tui::session::Shape::Features(features) => features,
    } as u64;
    let of = row.parameters - outputs;
    let bound = 1.0 / ((of / outputs) as f64).sqrt();
    let at = step as f64;
    let learned = 1.0 - (-at / 1_500.0).exp();
    let norm = bound * (of as f64 / 3.0).sqrt() * (1.0 + 0.12 * learned + 0.03 * (at / 15_000.0));
    let wobble = (0.35 * noise(step * 31 + place)).exp();
    let gradient_norm = (0.08 + 0.9 * (-at / 400.0).exp()) * (0.3 + 0.15 * place as f64).min(1.4) * wobble;
    let update_ratio = 1e-3 * (0.7 + 0.06 * place as f64) * (1.0 + 6.0 * (-at / 60.0).exp()) * wobble.sqrt();
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

fn units(row: &SummaryRow, place: u64, step: u64) -> Units {
    let all = match row.output {
        alexnet_tui::session::Shape::Maps { channels, .. } => channels,
        alexnet_tui::session::Shape::Features(features) => features,
    } as f64;
    let learned = 1.0 - (-(step as f64) / 900.0).exp();
    let share = match row.name.as_str() {
        "relu6" => 0.05 + 0.3 * learned,
        "relu7" => 0.03 + 0.22 * learned,
        _ => 0.03 * learned * (place % 5) as f64,
    };
    let dead = all * share * (1.0 + 0.1 * noise(step * 17 + place));
    Units { dead: dead.round() as u64, all: all as u64 }
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
    let samples = sampled.into_iter().map(|step| sample(step, step == last.max(1))).collect();
    state.on_live(Live { steps: Vec::new(), samples, snapshot: state.snapshot.clone() });
    state
}

/// A run whose training goes wrong: most units are dead, and the last layer gets no gradient.
pub fn troubled() -> State {
    let mut state = sampled(story::training(930));
    let mut sample = sample(930, true);
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
    state.on_live(Live { steps: Vec::new(), samples: vec![sample], snapshot: state.snapshot.clone() });
    state.phase = Phase::Training;
    state
}
