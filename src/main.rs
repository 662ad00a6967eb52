//! The program: everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Only a second hook could fail it, and there is none; without it a panic is told less prettily.
    let _ = color_eyre::install();
    alexnet_tui::cli::main()
}
