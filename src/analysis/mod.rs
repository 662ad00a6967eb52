//! Questions asked of a trained net: a pass over a split, and the report made from it.

mod pass;

pub use pass::{Pass, PassError};
