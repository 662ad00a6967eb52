//! The four files as one set: do they belong together, and what are they?

use super::catalog::File;
use super::error::DataError;
use super::idx::{Idx, hex};
use super::source::read_four;
use super::{CLASSES, FASHION_CLASSES, SIDE};
use crate::text::thousands;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Pictures of 28×28 bytes (0 = black) and the class of each. An index means the same picture for ever.
pub struct Images {
    /// The IDX file as it was read: pixels begin after its header, and are not copied out of it.
    file: Vec<u8>,
    labels: Vec<u8>,
}

impl Images {
    /// Pictures whose classes nobody knows: all are of class 0.
    pub fn unlabelled(pictures: &[Vec<u8>]) -> Self {
        let mut file = vec![0; File::TrainImages.header_len()];
        for picture in pictures {
            let end = file.len() + SIDE * SIDE;
            file.extend_from_slice(picture);
            file.resize(end, 0);
        }
        Self { file, labels: vec![0; pictures.len()] }
    }

    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The 784 bytes of the picture at `index` (below [`len`](Self::len)), row by row.
    pub fn pixels(&self, index: usize) -> &[u8] {
        let start = File::TrainImages.header_len() + index * SIDE * SIDE;
        &self.file[start..start + SIDE * SIDE]
    }

    /// The class of the picture at `index` (below [`len`](Self::len)).
    pub fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }

    /// The class of every picture.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Images({})", self.len())
    }
}

/// A checked set of pictures to train on and to be judged by.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The training files, to be split into training and validation.
    pub train: Arc<Images>,
    /// The test files.
    pub test: Arc<Images>,
    /// Where it was read from; `None`: the sample inside the program.
    pub folder: Option<PathBuf>,
    /// In class order; plain numbers where the set is not Fashion-MNIST.
    pub class_names: Vec<String>,
    /// What a person should know: that it is the sample, or not Fashion-MNIST.
    pub note: Option<String>,
    /// Follows from the raw bytes of the four files and from nothing else: SHA-256 over their MD5s.
    pub digest: String,
}

/// What a set turned out to be.
pub(super) enum Identity {
    FashionMnist,
    Other { classes: usize },
}

/// Checks that four sound files belong together.
pub(super) fn check_together(files: [&Idx; 4]) -> Result<Identity, DataError> {
    let pairs = || File::ALL.into_iter().zip(files);
    for (file, idx) in pairs() {
        if let Some(other) = File::by_md5(&idx.md5).filter(|other| *other != file) {
            let found = format!("{} under its name: the files are swapped", other.name());
            return Err(DataError::content(&idx.path, file.name(), found));
        }
    }
    let [train_images, train_labels, test_images, test_labels] = files;
    for (images, labels) in [(train_images, train_labels), (test_images, test_labels)] {
        if images.count != labels.count {
            let swapped = train_images.count == test_labels.count && test_images.count == train_labels.count;
            let whose = if swapped { "the train and t10k files are swapped" } else { "they are of another set" };
            let expected = format!("a label for each of the {} pictures beside it", thousands(images.count as u64));
            let found = format!("{} labels: {whose}", thousands(labels.count as u64));
            return Err(DataError::content(&labels.path, expected, found));
        }
    }
    for labels in [train_labels, test_labels] {
        let outside = labels.labels().iter().enumerate().find(|(_, label)| usize::from(**label) >= CLASSES);
        if let Some((index, label)) = outside {
            let found = format!("{label} as the label of picture {index}");
            return Err(DataError::content(&labels.path, "labels from 0 to 9", found));
        }
    }
    let strange = pairs().find(|(file, idx)| idx.md5 != file.original().raw_md5);
    let known = pairs().any(|(file, idx)| idx.md5 == file.original().raw_md5);
    match strange {
        None => Ok(Identity::FashionMnist),
        // Four strangers are another set; one stranger among Fashion-MNIST's own is a damaged or foreign file.
        Some((file, idx)) if known => {
            let expected = format!("Fashion-MNIST's, as the files beside it are (raw MD5 {})", file.original().raw_md5);
            Err(DataError::content(&idx.path, expected, format!("other content (raw MD5 {})", idx.md5)))
        }
        Some(_) => {
            let highest = [train_labels, test_labels].iter().flat_map(|idx| idx.labels()).max();
            let classes = usize::from(highest.copied().unwrap_or(0)) + 1;
            if classes < 2 {
                return Err(DataError::content(&train_labels.path, "at least two classes", "nothing but label 0"));
            }
            Ok(Identity::Other { classes })
        }
    }
}

impl Dataset {
    /// Puts four sound files together. `folder` is `None` for the sample.
    pub(super) fn assemble(files: [Result<Idx, DataError>; 4], folder: Option<&Path>) -> Result<Self, DataError> {
        let [a, b, c, d] = files;
        let files = [a?, b?, c?, d?];
        let identity = check_together(files.each_ref())?;
        let digest = hex(&files.iter().fold(Sha256::new(), |sum, idx| sum.chain_update(&idx.md5)).finalize());
        let sizes = format!("{} + {}", thousands(files[0].count as u64), thousands(files[2].count as u64));
        let fashion = || FASHION_CLASSES.map(str::to_owned).to_vec();
        let (class_names, note) = match identity {
            Identity::FashionMnist => (fashion(), None),
            Identity::Other { .. } if folder.is_none() => {
                (fashion(), Some(format!("the embedded sample: {sizes} of Fashion-MNIST's 60,000 + 10,000 pictures")))
            }
            Identity::Other { classes } => (
                (0..classes).map(|class| class.to_string()).collect(),
                Some(format!("not Fashion-MNIST: {sizes} pictures of {classes} classes in its format")),
            ),
        };
        let [train_images, train_labels, test_images, test_labels] = files;
        let images =
            |images: Idx, labels: &Idx| Arc::new(Images { file: images.bytes, labels: labels.labels().to_vec() });
        Ok(Self {
            train: images(train_images, &train_labels),
            test: images(test_images, &test_labels),
            folder: folder.map(Path::to_path_buf),
            class_names,
            note,
            digest,
        })
    }
}

/// One file of the sample inside the program.
pub(super) fn sample_file(file: File) -> Result<Idx, DataError> {
    let gz: &[u8] = match file {
        File::TrainImages => include_bytes!("../../assets/sample/train-images-idx3-ubyte.gz"),
        File::TrainLabels => include_bytes!("../../assets/sample/train-labels-idx1-ubyte.gz"),
        File::TestImages => include_bytes!("../../assets/sample/t10k-images-idx3-ubyte.gz"),
        File::TestLabels => include_bytes!("../../assets/sample/t10k-labels-idx1-ubyte.gz"),
    };
    Idx::read(&Path::new("(embedded sample)").join(file.gz_name()), file, gz, gz.len() as u64)
}

/// The sample inside the program: 6,000 + 1,000 real pictures, 600 + 100 of each class.
pub fn sample() -> Result<Dataset, DataError> {
    Dataset::assemble(read_four(sample_file), None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Four files of the same size with these sums.
    fn files(sums: [&str; 4]) -> [Idx; 4] {
        File::ALL.map(|file| Idx {
            path: file.name().into(),
            bytes: [vec![0; file.header_len()], vec![1; 2 * file.item_len()]].concat(),
            count: 2,
            md5: sums[file as usize].to_owned(),
        })
    }

    #[test]
    fn one_strange_file_among_fashion_mnists_own_is_named_with_both_sums() {
        let sums = File::ALL.map(|file| file.original().raw_md5);
        assert!(matches!(check_together(files(sums).each_ref()), Ok(Identity::FashionMnist)));
        for file in File::ALL {
            let mut sums = sums;
            sums[file as usize] = "00112233445566778899aabbccddeeff";
            let message = check_together(files(sums).each_ref()).err().unwrap().to_string();
            let expected = format!(
                "{}: expected Fashion-MNIST's, as the files beside it are (raw MD5 {}), found other content (raw MD5 \
                 00112233445566778899aabbccddeeff); ",
                file.name(),
                file.original().raw_md5
            );
            assert!(message.starts_with(&expected), "{message}");
        }
    }

    #[test]
    fn fashion_mnists_files_under_each_others_names_are_told_apart() {
        let [a, b, c, d] = File::ALL.map(|file| file.original().raw_md5);
        let message = check_together(files([c, d, a, b]).each_ref()).err().unwrap().to_string();
        assert!(
            message.starts_with(
                "train-images-idx3-ubyte: expected train-images-idx3-ubyte, found t10k-images-idx3-ubyte under its name: the files are swapped"
            ),
            "{message}"
        );
    }
}
