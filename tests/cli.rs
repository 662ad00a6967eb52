//! The program itself, as a shell runs it: exit statuses, what goes to which stream, and the `config` commands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A user of whom nothing is on this machine but what the test puts there.
struct User {
    folder: TempDir,
}

impl User {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        Self { folder }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_alexnet-tui"));
        command
            .args(arguments)
            .current_dir(self.at("work"))
            .env("HOME", self.at("home"))
            .env("XDG_CONFIG_HOME", self.at("config"))
            .env("XDG_DATA_HOME", self.at("data"))
            .env("XDG_STATE_HOME", self.at("state"))
            .stdin(Stdio::null());
        command
    }

    fn runs(&self, arguments: &[&str]) -> Said {
        Said::from(self.command(arguments).output().unwrap())
    }
}

struct Said {
    status: i32,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

#[test]
fn wrong_use_ends_with_2_and_says_so_on_stderr() {
    let user = User::new();
    for (arguments, part) in [
        (&["--epochs"][..], "--epochs"),
        (&["trian"], "train"),
        (&["--epochs", "3", "train"], "cannot be used with"),
        (&["train", "--epochs", "many"], "invalid value 'many'"),
        (&["train", "--epochs", "0"], "--epochs: training.epochs = 0 is out of range"),
        (&["train", "--learning-rate", "-1"], "--learning-rate: training.learning_rate = -1"),
        (&["train", "--device", "gpu"], "--device: compute.device = \"gpu\""),
        (&["train", "--precision", "f16"], "bf16"),
        (&["train", "--set", "training.epoch=3"], "did you mean training.epochs?"),
        (&["train", "--config", "none.toml"], "can't read the configuration none.toml"),
        (&["eval"], "<CHECKPOINT>"),
        (&["eval", "x.safetensors", "--split", "all"], "validation"),
        (&["summary", "--format", "yaml"], "markdown"),
        (&["config"], "Usage"),
    ] {
        let said = user.runs(arguments);
        assert_eq!(said.status, 2, "{arguments:?}: {}", said.err);
        assert!(said.err.contains(part), "{arguments:?}: {}", said.err);
        assert_eq!(said.out, "", "{arguments:?}");
    }
}

#[test]
fn a_wrong_configuration_ends_with_2_naming_file_and_line() {
    let user = User::new();
    fs::write(user.at("work/config.toml"), "[training]\nepochs = 3\nbatchsize = 8\n").unwrap();
    for arguments in
        [&["train"][..], &[], &["eval", "x.safetensors"], &["summary"], &["config", "show"], &["config", "check"]]
    {
        let said = user.runs(arguments);
        assert_eq!(said.status, 2, "{arguments:?}: {}", said.err);
        let expected = "./config.toml:3: there is no setting training.batchsize; did you mean training.batch_size?";
        assert!(said.err.contains(expected), "{arguments:?}: {}", said.err);
        assert_eq!(said.out, "", "{arguments:?}");
    }
    let said = user.runs(&["train", "--json"]);
    assert_eq!(said.status, 2);
    let line: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(line["event"], "error");
    assert!(line["message"].as_str().unwrap().contains("config.toml:3"));
}

#[test]
fn a_run_is_never_written_over() {
    let user = User::new();
    fs::create_dir_all(user.at("work/run/checkpoints")).unwrap();
    for arguments in [&["train", "--run-dir", "run"][..], &["--run-dir", "run"]] {
        let said = user.runs(arguments);
        assert_eq!(said.status, 2);
        assert!(said.err.contains("run holds a run already") && said.err.contains("--resume"), "{}", said.err);
    }
}

#[test]
fn help_and_version_are_results() {
    let user = User::new();
    let said = user.runs(&["--version"]);
    assert_eq!((said.status, said.out.as_str()), (0, concat!("alexnet-tui ", env!("CARGO_PKG_VERSION"), "\n")));
    for arguments in [&["--help"][..], &["train", "--help"], &["eval", "--help"], &["config", "show", "--help"]] {
        let said = user.runs(arguments);
        assert_eq!((said.status, said.err.as_str()), (0, ""));
        for part in ["--data", "--device", "--precision", "--threads", "--config", "--set", "Computing:"] {
            assert!(said.out.contains(part), "{arguments:?} without {part}");
        }
    }
}

#[test]
fn init_writes_the_commented_defaults_once() {
    let user = User::new();
    let file = user.at("config/alexnet-tui/config.toml");
    let said = user.runs(&["config", "init"]);
    assert_eq!((said.status, said.out), (0, format!("{}\n", file.display())));
    assert_eq!(fs::read_to_string(&file).unwrap(), include_str!("../config.toml"));
    fs::write(&file, "training.epochs = 3\n").unwrap();
    let said = user.runs(&["config", "init"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("--force"), "{}", said.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), "training.epochs = 3\n");
    assert_eq!(user.runs(&["config", "init", "--force"]).status, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), include_str!("../config.toml"));
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
    fs::write(user.at("work/config.toml"), "[training]\nepochs = 3\n").unwrap();
    let said = user.runs(&["config", "show", "--set", "model.variant=tiny", "--threads", "2", "--data", "sample"]);
    let here = user.at("data/alexnet-tui").display().to_string();
    let state = user.at("state/alexnet-tui").display().to_string();
    insta::assert_snapshot!(said.out.replace(&here, "DATA").replace(&state, "STATE"), @"");
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
fn without_a_terminal_the_trainer_says_that_it_trains_without_a_screen() {
    let user = User::new();
    let said = user.runs(&["--data", "../none"]);
    assert_eq!(said.status, 1, "{}", said.err);
    assert!(said.err.contains("there is no terminal here"), "{}", said.err);
}

#[test]
fn a_reader_that_is_gone_is_no_fault() {
    let user = User::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = user.command(&["config", "show"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
