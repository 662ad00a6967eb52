//! Where the pictures are, how they are checked, split, ordered, resized and fetched ahead.
