//! The rules on curves that were recorded by training: tests/fixtures/advice.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::super::advice;
use super::*;
use crate::metrics::{EpochMetrics, StepTimes};
use std::path::Path;

struct Recording {
    loss: Vec<f32>,
    accuracy: Vec<f32>,
    gradients: Vec<f32>,
    epochs: Vec<EpochMetrics>,
}

impl Recording {
    fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/advice");
        let rows = |file: String| -> Vec<Vec<f64>> {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            text.lines().skip(1).map(|line| line.split(',').map(|value| value.parse().unwrap()).collect()).collect()
        };
        let steps = rows(format!("{name}.steps.csv"));
        let column = |at: usize| steps.iter().map(|row| row[at] as f32).collect::<Vec<f32>>();
        let epochs = rows(format!("{name}.epochs.csv"));
        let each = steps.len() / epochs.len();
        let epoch = |row: &Vec<f64>| EpochMetrics {
            epoch: row[0] as u32,
            step: row[0] as u64 * each as u64,
            train_loss: row[1],
            validation_loss: row[2],
            train_accuracy: row[3],
            validation_accuracy: row[4],
            learning_rate: row[5],
            seconds: row[6],
            best: false,
        };
        Self { loss: column(1), accuracy: column(2), gradients: column(3), epochs: epochs.iter().map(epoch).collect() }
    }

    /// As it stood after so many steps.
    fn at(&self, steps: usize) -> Vec<Advice> {
        let done = self.epochs.iter().filter(|epoch| epoch.step as usize <= steps).count();
        advice(&Recorded {
            loss: &self.loss[..steps],
            accuracy: &self.accuracy[..steps],
            gradients: &self.gradients[..steps],
            epochs: &self.epochs[..done],
            classes: 10,
            ..Recorded::default()
        })
    }

    /// Every advice with the step from which on it was given, one after the other.
    fn story(&self) -> Vec<(usize, Advice)> {
        let mut story: Vec<(usize, Advice)> = Vec::new();
        for steps in 0..=self.loss.len() {
            for advice in self.at(steps) {
                let same =
                    |(_, before): &(usize, Advice)| std::mem::discriminant(before) == std::mem::discriminant(&advice);
                if !story.iter().any(same) {
                    story.push((steps, advice));
                }
            }
        }
        story
    }
}

#[test]
fn a_good_run_gets_no_advice_at_any_step() {
    for name in ["good", "good-sgd", "good-real-net"] {
        assert_eq!(Recording::read(name).story(), [], "{name}");
    }
}

#[test]
fn a_net_that_answers_all_pictures_alike_is_stuck_at_ln_10() {
    for (name, by_large_steps) in [("still", false), ("stuck", true), ("diverging", true), ("violent", true)] {
        let recording = Recording::read(name);
        let end = recording.at(recording.loss.len());
        assert!(
            matches!(end[..], [Advice::Stuck { jumped, accuracy, .. }] if jumped == by_large_steps && accuracy < 0.13),
            "{name}: {end:?}"
        );
    }
}

#[test]
fn a_loss_that_explodes_is_told_within_a_few_steps() {
    let story = Recording::read("violent").story();
    assert!(matches!(story[0], (..=15, Advice::Diverging { .. })), "{story:?}");
}

#[test]
fn a_loss_that_was_lower_before_has_risen() {
    let story = Recording::read("rising").story();
    assert!(story.iter().any(|(_, advice)| matches!(advice, Advice::Rising { .. })), "{story:?}");
}

#[test]
fn a_loss_that_hardly_falls_is_slow() {
    let story = Recording::read("slow").story();
    assert!(story.iter().any(|(_, advice)| matches!(advice, Advice::Slow { .. })), "{story:?}");
    // Once it falls, nothing is said any more.
    let recording = Recording::read("slow");
    assert_eq!(recording.at(recording.loss.len()), []);
}

#[test]
fn few_pictures_shown_often_are_learned_by_heart() {
    let recording = Recording::read("over-fitting");
    let story = recording.story();
    assert!(matches!(story[..], [(_, Advice::OverFitting { epochs: 2, .. })]), "{story:?}");
}

#[test]
fn dead_layers_waiting_and_inexact_runs_are_told() {
    let dead = [("relu6".to_owned(), 0.994)];
    let recorded = Recorded { dead: &dead, classes: 10, ..Recorded::default() };
    assert_eq!(advice(&recorded), [Advice::Dead { layer: "relu6".into(), share: 0.994 }]);
    let loss = vec![1.0; 60];
    let of = |data| StepTimes { data, forward: 1.0, backward: 2.0, optimizer: 1.0 };
    let waits = |data| starved(&Recorded { loss: &loss, times: of(data), ..Recorded::default() });
    assert_eq!(waits(4.0), Some(Advice::Starved { share: 0.5 }));
    assert_eq!(waits(0.4), None);
    assert_eq!(starved(&Recorded { loss: &loss, ..Recorded::default() }), None);
    let what = ["2 threads instead of 4".to_owned()];
    assert_eq!(inexact(&Recorded { inexact: &what, ..Recorded::default() }).into_iter().count(), 1);
}
