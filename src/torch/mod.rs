//! What tch lacks: a C++ shim over libtorch and its safe wrappers. It knows tensors, and no network.

mod allocator;
mod backward;
mod dense;
mod direct;
mod error;
mod layers;
#[cfg(test)]
mod nearness;
mod optimizer;
mod shim;
mod tensors;
mod winograd;

pub use backward::BackwardClock;
pub use dense::{dense, dense_fits};
pub use direct::{direct, direct_fits};
pub use error::TorchError;
pub use layers::{pool_relu, space_to_depth};
pub use optimizer::{Rule, UpdateSettings, Updated, fused_update, squares, update};
pub use shim::{channels_last, has_fast_bf16, load_cuda, set_deterministic, set_flush_denormal, with_layout_of};
pub use tensors::{bytes_of, copy_bytes_into, from_bytes};
pub use winograd::{WinogradWay, winograd, winograd_way};
