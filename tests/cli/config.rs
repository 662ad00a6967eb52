//! `alexnet-tui config`.

use crate::user::User;
use std::fs;

#[test]
fn init_writes_the_commented_defaults_once() {
    let user = User::new();
    let file = user.at("config/alexnet-tui/config.toml");
    let said = user.runs(&["config", "init"]);
    assert_eq!((said.status, said.out), (0, format!("{}\n", file.display())));
    assert_eq!(fs::read_to_string(&file).unwrap(), include_str!("../../config.toml"));
    fs::write(&file, "training.epochs = 3\n").unwrap();
    let said = user.runs(&["config", "init"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("--force"), "{}", said.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), "training.epochs = 3\n");
    assert_eq!(user.runs(&["config", "init", "--force"]).status, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), include_str!("../../config.toml"));
}

#[test]
fn path_tells_the_file_in_force() {
    let user = User::new();
    let path = |arguments: &[&str]| user.runs(&[&["config", "path"], arguments].concat()).out;
    let line = |path: &str| format!("{}\n", user.at(path).display());
    assert_eq!(path(&[]), line("config/alexnet-tui/config.toml"));
    // It is needed most when the file is broken.
    fs::write(user.at("work/config.toml"), "[").unwrap();
    assert_eq!(path(&[]), line("work/config.toml"));
    assert_eq!(path(&["--config", "mine.toml"]), line("work/mine.toml"));
}

#[test]
fn show_tells_every_value_and_its_origin() {
    let user = User::new();
    fs::write(user.at("work/config.toml"), "[training]\nepochs = 3\n\n[keys]\nsave = \"W\"\n").unwrap();
    let said = user.runs(&["config", "show", "--set", "model.variant=tiny", "--threads", "2", "--data", "sample"]);
    let here = user.at("data/alexnet-tui").display().to_string();
    let state = user.at("state/alexnet-tui").display().to_string();
    let (settings, keys) = said.out.split_once("\nkeys.").unwrap();
    insta::assert_snapshot!(settings.replace(&here, "DATA").replace(&state, "STATE"), @r#"
    data.source                    "sample"               --data
    data.validation_fraction       0.2                    built-in
    data.limit_train               0                      built-in
    data.limit_validation          0                      built-in

    model.variant                  "tiny"                 --set
    model.dropout                  0.5                    built-in

    training.epochs                3                      ./config.toml:2
    training.batch_size            32                     built-in
    training.optimizer             "adam"                 built-in
    training.learning_rate         0.001                  built-in
    training.beta1                 0.9                    built-in
    training.beta2                 0.999                  built-in
    training.epsilon               1e-8                   built-in
    training.weight_decay          0.0                    built-in
    training.momentum              0.9                    built-in
    training.gradient_clip         0.0                    built-in
    training.seed                  1                      built-in

    compute.device                 "auto"                 built-in
    compute.precision              "auto"                 built-in
    compute.threads                2                      --threads
    compute.evaluation_batch_size  128                    built-in

    checkpoint.every_epochs        1                      built-in
    checkpoint.every_steps         0                      built-in
    checkpoint.every_minutes       10                     built-in
    checkpoint.keep                2                      built-in
    checkpoint.best_metric         "validation_accuracy"  built-in

    paths.data                     "DATA"  built-in
    paths.runs                     "DATA/runs"  built-in
    paths.state                    "STATE"  built-in

    ui.learning_rate_factor        2.0                    built-in
    ui.theme                       "dark"                 built-in
    ui.language                    "auto"                 built-in
    ui.charset                     "auto"                 built-in
    ui.images                      "auto"                 built-in
    "#);
    assert!(keys.contains("\nkeys.rate-up                   [\"+\", \"=\"]             built-in\n"), "{keys}");
    assert!(keys.contains("\nkeys.save                      [\"W\"]                  ./config.toml:5\n"), "{keys}");
    let said = user.runs(&["config", "show", "--json", "--threads", "2"]);
    let entries: Vec<serde_json::Value> = serde_json::from_str(&said.out).unwrap();
    let threads = entries.iter().find(|entry| entry["key"] == "compute.threads").unwrap();
    assert_eq!(*threads, serde_json::json!({ "key": "compute.threads", "value": 2, "origin": "--threads" }));
}

#[test]
fn check_tells_which_files_are_right() {
    let user = User::new();
    assert_eq!(user.runs(&["config", "check"]).out, "ok: no file, built-in values only\n");
    fs::write(user.at("work/right.toml"), "training.epochs = 3\n").unwrap();
    fs::write(user.at("work/wrong.toml"), "training.epochs = 0\n").unwrap();
    assert_eq!(user.runs(&["config", "check", "right.toml"]).out, "ok: right.toml\n");
    assert_eq!(user.runs(&["config", "check", "--config", "right.toml"]).out, "ok: right.toml\n");
    let said = user.runs(&["config", "check", "wrong.toml"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("wrong.toml:1: training.epochs = 0 is out of range"), "{}", said.err);
}

#[test]
fn keys_that_can_not_be_are_refused_with_file_and_line() {
    let user = User::new();
    fs::write(user.at("work/keys.toml"), "[keys]\nsave = \"e\"\nhlep = \"w\"\n").unwrap();
    let said = user.runs(&["config", "check", "keys.toml"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("keys.toml:2: keys.save = \"e\": that is the key of evaluate as well"), "{}", said.err);
    assert!(said.err.contains("keys.toml:3: there is no setting keys.hlep; did you mean keys.help?"), "{}", said.err);
    fs::write(user.at("work/keys.toml"), "[keys]\nsave = \"e\"\nevaluate = \"c\"\n").unwrap();
    assert_eq!(user.runs(&["config", "check", "keys.toml"]).out, "ok: keys.toml\n");
}
