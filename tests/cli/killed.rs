//! The real program killed at any moment, or with a disk that is full: resumed, it comes to the same bits.

use crate::user::User;
use alexnet_tui::checkpoint;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Two epochs of two steps of the real net, a checkpoint after every one.
const REAL: [&str; 16] = [
    "train",
    "--json",
    "--epochs",
    "2",
    "--limit-train",
    "64",
    "--limit-validation",
    "32",
    "--data",
    "sample",
    "--set",
    "model.variant=fashion",
    "--set",
    "checkpoint.every_steps=1",
    "--set",
    "checkpoint.keep=1",
];

/// Twelve steps in two epochs, a checkpoint after every other.
const RUN: [&str; 16] = [
    "train",
    "--json",
    "--epochs",
    "2",
    "--limit-train",
    "192",
    "--limit-validation",
    "64",
    "--data",
    "sample",
    "--set",
    "model.variant=tiny",
    "--set",
    "checkpoint.every_steps=2",
    "--threads",
    "1",
];

/// Weights and moments of `last` and `best`, and every line that is not of time.
fn traces(run: &Path) -> Vec<(String, Vec<u8>)> {
    let mut traces = Vec::new();
    for name in ["last", "best"] {
        let path = run.join(format!("checkpoints/{name}.safetensors"));
        let mut tensors = checkpoint::read(&path, |_| true).unwrap().tensors;
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        for tensor in tensors {
            traces.push((format!("{name}: {}", tensor.name), tensor.bytes));
        }
    }
    let text = |name: &str| fs::read_to_string(run.join(name)).unwrap();
    for line in text("metrics.csv").lines() {
        traces.push(("metrics".into(), line.rsplit_once(',').unwrap().0.into()));
    }
    for line in text("steps.jsonl").lines() {
        let mut step: serde_json::Value = serde_json::from_str(line).unwrap();
        step.as_object_mut().unwrap().remove("images_per_second");
        traces.push(("step".into(), step.to_string().into()));
    }
    traces.push(("matrices".into(), text("confusion.jsonl").into()));
    traces
}

#[track_caller]
fn assert_same(run: &Path, smooth: &Path) {
    let (ours, theirs) = (traces(run), traces(smooth));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!(ours == theirs, "{} differs", theirs.0);
    }
    assert_eq!(ours.len(), theirs.len());
}

#[test]
fn a_run_killed_at_any_moment_goes_on_to_the_same_bits() {
    // Each is killed so many lines after its start, and so many milliseconds after that: some between two steps, some
    // in the middle of one, of a validation, or of a checkpoint.
    let moments = [(1, 0), (3, 2), (0, 600), (5, 1), (2, 9), (4, 30), (1, 15), (6, 4), (3, 50), (2, 0)];
    // More steps than those that are heard of before the kills, on fast machines too.
    let mut longer = RUN;
    longer[3] = "6";
    killed_and_resumed(&longer, &moments, 8);
}

#[test]
#[ignore = "the real net: minutes, and 6 GB on the disk"]
fn the_real_net_killed_at_any_moment_goes_on_to_the_same_bits() {
    killed_and_resumed(&REAL, &[(1, 700), (2, 100), (1, 2500), (1, 0)], 3);
}

fn killed_and_resumed(run: &[&str], moments: &[(usize, u64)], at_least: usize) {
    let user = User::new();
    let said = user.runs(&[run, &["--run-dir", "smooth"]].concat());
    assert_eq!(said.status, 0, "{}", said.err);

    let mut kills = 0;
    for (at, &(lines, milliseconds)) in moments.iter().enumerate() {
        let order = if at == 0 {
            [run, &["--run-dir", "killed"]].concat()
        } else {
            vec!["train", "--json", "--resume", "killed"]
        };
        let mut child = user.command(&order).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let heard = told.by_ref().take(lines).count();
        std::thread::sleep(Duration::from_millis(milliseconds));
        kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
        // What it had said by then is read, so that it never waited for a reader.
        drop(told);
        let status = child.wait().unwrap();
        kills += usize::from(heard == lines && status.code().is_none());
    }
    assert!(kills >= at_least, "only {kills} of them were killed before they ended");
    let said = user.runs(&["train", "--json", "--resume", "killed"]);
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.out.lines().last().unwrap().contains("\"event\":\"done\""), "{}", said.out);
    assert_same(&user.at("work/killed"), &user.at("work/smooth"));
    // Once more: there is nothing left to do, and the best of the whole run is still told.
    let again = user.runs(&["train", "--json", "--resume", "killed"]);
    assert_eq!((again.status, again.out.lines().last()), (0, said.out.lines().last()), "{}", again.err);
}

#[test]
fn what_came_between_an_epochs_last_step_and_its_end_is_told_once() {
    let user = User::new();
    let order = [&RUN[..], &["--set", "checkpoint.keep=9", "--run-dir", "run"]].concat();
    let said = user.runs(&order);
    assert_eq!(said.status, 0, "{}", said.err);
    let run = user.at("work/run");
    let before = traces(&run);
    // Saved after the last step of the first epoch of six, before its validation.
    let said = user.runs(&["train", "--json", "--resume", "run/checkpoints/step-00000006.safetensors"]);
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(traces(&run) == before);
}

/// Runs a script as root of a name space of its own, where it may mount what it likes.
fn as_its_own_root(user: &User, script: &str) -> std::process::Command {
    user.shell("unshare", &["-rm", "sh", "-euc", script])
}

#[test]
fn a_disk_that_fills_up_costs_no_training_and_the_next_try_works() {
    let user = User::new();
    let said = user.runs(&[&RUN[..], &["--run-dir", "smooth"]].concat());
    assert_eq!(said.status, 0, "{}", said.err);
    fs::create_dir(user.at("work/disk")).unwrap();
    let may = as_its_own_root(&user, "mount -t tmpfs tmpfs disk").output();
    if !may.is_ok_and(|output| output.status.success()) {
        // Told by name, so that whoever reads the log knows.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: a_disk_that_fills_up_costs_no_training_and_the_next_try_works: may not mount a tmpfs here"
        );
        return;
    }
    let program = env!("CARGO_BIN_EXE_alexnet-tui");
    let script = format!(
        "mount -t tmpfs -o size=7m tmpfs disk
         {program} {} --run-dir disk/run >disk-full.jsonl 2>disk-full.txt || echo $? >status
         cp -r disk/run full
         mount -o remount,size=200m disk
         {program} train --json --resume disk/run >resumed.jsonl 2>resumed.txt
         cp -r disk/run resumed",
        RUN.join(" ")
    );
    let output = as_its_own_root(&user, &script).output().unwrap();
    let read = |name: &str| fs::read_to_string(user.at("work").join(name)).unwrap_or_default();
    assert!(
        output.status.success(),
        "{}{}{}",
        String::from_utf8_lossy(&output.stderr),
        read("disk-full.txt"),
        read("resumed.txt")
    );
    // All steps were done, the fault was told, and the status says that not all is saved.
    assert_eq!(read("disk-full.jsonl").lines().filter(|line| line.contains("\"event\":\"step\"")).count(), 12);
    assert!(read("disk-full.jsonl").contains("No space left on device"), "{}", read("disk-full.jsonl"));
    assert_eq!(read("status"), "1\n");
    assert_same(&user.at("work/resumed"), &user.at("work/smooth"));
}
