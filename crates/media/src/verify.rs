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
    verify_in(&mut source, len, extension, true)
}

/// Judges a part of a file, given as if it were all of it: only what may be told from a part.
pub fn verify_chunk<S: Read + Seek + ?Sized>(
    source: &mut S,
    len: u64,
    extension: &str,
) -> io::Result<Result<(), Reason>> {
    let mut source = source;
    verify_in(&mut source, len, extension, false)
}

fn verify_in(
    source: &mut dyn Source,
    len: u64,
    extension: &str,
    is_whole: bool,
) -> io::Result<Result<(), Reason>> {
    let mime = detect_in(source, len)?;
    if EXCLUDED.contains(&mime.as_str()) {
        return Ok(Err(Reason::new("filetype-badmime").with(mime)));
    }
    let head = read_at(source, 0, 255)?;
    if let Some(seen) = sniff::seen_as(&head, extension).filter(|seen| EXCLUDED.contains(seen)) {
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
    if is_whole {
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
