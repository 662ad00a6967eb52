//! One IDX file: read from any stream, believed only as far as its bytes go.

use super::SIDE;
use super::catalog::File;
use super::error::DataError;
use crate::text::thousands;
use flate2::bufread::MultiGzDecoder;
use md5::{Digest, Md5};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Pictures in a file that this program takes: beyond any set in this format, and what fits into memory.
const MOST_ITEMS: u64 = 1 << 20;

/// Room made at once for each byte of a compressed file. Pictures pack to about a half; what packs better makes the
/// buffer grow as it comes.
const ROOM_PER_GZ_BYTE: u64 = 8;

const IMAGES_MAGIC: u32 = 0x0803;
const LABELS_MAGIC: u32 = 0x0801;

/// A file that was read whole: its header is sound and its length is what the header declares.
pub(super) struct Idx {
    pub(super) path: PathBuf,
    /// The raw file, header and all.
    pub(super) bytes: Vec<u8>,
    pub(super) count: usize,
    /// MD5 of `bytes`, as hexadecimal digits.
    pub(super) md5: String,
}

impl Idx {
    /// Opens and reads a file, gzipped or raw as its first bytes say (browsers unpack a `.gz` and keep its name).
    pub(super) fn open(path: &Path, file: File) -> Result<Self, DataError> {
        let opened = std::fs::File::open(path).map_err(|error| DataError::io(path, error))?;
        let len = opened.metadata().map_err(|error| DataError::io(path, error))?.len();
        Self::read(path, file, BufReader::with_capacity(1 << 16, opened), len)
    }

    /// Reads from a stream of `len` bytes; `path` is what errors name.
    pub(super) fn read(path: &Path, file: File, mut stream: impl BufRead, len: u64) -> Result<Self, DataError> {
        let first = stream.fill_buf().map_err(|error| DataError::io(path, error))?;
        let bytes = if first.starts_with(&[0x1f, 0x8b]) {
            let mut unpacked = MultiGzDecoder::new(stream);
            read_checked(path, file, &mut unpacked, len.saturating_mul(ROOM_PER_GZ_BYTE))?
        } else {
            read_checked(path, file, &mut stream, len)?
        };
        let count = (bytes.len() - file.header_len()) / file.item_len();
        let md5 = hex(&Md5::digest(&bytes));
        Ok(Self { path: path.to_path_buf(), bytes, count, md5 })
    }

    /// The label of every picture, in a file of labels.
    pub(super) fn labels(&self) -> &[u8] {
        &self.bytes[File::TrainLabels.header_len()..]
    }
}

/// Reads header and body. Room is made at once for `room` bytes at most, whatever the header declares.
fn read_checked(path: &Path, file: File, stream: &mut dyn Read, room: u64) -> Result<Vec<u8>, DataError> {
    let failed = |error: io::Error, so_far: usize| match error.kind() {
        io::ErrorKind::UnexpectedEof => DataError::content(
            path,
            "a whole gzip file",
            format!("one that breaks off after {} unpacked bytes", thousands(so_far as u64)),
        ),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            DataError::content(path, "a gzip file", format!("damaged gzip data ({error})"))
        }
        _ => DataError::io(path, error),
    };
    let mut bytes = Vec::new();
    stream.take(file.header_len() as u64).read_to_end(&mut bytes).map_err(|error| failed(error, 0))?;
    let expected = check_header(path, file, &bytes)?;
    bytes.reserve(expected.saturating_sub(bytes.len() as u64).min(room) as usize);
    let body = expected - bytes.len() as u64;
    // One byte more than declared, so that a longer file is noticed, and a gzip stream is read to its checksum.
    if let Err(error) = stream.take(body + 1).read_to_end(&mut bytes) {
        return Err(failed(error, bytes.len()));
    }
    let found = bytes.len() as u64;
    if found == expected {
        Ok(bytes)
    } else {
        let found = if found > expected { "more".to_owned() } else { thousands(found) };
        Err(DataError::content(path, format!("{} bytes, as its header declares", thousands(expected)), found))
    }
}

/// What the whole file should measure, from its header.
fn check_header(path: &Path, file: File, header: &[u8]) -> Result<u64, DataError> {
    let (magic, what) = if file.holds_images() {
        (IMAGES_MAGIC, "an IDX file of pictures (magic number 2051)")
    } else {
        (LABELS_MAGIC, "an IDX file of labels (magic number 2049)")
    };
    let field = |index: usize| {
        header.get(index * 4..index * 4 + 4).and_then(|field| field.try_into().ok()).map(u32::from_be_bytes)
    };
    let (Some(found), Some(count)) = (field(0), field(1)) else {
        return Err(DataError::content(path, what, not_idx(header)));
    };
    if found != magic {
        let found = match found {
            IMAGES_MAGIC => "one of pictures (2051): the files are swapped".to_owned(),
            LABELS_MAGIC => "one of labels (2049): the files are swapped".to_owned(),
            _ => not_idx(header),
        };
        return Err(DataError::content(path, what, found));
    }
    if file.holds_images() {
        let (Some(rows), Some(columns)) = (field(2), field(3)) else {
            return Err(DataError::content(path, what, not_idx(header)));
        };
        if (rows, columns) != (SIDE as u32, SIDE as u32) {
            let found = format!("{rows}×{columns}");
            return Err(DataError::content(path, "pictures of 28×28 pixels", found));
        }
    }
    let count = u64::from(count);
    if count == 0 || count > MOST_ITEMS {
        let things = if file.holds_images() { "pictures" } else { "labels" };
        let expected = format!("1 to {} {things}", thousands(MOST_ITEMS));
        return Err(DataError::content(path, expected, format!("{} declared", thousands(count))));
    }
    Ok(file.header_len() as u64 + count * file.item_len() as u64)
}

/// Names what the first bytes look like.
fn not_idx(start: &[u8]) -> String {
    let text = start.trim_ascii_start();
    if start.is_empty() {
        "an empty file".to_owned()
    } else if text.starts_with(b"<") {
        "an HTML page".to_owned()
    } else if start.len() < 8 {
        format!("only {} bytes", start.len())
    } else {
        format!("something else (it begins with {})", hex(&start[..4]))
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
