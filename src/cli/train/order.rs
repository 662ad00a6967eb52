//! Puts steps and events, which come by two ways, into the order in which they happened.

use crate::metrics::StepMetrics;
use std::collections::VecDeque;

/// Holds steps of an epoch back until the epochs before it have been told.
#[derive(Default)]
pub(super) struct Order {
    held: VecDeque<StepMetrics>,
    /// The epoch that is being told; `None` before the first step.
    open: Option<u32>,
}

impl Order {
    /// Steps that can be told now.
    pub(super) fn steps(&mut self, new: Vec<StepMetrics>) -> Vec<StepMetrics> {
        self.held.extend(new);
        let Some(open) = self.open.or(self.held.front().map(|step| step.epoch)) else { return Vec::new() };
        self.open = Some(open);
        let ready = self.held.partition_point(|step| step.epoch <= open);
        self.held.drain(..ready).collect()
    }

    /// `epoch` has been told: the next one begins.
    pub(super) fn epoch_told(&mut self, epoch: u32) -> Vec<StepMetrics> {
        self.open = Some(epoch + 1);
        self.steps(Vec::new())
    }

    /// Nothing more comes: all that is held.
    pub(super) fn rest(&mut self) -> Vec<StepMetrics> {
        self.held.drain(..).collect()
    }
}
