//! What is saved, and how a file of it is written and read back whole.
