//! Pictures as files again, without metadata.

use std::collections::HashMap;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use png::{BitDepth, Compression};

use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Output, Spec, gif};

/// Quality of JPEGs, and of those that shall be small.
const QUALITY: u8 = 80;
const LOW_QUALITY: u8 = 30;
/// Colours that fit into a palette.
const PALETTE: usize = 256;

/// Encodes a picture that is upright, and grey or sRGB.
pub(super) fn encode(picture: Picture, spec: &Spec) -> Result<Vec<u8>, Failure> {
    match spec.output {
        Output::Jpeg => as_jpeg(&on_white(picture), if spec.low_quality { LOW_QUALITY } else { QUALITY }),
        Output::Png => as_png(opaque_if_so(picture)),
        Output::Gif => gif::still(picture),
    }
}

/// Puts a picture that may be transparent on white.
fn on_white(picture: Picture) -> Picture {
    let (layout, samples) = match picture.layout {
        Layout::GreyAlpha => (Layout::Grey, 1),
        Layout::Rgba => (Layout::Rgb, 3),
        _ => return picture,
    };
    let over = |pixel: &[u8]| {
        let alpha = u32::from(pixel[samples]);
        let mixed = |sample: &u8| ((u32::from(*sample) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        pixel[..samples].iter().map(mixed).collect::<Vec<u8>>()
    };
    let pixels = picture.pixels.chunks_exact(samples + 1).flat_map(over).collect();
    Picture { layout, pixels, ..picture }
}

/// Leaves opacity out where all is opaque.
fn opaque_if_so(picture: Picture) -> Picture {
    let samples = picture.layout.samples();
    let is_opaque = picture.pixels.chunks_exact(samples).all(|pixel| pixel[samples - 1] == 255);
    if picture.layout.has_alpha() && is_opaque { on_white(picture) } else { picture }
}

fn as_jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>, Failure> {
    let unsupported = |why: &str| Failure::Unsupported(why.to_owned());
    let colours = match picture.layout {
        Layout::Grey => ColorType::Luma,
        Layout::Rgb => ColorType::Rgb,
        _ => return Err(unsupported("these colours in a JPEG")),
    };
    let (Ok(width), Ok(height)) = (u16::try_from(picture.width), u16::try_from(picture.height)) else {
        return Err(unsupported("a JPEG as large as this"));
    };
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_chroma_subsampling_method(jpeg_encoder::ChromaSubsamplingMethod::Average);
    encoder.set_optimized_huffman_tables(true);
    encoder
        .encode(&picture.pixels, width, height, colours)
        .map_err(|error| Failure::Unsupported(error.to_string()))?;
    Ok(bytes)
}

fn as_png(picture: Picture) -> Result<Vec<u8>, Failure> {
    let failed = |error: png::EncodingError| Failure::Unsupported(error.to_string());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_compression(Compression::High);
    encoder.set_depth(BitDepth::Eight);
    let indexed = match picture.layout {
        Layout::Rgb | Layout::Rgba => Indexed::of(&picture),
        _ => None,
    };
    let pixels = if let Some(indexed) = indexed {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(indexed.palette);
        if !indexed.opacities.is_empty() {
            encoder.set_trns(indexed.opacities);
        }
        // Neighbours in a palette have nothing in common, so there is nothing to predict.
        encoder.set_filter(png::Filter::NoFilter);
        indexed.pixels
    } else {
        encoder.set_color(match picture.layout {
            Layout::Grey => png::ColorType::Grayscale,
            Layout::GreyAlpha => png::ColorType::GrayscaleAlpha,
            Layout::Rgb => png::ColorType::Rgb,
            Layout::Rgba => png::ColorType::Rgba,
            Layout::Cmyk => return Err(Failure::Unsupported("inks in a PNG".to_owned())),
        });
        picture.pixels
    };
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// A picture of few colours.
struct Indexed {
    palette: Vec<u8>,
    /// Those of the palette's first colours; all others are opaque.
    opacities: Vec<u8>,
    pixels: Vec<u8>,
}

impl Indexed {
    /// The same picture by palette, if its colours fit into one.
    fn of(picture: &Picture) -> Option<Self> {
        let samples = picture.layout.samples();
        let mut known: HashMap<&[u8], u8> = HashMap::new();
        let mut colours: Vec<&[u8]> = Vec::new();
        for pixel in picture.pixels.chunks_exact(samples) {
            if !known.contains_key(pixel) {
                if colours.len() == PALETTE {
                    return None;
                }
                known.insert(pixel, 0);
                colours.push(pixel);
            }
        }
        // Those that aren't opaque come first: the list of opacities ends with the last of them.
        colours.sort_unstable_by_key(|colour| colour.get(3).copied().unwrap_or(255));
        for (index, colour) in (0..=u8::MAX).zip(&colours) {
            known.insert(colour, index);
        }
        let opacities = colours.iter().filter_map(|colour| colour.get(3)).copied();
        Some(Self {
            palette: colours.iter().flat_map(|colour| colour[..3].iter().copied()).collect(),
            opacities: opacities.take_while(|opacity| *opacity < 255).collect(),
            pixels: picture.pixels.chunks_exact(samples).map(|pixel| known[pixel]).collect(),
        })
    }
}
