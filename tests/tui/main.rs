//! The screen without a terminal: its states as pictures, and the real loop with typed keys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::large_stack_arrays, reason = "a handful of states, each of some kilobytes")]

mod charts;
mod chinese;
mod config;
mod driver;
mod driving;
mod every_key;
mod gallery;
mod going_on;
mod keeping;
mod keys;
mod layers;
mod looking;
mod paint;
mod pictures;
mod runs;
mod samples;
mod storm;
mod story;
