//! A benchmark for a front end: it needs no worker, for nobody steers it.

use super::beginning::{StartError, partition};
use crate::config::Config;
use crate::data;
use crate::metrics::{BenchReport, Job};
use crate::train::{Bench, Machine};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A benchmark could not be done; the text says what to do.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BenchError(#[from] StartError);

/// Times `steps` steps of a run with this configuration, and what the machine allows. It computes on the calling thread.
/// `between` is told steps done and in all, those that are not counted among them, before each step; where it ends the
/// benchmark there is no report.
pub fn bench(
    mut config: Config,
    job: Job,
    steps: usize,
    between: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Option<BenchReport>, BenchError> {
    // What is validated at an epoch's end is not timed.
    config.data.limit_validation = 1;
    let run = || -> Result<_, StartError> {
        let machine = Machine::set_up(&config.compute)?;
        let dataset = Arc::new(data::load(&config.data.source, &config.paths.data)?);
        let partition = partition(&config, &dataset)?;
        let bench = Bench { job, steps, config };
        Ok(bench.run(&dataset, partition, machine, between)?)
    };
    Ok(run()?)
}
