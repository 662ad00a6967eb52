//! What the four files are called, and what Fashion-MNIST's own hold.

use super::SIDE;

/// One of the four files of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// The pictures to learn from.
    TrainImages,
    /// Their classes.
    TrainLabels,
    /// The pictures to be judged by.
    TestImages,
    /// Their classes.
    TestLabels,
}

impl File {
    /// All four, in the order in which they are read and named.
    pub const ALL: [Self; 4] = [Self::TrainImages, Self::TrainLabels, Self::TestImages, Self::TestLabels];

    /// The name of the raw file.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainImages => "train-images-idx3-ubyte",
            Self::TrainLabels => "train-labels-idx1-ubyte",
            Self::TestImages => "t10k-images-idx3-ubyte",
            Self::TestLabels => "t10k-labels-idx1-ubyte",
        }
    }

    /// The name of the compressed file.
    pub fn gz_name(self) -> String {
        format!("{}.gz", self.name())
    }

    /// Whether it holds pictures (else labels).
    pub fn holds_images(self) -> bool {
        matches!(self, Self::TrainImages | Self::TestImages)
    }

    /// Bytes before the first picture or label.
    pub(super) fn header_len(self) -> usize {
        if self.holds_images() { 16 } else { 8 }
    }

    /// Bytes of one picture or label.
    pub(super) fn item_len(self) -> usize {
        if self.holds_images() { SIDE * SIDE } else { 1 }
    }

    /// What Fashion-MNIST's own file is like.
    pub fn original(self) -> Original {
        let (raw_len, gz_len, raw_md5) = match self {
            Self::TrainImages => (47_040_016, 26_421_880, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
            Self::TrainLabels => (60_008, 29_515, "9018921c3c673c538a1fc5bad174d6f9"),
            Self::TestImages => (7_840_016, 4_422_102, "8181f5470baa50b63fa0f6fddb340f0a"),
            Self::TestLabels => (10_008, 5_148, "15d484375f8d13e6eb1aabb0c3f46965"),
        };
        Original { raw_len, gz_len, raw_md5 }
    }

    /// Which of Fashion-MNIST's files has this MD5.
    pub(super) fn by_md5(md5: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.original().raw_md5 == md5)
    }
}

/// By what a downloaded file is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Original {
    /// Bytes of the raw file.
    pub raw_len: u64,
    /// Bytes of the `.gz` that the mirrors serve. Others wrap the same data a little differently, so this is for telling
    /// progress only.
    pub gz_len: u64,
    /// MD5 of the raw file, as hexadecimal digits.
    pub raw_md5: &'static str,
}
