//! The screens, one a file.

pub mod confusion;
pub mod log;
pub mod train;
