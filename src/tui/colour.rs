//! Colours as numbers: between two, how bright, and how far from another.

/// Red, green and blue, from 0 to 255.
fn channels(rgb: u32) -> [f64; 3] {
    [16, 8, 0].map(|shift| f64::from(rgb >> shift & 0xff))
}

/// So much of the way from one to the other.
pub fn mix(from: u32, to: u32, much: f64) -> u32 {
    let (from, to) = (channels(from), channels(to));
    (0..3).fold(0, |rgb, c| rgb << 8 | (from[c] + (to[c] - from[c]) * much).round() as u32)
}

fn linear(rgb: u32) -> [f64; 3] {
    channels(rgb).map(|c| {
        let c = c / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    })
}

/// WCAG's relative luminance.
pub(super) fn luminance(rgb: u32) -> f64 {
    let [red, green, blue] = linear(rgb);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// Whether black is easier to read on it than white: a luminance above √(1.05 · 0.05) − 0.05.
pub fn is_bright(rgb: u32) -> bool {
    luminance(rgb) > 0.179
}

#[cfg(test)]
pub use judged::{EYES, contrast, distance, number};

/// What the tests judge palettes by.
#[cfg(test)]
mod judged {
    use super::{linear, luminance};
    use ratatui::style::Color;

    type Matrix = [[f64; 3]; 3];

    /// Whole colour vision and the lack of each kind of cone, as matrices over linear sRGB (Machado, Oliveira and Fernandes
    /// 2009, severity 1).
    pub const EYES: [(&str, Matrix); 4] = [
        ("all", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopes",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopes",
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        ),
        (
            "tritanopes",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    /// A colour of 24 bits.
    pub fn number(color: Option<Color>) -> Option<u32> {
        match color? {
            Color::Rgb(red, green, blue) => Some(u32::from_be_bytes([0, red, green, blue])),
            _ => None,
        }
    }

    /// WCAG's contrast, from 1 to 21.
    pub fn contrast(a: u32, b: u32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// How far two colours are apart for an eye: ΔE in CIELAB (1976); above 2 they differ, above 25 plainly.
    pub fn distance(a: u32, b: u32, eye: Matrix) -> f64 {
        let seen = |rgb| lab(times(eye, linear(rgb)).map(|level| level.clamp(0.0, 1.0)));
        let (a, b) = (seen(a), seen(b));
        (0..3).map(|c| (a[c] - b[c]).powi(2)).sum::<f64>().sqrt()
    }

    fn times(matrix: Matrix, [x, y, z]: [f64; 3]) -> [f64; 3] {
        matrix.map(|[a, b, c]| a * x + b * y + c * z)
    }

    fn lab(rgb: [f64; 3]) -> [f64; 3] {
        const XYZ: Matrix = [
            [0.412_456_4, 0.357_576_1, 0.180_437_5],
            [0.212_672_9, 0.715_152_2, 0.072_175_0],
            [0.019_333_9, 0.119_192_0, 0.950_304_1],
        ];
        const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];
        let xyz = times(XYZ, rgb);
        let [x, y, z] = [0, 1, 2].map(|c| {
            let part: f64 = xyz[c] / WHITE[c];
            if part > 216.0 / 24_389.0 { part.cbrt() } else { (24_389.0 / 27.0 * part + 16.0) / 116.0 }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }
}
