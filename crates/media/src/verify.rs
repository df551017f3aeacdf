//! Whether a content may be kept under a name.

use std::io::{self, Read, Seek};

use crate::detect::detect_in;
use crate::mime::{self, logical_type};
use crate::source::{Source, read_at};
use crate::{script, sniff, svg};

/// Why a content is refused: what stands in `details` of a `verification-error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The message's key.
    pub key: &'static str,
    /// Its parameters.
    pub params: Vec<String>,
}

impl Reason {
    pub(crate) fn new(key: &'static str) -> Self {
        Self { key, params: Vec::new() }
    }

    pub(crate) fn with(mut self, param: impl Into<String>) -> Self {
        self.params.push(param.into());
        self
    }
}

/// Types that are never kept.
const EXCLUDED: &[&str] = &[
    "text/html",
    "application/javascript",
    "text/javascript",
    "text/x-javascript",
    "application/x-shellscript",
    "application/x-php",
    "text/x-php",
    "text/x-python",
    "text/x-perl",
    "text/x-bash",
    "text/x-sh",
    "text/x-csh",
    "text/scriptlet",
    "application/x-msdownload",
    "application/x-msmetafile",
    "application/java",
    "application/xml",
    "text/xml",
];

/// Judges a whole file of `len` bytes under an extension, as typed; without one, only the content counts.
pub fn verify<S: Read + Seek + ?Sized>(
    source: &mut S,
    len: u64,
    extension: &str,
) -> io::Result<Result<(), Reason>> {
    let mut source = source;
    verify_in(&mut source, len, extension, Part::Whole)
}

/// Judges the beginning of a file, given as if it were all of it: only what may be told from a part.
pub fn verify_first_chunk<S: Read + Seek + ?Sized>(
    source: &mut S,
    len: u64,
    extension: &str,
) -> io::Result<Result<(), Reason>> {
    let mut source = source;
    verify_in(&mut source, len, extension, Part::Beginning)
}

/// Judges a later part of a file, of which the extension says nothing.
pub fn verify_later_chunk<S: Read + Seek + ?Sized>(
    source: &mut S,
    len: u64,
) -> io::Result<Result<(), Reason>> {
    let mut source = source;
    verify_in(&mut source, len, "", Part::Later)
}

/// How much of a file is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Beginning,
    Later,
}

fn verify_in(
    source: &mut dyn Source,
    len: u64,
    extension: &str,
    part: Part,
) -> io::Result<Result<(), Reason>> {
    let mime = detect_in(source, len)?;
    if EXCLUDED.contains(&mime.as_str()) {
        return Ok(Err(Reason::new("filetype-badmime").with(mime)));
    }
    let head = read_at(source, 0, 255)?;
    // Only a file's first bytes are magic numbers: two letters at the start of a later part mean nothing, and one in
    // 65,536 parts of any large file begins with them.
    let matters = |seen: &&str| EXCLUDED.contains(seen) && (part != Part::Later || *seen != sniff::PROGRAM);
    if let Some(seen) = sniff::seen_as(&head, extension).filter(matters) {
        return Ok(Err(Reason::new("filetype-bad-ie-mime").with(seen)));
    }
    let is_svg = extension == "svg" || mime == "image/svg+xml";
    if script::is_suspicious(source, &mime, is_svg)? {
        return Ok(Err(Reason::new("uploadscripted")));
    }
    // A part is rarely well-formed; that is a fault only of the whole.
    let mut is_malformed = false;
    if is_svg {
        match svg::check(source)? {
            svg::Verdict::Fine => {}
            svg::Verdict::Malformed => is_malformed = true,
            svg::Verdict::Refused(reason) => return Ok(Err(reason)),
        }
    }
    if part == Part::Whole {
        let logical = logical_type(&mime, extension);
        if !extension.is_empty() && !mime::matches(&logical, extension) {
            return Ok(Err(Reason::new("filetype-mime-mismatch").with(extension).with(logical)));
        }
        if is_malformed {
            return Ok(Err(Reason::new("uploadinvalidxml")));
        }
    }
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn two_letters_at_the_start_of_a_later_part_mean_nothing() {
        let part = |bytes: &[u8]| verify_later_chunk(&mut Cursor::new(bytes), bytes.len() as u64).unwrap();
        assert_eq!(part(b"MZ\x90\x00\x03 and so on"), Ok(()));
        let first = b"MZ\x90\x00\x03 and so on";
        let refused = verify_first_chunk(&mut Cursor::new(first), first.len() as u64, "png").unwrap();
        assert_eq!(refused.unwrap_err().key, "filetype-bad-ie-mime");
        assert!(part(b"..<script>alert(1)</script>").is_err());
    }
}
