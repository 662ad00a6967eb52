//! The real engine: a run to its end, commands in the middle of it, and what stays on the disk.

use crate::driver::{Engine, config, finished, names, tensors};
use alexnet_tui::checkpoint;
use alexnet_tui::config::DataSource;
use alexnet_tui::metrics::Split;
use alexnet_tui::run::read_passes;
use alexnet_tui::session::{Command, Event, Phase};
use std::fs;

#[test]
fn a_run_leaves_its_folder_behind() {
    let folder = tempfile::tempdir().unwrap();
    let engine = finished(config(folder.path()));
    let run = engine.run_folder();
    assert_eq!(
        names(&run).iter().filter(|name| !name.starts_with("events.out.tfevents.")).collect::<Vec<_>>(),
        [
            ".lock",
            "changes.jsonl",
            "checkpoints",
            "config.toml",
            "confusion.csv",
            "confusion.jsonl",
            "confusion.png",
            "figures",
            "log.txt",
            "metrics.csv",
            "report.json",
            "steps.jsonl"
        ]
    );
    assert_eq!(names(&run.join("figures")), ["curves.png", "curves.svg"]);
    let mut expected = vec!["best.safetensors", "epoch-0001.safetensors", "epoch-0002.safetensors", "last.safetensors"];
    expected.sort_unstable();
    assert_eq!(names(&run.join("checkpoints")), expected);

    let csv = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0].join(","),
        "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy,learning_rate,seconds"
    );
    let epochs = engine.epochs();
    assert_eq!(rows.len(), 3);
    for (row, epoch) in rows[1..].iter().zip(&epochs) {
        assert_eq!(row[0].parse::<u32>().unwrap(), epoch.epoch);
        assert_eq!(row[2].parse::<f64>().unwrap().to_bits(), epoch.validation_loss.to_bits());
        assert_eq!(row[4].parse::<f64>().unwrap().to_bits(), epoch.validation_accuracy.to_bits());
    }
    let steps: Vec<u64> = engine.steps.iter().map(|step| step.step).collect();
    assert_eq!(steps, (1..=10).collect::<Vec<_>>());
    assert_eq!(fs::read_to_string(run.join("steps.jsonl")).unwrap().lines().count(), 10);
    // The mean of the steps' losses, each weighed by its pictures, is the epoch's.
    let mean = engine.steps[..5].iter().map(|s| s.loss).sum::<f64>() / 5.0;
    assert!((mean - epochs[0].train_loss).abs() < 1e-12);
}

#[test]
fn the_matrix_of_every_pass_over_the_runs_own_net_is_kept_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = finished(config(folder.path()));
    let run = engine.run_folder();
    let own = engine.evaluate(Split::Test, None);
    // Another net's is no business of the run's.
    engine.evaluate(Split::Test, Some(engine.checkpoint("epoch-0001")));
    let passes = read_passes(&run).unwrap();
    let places: Vec<_> = passes.iter().map(|pass| (pass.split, pass.epoch, pass.step)).collect();
    assert_eq!(places, [(Split::Validation, 1, 5), (Split::Validation, 2, 10), (Split::Test, 2, 10)]);
    assert_eq!((passes[2].loss.to_bits(), &passes[2].confusion_matrix), (own.loss.to_bits(), &own.confusion));
    for (pass, epoch) in passes.iter().zip(engine.epochs()) {
        assert_eq!(pass.loss.to_bits(), epoch.validation_loss.to_bits());
        assert_eq!(pass.confusion_matrix.total(), 96);
    }
}

#[test]
fn best_holds_the_weights_of_the_best_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = config(folder.path());
    small.training.epochs = 4;
    small.training.learning_rate = 0.003;
    let mut engine = finished(small);
    let epochs = engine.epochs();
    let best = epochs.iter().rev().find(|epoch| epoch.best).unwrap();
    let highest = epochs.iter().map(|epoch| epoch.validation_accuracy).fold(0.0, f64::max);
    assert_eq!(best.validation_accuracy, highest);
    let path = engine.checkpoint("best");
    assert_eq!(checkpoint::read_state(&path).unwrap().best.unwrap().epoch, best.epoch);
    let evaluation = engine.evaluate(Split::Validation, Some(path));
    assert_eq!(evaluation.accuracy(), best.validation_accuracy);
    assert_eq!(evaluation.loss.to_bits(), best.validation_loss.to_bits());
    let last = engine.evaluate(Split::Validation, Some(engine.checkpoint("last")));
    assert_eq!(last.loss.to_bits(), epochs.last().unwrap().validation_loss.to_bits());
    // With keep = 2 only the two newest numbered files are left.
    let kept = names(&engine.run_folder().join("checkpoints"));
    assert_eq!(kept, ["best.safetensors", "epoch-0003.safetensors", "epoch-0004.safetensors", "last.safetensors"]);
}

#[test]
fn every_step_that_is_due_has_its_file_however_slow_the_disk_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = config(folder.path());
    // A step of this net takes a fraction of what a disk takes to hold its file.
    small.checkpoint.every_steps = 1;
    small.checkpoint.keep = 1000;
    small.training.epochs = 100;
    let mut engine = Engine::open(small, None);
    engine.ask(Command::Start).unwrap();
    engine.until_step(2);
    // Whoever asks in between is answered, and what is asked for loses nothing.
    engine.ask(Command::Pause).unwrap();
    engine.ask(Command::Step).unwrap();
    engine.ask(Command::Save).unwrap();
    engine.ask(Command::Resume).unwrap();
    engine.until_step(7);
    engine.ask(Command::Stop).unwrap();
    let run = engine.run_folder();
    let mut saved = names(&run.join("checkpoints"));
    saved.retain(|name| name.starts_with("step-"));
    let steps: Vec<_> = (1..=engine.snapshot.step).map(|step| format!("step-{step:08}.safetensors")).collect();
    assert_eq!(saved, steps);
    for name in &saved {
        let contents = checkpoint::read(&run.join("checkpoints").join(name), |_| true).unwrap();
        assert_eq!(format!("step-{:08}.safetensors", contents.state.step), *name);
    }
    let log = fs::read_to_string(run.join("log.txt")).unwrap();
    assert!(log.matches("the training waits for the disk").count() <= 1, "{log}");
}

#[test]
fn a_seed_gives_the_same_weights_however_the_run_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let smooth = finished(config(folder.path()));

    let mut engine = Engine::open(config(folder.path()), None);
    engine.begin_paused(Command::Start);
    engine.step_to(2);
    engine.evaluate(Split::Test, None);
    engine.ask(Command::Step).unwrap();
    engine.ask(Command::Save).unwrap();
    engine.evaluate(Split::Train, None);
    engine.ask(Command::Resume).unwrap();
    engine.until_phase(Phase::Finished);

    assert_eq!(tensors(&engine, "last"), tensors(&smooth, "last"));
    let losses = |engine: &Engine| engine.steps.iter().map(|step| step.loss.to_bits()).collect::<Vec<_>>();
    assert_eq!(losses(&engine), losses(&smooth));

    let mut other = config(folder.path());
    other.training.seed += 1;
    assert_ne!(losses(&finished(other)), losses(&smooth));
}

#[test]
fn every_command_takes_effect_within_a_step_and_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut long = config(folder.path());
    long.training.epochs = 1000;
    let mut engine = Engine::open(long, None);

    for command in [Command::Pause, Command::Resume, Command::Step, Command::Stop, Command::Save, Command::Cancel] {
        let answer = engine.ask(command.clone());
        assert!(answer.is_err(), "{command:?} before a run");
    }
    let answer = engine.ask(Command::Evaluate { split: Split::Test, checkpoint: None });
    assert_eq!(answer.unwrap_err(), "there are no weights yet: start a run first");

    engine.ask(Command::Start).unwrap();
    assert!(engine.ask(Command::Start).unwrap_err().contains("a run is under way"));
    engine.until_step(1);
    engine.ask(Command::Pause).unwrap();
    let paused_at = engine.steps.last().unwrap().step;
    for further in 1..=3 {
        engine.ask(Command::Step).unwrap();
        // Five steps are an epoch; a step in the validation that follows is a batch of it.
        let expected = paused_at + further;
        if expected < 5 {
            assert_eq!(engine.snapshot.step, expected);
        }
    }
    let before = engine.snapshot.step;
    engine.ask(Command::SetLearningRate(0.0005)).unwrap();
    assert!(engine.ask(Command::SetLearningRate(-1.0)).unwrap_err().contains("above 0"));
    assert!(engine.events.contains(&Event::LearningRate { step: before, learning_rate: 0.0005 }));
    engine.ask(Command::Save).unwrap();
    let saved = engine.checkpoint(&format!("step-{before:08}"));
    engine.until("the file", |engine| {
        engine
            .events
            .iter()
            .any(|event| matches!(event, Event::CheckpointSaved { paths, .. } if paths.contains(&saved)))
            .then_some(())
    });
    assert_eq!(checkpoint::read_state(&saved).unwrap().learning_rate, 0.0005);

    engine.ask(Command::Evaluate { split: Split::Test, checkpoint: None }).unwrap();
    assert_eq!(engine.phase(), Some(Phase::Evaluating));
    assert!(engine.ask(Command::Evaluate { split: Split::Test, checkpoint: None }).is_err());
    engine.ask(Command::Cancel).unwrap();
    assert_eq!(engine.phase(), Some(Phase::Paused));

    engine.ask(Command::Resume).unwrap();
    engine.until("a step with the new rate", |engine| {
        engine.steps.last().is_some_and(|step| step.learning_rate == 0.0005).then_some(())
    });
    engine.ask(Command::Stop).unwrap();
    assert_eq!(engine.phase(), Some(Phase::Stopped));
    assert!(engine.ask(Command::SetLearningRate(0.1)).is_err(), "a run that was stopped has no next step");
    let state = checkpoint::read_state(&engine.checkpoint("last")).unwrap();
    assert_eq!(state.step, engine.steps.last().unwrap().step);
    engine.leave();
}

#[test]
fn leaving_in_the_middle_saves_the_weights_of_that_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut long = config(folder.path());
    long.training.epochs = 1000;
    let mut engine = Engine::open(long, None);
    engine.ask(Command::Start).unwrap();
    engine.until_step(3);
    engine.leave();
    let state = checkpoint::read_state(&engine.checkpoint("last")).unwrap();
    assert_eq!(state.step, engine.steps.last().unwrap().step);
    assert!(names(&engine.run_folder().join("checkpoints")).iter().all(|name| !name.starts_with('.')));
}

#[test]
fn a_loss_that_is_not_finite_stops_the_run_before_the_weights_are_touched() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Engine::open(config(folder.path()), None);
    engine.begin_paused(Command::Start);
    engine.step_to(1);
    engine.ask_together([Command::Resume, Command::SetLearningRate(1e30)]);
    engine.until_phase(Phase::Failed);
    engine.until("the reason", |engine| engine.messages().last().cloned());
    let message = engine.messages().pop().unwrap();
    assert!(message.contains("has diverged") && message.contains("smaller learning rate"), "{message}");
    let state = checkpoint::read_state(&engine.checkpoint("last")).unwrap();
    assert_eq!(state.step, engine.steps.last().unwrap().step);
    engine.leave();
}

#[test]
fn a_folder_with_a_run_in_it_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let engine = finished(config(folder.path()));
    let run = engine.run_folder();
    let before = fs::read(run.join("metrics.csv")).unwrap();
    let mut second = Engine::open(config(folder.path()), Some(run.clone()));
    let refusal = second.ask(Command::Start).unwrap_err();
    assert!(refusal.contains(&run.display().to_string()) && refusal.contains("--resume"), "{refusal}");
    assert_eq!(second.phase(), Some(Phase::Idle));
    assert_eq!(fs::read(run.join("metrics.csv")).unwrap(), before);
}

#[test]
fn broken_checkpoints_are_refused_by_name_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = finished(config(folder.path()));
    let good = fs::read(engine.checkpoint("last")).unwrap();
    let mut flipped = good.clone();
    // The first byte of the first tensor.
    let data_start = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
    flipped[data_start] ^= 1;
    let state = String::from_utf8_lossy(&good[..good.len().min(20_000)]).into_owned();
    assert!(state.contains("\\\"format_version\\\":1"));
    let mut future = good.clone();
    let at = good.windows(19).position(|window| window == b"\\\"format_version\\\":").unwrap() + 19;
    future[at] = b'9';
    // Two tensors of one shape in each other's place.
    let mut swapped = good.clone();
    let header: serde_json::Value = serde_json::from_slice(&good[8..data_start]).unwrap();
    let place = |name: &str| data_start + header[name]["data_offsets"][0].as_u64().unwrap() as usize;
    let (one, other, size) = (place("conv3.bias"), place("conv4.bias"), 24 * 4);
    swapped[one..one + size].copy_from_slice(&good[other..other + size]);
    swapped[other..other + size].copy_from_slice(&good[one..one + size]);
    let header = u64::MAX.to_le_bytes();
    // A tensor of nearly all the bytes that 64 bits can count.
    let boast = br#"{"w":{"dtype":"F32","shape":[4611686018427387903],"data_offsets":[0,18446744073709551612]}}"#;
    let boast = [&(boast.len() as u64).to_le_bytes(), &boast[..]].concat();
    for (name, bytes, reason) in [
        ("flipped", flipped, "is damaged"),
        ("swapped", swapped, "is damaged"),
        ("short", good[..good.len() - 1].to_vec(), "bytes expected"),
        ("long", [&good[..], &[0]].concat(), "bytes expected"),
        ("tensors", good[..place("conv3.bias")].to_vec(), "bytes expected"),
        ("header", good[..data_start].to_vec(), "bytes expected"),
        ("cut", good[..1000].to_vec(), "not a whole safetensors file"),
        ("prefix", good[..4].to_vec(), "4 bytes long"),
        ("empty", Vec::new(), "0 bytes long"),
        ("huge", [&header[..], &good[8..]].concat(), "its header is said to be"),
        ("boast", boast, "not a whole safetensors file"),
        ("future", future, "checkpoint format 9"),
        ("text", b"<html>not found</html>".to_vec(), "not a whole safetensors file"),
    ] {
        let path = folder.path().join(format!("{name}.safetensors"));
        fs::write(&path, bytes).unwrap();
        let command = Command::Evaluate { split: Split::Test, checkpoint: Some(path.clone()) };
        let refusal = engine.ask(command).unwrap_err();
        assert!(refusal.contains(reason) && refusal.contains(&path.display().to_string()), "{name}: {refusal}");
    }
    assert_eq!(engine.phase(), Some(Phase::Finished));
}

#[test]
fn without_data_the_session_says_why_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut broken = config(folder.path());
    broken.data.source = DataSource::Folder(folder.path().join("nowhere"));
    let mut engine = Engine::open(broken, None);
    engine.until("the reason", |engine| engine.messages().first().cloned());
    assert!(engine.messages()[0].contains("nowhere"), "{:?}", engine.messages());
    assert!(engine.ask(Command::Start).unwrap_err().contains("no data"));
    engine.leave();
}

#[test]
fn a_folder_that_is_away_is_told_and_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Engine::open(config(folder.path()), None);
    engine.begin_paused(Command::Start);
    engine.step_to(1);
    let (run, away) = (engine.run_folder(), folder.path().join("away"));
    fs::rename(&run, &away).unwrap();
    engine.ask(Command::Save).unwrap();
    let message = engine.until("why not", |engine| {
        engine.events.iter().find_map(|event| match event {
            Event::CheckpointFailed { message } => Some(message.clone()),
            _ => None,
        })
    });
    assert!(message.contains(&run.display().to_string()), "{message}");
    assert!(!run.exists());
    // Training goes on, and the next try works.
    engine.ask(Command::Step).unwrap();
    fs::rename(&away, &run).unwrap();
    engine.ask(Command::Save).unwrap();
    engine.until("the checkpoint", |engine| {
        engine.events.iter().any(|event| matches!(event, Event::CheckpointSaved { .. })).then_some(())
    });
    engine.leave();
    assert_eq!(checkpoint::read_state(&run.join("checkpoints/last.safetensors")).unwrap().step, 2);
}
