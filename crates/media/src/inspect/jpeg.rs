//! JPEG.

use std::io::{self, BufReader, Cursor};

use commonhold_core::Data;

use super::{Entries, Found, exif, icc, iptc, merge, text, xmp};
use crate::source::{Source, array_at, read_array, read_up_to};

/// How many segments there may be before the picture.
const SEGMENT_LIMIT: usize = 10_000;
/// How many comments are kept.
const COMMENT_LIMIT: usize = 100;

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";
const PROFILE: &[u8] = b"ICC_PROFILE\0";

#[derive(Default)]
struct Seen {
    size: Option<(u32, u32, u32)>,
    has_picture: bool,
    comments: Vec<String>,
    exif: Option<Entries>,
    iptc: Option<Entries>,
    xmp: Option<Entries>,
    profile: icc::Pieces,
}

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Found> {
    let seen = segments(source, len)?;
    let mut found = Found::default();
    if let Some((width, height, bits)) = seen.size {
        (found.width, found.height, found.bits) = (width, height, bits);
    }
    if !seen.has_picture {
        let error = Found::damaged("-1").metadata;
        found.common.clone_from(&error);
        found.metadata = error;
        return Ok(found);
    }
    // Later ones win.
    let mut common = Entries::new();
    if !seen.comments.is_empty() {
        common.push(("JPEGFileComment".into(), seen.comments.into()));
    }
    for part in [seen.iptc, seen.exif, seen.xmp].into_iter().flatten() {
        merge(&mut common, part);
    }
    merge(&mut common, seen.profile.entries());
    let is_turned = common.iter().any(|(n, v)| n == "Orientation" && matches!(v, Data::Int(5..=8)));
    if is_turned {
        (found.width, found.height) = (found.height, found.width);
    }
    found.common.clone_from(&common);
    common.push((exif::VERSION.0.into(), Data::Int(exif::VERSION.1)));
    found.metadata = common;
    Ok(found)
}

fn segments(source: &mut dyn Source, len: u64) -> io::Result<Seen> {
    let mut input = BufReader::new(source);
    let mut seen = Seen::default();
    let mut at = 2;
    if read_array(&mut input)? != Some([0xFF, 0xD8]) {
        return Ok(seen);
    }
    for _ in 0..SEGMENT_LIMIT {
        let Some(marker) = marker(&mut input, &mut at)? else { return Ok(seen) };
        match marker {
            0x01 | 0xD0..=0xD7 => continue,
            0xDA | 0xD9 => {
                seen.has_picture = true;
                return Ok(seen);
            }
            _ => {}
        }
        let size = read_array(&mut input)?.map_or(0, u16::from_be_bytes);
        let Some(size) = size.checked_sub(2) else { return Ok(seen) };
        at += 2 + u64::from(size);
        if at > len {
            return Ok(seen);
        }
        if matches!(marker, 0xC0..=0xCF | 0xE1 | 0xE2 | 0xED | 0xFE) {
            let data = read_up_to(&mut input, size.into())?;
            segment(marker, &data, &mut seen)?;
        } else {
            input.seek_relative(size.into())?;
        }
    }
    Ok(seen)
}

/// The next marker; fill bytes before it are passed over.
fn marker(input: &mut BufReader<&mut dyn Source>, at: &mut u64) -> io::Result<Option<u8>> {
    let mut is_marked = false;
    while let Some([byte]) = read_array(input)? {
        *at += 1;
        match byte {
            0xFF => is_marked = true,
            0 => is_marked = false,
            marker if is_marked => return Ok(Some(marker)),
            _ => {}
        }
    }
    Ok(None)
}

fn segment(marker: u8, data: &[u8], seen: &mut Seen) -> io::Result<()> {
    match marker {
        // Tables, arithmetic coding's conditions and reserved ones lie among the frames.
        0xC4 | 0xC8 | 0xCC => {}
        0xC0..=0xCF => {
            let sides =
                array_at(data, 1).map(u16::from_be_bytes).zip(array_at(data, 3).map(u16::from_be_bytes));
            if let (Some((height, width)), Some(bits), None) = (sides, data.first(), seen.size) {
                seen.size = Some((width.into(), height.into(), (*bits).into()));
            }
        }
        0xE1 if data.starts_with(EXIF) && seen.exif.is_none() => {
            seen.exif = Some(exif::read(&mut Cursor::new(&data[EXIF.len()..]))?.unwrap_or_default());
        }
        0xE1 if data.starts_with(XMP) && seen.xmp.is_none() => seen.xmp = Some(xmp::read(&data[XMP.len()..])),
        0xE2 if data.starts_with(PROFILE) => seen.profile.add(&data[PROFILE.len()..]),
        0xED if data.starts_with(PHOTOSHOP) && seen.iptc.is_none() => {
            seen.iptc = Some(iptc::read(&data[PHOTOSHOP.len()..]));
        }
        0xFE if seen.comments.len() < COMMENT_LIMIT => seen.comments.extend(text::clean(data)),
        _ => {}
    }
    Ok(())
}
