//! `alexnet-tui summary`: stands here only until the lead's own file is merged.

use super::CliError;
use super::arguments::SummaryFormat;
use crate::config::{Config, Variant};

/// Prints a net layer by layer.
pub fn run(_variant: Option<Variant>, _format: SummaryFormat, _config: &Config) -> Result<u8, CliError> {
    Err(CliError::Failed("`summary` is not merged yet".to_owned()))
}
