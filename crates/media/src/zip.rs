//! The directory of a ZIP file, read for what kind of ZIP it is.

use std::io::{self, BufReader, Read as _, SeekFrom};

use crate::mime::{ODF, OPC};
use crate::source::{Source, array_at, read_array, read_up_to};

/// How far from the end the end record can start: the record and the longest comment.
pub(crate) const TAIL: usize = 22 + 65_535 + 1;

const ENTRY: [u8; 4] = *b"PK\x01\x02";

/// The type of a ZIP file by its entries, or `None` when the tail holds no end record.
///
/// The place of the directory is taken from the record as written: a ZIP behind something else thus has an
/// unreadable one and is nothing more than a ZIP.
pub(crate) fn kind(source: &mut dyn Source, tail: &[u8]) -> io::Result<Option<&'static str>> {
    let Some((size, offset)) = end_record(tail) else { return Ok(None) };
    source.seek(SeekFrom::Start(offset.into()))?;
    let mut directory = BufReader::new(source.take(size.into()));
    let mut kind = None;
    let mut left = u64::from(size);
    // Java goes by the directory's size and not by the number of entries, so that is what counts here.
    while left > 0 {
        let Some(entry) = read_array::<46>(&mut directory)? else { return Ok(Some("application/zip")) };
        if entry[..4] != ENTRY {
            return Ok(Some("application/zip"));
        }
        let length = |at| array_at(&entry, at).map_or(0, u16::from_le_bytes);
        let name = read_up_to(&mut directory, length(28).into())?;
        let rest = u64::from(length(30)) + u64::from(length(32));
        io::copy(&mut (&mut directory).take(rest), &mut io::sink())?;
        left = left.saturating_sub(46 + name.len() as u64 + rest);
        if is_java_class(&name) {
            return Ok(Some("application/java"));
        }
        kind = kind.or(match &name[..] {
            b"[Content_Types].xml" => Some(OPC),
            b"mimetype" => Some(ODF),
            _ => None,
        });
    }
    Ok(Some(kind.unwrap_or("application/zip")))
}

/// Size and offset of the directory.
fn end_record(tail: &[u8]) -> Option<(u32, u32)> {
    let found = (0..tail.len().saturating_sub(21)).rev().find(|at| {
        let record = &tail[*at..];
        let comment = array_at(record, 20).map_or(0, u16::from_le_bytes);
        record.starts_with(b"PK\x05\x06") && record.len() == 22 + usize::from(comment)
    })?;
    let record = &tail[found..];
    let size = u32::from_le_bytes(array_at(record, 12)?);
    let offset = u32::from_le_bytes(array_at(record, 16)?);
    Some((size, offset))
}

/// Java loads `a.class`, `a.class/`, and what is before a NUL.
fn is_java_class(name: &[u8]) -> bool {
    let shown = name.split(|b| *b == 0).next().unwrap_or_default();
    [name, shown].iter().any(|n| n.strip_suffix(b"/").unwrap_or(n).ends_with(b".class"))
}

#[cfg(test)]
mod tests;
