//! TIFF: one page of possibly many.

use std::io::BufReader;

use tiff::decoder::{Decoder, DecodingResult, Limits as Bounds};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use crate::source::Source;
use crate::thumb::orientation::Orientation;
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits};

/// Pages that are walked over to find one.
const PAGES: u32 = 10_000;

/// Decodes a page, the first where none is named and the last where there are fewer, to eight bits a sample.
pub(super) fn decode(
    source: &mut dyn Source,
    page: Option<u32>,
    limits: &Limits,
) -> Result<Picture, Failure> {
    let most = usize::try_from(limits.memory_bytes / 4).unwrap_or(usize::MAX);
    let mut bounds = Bounds::default();
    bounds.decoding_buffer_size = most;
    bounds.intermediate_buffer_size = most;
    let mut decoder = Decoder::new(BufReader::new(source)).map_err(failure)?.with_limits(bounds);
    for _ in 1..page.unwrap_or(1).min(PAGES) {
        if !decoder.more_images() {
            break;
        }
        decoder.next_image().map_err(failure)?;
    }
    let (width, height) = decoder.dimensions().map_err(failure)?;
    limits.check_area(width, height)?;
    let colours = decoder.colortype().map_err(failure)?;
    let profile = decoder.find_tag(Tag::IccProfile).ok().flatten().and_then(|value| value.into_u8_vec().ok());
    let orientation = decoder.find_tag_unsigned::<u16>(Tag::Orientation).ok().flatten();
    let palette = match colours {
        ColorType::Palette(_) => decoder.find_tag_unsigned_vec::<u16>(Tag::ColorMap).map_err(failure)?,
        _ => None,
    };
    let planes = decoder.image_buffer_layout().map_err(failure)?.planes.max(1);
    let read = decoder.read_image().map_err(failure)?;
    let samples = samples(read, colours, width as usize)?;
    let samples = if planes > 1 { interleaved(&samples, planes) } else { samples };
    let (layout, pixels) = pixels(samples, colours, palette.as_deref())?;
    if pixels.len() != width as usize * height as usize * layout.samples() {
        return Err(Failure::Damaged("pixels are missing".to_owned()));
    }
    let mut picture = Picture::new(width, height, layout, pixels);
    picture.profile = profile;
    picture.orientation = Orientation::from_tag(orientation.unwrap_or(1));
    Ok(picture)
}

fn failure(error: TiffError) -> Failure {
    match error {
        TiffError::IoError(error) => error.into(),
        TiffError::UnsupportedError(what) => Failure::Unsupported(what.to_string()),
        TiffError::LimitsExceeded => Failure::Unsupported("parts larger than is good".to_owned()),
        other => Failure::Damaged(other.to_string()),
    }
}

/// Samples of eight bits each. Those of a palette stay numbers, however few bits they have.
fn samples(read: DecodingResult, colours: ColorType, width: usize) -> Result<Vec<u8>, Failure> {
    let unit = |value: f64| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
    match (read, colours.bit_depth()) {
        (DecodingResult::U8(bytes), 8) => Ok(bytes),
        (DecodingResult::U8(bytes), bits @ (1 | 2 | 4)) => {
            let row = width * usize::from(colours.num_samples());
            Ok(unpacked(&bytes, bits, row, matches!(colours, ColorType::Palette(_))))
        }
        (DecodingResult::U16(words), 16) => Ok(words.into_iter().map(|word| (word >> 8) as u8).collect()),
        (DecodingResult::U32(words), 32) => Ok(words.into_iter().map(|word| (word >> 24) as u8).collect()),
        (DecodingResult::F32(values), _) => Ok(values.into_iter().map(|v| unit(v.into())).collect()),
        (DecodingResult::F64(values), _) => Ok(values.into_iter().map(unit).collect()),
        (_, bits) => Err(Failure::Unsupported(format!("samples of {bits} bits"))),
    }
}

/// Samples that share bytes, a row beginning with a byte.
fn unpacked(bytes: &[u8], bits: u8, row: usize, as_numbers: bool) -> Vec<u8> {
    let most = u8::MAX >> (8 - bits);
    let scale = if as_numbers { 1 } else { 255 / most };
    let of = |byte: &u8| {
        let byte = *byte;
        (0..8 / bits).map(move |n| (byte >> (8 - bits - n * bits) & most) * scale)
    };
    let row_bytes = (row * usize::from(bits)).div_ceil(8).max(1);
    bytes.chunks(row_bytes).flat_map(|line| line.iter().flat_map(of).take(row)).collect()
}

/// Planes one after another, as pixels.
fn interleaved(samples: &[u8], planes: usize) -> Vec<u8> {
    let plane = samples.len() / planes;
    (0..plane).flat_map(|at| (0..planes).map(move |number| samples[number * plane + at])).collect()
}

fn pixels(
    samples: Vec<u8>,
    colours: ColorType,
    palette: Option<&[u16]>,
) -> Result<(Layout, Vec<u8>), Failure> {
    Ok(match colours {
        ColorType::Gray(_) => (Layout::Grey, samples),
        ColorType::GrayA(_) => (Layout::GreyAlpha, samples),
        ColorType::RGB(_) => (Layout::Rgb, samples),
        ColorType::RGBA(_) => (Layout::Rgba, samples),
        ColorType::CMYK(_) => (Layout::Cmyk, samples),
        ColorType::CMYKA(_) => (
            Layout::Cmyk,
            samples.as_chunks::<5>().0.iter().flat_map(|inks| [inks[0], inks[1], inks[2], inks[3]]).collect(),
        ),
        ColorType::Palette(_) => {
            let palette = palette.ok_or_else(|| Failure::Damaged("a palette is missing".to_owned()))?;
            let colours = palette.len() / 3;
            let colour = |number: &u8| {
                let at = usize::from(*number);
                // All reds come first, then all greens.
                [at, colours + at, 2 * colours + at]
                    .map(|at| palette.get(at).map_or(0, |value| (value >> 8) as u8))
            };
            (Layout::Rgb, samples.iter().flat_map(colour).collect())
        }
        ColorType::Multiband { num_samples, .. } if num_samples > 4 => {
            // Red, green, blue, opacity and something more.
            let pixel = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2]];
            (Layout::Rgb, samples.chunks_exact(num_samples.into()).flat_map(pixel).collect())
        }
        other => return Err(Failure::Unsupported(format!("colours of the kind {other:?}"))),
    })
}
