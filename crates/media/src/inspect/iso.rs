//! ISO media: MP4 and its relatives, and the still pictures that are kept in the same boxes.

use std::io;
use std::io::Cursor;

use commonhold_core::Data;

use super::budget::Places;
use super::timed::{Audio, READ_LIMIT, Tags, Timed, Video};
use super::{Entries, Found, exif, icc, merge, xmp};
use crate::source::{Source, array_at};

/// How many boxes of one level are looked at.
const BOX_LIMIT: usize = 4000;
/// How many tracks are read.
const TRACK_LIMIT: usize = 64;
/// How much of a box with texts, of EXIF and of XMP is read.
const READ: usize = 256 << 10;

/// The names of texts in the list that iTunes began.
const TEXTS: &[(&[u8; 4], &str)] = &[
    (b"\xA9nam", "title"),
    (b"\xA9ART", "artist"),
    (b"\xA9alb", "album"),
    (b"\xA9day", "date"),
    (b"\xA9cmt", "comment"),
    (b"\xA9gen", "genre"),
    (b"\xA9too", "encoder"),
    (b"\xA9wrt", "composer"),
    (b"cprt", "copyright"),
    (b"desc", "description"),
];

/// A box: its kind, and where its content lies.
#[derive(Clone, Copy)]
struct Part {
    kind: [u8; 4],
    from: u64,
    to: u64,
}

/// The boxes between two places.
fn parts(places: &mut Places<'_>, from: u64, to: u64) -> Vec<Part> {
    let mut found = Vec::new();
    let mut at = from;
    while at < to && found.len() < BOX_LIMIT {
        let head = places.at(at, 16);
        let (Some(short), Some(kind)) = (array_at(&head, 0).map(u32::from_be_bytes), array_at(&head, 4))
        else {
            break;
        };
        let (size, begin) = match short {
            // To the end.
            0 => (to - at, 8),
            1 => (array_at(&head, 8).map_or(0, u64::from_be_bytes), 16),
            size => (size.into(), 8),
        };
        let Some(end) = at.checked_add(size).filter(|_| size >= begin) else { break };
        // The head itself may stick out of what it is in.
        found.push(Part { kind, from: (at + begin).min(to), to: end.min(to) });
        at = end;
    }
    found
}

impl Part {
    fn inside(self, places: &mut Places<'_>) -> Vec<Part> {
        parts(places, self.from, self.to)
    }

    /// The first box of a kind in this one.
    fn child(self, places: &mut Places<'_>, kind: [u8; 4]) -> Option<Part> {
        self.inside(places).into_iter().find(|p| p.kind == kind)
    }

    /// The content, up to so many bytes.
    fn content(self, places: &mut Places<'_>, most: usize) -> Vec<u8> {
        let size = usize::try_from(self.to - self.from).unwrap_or(usize::MAX);
        places.at(self.from, size.min(most))
    }

    /// The same box without a version and flags at its beginning.
    fn behind_version(self) -> Part {
        Part { from: self.from.saturating_add(4).min(self.to), ..self }
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(|b| u32::from(u16::from_be_bytes(b)))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_be_bytes)
}

/// Sound and moving pictures.
pub(super) fn read(source: &mut dyn Source, len: u64, mime: &str) -> io::Result<Option<Found>> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let found = movie(&mut places).map(|timed| timed.describe(len, mime));
    places.done(found)
}

fn movie(places: &mut Places<'_>) -> Option<Timed> {
    let len = places.len();
    let movie = parts(places, 0, len).into_iter().find(|p| p.kind == *b"moov")?;
    let mut timed = Timed { format: "mp4", ..Timed::default() };
    let mut tracks = 0;
    for part in movie.inside(places) {
        match &part.kind {
            b"mvhd" => timed.seconds = duration(&part.content(places, 32), 12).unwrap_or(0.0),
            b"trak" if tracks < TRACK_LIMIT => {
                tracks += 1;
                track(places, part, &mut timed);
            }
            b"udta" => texts(places, part, &mut timed.tags),
            _ => {}
        }
    }
    Some(timed)
}

/// Units of a second and how many there are, in a box of either version.
fn duration(content: &[u8], at: usize) -> Option<f64> {
    let (unit, count) = if content.first() == Some(&1) {
        (be32(content, at + 8)?, array_at(content, at + 12).map(u64::from_be_bytes)?)
    } else {
        (be32(content, at)?, be32(content, at + 4)?.into())
    };
    (unit > 0).then(|| count as f64 / f64::from(unit))
}

fn track(places: &mut Places<'_>, track: Part, timed: &mut Timed) -> Option<()> {
    let parts = track.inside(places);
    let media = parts.iter().find(|p| p.kind == *b"mdia")?.inside(places);
    let handler = media.iter().find(|p| p.kind == *b"hdlr")?.content(places, 12);
    let time = media.iter().find(|p| p.kind == *b"mdhd")?.content(places, 32);
    let seconds = duration(&time, 12).unwrap_or(0.0);
    timed.seconds = timed.seconds.max(seconds);
    let information = media.iter().find(|p| p.kind == *b"minf")?.child(places, *b"stbl")?.inside(places);
    let description = information.iter().find(|p| p.kind == *b"stsd")?.content(places, 64);
    let codec = || String::from_utf8_lossy(description.get(12..16).unwrap_or_default()).trim().to_owned();
    match handler.get(8..12)? {
        b"vide" if timed.video.is_none() => {
            let head = parts.iter().find(|p| p.kind == *b"tkhd")?.content(places, 96);
            let at = if head.first() == Some(&1) { 52 } else { 40 };
            let (mut width, mut height) = (be32(&head, at + 36)? >> 16, be32(&head, at + 40)? >> 16);
            // The matrix has noughts where it begins if it turns by a right angle.
            if be32(&head, at)? == 0 && be32(&head, at + 4)? != 0 {
                (width, height) = (height, width);
            }
            let samples = information.iter().find(|p| p.kind == *b"stsz").map(|p| p.content(places, 12));
            let samples = samples.and_then(|s| be32(&s, 8)).unwrap_or(0);
            let frame_rate = if seconds > 0.0 { f64::from(samples) / seconds } else { 0.0 };
            timed.video = Some(Video { codec: codec(), width, height, frame_rate });
        }
        b"soun" if timed.audio.is_none() => {
            let (channels, bits) = (be16(&description, 32)?, be16(&description, 34)?);
            let rate = be32(&description, 40)? >> 16;
            timed.audio = Some(Audio { codec: codec(), rate, channels, bits });
        }
        _ => {}
    }
    Some(())
}

fn texts(places: &mut Places<'_>, user: Part, tags: &mut Tags) {
    let Some(list) = user.child(places, *b"meta").and_then(|m| m.behind_version().child(places, *b"ilst"))
    else {
        return;
    };
    for item in list.inside(places) {
        let Some((_, name)) = TEXTS.iter().find(|(kind, _)| **kind == item.kind) else { continue };
        if let Some(data) = item.child(places, *b"data") {
            let content = data.content(places, READ);
            // A kind and a country stand before the text; 1 is UTF-8.
            if be32(&content, 0) == Some(1) {
                tags.push(name, content.get(8..).unwrap_or_default());
            }
        }
    }
}

/// What still pictures in boxes say of themselves besides their size: EXIF and XMP. Turning is done by other boxes.
pub(super) fn read_picture(source: &mut dyn Source, len: u64) -> io::Result<Found> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let found = picture(&mut places);
    places.done(found)
}

fn picture(places: &mut Places<'_>) -> Found {
    let len = places.len();
    let mut found = Found::default();
    let mut tags = Entries::new();
    for part in parts(places, 0, len) {
        match &part.kind {
            b"meta" => {
                let inside = part.behind_version().inside(places);
                found.bits = depth(places, &inside).unwrap_or(0);
                merge(&mut tags, profile(places, &inside));
                for (kind, data) in items(places, &inside) {
                    merge(&mut tags, said(kind, &data));
                }
            }
            b"moov" => {
                let head = part.child(places, *b"mvhd").map(|p| p.content(places, 32));
                found.duration = head.and_then(|h| duration(&h, 12)).map_or(0.0, super::timed::whole);
            }
            // JPEG XL has them as boxes of their own.
            b"Exif" => merge(&mut tags, said(*b"Exif", &part.content(places, READ))),
            b"xml " => merge(&mut tags, said(*b"mime", &part.content(places, READ))),
            _ => {}
        }
    }
    found.common.clone_from(&tags);
    tags.push((exif::VERSION.0.into(), Data::Int(exif::VERSION.1)));
    found.metadata = tags;
    found
}

/// What an item says that is EXIF, behind where it begins, or XMP.
fn said(kind: [u8; 4], data: &[u8]) -> Entries {
    if kind != *b"Exif" {
        return xmp::read(data);
    }
    let begin = be32(data, 0).and_then(|skip| (skip as usize).checked_add(4));
    let structure = begin.and_then(|b| data.get(b..)).unwrap_or_default();
    let mut tags = exif::read(&mut Cursor::new(structure)).ok().flatten().unwrap_or_default();
    tags.retain(|(name, _)| name != "Orientation");
    tags
}

/// The box with what is said of all items.
fn properties(places: &mut Places<'_>, meta: &[Part]) -> Option<Part> {
    meta.iter().find(|p| p.kind == *b"iprp")?.child(places, *b"ipco")
}

/// What the first colour profile is called.
fn profile(places: &mut Places<'_>, meta: &[Part]) -> Entries {
    let inside = properties(places, meta).map(|p| p.inside(places)).unwrap_or_default();
    // Others say colours by numbers.
    let is_profile = |places: &mut Places<'_>, part: &Part| {
        let kind = places.array(part.from);
        part.kind == *b"colr" && kind.is_some_and(|kind| [*b"prof", *b"rICC"].contains(&kind))
    };
    let found = inside.into_iter().find(|part| is_profile(places, part));
    found.map(|part| icc::entries(&part.behind_version().content(places, READ))).unwrap_or_default()
}

/// Bits of a channel of the first picture.
fn depth(places: &mut Places<'_>, meta: &[Part]) -> Option<u32> {
    let properties = properties(places, meta)?;
    let pixels = properties.child(places, *b"pixi")?.content(places, 8);
    pixels.get(5).map(|bits| u32::from(*bits))
}

/// How many items with EXIF and XMP are looked for; one of each is there.
const ITEMS_LOOKED_FOR: u32 = 16;

/// The items with EXIF and XMP.
fn items(places: &mut Places<'_>, meta: &[Part]) -> Vec<([u8; 4], Vec<u8>)> {
    let Some(list) = meta.iter().find(|p| p.kind == *b"iinf") else { return Vec::new() };
    let Some(locations) = meta.iter().find(|p| p.kind == *b"iloc").map(|p| p.content(places, READ)) else {
        return Vec::new();
    };
    // A count of two or of four bytes, by the version.
    let skip = if places.array::<1>(list.from) == Some([0]) { 6 } else { 8 };
    let mut found = Vec::new();
    let mut looked = 0;
    for part in parts(places, list.from + skip, list.to) {
        let entry = part.content(places, 64);
        let (id, kind_at) = match entry.first() {
            Some(2) => (be16(&entry, 4), 8),
            Some(3) => (be32(&entry, 4), 10),
            _ => continue,
        };
        let kind: Option<[u8; 4]> = array_at(&entry, kind_at);
        let is_wanted = match kind {
            Some(kind) if kind == *b"Exif" => true,
            Some(kind) if kind == *b"mime" => entry.windows(19).any(|w| w == b"application/rdf+xml"),
            _ => false,
        };
        if let (true, Some(id), Some(kind)) = (is_wanted, id, kind) {
            looked += 1;
            if let Some((at, size)) = location(&locations, id) {
                found.push((kind, places.at(at, READ.min(usize::try_from(size).unwrap_or(READ)))));
            }
        }
        if found.len() == 2 || looked == ITEMS_LOOKED_FOR {
            break;
        }
    }
    found
}

/// Where an item lies, and how long it is, if it is one piece of the file.
fn location(content: &[u8], wanted: u32) -> Option<(u64, u64)> {
    let version = *content.first()?;
    let [a, b] = array_at(content, 4)?;
    let [offset_size, length_size, base_size, index_size] = [a >> 4, a & 15, b >> 4, b & 15].map(usize::from);
    let index_size = if version > 0 { index_size } else { 0 };
    let mut rest = content.get(6..)?;
    let id_size = if version < 2 { 2 } else { 4 };
    let count = take(&mut rest, id_size)?;
    for _ in 0..count {
        let id = take(&mut rest, id_size)?;
        let method = if version > 0 { take(&mut rest, 2)? & 15 } else { 0 };
        take(&mut rest, 2)?;
        let base = take(&mut rest, base_size)?;
        let extents = take(&mut rest, 2)?;
        if id == u64::from(wanted) {
            take(&mut rest, index_size)?;
            let (offset, length) = (take(&mut rest, offset_size)?, take(&mut rest, length_size)?);
            return (method == 0 && extents == 1).then_some((base.checked_add(offset)?, length));
        }
        let all = usize::try_from(extents).ok()? * (index_size + offset_size + length_size);
        rest = rest.get(all..)?;
    }
    None
}

/// A number of so many bytes.
fn take(rest: &mut &[u8], size: usize) -> Option<u64> {
    let (bytes, after) = rest.split_at_checked(size)?;
    *rest = after;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_ends_with_what_it_is_in() {
        let bytes = b"\0\0\0\x10moov\0\0\0\x20trak\0\0\0\0";
        let mut source = Cursor::new(bytes);
        let mut places = Places::new(&mut source, bytes.len() as u64, 1000);
        for end in 0..=bytes.len() as u64 {
            for part in parts(&mut places, 8, end) {
                assert!(part.from <= part.to && part.to <= end);
                assert!(part.content(&mut places, 100).len() <= 4);
            }
        }
    }
}
