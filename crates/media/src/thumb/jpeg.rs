//! JPEG, scaled while it is decoded, so that large photographs need little time and memory.

mod bits;
mod head;
mod huffman;
mod idct;
mod reduced;

use std::io::{BufReader, SeekFrom};

use jpeg_decoder::{CodingProcess, Decoder, ImageInfo, PixelFormat};

use crate::source::Source;
use crate::thumb::jpeg::head::Head;
use crate::thumb::jpeg::reduced::Reduced;
use crate::thumb::orientation::Orientation;
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits, Spec};

/// How many times the result's size is decoded at least, so that the last step of scaling has something to do.
const AHEAD: f64 = 1.15;
/// Most scans of a progressive file. Encoders write about ten; each costs a walk over the whole picture.
const SCANS: usize = 100;
/// Bytes read at a time.
const PIECE: usize = 1 << 16;

/// Decodes the picture, to the size that is wanted or somewhat larger.
pub(super) fn decode(source: &mut dyn Source, spec: &Spec, limits: &Limits) -> Result<Picture, Failure> {
    let head = Head::read(source)?;
    let decoder = opened(source)?;
    let info = decoder.info().ok_or_else(|| Failure::Damaged("no frame".to_owned()))?;
    let orientation = decoder.exif_data().map(Orientation::from_exif).unwrap_or_default();
    let (width, height) =
        if orientation.swaps_sides() { (spec.height, spec.width) } else { (spec.width, spec.height) };
    let wanted = [width, height].map(|side| (f64::from(side) * AHEAD).ceil().min(f64::from(u16::MAX)) as u16);
    let profile = decoder.icc_profile();
    let picture = match Reduced::new(&head, eighths([info.width, info.height], wanted)) {
        Some(reduced) => {
            drop(decoder);
            limits.check_memory(reduced.memory())?;
            source.seek(SeekFrom::Start(head.data))?;
            reduced.read(source)?
        }
        None => by_library(decoder, info, wanted, &head, limits)?,
    };
    Ok(Picture { profile, orientation, full_size: (info.width.into(), info.height.into()), ..picture })
}

/// The library's decoder, which has read up to the frame's size.
fn opened(source: &mut dyn Source) -> Result<Decoder<BufReader<&mut dyn Source>>, Failure> {
    source.seek(SeekFrom::Start(0))?;
    let mut decoder = Decoder::new(BufReader::with_capacity(PIECE, source));
    decoder.read_info().map_err(failure)?;
    Ok(decoder)
}

/// How many eighths of its sides a picture is wanted with.
fn eighths(full: [u16; 2], wanted: [u16; 2]) -> u32 {
    let of = |(full, wanted)| (u32::from(wanted) * 8).div_ceil(u32::from(u16::max(full, 1)));
    full.into_iter().zip(wanted).map(of).max().unwrap_or(8).clamp(1, 8)
}

/// Decodes what isn't of the most common kind, or is wanted at nearly its full size.
fn by_library(
    mut decoder: Decoder<BufReader<&mut dyn Source>>,
    info: ImageInfo,
    wanted: [u16; 2],
    head: &Head,
    limits: &Limits,
) -> Result<Picture, Failure> {
    let scaled = match info.coding_process {
        // It is never scaled.
        CodingProcess::Lossless => (info.width, info.height),
        _ => decoder.scale(wanted[0], wanted[1]).map_err(failure)?,
    };
    let decoded = u64::from(scaled.0) * u64::from(scaled.1);
    // Planes and the finished picture.
    let mut memory = decoded * info.pixel_format.pixel_bytes() as u64 * 2;
    match info.coding_process {
        CodingProcess::DctProgressive => {
            memory += head.coefficients() * 2;
            if head.scans > SCANS {
                return Err(Failure::Damaged(format!("more than {SCANS} scans")));
            }
        }
        CodingProcess::Lossless => limits.check_area(info.width.into(), info.height.into())?,
        CodingProcess::DctSequential => {}
    }
    limits.check_memory(memory)?;
    let mut pixels = decoder.decode().map_err(failure)?;
    let layout = match info.pixel_format {
        PixelFormat::L8 => Layout::Grey,
        PixelFormat::L16 => {
            // The decoder gives them in the processor's own order.
            pixels =
                pixels.as_chunks::<2>().0.iter().map(|pair| (u16::from_ne_bytes(*pair) >> 8) as u8).collect();
            Layout::Grey
        }
        PixelFormat::RGB24 => Layout::Rgb,
        PixelFormat::CMYK32 => {
            // Adobe's programs store inks upside down, and the decoder takes all files for theirs.
            if head.adobe.is_none() {
                for ink in &mut pixels {
                    *ink = 255 - *ink;
                }
            }
            Layout::Cmyk
        }
    };
    Ok(Picture::new(scaled.0.into(), scaled.1.into(), layout, pixels))
}

fn failure(error: jpeg_decoder::Error) -> Failure {
    match error {
        jpeg_decoder::Error::Io(error) => error.into(),
        jpeg_decoder::Error::Unsupported(what) => Failure::Unsupported(format!("{what:?}")),
        other => Failure::Damaged(other.to_string()),
    }
}
