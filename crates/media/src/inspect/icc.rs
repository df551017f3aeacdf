//! What colour profiles are called. Nothing else in them is read.

use std::io::Read as _;

use commonhold_core::Data;
use flate2::read::ZlibDecoder;

use super::{Entries, text};
use crate::source::array_at;

/// How much of a profile is looked at. Those for printing have one or two million bytes, of which the names come first.
pub(super) const READ: usize = 1 << 20;
/// Bytes of a profile's head, behind which its table of parts lies.
const HEAD: usize = 128;
/// How many parts are looked at, and how many languages a name may have.
const PARTS: usize = 100;
/// Bytes of the longest name.
const NAME: usize = 1024;

/// The name of a profile, under the name by which it stands in metadata.
pub(super) fn entries(profile: &[u8]) -> Entries {
    name(profile).map(|name| ("ICCProfileName".to_owned(), Data::from(name))).into_iter().collect()
}

/// The same of a profile that is packed.
pub(super) fn packed(data: &[u8]) -> Entries {
    let mut profile = Vec::new();
    // What could be unpacked of a damaged one may be enough.
    let _ = ZlibDecoder::new(data).take(READ as u64).read_to_end(&mut profile);
    entries(&profile)
}

/// What the profile is called by who made it: its `desc`.
pub(super) fn name(profile: &[u8]) -> Option<String> {
    if array_at(profile, 36) != Some(*b"acsp") {
        return None;
    }
    let count = number(profile, HEAD)?.min(PARTS);
    let table = profile.get(HEAD + 4..)?.chunks_exact(12).take(count);
    let entry = table.into_iter().find(|entry| entry.starts_with(b"desc"))?;
    let (at, size) = (number(entry, 4)?, number(entry, 8)?);
    let part = profile.get(at..)?;
    let part = &part[..part.len().min(size)];
    match &array_at(part, 0)? {
        // The second version of ICC: the length with a NUL, and ASCII.
        b"desc" => {
            let ascii = part.get(12..)?;
            clean(&ascii[..ascii.len().min(number(part, 8)?)])
        }
        b"text" => clean(part.get(8..)?),
        // The fourth: a text for each language, in UTF-16.
        b"mluc" => localised(part),
        _ => None,
    }
}

/// The English text of several, or else the first.
fn localised(part: &[u8]) -> Option<String> {
    let size = number(part, 12).filter(|size| *size >= 12)?;
    let records = part.get(16..)?.chunks_exact(size).take(number(part, 8)?.min(PARTS));
    let english = records.clone().find(|record| record.starts_with(b"en"));
    let record = english.or_else(|| records.clone().next())?;
    let text = part.get(number(record, 8)?..)?;
    let text = &text[..text.len().min(number(record, 4)?).min(NAME)];
    let text = encoding_rs::UTF_16BE.decode_without_bom_handling(text).0;
    text::printable(text.trim_end_matches('\0'))
}

/// Text up to a NUL.
fn clean(bytes: &[u8]) -> Option<String> {
    let bytes = &bytes[..bytes.len().min(NAME)];
    text::clean(bytes.split(|byte| *byte == 0).next()?)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    array_at(bytes, at).and_then(|number| usize::try_from(u32::from_be_bytes(number)).ok())
}

/// The pieces in which JPEG carries a profile.
#[derive(Default)]
pub(super) struct Pieces {
    /// By their numbers.
    found: Vec<(u8, Vec<u8>)>,
    size: usize,
}

impl Pieces {
    /// A piece: its number, how many there are, and the bytes.
    pub(super) fn add(&mut self, data: &[u8]) {
        if let [number, _, bytes @ ..] = data
            && self.size + bytes.len() <= READ
            && self.found.len() < usize::from(u8::MAX)
        {
            self.size += bytes.len();
            self.found.push((*number, bytes.to_vec()));
        }
    }

    /// What the profile is called, in a map of its own.
    pub(super) fn entries(mut self) -> Entries {
        self.found.sort_by_key(|(number, _)| *number);
        let profile: Vec<u8> = self.found.into_iter().flat_map(|(_, bytes)| bytes).collect();
        entries(&profile)
    }
}
