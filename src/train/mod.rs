//! The trainer: one step, one validation batch, one checkpoint at a time.
