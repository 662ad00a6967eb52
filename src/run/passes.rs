//! `confusion.jsonl`: the matrix of every validation and of every evaluation of the run's own net, a line each.

use super::folder::RunError;
use crate::metrics::{ConfusionMatrix, Evaluation, Split};
use serde::{Deserialize, Deserializer, Serialize};
use std::fs;
use std::io;
use std::path::Path;

/// Its name in the run's folder.
pub(super) const FILE: &str = "confusion.jsonl";

/// A pass over a split as it is kept: all but what was said of each picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassRecord {
    /// The last epoch that was done before it; 0: none.
    pub epoch: u32,
    /// Optimizer steps done before it.
    pub step: u64,
    /// The pictures it ran over.
    pub split: Split,
    /// Mean cross-entropy in nats.
    #[serde(deserialize_with = "number_or_nan")]
    pub loss: f64,
    /// Row = truth, column = prediction.
    pub confusion_matrix: ConfusionMatrix,
}

impl PassRecord {
    /// What is kept of a pass.
    pub fn new(epoch: u32, step: u64, evaluation: &Evaluation) -> Self {
        let Evaluation { split, loss, .. } = *evaluation;
        Self { epoch, step, split, loss, confusion_matrix: evaluation.confusion.clone() }
    }

    /// Fraction of the pictures that were right.
    pub fn accuracy(&self) -> f64 {
        self.confusion_matrix.accuracy()
    }
}

/// JSON has no word for what is not a number.
fn number_or_nan<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

/// The passes that a run's folder tells of, oldest first; none where there is no such file. What a kill has torn is passed
/// over. A pass told of twice, as by a run that was resumed from before it, counts as it was told last.
pub fn read_passes(folder: &Path) -> Result<Vec<PassRecord>, RunError> {
    let path = folder.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RunError::io(&path, "read it")(error)),
    };
    let mut passes: Vec<PassRecord> = Vec::new();
    for record in bytes.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice::<PassRecord>(line).ok())
    {
        passes.retain(|before| (before.split, before.step) != (record.split, record.step));
        passes.push(record);
    }
    Ok(passes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::run::RunFolder;
    use crate::run::append::Appender;
    use std::fs::OpenOptions;
    use std::io::Write;

    fn record(epoch: u32, step: u64, split: Split) -> PassRecord {
        let mut confusion_matrix = ConfusionMatrix::new(3);
        (0..epoch).for_each(|_| confusion_matrix.add(2, 1));
        confusion_matrix.add(0, 0);
        PassRecord { epoch, step, split, loss: 0.1 + f64::from(epoch) / 3.0, confusion_matrix }
    }

    #[test]
    fn what_was_written_is_read_and_a_torn_line_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        assert_eq!(read_passes(&path).unwrap(), []);
        let mut run = RunFolder::create(&path, "").unwrap();
        assert_eq!(read_passes(&path).unwrap(), []);
        let written =
            [record(1, 150, Split::Validation), record(1, 200, Split::Test), record(2, 300, Split::Validation)];
        for record in &written {
            run.pass(record).unwrap();
        }
        assert_eq!(read_passes(&path).unwrap(), written);

        // Killed in the middle of the last line, at whichever byte.
        let file = path.join(FILE);
        let whole = fs::read(&file).unwrap();
        let last = whole[..whole.len() - 1].iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
        for end in last..whole.len() - 1 {
            fs::write(&file, &whole[..end]).unwrap();
            assert_eq!(read_passes(&path).unwrap(), written[..2], "cut after {end} bytes");
        }

        // A run that goes on from before the tear tells of it again.
        OpenOptions::new().append(true).open(&file).unwrap().write_all(b"\n").unwrap();
        let again = record(7, 200, Split::Test);
        run.pass(&again).unwrap();
        run.pass(&written[2]).unwrap();
        assert_eq!(read_passes(&path).unwrap(), [written[0].clone(), again, written[2].clone()]);
    }

    #[test]
    fn a_loss_that_is_no_number_loses_no_matrix() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = Appender::open(folder.path().join(FILE)).unwrap();
        file.json(&PassRecord { loss: f64::INFINITY, ..record(1, 10, Split::Test) }, false).unwrap();
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert_eq!(
            text,
            r#"{"epoch":1,"step":10,"split":"test","loss":null,"confusion_matrix":[[1,0,0],[0,0,0],[0,1,0]]}"#
                .to_owned()
                + "\n"
        );
        let read = read_passes(folder.path()).unwrap();
        assert!(read[0].loss.is_nan());
        assert_eq!(read[0].confusion_matrix.count(2, 1), 1);
    }
}
