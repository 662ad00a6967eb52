//! A run's folder on the disk.
