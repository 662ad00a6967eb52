//! A tensor as a view of a storage: kind of number, offset and strides, and how it becomes row-major 32-bit floats.

use half::{bf16, f16};

/// What the numbers of a storage are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 64-bit floats.
    F64,
    /// 32-bit floats.
    F32,
    /// IEEE half precision.
    F16,
    /// The upper half of a 32-bit float.
    Bf16,
    /// Whole numbers or truth values of so many bytes: counters beside weights, and no weights.
    Other(usize),
}

impl Kind {
    /// Bytes a number.
    pub fn size(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Other(size) => size,
        }
    }

    /// The 32-bit floats of little-endian numbers, as little-endian bytes; `None`: these are no floats.
    pub fn to_f32(self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<u8> {
            let (numbers, _) = bytes.as_chunks::<N>();
            numbers.iter().flat_map(|&bytes| number(bytes).to_le_bytes()).collect()
        }
        match self {
            Self::F32 => Some(bytes),
            Self::F64 => Some(each(&bytes, |number| f64::from_le_bytes(number) as f32)),
            Self::F16 => Some(each(&bytes, |number| f16::from_le_bytes(number).to_f32())),
            Self::Bf16 => Some(each(&bytes, |number| bf16::from_le_bytes(number).to_f32())),
            Self::Other(_) => None,
        }
    }
}

/// Which numbers of a storage a tensor is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Of its first number, in numbers.
    pub offset: usize,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Numbers between neighbours along each of them.
    pub strides: Vec<usize>,
}

impl View {
    /// How many numbers it has, where all of them lie in a storage of `elements` and no more are made of it; else what is
    /// wrong.
    pub fn check(&self, elements: usize) -> Result<usize, String> {
        let Self { offset, shape, strides } = self;
        if shape.len() != strides.len() || shape.len() > 16 {
            return Err(format!("{} sizes and {} strides", shape.len(), strides.len()));
        }
        let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
        // No more numbers than there are: a stride of 0 makes any number of them out of a few bytes.
        let count = count.filter(|&count| count <= elements);
        let count = count.ok_or_else(|| format!("shape {shape:?} has more numbers than its storage, {elements}"))?;
        if count == 0 {
            return Ok(0);
        }
        let reach = |sum: usize, (&size, &stride): (&usize, &usize)| sum.checked_add((size - 1).checked_mul(stride)?);
        let last = shape.iter().zip(strides).try_fold(*offset, reach);
        match last {
            Some(last) if last < elements => Ok(count),
            _ => Err(format!(
                "shape {shape:?} with strides {strides:?} from {offset} reaches beyond its storage of {elements} numbers"
            )),
        }
    }

    /// Whether its numbers lie one after the other in row-major order.
    fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.shape.iter().zip(&self.strides).rev().all(|(&size, &stride)| {
            let fits = size == 1 || stride == expected;
            expected *= size;
            fits
        })
    }

    /// Its numbers, `size` bytes each, in row-major order. `storage` holds all of them ([`check`](Self::check)).
    pub fn gather(&self, storage: &[u8], size: usize, count: usize) -> Vec<u8> {
        if count == 0 {
            return Vec::new();
        }
        if self.is_contiguous() {
            return storage[self.offset * size..(self.offset + count) * size].to_vec();
        }
        let mut bytes = Vec::with_capacity(count * size);
        let mut index = vec![0; self.shape.len()];
        let mut at = self.offset;
        for _ in 0..count {
            bytes.extend_from_slice(&storage[at * size..(at + 1) * size]);
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                at += self.strides[axis];
                if index[axis] < self.shape[axis] {
                    break;
                }
                at -= self.strides[axis] * self.shape[axis];
                index[axis] = 0;
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn view(offset: usize, shape: &[usize], strides: &[usize]) -> View {
        View { offset, shape: shape.into(), strides: strides.into() }
    }

    #[test]
    fn a_view_is_read_in_row_major_order() {
        let storage: Vec<u8> = (0..24).collect();
        assert_eq!(view(1, &[2, 3], &[3, 1]).gather(&storage, 1, 6), [1, 2, 3, 4, 5, 6]);
        assert_eq!(view(0, &[3, 2], &[1, 3]).gather(&storage, 1, 6), [0, 3, 1, 4, 2, 5]);
        // Channels last: 1 picture, 2 channels, 2×2.
        assert_eq!(view(0, &[1, 2, 2, 2], &[8, 1, 4, 2]).gather(&storage, 1, 8), [0, 2, 4, 6, 1, 3, 5, 7]);
        assert_eq!(view(2, &[3], &[0]).gather(&storage, 2, 3), [4, 5, 4, 5, 4, 5]);
        assert_eq!(view(3, &[], &[]).gather(&storage, 1, 1), [3]);
    }

    #[test]
    fn what_reaches_beyond_its_storage_is_refused() {
        assert_eq!(view(0, &[2, 3], &[3, 1]).check(6), Ok(6));
        assert_eq!(view(0, &[0, 3], &[3, 1]).check(0), Ok(0));
        for (view, elements) in [
            (view(1, &[2, 3], &[3, 1]), 6),
            (view(0, &[1 << 20, 1 << 20, 1 << 30], &[0, 0, 0]), 6),
            (view(0, &[usize::MAX, 2], &[1, 1]), 6),
            (view(0, &[3], &[usize::MAX]), 6),
            (view(usize::MAX, &[2], &[1]), 6),
            (view(0, &[3], &[1, 1]), 6),
            (view(0, &[7], &[0]), 6),
        ] {
            assert!(view.check(elements).is_err(), "{view:?}");
        }
    }

    #[test]
    fn every_kind_of_float_becomes_the_same_number() {
        let expected = Some((-1.5_f32).to_le_bytes().to_vec());
        assert_eq!(Kind::F32.to_f32((-1.5_f32).to_le_bytes().to_vec()), expected);
        assert_eq!(Kind::F64.to_f32((-1.5_f64).to_le_bytes().to_vec()), expected);
        assert_eq!(Kind::F16.to_f32(0xbe00_u16.to_le_bytes().to_vec()), expected);
        assert_eq!(Kind::Bf16.to_f32(0xbfc0_u16.to_le_bytes().to_vec()), expected);
        assert_eq!(Kind::Other(8).to_f32(vec![0; 8]), None);
    }
}
