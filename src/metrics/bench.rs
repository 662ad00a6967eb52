//! What a benchmark measures: where the time of a step goes, and what the machine allows.

use serde::Serialize;
use std::time::Instant;

/// Seconds that the parts of steps took, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepTimes {
    /// Waiting for a batch, and making tensors of it.
    pub data: f64,
    /// The way forward: dropout masks, logits, loss.
    pub forward: f64,
    /// The gradients.
    pub backward: f64,
    /// The update of the weights.
    pub optimizer: f64,
}

impl StepTimes {
    fn each(self, other: Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            data: of(self.data, other.data),
            forward: of(self.forward, other.forward),
            backward: of(self.backward, other.backward),
            optimizer: of(self.optimizer, other.optimizer),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.each(other, |a, b| a + b)
    }

    /// What was added since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        self.each(earlier, |a, b| a - b)
    }

    /// Each part times `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        self.each(self, |a, _| a * factor)
    }
}

/// Tells the parts of a step from each other.
#[derive(Clone, Copy, Debug)]
pub struct Lap(Instant);

impl Lap {
    /// The first part began then.
    pub fn since(started: Instant) -> Self {
        Self(started)
    }

    /// Seconds since the last call, or the start: the part that ends now. The next begins.
    pub fn seconds(&mut self) -> f64 {
        let now = Instant::now();
        let part = now - std::mem::replace(&mut self.0, now);
        part.as_secs_f64()
    }
}

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Job {
    /// Optimizer steps.
    Train,
    /// Batches with dropout off and no gradients.
    Eval,
}

/// What came out. The keys of its JSON are a promise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BenchReport {
    /// What was timed.
    pub job: Job,
    /// `fashion`, `tiny`, …
    pub variant: String,
    /// `cpu`, `cuda:0`.
    pub device: String,
    /// `f32` or `bf16`.
    pub precision: String,
    /// Compute threads.
    pub threads: usize,
    /// Pictures in a step.
    pub batch_size: usize,
    /// Steps timed; those before them that were left out.
    pub steps: usize,
    /// Steps left out at the beginning.
    pub warm_up: usize,
    /// Pictures a second, from the first timed step's beginning to the last one's end, validations left out.
    pub images_per_second: f64,
    /// The same over each quarter of the steps; none where there are fewer than four steps.
    pub quarters: Vec<f64>,
    /// The mean step.
    pub milliseconds: StepMilliseconds,
    /// The most memory that the process held until the last step, in MiB; `None` where the system does not tell.
    pub peak_memory_mib: Option<f64>,
    /// What the machine allows.
    pub limits: Limits,
    /// What a step can't take less than by these limits.
    pub floor: Floor,
}

/// A mean step and its parts, in milliseconds. On a GPU, where the parts overlap, only the whole is told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StepMilliseconds {
    /// The whole.
    pub step: f64,
    /// Waiting for a batch, and making tensors of it.
    pub data: Option<f64>,
    /// The way forward.
    pub forward: Option<f64>,
    /// The gradients; not in an evaluation.
    pub backward: Option<f64>,
    /// The update; not in an evaluation.
    pub optimizer: Option<f64>,
}

/// The best rates that were seen on the machine, with the threads that were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Limits {
    /// 10¹² operations a second in 32-bit floats, a multiply-add counting as two.
    pub f32_teraflops: f64,
    /// The same in bf16; `None` where the net does not compute in it.
    pub bf16_teraflops: Option<f64>,
    /// 10⁹ bytes a second read and written by copying memory.
    pub copy_gigabytes_per_second: f64,
}

/// The least that a step can take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Floor {
    /// All the multiply-adds that it does at the best rate, and all the optimizer's memory traffic at the rate of copying.
    pub milliseconds: f64,
    /// The multiply-adds' part.
    pub arithmetic: f64,
    /// The optimizer's part.
    pub memory: f64,
    /// The floor over the measured step: 1 is the limit of the machine.
    pub fraction: f64,
}
