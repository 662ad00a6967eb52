//! The front end of scripts: flags in, results on stdout, everything else on stderr.

pub mod data;
