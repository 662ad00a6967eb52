//! `alexnet-tui runs`, on folders in every state.

use crate::user::User;
use alexnet_tui::run::RunFolder;
use serde_json::Value;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

const HEADER: &str = "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy,learning_rate,seconds\n";
const FIRST: &str = "1,0.9,0.6,0.7,0.81,0.001,75.25\n";
const SECOND: &str = "2,0.5,0.4,0.85,0.892,0.001,74\n";

/// Makes the folder of a run; `age`: hours since it changed.
fn make(user: &User, name: &str, config: &str, metrics: &str, age: u64) -> PathBuf {
    let folder = user.at("data/alexnet-tui/runs").join(name);
    fs::create_dir_all(folder.join("checkpoints")).unwrap();
    for (file, text) in [("config.toml", config), ("metrics.csv", metrics)] {
        let path = folder.join(file);
        fs::write(&path, text).unwrap();
        let time = SystemTime::now() - Duration::from_secs(3600 * age);
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }
    folder
}

/// Of whom there are two runs that did something.
fn user() -> User {
    let user = User::new();
    make(&user, "brave-fox", "training.epochs = 2\nmodel.variant = \"tiny\"\n", &[HEADER, FIRST, SECOND].concat(), 2);
    let config = "training = { epochs = 10, learning_rate = 5e-4 }\nmodel.variant = \"tiny\"\n";
    make(&user, "calm-owl", config, &[HEADER, FIRST, "2,0.5,0."].concat(), 1);
    user
}

fn json(user: &User, arguments: &[&str]) -> Value {
    let said = user.runs(&[&["runs"], arguments, &["--json"]].concat());
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{arguments:?}");
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn runs_are_listed_in_every_state_the_newest_first() {
    let user = user();
    let config = "training.epochs = 2\n";
    let running = make(&user, "eager-elk", config, HEADER, 3);
    let _held = RunFolder::lock(&running).unwrap();
    make(&user, "fond-dove", "training.warm_up = 3\n", HEADER, 4);
    let damaged = make(&user, "glad-hare", config, HEADER, 5);
    fs::write(damaged.join("checkpoints/last.safetensors"), "torn").unwrap();
    let torn = make(&user, "hardy-ibis", "training.ep", HEADER, 6);
    fs::remove_file(torn.join("metrics.csv")).unwrap();
    let runs = user.at("data/alexnet-tui/runs");
    fs::create_dir_all(runs.join("keen-jay/checkpoints")).unwrap();
    fs::create_dir_all(runs.join("not a run")).unwrap();
    fs::write(runs.join("a file"), "").unwrap();

    let list = json(&user, &["list"]);
    let mut states: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|run| format!("{} {} {}", run["name"], run["state"], run["epochs_done"]).replace('"', ""))
        .collect();
    let order: Vec<_> = states.iter().filter(|state| state.starts_with("brave") || state.starts_with("calm")).collect();
    assert!(order[0].starts_with("calm"), "{states:?}");
    states.sort();
    assert_eq!(
        states,
        [
            "brave-fox finished 2",
            "calm-owl interrupted 1",
            "eager-elk running 0",
            "fond-dove other version 0",
            "glad-hare broken 0",
            "hardy-ibis broken 0",
            "keen-jay broken 0"
        ]
    );
    let said = user.runs(&["runs", "list"]);
    assert_eq!(said.status, 0);
    for part in ["fond-dove: other version: ", "there is no setting training.warm_up", "glad-hare: broken: "] {
        assert!(said.out.contains(part), "{}", said.out);
    }
    for run in ["brave-fox", "fond-dove", "glad-hare", "hardy-ibis", "keen-jay", "eager-elk"] {
        assert_eq!(user.runs(&["runs", "show", run]).status, 0, "{run}");
    }
    assert_eq!(user.runs(&["runs", "compare", "brave-fox", "keen-jay", "fond-dove"]).status, 0);
}

#[test]
fn without_runs_the_list_is_empty() {
    let user = User::new();
    let said = user.runs(&["runs", "list"]);
    assert_eq!((said.status, said.out.as_str()), (0, ""));
    assert!(said.err.contains("there are no runs in "), "{}", said.err);
    assert_eq!(json(&user, &["list"]), serde_json::json!([]));
}

#[test]
fn a_run_is_shown_with_what_to_do_next() {
    let user = user();
    let said = user.runs(&["runs", "show", "calm-owl"]);
    let root = user.at("data/alexnet-tui").display().to_string();
    let text: String = said
        .out
        .replace(&root, "DATA")
        .lines()
        .map(|line| if line.starts_with("changed") { "changed  TIME" } else { line })
        .fold(String::new(), |text, line| text + line + "\n");
    insta::assert_snapshot!(text, @r#"
    run      calm-owl
    folder   DATA/runs/calm-owl
    state    interrupted (1/10 epochs)
    best     epoch 1: validation accuracy 81.00 %, loss 0.6000
    changed  TIME

    settings other than the defaults
      model.variant           "tiny"
      training.learning_rate  0.0005

    epoch  train loss  accuracy  validation loss  accuracy  learning rate  time
        1      0.9000   70.00 %           0.6000   81.00 %          0.001  1:15  best

    files (0.2 KiB)
      config.toml  0.1 KiB
      metrics.csv  0.1 KiB

    go on  alexnet-tui train --resume DATA/runs/calm-owl
    "#);
    let shown = json(&user, &["show", "brave-fox"]);
    assert_eq!(shown["settings"], serde_json::json!({ "model.variant": "tiny", "training.epochs": 2 }));
    assert_eq!(shown["epoch_metrics"][1]["validation_accuracy"], 0.892);
    assert_eq!(shown["best_epoch"], 2);
}

#[test]
fn runs_are_compared_by_the_settings_that_differ() {
    let user = user();
    let said = user.runs(&["runs", "compare", "brave-fox", "calm-owl"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    insta::assert_snapshot!(said.out, @r"
                              brave-fox     calm-owl
    state                      finished  interrupted
    epochs                          2/2         1/10
    best epoch                        2            1
    best validation accuracy    89.20 %      81.00 %
    best validation loss         0.4000       0.6000
    test accuracy                     –            –
    last train accuracy         85.00 %      70.00 %
    time                           2:29         1:15

    training.epochs                   2           10
    training.learning_rate        0.001       0.0005
    ");
    let compared = json(&user, &["compare", "brave-fox", "calm-owl"]);
    let keys: Vec<_> = compared["settings"].as_array().unwrap().iter().map(|setting| &setting["key"]).collect();
    assert_eq!(keys, ["training.epochs", "training.learning_rate"]);
    assert_eq!(compared["settings"][0]["values"], serde_json::json!([2, 10]));
    assert_eq!(user.runs(&["runs", "compare", "brave-fox"]).status, 2);
}

#[test]
fn only_runs_are_deleted_and_only_when_that_is_meant() {
    let user = user();
    let runs = user.at("data/alexnet-tui/runs");
    // No terminal to ask at.
    let said = user.runs(&["runs", "rm", "brave-fox"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("--yes"), "{}", said.err);
    // What is none.
    let said = user.runs(&["runs", "rm", "--yes", "nobody"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("brave-fox"), "{}", said.err);
    // A folder with a configuration in it, such as the clone.
    fs::write(user.at("work/config.toml"), "").unwrap();
    fs::write(user.at("work/notes.md"), "").unwrap();
    assert_eq!(user.runs(&["runs", "rm", "--yes", "."]).status, 1);
    assert!(user.at("work/notes.md").exists());
    // A run that somebody has put their own things into; the other one named stays too.
    fs::write(runs.join("brave-fox/thesis.tex"), "").unwrap();
    let said = user.runs(&["runs", "rm", "--yes", "calm-owl", "brave-fox"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("thesis.tex"), "{}", said.err);
    assert!(runs.join("calm-owl").exists());
    // One that is being worked on.
    let held = RunFolder::lock(&runs.join("calm-owl")).unwrap();
    let said = user.runs(&["runs", "rm", "--yes", "calm-owl"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("at work on this run"), "{}", said.err);
    drop(held);
    let deleted = json(&user, &["rm", "--yes", "calm-owl"]);
    assert_eq!(deleted[0]["name"], "calm-owl");
    assert!(!runs.join("calm-owl").exists());
    assert!(runs.join("brave-fox/thesis.tex").exists());
}

#[test]
fn a_list_whose_reader_has_seen_enough_is_no_fault() {
    let user = user();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = user.command(&["runs", "list"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
