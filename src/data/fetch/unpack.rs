//! From a downloaded `.gz` to the raw file: unpacked, checked by its MD5 and written safely.

use super::FetchError;
use super::download::Trouble;
use crate::data::catalog::Original;
use crate::data::idx::hex;
use flate2::bufread::MultiGzDecoder;
use md5::{Digest, Md5};
use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const CHUNK: usize = 1 << 18;

/// Unpacks `gz` into `raw`, which is there and on the disk only if it is the original, byte for byte.
pub(super) fn unpack(gz: &Path, original: Original, raw: &Path, cancel: &AtomicBool) -> Result<(), Trouble> {
    let outcome = write_unpacked(gz, original, raw, cancel);
    if outcome.is_err() {
        // Half a file is of no use; that there may be none at all is no fault.
        let _ = fs::remove_file(raw);
    }
    outcome
}

fn write_unpacked(gz: &Path, original: Original, raw: &Path, cancel: &AtomicBool) -> Result<(), Trouble> {
    let disk = |path: &Path, error| Trouble::Disk(FetchError::disk(path)(error));
    let packed = fs::File::open(gz).map_err(|error| disk(gz, error))?;
    let mut unpacked = MultiGzDecoder::new(BufReader::with_capacity(CHUNK, packed));
    let mut to = fs::File::create(raw).map_err(|error| disk(raw, error))?;
    let mut sum = Md5::new();
    let mut len = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(Trouble::Cancelled);
        }
        let got = match unpacked.read(&mut chunk) {
            Ok(0) => break,
            Ok(got) => &chunk[..got],
            Err(error) => {
                return Err(match error.kind() {
                    io::ErrorKind::Interrupted => continue,
                    io::ErrorKind::UnexpectedEof => {
                        Trouble::Wrong(format!("gave a file that breaks off after {len} unpacked bytes"))
                    }
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                        Trouble::Wrong(format!("gave damaged gzip data ({error})"))
                    }
                    _ => disk(gz, error),
                });
            }
        };
        len += got.len() as u64;
        if len > original.raw_len {
            return Err(Trouble::Wrong(format!("gave more than the {} bytes expected", original.raw_len)));
        }
        sum.update(got);
        to.write_all(got).map_err(|error| disk(raw, error))?;
    }
    let md5 = hex(&sum.finalize());
    if md5 != original.raw_md5 {
        return Err(Trouble::Wrong(format!(
            "gave other content than Fashion-MNIST's (raw MD5 expected {}, found {md5})",
            original.raw_md5
        )));
    }
    to.sync_all().map_err(|error| disk(raw, error))
}

/// The MD5 of a file, as hexadecimal digits.
pub(super) fn hash_file(path: &Path) -> io::Result<String> {
    let mut from = fs::File::open(path)?;
    let mut sum = Md5::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(hex(&sum.finalize())),
            Ok(got) => sum.update(&chunk[..got]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
