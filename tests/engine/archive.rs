//! Runs of the runs folder through the real engine: listed in every state, read, evaluated, gone on with, deleted.

use crate::driver::{Engine, config, finished};
use alexnet_tui::metrics::Split;
use alexnet_tui::run::RunFolder;
use alexnet_tui::session::{Command, Continuation, Event, Phase, RunRow, RunStanding};
use std::fs;
use std::path::{Path, PathBuf};

/// What is said after now that `find` looks for.
fn after<T>(engine: &mut Engine, command: Command, find: impl Fn(&Event) -> Option<T>) -> T {
    let before = engine.events.len();
    engine.ask(command).unwrap();
    engine.until("what was asked for", |engine| engine.events[before..].iter().find_map(&find))
}

fn list(engine: &mut Engine) -> Vec<RunRow> {
    after(engine, Command::ListRuns, |event| match event {
        Event::Runs(rows) => Some(rows.clone()),
        _ => None,
    })
}

fn named<'a>(rows: &'a [RunRow], folder: &Path) -> &'a RunRow {
    rows.iter().find(|row| row.folder == folder).unwrap()
}

fn delete(engine: &mut Engine, folder: &Path) -> Result<(), String> {
    after(engine, Command::DeleteRun(folder.into()), |event| match event {
        Event::RunDeleted { folder: deleted, outcome } if deleted == folder => Some(outcome.clone()),
        _ => None,
    })
}

/// A run that ended in the middle, by `end`.
fn cut_short(folder: &Path, end: Command) -> PathBuf {
    let mut long = config(folder);
    long.training.epochs = 1_000;
    let mut engine = Engine::open(long, None);
    engine.ask(Command::Start).unwrap();
    engine.until_step(7);
    engine.ask(end).unwrap();
    engine.run_folder()
}

#[test]
fn runs_are_listed_in_every_state_with_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = finished(config(folder.path()));
    let own = engine.run_folder();
    let own_test = engine.evaluate(Split::Test, None);
    let stopped = cut_short(folder.path(), Command::Stop);
    let left = cut_short(folder.path(), Command::Leave);

    // Killed: nobody holds it, and its report says that it runs.
    let killed = folder.path().join("runs/killed");
    copy(&left, &killed);
    let report = fs::read_to_string(killed.join("report.json")).unwrap();
    fs::write(killed.join("report.json"), report.replace("\"left\"", "\"running\"")).unwrap();
    let half = folder.path().join("runs/half-destroyed");
    copy(&own, &half);
    fs::remove_file(half.join("config.toml")).unwrap();
    fs::write(half.join("checkpoints/last.safetensors"), "torn").unwrap();
    let future = folder.path().join("runs/future");
    copy(&own, &future);
    fs::write(future.join("config.toml"), "training.warm_up = 3\n").unwrap();
    let elsewhere = folder.path().join("runs/elsewhere");
    copy(&left, &elsewhere);
    let _held = RunFolder::lock(&elsewhere).unwrap();

    let rows = list(&mut engine);
    assert_eq!(rows.len(), 7);
    assert!(rows.is_sorted_by(|a, b| a.changed >= b.changed));
    for (run, standing) in [
        (&own, RunStanding::Running), // held by this very engine
        (&stopped, RunStanding::Stopped),
        (&left, RunStanding::Left),
        (&killed, RunStanding::Killed),
        (&half, RunStanding::Broken),
        (&future, RunStanding::OtherVersion),
        (&elsewhere, RunStanding::Running),
    ] {
        assert_eq!(named(&rows, run).standing, standing, "{}", run.display());
    }
    assert!(named(&rows, &half).trouble.as_ref().unwrap().contains("config.toml"));
    assert!(named(&rows, &future).trouble.as_ref().unwrap().contains("training.warm_up"));
    let row = named(&rows, &own);
    assert_eq!(row.epochs.iter().map(|epoch| epoch.validation_loss.to_bits()).collect::<Vec<_>>(), {
        engine.epochs().iter().map(|epoch| epoch.validation_loss.to_bits()).collect::<Vec<_>>()
    });
    assert_eq!((row.step, row.epochs_asked()), (Some(10), Some(2)));
    let test = row.test.as_ref().unwrap();
    assert_eq!((test.step, test.accuracy, &test.classes), (10, own_test.accuracy(), &own_test.classes));
    assert!(row.bytes > 100_000 && row.seconds > 0.0);
    assert!(row.best_checkpoint.as_ref().unwrap().is_file());

    // What changes is read anew, and what doesn't is told again.
    fs::remove_dir_all(&killed).unwrap();
    fs::remove_file(future.join("checkpoints/best.safetensors")).unwrap();
    let again = list(&mut engine);
    assert_eq!(again.len(), 6);
    assert_eq!(named(&again, &future).best_checkpoint, None);
    assert_eq!(named(&again, &left), named(&rows, &left));
}

#[test]
fn a_run_elsewhere_is_listed_only_while_it_is_open_and_the_folder_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Engine::open(config(folder.path()), Some(folder.path().join("mine")));
    assert_eq!(list(&mut engine), []);
    engine.ask(Command::Start).unwrap();
    engine.until_phase(Phase::Finished);
    let rows = list(&mut engine);
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["mine"]);
}

#[test]
fn the_steps_of_a_run_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = cut_short(folder.path(), Command::Stop);
    let mut engine = Engine::open(config(folder.path()), None);
    let read = after(&mut engine, Command::ReadRun(run.clone()), |event| match event {
        Event::RunRead(read) => Some(read.clone()),
        _ => None,
    });
    assert_eq!(read.folder, run);
    let steps: Vec<u64> = read.steps.iter().map(|step| step.step).collect();
    assert_eq!(steps, (1..=steps.len() as u64).collect::<Vec<_>>());
    assert!(steps.len() >= 7);
    let missing = folder.path().join("runs/none");
    let read = after(&mut engine, Command::ReadRun(missing.clone()), |event| match event {
        Event::RunRead(read) => Some(read.clone()),
        _ => None,
    });
    assert_eq!((read.folder, read.steps.len()), (missing, 0));
}

#[test]
fn a_listed_run_is_evaluated_at_its_best_and_opened_while_it_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = finished(config(folder.path()));
    let best = first.evaluate(Split::Test, Some(first.checkpoint("best")));
    let run = first.run_folder();
    first.leave();
    let mut engine = Engine::open(config(folder.path()), None);
    let rows = list(&mut engine);
    let row = named(&rows, &run);
    assert_eq!(row.standing, RunStanding::Finished);
    let again = engine.evaluate(Split::Test, row.best_checkpoint.clone());
    assert_eq!((again.loss.to_bits(), &again.confusion), (best.loss.to_bits(), &best.confusion));
    engine.until_phase(Phase::Idle);
    let order = Continuation { folder: run.clone(), checkpoint: None, config: None, learning_rate: None };
    engine.ask(Command::Continue(order)).unwrap();
    engine.until_phase(Phase::Finished);
    assert_eq!(engine.run_folder(), run);
    assert_eq!(named(&list(&mut engine), &run).epochs, row.epochs);
}

#[test]
fn deleting_deletes_a_run_and_nothing_else_and_never_one_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = finished(config(folder.path()));
    let own = engine.run_folder();
    let runs = folder.path().join("runs");
    for name in ["gone", "held", "with-notes"] {
        copy(&own, &runs.join(name));
    }
    fs::write(runs.join("with-notes/notes.txt"), "mine").unwrap();
    let held = RunFolder::lock(&runs.join("held")).unwrap();

    for (name, why) in [
        (own.file_name().unwrap().to_str().unwrap(), "open here"),
        ("held", "another alexnet-tui is at work"),
        ("with-notes", "notes.txt"),
        ("../data", "could not look into it"),
    ] {
        let answer = engine.ask(Command::DeleteRun(runs.join(name)));
        let reason = answer.unwrap_err();
        assert!(reason.contains(why), "{name}: {reason}");
    }
    assert_eq!(list(&mut engine).len(), 4);
    delete(&mut engine, &runs.join("gone")).unwrap();
    assert!(!runs.join("gone").exists());
    drop(held);
    delete(&mut engine, &runs.join("held")).unwrap();
    let left: Vec<_> = list(&mut engine).into_iter().map(|row| row.folder).collect();
    assert_eq!(left.len(), 2);
    assert!(left.contains(&own) && own.join("checkpoints/last.safetensors").is_file());
}

#[test]
fn listing_hundreds_of_runs_holds_up_neither_training_nor_leaving() {
    let folder = tempfile::tempdir().unwrap();
    let left = cut_short(folder.path(), Command::Leave);
    fs::remove_dir_all(left.join("figures")).unwrap();
    for number in 0..300 {
        let run = folder.path().join(format!("runs/run-{number}"));
        fs::create_dir_all(run.join("checkpoints")).unwrap();
        for file in ["config.toml", "metrics.csv", "report.json", "steps.jsonl"] {
            fs::copy(left.join(file), run.join(file)).unwrap();
        }
    }
    let mut long = config(folder.path());
    long.training.epochs = 1_000;
    let mut engine = Engine::open(long, None);
    engine.ask(Command::Start).unwrap();
    engine.until_step(2);
    let step = engine.steps.last().unwrap().step;
    let before = engine.events.len();
    engine.ask(Command::ListRuns).unwrap();
    // The training goes on before the list is there.
    engine.until_step(step + 2);
    let rows = engine.until("the list", |engine| {
        engine.events[before..].iter().find_map(|event| match event {
            Event::Runs(rows) => Some(rows.len()),
            _ => None,
        })
    });
    assert_eq!(rows, 302);
    engine.ask(Command::ListRuns).unwrap();
    engine.leave();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_name() != ".lock" {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
