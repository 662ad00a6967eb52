//! `report.json`: a run in one object, for scripts. Its keys are a promise.

use super::folder::RunError;
use super::passes::PassRecord;
use super::reopen::replace;
use crate::metrics::{ClassMetrics, EpochMetrics, Evaluation};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Its name in the run's folder.
const FILE: &str = "report.json";

/// What a run is, did, and came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The run's name.
    pub name: String,
    /// Of the program.
    pub version: &'static str,
    /// How it stood with it when this was written.
    pub state: RunState,
    /// `fashion`, `tiny`, …
    pub variant: String,
    /// Numbers that are learned.
    pub parameters: u64,
    /// How it learns, and how far it is.
    pub training: TrainingReport,
    /// What from.
    pub data: DataReport,
    /// On what.
    pub machine: MachineReport,
    /// The best epoch by the configured metric.
    pub best: Option<EpochMetrics>,
    /// The last epoch that is done.
    pub last: Option<EpochMetrics>,
    /// The last evaluation of its own net on the test pictures.
    pub test: Option<TestReport>,
    /// Training and validation time, pauses left out.
    pub seconds: f64,
    /// Pictures learned from a second of that time; `None` before the first step.
    pub images_per_second: Option<f64>,
}

/// How it stands with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It goes on, or was killed.
    Running,
    /// All its epochs are done.
    Finished,
    /// A person ended it before.
    Stopped,
    /// The program ended before it did.
    Left,
    /// A fault ended it.
    Failed,
}

/// The settings that matter most, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingReport {
    /// The seed of everything.
    pub seed: u64,
    /// `Adam`, as people write it.
    pub optimizer: String,
    /// As configured; `last` has that of its epoch.
    pub learning_rate: f64,
    /// Pictures a step.
    pub batch_size: usize,
    /// Epochs asked for.
    pub epochs: u32,
    /// Epochs done.
    pub epochs_done: usize,
    /// Optimizer steps done.
    pub steps: u64,
}

/// The pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataReport {
    /// `sample`, or a folder.
    pub source: String,
    /// Of the four files.
    pub digest: String,
    /// Learned from in an epoch.
    pub train_images: usize,
    /// Validated on.
    pub validation_images: usize,
    /// In the test files.
    pub test_images: usize,
}

/// What it computes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachineReport {
    /// `cpu`, `cuda:0`.
    pub device: String,
    /// `f32` or `bf16`.
    pub precision: String,
    /// Compute threads.
    pub threads: usize,
    /// The processor's name; empty where the system does not tell it.
    pub processor: String,
}

/// An evaluation on the test pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestReport {
    /// The last epoch that was done before it; 0: none.
    pub epoch: u32,
    /// Optimizer steps done before it.
    pub step: u64,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Fraction right.
    pub accuracy: f64,
    /// Pictures that were right.
    pub correct: u64,
    /// Pictures.
    pub total: u64,
    /// Precision, recall, F1 and support, class by class.
    pub classes: Vec<ClassMetrics>,
}

impl TestReport {
    /// What a pass came to.
    pub fn new(pass: &PassRecord, class_names: &[String]) -> Self {
        let PassRecord { epoch, step, split, loss, ref confusion_matrix } = *pass;
        let evaluation = Evaluation::of_matrix(split, loss, confusion_matrix.clone(), class_names);
        Self {
            epoch,
            step,
            loss,
            accuracy: evaluation.accuracy(),
            correct: confusion_matrix.correct(),
            total: confusion_matrix.total(),
            classes: evaluation.classes,
        }
    }
}

/// What a list of runs takes from a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// How it stood with the run when it was written.
    pub state: RunState,
    /// Optimizer steps done by then.
    pub steps: u64,
    /// Training and validation time by then, pauses left out.
    pub seconds: f64,
    /// The step of the last evaluation on the test pictures, and its classes.
    pub test: Option<(u64, Vec<ClassMetrics>)>,
}

/// Reads a run's report; `None` where there is none that can be read.
pub(super) fn read_report(folder: &Path) -> Option<Reported> {
    let report: Value = serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()?;
    let test = &report["test"];
    let classes = serde_json::from_value(test["classes"].clone()).ok();
    Some(Reported {
        state: serde_json::from_value(report["state"].clone()).ok()?,
        steps: report["training"]["steps"].as_u64()?,
        seconds: report["seconds"].as_f64().unwrap_or(0.0),
        test: test["step"].as_u64().zip(classes),
    })
}

/// `report.json` in a run's folder, written anew when there is something new to tell.
#[derive(Debug)]
pub struct ReportFile {
    path: PathBuf,
    written: Option<Report>,
}

impl ReportFile {
    /// In this folder.
    pub fn new(folder: &Path) -> Self {
        Self { path: folder.join(FILE), written: None }
    }

    /// Puts it in the place of the one before, unless that says the same.
    pub fn write(&mut self, report: Report) -> Result<(), RunError> {
        if self.written.as_ref() == Some(&report) {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(&report).map_err(std::io::Error::from);
        let written = text.and_then(|text| replace(&self.path, (text + "\n").as_bytes()));
        written.map_err(RunError::io(&self.path, "write it"))?;
        self.written = Some(report);
        Ok(())
    }
}
