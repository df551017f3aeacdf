//! Bounded reads.

use std::io::{self, Read, Seek, SeekFrom};

/// Where the bytes come from, as an object, so that the parsers are compiled once.
pub(crate) trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// Up to `most` bytes from an offset; fewer at the end of the file.
pub(crate) fn read_at(source: &mut dyn Source, from: u64, most: usize) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(from))?;
    read_up_to(source, most)
}

/// Up to `most` bytes from where the source stands.
pub(crate) fn read_up_to(source: &mut (impl Read + ?Sized), most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Read::take(source, most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Exactly `N` bytes from where the source stands, or `None` at the end of the file.
pub(crate) fn read_array<const N: usize>(source: &mut (impl Read + ?Sized)) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match source.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// The first `N` bytes at an offset of a slice.
pub(crate) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// Where `needle` first occurs.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

/// Whether `needle` occurs.
pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    find(haystack, needle).is_some()
}
