//! Our nets against PyTorch's own numbers: `tests/fixtures/pytorch/make_fixture.py` made them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::float_cmp, reason = "the same bits are what is promised")]

use alexnet_tui::config::{Config, OptimizerChoice, Training, Variant};
use alexnet_tui::data::{self, Resizer};
use alexnet_tui::model::{Mode, Network, Parameter, ParameterSpec, Precision, architecture, pictures, targets};
use alexnet_tui::torch::{self, Rule, UpdateSettings, Updated};
use alexnet_tui::train::{BatchLoss, Optimizer};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::HashMap;
use tch::{Device, Kind, Tensor};

const TOLERANCE: f64 = 1e-4;
const ADAM: UpdateSettings = UpdateSettings {
    rule: Rule::Adam,
    learning_rate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weight_decay: 0.0,
    momentum: 0.9,
};

#[derive(Deserialize)]
struct Fixture {
    /// Index of the first picture.
    first: usize,
    logits: Vec<Vec<f64>>,
    loss: f64,
    tensors: HashMap<String, TensorFixture>,
}

#[derive(Deserialize)]
struct TensorFixture {
    shape: Vec<usize>,
    gradient: Description,
    before: Vec<f64>,
    after: Vec<f64>,
}

#[derive(Deserialize)]
struct Description {
    slice: Vec<f64>,
    max: f64,
    norm: f64,
    signed_sum: f64,
}

fn fixture(variant: Variant) -> Fixture {
    let path = format!("{}/tests/fixtures/pytorch/{variant}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// 32 well-mixed bits of an index, as the script has them.
fn mixed(index: u64) -> u32 {
    let mut x = index.wrapping_mul(2_654_435_761) as u32;
    x ^= x >> 16;
    x = x.wrapping_mul(0x045d_9f3b);
    x ^ (x >> 16)
}

fn formula_weights(spec: &ParameterSpec, number: u64) -> Vec<u8> {
    let bound = 1.0_f32 / (spec.fan_in as f32).sqrt();
    (0..spec.elements() as u64)
        .into_par_iter()
        .map(|at| (mixed(at + number * 100_000_007) >> 8) as f32 * 2.0_f32.powi(-24))
        .flat_map_iter(|unit| ((2.0 * unit - 1.0) * bound).to_le_bytes())
        .collect()
}

fn network(variant: Variant) -> Network {
    let mut network = Network::new(architecture(variant, 1, 10), Precision::F32, Device::Cpu, 0).unwrap();
    let weights: HashMap<String, (Vec<usize>, Vec<u8>)> = (0..)
        .zip(network.architecture().parameters())
        .map(|(number, spec)| (spec.name.clone(), (spec.shape.clone(), formula_weights(&spec, number))))
        .collect();
    network.load(|name| weights.get(name).map(|(shape, bytes)| (shape.as_slice(), bytes.as_slice()))).unwrap();
    network
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    torch::bytes_of(tensor).unwrap().as_chunks().0.iter().map(|&b| f64::from(f32::from_le_bytes(b))).collect()
}

fn picked(numbers: &[f64], count: usize) -> Vec<f64> {
    numbers.iter().copied().step_by((numbers.len() / 64).max(1)).take(count).collect()
}

fn assert_close(what: &str, ours: &[f64], theirs: &[f64], largest: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst <= TOLERANCE * largest, "{what}: differs by {worst:e}, its largest number is {largest:e}");
}

fn agrees_with_pytorch(variant: Variant) {
    let fixture = fixture(variant);
    let network = network(variant);
    let sample = data::sample().unwrap();
    let resizer = Resizer::new(network.architecture().side());
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for index in fixture.first..fixture.first + fixture.logits.len() {
        let mut resized = vec![0; network.architecture().side().pow(2)];
        resizer.resize(sample.test.pixels(index), &mut resized);
        pixels.extend(resized);
        labels.push(sample.test.label(index));
    }
    let x = pictures(&pixels, Kind::Uint8, network.architecture().side(), Precision::F32, Device::Cpu).unwrap();
    let y = targets(&labels, Device::Cpu).unwrap();

    let logits = tch::no_grad(|| network.forward(&x, Mode::Evaluate)).unwrap();
    let theirs: Vec<f64> = fixture.logits.concat();
    assert_close("logits", &numbers(&logits), &theirs, theirs.iter().fold(0.0, |m, b| b.abs().max(m)));

    let batch = BatchLoss::forward(&network, &x, &y, Mode::Train(&[])).unwrap();
    assert!((batch.loss - fixture.loss).abs() <= TOLERANCE * fixture.loss, "{} {}", batch.loss, fixture.loss);
    let gradients = batch.gradients(&network).unwrap();
    for (parameter, gradient) in network.parameters().iter().zip(&gradients) {
        let ParameterSpec { name, shape, .. } = &parameter.spec;
        let theirs = &fixture.tensors[name];
        assert_eq!(*shape, theirs.shape, "{name}");
        let ours = numbers(gradient);
        let description = &theirs.gradient;
        assert_close(name, &picked(&ours, description.slice.len()), &description.slice, description.max);
        let largest = ours.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        let norm = ours.iter().map(|g| g * g).sum::<f64>().sqrt();
        let signed = |(at, g): (usize, &f64)| if mixed(at as u64) >> 31 == 0 { *g } else { -g };
        let signed_sum: f64 = ours.iter().enumerate().map(signed).sum();
        assert_close(&format!("largest of {name}"), &[largest], &[description.max], description.max);
        assert_close(&format!("norm of {name}"), &[norm], &[description.norm], description.norm);
        assert_close(&format!("signed sum of {name}"), &[signed_sum], &[description.signed_sum], description.norm);
    }
    assert_eq!(fixture.tensors.len(), network.parameters().len());
}

#[test]
fn the_net_of_the_article_gives_pytorchs_logits_loss_and_gradients() {
    agrees_with_pytorch(Variant::Fashion);
}

#[test]
fn the_tiny_net_gives_pytorchs_logits_loss_and_gradients() {
    agrees_with_pytorch(Variant::Tiny);
}

#[test]
fn the_net_of_the_paper_gives_pytorchs_logits_loss_and_gradients() {
    agrees_with_pytorch(Variant::Paper);
}

#[test]
fn torchvisions_net_gives_pytorchs_logits_loss_and_gradients() {
    agrees_with_pytorch(Variant::Torchvision);
}

#[test]
fn one_adam_step_from_pytorchs_gradients_gives_pytorchs_weights() {
    let fixture = fixture(Variant::Fashion);
    let tensor = |numbers: &[f64]| Tensor::from_slice(numbers).to_kind(Kind::Float);
    let mut names: Vec<_> = fixture.tensors.keys().collect();
    names.sort();
    let parameters: Vec<Parameter> = names
        .iter()
        .map(|&name| {
            let before = &fixture.tensors[name].before;
            let master = tensor(before).set_requires_grad(true);
            let spec = ParameterSpec { name: name.clone(), shape: vec![before.len()], fan_in: 1 };
            Parameter { spec, working: master.shallow_clone(), master }
        })
        .collect();
    let gradients: Vec<Tensor> = names.iter().map(|&name| tensor(&fixture.tensors[name].gradient.slice)).collect();
    // The built-in recipe is the article's: Adam at 1e-3.
    let training = Config::default().training;
    let mut adam = Optimizer::new(&parameters, &training).unwrap();
    let norm = adam.step(&parameters, Precision::F32, &gradients).unwrap();
    for parameter in &parameters {
        let after = &fixture.tensors[&parameter.spec.name].after;
        let largest = after.iter().fold(0.0, |m: f64, b| m.max(b.abs()));
        assert_close(&parameter.spec.name, &numbers(&parameter.master), after, largest);
    }
    let all = names.iter().flat_map(|&name| &fixture.tensors[name].gradient.slice);
    let expected = all.map(|g| g * g).sum::<f64>().sqrt();
    assert!((norm - expected).abs() <= 1e-6 * expected, "{norm} {expected}");
}

/// Numbers with long tails, and a length that leaves a rest for every vector width.
fn noise(salt: u64, scale: f32) -> Tensor {
    let values: Vec<f32> = (0..200_003)
        .map(|at| {
            let unit = (mixed(at + salt * 1_000_003) >> 8) as f32 * 2.0_f32.powi(-24) - 0.5;
            unit * unit * unit * scale
        })
        .collect();
    Tensor::from_slice(&values)
}

/// Three steps of one parameter. `step` gets master, working copy, gradient, both moments and the step's number.
fn three_steps(kind: Kind, mut step: impl FnMut([&Tensor; 5], i64)) -> [Vec<f64>; 3] {
    let [master, first, second] = [noise(1, 4.0), noise(2, 0.1), noise(3, 0.1).square()];
    let working = master.to_kind(kind);
    for number in 1..=3 {
        let gradient = noise(10 + number, 0.3).to_kind(kind);
        step([&master, &working, &gradient, &first, &second], number as i64);
    }
    [numbers(&master), numbers(&first), numbers(&working.to_kind(Kind::Float))]
}

#[test]
fn one_pass_gives_the_same_weights_vectorised_plain_and_by_libtorch() {
    for rule in [Rule::Adam, Rule::AdamW, Rule::Sgd] {
        for kind in [Kind::Float, Kind::BFloat16] {
            let settings = UpdateSettings { rule, weight_decay: 0.01, ..ADAM };
            let run = |vector: bool| {
                three_steps(kind, |[master, working, gradient, first, second], number| {
                    let working = (kind == Kind::BFloat16).then_some(working);
                    let updated = Updated { master, working, gradient, first, second: Some(second) };
                    let squares = torch::update(updated, number, &settings, 1.0, vector).unwrap();
                    let exact: f64 = numbers(&gradient.to_kind(Kind::Float)).iter().map(|g| g * g).sum();
                    assert!((squares - exact).abs() <= 1e-6 * exact, "{squares} {exact}");
                    let alone = torch::squares(gradient).unwrap();
                    assert!((alone - exact).abs() <= 1e-6 * exact, "{alone} {exact}");
                })
            };
            let (vector, plain) = (run(true), run(false));
            assert_eq!(vector, plain, "{rule:?}");

            let reference = three_steps(kind, |[master, _, gradient, first, second], number| {
                let gradient = gradient.to_kind(Kind::Float);
                let one = std::slice::from_ref::<Tensor>;
                let seconds = if rule == Rule::Sgd { &[] } else { one(second) };
                // At its first step libtorch's SGD takes the gradient for the buffer; ours goes on from what is there.
                let number = if rule == Rule::Sgd { number + 1 } else { number };
                torch::fused_update(one(master), one(&gradient), one(first), seconds, number, &settings).unwrap();
            });
            for (ours, theirs) in vector.iter().zip(&reference).take(2) {
                assert_close("weights", ours, theirs, theirs.iter().fold(0.0, |m, b| b.abs().max(m)));
            }
            if kind == Kind::BFloat16 {
                // The working copy is the master, rounded to the nearest bf16.
                let exact = Tensor::from_slice(&vector[0]).to_kind(Kind::Float);
                assert_eq!(vector[2], numbers(&exact.to_kind(Kind::BFloat16).to_kind(Kind::Float)));
            }
        }
    }
}

#[test]
fn gradients_are_clipped_to_a_norm_over_all_parameters() {
    let parameters = || -> Vec<Parameter> {
        let parameter = |(name, salt): (&str, u64)| {
            let master = noise(salt, 1.0).set_requires_grad(true);
            let spec = ParameterSpec { name: name.into(), shape: vec![200_003], fan_in: 1 };
            Parameter { spec, working: master.shallow_clone(), master }
        };
        [("a", 1), ("b", 2)].map(parameter).into()
    };
    let gradients = [noise(5, 3.0), noise(6, 3.0)];
    let mut training = Config::default().training;
    // SGD, so that the size of a gradient is the size of an update.
    training.optimizer = OptimizerChoice::Sgd;
    let after = |clip: f64, gradients: &[Tensor]| {
        let parameters = parameters();
        let training = Training { gradient_clip: clip, ..training.clone() };
        let norm =
            Optimizer::new(&parameters, &training).unwrap().step(&parameters, Precision::F32, gradients).unwrap();
        (norm, parameters.iter().flat_map(|p| numbers(&p.master)).collect::<Vec<_>>())
    };
    let (norm, free) = after(0.0, &gradients);
    assert_eq!(after(norm * 2.0, &gradients), (norm, free), "what is below is left alone");
    let scaled = gradients.each_ref().map(|gradient| gradient * (0.25 / (norm + 1e-6)));
    let (told, clipped) = after(0.25, &gradients);
    assert_eq!(told, norm, "the norm told is that from before");
    assert_close("weights", &clipped, &after(0.0, &scaled).1, 1.0);
}

#[test]
fn tensors_that_do_not_fit_are_refused() {
    let master = Tensor::zeros([8], (Kind::Float, Device::Cpu));
    let gradient = Tensor::zeros([9], (Kind::BFloat16, Device::Cpu));
    let working = master.to_kind(Kind::BFloat16);
    let updated = Updated {
        master: &master,
        working: Some(&working),
        gradient: &gradient,
        first: &master,
        second: Some(&master),
    };
    let error = torch::update(updated, 1, &ADAM, 1.0, true).unwrap_err();
    assert!(error.to_string().contains("different shape or layout"), "{error}");
    let error = torch::update(Updated { working: None, ..updated }, 1, &ADAM, 1.0, true).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
}
