//! Questions asked of a trained net: a pass over a split, and the report made from it.

mod batch;
mod pass;

pub use batch::{numbers_for, pictures_of};
pub use pass::{Pass, PassError};
