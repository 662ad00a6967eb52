//! The benchmark: steps of the trainer, or batches of a pass, timed as a run does them.

mod limits;

use super::machine::Machine;
use super::trainer::{Progress, TrainError, Trainer};
use crate::analysis::{Pass, PassError};
use crate::config::Config;
use crate::data::{Dataset, Partition};
use crate::metrics::{BenchReport, Job, Limits, Split, StepMilliseconds, StepTimes};
use crate::model::{Network, architecture};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

/// Steps that are not counted: memory is taken for the first time, and the batches made ahead are used up.
pub const WARM_UP: usize = 5;

/// A pass that is done is followed by another, so that what it remembers of its pictures stays small.
const PICTURES_OF_A_PASS: usize = 1 << 20;

/// A benchmark that can be begun.
#[derive(Clone, Debug)]
pub struct Bench {
    /// What is timed.
    pub job: Job,
    /// How many steps.
    pub steps: usize,
    /// The resolved configuration.
    pub config: Config,
}

impl Bench {
    /// Does it. `between` is told the steps done and in all before each step, and may end it: then there is no report.
    /// One picture is validated where an epoch ends; that is not counted.
    pub fn run(
        self,
        data: &Arc<Dataset>,
        partition: Partition,
        machine: Machine,
        between: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Option<BenchReport>, TrainError> {
        let mut work = match self.job {
            Job::Train => self.training(data, partition, machine)?,
            Job::Eval => self.evaluation(data, machine)?,
        };
        let total = WARM_UP + self.steps;
        let mut seconds = Vec::with_capacity(total);
        let mut images = Vec::with_capacity(total);
        let mut before = StepTimes::default();
        while seconds.len() < total {
            if between(seconds.len(), total).is_break() {
                return Ok(None);
            }
            if seconds.len() == WARM_UP {
                before = work.times();
            }
            let started = Instant::now();
            if let Some(done) = work.advance()? {
                seconds.push(started.elapsed().as_secs_f64());
                images.push(done);
            }
        }
        let (seconds, images) = (&seconds[WARM_UP..], &images[WARM_UP..]);
        let times = work.times().since(before);
        // Before the limits are measured, which takes memory of its own; and without the net's, which is not needed now.
        let peak_memory_mib = peak_memory();
        drop(work);
        let limits = limits::measure(&self.config, machine, self.batch_size(), self.job)?;
        Ok(Some(self.report(data, machine, images, seconds, times, limits, peak_memory_mib)))
    }

    fn batch_size(&self) -> usize {
        match self.job {
            Job::Train => self.config.training.batch_size,
            Job::Eval => self.config.compute.evaluation_batch_size,
        }
    }

    fn training(&self, data: &Arc<Dataset>, partition: Partition, machine: Machine) -> Result<Work, TrainError> {
        let mut config = self.config.clone();
        config.training.epochs = u32::MAX;
        let trainer = Trainer::new(config, String::new(), Arc::clone(data), partition, machine)?;
        Ok(Work::Training(Box::new(trainer)))
    }

    fn evaluation(&self, data: &Arc<Dataset>, machine: Machine) -> Result<Work, TrainError> {
        let net = architecture(self.config.model.variant, 1, data.class_names.len());
        let network = Network::new(net, machine.precision, machine.device, self.config.training.seed)?;
        let pass = test_pass(data, self.batch_size(), &network);
        let (data, batch_size) = (Arc::clone(data), self.batch_size());
        Ok(Work::Evaluation { pass: Box::new(pass), network, data, batch_size, times: StepTimes::default() })
    }

    #[expect(clippy::too_many_arguments, reason = "they are what was measured, each once")]
    fn report(
        &self,
        data: &Dataset,
        machine: Machine,
        images: &[usize],
        seconds: &[f64],
        times: StepTimes,
        limits: Limits,
        peak_memory_mib: Option<f64>,
    ) -> BenchReport {
        let rate = |images: &[usize], seconds: &[f64]| {
            images.iter().sum::<usize>() as f64 / seconds.iter().sum::<f64>().max(1e-9)
        };
        let quarter = |n: usize| self.steps * n / 4..self.steps * (n + 1) / 4;
        let quarters = if self.steps < 4 { 0..0 } else { 0..4 };
        let step = 1e3 * seconds.iter().sum::<f64>() / self.steps.max(1) as f64;
        let parts = times.scaled(1e3 / self.steps.max(1) as f64);
        let told = |part: f64| (!machine.device.is_cuda()).then_some(part);
        let training = |part: f64| told(part).filter(|_| self.job == Job::Train);
        let net = architecture(self.config.model.variant, 1, data.class_names.len());
        let mean_images = images.iter().sum::<usize>() as f64 / self.steps.max(1) as f64;
        BenchReport {
            job: self.job,
            variant: self.config.model.variant.to_string(),
            device: machine.device_name(),
            precision: machine.precision.to_string(),
            threads: machine.threads,
            batch_size: self.batch_size(),
            steps: self.steps,
            warm_up: WARM_UP,
            images_per_second: rate(images, seconds),
            quarters: quarters.map(quarter).map(|part| rate(&images[part.clone()], &seconds[part])).collect(),
            milliseconds: StepMilliseconds {
                step,
                data: told(parts.data),
                forward: told(parts.forward),
                backward: training(parts.backward),
                optimizer: training(parts.optimizer),
            },
            peak_memory_mib,
            limits,
            floor: limits::floor(&net, self.job, self.config.training.optimizer, mean_images, &limits, step, machine),
        }
    }
}

/// The test pictures, over and over.
fn test_pass(data: &Dataset, batch_size: usize, network: &Network) -> Pass {
    let indices = (0..data.test.len() as u32).cycle().take(PICTURES_OF_A_PASS).collect();
    Pass::new(Split::Test, &data.test, indices, batch_size, network)
}

/// What is done step by step.
enum Work {
    Training(Box<Trainer>),
    Evaluation {
        pass: Box<Pass>,
        network: Network,
        data: Arc<Dataset>,
        batch_size: usize,
        /// Those of the passes before.
        times: StepTimes,
    },
}

impl Work {
    /// One step: the pictures in it; `None` where it was something else.
    fn advance(&mut self) -> Result<Option<usize>, TrainError> {
        match self {
            Self::Training(trainer) => match trainer.advance()? {
                Progress::Step(step) => Ok(Some(step.images as usize)),
                Progress::Validation { .. } | Progress::Epoch(..) | Progress::Finished => Ok(None),
            },
            Self::Evaluation { pass, network, data, batch_size, times } => {
                let (before, total) = pass.progress();
                let last = pass.advance(network)?;
                let (done, _) = pass.progress();
                if done == before {
                    return Err(PassError::Starved { done, total }.into()); // there are no test pictures at all
                }
                if last {
                    *times = times.plus(pass.times());
                    **pass = test_pass(data, *batch_size, network);
                }
                Ok(Some(done - before))
            }
        }
    }

    fn times(&self) -> StepTimes {
        match self {
            Self::Training(trainer) => trainer.times(),
            Self::Evaluation { pass, times, .. } => times.plus(pass.times()),
        }
    }
}

/// The most memory that the process has held, in MiB.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}
