//! What fuzzing has found worth keeping, through the same readers: nothing panics, whatever the bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::Path;

#[test]
fn every_file_of_every_corpus_is_read_or_refused() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, read) in targets::TARGETS {
        let mut files = 0;
        for entry in fs::read_dir(corpora.join(name)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let outcome = std::panic::catch_unwind(|| read(&bytes));
            assert!(outcome.is_ok(), "{} panics", path.display());
            files += 1;
        }
        assert!(files >= 10, "the corpus of {name} is not here");
    }
    let mut found: Vec<_> = fs::read_dir(&corpora).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let mut known = targets::TARGETS.map(|(name, _)| name);
    found.sort();
    known.sort_unstable();
    assert_eq!(found, known, "corpora and targets");
}
