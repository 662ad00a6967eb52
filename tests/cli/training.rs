//! `train` and `eval` with a real, tiny net on the embedded sample: what they print, leave behind, and end with.

use crate::user::User;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

const TINY: [&str; 8] = ["--data", "sample", "--set", "model.variant=tiny", "--precision", "f32", "--threads", "1"];

pub fn tiny<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[command], more, &TINY[..]].concat()
}

/// A run too long to end by itself, whose first step has been done.
pub struct Running {
    pub child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!((&first["event"], &first["step"]), (&"step".into(), &1.into()));
        Self { child, lines }
    }

    pub fn gets(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The rest of its lines, and its exit status.
    pub fn ends(mut self) -> (Vec<Value>, i32) {
        let lines = self.lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        (lines, self.child.wait().unwrap().code().unwrap())
    }
}

/// The kernels of every processor that this one can stand in for, and oneDNN's, are the same arithmetic but for rounding.
#[test]
fn the_net_learns_the_same_by_any_kernels() {
    let losses = |precision: &str, kernels: &str| {
        let user = User::new();
        let mut child = user
            .command(&["train", "--json", "--data", "sample", "--precision", precision, "--batch-size", "8"])
            .args(["--learning-rate", "0.1", "--set", "training.optimizer=sgd", "--set", "model.dropout=0"])
            .env("ALEXNET_TUI_KERNELS", kernels)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(3);
        let steps = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        let losses: Vec<f64> = steps.map(|step: Value| step["loss"].as_f64().unwrap()).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(losses.len(), 3, "{kernels}");
        losses
    };
    let hold = |precision: &str, all: &[&str], bar: f64| {
        let theirs = losses(precision, "none");
        assert!((theirs[2] - theirs[0]).abs() > 10.0 * bar, "{theirs:?}");
        for kernels in all {
            for (step, (ours, theirs)) in losses(precision, kernels).iter().zip(&theirs).enumerate() {
                assert!((ours / theirs - 1.0).abs() < bar, "{kernels}, step {step}: {ours}, by oneDNN {theirs}");
            }
        }
    };
    hold("f32", &["avx2", "avx512"], 1e-5);
    // The last is whatever the processor is best at. (Without such a processor bf16 is computed by loops that take minutes.)
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512bf16") {
        hold("bf16", &["avx512", "avx512_bf16", "amx_in_software", ""], 1e-4);
    }
}

#[test]
fn a_run_tells_every_step_and_its_best_weights_can_be_evaluated() {
    let user = User::new();
    let said = user.runs(&tiny(
        "train",
        &["--json", "--epochs", "2", "--limit-train", "96", "--limit-validation", "50", "--run-dir", "run"],
    ));
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.err.contains("sample"), "{}", said.err);
    let lines: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    let steps: Vec<_> = of("step").iter().map(|line| (line["epoch"].as_u64(), line["step"].as_u64())).collect();
    let expected = [(1, 1), (1, 2), (1, 3), (2, 4), (2, 5), (2, 6)];
    assert_eq!(steps, expected.map(|(epoch, step)| (Some(epoch), Some(step))));
    assert_eq!(of("epoch").len(), 2);
    for line in of("checkpoint") {
        let path = line["path"].as_str().unwrap();
        assert!(path.ends_with(".safetensors") && fs::exists(path).unwrap(), "{path}");
    }
    let best = of("epoch").iter().map(|line| line["validation_accuracy"].as_f64().unwrap()).fold(0.0, f64::max);
    let done = lines.last().unwrap();
    assert_eq!(done["event"], "done");
    assert_eq!(done["best_validation_accuracy"].as_f64(), Some(best));
    assert_eq!(
        fs::canonicalize(done["run_dir"].as_str().unwrap()).unwrap(),
        fs::canonicalize(user.at("work/run")).unwrap()
    );
    for written in ["config.toml", "metrics.csv", "checkpoints/last.safetensors", "checkpoints/best.safetensors"] {
        assert!(user.at("work/run").join(written).exists(), "{written}");
    }

    let best = "run/checkpoints/best.safetensors";
    let said = user.runs(&tiny("eval", &[best, "--json", "--predictions", "test.csv"]));
    assert_eq!(said.status, 0, "{}", said.err);
    let object: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(object["total"], 1000);
    let csv = fs::read_to_string(user.at("work/test.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0].join(","), "index,label,predicted,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9");
    assert_eq!(rows.len(), 1001);
    let mut cells: HashMap<(usize, usize), u64> = HashMap::new();
    for (place, row) in rows[1..].iter().enumerate() {
        assert_eq!(row[0].parse(), Ok(place));
        let probabilities: Vec<f64> = row[3..].iter().map(|number| number.parse().unwrap()).collect();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5);
        let predicted: usize = row[2].parse().unwrap();
        assert!(probabilities.iter().all(|probability| *probability <= probabilities[predicted]));
        *cells.entry((row[1].parse().unwrap(), predicted)).or_default() += 1;
    }
    for (truth, row) in object["confusion_matrix"].as_array().unwrap().iter().enumerate() {
        for (predicted, count) in row.as_array().unwrap().iter().enumerate() {
            assert_eq!(count.as_u64(), Some(cells.get(&(truth, predicted)).copied().unwrap_or(0)));
        }
    }
}

#[test]
fn a_signal_saves_before_it_ends_the_run() {
    for (signal, status) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
        let user = User::new();
        // Whoever runs the tests by nohup hands down that HUP is ignored.
        let arguments = tiny("train", &["--json", "--run-dir", "run", "--epochs", "1000"]);
        let program = ["--default-signal=HUP", env!("CARGO_BIN_EXE_alexnet-tui")];
        let running = Running::start(&mut user.shell("env", &[&program[..], &arguments[..]].concat()));
        running.gets(signal);
        let (lines, ended_with) = running.ends();
        assert_eq!(ended_with, status);
        assert!(lines.iter().all(|line| line["event"] != "done" && line["event"] != "error"));
        let last = lines.last().unwrap();
        assert_eq!(last["event"], "checkpoint");
        assert!(last["path"].as_str().unwrap().ends_with("run/checkpoints/last.safetensors"));
        assert!(user.at("work/run/checkpoints/last.safetensors").exists());
    }
}

#[test]
fn nohup_trains_on_when_the_terminal_is_gone() {
    let user = User::new();
    let arguments = tiny(
        "train",
        &["--json", "--run-dir", "run", "--epochs", "3", "--limit-train", "320", "--limit-validation", "32"],
    );
    let program = env!("CARGO_BIN_EXE_alexnet-tui");
    let script = r#"trap "" HUP; exec "$0" "$@""#;
    let mut nohup = user.shell("sh", &[&["-c", script, program], &arguments[..]].concat());
    let running = Running::start(&mut nohup);
    running.gets(Signal::HUP);
    let (lines, status) = running.ends();
    assert_eq!(status, 0);
    assert_eq!(lines.last().unwrap()["event"], "done");
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_saved_and_quietly() {
    let user = User::new();
    let Running { child, lines } =
        Running::start(&mut user.command(&tiny("train", &["--json", "--run-dir", "run", "--epochs", "1000"])));
    drop(lines);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("panic") && !said.contains("roken pipe"), "{said}");
    assert!(user.at("work/run/checkpoints/last.safetensors").exists());
}

#[test]
fn data_that_is_not_there_fails_and_is_told_on_both_streams() {
    let user = User::new();
    let said = user.runs(&["train", "--json", "--data", "nowhere"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("nowhere"), "{}", said.err);
    let lines: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "said once: {}", said.out);
    assert_eq!(lines[0]["event"], "error");
    assert!(lines[0]["message"].as_str().unwrap().contains("nowhere"));
}

#[test]
fn a_checkpoint_that_is_none_fails_and_leaves_no_predictions() {
    let user = User::new();
    fs::write(user.at("work/none.safetensors"), "no checkpoint").unwrap();
    let said = user.runs(&["eval", "none.safetensors", "--data", "sample", "--json", "--predictions", "out.csv"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("none.safetensors"), "{}", said.err);
    assert_eq!(serde_json::from_str::<Value>(&said.out).unwrap()["event"], "error");
    let mut left: Vec<_> = fs::read_dir(user.at("work")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["none.safetensors"]);
}

#[test]
fn quiet_leaves_the_results_and_what_a_user_must_know() {
    let user = User::new();
    let short = ["--epochs", "1", "--limit-train", "32", "--limit-validation", "32", "--run-dir"];
    let said = user.runs(&tiny("train", &[&["-q"], &short[..], &["run"]].concat()));
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let lines: Vec<_> = said.out.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("epoch") && lines[1].starts_with("best"), "{lines:?}");
    let said = user.runs(&tiny("eval", &["--quiet", "run/checkpoints/last.safetensors"]));
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(said.out.starts_with("test split: "), "{}", said.out);
    let said = user.runs(&["train", "-q", "--data", "nowhere"]);
    assert_eq!((said.status, said.out.as_str()), (1, ""));
    assert!(said.err.contains("nowhere"), "{}", said.err);
}

#[test]
fn a_run_that_has_its_epochs_says_how_to_train_on() {
    let user = User::new();
    let short = ["--epochs", "1", "--limit-train", "32", "--limit-validation", "32", "--run-dir", "run"];
    assert_eq!(user.runs(&tiny("train", &short)).status, 0);
    let said = user.runs(&["train", "--resume", "run"]);
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.err.contains("has all its epochs") && said.err.contains("--epochs 11"), "{}", said.err);
    // What is there and no file is written into, not replaced.
    std::os::unix::fs::symlink("/dev/stdout", user.at("work/out")).unwrap();
    let said = user.runs(&tiny("eval", &["run/checkpoints/last.safetensors", "-q", "--predictions", "out"]));
    assert_eq!(
        (said.status, said.out.lines().next()),
        (0, Some("index,label,predicted,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9"))
    );
    assert!(user.at("work/out").is_symlink());
    // A run is no checkpoint.
    let said = user.runs(&["eval", "run"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("run/checkpoints/best.safetensors"), "{}", said.err);
}
