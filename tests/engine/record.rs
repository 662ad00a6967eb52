//! What a run leaves for other programs and for people: TensorBoard's events, figures, the report.

use crate::driver::{Engine, config, names};
use alexnet_tui::metrics::Split;
use alexnet_tui::session::{Command, Continuation, Phase};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The event files of a run, in the order in which TensorBoard reads them.
fn event_files(run: &Path) -> Vec<PathBuf> {
    let names = names(run).into_iter().filter(|name| name.starts_with("events.out.tfevents."));
    names.map(|name| run.join(name)).collect()
}

/// The events of a file, undecoded.
fn events(file: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(file).unwrap();
    let (mut rest, mut events) = (&bytes[..], Vec::new());
    while !rest.is_empty() {
        let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
        events.push(rest[12..12 + length].to_vec());
        rest = &rest[16 + length..];
    }
    events
}

/// How many events name this tag.
fn named(events: &[Vec<u8>], tag: &str) -> usize {
    events.iter().filter(|event| event.windows(tag.len()).any(|part| part == tag.as_bytes())).count()
}

fn report(run: &Path) -> Value {
    serde_json::from_slice(&fs::read(run.join("report.json")).unwrap()).unwrap()
}

#[test]
fn a_run_left_and_gone_on_with_is_told_of_to_other_programs() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let mut engine = Engine::open(config.clone(), None);
    engine.begin_paused(Command::Start);
    while engine.epochs().is_empty() {
        engine.ask(Command::Step).unwrap();
    }
    let first = engine.epochs()[0];
    let run = engine.run_folder();
    engine.leave();
    let left = report(&run);
    assert_eq!((&left["state"], &left["name"]), (&"left".into(), &run.file_name().unwrap().to_str().unwrap().into()));
    assert_eq!((&left["training"]["epochs_done"], &left["training"]["epochs"]), (&1.into(), &2.into()));
    assert_eq!((&left["best"]["epoch"], &left["test"]), (&1.into(), &Value::Null));
    assert_eq!(left["last"]["validation_loss"].as_f64(), Some(first.validation_loss));
    let steps = left["training"]["steps"].as_u64().unwrap();

    let order = Continuation { folder: run.clone(), checkpoint: None, config: None, learning_rate: None };
    let mut engine = Engine::open(config, None);
    engine.ask(Command::Continue(order)).unwrap();
    engine.until_phase(Phase::Finished);
    let evaluation = engine.evaluate(Split::Test, None);
    engine.leave();

    let files = event_files(&run);
    assert_eq!(files.len(), 2, "{files:?}");
    let (before, after) = (events(&files[0]), events(&files[1]));
    for events in [&before, &after] {
        assert!(events[0].ends_with(b"\x1a\x0dbrain.Event:2"));
        assert_eq!(named(events, "brave") + named(events, "[training]"), 1, "the configuration, once");
    }
    // After the version: field 2, the step from which on all is told anew; field 7, a session log that says START.
    assert!(after[1].ends_with(&[0x10, steps as u8 + 1, 0x3a, 2, 8, 1]), "{:?}", after[1]);
    assert!(named(&before, "loss/train") > steps as usize);
    for events in [&before, &after] {
        for tag in ["loss/validation", "accuracy/train_epoch", "weights/conv1", "gradients/fc3", "confusion/validation"]
        {
            assert_eq!(named(events, tag), 1, "{tag}");
        }
    }
    assert_eq!((named(&after, "loss/train_epoch"), named(&after, "confusion/test")), (1, 1));

    let done = report(&run);
    assert_eq!((&done["state"], &done["training"]["steps"]), (&"finished".into(), &10.into()));
    assert_eq!(done["data"]["train_images"], 160);
    assert_eq!(done["machine"]["threads"], 1);
    let test = &done["test"];
    assert_eq!((test["loss"].as_f64(), test["total"].as_u64()), (Some(evaluation.loss), Some(1000)));
    let classes = test["classes"].as_array().unwrap();
    assert_eq!((classes.len(), &classes[9]["name"], &classes[9]["support"]), (10, &"Ankle boot".into(), &100.into()));

    // The matrix is that of the pass made last.
    let csv = fs::read_to_string(run.join("confusion.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..3], ["truth", "T-shirt/top", "Trouser"]);
    for (row, counts) in rows[1..].iter().zip(evaluation.confusion.rows()) {
        assert_eq!(row[1..], counts.iter().map(u64::to_string).collect::<Vec<_>>());
    }
}

#[test]
fn what_cannot_be_drawn_is_told_once_and_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // Files where folders should be, and a folder where a file should be: no right can be taken from root.
    fs::create_dir_all(run.join("report.json")).unwrap();
    fs::create_dir_all(run.join("confusion.png")).unwrap();
    fs::write(run.join("figures"), "").unwrap();
    let mut config = config(folder.path());
    config.training.epochs = 3;
    let mut engine = Engine::open(config, Some(run.clone()));
    engine.ask(Command::Start).unwrap();
    engine.until_phase(Phase::Finished);
    engine.leave();
    let log = fs::read_to_string(run.join("log.txt")).unwrap();
    let told = |what: &str| log.lines().filter(|line| line.contains(what)).count();
    assert_eq!((told("run/figures: could not"), told("report.json: could not")), (1, 1), "{log}");
    assert!(engine.checkpoint("best").exists());
}
