//! `bench`, and what the program does for speed before it computes: its environment, its allocator, its threads.

use crate::training::{Running, tiny};
use crate::user::User;
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

fn report(user: &User, more: &[&str]) -> Value {
    let said = user.runs(&tiny("bench", &[&["--json", "--steps", "5", "--batch-size", "16"], more].concat()));
    assert_eq!(said.status, 0, "{}", said.err);
    serde_json::from_str(said.out.lines().last().unwrap()).unwrap()
}

fn is_above_zero(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number > 0.0)
}

#[test]
fn a_training_is_timed_in_its_parts_and_held_against_the_machine() {
    let user = User::new();
    // Two steps an epoch: the validations between them are left out.
    let report = report(&user, &["--set", "data.limit_train=32"]);
    let of = |key: &str| report[key].clone();
    assert_eq!(
        (of("job"), of("batch_size"), of("steps"), of("threads")),
        ("train".into(), 16.into(), 5.into(), 1.into())
    );
    let times = &report["milliseconds"];
    let parts = ["data", "forward", "backward", "optimizer"].map(|part| times[part].as_f64().unwrap());
    let step = times["step"].as_f64().unwrap();
    assert!(parts.iter().all(|part| *part > 0.0) && parts.iter().sum::<f64>() <= step, "{times}");
    let rate = of("images_per_second").as_f64().unwrap();
    assert!((rate * step / 1e3 - 16.0).abs() < 1e-6, "{rate} pictures a second, {step} ms for 16");
    assert_eq!(of("quarters").as_array().unwrap().len(), 4);
    for positive in [
        &report["peak_memory_mib"],
        &report["limits"]["f32_teraflops"],
        &report["limits"]["copy_gigabytes_per_second"],
        &report["floor"]["milliseconds"],
        &report["floor"]["fraction"],
    ] {
        assert!(is_above_zero(positive), "{report}");
    }
    assert!(fs::read_dir(user.at("work")).unwrap().next().is_none() && !user.at("data").exists(), "it leaves nothing");
}

#[test]
fn an_evaluation_is_timed_without_gradients() {
    let user = User::new();
    let report = report(&user, &["--job", "eval"]);
    assert_eq!((&report["job"], &report["batch_size"]), (&"eval".into(), &16.into()));
    assert!(is_above_zero(&report["images_per_second"]), "{report}");
    let times = &report["milliseconds"];
    assert!(is_above_zero(&times["forward"]) && times["backward"].is_null() && times["optimizer"].is_null(), "{times}");
    assert_eq!(report["floor"]["memory"], 0.0);
}

#[test]
fn nohup_times_on_when_the_terminal_is_gone() {
    let user = User::new();
    let script = r#"trap "" HUP; echo trapped; exec "$0" "$@""#;
    let arguments = tiny("bench", &["--steps", "5", "--batch-size", "16"]);
    let mut command = user.shell("sh", &[&["-c", script, env!("CARGO_BIN_EXE_alexnet-tui")], &arguments[..]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "trapped");
    // Again and again, so that one comes while it listens.
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
}

/// What the process of a run has in its environment, if it is there.
fn environment(running: &Running, name: &str) -> Option<String> {
    let all = fs::read(format!("/proc/{}/environ", running.child.id())).unwrap();
    let all = String::from_utf8(all).unwrap();
    all.split('\0').find_map(|entry| Some(entry.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}

#[test]
fn what_the_user_says_of_openmp_holds_and_else_it_waits_passively() {
    let arguments = tiny("train", &["--json", "--run-dir", "run", "--epochs", "1000"]);
    for (set, expected) in [
        (None, Some("passive")),
        (Some(("OMP_WAIT_POLICY", "active")), Some("active")),
        (Some(("GOMP_SPINCOUNT", "1000")), None),
    ] {
        let user = User::new();
        let mut command = user.command(&arguments);
        command.envs(set);
        let running = Running::start(&mut command);
        assert_eq!(environment(&running, "OMP_WAIT_POLICY").as_deref(), expected, "{set:?}");
        running.gets(Signal::TERM);
        assert_eq!(running.ends().1, 143);
    }
}

#[test]
fn a_process_that_could_not_be_given_its_environment_goes_on() {
    let user = User::new();
    let script = r#"ALEXNET_TUI_STARTED=$$ exec "$0" "$@""#;
    let program = env!("CARGO_BIN_EXE_alexnet-tui");
    let arguments = tiny("train", &["--json", "--run-dir", "run", "--epochs", "1000"]);
    let running = Running::start(&mut user.shell("sh", &[&["-c", script, program], &arguments[..]].concat()));
    assert_eq!(environment(&running, "OMP_WAIT_POLICY"), None);
    running.gets(Signal::TERM);
    assert_eq!(running.ends().1, 143);
}

#[test]
fn as_many_threads_compute_as_the_process_may_use_cores() {
    let user = User::new();
    let threads = |more: &'static [&'static str]| {
        let arguments = [&["bench", "--json", "--steps", "1", "--data", "sample", "--set", "model.variant=tiny"], more];
        let mut command = user.command(&arguments.concat());
        // Of this thread alone; the program inherits it.
        let run = move || {
            let mut first = CpuSet::new();
            first.set(first_core());
            sched_setaffinity(None, &first).unwrap();
            command.output().unwrap()
        };
        let output = std::thread::spawn(run).join().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["threads"].as_u64()
    };
    assert_eq!(threads(&[]), Some(1));
    assert_eq!(threads(&["--threads", "3"]), Some(3), "what is asked for holds");
}

/// The first core that this process may use.
fn first_core() -> usize {
    let mine = rustix::thread::sched_getaffinity(None).unwrap();
    (0..CpuSet::MAX_CPU).find(|&core| mine.is_set(core)).unwrap()
}

#[test]
fn libtorch_takes_its_memory_from_jemalloc_which_gives_nothing_back() {
    let program = env!("CARGO_BIN_EXE_alexnet-tui");
    let user = User::new();
    let mut command = user.command(&tiny("bench", &["--steps", "1"]));
    let output = command.env("LD_DEBUG", "bindings").env("MALLOC_CONF", "stats_print:true").output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    for function in ["malloc", "free", "posix_memalign"] {
        let to = format!("to {program} [0]: normal symbol `{function}'");
        assert!(
            said.lines().any(|line| line.contains("libtorch_cpu.so [0] to") && line.contains(&to)),
            "{function} of libtorch"
        );
    }
    for setting in ["opt.dirty_decay_ms: -1 ", "opt.thp: \"always\""] {
        assert!(said.contains(setting), "{setting}");
    }
}
