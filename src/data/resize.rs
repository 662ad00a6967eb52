//! Pillow's bilinear resize, bit for bit: `transforms.Resize(to)` of a 28×28 grey picture, before `ToTensor`.
//!
//! Pillow goes over the picture twice, first along rows, then along columns, in fixed point with 22 bits of fraction,
//! and rounds to bytes after each. Enlarging, at most two pixels count towards one. `ToTensor` then divides by 255
//! (`byte as f32 / 255.0`: multiplying by 1/255 gives other bits for half of the levels).

use super::SIDE;

const FRACTION_BITS: u32 = 22;
const HALF: i32 = 1 << (FRACTION_BITS - 1);

/// The two neighbours that make up one output pixel: `weights[0]·in[first] + weights[1]·in[first + 1]`.
#[derive(Clone, Copy)]
struct Tap {
    first: usize,
    weights: [i32; 2],
}

/// Enlarges 28×28 pictures to `to` × `to`. The weights are worked out once.
#[derive(Clone)]
pub struct Resizer {
    to: usize,
    taps: Vec<Tap>,
}

impl Resizer {
    /// For pictures of `to` × `to` pixels.
    ///
    /// # Panics
    /// If `to` is below 28: making pictures smaller takes more neighbours, and no net here wants it.
    pub fn new(to: usize) -> Self {
        assert!(to >= SIDE, "pictures of {SIDE}×{SIDE} can be enlarged, not made {to}×{to}");
        Self { to, taps: (0..to).map(|place| Tap::new(place, to)).collect() }
    }

    /// Pixels along a side of what comes out.
    pub fn side(&self) -> usize {
        self.to
    }

    /// Resizes one picture: `from` has 784 bytes, `to` has `side`² bytes.
    pub fn resize(&self, from: &[u8], to: &mut [u8]) {
        if self.to == SIDE {
            return to.copy_from_slice(from);
        }
        // One row of `wide` after the other, each only when the first output row asks for it.
        let mut wide = vec![0; SIDE * self.to];
        for (row, wide) in from.chunks_exact(SIDE).zip(wide.chunks_exact_mut(self.to)) {
            self.widen(row, wide);
        }
        for (tap, to) in self.taps.iter().zip(to.chunks_exact_mut(self.to)) {
            let (above, below) = wide[tap.first * self.to..][..2 * self.to].split_at(self.to);
            blend(above, below, tap.weights, to);
        }
    }

    fn widen(&self, row: &[u8], wide: &mut [u8]) {
        for (tap, wide) in self.taps.iter().zip(wide) {
            let [a, b] = [row[tap.first], row[tap.first + 1]];
            *wide = mix(a, b, tap.weights);
        }
    }
}

impl Tap {
    /// Pillow's `precompute_coeffs` with its triangle filter, for enlarging from 28 to `to`.
    fn new(place: usize, to: usize) -> Self {
        let scale = SIDE as f64 / to as f64;
        let centre = (place as f64 + 0.5) * scale;
        let low = (centre - 0.5).max(0.0) as usize;
        let high = ((centre + 1.5) as usize).min(SIDE);
        let triangle = |x: usize| if x < high { (1.0 - (x as f64 - centre + 0.5).abs()).max(0.0) } else { 0.0 };
        let raw = [triangle(low), triangle(low + 1)];
        let sum = raw[0] + raw[1];
        let fixed = raw.map(|weight| (0.5 + weight / sum * f64::from(1 << FRACTION_BITS)) as i32);
        // The last pixel stands alone; it is written as the second of a pair, so that a pair is always inside.
        if low + 1 < SIDE {
            Self { first: low, weights: fixed }
        } else {
            Self { first: low - 1, weights: [fixed[1], fixed[0]] }
        }
    }
}

fn mix(a: u8, b: u8, weights: [i32; 2]) -> u8 {
    ((i32::from(a) * weights[0] + i32::from(b) * weights[1] + HALF) >> FRACTION_BITS) as u8
}

/// Mixes two rows into one.
fn blend(above: &[u8], below: &[u8], weights: [i32; 2], to: &mut [u8]) {
    for ((to, &a), &b) in to.iter_mut().zip(above).zip(below) {
        *to = mix(a, b, weights);
    }
}
