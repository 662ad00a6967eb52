//! Anyone's picture as one of the data set's: grey, dark behind what it shows, fitted to the square.

use super::SIDE;
use image::imageops::{self, FilterType};
use image::{GrayImage, ImageReader, Luma};
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

/// Whether light and dark are exchanged: in the data set, things are light before black.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum Invert {
    /// Where the picture's rim is light.
    Auto,
    /// In any case.
    Yes,
    /// In no case.
    No,
}

/// A picture that is none, or can't be read.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file can't be read.
    #[error("{path}: could not read it: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no picture.
    #[error("{path}: expected a picture (png, jpg, webp, bmp), found {found}", path = .path.display())]
    NotAPicture {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
}

/// A picture made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// 28×28 bytes row by row, 0 = black, as in the data set.
    pub pixels: Vec<u8>,
    /// Whether light and dark were exchanged.
    pub inverted: bool,
    /// Width and height of the original.
    pub size: (u32, u32),
}

/// Reads a picture. What it is follows from its first bytes, not from its name.
pub fn read_picture(path: &Path, invert: Invert) -> Result<Fitted, PictureError> {
    let io = |source| PictureError::Io { path: path.into(), source };
    if path.is_dir() {
        return Err(PictureError::NotAPicture { path: path.into(), found: "a folder".into() });
    }
    let reader = File::open(path).map(|file| ImageReader::new(BufReader::new(file)));
    let reader = reader.and_then(ImageReader::with_guessed_format).map_err(io)?;
    let not = |found: String| PictureError::NotAPicture { path: path.into(), found };
    if reader.format().is_none() {
        return Err(not("something else".into()));
    }
    let picture = reader.decode().map_err(|error| match error {
        image::ImageError::IoError(source) if source.kind() != io::ErrorKind::UnexpectedEof => io(source),
        image::ImageError::IoError(_) => not("one that is cut off".into()),
        other => not(format!("one that can't be read ({other})")),
    })?;
    Ok(fit(&grey(&picture.to_rgba8()), invert))
}

/// Luma by ITU-R BT.601, as Pillow's "L"; what is transparent shows white paper.
fn grey(picture: &image::RgbaImage) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let luma = (red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16;
        Luma([((luma * alpha + 255 * (255 - alpha) + 127) / 255) as u8])
    })
}

/// Scales the longer side to 28 and centres the rest on what the rim looks like.
fn fit(picture: &GrayImage, invert: Invert) -> Fitted {
    let size = (picture.width(), picture.height());
    let rim = rim(picture);
    let inverted = match invert {
        Invert::Auto => rim >= 128,
        Invert::Yes => true,
        Invert::No => false,
    };
    let side = SIDE as u32;
    let longer = size.0.max(size.1).max(1);
    let scaled =
        |length: u32| ((u64::from(length) * u64::from(side) + u64::from(longer) / 2) / u64::from(longer)) as u32;
    let (width, height) = (scaled(size.0).clamp(1, side), scaled(size.1).clamp(1, side));
    let small = imageops::resize(picture, width, height, FilterType::Triangle);
    let mut square = GrayImage::from_pixel(side, side, Luma([rim]));
    imageops::replace(&mut square, &small, i64::from((side - width) / 2), i64::from((side - height) / 2));
    if inverted {
        imageops::invert(&mut square);
    }
    Fitted { pixels: square.into_raw(), inverted, size }
}

/// The median of its outermost pixels.
fn rim(picture: &GrayImage) -> u8 {
    let (width, height) = picture.dimensions();
    let mut rim: Vec<u8> = picture
        .enumerate_pixels()
        .filter(|(x, y, _)| *x == 0 || *y == 0 || x + 1 == width || y + 1 == height)
        .map(|(_, _, pixel)| pixel.0[0])
        .collect();
    rim.sort_unstable();
    rim.get(rim.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::data::sample;

    #[test]
    fn a_picture_of_the_data_set_stays_what_it_is_in_whatever_format() {
        let folder = tempfile::tempdir().unwrap();
        let pixels = sample().unwrap().test.pixels(7).to_vec();
        let picture = GrayImage::from_raw(28, 28, pixels.clone()).unwrap();
        for name in ["a.png", "a.bmp", "a.webp"] {
            let path = folder.path().join(name);
            image::DynamicImage::from(picture.clone()).to_rgb8().save(&path).unwrap();
            // The name does not matter.
            let other = folder.path().join("picture");
            std::fs::rename(&path, &other).unwrap();
            let fitted = read_picture(&other, Invert::Auto).unwrap();
            assert_eq!(fitted, Fitted { pixels: pixels.clone(), inverted: false, size: (28, 28) }, "{name}");
        }
    }

    #[test]
    fn light_paper_becomes_black_and_the_rest_is_centred() {
        // A dark bar, twice as high as wide, on white.
        let mut picture = GrayImage::from_pixel(100, 200, Luma([255]));
        for (_, _, pixel) in
            picture.enumerate_pixels_mut().filter(|(x, y, _)| (40..60).contains(x) && (20..180).contains(y))
        {
            *pixel = Luma([30]);
        }
        let Fitted { pixels, inverted, size } = fit(&picture, Invert::Auto);
        assert!(inverted);
        assert_eq!(size, (100, 200));
        let at = |x: usize, y: usize| pixels[y * 28 + x];
        assert_eq!((at(0, 0), at(27, 27), at(8, 14)), (0, 0, 0));
        assert!((223..=225).contains(&at(14, 14)), "{}", at(14, 14));
        assert!(!fit(&picture, Invert::No).inverted);
    }

    #[test]
    fn a_sliver_keeps_a_pixel() {
        let fitted = fit(&GrayImage::from_pixel(1, 10_000, Luma([9])), Invert::Auto);
        assert_eq!(fitted.pixels, vec![9; 784]);
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let message = |path: &Path| read_picture(path, Invert::Auto).unwrap_err().to_string();
        assert!(message(&path).contains("could not read it"));
        std::fs::write(&path, "no picture").unwrap();
        assert!(message(&path).ends_with("found something else"), "{}", message(&path));
        assert!(message(folder.path()).ends_with("found a folder"));
        GrayImage::from_pixel(50, 50, Luma([9])).save(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(message(&path).contains("a.png: expected a picture"), "{}", message(&path));
    }
}
