//! `alexnet-tui completions` and `alexnet-tui man`: what a shell and `man` know of the command line, made from it.

use super::arguments::Arguments;
use super::{CliError, output};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a command ends with.
const STATUSES: [(&str, &str); 4] = [
    ("0", "Done."),
    ("1", "Failed; the reason is on stderr."),
    ("2", "Wrong use or configuration; nothing was begun."),
    ("129, 130, 143", "Ended by SIGHUP, SIGINT, SIGTERM; a training is saved before."),
];

const FILES: [(&str, &str); 6] = [
    ("~/.config/alexnet-tui/config.toml", "Your own settings; config init writes it with every setting explained."),
    ("./config.toml", "Settings of this folder, over your own; --config FILE takes another file in its place."),
    ("~/.local/share/alexnet-tui/FashionMNIST/raw/", "The data set, in torchvision's layout."),
    (
        "~/.local/share/alexnet-tui/runs/RUN/",
        "A run: config.toml as resolved, metrics.csv (a row an epoch), steps.jsonl, confusion.jsonl, changes.jsonl, \
         log.txt, checkpoints/.",
    ),
    ("~/.local/state/alexnet-tui/", "The log from before a run exists."),
    ("/usr/share/datasets/fashion-mnist/", "Debian's package of the data set, used where it is installed."),
];

const ENVIRONMENT: [(&str, &str); 3] = [
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME", "Move the folders above."),
    ("NO_COLOR", "Set to anything: no colours."),
    ("OMP_WAIT_POLICY, GOMP_SPINCOUNT", "How OpenMP's threads wait for work; passive unless one of them is set."),
];

/// What a shell reads to complete the command line.
pub(super) fn completions(shell: Shell) -> Result<u8, CliError> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "alexnet-tui", &mut text);
    // Where a program's name has a hyphen, bash's function looks for labels that it hasn't (clap-rs/clap#6421).
    let text = String::from_utf8_lossy(&text).replace("alexnet__subcmd__tui", "alexnet__tui");
    output::print(&text)?;
    Ok(0)
}

/// The page of the program; with a folder, the pages of all commands, each a file in it.
pub(super) fn man(folder: Option<&Path>) -> Result<u8, CliError> {
    let mut program = Arguments::command();
    program.build();
    let failed = |path: &Path, error: io::Error| CliError::Failed(format!("can't write {}: {error}", path.display()));
    let Some(folder) = folder else {
        let (_, text) = page(&program, true).map_err(|error| failed(Path::new("the page"), error))?;
        output::print(&String::from_utf8_lossy(&text))?;
        return Ok(0);
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (at, command) in with_subcommands(&program).into_iter().enumerate() {
        let (name, text) = page(command, at == 0).map_err(|error| failed(folder, error))?;
        let path = folder.join(name);
        write(&path, &text).map_err(|error| failed(&path, error))?;
        output::print(&format!("{}\n", path.display()))?;
    }
    Ok(0)
}

/// A command and all below it.
fn with_subcommands(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set()).flat_map(with_subcommands);
    std::iter::once(command).chain(below).collect()
}

/// A page's file name and its text.
fn page(command: &Command, is_program: bool) -> io::Result<(String, Vec<u8>)> {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let first = about.lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let man = Man::new(command.clone().about(first).long_about(about).override_usage(usage))
        .date(" ") // an empty one would be left out of the line
        .source(concat!("alexnet-tui ", env!("CARGO_PKG_VERSION")))
        .manual("alexnet-tui");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    man.render_options_section(&mut text)?;
    let mut more = Roff::new();
    section(&mut more, "EXIT STATUS", &STATUSES);
    if is_program {
        section(&mut more, "FILES", &FILES);
        section(&mut more, "ENVIRONMENT", &ENVIRONMENT);
    } else {
        more.control("SH", ["SEE ALSO"]);
        more.text([bold("alexnet-tui"), roman("(1)")]);
    }
    more.to_writer(&mut text)?;
    Ok((man.get_filename(), text))
}

fn section(page: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    page.control("SH", [title]);
    for (term, meaning) in entries {
        page.control("TP", []);
        page.text([heading(title, term)]);
        page.text([roman(*meaning)]);
    }
}

/// Files stand in italics, what is typed in bold.
fn heading(title: &str, term: &str) -> Inline {
    if title == "FILES" { italic(term) } else { bold(term) }
}

/// Puts a whole file in its place.
fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().prefix(".man-").permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
