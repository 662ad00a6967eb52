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

    /// Bytes of Fashion-MNIST's raw file.
    pub(super) fn raw_len(self) -> u64 {
        match self {
            Self::TrainImages => 47_040_016,
            Self::TrainLabels => 60_008,
            Self::TestImages => 7_840_016,
            Self::TestLabels => 10_008,
        }
    }

    /// Bytes of the `.gz` that the mirrors serve. Others wrap the same data a little differently, so this is for
    /// telling progress only.
    pub(super) fn gz_len(self) -> u64 {
        match self {
            Self::TrainImages => 26_421_880,
            Self::TrainLabels => 29_515,
            Self::TestImages => 4_422_102,
            Self::TestLabels => 5_148,
        }
    }

    /// MD5 of Fashion-MNIST's raw file.
    pub(super) fn raw_md5(self) -> &'static str {
        match self {
            Self::TrainImages => "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            Self::TrainLabels => "9018921c3c673c538a1fc5bad174d6f9",
            Self::TestImages => "8181f5470baa50b63fa0f6fddb340f0a",
            Self::TestLabels => "15d484375f8d13e6eb1aabb0c3f46965",
        }
    }

    /// Which of Fashion-MNIST's files has this MD5.
    pub(super) fn by_md5(md5: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.raw_md5() == md5)
    }
}
