//! The screens, one a file.

pub mod log;
pub mod train;
