//! TIFF: the directory that EXIF uses as well.

use std::collections::HashSet;
use std::io;

use commonhold_core::Data;

use super::{Entries, Found, exif};
use crate::source::{Source, array_at, read_at};

/// How many entries of a directory are read.
const ENTRY_LIMIT: u16 = 1000;
/// How many bytes of a value are read.
const VALUE_LIMIT: u64 = 64 << 10;
/// The type of values that are bytes.
const OPAQUE: u16 = 7;
/// How many bytes of all values together are read. Entries may share their bytes, so the file's length is no limit.
const VALUES_LIMIT: u64 = 512 << 10;

/// How many pages are counted.
const PAGE_LIMIT: u32 = 10_000;

/// A TIFF file is described by its first directory, and has a page for each. Its size is that of what is seen: where the
/// picture is stored on its side, the sides change places.
pub(super) fn read(source: &mut dyn Source) -> io::Result<Found> {
    let tags = exif::read(source)?.unwrap_or_default();
    let side = |name| match value(&tags, name) {
        Some(Data::Int(n)) => u32::try_from(*n).unwrap_or(0),
        _ => 0,
    };
    let mut found = Found { width: side("ImageWidth"), height: side("ImageLength"), ..Found::default() };
    if found.width == 0 || found.height == 0 {
        let error = Found::damaged("-1").metadata;
        return Ok(Found { common: error.clone(), metadata: error, ..Found::default() });
    }
    if matches!(value(&tags, "Orientation"), Some(Data::Int(5..=8))) {
        (found.width, found.height) = (found.height, found.width);
    }
    found.common.clone_from(&tags);
    found.metadata = tags;
    found.metadata.push((exif::VERSION.0.into(), Data::Int(exif::VERSION.1)));
    if let Some(mut directories) = Directories::open(source)? {
        found.pages = Some(directories.count()?).filter(|pages| *pages > 1);
    }
    Ok(found)
}

fn value<'t>(tags: &'t Entries, name: &str) -> Option<&'t Data> {
    tags.iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

/// The values of one entry.
#[derive(Debug, PartialEq)]
pub(crate) enum Values {
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Characters with the final NUL.
    Ascii(Vec<u8>),
    /// Fractions.
    Ratios(Vec<(i64, i64)>),
    /// Bytes of a meaning of their own.
    Opaque(Vec<u8>),
}

/// Reads directories; their offsets count from the beginning of the source.
pub(crate) struct Directories<'a> {
    source: &'a mut dyn Source,
    is_big_endian: bool,
    /// How many bytes of values may still be read.
    left: u64,
    /// Where the first directory lies.
    pub(crate) first: u32,
}

impl<'a> Directories<'a> {
    /// `None` if it isn't TIFF.
    pub(crate) fn open(source: &'a mut dyn Source) -> io::Result<Option<Self>> {
        let head = read_at(source, 0, 8)?;
        let is_big_endian = match head.get(..4) {
            Some(b"II*\0") => false,
            Some(b"MM\0*") => true,
            _ => return Ok(None),
        };
        let mut directories = Self { source, is_big_endian, left: VALUES_LIMIT, first: 0 };
        let Some(first) = array_at(&head, 4) else { return Ok(None) };
        directories.first = directories.u32(first);
        Ok(Some(directories))
    }

    /// How many directories follow each other; it ends where one is said to come again.
    fn count(&mut self) -> io::Result<u32> {
        let mut seen = HashSet::new();
        let mut at = self.first;
        while at != 0 && (seen.len() as u32) < PAGE_LIMIT && seen.insert(at) {
            let head = read_at(self.source, at.into(), 2)?;
            let Some(count) = array_at(&head, 0).map(|b| self.u16(b)) else { break };
            let end = u64::from(at) + 2 + 12 * u64::from(count);
            let next = read_at(self.source, end, 4)?;
            at = array_at(&next, 0).map_or(0, |b| self.u32(b));
        }
        Ok(seen.len() as u32)
    }

    fn u16(&self, bytes: [u8; 2]) -> u16 {
        if self.is_big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// The wanted tags of the directory at an offset with their values, as far as they can be read.
    pub(crate) fn entries(
        &mut self,
        at: u32,
        is_wanted: impl Fn(u16) -> bool,
    ) -> io::Result<Vec<(u16, Values)>> {
        let head = read_at(self.source, at.into(), 2)?;
        let count = array_at(&head, 0).map_or(0, |b| self.u16(b)).min(ENTRY_LIMIT);
        let table = read_at(self.source, u64::from(at) + 2, usize::from(count) * 12)?;
        let mut entries = Vec::new();
        for entry in table.chunks_exact(12) {
            let [tag, kind] = [0, 2].map(|at| array_at(entry, at).map_or(0, |b| self.u16(b)));
            let [count, offset] = [4, 8].map(|at| array_at(entry, at).map_or(0, |b| self.u32(b)));
            let Some(unit) = unit(kind) else { continue };
            let size = u64::from(count) * unit;
            // A profile is bytes, whatever it says. Only its name is read, which comes first.
            let is_profile = tag == exif::PROFILE;
            let (kind, size) = if is_profile { (OPAQUE, size.min(VALUE_LIMIT)) } else { (kind, size) };
            if !is_wanted(tag) || count == 0 || size > VALUE_LIMIT.min(self.left) {
                continue;
            }
            let bytes = if size <= 4 {
                entry[8..8 + size as usize].to_vec()
            } else {
                read_at(self.source, offset.into(), size as usize)?
            };
            self.left -= size;
            if bytes.len() as u64 == size {
                entries.push((tag, self.values(kind, bytes)));
            }
        }
        Ok(entries)
    }

    fn values(&self, kind: u16, bytes: Vec<u8>) -> Values {
        let longs = |bytes: &[u8]| -> Vec<u32> {
            bytes.chunks_exact(4).map(|b| array_at(b, 0).map_or(0, |b| self.u32(b))).collect()
        };
        let shorts = || bytes.chunks_exact(2).map(|b| array_at(b, 0).map_or(0, |b| self.u16(b)));
        let signed = |n: u32| i64::from(n.cast_signed());
        match kind {
            1 => Values::Ints(bytes.iter().map(|b| i64::from(*b)).collect()),
            2 => Values::Ascii(bytes),
            3 => Values::Ints(shorts().map(i64::from).collect()),
            4 => Values::Ints(longs(&bytes).into_iter().map(i64::from).collect()),
            5 => Values::Ratios(longs(&bytes).chunks_exact(2).map(|p| (p[0].into(), p[1].into())).collect()),
            6 => Values::Ints(bytes.iter().map(|b| i64::from(b.cast_signed())).collect()),
            8 => Values::Ints(shorts().map(|n| i64::from(n.cast_signed())).collect()),
            9 => Values::Ints(longs(&bytes).into_iter().map(signed).collect()),
            10 => {
                Values::Ratios(longs(&bytes).chunks_exact(2).map(|p| (signed(p[0]), signed(p[1]))).collect())
            }
            _ => Values::Opaque(bytes),
        }
    }
}

/// The bytes of one value of a type.
fn unit(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 => Some(4),
        5 | 10 => Some(8),
        _ => None,
    }
}
