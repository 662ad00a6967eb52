//! What a pass forward and back tells of each layer: its times, and the units that gave nothing.

use super::layer::Operation;
use crate::torch::{BackwardClock, TorchError};
use std::time::Instant;
use tch::{Kind, Tensor};

/// Notes what the layers do, in the order in which the net does them. It reads, and changes nothing that is computed.
#[derive(Debug)]
pub struct Trace {
    clock: BackwardClock,
    /// On a GPU work goes on after the call that asked for it: what is measured there would be the asking.
    times: bool,
    since: Instant,
    visits: Vec<Visit>,
    cost: f64,
    /// What could not be noted: told at the end, so that the pass itself goes through.
    fault: Option<TorchError>,
}

/// A layer that was passed.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// Which of the net's rows.
    pub row: usize,
    /// Seconds forward; `None` where they can't be told.
    pub forward: Option<f64>,
    /// Units that gave 0 throughout the batch, and all; of a `ReLU`.
    pub units: Option<(u64, u64)>,
}

impl Trace {
    /// Before a pass through at most so many layers.
    pub fn new(rows: usize, on_cpu: bool) -> Result<Self, TorchError> {
        let clock = BackwardClock::new(rows)?;
        Ok(Self { clock, times: on_cpu, since: Instant::now(), visits: Vec::new(), cost: 0.0, fault: None })
    }

    /// The pass begins.
    pub(super) fn begin(&mut self) {
        self.since = Instant::now();
    }

    /// A row was done; `output` is what came out.
    pub(super) fn visit(&mut self, row: usize, operation: Operation, output: &Tensor) {
        let done = Instant::now();
        let forward = self.times.then(|| (done - self.since).as_secs_f64());
        match self.note(operation, output) {
            Ok(units) => self.visits.push(Visit { row, forward, units }),
            Err(fault) => self.fault = Some(fault),
        }
        self.since = Instant::now();
        self.cost += (self.since - done).as_secs_f64();
    }

    fn note(&self, operation: Operation, output: &Tensor) -> Result<Option<(u64, u64)>, TorchError> {
        self.clock.watch(output, self.visits.len())?;
        (operation == Operation::Relu).then(|| dead_units(output)).transpose()
    }

    /// The layers passed, with the seconds that each took on the way back. To be asked right after that way's end.
    /// Errors where something could not be noted.
    pub fn finish(self) -> Result<Vec<(Visit, Option<f64>)>, TorchError> {
        let end = self.clock.now();
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let noted: Vec<_> = (0..self.visits.len()).map(|slot| self.clock.noted(slot)).collect();
        let backward = |at: usize| {
            // A layer's way back ends where that of the layer before begins; the first one's with the pass.
            let until = if at == 0 { Some(end) } else { noted[at - 1] };
            Some((until? - noted[at]?).max(0.0)).filter(|_| self.times)
        };
        Ok(self.visits.iter().enumerate().map(|(at, &visit)| (visit, backward(at))).collect())
    }

    /// Seconds that the noting itself has taken.
    pub fn cost(&self) -> f64 {
        self.cost
    }
}

/// Channels (or features) that are 0 for every picture of the batch in every place, and all of them.
fn dead_units(output: &Tensor) -> Result<(u64, u64), TorchError> {
    tch::no_grad(|| {
        let over: &[i64] = if output.dim() == 4 { &[0, 2, 3] } else { &[0] };
        let greatest = output.f_detach()?.f_amax(over, false)?;
        let dead = greatest.f_le(0.0)?.f_sum(Kind::Int64)?.f_int64_value(&[])?;
        Ok((dead as u64, greatest.numel() as u64))
    })
}
