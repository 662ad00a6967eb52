//! Downloads Fashion-MNIST into torchvision's layout: resumable, checked, and whole or not at all.
//!
//! What is under way has a name that begins with a dot. Only when all four files are there and right are they renamed
//! to their own names, so that a set broken off half-way is never taken for one. A download that was interrupted (by the
//! user or the network) keeps what came and goes on from there the next time; a wrong one leaves nothing behind.

mod download;
mod folder;
mod unpack;

use super::catalog::{File, Original};
use super::source::raw_folder;
use download::{Download, Trouble};
use folder::Folder;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Who serves the four `.gz`: torchvision's mirror, and Zalando's repository.
pub const MIRRORS: [&str; 2] = [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
];

/// Mirrors to use instead of [`MIRRORS`], separated by blanks: for a copy in the house, and for tests.
const MIRRORS_VARIABLE: &str = "ALEXNET_TUI_MIRRORS";

/// Times that one mirror is asked to go on with a file, as long as each time brought something.
const GOES: u32 = 5;

/// Where to download from, and to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchOptions {
    /// Where the four raw files go; made with its parents.
    pub folder: PathBuf,
    /// Folders on the web that hold the four `.gz`, tried in turn.
    pub mirrors: Vec<String>,
    /// How long a connection may stand still before it counts as lost.
    pub patience: Duration,
    /// What the files must be, in the order of [`File::ALL`]: Fashion-MNIST's.
    pub originals: [Original; 4],
}

impl FetchOptions {
    /// Into torchvision's layout under `data_dir` (`config.paths.data`), from the usual mirrors, or from those that
    /// the environment variable `ALEXNET_TUI_MIRRORS` names.
    pub fn new(data_dir: &Path) -> Self {
        let named = std::env::var(MIRRORS_VARIABLE).unwrap_or_default();
        let mirrors: Vec<String> = named.split_whitespace().map(str::to_owned).collect();
        Self {
            folder: raw_folder(data_dir),
            mirrors: if mirrors.is_empty() { MIRRORS.map(str::to_owned).to_vec() } else { mirrors },
            patience: Duration::from_secs(20),
            originals: File::ALL.map(File::original),
        }
    }
}

/// Why there is no whole data set at the end.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It was asked to stop. What came is kept.
    #[error("the download was cancelled; the next one goes on from there")]
    Cancelled,
    /// No mirror gave a file.
    #[error(
        "could not download {file}: {}; {}", .answers.join("; "),
        if *.kept { "what came is kept, the next download goes on from there" } else { "nothing was left behind; try again later, or name another mirror" }
    )]
    Mirrors {
        /// The file that was wanted.
        file: String,
        /// What each mirror gave, with its address, in the order in which they were tried.
        answers: Vec<String>,
        /// Whether part of the set is kept for the next time.
        kept: bool,
    },
    /// The disk refused.
    #[error("{}: {source}; check the rights and the free space, or set paths.data", .path.display())]
    Disk {
        /// What was being written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another download into the same folder is going on.
    #[error("another download into {} is going on; wait for it, or stop it", .0.display())]
    Busy(PathBuf),
    /// There is nowhere to download from.
    #[error("no mirror to download from was named")]
    NoMirrors,
}

impl FetchError {
    fn disk(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Disk { path: path.to_path_buf(), source }
    }
}

/// Downloads what is missing of the four files. `progress` is told the bytes done and the bytes in all; once `cancel`
/// is set, the download ends within a moment. Files that are there and right are not fetched again.
pub fn fetch(
    options: &FetchOptions,
    progress: &mut dyn FnMut(u64, u64),
    cancel: &AtomicBool,
) -> Result<(), FetchError> {
    if options.mirrors.is_empty() {
        return Err(FetchError::NoMirrors);
    }
    let folder = Folder::open(&options.folder, options.originals)?;
    let outcome = fetch_missing(options, &folder, progress, cancel);
    if let Err(FetchError::Mirrors { kept: false, .. }) = &outcome {
        folder.leave_nothing();
    }
    folder.close();
    outcome
}

fn fetch_missing(
    options: &FetchOptions,
    folder: &Folder,
    progress: &mut dyn FnMut(u64, u64),
    cancel: &AtomicBool,
) -> Result<(), FetchError> {
    let gz_len = |file: File| options.originals[file as usize].gz_len;
    // Small files first: a mirror that serves something else is found out before 26 MB have come.
    let mut wanted = File::ALL.to_vec();
    wanted.sort_by_key(|&file| gz_len(file));
    let mut missing = Vec::new();
    for &file in &wanted {
        if cancel.load(Ordering::Relaxed) {
            return Err(FetchError::Cancelled);
        }
        if !folder.is_there(file)? {
            missing.push(file);
        }
    }
    let total: u64 = missing.iter().map(|&file| gz_len(file)).sum();
    let mut done = 0;
    let mut mirrors: Vec<&str> = options.mirrors.iter().map(String::as_str).collect();
    let mut interrupted = false;
    for file in missing {
        let mut answers = Vec::new();
        let mut given_by = None;
        for &mirror in &mirrors {
            let url = format!("{}/{}", mirror.trim_end_matches('/'), file.gz_name());
            let mut on_bytes = |bytes: u64| progress(done + bytes.min(gz_len(file)), total);
            let download = Download { url: &url, file, folder, patience: options.patience, cancel };
            match from_mirror(&download, &mut on_bytes) {
                Ok(()) => {
                    given_by = Some(mirror);
                    break;
                }
                Err(Trouble::Cancelled) => return Err(FetchError::Cancelled),
                Err(Trouble::Disk(error)) => return Err(error),
                Err(Trouble::Interrupted { why, .. }) => {
                    interrupted = true;
                    answers.push(format!("{url}: {why}"));
                }
                Err(Trouble::Wrong(why)) => answers.push(format!("{url}: {why}")),
            }
        }
        let Some(given_by) = given_by else {
            let kept = (interrupted || folder.begun_before) && folder.holds_parts();
            return Err(FetchError::Mirrors { file: file.gz_name(), answers, kept });
        };
        // Whoever gave one file is asked first for the next: a dead mirror costs its time-out only once.
        mirrors.sort_by_key(|&mirror| mirror != given_by);
        done += gz_len(file);
        progress(done, total);
    }
    folder.publish(&wanted)
}

/// Gets one file from one mirror, checked and unpacked: asks again where a connection broke off, and once more from the
/// beginning if what was pieced together is wrong.
fn from_mirror(download: &Download, on_bytes: &mut dyn FnMut(u64)) -> Result<(), Trouble> {
    let mut goes = 1;
    loop {
        let pieced_together = match download.go_on(on_bytes) {
            Ok(resumed) => resumed,
            Err(Trouble::Interrupted { gained: true, .. }) if goes < GOES => {
                goes += 1;
                continue;
            }
            Err(trouble) => return Err(trouble),
        };
        let part = download.folder.part(download.file);
        let original = download.folder.original(download.file);
        let checked = unpack::unpack(&part, original, &download.folder.ready(download.file), download.cancel);
        if matches!(checked, Ok(()) | Err(Trouble::Wrong(_))) {
            folder::remove(&part);
        }
        match checked {
            Err(Trouble::Wrong(_)) if pieced_together && goes < GOES => goes += 1,
            outcome => return outcome,
        }
    }
}
