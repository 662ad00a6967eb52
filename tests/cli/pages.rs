//! `completions` and `man`: what shells and `man` are told.

use crate::user::User;
use std::fs;

#[test]
fn bash_completes_commands_flags_and_values() {
    let user = User::new();
    let said = user.runs(&["completions", "bash"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    fs::write(user.at("work/completions.bash"), said.out).unwrap();
    let script = r#"
        source completions.bash
        tried() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _alexnet__tui alexnet-tui "${@: -1}" "${@: -2:1}"
            printf '%s\n' "${COMPREPLY[*]}"
        }
        tried alexnet-tui ru
        tried alexnet-tui runs sh
        tried alexnet-tui train --qui
        tried alexnet-tui eval --split va
        complete -p alexnet-tui
    "#;
    let output = user.shell("bash", &["--norc", "-c", script]).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines[..4], ["runs", "show", "--quiet", "validation"], "{}", String::from_utf8_lossy(&output.stderr));
    assert!(lines[4].contains("_alexnet__tui"), "{lines:?}");
}

#[test]
fn every_shell_is_known_and_any_other_is_not() {
    let user = User::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = user.runs(&["completions", shell]);
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{shell}");
        assert!(said.out.contains("learning-rate"), "{shell}");
    }
    let said = user.runs(&["completions", "tcsh"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("powershell"), "{}", said.err);
}

#[test]
fn every_command_has_a_page() {
    let user = User::new();
    let said = user.runs(&["man"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    for part in [".TH alexnet-tui 1", ".SH \"EXIT STATUS\"", "alexnet\\-tui\\-train(1)", "NO_COLOR"] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let said = user.runs(&["man", "share/man1"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let mut named: Vec<_> = said.out.lines().map(|line| user.at("work").join(line)).collect();
    let mut written: Vec<_> =
        fs::read_dir(user.at("work/share/man1")).unwrap().map(|entry| entry.unwrap().path()).collect();
    named.sort();
    written.sort();
    assert_eq!(named, written, "and nothing besides");
    for page in ["alexnet-tui.1", "alexnet-tui-train.1", "alexnet-tui-runs-show.1", "alexnet-tui-man.1"] {
        assert!(fs::read_to_string(user.at("work/share/man1").join(page)).unwrap().contains(".SH SYNOPSIS"), "{page}");
    }
    fs::write(user.at("work/file"), "").unwrap();
    let said = user.runs(&["man", "file"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("can't write file"), "{}", said.err);
}
