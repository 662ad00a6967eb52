//! What the compute libraries read from the environment as they are loaded, before `main`: where it is missing, the
//! program starts itself anew in place with it set.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::{Command, id};

/// OpenMP's threads give the core away when they wait for each other: what else runs on the machine costs its share,
/// and not three times it.
const PASSIVE: (&str, &str) = ("OMP_WAIT_POLICY", "passive");

/// By any of these the user has said how OpenMP (GNU's or LLVM's) shall wait.
const SAID: [&str; 3] = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"];

/// Holds the number of the process that has started itself anew, which `exec` keeps: there is no second time. A process
/// that inherits the variable has another number.
const STARTED: &str = "ALEXNET_TUI_STARTED";

/// Sets what is missing; to be called first, by a command that computes. Returns in the process that has it.
///
/// Where starting anew fails the program goes on as it is: it computes the same, at a neighbour's cost.
pub fn prepare() {
    let number = id().to_string();
    if is_set(&SAID) || env::var_os(STARTED).is_some_and(|started| started == *number) {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let mut arguments = env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    let (name, value) = PASSIVE;
    let _failed = again.args(arguments).env(name, value).env(STARTED, number).exec();
}

fn is_set(names: &[&str]) -> bool {
    names.iter().any(|name| env::var_os(name).is_some())
}
