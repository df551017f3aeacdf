//! What an old browser would take a file for that is announced as the type of its extension.
//!
//! MediaWiki 1.39 refuses what such browsers could take for something that runs.

use crate::mime;
use crate::source::contains;

/// The types that browsers looked into instead of believing them.
const DOUBTED: &[&str] = &[
    "text/plain",
    "text/html",
    "text/rtf",
    "application/postscript",
    "text/scriptlet",
    "application/pdf",
    "audio/x-aiff",
    "audio/basic",
    "audio/wav",
    "image/gif",
    "image/jpeg",
    "image/tiff",
    "image/png",
    "image/x-bmp",
    "video/x-msvideo",
    "video/mpeg",
    "application/java",
    "application/x-msdownload",
    "application/x-msmetafile",
];

const TAGS: &[&[u8]] = &[
    b"<html",
    b"<head",
    b"<title",
    b"<body",
    b"<script",
    b"<a href",
    b"<pre",
    b"<img",
    b"<plaintext",
    b"<table",
];

/// What begins with `MZ`.
pub(crate) const PROGRAM: &str = "application/x-msdownload";

/// The type that is seen in the first bytes under an extension, if it is one that matters.
pub(crate) fn seen_as(head: &[u8], extension: &str) -> Option<&'static str> {
    let head = &head[..head.len().min(255)];
    let proposed = mime::of_extension(extension);
    if let Some(proposed) = proposed
        && !DOUBTED.contains(&proposed)
    {
        return Some(proposed);
    }
    let is_believed = (proposed == Some("image/gif")
        && (head.starts_with(b"GIF87") || head.starts_with(b"GIF89")))
        || (proposed == Some("image/jpeg") && head.starts_with(b"\xFF\xD8"));
    if is_believed {
        return proposed;
    }
    let lower = head.to_ascii_lowercase();
    if TAGS.iter().any(|tag| contains(&lower, tag)) {
        return Some("text/html");
    }
    if lower.windows(6).any(|w| w.starts_with(b"<?xml") && matches!(w[5], b':' | b' ' | b'\t')) {
        return Some("text/xml");
    }
    if contains(&lower, b"<scriptlet") {
        return Some("text/scriptlet");
    }
    match head {
        [b'M', b'Z', ..] => Some(PROGRAM),
        [0xCA, 0xFE, 0xBA, 0xBE, ..] => Some("application/java"),
        [0xD7, 0xCD, 0xC6, 0x9A, ..] => Some("application/x-msmetafile"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
