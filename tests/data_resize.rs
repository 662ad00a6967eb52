//! Resizing gives the bits that torchvision's `Resize` and `ToTensor` give.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use alexnet_tui::data::{Resizer, sample};
use sha2::{Digest, Sha256};

/// The values that go into the net: the resized bytes divided by 255.
fn values(pixels: &[u8], side: usize) -> Vec<f32> {
    let mut resized = vec![0; side * side];
    Resizer::new(side).resize(pixels, &mut resized);
    resized.into_iter().map(|byte| f32::from(byte) / 255.0).collect()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn every_bit_of_a_resized_picture_is_torchvisions() {
    let images = sample().unwrap().train;
    let mut seen = 0;
    for line in include_str!("fixtures/resize/sums.csv").lines().skip(1) {
        let [class, index, side, sum] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        let (index, side) = (index.parse().unwrap(), side.parse().unwrap());
        assert_eq!(images.label(index).to_string(), class);
        let found = Sha256::digest(bytes(&values(images.pixels(index), side)));
        assert_eq!(format!("{found:x}"), sum, "picture {index} at {side}×{side}");
        seen += 1;
    }
    assert_eq!(seen, 100, "five pictures of each class, at 227 and at 224");
}

#[test]
fn rows_of_a_resized_picture_are_torchvisions_value_by_value() {
    const SIDE: usize = 227;
    let images = sample().unwrap().train;
    let rows = include_bytes!("fixtures/resize/rows.f32").chunks_exact(3 * SIDE * 4);
    assert_eq!(rows.len(), 10);
    for (class, rows) in rows.enumerate() {
        let index = (0..images.len()).find(|&index| usize::from(images.label(index)) == class).unwrap();
        let found = values(images.pixels(index), SIDE);
        let expected: Vec<f32> =
            rows.chunks_exact(4).map(|value| f32::from_le_bytes(value.try_into().unwrap())).collect();
        for (row, expected) in [0, SIDE / 2, SIDE - 1].into_iter().zip(expected.chunks_exact(SIDE)) {
            assert_eq!(&found[row * SIDE..(row + 1) * SIDE], expected, "class {class}, row {row}");
        }
    }
}
