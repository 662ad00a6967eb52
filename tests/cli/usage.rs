//! Wrong use, wrong configuration, help, and readers that are gone.

use crate::user::{Said, User};
use std::fs;
use std::process::Stdio;

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
        (&["bench", "--steps", "0"], "1..=1000000"),
        (&["bench", "--job", "eval", "--batch-size", "0"], "--batch-size: compute.evaluation_batch_size = 0"),
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
    for arguments in [
        &["--help"][..],
        &["train", "--help"],
        &["eval", "--help"],
        &["bench", "--help"],
        &["config", "show", "--help"],
    ] {
        let said = user.runs(arguments);
        assert_eq!((said.status, said.err.as_str()), (0, ""));
        for part in ["--data", "--device", "--precision", "--threads", "--config", "--set", "Computing:"] {
            assert!(said.out.contains(part), "{arguments:?} without {part}");
        }
    }
}

#[test]
fn without_a_terminal_the_trainer_says_that_it_trains_without_a_screen() {
    let user = User::new();
    let said = user.runs(&["--data", "../none"]);
    assert_eq!(said.status, 1, "{}", said.err);
    assert!(said.err.contains("there is no terminal here"), "{}", said.err);
}

/// What prints without having computed.
const PRINTING: [&[&str]; 8] = [
    &["--help"],
    &["--version"],
    &["config", "show"],
    &["config", "path"],
    &["summary"],
    &["data", "verify", "--data", "sample"],
    &["completions", "bash"],
    &["man"],
];

#[test]
fn a_reader_that_is_gone_is_no_fault() {
    let user = User::new();
    for arguments in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = user.command(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_a_fault() {
    let user = User::new();
    for arguments in PRINTING {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let said = Said::from(user.command(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap());
        assert_eq!(said.status, 1, "{arguments:?}: {}", said.err);
        assert!(said.err.contains("can't write the output: No space left on device"), "{arguments:?}: {}", said.err);
    }
}
