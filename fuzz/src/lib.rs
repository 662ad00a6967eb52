//! What is fed to each reader of foreign bytes; `tests/corpus.rs` replays the corpora through the same functions.

use alexnet_tui::{checkpoint, config, data};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::{env, fs, process};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A reader, by the name of its target and of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 5] =
    [("idx", idx), ("safetensors", safetensors), ("pickle", pickle), ("pth", pth), ("config", config)];

/// One of the four files of a data set: the first byte chooses which, the rest is the file.
pub fn idx(bytes: &[u8]) {
    if let [choice, bytes @ ..] = bytes {
        let file = data::File::ALL[usize::from(*choice) % data::File::ALL.len()];
        if let Err(error) = data::verify_bytes(file, bytes) {
            assert!(!error.to_string().is_empty());
        }
    }
}

/// A checkpoint, its metadata and every tensor; or plain weights.
pub fn safetensors(bytes: &[u8]) {
    let file = Scratch::holding(bytes);
    let state = checkpoint::read_state(&file.0);
    match checkpoint::read(&file.0, |_| true) {
        Ok(contents) => assert_eq!(state.ok().as_ref(), Some(&contents.state)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    weights(&file);
}

/// The pickle in what `torch.save` writes, and the archive around it.
pub fn pickle(bytes: &[u8]) {
    let dictionaries = checkpoint::parse_pickle(bytes);
    let numbers = [0x3f; 64];
    let archive =
        archive(&[("data.pkl", bytes), ("byteorder", b"little"), ("data/0", &numbers), ("data/1", &numbers[..8])]);
    let read = weights(&Scratch::holding(&archive));
    assert!(!read || dictionaries.is_ok());
}

/// A whole archive of `torch.save`.
pub fn pth(bytes: &[u8]) {
    weights(&Scratch::holding(bytes));
}

/// Whether weights are in the file.
fn weights(file: &Scratch) -> bool {
    match checkpoint::read_weights(&file.0, |_| true) {
        Ok(weights) => {
            for tensor in weights.tensors {
                assert_eq!(tensor.bytes.len(), tensor.shape.iter().product::<usize>() * 4, "{}", tensor.name);
            }
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// A zip archive without compression.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in entries {
        zip.start_file(format!("archive/{name}"), options).expect("an archive in memory can be written");
        zip.write_all(bytes).expect("an archive in memory can be written");
    }
    zip.finish().expect("an archive in memory can be written").into_inner()
}

/// The text of a configuration: refused in words, or the same again when it is written down and read.
pub fn config(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let path = Path::new("config.toml");
    match config::of_text(text, path) {
        Ok(config) => assert_eq!(config::of_text(&config.to_toml(), path).ok(), Some(config)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A file in memory, one for each thread, for a reader that wants a path.
struct Scratch(PathBuf);

impl Scratch {
    fn holding(bytes: &[u8]) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.to_owned() } else { env::temp_dir() };
        let path = folder.join(format!("alexnet-tui-fuzz-{}-{:?}", process::id(), std::thread::current().id()));
        fs::write(&path, bytes).expect("scratch files can be written");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
