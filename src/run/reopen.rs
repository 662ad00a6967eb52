//! A run's folder opened again, cut back to where its checkpoint stands.

use super::folder::{RunError, row};
use super::{changes, passes};
use crate::metrics::{EpochMetrics, StepMetrics};
use serde::Deserialize;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

/// Where the checkpoint stands that a run goes on from.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Optimizer steps done.
    pub step: u64,
    /// The epochs that are done.
    pub history: &'a [EpochMetrics],
}

/// A line of steps.jsonl or confusion.jsonl, as far as its place is told.
#[derive(Deserialize)]
struct Placed {
    step: u64,
    /// Of a pass: the epochs that were done with it. Between an epoch's last step and the end of its validation a
    /// checkpoint has the steps and not yet the epoch.
    #[serde(default)]
    epoch: usize,
}

/// Makes the files tell of nothing that comes after `place`.
pub(super) fn cut_back(folder: &Path, place: Place<'_>) -> Result<(), RunError> {
    write_metrics(folder, place.history)?;
    let done = place.history.len();
    for (name, epoch) in [("steps.jsonl", usize::MAX), (passes::FILE, done)] {
        let path = folder.join(name);
        let cut = cut_lines(&path, |line| line.step > place.step || line.epoch > epoch);
        cut.map_err(RunError::io(&path, "cut it back to the checkpoint"))?;
    }
    // What is to be done again stays; only what is torn goes.
    let path = folder.join(changes::FILE);
    cut_lines(&path, |_| false).map_err(RunError::io(&path, "cut off what is torn"))
}

/// metrics.csv anew, from what the checkpoint knows: a row that a full disk has swallowed comes back too.
fn write_metrics(folder: &Path, history: &[EpochMetrics]) -> Result<(), RunError> {
    let path = folder.join("metrics.csv");
    let lines = std::iter::once(super::folder::METRICS_HEADER.to_owned()).chain(history.iter().map(row));
    let text: String = lines.map(|line| line + "\n").collect();
    replace(&path, text.as_bytes()).map_err(RunError::io(&path, "write it anew"))
}

/// Puts new content in the place of a file: a crash leaves the old or the new, and no half.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    if written.is_err() {
        // Half a file would only take the room that the next one needs.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Ends a file before its first line that comes later, and after its last whole one.
fn cut_lines(path: &Path, is_later: impl Fn(&Placed) -> bool) -> io::Result<()> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut lines = BufReader::new(&file);
    let (mut at, mut end, mut line) = (0, 0, Vec::new());
    loop {
        line.clear();
        at += lines.read_until(b'\n', &mut line)? as u64;
        if line.last() != Some(&b'\n') {
            break;
        }
        // What can't be read, in the middle, was torn by a full disk; what follows it is good again.
        match serde_json::from_slice::<Placed>(&line) {
            Ok(placed) if is_later(&placed) => break,
            Ok(_) => end = at,
            Err(_) => {}
        }
    }
    if end < file.metadata()?.len() {
        file.set_len(end)?;
        file.sync_all()?;
    }
    Ok(())
}

/// The steps that a run's folder tells of, up to `last_step`; what is torn is passed over.
pub fn read_steps(folder: &Path, last_step: u64) -> Result<Vec<StepMetrics>, RunError> {
    let path = folder.join("steps.jsonl");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RunError::io(&path, "read it")(error)),
    };
    let mut steps = Vec::new();
    for line in BufReader::new(file).split(b'\n') {
        let line = line.map_err(RunError::io(&path, "read it"))?;
        if let Ok(step) = serde_json::from_slice::<StepMetrics>(&line)
            && step.step <= last_step
        {
            steps.push(step);
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn lines_of_later_steps_and_torn_ones_are_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steps.jsonl");
        let whole = "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n";
        for (text, last, left) in [
            (whole, 3, whole),
            (whole, 2, "{\"step\":1}\n{\"step\":2}\n"),
            (whole, 0, ""),
            ("{\"step\":1}\n{\"ste", 9, "{\"step\":1}\n"),
            ("{\"step\":1}\n{\"step\":2}", 9, "{\"step\":1}\n"),
            ("\u{0}\u{0}\u{0}", 9, ""),
            ("{\"step\":1}\n{\"st\n{\"step\":3}\n{\"step\":4}\n", 3, "{\"step\":1}\n{\"st\n{\"step\":3}\n"),
        ] {
            fs::write(&path, text).unwrap();
            cut_lines(&path, |line| line.step > last).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), left);
        }
        cut_lines(&folder.path().join("missing"), |_| true).unwrap();
    }

    #[test]
    fn a_validation_after_the_checkpoint_goes_though_no_step_came_between() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("steps.jsonl"), "{\"epoch\":1,\"step\":6}\n").unwrap();
        fs::write(folder.path().join(passes::FILE), "{\"epoch\":0,\"step\":4}\n{\"epoch\":1,\"step\":6}\n").unwrap();
        cut_back(folder.path(), Place { step: 6, history: &[] }).unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("steps.jsonl"), "{\"epoch\":1,\"step\":6}\n");
        assert_eq!(read(passes::FILE), "{\"epoch\":0,\"step\":4}\n");
    }
}
