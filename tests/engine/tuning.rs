//! What a person changes of a run under way, what of it a resumed run does again, and what new runs are.

use crate::driver::{Engine, config, finished, tensors};
use alexnet_tui::config::DataSource;
use alexnet_tui::session::{Command, Continuation, Event, Phase, Setup, Tuning};
use std::fs;
use std::path::Path;

fn paused_after(mut engine: Engine, step: u64) -> Engine {
    engine.begin_paused(Command::Start);
    engine.step_to(step);
    engine
}

/// Copies a run as a kill would have left it, with this checkpoint alone.
fn killed(run: &Path, checkpoint: Option<&str>, to: &Path) {
    fs::create_dir_all(to.join("checkpoints")).unwrap();
    for name in ["config.toml", "metrics.csv", "steps.jsonl", "confusion.jsonl", "changes.jsonl"] {
        fs::copy(run.join(name), to.join(name)).unwrap();
    }
    if let Some(name) = checkpoint {
        let name = format!("checkpoints/{name}.safetensors");
        fs::copy(run.join(&name), to.join(&name)).unwrap();
    }
}

#[test]
fn what_was_changed_is_done_again_at_its_step_from_wherever_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let plain = finished(small.clone());
    let mut smooth = paused_after(Engine::open(small.clone(), None), 2);
    smooth.ask(Command::Save).unwrap();
    smooth.step_to(3);
    smooth.ask(Command::Tune(Tuning::WeightDecay(0.3))).unwrap();
    smooth.ask(Command::Tune(Tuning::GradientClip(0.5))).unwrap();
    assert!(smooth.events.contains(&Event::Tuned { step: 3, tuning: Tuning::WeightDecay(0.3) }));
    smooth.step_to(4);
    smooth.ask(Command::Save).unwrap();
    smooth.step_to(5);
    smooth.ask(Command::Tune(Tuning::WeightDecay(0.1))).unwrap();
    smooth.ask(Command::SetLearningRate(0.002)).unwrap();
    smooth.step_to(6);
    smooth.ask(Command::Save).unwrap();
    smooth.ask(Command::Resume).unwrap();
    smooth.until_phase(Phase::Finished);
    let run = smooth.run_folder();
    smooth.leave();
    assert_ne!(tensors(&smooth, "last"), tensors(&plain, "last"), "nothing was changed");
    let changes = fs::read_to_string(run.join("changes.jsonl")).unwrap();
    assert_eq!(
        changes.lines().collect::<Vec<_>>(),
        [
            r#"{"step":3,"weight_decay":0.3,"before":0.0}"#,
            r#"{"step":3,"gradient_clip":0.5,"before":0.0}"#,
            r#"{"step":5,"weight_decay":0.1,"before":0.3}"#,
            r#"{"step":5,"learning_rate":0.002}"#,
        ]
    );

    for checkpoint in [None, Some("step-00000002"), Some("step-00000004"), Some("step-00000006")] {
        let again = folder.path().join(checkpoint.unwrap_or("none"));
        killed(&run, checkpoint, &again);
        let mut engine = Engine::open(small.clone(), None);
        let order = Continuation { folder: again.clone(), checkpoint: None, config: None, learning_rate: None };
        engine.ask(Command::Continue(order)).unwrap();
        engine.until_phase(Phase::Finished);
        assert_eq!(tensors(&engine, "last"), tensors(&smooth, "last"), "{checkpoint:?}");
        let config = fs::read_to_string(again.join("config.toml")).unwrap();
        assert!(config.contains("weight_decay = 0.1\n") && config.contains("gradient_clip = 0.5\n"), "{checkpoint:?}");
    }

    // What is asked for when the run goes on is obeyed, and what was changed later before is forgotten.
    let other = folder.path().join("other");
    killed(&run, Some("step-00000004"), &other);
    let mut asked = small.clone();
    asked.training.gradient_clip = 0.5;
    asked.training.weight_decay = 0.2;
    let mut engine = Engine::open(small, None);
    let order =
        Continuation { folder: other.clone(), checkpoint: None, config: Some(Box::new(asked)), learning_rate: None };
    engine.ask(Command::Continue(order)).unwrap();
    engine.until_phase(Phase::Finished);
    let changes = fs::read_to_string(other.join("changes.jsonl")).unwrap();
    assert_eq!(changes.lines().nth(2), Some(r#"{"step":4,"weight_decay":0.2,"before":0.3}"#), "{changes}");
    assert_eq!(changes.lines().count(), 3, "{changes}");
    assert_ne!(tensors(&engine, "last"), tensors(&smooth, "last"));
}

#[test]
fn a_run_is_made_longer_and_shorter_but_not_shorter_than_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let mut engine = paused_after(Engine::open(small.clone(), None), 1);
    assert!(engine.ask(Command::Tune(Tuning::Epochs(0))).unwrap_err().contains("in epoch 1 already"));
    assert!(engine.ask(Command::Tune(Tuning::WeightDecay(2.0))).unwrap_err().contains("from 0 to 1, not 2"));
    for policy in [Tuning::EverySteps(2), Tuning::EveryEpochs(0), Tuning::Keep(1)] {
        engine.ask(Command::Tune(policy)).unwrap();
    }
    engine.ask(Command::Tune(Tuning::Epochs(3))).unwrap();
    while engine.snapshot.epoch < 2 {
        engine.ask(Command::Step).unwrap();
    }
    assert_eq!(engine.snapshot.epochs, 3);
    assert!(engine.ask(Command::Tune(Tuning::Epochs(1))).unwrap_err().contains("in epoch 2 already"));
    engine.ask_together([Command::Resume, Command::Tune(Tuning::Epochs(2))]);
    engine.until_phase(Phase::Finished);
    assert_eq!(engine.epochs().len(), 2);
    let run = engine.run_folder();
    let kept = crate::driver::names(&run.join("checkpoints"));
    assert_eq!(kept, ["best.safetensors", "last.safetensors", "step-00000010.safetensors"]);
    let written = fs::read_to_string(run.join("config.toml")).unwrap();
    assert!(written.contains("\nepochs = 2\n") && written.contains("every_steps = 2\n"), "{written}");
    let log = fs::read_to_string(run.join("log.txt")).unwrap();
    assert!(log.contains("checkpoint.every_steps 2 from step 2 on"), "{log}");
    assert!(engine.ask(Command::Tune(Tuning::Epochs(9))).is_err(), "a run that is done has no next step");
}

#[test]
fn what_is_configured_before_a_run_is_what_starts() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let mut engine = Engine::open(small.clone(), None);
    engine.until_phase(Phase::Idle);
    let planned = |engine: &Engine| {
        engine.events.iter().rev().find_map(|event| match event {
            Event::Planned(plan) => Some((plan.train_images, plan.validation_images)),
            _ => None,
        })
    };
    assert_eq!(planned(&engine), Some((160, 96)));
    let mut other = small.clone();
    other.data.limit_train = 64;
    other.training.epochs = 1;
    engine.ask(Command::Configure(Box::new(other.clone()))).unwrap();
    assert_eq!(planned(&engine), Some((64, 96)));
    engine.begin_paused(Command::Start);
    // From here on only the next run can be told.
    let mut next = other;
    next.data.limit_train = 32;
    next.training.epochs = 2;
    engine.ask(Command::Configure(Box::new(next))).unwrap();
    engine.ask(Command::Resume).unwrap();
    engine.until_phase(Phase::Finished);
    assert_eq!((engine.steps.len(), engine.epochs().len()), (2, 1));
    engine.ask(Command::Start).unwrap();
    engine.until("the next run's end", |engine| (engine.epochs().len() == 3).then_some(()));
    assert_eq!(engine.steps.len(), 4);
}

#[test]
fn other_pictures_are_read_at_once_and_wrong_ones_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let mut engine = Engine::open(small.clone(), None);
    engine.until_phase(Phase::Idle);
    let mut wrong = small.clone();
    wrong.data.source = DataSource::Folder(folder.path().join("nowhere"));
    engine.ask(Command::Configure(Box::new(wrong))).unwrap();
    assert!(engine.messages().last().unwrap().contains("nowhere"), "{:?}", engine.messages());
    assert!(engine.ask(Command::Start).is_err(), "a run began with pictures that nobody asked for");
    engine.ask(Command::Configure(Box::new(small))).unwrap();
    engine.ask(Command::Start).unwrap();
    engine.until_phase(Phase::Finished);
}

#[test]
fn a_run_that_waits_to_be_gone_on_with_takes_what_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let mut first = paused_after(Engine::open(small.clone(), None), 2);
    first.leave();
    let order = Continuation { folder: first.run_folder(), checkpoint: None, config: None, learning_rate: None };
    let mut engine = Engine::open_with(Setup { resume: Some(order), ..Setup::new(small.clone()) });
    let mut other = small;
    other.training.epochs = 1;
    other.training.learning_rate = 0.0005;
    engine.ask(Command::Configure(Box::new(other))).unwrap();
    engine.ask(Command::Start).unwrap();
    engine.until_phase(Phase::Finished);
    assert_eq!(engine.epochs().len(), 1);
    assert!(engine.steps.iter().all(|step| step.learning_rate == 0.0005));
}
