//! What the process takes from the machine.

use super::state::Usage;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Asks the system about this process.
pub struct Sampler {
    system: Option<System>,
    process: Option<Pid>,
}

impl Sampler {
    /// Nothing is asked yet.
    pub fn new() -> Self {
        Self { system: System::new().ok(), process: sysinfo::get_current_pid().ok() }
    }

    /// Memory now, and processor time since the last asking.
    pub fn usage(&mut self) -> Option<Usage> {
        let process = self.process?;
        let wanted = ProcessRefreshKind::nothing().with_memory().with_cpu();
        let system = self.system.as_mut()?;
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[process]), false, wanted);
        let found = system.process(process)?;
        Some(Usage { memory: found.memory(), cpu: found.cpu_usage().round() as u32 })
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::new()
    }
}
