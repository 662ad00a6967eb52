//! Sets on the disk, sound and broken in every way we could think of: what is wrong is named, nothing is half taken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use alexnet_tui::config::DataSource;
use alexnet_tui::data::{self, DataError, Dataset, FASHION_CLASSES, File, load};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const IMAGES: &str = "train-images-idx3-ubyte";
const LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

fn asset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sample").join(format!("{name}.gz"))
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut raw).unwrap();
    raw
}

fn gzip(raw: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(raw).unwrap();
    gz.finish().unwrap()
}

/// A folder with the sample's four `.gz`.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        for file in File::ALL {
            fs::copy(asset(file.name()), folder.gz(file.name())).unwrap();
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn gz(&self, name: &str) -> PathBuf {
        self.path().join(format!("{name}.gz"))
    }

    fn raw(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Changes a file's raw content.
    fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut raw = gunzip(&fs::read(self.gz(name)).unwrap());
        change(&mut raw);
        fs::write(self.gz(name), gzip(&raw)).unwrap();
    }

    fn swap(&self, one: &str, other: &str) {
        let between = self.path().join("between");
        fs::rename(self.gz(one), &between).unwrap();
        fs::rename(self.gz(other), self.gz(one)).unwrap();
        fs::rename(&between, self.gz(other)).unwrap();
    }

    fn load(&self) -> Result<Dataset, DataError> {
        load_folder(self.path())
    }

    /// The message for a broken set.
    fn message(&self) -> String {
        self.load().expect_err("a broken set").to_string()
    }
}

fn load_folder(folder: &Path) -> Result<Dataset, DataError> {
    load(&DataSource::Folder(folder.to_path_buf()), Path::new("/nowhere"))
}

#[test]
fn the_sample_has_as_many_pictures_of_each_class_and_says_what_it_is() {
    let set = load(&DataSource::Sample, Path::new("/nowhere")).unwrap();
    for (images, each) in [(&set.train, 600), (&set.test, 100)] {
        let mut seen = [0; 10];
        images.labels().iter().for_each(|&label| seen[usize::from(label)] += 1);
        assert_eq!(seen, [each; 10]);
    }
    assert_eq!(set.class_names, FASHION_CLASSES);
    assert_eq!(set.note.unwrap(), "the embedded sample: 6,000 + 1,000 of Fashion-MNIST's 60,000 + 10,000 pictures");
    assert_eq!(set.folder, None);
    // Its mean is near that of all 70,000, .2860.
    let sum: u64 = (0..set.train.len()).flat_map(|index| set.train.pixels(index)).map(|&pixel| u64::from(pixel)).sum();
    let mean = sum as f64 / (6_000.0 * 784.0 * 255.0);
    assert!((mean - 0.286).abs() < 0.005, "{mean}");
}

#[test]
fn another_sound_set_is_taken_with_a_note_gz_or_raw_alike() {
    let folder = Folder::new();
    let gz = folder.load().unwrap();
    assert_eq!(gz.note.unwrap(), "not Fashion-MNIST: 6,000 + 1,000 pictures of 10 classes in its format");
    assert_eq!(gz.class_names, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(gz.folder.as_deref(), Some(folder.path()));
    for name in [IMAGES, TEST_LABELS] {
        fs::write(folder.raw(name), gunzip(&fs::read(folder.gz(name)).unwrap())).unwrap();
        fs::remove_file(folder.gz(name)).unwrap();
    }
    // A browser may have unpacked a file and kept its name.
    let unpacked = gunzip(&fs::read(folder.gz(LABELS)).unwrap());
    fs::write(folder.gz(LABELS), unpacked).unwrap();
    let raw = folder.load().unwrap();
    assert_eq!(raw.digest, gz.digest, "the digest is over what the files hold, not how they are packed");
    assert_eq!(raw.train.pixels(5_999), gz.train.pixels(5_999));
    folder.change(TEST_IMAGES, |raw| raw[16] ^= 1);
    assert_ne!(folder.load().unwrap().digest, gz.digest);
}

#[test]
fn a_set_with_fewer_classes_has_fewer_names() {
    let folder = Folder::new();
    for name in [LABELS, TEST_LABELS] {
        folder.change(name, |raw| raw[8..].iter_mut().for_each(|label| *label %= 3));
    }
    assert_eq!(folder.load().unwrap().class_names, ["0", "1", "2"]);
    for name in [LABELS, TEST_LABELS] {
        folder.change(name, |raw| raw[8..].fill(0));
    }
    assert!(folder.message().contains("expected at least two classes, found nothing but label 0"));
}

#[test]
fn the_raw_file_is_taken_where_both_are_there() {
    let folder = Folder::new();
    fs::write(folder.raw(IMAGES), gunzip(&fs::read(folder.gz(IMAGES)).unwrap())).unwrap();
    fs::write(folder.gz(IMAGES), "nonsense").unwrap();
    assert!(folder.load().is_ok());
    fs::write(folder.raw(IMAGES), "").unwrap();
    fs::copy(asset(IMAGES), folder.gz(IMAGES)).unwrap();
    let message = folder.message();
    assert!(message.starts_with(&format!("{}: ", folder.raw(IMAGES).display())), "{message}");
}

/// Breaks one file of a sound set; the message must begin with the file's path and go on with the words.
#[rstest::rstest]
#[case::a_truncated_gz(IMAGES, &|f: &Folder| { let gz = fs::read(f.gz(IMAGES)).unwrap(); fs::write(f.gz(IMAGES), &gz[..gz.len() / 2]).unwrap() },
    "expected a whole gzip file, found one that breaks off after ")]
#[case::a_gz_without_its_last_byte(LABELS, &|f: &Folder| { let gz = fs::read(f.gz(LABELS)).unwrap(); fs::write(f.gz(LABELS), &gz[..gz.len() - 1]).unwrap() },
    "expected a whole gzip file, found one that breaks off after 6,008 unpacked bytes")]
#[case::a_flipped_bit_in_a_gz(TEST_IMAGES, &|f: &Folder| { let mut gz = fs::read(f.gz(TEST_IMAGES)).unwrap(); let crc = gz.len() - 6; gz[crc] ^= 1; fs::write(f.gz(TEST_IMAGES), gz).unwrap() },
    "expected a gzip file, found damaged gzip data (corrupt gzip stream does not have a matching checksum)")]
#[case::an_html_page(LABELS, &|f: &Folder| fs::write(f.gz(LABELS), "<!DOCTYPE html><html>404</html>").unwrap(),
    "expected an IDX file of labels (magic number 2049), found an HTML page")]
#[case::a_zipped_html_page(LABELS, &|f: &Folder| fs::write(f.gz(LABELS), gzip(b"\n <html>404</html>")).unwrap(),
    "expected an IDX file of labels (magic number 2049), found an HTML page")]
#[case::an_empty_file(TEST_LABELS, &|f: &Folder| fs::write(f.gz(TEST_LABELS), "").unwrap(),
    "expected an IDX file of labels (magic number 2049), found an empty file")]
#[case::a_few_bytes(TEST_LABELS, &|f: &Folder| fs::write(f.gz(TEST_LABELS), [0, 0, 8, 1, 0]).unwrap(),
    "expected an IDX file of labels (magic number 2049), found only 5 bytes")]
#[case::something_else(IMAGES, &|f: &Folder| fs::write(f.gz(IMAGES), b"\x89PNG\r\n\x1a\n0000").unwrap(),
    "expected an IDX file of pictures (magic number 2051), found something else (it begins with 89504e47)")]
#[case::pictures_and_labels_swapped(IMAGES, &|f: &Folder| f.swap(IMAGES, LABELS),
    "expected an IDX file of pictures (magic number 2051), found one of labels (2049): the files are swapped")]
#[case::train_and_test_swapped(LABELS, &|f: &Folder| f.swap(IMAGES, TEST_IMAGES),
    "expected a label for each of the 1,000 pictures beside it, found 6,000 labels: the train and t10k files are swapped")]
#[case::labels_of_another_set(LABELS, &|f: &Folder| f.change(LABELS, |raw| { raw[7] -= 1; raw.pop(); }),
    "expected a label for each of the 6,000 pictures beside it, found 5,999 labels: they are of another set")]
#[case::a_huge_count(IMAGES, &|f: &Folder| f.change(IMAGES, |raw| raw[4..8].fill(0xff)),
    "expected 1 to 1,048,576 pictures, found 4,294,967,295 declared")]
#[case::a_count_beyond_the_file(IMAGES, &|f: &Folder| f.change(IMAGES, |raw| raw[4..8].copy_from_slice(&1_000_000_u32.to_be_bytes())),
    "expected 784,000,016 bytes, as its header declares, found 4,704,016")]
#[case::no_pictures(IMAGES, &|f: &Folder| f.change(IMAGES, |raw| { raw[4..8].fill(0); raw.truncate(16); }),
    "expected 1 to 1,048,576 pictures, found 0 declared")]
#[case::pictures_cut_off(IMAGES, &|f: &Folder| f.change(IMAGES, |raw| raw.truncate(100_016)),
    "expected 4,704,016 bytes, as its header declares, found 100,016")]
#[case::bytes_too_many(TEST_IMAGES, &|f: &Folder| f.change(TEST_IMAGES, |raw| raw.push(0)),
    "expected 784,016 bytes, as its header declares, found more")]
#[case::larger_pictures(TEST_IMAGES, &|f: &Folder| f.change(TEST_IMAGES, |raw| raw[11] = 32),
    "expected pictures of 28×28 pixels, found 32×28")]
#[case::a_label_too_high(TEST_LABELS, &|f: &Folder| f.change(TEST_LABELS, |raw| raw[8 + 77] = 10),
    "expected labels from 0 to 9, found 10 as the label of picture 77")]
#[case::a_folder_in_its_place(LABELS, &|f: &Folder| { fs::remove_file(f.gz(LABELS)).unwrap(); fs::create_dir(f.gz(LABELS)).unwrap() },
    "expected a file, found a folder, a pipe or a device")]
fn what_is_wrong_is_named(#[case] file: &str, #[case] break_it: &dyn Fn(&Folder), #[case] words: &str) {
    let folder = Folder::new();
    break_it(&folder);
    let message = folder.message();
    let expected = format!("{}: {words}", folder.gz(file).display());
    assert!(message.starts_with(&expected), "\n{message}\ndoes not begin with\n{expected}");
    assert!(message.contains("; replace the file (`alexnet-tui data fetch`"), "what to do: {message}");
    // `data verify` finds the same file at fault.
    let reports = data::verify(folder.path());
    let at_fault: Vec<String> =
        reports.iter().filter_map(|report| Some(report.outcome.as_ref().err()?.to_string())).collect();
    assert!(at_fault.contains(&message), "{at_fault:?}");
}

#[test]
fn a_pipe_is_not_waited_for() {
    let folder = Folder::new();
    fs::remove_file(folder.gz(LABELS)).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.gz(LABELS)).status().unwrap();
    assert!(made.success());
    assert!(folder.message().contains("expected a file, found a folder, a pipe or a device"));
}

#[test]
fn part_of_a_set_is_never_taken_and_never_passed_over() {
    let folder = Folder::new();
    fs::remove_file(folder.gz(TEST_LABELS)).unwrap();
    let expected = format!(
        "{}: the set is incomplete, 1 of 4 files are missing: {TEST_LABELS}; `alexnet-tui data fetch` downloads a whole set, \
         `--data sample` does without",
        folder.path().display()
    );
    assert_eq!(folder.message(), expected);
    let whole = Folder::new();
    let places = [folder.path().to_path_buf(), whole.path().to_path_buf()];
    assert_eq!(data::find(&places).unwrap_err().to_string(), expected);
    let mut wrong: Vec<_> = data::verify(folder.path()).into_iter().filter_map(|report| report.outcome.err()).collect();
    let message = wrong.pop().unwrap().to_string();
    assert!(wrong.is_empty());
    let missing = format!("{}: expected a file, raw or as .gz, found nothing; ", folder.raw(TEST_LABELS).display());
    assert!(message.starts_with(&missing), "{message}");
}

#[test]
fn the_first_place_that_holds_a_set_is_used_and_an_empty_one_passed_over() {
    let (empty, first, second) = (TempDir::new().unwrap(), Folder::new(), Folder::new());
    fs::write(empty.path().join(".train-images-idx3-ubyte.gz.part"), "a download under way").unwrap();
    fs::write(empty.path().join("file"), "").unwrap();
    let none = [empty.path().to_path_buf(), empty.path().join("no such"), empty.path().join("file/below")];
    assert_eq!(data::find(&none).unwrap(), None);
    let places = [&none[..], &[first.path().to_path_buf(), second.path().to_path_buf()]].concat();
    assert_eq!(data::find(&places).unwrap().as_deref(), Some(first.path()));
}

#[test]
fn a_data_folder_in_torchvisions_layout_is_found_by_auto() {
    let data_dir = TempDir::new().unwrap();
    let raw = data_dir.path().join("FashionMNIST/raw");
    fs::create_dir_all(&raw).unwrap();
    for file in File::ALL {
        fs::copy(asset(file.name()), raw.join(file.gz_name())).unwrap();
    }
    let set = load(&DataSource::Auto, data_dir.path()).unwrap();
    assert_eq!(set.folder, Some(raw.clone()));
    // A broken set in the first place is an error, whatever the places after it hold.
    fs::write(raw.join(format!("{LABELS}.gz")), "").unwrap();
    assert!(load(&DataSource::Auto, data_dir.path()).is_err());
    // By name it is that folder and no other, but the message knows better.
    let message = load_folder(data_dir.path()).unwrap_err().to_string();
    assert!(message.ends_with(&format!("did you mean `--data {}`?", raw.display())), "{message}");
}

#[test]
fn a_folder_that_is_none_is_named() {
    let place = TempDir::new().unwrap();
    let message = |path: &Path| load_folder(path).unwrap_err().to_string();
    let nowhere = place.path().join("nowhere");
    assert!(message(&nowhere).starts_with(&format!("{}: expected a folder", nowhere.display())));
    assert!(message(&nowhere).contains("found nothing"));
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(message(&file).contains("found a file"));
    assert!(message(place.path()).contains("found none of them"));
}

/// Runs on a thread that has no more rights than anybody, also when the tests run as root.
fn without_privileges<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let nobody = rustix::process::Uid::from_raw(65_534);
                // Of this thread alone, and of those that it starts.
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            work()
        });
        thread.join().unwrap()
    })
}

#[test]
fn a_folder_or_file_without_rights_is_named() {
    let folder = Folder::new();
    let set_mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let denied = |path: &Path| {
        format!(
            "{}: no permission to read it; change its rights (chmod), or choose another set with `--data`",
            path.display()
        )
    };
    set_mode(folder.path(), 0o000);
    assert_eq!(without_privileges(|| folder.message()), denied(folder.path()));
    let places = [folder.path().to_path_buf()];
    assert_eq!(without_privileges(|| data::find(&places).unwrap_err().to_string()), denied(folder.path()));
    set_mode(folder.path(), 0o755);
    set_mode(&folder.gz(LABELS), 0o000);
    assert_eq!(without_privileges(|| folder.message()), denied(&folder.gz(LABELS)));
}

/// A sound set of a few pictures, raw.
fn small_set() -> [(&'static str, Vec<u8>); 4] {
    let images = |count: u8| {
        let mut raw = vec![0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28];
        raw.extend((0..usize::from(count) * 784).map(|n| (n * 31 % 256) as u8));
        raw
    };
    let labels = |count: u8| [vec![0, 0, 8, 1, 0, 0, 0, count], (0..count).map(|n| n % 10).collect()].concat();
    [(IMAGES, images(6)), (LABELS, labels(6)), (TEST_IMAGES, images(4)), (TEST_LABELS, labels(4))]
}

#[derive(Clone, Debug)]
enum Mangling {
    Set(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Replace(Vec<u8>),
}

fn mangling() -> impl Strategy<Value = Mangling> {
    prop_oneof![
        // Mostly the header, where a byte means much.
        4 => (0..20_usize, any::<u8>()).prop_map(|(at, byte)| Mangling::Set(at, byte)),
        2 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mangling::Set(at, byte)),
        2 => any::<usize>().prop_map(Mangling::Cut),
        1 => (any::<usize>(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Mangling::Insert(at, bytes)),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(Mangling::Replace),
    ]
}

fn mangle(bytes: &mut Vec<u8>, manglings: &[Mangling]) {
    for mangling in manglings {
        let len = bytes.len();
        match mangling {
            Mangling::Set(at, byte) if len > 0 => bytes[at % len] = *byte,
            Mangling::Set(..) => {}
            Mangling::Cut(at) => bytes.truncate(at % (len + 1)),
            Mangling::Insert(at, new) => drop(bytes.splice(at % (len + 1)..at % (len + 1), new.iter().copied())),
            Mangling::Replace(new) => bytes.clone_from(new),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_files_hold_nothing_panics_and_no_wrong_count_is_taken(
        which in 0..4_usize,
        zipped in any::<bool>(),
        mangle_the_zip in any::<bool>(),
        manglings in prop::collection::vec(mangling(), 1..4),
    ) {
        let folder = TempDir::new().unwrap();
        let mut contents = small_set();
        for (place, (name, raw)) in contents.iter_mut().enumerate() {
            let mangled = place == which;
            if mangled && !(zipped && mangle_the_zip) {
                mangle(raw, &manglings);
            }
            let mut bytes = if zipped { gzip(raw) } else { raw.clone() };
            if mangled && zipped && mangle_the_zip {
                mangle(&mut bytes, &manglings);
            }
            let name = if zipped { format!("{name}.gz") } else { (*name).to_owned() };
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        match load_folder(folder.path()) {
            Ok(set) => {
                // What was taken has the shape that was written, and only values may differ.
                prop_assert_eq!((set.train.len(), set.test.len()), (6, 4));
                for images in [&set.train, &set.test] {
                    for index in 0..images.len() {
                        prop_assert_eq!(images.pixels(index).len(), 784);
                        prop_assert!(usize::from(images.label(index)) < set.class_names.len());
                    }
                }
                prop_assert!(data::verify(folder.path()).iter().all(|report| report.outcome.is_ok()));
            }
            Err(error) => prop_assert!(error.to_string().starts_with(&folder.path().display().to_string())),
        }
    }
}
