//! The screen without a terminal: its states as pictures, and the real loop with typed keys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod driver;
mod driving;
mod gallery;
mod going_on;
mod keeping;
mod keys;
mod layers;
mod looking;
mod paint;
mod pictures;
mod samples;
mod storm;
mod story;
