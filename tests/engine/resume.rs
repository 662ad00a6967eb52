//! A run that was stopped goes on as if it had never been: every weight, moment and metric, to the bit.

use crate::driver::{Engine, config, finished, tensors};
use alexnet_tui::checkpoint;
use alexnet_tui::config::{Config, OptimizerChoice, PrecisionChoice};
use alexnet_tui::metrics::Split;
use alexnet_tui::session::{Command, Continuation, Event, Past, Phase, Setup};
use std::fs;
use std::path::{Path, PathBuf};

fn going_on(folder: PathBuf) -> Command {
    Command::Continue(Continuation { folder, checkpoint: None, config: None, learning_rate: None })
}

/// A session that goes on with the run in this folder.
fn resumed(config: &Config, folder: PathBuf) -> Engine {
    let mut engine = Engine::open(config.clone(), None);
    engine.ask(going_on(folder)).unwrap();
    engine
}

/// Every column but the last, which is time.
fn metrics(run: &Path) -> Vec<String> {
    let text = fs::read_to_string(run.join("metrics.csv")).unwrap();
    text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

/// What each step's line says of the training, its speed left out.
fn steps(run: &Path) -> Vec<String> {
    let text = fs::read_to_string(run.join("steps.jsonl")).unwrap();
    let plain = |line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("images_per_second");
        value.to_string()
    };
    text.lines().map(plain).collect()
}

fn passes(run: &Path) -> String {
    fs::read_to_string(run.join("confusion.jsonl")).unwrap()
}

fn past(engine: &Engine) -> &Past {
    let told = engine.events.iter().find_map(|event| match event {
        Event::Restored(past) => Some(past),
        _ => None,
    });
    told.unwrap()
}

fn same_run(engine: &Engine, smooth: &Engine) {
    assert_eq!(tensors(engine, "last"), tensors(smooth, "last"));
    assert_eq!(tensors(engine, "best"), tensors(smooth, "best"));
    let (run, other) = (engine.run_folder(), smooth.run_folder());
    assert_eq!(metrics(&run), metrics(&other));
    assert_eq!(steps(&run), steps(&other));
    assert_eq!(passes(&run), passes(&other));
}

#[test]
fn a_run_left_anywhere_goes_on_to_the_same_bits() {
    // How many steps are done before each time that the run is left: five are an epoch, and then come batches of its
    // validation.
    for (precision, optimizer, stops) in [
        (PrecisionChoice::F32, OptimizerChoice::Adam, [1, 2, 3, 2]),
        (PrecisionChoice::Bf16, OptimizerChoice::AdamW, [2, 3, 1, 3]),
        (PrecisionChoice::F32, OptimizerChoice::Sgd, [1, 1, 5, 2]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        config.compute.precision = precision;
        config.training.optimizer = optimizer;
        let smooth = finished(config.clone());

        let mut engine = Engine::open(config.clone(), None);
        engine.begin_paused(Command::Start);
        for steps in stops {
            for _ in 0..steps {
                engine.ask(Command::Step).unwrap();
            }
            let done = engine.snapshot.step;
            engine.leave();
            let order = going_on(engine.run_folder());
            engine = Engine::open(config.clone(), None);
            engine.begin_paused(order);
            assert_eq!((past(&engine).steps.len() as u64, engine.snapshot.step), (done, done));
        }
        // And once while it trains, wherever that is.
        engine.ask(Command::Resume).unwrap();
        engine.leave();
        engine = resumed(&config, engine.run_folder());
        engine.until_phase(Phase::Finished);
        same_run(&engine, &smooth);
        assert_eq!(engine.epochs().len() + past(&engine).epochs.len(), 2);

        // A run that is done is done: going on with it changes nothing.
        let run = engine.run_folder();
        engine.leave();
        let mut again = resumed(&config, run);
        again.until_phase(Phase::Finished);
        assert_eq!(past(&again).epochs.len(), 2);
        same_run(&again, &smooth);
    }
}

#[test]
fn what_came_after_the_checkpoint_is_done_again_changes_by_hand_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = config(folder.path());
    small.checkpoint.every_steps = 3;
    small.checkpoint.keep = 100;
    let mut smooth = Engine::open(small.clone(), None);
    smooth.begin_paused(Command::Start);
    smooth.step_to(4);
    smooth.ask(Command::SetLearningRate(0.0004)).unwrap();
    smooth.ask(Command::Resume).unwrap();
    smooth.until_phase(Phase::Finished);
    let run = smooth.run_folder();
    smooth.leave();

    // As after a kill in step 4: what `last` and the others knew is not on the disk, and a line is half written.
    let killed = folder.path().join("killed");
    fs::create_dir_all(killed.join("checkpoints")).unwrap();
    for name in ["config.toml", "metrics.csv", "steps.jsonl", "confusion.jsonl", "changes.jsonl"] {
        fs::copy(run.join(name), killed.join(name)).unwrap();
    }
    let early = "checkpoints/step-00000003.safetensors";
    fs::copy(run.join(early), killed.join(early)).unwrap();
    let mut torn = fs::read_to_string(killed.join("steps.jsonl")).unwrap();
    torn.truncate(torn.len() - 20);
    fs::write(killed.join("steps.jsonl"), torn).unwrap();

    let mut engine = resumed(&small, killed.clone());
    engine.until_phase(Phase::Finished);
    assert_eq!(past(&engine).steps.len(), 3);
    assert!(engine.events.contains(&Event::LearningRate { step: 4, learning_rate: 0.0004 }));
    same_run(&engine, &smooth);

    // A person who decides anew is obeyed, and what was decided before is forgotten.
    let again = folder.path().join("again");
    fs::create_dir_all(again.join("checkpoints")).unwrap();
    for name in ["config.toml", "changes.jsonl", early] {
        fs::copy(run.join(name), again.join(name)).unwrap();
    }
    let order = Continuation { folder: again.clone(), checkpoint: None, config: None, learning_rate: Some(0.0001) };
    let mut engine = Engine::open(small, None);
    engine.ask(Command::Continue(order)).unwrap();
    engine.until_phase(Phase::Finished);
    assert!(engine.steps.iter().all(|step| step.learning_rate == 0.0001));
    assert_eq!(fs::read_to_string(again.join("changes.jsonl")).unwrap(), "{\"step\":3,\"learning_rate\":0.0001}\n");
}

#[test]
fn a_broken_checkpoint_is_named_and_the_one_before_it_taken() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let mut engine = Engine::open(small.clone(), None);
    engine.begin_paused(Command::Start);
    for step in [2, 4, 6, 8] {
        engine.step_to(step);
        engine.ask(Command::Save).unwrap();
    }
    engine.ask(Command::Resume).unwrap();
    engine.until_phase(Phase::Finished);
    let smooth = tensors(&engine, "last");
    let run = engine.run_folder();
    engine.leave();
    // Names of the same file share its bytes: each gets a copy of its own, then all of the end are spoiled.
    let names = ["last", "best", "epoch-0002", "epoch-0001", "step-00000008"];
    for (at, name) in names.iter().enumerate() {
        let path = run.join(format!("checkpoints/{name}.safetensors"));
        let mut bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        match at % 3 {
            0 => bytes.truncate(bytes.len() / 2),
            1 => *bytes.last_mut().unwrap() ^= 1,
            _ => bytes.clear(),
        }
        fs::write(&path, bytes).unwrap();
    }
    let mut engine = resumed(&small, run.clone());
    assert_eq!(past(&engine).steps.len(), 6);
    engine.until_phase(Phase::Finished);
    assert_eq!(tensors(&engine, "last"), smooth);
    let log = fs::read_to_string(run.join("log.txt")).unwrap();
    assert!(log.contains("last.safetensors: not a whole safetensors file"), "{log}");

    // From a checkpoint that was named: what comes after it is put aside, not lost.
    engine.leave();
    let checkpoint = Some(run.join("checkpoints/step-00000004.safetensors"));
    let order = Continuation { folder: run.clone(), checkpoint, config: None, learning_rate: Some(0.0002) };
    let mut engine = Engine::open(small.clone(), None);
    engine.begin_paused(Command::Continue(order));
    engine.step_to(5);
    engine.leave();
    let names = crate::driver::names(&run.join("checkpoints"));
    assert!(names.contains(&"abandoned-step-00000010-last.safetensors".to_owned()), "{names:?}");
    let state = checkpoint::read_state(&engine.checkpoint("last")).unwrap();
    assert_eq!(state.step, 5);
    let engine = resumed(&small, run);
    assert_eq!(past(&engine).steps.len() as u64, state.step);
}

#[test]
fn a_run_whose_checkpoints_are_all_broken_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let mut engine = finished(small.clone());
    let run = engine.run_folder();
    engine.leave();
    for name in crate::driver::names(&run.join("checkpoints")) {
        fs::write(run.join("checkpoints").join(name), b"a page of the provider instead").unwrap();
    }
    let files = ["metrics.csv", "steps.jsonl", "confusion.jsonl"];
    let before = files.map(|name| fs::read(run.join(name)).unwrap());
    let order = Continuation { folder: run.clone(), checkpoint: None, config: None, learning_rate: None };
    let mut engine = Engine::open(small, None);
    let refused = engine.ask(Command::Continue(order)).unwrap_err();
    assert!(refused.contains("none of its checkpoints is good") && refused.contains("last.safetensors"), "{refused}");
    assert_eq!(files.map(|name| fs::read(run.join(name)).unwrap()), before);
    engine.ask(Command::Start).unwrap();
    engine.until_phase(Phase::Finished);
}

#[test]
fn a_new_run_after_one_that_was_gone_on_with_is_of_the_sessions_own_making() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = config(folder.path());
    other.data.limit_train = 64;
    let mut engine = finished(other);
    let run = engine.run_folder();
    engine.leave();
    let mut engine = resumed(&config(folder.path()), run);
    engine.until_phase(Phase::Finished);
    engine.ask(Command::Start).unwrap();
    engine.until_step(5);
    let planned = engine.events.iter().filter_map(|event| match event {
        Event::Planned(plan) => Some(plan.gallery.indices(Split::Train).len()),
        _ => None,
    });
    // As opened, as gone on with, as begun anew.
    assert_eq!(planned.collect::<Vec<_>>(), [160, 64, 160]);
    assert_eq!(engine.snapshot.images_total, 160);
}

#[test]
fn a_run_without_a_checkpoint_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let smooth = finished(small.clone());
    let killed = folder.path().join("killed");
    fs::create_dir_all(killed.join("checkpoints")).unwrap();
    for name in ["config.toml", "metrics.csv", "steps.jsonl", "confusion.jsonl"] {
        fs::copy(smooth.run_folder().join(name), killed.join(name)).unwrap();
    }
    fs::write(killed.join("checkpoints/.last.safetensors.new"), b"half").unwrap();
    let mut engine = resumed(&small, killed);
    engine.until_phase(Phase::Finished);
    same_run(&engine, &smooth);
}

#[test]
fn what_may_change_does_and_what_may_not_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let mut engine = finished(small.clone());
    let run = engine.run_folder();
    let mut busy = Engine::open(small.clone(), None);
    let order = |config: Option<Config>| {
        Command::Continue(Continuation {
            folder: run.clone(),
            checkpoint: None,
            config: config.map(Box::new),
            learning_rate: None,
        })
    };
    let refused = busy.ask(order(None)).unwrap_err();
    assert!(refused.contains("another alexnet-tui is at work on this run"), "{refused}");
    engine.leave();
    drop(engine);

    let mut other = small.clone();
    other.training.seed = 7;
    other.data.limit_train = 100;
    let refused = busy.ask(order(Some(other))).unwrap_err();
    assert!(refused.contains("training.seed is 1 in this run, and 7 was asked for"), "{refused}");
    assert!(refused.contains("data.limit_train is 160 in this run, and 100 was asked for"), "{refused}");

    let mut longer = small;
    longer.training.epochs = 3;
    longer.training.batch_size = 16;
    longer.compute.threads = 2;
    busy.ask(order(Some(longer))).unwrap();
    busy.until_phase(Phase::Finished);
    assert_eq!(past(&busy).epochs.len(), 2);
    assert_eq!(busy.steps.iter().map(|step| step.step).collect::<Vec<_>>(), (11..=20).collect::<Vec<_>>());
    let log = fs::read_to_string(run.join("log.txt")).unwrap();
    assert!(log.contains("not bit-exact: threads 2 instead of 1"), "{log}");
    let written = fs::read_to_string(run.join("config.toml")).unwrap();
    assert!(written.contains("batch_size = 16") && written.contains("epochs = 3"), "{written}");

    let nowhere =
        Continuation { folder: folder.path().join("none"), checkpoint: None, config: None, learning_rate: None };
    let refused = busy.ask(Command::Continue(nowhere)).unwrap_err();
    assert!(refused.contains("is this the folder of a run?"), "{refused}");
}

#[test]
fn a_run_that_did_not_end_is_offered_and_one_that_did_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let small = config(folder.path());
    let offered = |config: &Config| {
        let setup = Setup { offer_runs: true, ..Setup::new(config.clone()) };
        let mut engine = Engine::open_with(setup);
        engine.until_phase(Phase::Idle);
        engine.events.iter().find_map(|event| match event {
            Event::Offered(offer) => Some(offer.clone()),
            _ => None,
        })
    };
    assert_eq!(offered(&small), None);
    let mut engine = Engine::open(small.clone(), None);
    engine.begin_paused(Command::Start);
    engine.step_to(3);
    assert_eq!(offered(&small), None, "it is being worked on");
    engine.leave();
    let run = engine.run_folder();
    drop(engine);
    let offer = offered(&small).unwrap();
    assert_eq!((offer.folder.as_path(), offer.epochs, offer.step), (run.as_path(), 2, 3));
    let mut engine = Engine::open(small.clone(), None);
    engine.begin_paused(going_on(run));
    engine.ask(Command::Stop).unwrap();
    engine.leave();
    drop(engine);
    assert_eq!(offered(&small), None, "it was ended by hand");
}
