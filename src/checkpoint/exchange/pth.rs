//! What `torch.save` writes since PyTorch 1.6: a zip of a pickle and of a file of numbers for each storage.

use super::pickle::{self, Described, Dictionary, PickleError};
use super::{Outline, foreign, put};
use crate::checkpoint::contents::NamedTensor;
use crate::checkpoint::error::CheckpointError;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Several times the numbers of the largest net that this program knows: one storage may stand under many names.
const MOST_NUMBERS: usize = 1 << 28;

/// A pickle longer than this describes no net.
const LONGEST_PICKLE: u64 = 16 << 20;

/// Reads one dictionary of tensors; see [`super::read_weights`] for which.
pub(super) fn read(
    path: &Path,
    file: File,
    fits: impl Fn(&[Outline]) -> bool,
) -> Result<Vec<NamedTensor>, CheckpointError> {
    let mut archive = Archive::open(path, file)?;
    let pickle = archive.pickle()?;
    let dictionaries = pickle::parse(&pickle).map_err(|error| match error {
        PickleError::Forbidden(forbidden) => CheckpointError::Forbidden { path: path.into(), forbidden },
        PickleError::Broken { .. } => foreign(path, error.to_string()),
    })?;
    let chosen = choose(dictionaries, fits).ok_or_else(|| {
        foreign(path, "there is no dictionary of named tensors in it; save one with torch.save(model.state_dict(), …)")
    })?;
    // All of them are checked before the first is read.
    let mut counts = Vec::new();
    for (name, Described { storage, view }) in &chosen {
        let wrong = |reason: String| foreign(path, format!("tensor {name}: {reason}"));
        counts.push(view.check(storage.elements).map_err(wrong)?);
    }
    let all = counts.iter().fold(0, |sum: usize, &count| sum.saturating_add(count));
    if all > MOST_NUMBERS {
        return Err(foreign(path, format!("its tensors have {all} numbers; at most {MOST_NUMBERS} are read")));
    }
    // The storage read last: tensors that share one mostly stand beside each other.
    let (mut held, mut numbers) = (None, Vec::new());
    let mut tensors = Vec::new();
    for ((name, Described { storage, view }), count) in chosen.into_iter().zip(counts) {
        let size = storage.kind.size();
        if held.as_ref() != Some(&storage) {
            numbers = archive.storage(&storage.key, storage.elements, size)?;
            held = Some(storage.clone());
        }
        // Counters beside the weights (batches seen by a normalisation, say) are no weights.
        if let Some(bytes) = storage.kind.to_f32(view.gather(&numbers, size, count)) {
            tensors.push(NamedTensor { name, shape: view.shape, bytes });
        }
    }
    Ok(tensors)
}

/// The first that fits, else the one with the most numbers.
fn choose(dictionaries: Vec<Dictionary>, fits: impl Fn(&[Outline]) -> bool) -> Option<Dictionary> {
    let outline = |dictionary: &Dictionary| -> Vec<Outline> {
        dictionary.iter().map(|(name, tensor)| (name.clone(), tensor.view.shape.clone())).collect()
    };
    let numbers = |dictionary: &Dictionary| -> usize {
        dictionary.iter().fold(0, |sum, (_, tensor)| sum.saturating_add(tensor.storage.elements))
    };
    let place = dictionaries.iter().position(|dictionary| fits(&outline(dictionary)));
    let place = place.or_else(|| (0..dictionaries.len()).rev().max_by_key(|&at| numbers(&dictionaries[at])))?;
    dictionaries.into_iter().nth(place)
}

struct Archive<'a> {
    path: &'a Path,
    zip: ZipArchive<File>,
    /// The same file, to read what lies where the directory says.
    file: File,
    /// The folder in which everything lies, with its slash.
    root: String,
}

impl<'a> Archive<'a> {
    fn open(path: &'a Path, file: File) -> Result<Self, CheckpointError> {
        let no_zip = |error: zip::result::ZipError| {
            foreign(path, format!("a zip archive that is cut off or damaged ({error}); copy or save it again"))
        };
        let raw = file.try_clone().map_err(CheckpointError::io(path, "read"))?;
        let zip = ZipArchive::new(file).map_err(no_zip)?;
        let names: Vec<String> = zip.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
        if names.iter().any(|name| name.ends_with("/constants.pkl")) {
            let reason = "a TorchScript archive (a program, not weights alone); save torch.jit.load(…).state_dict() with \
                          torch.save";
            return Err(foreign(path, reason));
        }
        let root = names.iter().filter_map(|name| name.strip_suffix("data.pkl"));
        let Some(root) = root.min_by_key(|root| root.len()) else {
            return Err(foreign(path, "a zip archive, but none of torch.save: there is no data.pkl in it"));
        };
        let mut archive = Self { path, root: root.to_owned(), zip, file: raw };
        if let Some(order) = archive.entry("byteorder", 16)?
            && order != b"little"
        {
            return Err(foreign(path, "it was saved on a machine with another order of bytes"));
        }
        Ok(archive)
    }

    fn pickle(&mut self) -> Result<Vec<u8>, CheckpointError> {
        let missing = foreign(self.path, "there is no data.pkl in it");
        self.entry("data.pkl", LONGEST_PICKLE)?.ok_or(missing)
    }

    fn storage(&mut self, key: &str, elements: usize, size: usize) -> Result<Vec<u8>, CheckpointError> {
        let expected = (elements as u64).saturating_mul(size as u64);
        let name = format!("data/{key}");
        match self.entry(&name, expected)? {
            Some(bytes) if bytes.len() as u64 == expected => Ok(bytes),
            found => {
                let found = found.map_or("nothing".into(), |bytes| format!("{} bytes", bytes.len()));
                Err(foreign(self.path, format!("{name}: {expected} bytes expected, {found} found")))
            }
        }
    }

    /// An entry of at most so many bytes. torch.save compresses nothing; where it was told to leave out the check
    /// sums they are 0.
    fn entry(&mut self, name: &str, at_most: u64) -> Result<Option<Vec<u8>>, CheckpointError> {
        let path = self.path;
        let Some(index) = self.zip.index_for_name(&format!("{}{name}", self.root)) else { return Ok(None) };
        let broken = |reason: String| foreign(path, format!("{name}: {reason}; copy or save the file again"));
        let entry = self.zip.by_index_raw(index).map_err(|error| broken(error.to_string()))?;
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            return Err(broken("it is compressed or encrypted, which torch.save does not do".into()));
        }
        let (size, sum, start) = (entry.size(), entry.crc32(), entry.data_start());
        drop(entry);
        if size > at_most {
            return Err(broken(format!("at most {at_most} bytes expected, {size} found")));
        }
        let start = start.ok_or_else(|| broken("it lies nowhere".into()))?;
        let length = self.file.metadata().map_err(CheckpointError::io(path, "read"))?.len();
        if start.checked_add(size).is_none_or(|end| end > length) {
            return Err(broken("it reaches beyond the end of the file".into()));
        }
        let mut bytes = vec![0; size as usize];
        self.file
            .seek(SeekFrom::Start(start))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(CheckpointError::io(path, "read"))?;
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        if sum != 0 && sum != crc.sum() {
            return Err(broken("it is damaged (its check sum differs)".into()));
        }
        Ok(Some(bytes))
    }
}

/// Writes what `torch.save(model.state_dict(), path)` writes: `torch.load(path, weights_only=True)` gives it back.
pub fn write_pth(path: &Path, tensors: &[NamedTensor]) -> Result<(), CheckpointError> {
    put(path, |path| {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        // So that torch.load(…, mmap=True) finds the numbers where they can be used in place.
        let options = options.with_alignment(64);
        let mut zip = ZipWriter::new(BufWriter::with_capacity(1 << 20, File::create(path)?));
        let mut entry = |name: &str, bytes: &[u8]| -> io::Result<()> {
            zip.start_file(format!("archive/{name}"), options.large_file(bytes.len() > u32::MAX as usize))?;
            zip.write_all(bytes)
        };
        entry("data.pkl", &pickle_of(tensors))?;
        entry("byteorder", b"little")?;
        for (key, tensor) in tensors.iter().enumerate() {
            entry(&format!("data/{key}"), &tensor.bytes)?;
        }
        entry("version", b"3\n")?;
        zip.finish()?.flush()
    })
}

/// `OrderedDict` of name → tensor, in protocol 2; tensor `n`'s numbers are in `data/n`.
fn pickle_of(tensors: &[NamedTensor]) -> Vec<u8> {
    fn text(pickle: &mut Vec<u8>, text: &str) {
        pickle.push(b'X');
        pickle.extend((text.len() as u32).to_le_bytes());
        pickle.extend(text.as_bytes());
    }
    fn number(pickle: &mut Vec<u8>, number: usize) {
        // LONG1 of eight bytes: any size, and one way for all.
        pickle.extend([0x8a, 8]);
        pickle.extend((number as u64).to_le_bytes());
    }
    fn numbers(pickle: &mut Vec<u8>, all: &[usize]) {
        pickle.push(b'(');
        for &one in all {
            number(pickle, one);
        }
        pickle.push(b't');
    }
    let mut pickle = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    for (key, tensor) in tensors.iter().enumerate() {
        let mut strides = vec![1; tensor.shape.len()];
        for axis in (1..strides.len()).rev() {
            strides[axis - 1] = strides[axis] * tensor.shape[axis];
        }
        text(&mut pickle, &tensor.name);
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut pickle, "storage");
        pickle.extend(b"ctorch\nFloatStorage\n");
        text(&mut pickle, &key.to_string());
        text(&mut pickle, "cpu");
        number(&mut pickle, tensor.bytes.len() / 4);
        pickle.extend(b"tQ");
        number(&mut pickle, 0);
        numbers(&mut pickle, &tensor.shape);
        numbers(&mut pickle, &strides);
        // requires_grad, and no hooks.
        pickle.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    pickle.extend(b"u.");
    pickle
}
