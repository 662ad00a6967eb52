//! The real engine on the tiny net and the sample: runs, commands, what stays on the disk, and looking on meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::float_cmp, reason = "the same bits are what is promised")]

mod archive;
mod driver;
mod looking;
mod record;
mod resume;
mod runs;
mod tuning;
