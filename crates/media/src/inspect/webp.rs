//! WebP.

use std::io::{self, BufReader, Cursor};

use commonhold_core::Data;

use super::{Entries, Found, PART_LIMIT, exif, icc, merge, xmp};
use crate::source::{Source, array_at, read_array, read_up_to};

/// The longest chunk of metadata that is read.
const METADATA_LIMIT: u64 = 1 << 20;
/// What stands before EXIF in some programs' files, as in JPEG.
const EXIF: &[u8] = b"Exif\0\0";

/// What the header of the extended format says.
struct Canvas {
    width: u32,
    height: u32,
    is_animated: bool,
    has_alpha: bool,
    /// Whether EXIF or XMP follow the picture.
    has_metadata: bool,
}

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Found> {
    let mut input = BufReader::new(source);
    let header = read_array::<12>(&mut input)?;
    if !header.is_some_and(|h| h.starts_with(b"RIFF") && h.ends_with(b"WEBP")) {
        return Ok(Found::damaged("0"));
    }
    let mut canvas: Option<Canvas> = None;
    let mut image = None;
    let mut said = Said::default();
    let mut at = 12;
    for _ in 0..PART_LIMIT {
        let Some([k1, k2, k3, k4, size @ ..]) = read_array::<8>(&mut input)? else { break };
        let size = u64::from(u32::from_le_bytes(size));
        let padded = size + size % 2;
        at += 8 + padded;
        let kind = [k1, k2, k3, k4];
        let most = match &kind {
            b"EXIF" | b"ICCP" | b"XMP " => size.min(METADATA_LIMIT),
            _ => padded.min(16),
        };
        let head = read_up_to(&mut input, most as usize)?;
        match &kind {
            b"VP8X" => canvas = extended(&head),
            b"VP8 " => image = image.or_else(|| lossy(&head).map(|size| ("lossy", size))),
            b"VP8L" => image = image.or_else(|| lossless(&head).map(|size| ("lossless", size))),
            b"ICCP" if said.profile.is_none() => said.profile = Some(icc::entries(&head)),
            b"EXIF" if said.exif.is_none() => {
                let structure = head.strip_prefix(EXIF).unwrap_or(&head);
                said.exif = exif::read(&mut Cursor::new(structure))?;
            }
            b"XMP " if said.xmp.is_none() => said.xmp = Some(xmp::read(&head)),
            _ => {}
        }
        let is_done = image.is_some() && canvas.as_ref().is_none_or(|c| !c.has_metadata);
        if is_done || at > len {
            break;
        }
        input.seek_relative(padded as i64 - head.len() as i64)?;
    }
    let found = match (image, &canvas) {
        (Some((compression, size)), canvas) => describe(compression, size, canvas.as_ref(), said),
        (None, Some(c)) => describe("unknown", (c.width, c.height), Some(c), said),
        (None, None) => Found::damaged("0"),
    };
    Ok(found)
}

/// What a picture says of itself.
#[derive(Default)]
struct Said {
    exif: Option<Entries>,
    xmp: Option<Entries>,
    profile: Option<Entries>,
}

fn describe(compression: &str, size: (u32, u32), canvas: Option<&Canvas>, said: Said) -> Found {
    let (width, height) = canvas.map_or(size, |c| (c.width, c.height));
    let mut metadata = vec![("compression".to_owned(), Data::from(compression))];
    if let Some(canvas) = canvas {
        metadata.push(("animated".into(), canvas.is_animated.into()));
        metadata.push(("transparency".into(), canvas.has_alpha.into()));
    }
    metadata.push(("width".into(), width.into()));
    metadata.push(("height".into(), height.into()));
    let mut common = Entries::new();
    for part in [said.exif, said.xmp, said.profile].into_iter().flatten() {
        merge(&mut common, part);
    }
    let mut inner = common.clone();
    inner.push(("_MW_WEBP_VERSION".into(), Data::Int(1)));
    metadata.push(("metadata".into(), Data::Map(inner)));
    Found { width, height, metadata, common, ..Found::default() }
}

fn extended(head: &[u8]) -> Option<Canvas> {
    let le24 =
        |at: usize| Some(u32::from_le_bytes([*head.get(at)?, *head.get(at + 1)?, *head.get(at + 2)?, 0]) + 1);
    let flags = *head.first()?;
    Some(Canvas {
        width: le24(4)?,
        height: le24(7)?,
        is_animated: flags & 2 != 0,
        has_alpha: flags & 16 != 0,
        has_metadata: flags & 0x0C != 0,
    })
}

fn lossy(head: &[u8]) -> Option<(u32, u32)> {
    if head.get(3..6) != Some(&[0x9D, 0x01, 0x2A]) {
        return None;
    }
    let side = |at| array_at(head, at).map(|b| u32::from(u16::from_le_bytes(b) & 0x3FFF));
    side(6).zip(side(8))
}

fn lossless(head: &[u8]) -> Option<(u32, u32)> {
    let bits = head.strip_prefix(&[0x2F]).and_then(|h| array_at(h, 0)).map(u32::from_le_bytes)?;
    Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1))
}
