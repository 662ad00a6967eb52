//! Looking at a run while it goes on, its layers sampled and its pictures predicted: right numbers, and a training that
//! does not notice.

use crate::driver::{Engine, config, finished, tensors};
use alexnet_tui::config::PrecisionChoice;
use alexnet_tui::metrics::{NetSample, Predictions, Split};
use alexnet_tui::session::{Command, Event, Phase, Setup};

impl Engine {
    /// Asks for predictions and waits for so many of them.
    fn predict(&mut self, split: Split, indices: &[u32], expected: usize) -> Predictions {
        let before = self.events.len();
        self.ask(Command::Predict { split, indices: indices.to_vec() }).unwrap();
        self.until("the predictions", |engine| {
            let mut all = Predictions::default();
            for event in &engine.events[before..] {
                // A batch of an older question may still be on its way.
                if let Event::Predicted { split: of, predictions, .. } = event
                    && *of == split
                {
                    all.classes = predictions.classes;
                    all.indices.extend(&predictions.indices);
                    all.labels.extend(&predictions.labels);
                    all.probabilities.extend(&predictions.probabilities);
                }
            }
            (all.len() >= expected).then_some(all)
        })
    }
}

#[test]
fn a_training_that_is_looked_at_gives_the_same_bits() {
    for precision in [PrecisionChoice::F32, PrecisionChoice::Bf16] {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        config.compute.precision = precision;
        let unseen = finished(config.clone());
        assert!(unseen.samples.is_empty());

        let losses = |engine: &Engine| engine.steps.iter().map(|step| step.loss.to_bits()).collect::<Vec<_>>();
        let same = |seen: &Engine, least: usize| {
            assert!(seen.samples.len() >= least, "{} samples", seen.samples.len());
            assert_eq!(tensors(seen, "last"), tensors(&unseen, "last"), "{precision}");
            assert_eq!(losses(seen), losses(&unseen), "{precision}");
        };

        let mut left_alone = Engine::open_with(Setup { sample_layers: true, ..Setup::new(config.clone()) });
        left_alone.ask(Command::Start).unwrap();
        left_alone.until_phase(Phase::Finished);
        same(&left_alone, 1);

        let mut seen = Engine::open_with(Setup { sample_layers: true, ..Setup::new(config) });
        seen.begin_paused(Command::Start);
        // A single step is sampled whatever it costs.
        seen.step_to(3);
        seen.predict(Split::Test, &[3, 1, 4], 3);
        seen.ask(Command::Resume).unwrap();
        seen.predict(Split::Train, &(0..40).collect::<Vec<_>>(), 40);
        seen.until_phase(Phase::Finished);
        same(&seen, 3);
    }
}

fn norm_of(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// The numbers of `layer`'s weights in a checkpoint saved by hand at a step.
fn weights_of(engine: &Engine, layer: &str, step: u64) -> Vec<f64> {
    let name = format!("{layer}.weight");
    let all = tensors(engine, &format!("step-{step:08}"));
    let (_, bytes) = all.into_iter().find(|(tensor, _)| *tensor == name).unwrap();
    bytes.as_chunks().0.iter().map(|&number| f64::from(f32::from_le_bytes(number))).collect()
}

#[test]
fn a_sample_tells_what_the_checkpoints_around_it_say() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let mut engine = Engine::open_with(Setup { sample_layers: true, ..Setup::new(config) });
    engine.begin_paused(Command::Start);
    engine.step_to(1);
    let save = |engine: &mut Engine| {
        let step = engine.snapshot.step;
        let before = engine.events.len();
        engine.ask(Command::Save).unwrap();
        engine.until("the checkpoint", |engine| {
            engine.events[before..].iter().any(|event| matches!(event, Event::CheckpointSaved { .. })).then_some(step)
        })
    };
    let before = save(&mut engine);
    engine.ask(Command::Step).unwrap();
    let after = save(&mut engine);
    assert_eq!(after, before + 1);
    let sample: NetSample =
        engine.until("the sample", |engine| engine.samples.iter().find(|sample| sample.step == after).cloned());

    let plan = engine.until("the plan", |engine| {
        engine.events.iter().find_map(|event| match event {
            Event::Planned(plan) => Some(plan.clone()),
            _ => None,
        })
    });
    assert_eq!(sample.layers.len(), plan.net.layers.len());
    let mut learning = 0;
    let mut gradients = 0.0;
    for (row, layer) in plan.net.layers.iter().zip(&sample.layers) {
        assert_eq!(layer.weights.is_some(), row.parameters > 0, "{}", row.name);
        assert_eq!(layer.units.is_some(), row.kind == "ReLU", "{}", row.name);
        assert!(layer.forward.is_some_and(|seconds| seconds >= 0.0), "{}", row.name);
        assert!(layer.backward.is_some_and(|seconds| seconds >= 0.0), "{}", row.name);
        if let Some(units) = layer.units {
            assert_eq!(units.all as usize, row.output.sizes()[0], "{}", row.name);
            assert!(units.dead < units.all, "{}", row.name);
        }
        let Some(weights) = &layer.weights else { continue };
        learning += 1;
        gradients += weights.gradient_norm * weights.gradient_norm;
        let (old, new) = (weights_of(&engine, &row.name, before), weights_of(&engine, &row.name, after));
        let norm = norm_of(old.iter().copied());
        assert!((weights.norm / norm - 1.0).abs() < 1e-5, "{}: {} is not {norm}", row.name, weights.norm);
        let ratio = norm_of(old.iter().zip(&new).map(|(old, new)| new - old)) / norm;
        // Of the great layers a part stands for the whole.
        let tolerance = if old.len() > 65_536 { 0.02 } else { 1e-6 };
        assert!((weights.update_ratio / ratio - 1.0).abs() < tolerance, "{}: {ratio}", row.name);
        assert_eq!(weights.values.of as usize, old.len());
        if old.len() <= 65_536 {
            let least = old.iter().copied().fold(f64::INFINITY, f64::min);
            assert!((weights.values.least - least).abs() < f64::EPSILON, "{}", row.name);
            assert_eq!(weights.values.counted() as usize, old.len());
        }
        assert!(weights.gradient_norm > 0.0 && weights.gradients.counted() > 0, "{}", row.name);
    }
    assert_eq!(learning, 8);
    // The norm over all parameters, biases included, can't be less.
    if let Some(all) = engine.steps.iter().find(|step| step.step == after).unwrap().gradient_norm {
        assert!(gradients.sqrt() <= all * 1.000_1, "{} of {all}", gradients.sqrt());
    }
}

#[test]
fn pictures_are_predicted_on_demand_as_an_evaluation_predicts_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Engine::open(config(folder.path()), None);
    let refused = engine.ask(Command::Predict { split: Split::Test, indices: vec![0] });
    assert_eq!(refused.unwrap_err(), "there are no weights yet: start a run first");
    engine.begin_paused(Command::Start);
    engine.step_to(3);
    let evaluation = engine.evaluate(Split::Test, None);
    // More than one batch, in an order of its own; what is not there is passed over.
    let mut wanted: Vec<u32> = (0..40).map(|n| (n * 37) % 1_000).collect();
    wanted.push(1_000);
    wanted.push(u32::MAX);
    let told = engine.predict(Split::Test, &wanted, 40);
    assert_eq!(told.indices, wanted[..40]);
    for (row, &index) in told.indices.iter().enumerate() {
        let same = evaluation.predictions.indices.iter().position(|&other| other == index).unwrap();
        assert_eq!(told.labels[row], evaluation.predictions.labels[same]);
        for (ours, theirs) in told.probabilities_of(row).iter().zip(evaluation.predictions.probabilities_of(same)) {
            assert!((ours - theirs).abs() < 1e-5, "picture {index}: {ours} is not {theirs}");
        }
    }
    // A newer question takes the place of an older one: of the older at most a batch is told.
    let before = engine.events.len();
    engine.ask(Command::Predict { split: Split::Train, indices: (0..500).collect() }).unwrap();
    engine.predict(Split::Test, &[7], 1);
    let older: usize = engine.events[before..]
        .iter()
        .map(|event| match event {
            Event::Predicted { split: Split::Train, predictions, .. } => predictions.len(),
            _ => 0,
        })
        .sum();
    assert!(older < 500, "{older}");
    engine.ask(Command::Resume).unwrap();
    engine.until_phase(Phase::Finished);
    assert_eq!(engine.predict(Split::Validation, &[5, 6], 2).len(), 2);
    engine.leave();
}
