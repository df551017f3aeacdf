//! Dimensions and metadata.

mod budget;
mod djvu;
mod drawing;
mod exif;
mod flac;
mod gif;
mod icc;
mod iptc;
mod iso;
mod jpeg;
mod matroska;
mod midi;
mod mpeg;
mod ogg;
mod pdf;
mod png;
mod text;
pub(crate) mod tiff;
mod timed;
mod wav;
mod webp;
mod xmp;

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use commonhold_core::{Data, MediaInfo, MediaType};

use crate::inspect::budget::Budget;
use crate::mime;
use crate::source::{Source, read_at};

/// A map in the making.
type Entries = Vec<(String, Data)>;

/// How many parts of a file are looked at before it counts as damaged.
const PART_LIMIT: usize = 1_000_000;

/// How much is read for the dimensions of a format of which nothing else is told.
const OTHER_LIMIT: u64 = 16 << 20;

/// What a format's parser found.
#[derive(Default)]
struct Found {
    width: u32,
    height: u32,
    bits: u32,
    pages: Option<u32>,
    duration: f64,
    metadata: Entries,
    common: Entries,
}

impl Found {
    /// What is said of an image that can't be read.
    fn damaged(code: &str) -> Self {
        Self { metadata: vec![("_error".into(), code.into())], ..Self::default() }
    }
}

/// Whether files of this type consist of parts that refer to each other or lie in each other, as documents and boxes do.
/// Reading these takes more than going through a file once, so it is work for a process of its own; see [`crate::job`].
pub fn is_nested(mime: &str) -> bool {
    matches!(
        mime,
        "application/pdf"
            | "audio/webm"
            | "image/avif"
            | "image/heic"
            | "image/jxl"
            | "image/vnd.djvu"
            | "video/mp4"
            | "video/quicktime"
            | "video/webm"
            | "video/x-matroska"
    )
}

/// What is said of a file of which nothing is known but its (logical) type.
pub fn undescribed(mime: &str) -> MediaInfo {
    MediaInfo {
        mime: mime.to_owned(),
        media_type: mime::class(mime),
        width: 0,
        height: 0,
        bits: 0,
        pages: None,
        duration: 0.0,
        metadata: None,
        common: Data::Map(Vec::new()),
    }
}

/// Describes a file of `len` bytes whose (logical) type is known. What is damaged has no dimensions.
pub fn inspect<S: Read + Seek + ?Sized>(source: &mut S, len: u64, mime: &str) -> io::Result<MediaInfo> {
    let mut source = source;
    inspect_in(&mut source, len, mime)
}

fn inspect_in(source: &mut dyn Source, len: u64, mime: &str) -> io::Result<MediaInfo> {
    source.seek(SeekFrom::Start(0))?;
    let mut info = undescribed(mime);
    let found = match mime {
        "image/jpeg" => Some(jpeg::read(source, len)?),
        "image/png" => Some(png::read(source, len)?),
        "image/gif" => Some(gif::read(source)?),
        "image/webp" => Some(webp::read(source, len)?),
        "image/tiff" => Some(tiff::read(source)?),
        "image/svg+xml" => Some(drawing::read(source)?),
        "image/vnd.djvu" => djvu::read(source, len)?,
        "image/heic" | "image/avif" | "image/jxl" => still(source, len)?,
        "application/pdf" => pdf::read(source, len)?,
        "application/ogg" => ogg::read(source, len)?,
        "audio/flac" => flac::read(source, len)?,
        "audio/midi" => midi::read(source, len)?,
        "audio/mpeg" => mpeg::read(source, len)?,
        "audio/wav" => wav::read(source, len)?,
        "audio/webm" | "video/webm" | "video/x-matroska" => matroska::read(source, len, mime)?,
        "video/mp4" | "video/quicktime" => iso::read(source, len, mime)?,
        _ if info.media_type == MediaType::Bitmap => other(source)?,
        _ => None,
    };
    if mime == "application/ogg" {
        info.media_type = crate::ogg::media_type(&read_at(source, 0, 256)?);
    }
    if let Some(found) = found {
        (info.width, info.height) = (found.width, found.height);
        (info.bits, info.pages, info.duration) = (found.bits, found.pages, found.duration);
        info.metadata = Some(found.metadata).filter(|m| !m.is_empty()).map(Data::Map);
        info.common = Data::Map(found.common);
    }
    Ok(info)
}

/// Pictures of which only the size is told.
fn other(source: &mut dyn Source) -> io::Result<Option<Found>> {
    Ok(other_size(source)?.map(|(width, height)| Found { width, height, ..Found::default() }))
}

/// Still pictures in boxes: their sizes, and what they say. `None` if they have no size.
fn still(source: &mut dyn Source, len: u64) -> io::Result<Option<Found>> {
    let Some((width, height)) = other_size(source)? else { return Ok(None) };
    Ok(Some(Found { width, height, ..iso::read_picture(source, len)? }))
}

/// The dimensions of a format of which nothing else is told.
fn other_size(source: &mut dyn Source) -> io::Result<Option<(u32, u32)>> {
    source.seek(SeekFrom::Start(0))?;
    let mut limited = Budget::new(source, OTHER_LIMIT);
    let size = imagesize::reader_size(BufReader::new(&mut limited));
    if let Some(fault) = limited.into_fault() {
        return Err(fault);
    }
    let size = size.ok();
    Ok(size.and_then(|s| Some((u32::try_from(s.width).ok()?, u32::try_from(s.height).ok()?))))
}

/// Seconds as the metadata of animations show them: still pictures have a plain nought.
fn seconds(duration: f64) -> Data {
    if duration == 0.0 { Data::Int(0) } else { Data::Float(duration) }
}

/// Puts entries into a map, over those of the same name.
fn merge(into: &mut Entries, from: Entries) {
    for (name, value) in from {
        match into.iter_mut().find(|(n, _)| *n == name) {
            Some(entry) => entry.1 = value,
            None => into.push((name, value)),
        }
    }
}

#[cfg(test)]
mod tests;
