//! `alexnet-tui export`: weights for other programs.

use super::arguments::ExportArguments;
use super::setup::check_is_file;
use super::{CliError, output};
use crate::session::{self, Format};
use crate::text::{bytes, thousands};

/// Writes the file and says what is in it.
pub(super) fn run(arguments: &ExportArguments) -> Result<u8, CliError> {
    let ExportArguments { checkpoint, out, force, telling } = arguments;
    check_is_file(checkpoint)?;
    let format = match out.extension().and_then(|extension| extension.to_str()) {
        Some("pth" | "pt") => Format::Pth,
        Some("safetensors") => Format::Safetensors,
        _ => {
            let message = format!(
                "{}: the name tells the format: .pth (or .pt) for what torch.load reads, .safetensors for safetensors",
                out.display()
            );
            return Err(CliError::Usage(message));
        }
    };
    if out.exists() && !out.is_file() {
        return Err(CliError::Usage(format!("{}: it is no file that could be written over", out.display())));
    }
    if out.exists() && !force {
        return Err(CliError::Usage(format!("{}: it is there already; --force writes over it", out.display())));
    }
    let exported = session::export(checkpoint, out, format).map_err(|error| CliError::Failed(error.to_string()))?;
    if telling.quiet {
        return Ok(0);
    }
    output::note(format_args!(
        "{}: {} tensors, {} parameters of {}, 32-bit floats, {}",
        out.display(),
        exported.tensors,
        thousands(exported.parameters),
        exported.variant,
        bytes(exported.bytes)
    ));
    Ok(0)
}
