//! What the training computes on: device, precision and threads, chosen once.

use crate::config::{Compute, DeviceChoice, PrecisionChoice};
use crate::model::Precision;
use crate::torch::{self, TorchError};
use std::sync::Once;
use tch::Device;

/// The choices, made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machine {
    /// Where tensors live.
    pub device: Device,
    /// What the net computes in.
    pub precision: Precision,
    /// Compute threads.
    pub threads: usize,
}

/// A choice that this machine can't follow.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// No such GPU.
    #[error(
        "compute.device = {wanted}: libtorch sees {found} CUDA device(s); use cpu or auto, or install libtorch with \
         `make libtorch CUDA=1` on a machine with a GPU"
    )]
    NoCuda {
        /// What was asked for.
        wanted: DeviceChoice,
        /// How many there are.
        found: i64,
    },
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// The processor's name, as the system tells it; empty where it doesn't.
pub fn processor() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(String::new, |(_, name)| name.trim().to_owned())
}

impl Machine {
    /// Chooses, and sets up the calling thread: its thread count, denormals as 0, and repeatable algorithms.
    pub fn set_up(compute: &Compute) -> Result<Self, MachineError> {
        static CUDA: Once = Once::new();
        CUDA.call_once(|| {
            torch::load_cuda();
        });
        let cuda_devices = tch::Cuda::device_count();
        let device = match compute.device {
            DeviceChoice::Auto if cuda_devices > 0 => Device::Cuda(0),
            DeviceChoice::Auto | DeviceChoice::Cpu => Device::Cpu,
            DeviceChoice::Cuda(number) if (number as i64) < cuda_devices => Device::Cuda(number),
            wanted @ DeviceChoice::Cuda(_) => return Err(MachineError::NoCuda { wanted, found: cuda_devices }),
        };
        let fast_bf16 = device.is_cuda() || torch::has_fast_bf16();
        let precision = match compute.precision {
            PrecisionChoice::Bf16 => Precision::Bf16,
            PrecisionChoice::Auto if fast_bf16 => Precision::Bf16,
            PrecisionChoice::Auto | PrecisionChoice::F32 => Precision::F32,
        };
        let threads = match compute.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        // Before the first parallel region: the threads that it starts inherit the setting.
        torch::set_flush_denormal(true);
        tch::set_num_threads(threads as i32);
        torch::set_deterministic(true)?;
        Ok(Self { device, precision, threads })
    }

    /// The settings with what was chosen in the place of every `auto`.
    pub fn chosen(&self, compute: &Compute) -> Compute {
        let device = match self.device {
            Device::Cuda(number) => DeviceChoice::Cuda(number),
            _ => DeviceChoice::Cpu,
        };
        let precision = match self.precision {
            Precision::F32 => PrecisionChoice::F32,
            Precision::Bf16 => PrecisionChoice::Bf16,
        };
        Compute { device, precision, threads: self.threads, ..*compute }
    }

    /// `cpu`, `cuda:0`.
    pub fn device_name(&self) -> String {
        match self.device {
            Device::Cuda(number) => format!("cuda:{number}"),
            _ => "cpu".into(),
        }
    }
}
