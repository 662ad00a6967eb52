//! AlexNet as data: the layers of each variant, and the network made from them.

mod architecture;
mod convolution;
mod initialisation;
mod layer;
mod network;
mod pictures;
mod summary;
mod trace;
mod variants;

pub use architecture::{Architecture, Row};
pub use convolution::{convolve, multiply_adds};
pub use initialisation::initial_values;
pub use layer::{Layer, Operation, ParameterSpec, Shape};
pub use network::{LoadError, Mode, Network, Parameter, Precision};
pub use pictures::{pictures, targets};
pub use summary::{Summary, SummaryRow};
pub use trace::{Trace, Visit};
pub use variants::architecture;
