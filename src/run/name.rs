//! Names for runs that people can say to each other.

use crate::chance::{Purpose, Stream};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const MANNERS: [&str; 48] = [
    "agile", "amber", "ample", "bold", "brave", "brisk", "bright", "calm", "candid", "clear", "clever", "coral",
    "crisp", "deft", "eager", "early", "fair", "fleet", "fond", "fresh", "gentle", "glad", "golden", "grand", "hardy",
    "humble", "keen", "kind", "lively", "lucid", "mellow", "merry", "modest", "nimble", "noble", "patient", "plain",
    "proud", "quick", "quiet", "rapid", "sharp", "silver", "steady", "sunny", "swift", "tidy", "warm",
];
const ANIMALS: [&str; 48] = [
    "badger", "bear", "beaver", "bison", "bittern", "bream", "carp", "cat", "crane", "crow", "deer", "dove", "eagle",
    "elk", "falcon", "ferret", "finch", "fox", "frog", "gecko", "goose", "hare", "hawk", "heron", "ibis", "jay",
    "lark", "lynx", "marten", "mole", "moth", "newt", "otter", "owl", "perch", "pike", "plover", "raven", "robin",
    "seal", "shrew", "stoat", "swan", "tern", "toad", "trout", "vole", "wren",
];

/// The names of the runs in a folder, the one last changed first.
pub fn names(runs: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(runs).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter(|entry| super::holds_a_run(&entry.path()))
        .map(|entry| (entry.metadata().and_then(|data| data.modified()).ok(), entry.file_name()))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, name)| name.to_string_lossy().into_owned()).collect()
}

/// A name that no run in `runs` has: `brave-fox`.
pub fn new_name(runs: &Path) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut stream = Stream::new(now.as_nanos() as u64, Purpose::RunName, u64::from(std::process::id()), 0);
    let mut pick = |words: &[&'static str]| words[stream.below(words.len() as u32) as usize];
    let plain = format!("{}-{}", pick(&MANNERS), pick(&ANIMALS));
    let mut name = plain.clone();
    let mut number = 2;
    while runs.join(&name).exists() {
        name = format!("{plain}-{number}");
        number += 1;
    }
    name
}
