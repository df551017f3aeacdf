//! JPEG, scaled while it is decoded, so that large photographs need little time and memory.

use std::io::{BufReader, Read, SeekFrom};

use jpeg_decoder::{CodingProcess, Decoder, PixelFormat};

use crate::source::{Source, read_array};
use crate::thumb::orientation::Orientation;
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits, Spec};

/// How many times the result's size is decoded at least, so that the last step of scaling has something to do.
const AHEAD: f64 = 1.5;
/// Most scans of a progressive file. Encoders write about ten; each costs a walk over the whole picture.
const SCANS: usize = 100;
/// Segments of a head that are looked at.
const SEGMENTS: usize = 10_000;
/// Segments that continue a profile, and its largest.
const PIECE: usize = 1 << 16;

/// Decodes the picture, to the size that is wanted or somewhat larger.
pub(super) fn decode(source: &mut dyn Source, spec: &Spec, limits: &Limits) -> Result<Picture, Failure> {
    let head = Head::read(source)?;
    source.seek(SeekFrom::Start(0))?;
    let mut decoder = Decoder::new(BufReader::with_capacity(PIECE, source));
    decoder.read_info().map_err(failure)?;
    let info = decoder.info().ok_or_else(|| Failure::Damaged("no frame".to_owned()))?;
    let (full_width, full_height) = (u32::from(info.width), u32::from(info.height));
    let area = u64::from(full_width) * u64::from(full_height);
    let samples = info.pixel_format.pixel_bytes() as u64;
    let orientation = decoder.exif_data().map(Orientation::from_exif).unwrap_or_default();
    let (width, height) =
        if orientation.swaps_sides() { (spec.height, spec.width) } else { (spec.width, spec.height) };
    let ahead = |side: u32| (f64::from(side) * AHEAD).ceil().min(f64::from(u16::MAX)) as u16;
    let scaled = match info.coding_process {
        // It is never scaled.
        CodingProcess::Lossless => (info.width, info.height),
        _ => decoder.scale(ahead(width), ahead(height)).map_err(failure)?,
    };
    let decoded = u64::from(scaled.0) * u64::from(scaled.1);
    // Planes and the finished picture.
    let mut memory = decoded * samples * 2;
    if info.coding_process == CodingProcess::DctProgressive {
        memory += head.coefficients(area) * 2;
        if head.scans > SCANS {
            return Err(Failure::Damaged(format!("{} scans", head.scans)));
        }
    }
    limits.check_memory(memory)?;
    if info.coding_process == CodingProcess::Lossless {
        limits.check_area(full_width, full_height)?;
    }
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
            if !head.is_adobe {
                for ink in &mut pixels {
                    *ink = 255 - *ink;
                }
            }
            Layout::Cmyk
        }
    };
    let mut picture = Picture::new(scaled.0.into(), scaled.1.into(), layout, pixels);
    picture.profile = decoder.icc_profile();
    picture.orientation = orientation;
    picture.full_size = (full_width, full_height);
    Ok(picture)
}

fn failure(error: jpeg_decoder::Error) -> Failure {
    match error {
        jpeg_decoder::Error::Io(error) => error.into(),
        jpeg_decoder::Error::Unsupported(what) => Failure::Unsupported(format!("{what:?}")),
        other => Failure::Damaged(other.to_string()),
    }
}

/// What the decoder doesn't tell.
#[derive(Debug, Default, PartialEq)]
struct Head {
    /// Whether one of Adobe's markers is there.
    is_adobe: bool,
    /// Scans of a progressive file.
    scans: usize,
    /// Horizontal and vertical sampling of each component.
    sampling: Vec<(u8, u8)>,
}

impl Head {
    /// Walks over the file's segments, and counts the scans if it is progressive.
    fn read(source: &mut dyn Source) -> Result<Self, Failure> {
        let mut head = Self::default();
        source.seek(SeekFrom::Start(2))?;
        for _ in 0..SEGMENTS {
            let Some([0xff, kind]) = read_array(source)? else { break };
            if kind == 0xff {
                source.seek(SeekFrom::Current(-1))?;
                continue;
            }
            if kind == 0x01 || (0xd0..=0xd8).contains(&kind) {
                continue;
            }
            let Some(length) = read_array(source)?.map(u16::from_be_bytes) else { break };
            let length = u64::from(length).saturating_sub(2);
            match kind {
                0xee => {
                    let mut name = Vec::new();
                    source.take(length.min(5)).read_to_end(&mut name)?;
                    head.is_adobe |= name == b"Adobe";
                    source.seek(SeekFrom::Current(length as i64 - name.len() as i64))?;
                }
                // Frames, of which only the progressive ones are of interest.
                0xc2 | 0xc6 | 0xca | 0xce => {
                    let mut frame = Vec::new();
                    source.take(length).read_to_end(&mut frame)?;
                    let components = frame.get(6..).unwrap_or_default().as_chunks::<3>().0;
                    head.sampling = components.iter().map(|c| (c[1] >> 4, c[1] & 15)).collect();
                }
                0xda => {
                    if !head.sampling.is_empty() {
                        head.scans = count_scans(source)?;
                    }
                    break;
                }
                0xd9 => break,
                _ => {
                    source.seek(SeekFrom::Current(length as i64))?;
                }
            }
        }
        Ok(head)
    }

    /// Coefficients of a picture of so many pixels.
    fn coefficients(&self, area: u64) -> u64 {
        let of = |sampling: &(u8, u8)| u64::from(sampling.0) * u64::from(sampling.1);
        let most = self.sampling.iter().map(of).max().unwrap_or(1).max(1);
        self.sampling.iter().map(|sampling| area * of(sampling) / most).sum()
    }
}

/// Scans from the first one on, whose data come next.
fn count_scans(source: &mut dyn Source) -> Result<usize, Failure> {
    let mut scans = 1;
    let mut piece = vec![0; PIECE];
    // The last byte of the piece before.
    let mut last = 0;
    loop {
        let read = source.read(&mut piece)?;
        if read == 0 {
            return Ok(scans);
        }
        let bytes = &piece[..read];
        scans += usize::from(last == 0xff && bytes[0] == 0xda);
        scans += memchr::memmem::find_iter(bytes, b"\xff\xda").count();
        if scans > SCANS {
            return Ok(scans);
        }
        last = bytes[read - 1];
    }
}
