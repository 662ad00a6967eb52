//! The screens, one a file.

pub mod train;
