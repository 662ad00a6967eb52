//! The screen without a terminal: its states as pictures, and the real loop with typed keys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod driver;
mod driving;
<<<<<<< HEAD
mod going_on;
=======
mod layers;
>>>>>>> c71314b (The Layers screen: the net's table with what training does to each layer, and one layer opened)
mod paint;
mod pictures;
mod samples;
mod story;
