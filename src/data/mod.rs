//! Where the pictures are, how they are checked, split, ordered, resized and fetched ahead.

mod catalog;
mod dataset;
mod error;
mod fetch;
mod idx;
mod partition;
mod picture;
mod prefetch;
mod resize;
mod source;
mod verify;

pub use catalog::{File, Original};
pub use dataset::{Dataset, Images, sample};
pub use error::DataError;
pub use fetch::{FetchError, FetchOptions, MIRRORS, fetch};
pub use partition::{Partition, epoch_order};
pub use picture::{Fitted, Invert, PictureError, read_picture};
pub use prefetch::{Batch, Beside, Numbers, Plan, Prefetch};
pub use resize::Resizer;
pub use source::{find, load, places};
pub use verify::{FileReport, Sound, verify, verify_bytes, verify_sample};

/// Pixels along a side of every picture on the disk.
pub const SIDE: usize = 28;

/// Classes of Fashion-MNIST, and the most that a set may have.
pub const CLASSES: usize = 10;

/// What the classes of Fashion-MNIST are called, in their order.
pub const FASHION_CLASSES: [&str; CLASSES] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];
