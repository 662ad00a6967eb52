//! What figures are drawn on: one drawing, as PNG and as SVG.

use crate::run::tensorboard::Png;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, register_font};
use std::io;
use std::sync::OnceLock;

/// Registered under the list that SVG readers choose from; the last two are of nearly the same width.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";
/// A PNG is drawn so many times larger and made smaller: smooth edges.
const SUPERSAMPLING: u32 = 2;
/// Parts of a pixel that an SVG tells.
const FINENESS: u32 = 10;

/// Colours that colour-blind people can tell apart (Okabe and Ito), and greys.
pub(super) mod colours {
    use plotters::style::RGBColor;

    pub(in super::super) const TRAIN: RGBColor = RGBColor(0, 114, 178);
    pub(in super::super) const VALIDATION: RGBColor = RGBColor(213, 94, 0);
    pub(in super::super) const INK: RGBColor = RGBColor(34, 34, 34);
    pub(in super::super) const FAINT: RGBColor = RGBColor(110, 110, 110);
    pub(in super::super) const GRID: RGBColor = RGBColor(228, 228, 228);
    pub(in super::super) const PAPER: RGBColor = RGBColor(255, 255, 255);
}

/// A drawing of a fixed size; lengths are in pixels of the PNG.
pub(super) trait Figure {
    /// Width and height.
    fn size(&self) -> (u32, u32);
    /// Draws it.
    fn draw<B: DrawingBackend>(&self, canvas: &Canvas<B>) -> Drawn;
}

/// What came of drawing.
pub(super) type Drawn = io::Result<()>;

/// Which way text runs from its place.
#[derive(Clone, Copy)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// Text on one line.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) words: &'a str,
    /// Pixels of an em.
    pub(super) size: f64,
    pub(super) colour: RGBColor,
    pub(super) bold: bool,
    pub(super) align: Align,
}

/// The drawing as PNG.
pub(super) fn png(figure: &impl Figure) -> io::Result<Png> {
    load_fonts()?;
    let (width, height) = figure.size();
    let large = (width * SUPERSAMPLING, height * SUPERSAMPLING);
    let mut pixels = vec![255; large.0 as usize * large.1 as usize * 3];
    let area = BitMapBackend::with_buffer(&mut pixels, large).into_drawing_area();
    // ab_glyph's size is that of a line, ascender to descender; plotters sets the baseline half of that down.
    let canvas = Canvas { area, scale: f64::from(SUPERSAMPLING), text_scale: 1.164, baseline: 0.582 };
    figure.draw(&canvas)?;
    canvas.finish()?;
    drop(canvas);
    let small = shrunk(&pixels, width as usize);
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    encoder.write_image(&small, width, height, ExtendedColorType::Rgb8).map_err(io::Error::other)?;
    Ok(Png { width, height, bytes })
}

/// A picture of this width, each of whose pixels is the mean of those that it takes the place of.
fn shrunk(pixels: &[u8], width: usize) -> Vec<u8> {
    const N: usize = SUPERSAMPLING as usize;
    let row = width * N * 3;
    let mut small = Vec::with_capacity(pixels.len() / (N * N));
    let mut sums = vec![0u16; width * 3];
    for rows in pixels.chunks_exact(row * N) {
        sums.fill(0);
        for row in rows.chunks_exact(row) {
            for (sum, block) in sums.as_chunks_mut::<3>().0.iter_mut().zip(row.as_chunks::<{ 3 * N }>().0) {
                for (at, &value) in block.iter().enumerate() {
                    sum[at % 3] += u16::from(value);
                }
            }
        }
        small.extend(sums.iter().map(|&sum| ((sum + (N * N / 2) as u16) / (N * N) as u16) as u8));
    }
    small
}

/// The drawing as SVG.
pub(super) fn svg(figure: &impl Figure) -> io::Result<String> {
    load_fonts()?;
    let (width, height) = figure.size();
    let large = (width * FINENESS, height * FINENESS);
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, large).into_drawing_area();
    // plotters writes sizes divided by 1.24, and sets the baseline 0.76 em down.
    let canvas = Canvas { area, scale: f64::from(FINENESS), text_scale: 1.24, baseline: 0.76 };
    figure.draw(&canvas)?;
    canvas.finish()?;
    drop(canvas);
    let written = format!("width=\"{}\" height=\"{}\"", large.0, large.1);
    Ok(text.replacen(&written, &format!("width=\"{width}\" height=\"{height}\""), 1))
}

fn load_fonts() -> io::Result<()> {
    static LOADED: OnceLock<bool> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| {
        let plain = include_bytes!("../../../assets/fonts/DejaVuSans.ttf");
        let bold = include_bytes!("../../../assets/fonts/DejaVuSans-Bold.ttf");
        register_font(FONT, FontStyle::Normal, plain).is_ok() && register_font(FONT, FontStyle::Bold, bold).is_ok()
    });
    if *loaded { Ok(()) } else { Err(io::Error::other("the program's font can't be read")) }
}

/// Draws in pixels of the figure, whatever it is drawn for.
pub(super) struct Canvas<B: DrawingBackend> {
    area: DrawingArea<B, Shift>,
    scale: f64,
    /// plotters' size of a font over its em.
    text_scale: f64,
    /// From where plotters places text down to its baseline, in ems.
    baseline: f64,
}

impl<B: DrawingBackend> Canvas<B> {
    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn finish(&self) -> Drawn {
        self.area.present().map_err(fault)
    }

    /// Fills a rectangle.
    pub(super) fn rectangle(&self, (x, y): (f64, f64), (width, height): (f64, f64), colour: RGBColor) -> Drawn {
        let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
        self.polygon(&corners, colour)
    }

    /// Fills a polygon.
    pub(super) fn polygon(&self, corners: &[(f64, f64)], colour: RGBColor) -> Drawn {
        let corners: Vec<_> = corners.iter().map(|&corner| self.at(corner)).collect();
        self.area.draw(&Polygon::new(corners, colour.filled())).map_err(fault)
    }

    /// Draws a line through these points.
    pub(super) fn line(&self, points: &[(f64, f64)], colour: RGBColor, width: f64) -> Drawn {
        let style = colour.stroke_width((width * self.scale).round() as u32);
        let points: Vec<_> = points.iter().map(|&point| self.at(point)).collect();
        self.area.draw(&PathElement::new(points, style)).map_err(fault)
    }

    /// Fills a circle.
    pub(super) fn circle(&self, centre: (f64, f64), radius: f64, colour: RGBColor) -> Drawn {
        let radius = (radius * self.scale).round() as i32;
        self.area.draw(&Circle::new(self.at(centre), radius, colour.filled())).map_err(fault)
    }

    /// Writes text whose baseline begins, ends, or has its middle at `place`.
    pub(super) fn text(&self, place: (f64, f64), text: Text<'_>) -> Drawn {
        self.write(place, (0.0, -self.baseline * text.size), FontTransform::None, text)
    }

    /// The same, upwards.
    pub(super) fn text_upwards(&self, place: (f64, f64), text: Text<'_>) -> Drawn {
        self.write(place, (-self.baseline * text.size, 0.0), FontTransform::Rotate270, text)
    }

    fn write(&self, (x, y): (f64, f64), (dx, dy): (f64, f64), turn: FontTransform, text: Text<'_>) -> Drawn {
        let horizontally = match text.align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let weight = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = (FONT, text.size * self.text_scale * self.scale, weight).into_font().transform(turn);
        let style = TextStyle::from(font).color(&text.colour).pos(Pos::new(horizontally, VPos::Top));
        let line = plotters::element::Text::new(text.words.to_owned(), self.at((x + dx, y + dy)), style);
        self.area.draw(&line).map_err(fault)
    }
}

fn fault(error: impl std::error::Error) -> io::Error {
    io::Error::other(error.to_string())
}
