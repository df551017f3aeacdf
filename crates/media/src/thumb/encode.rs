//! Pictures as files again, without metadata.

use std::collections::HashMap;

use commonhold_core::thumb::Rendition;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use png::{BitDepth, Compression};
use ravif::{Img, RGB8, RGBA8};
use webp::WebPConfig;

use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Output, Spec, gif};

/// Quality of JPEGs, and of those that shall be small.
const QUALITY: u8 = 80;
const LOW_QUALITY: u8 = 30;
/// The same of WebP and AVIF. They look about as good, by the numbers within a decibel or two, in half to three quarters
/// of the bytes.
const WEBP_QUALITY: f32 = 75.0;
const LOW_WEBP_QUALITY: f32 = 30.0;
const AVIF_QUALITY: f32 = 75.0;
const LOW_AVIF_QUALITY: f32 = 40.0;
/// In place of PNGs, which are drawings more often than photographs: edges suffer first.
const WEBP_DRAWING_QUALITY: f32 = 80.0;
const AVIF_DRAWING_QUALITY: f32 = 80.0;
/// How carefully WebP is made: 0 is fastest, 6 smallest.
const WEBP_METHOD: i32 = 2;
/// How carefully AVIF is made: 1 is smallest, 10 fastest.
const AVIF_SPEED: u8 = 10;
/// Colours that fit into a palette.
const PALETTE: usize = 256;

/// Encodes a picture that is upright, and grey or sRGB.
pub(super) fn encode(picture: Picture, spec: &Spec) -> Result<Vec<u8>, Failure> {
    let picture = match spec.output {
        Output::Jpeg => on_white(picture),
        Output::Png => opaque_if_so(picture),
        Output::Gif => return gif::still(picture),
    };
    match (spec.rendition, spec.output) {
        (Some(Rendition::Webp), _) => as_webp(&with_colours(picture)?, spec),
        (Some(Rendition::Avif), _) => as_avif(&with_colours(picture)?, spec),
        (None, Output::Jpeg) => as_jpeg(&picture, if spec.low_quality { LOW_QUALITY } else { QUALITY }),
        (None, _) => as_png(picture, None),
    }
}

/// When the frames of an animation are shown.
pub(super) struct Timing {
    /// For how long each is, in milliseconds.
    pub(super) delays: Vec<u32>,
    /// How often all are; 0 for without end.
    pub(super) plays: u32,
}

/// Encodes an animation, whose frames stand one below the other in a picture. They share a palette, if they have one.
pub(super) fn moving(strip: Picture, timing: &Timing) -> Result<Vec<u8>, Failure> {
    as_png(opaque_if_so(strip), Some(timing))
}

/// A length of time as PNG has it: so many parts of so many in a second.
fn fraction(milliseconds: u32) -> (u16, u16) {
    match u16::try_from(milliseconds) {
        Ok(milliseconds) => (milliseconds, 1000),
        Err(_) => (u16::try_from(milliseconds / 1000).unwrap_or(u16::MAX), 1),
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

/// The same picture with a sample for each colour, as some encoders want it.
fn with_colours(picture: Picture) -> Result<Picture, Failure> {
    let (layout, pixels) = match picture.layout {
        Layout::Rgb | Layout::Rgba => return Ok(picture),
        Layout::Grey => (Layout::Rgb, picture.pixels.iter().flat_map(|grey| [*grey; 3]).collect()),
        Layout::GreyAlpha => {
            let pixels = picture.pixels.as_chunks::<2>().0;
            (Layout::Rgba, pixels.iter().flat_map(|p| [p[0], p[0], p[0], p[1]]).collect())
        }
        Layout::Cmyk => return Err(Failure::Unsupported("inks in a picture for the web".to_owned())),
    };
    Ok(Picture { layout, pixels, ..picture })
}

fn as_webp(picture: &Picture, spec: &Spec) -> Result<Vec<u8>, Failure> {
    let mut config = WebPConfig::new().map_err(|()| Failure::Unsupported("WebP".to_owned()))?;
    config.method = WEBP_METHOD;
    config.quality = match spec.output {
        Output::Jpeg if spec.low_quality => LOW_WEBP_QUALITY,
        Output::Jpeg => WEBP_QUALITY,
        Output::Png | Output::Gif => WEBP_DRAWING_QUALITY,
    };
    // Where a palette does, nothing need be lost for few bytes.
    config.lossless = (spec.output == Output::Png && Indexed::of(picture).is_some()).into();
    let layout = if picture.layout.has_alpha() { webp::PixelLayout::Rgba } else { webp::PixelLayout::Rgb };
    let encoder = webp::Encoder::new(&picture.pixels, layout, picture.width, picture.height);
    let made = encoder.encode_advanced(&config).map_err(|_| no_room(picture))?;
    Ok(made.to_vec())
}

fn as_avif(picture: &Picture, spec: &Spec) -> Result<Vec<u8>, Failure> {
    let quality = match spec.output {
        Output::Jpeg if spec.low_quality => LOW_AVIF_QUALITY,
        Output::Jpeg => AVIF_QUALITY,
        Output::Png | Output::Gif => AVIF_DRAWING_QUALITY,
    };
    let encoder = ravif::Encoder::new()
        .with_quality(quality)
        .with_alpha_quality(quality)
        .with_speed(AVIF_SPEED)
        .with_bit_depth(ravif::BitDepth::Eight)
        .with_num_threads(Some(1));
    let (width, height) = (picture.width as usize, picture.height as usize);
    let made = if picture.layout.has_alpha() {
        let pixels = picture.pixels.as_chunks::<4>().0;
        let pixels: Vec<RGBA8> = pixels.iter().map(|pixel| RGBA8::from(*pixel)).collect();
        encoder.encode_rgba(Img::new(pixels.as_slice(), width, height))
    } else {
        let pixels = picture.pixels.as_chunks::<3>().0;
        let pixels: Vec<RGB8> = pixels.iter().map(|pixel| RGB8::from(*pixel)).collect();
        encoder.encode_rgb(Img::new(pixels.as_slice(), width, height))
    };
    Ok(made.map_err(|_| no_room(picture))?.avif_file)
}

/// Why an encoder fails that knows all that it is given.
fn no_room(picture: &Picture) -> Failure {
    Failure::TooMuchMemory { bytes: picture.pixels.len() as u64 }
}

fn as_png(picture: Picture, timing: Option<&Timing>) -> Result<Vec<u8>, Failure> {
    let frames = timing.map_or(1, |timing| timing.delays.len());
    let height = picture.height / frames as u32;
    let failed = |error: png::EncodingError| Failure::Unsupported(error.to_string());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width, height);
    // An animation may have a hundred times the pixels of a still picture.
    encoder.set_compression(if timing.is_some() { Compression::Fast } else { Compression::High });
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
    if let Some(timing) = timing {
        encoder.set_animated(frames as u32, timing.plays).map_err(failed)?;
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    for (number, frame) in pixels.chunks_exact(pixels.len() / frames).enumerate() {
        if let Some(delay) = timing.and_then(|timing| timing.delays.get(number)) {
            let (part, whole) = fraction(*delay);
            writer.set_frame_delay(part, whole).map_err(failed)?;
        }
        writer.write_image_data(frame).map_err(failed)?;
    }
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
