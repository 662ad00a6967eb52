//! The program itself, as a shell runs it: exit statuses, what goes to which stream, the `config` commands, runs that are cut short.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bench;
mod config;
mod exchange;
mod killed;
mod pages;
mod runs;
mod training;
mod usage;
mod user;
