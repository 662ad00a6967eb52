//! `alexnet-tui data`: stands here only until the data helper's own file is merged.

use super::CliError;
use crate::config::Places;

/// What `data` does.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum DataAction {
    /// Download the data set
    Fetch,
    /// Check the data set
    Verify,
    /// Print where the data set is
    Path,
}

/// Does it.
pub fn run(_action: DataAction, _places: Places) -> Result<u8, CliError> {
    Err(CliError::Failed("`data` is not merged yet".to_owned()))
}
