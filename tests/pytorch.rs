//! Our nets against PyTorch's own numbers: `tests/fixtures/pytorch/make_fixture.py` made them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]

use alexnet_tui::config::Variant;
use alexnet_tui::data::{self, Resizer};
use alexnet_tui::model::{Mode, Network, Parameter, ParameterSpec, Precision, architecture, pictures, targets};
use alexnet_tui::torch::{self, AdamSettings};
use alexnet_tui::train::{Adam, BatchLoss};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::HashMap;
use tch::{Device, Kind, Tensor};

const TOLERANCE: f64 = 1e-4;
const ADAM: AdamSettings =
    AdamSettings { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 };

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
    let x = pictures(&pixels, network.architecture().side(), Precision::F32, Device::Cpu).unwrap();
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
    let mut adam = Adam::new(&parameters, ADAM).unwrap();
    let norm = adam.step(&parameters, Precision::F32, &gradients, true).unwrap().unwrap();
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

#[test]
fn the_mixed_adam_gives_the_same_weights_vectorised_plain_and_by_libtorch() {
    let gradients: Vec<Tensor> = (0..3).map(|step| noise(10 + step, 0.3).to_kind(Kind::BFloat16)).collect();
    let settings = AdamSettings { weight_decay: 0.01, ..ADAM };
    let run = |vector: bool| {
        let [master, exp_avg, exp_avg_sq] = [noise(1, 4.0), noise(2, 0.1), noise(3, 0.1).square()];
        let working = master.to_kind(Kind::BFloat16);
        let mut norms = Vec::new();
        for (step, gradient) in (1..).zip(&gradients) {
            let tensors = [&master, &working, gradient, &exp_avg, &exp_avg_sq];
            norms.push(torch::mixed_adam(tensors, step, &settings, vector).unwrap());
        }
        (numbers(&master), numbers(&working.to_kind(Kind::Float)), norms)
    };
    let (vector, plain) = (run(true), run(false));
    assert_eq!(vector.0, plain.0);
    assert_eq!(vector.1, plain.1);

    let [master, exp_avg, exp_avg_sq] = [noise(1, 4.0), noise(2, 0.1), noise(3, 0.1).square()];
    for (step, gradient) in (1..).zip(&gradients) {
        let gradient = gradient.to_kind(Kind::Float);
        let one = std::slice::from_ref::<Tensor>;
        torch::fused_adam(one(&master), one(&gradient), one(&exp_avg), one(&exp_avg_sq), step, &settings).unwrap();
    }
    let reference = numbers(&master);
    assert_close("weights", &vector.0, &reference, reference.iter().fold(0.0, |m, b| b.abs().max(m)));
    // The working copy is the master, rounded to the nearest bf16.
    let rounded =
        numbers(&Tensor::from_slice(&vector.0).to_kind(Kind::Float).to_kind(Kind::BFloat16).to_kind(Kind::Float));
    assert_eq!(vector.1, rounded);
    for (at, gradient) in gradients.iter().enumerate() {
        let exact: f64 = numbers(&gradient.to_kind(Kind::Float)).iter().map(|g| g * g).sum();
        for (squares, tolerance) in [(vector.2[at], 1e-6), (plain.2[at], 1e-12)] {
            assert!((squares - exact).abs() <= tolerance * exact, "{squares} {exact}");
        }
    }
}

#[test]
fn tensors_that_do_not_fit_are_refused_by_the_mixed_adam() {
    let master = Tensor::zeros([8], (Kind::Float, Device::Cpu));
    let gradient = Tensor::zeros([9], (Kind::BFloat16, Device::Cpu));
    let working = master.to_kind(Kind::BFloat16);
    let tensors = [&master, &working, &gradient, &master, &master];
    let error = torch::mixed_adam(tensors, 1, &ADAM, true).unwrap_err();
    assert!(error.to_string().contains("different shape or layout"), "{error}");
}
