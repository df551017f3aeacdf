//! Signs of markup that a careless reader would run, whatever the file says it is.

use std::borrow::Cow;
use std::io::{self, SeekFrom};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::source::{Source, contains, find, read_at, read_up_to};

/// How much of a file that isn't text is looked at.
const HEAD: usize = 1024;
/// Texts are looked at in pieces that overlap by `HEAD`.
const PIECE: usize = 256 << 10;

/// Whether a file could be taken for a page or script.
pub(crate) fn is_suspicious(source: &mut dyn Source, mime: &str, is_svg: bool) -> io::Result<bool> {
    let head = read_at(source, 0, HEAD)?;
    if suspicious(&head) {
        return Ok(true);
    }
    if is_svg && has_strange_encoding(&read_at(source, 0, PIECE)?) {
        return Ok(true);
    }
    if !mime.starts_with("text/") {
        return Ok(false);
    }
    let encoding = utf16(&head);
    source.seek(SeekFrom::Start(0))?;
    let mut piece = Vec::new();
    loop {
        let fresh = read_up_to(source, PIECE)?;
        if fresh.is_empty() {
            return Ok(false);
        }
        piece.drain(..piece.len().saturating_sub(HEAD));
        piece.extend_from_slice(&fresh);
        if suspicious_in(&piece, encoding) {
            return Ok(true);
        }
    }
}

fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_bom(bytes).map(|(e, _)| e).filter(|e| *e == UTF_16LE || *e == UTF_16BE)
}

fn suspicious(bytes: &[u8]) -> bool {
    suspicious_in(bytes, utf16(bytes))
}

fn suspicious_in(bytes: &[u8], encoding: Option<&'static Encoding>) -> bool {
    let text = match encoding {
        Some(encoding) => Cow::Owned(encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes()),
        None => Cow::Borrowed(bytes),
    };
    let text = text.to_ascii_lowercase();
    if has_html_doctype(&text)
        || [&b"<body"[..], b"<head", b"<html", b"<script"].iter().any(|t| contains(&text, t))
    {
        return true;
    }
    let text = decode_references(&text);
    has_script_type(&text) || has_script_url(&text)
}

/// Every place behind an occurrence of a word.
fn after<'t>(text: &'t [u8], word: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = &rest[find(rest, word)? + word.len()..];
        Some(rest)
    })
}

fn unquoted(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    text.strip_prefix(b"\"").or_else(|| text.strip_prefix(b"'")).unwrap_or(text).trim_ascii_start()
}

fn has_html_doctype(text: &[u8]) -> bool {
    after(text, b"<!doctype").any(|rest| {
        let rest = rest.trim_ascii_start();
        rest.starts_with(b"html") || rest.starts_with(b"xhtml")
    })
}

/// `type="text/javascript"` and the like.
fn has_script_type(text: &[u8]) -> bool {
    after(text, b"type").any(|rest| {
        let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") else { return false };
        let value = unquoted(value);
        let word = value.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let inner = value[word..].strip_prefix(b"/").unwrap_or(value);
        [value, inner].iter().any(|v| v.starts_with(b"java") || v.starts_with(b"ecma"))
    })
}

/// Addresses that run something.
fn has_script_url(text: &[u8]) -> bool {
    let runs = |value: &[u8]| {
        let value = unquoted(value);
        value.starts_with(b"javascript:") || value.starts_with(b"ecmascript:")
    };
    let attribute = |word: &'static [u8]| {
        after(text, word).any(|rest| rest.trim_ascii_start().strip_prefix(b"=").is_some_and(runs))
    };
    attribute(b"href")
        || attribute(b"src")
        || attribute(b"data")
        || after(text, b"url").any(|rest| rest.trim_ascii_start().strip_prefix(b"(").is_some_and(runs))
}

/// Replaces references to ASCII characters; the rest doesn't matter here.
fn decode_references(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let end = if *first == b'&' { tail.iter().take(16).position(|b| *b == b';') } else { None };
        let decoded = end.and_then(|end| Some((reference(&tail[..end])?, end)));
        if let Some((byte, end)) = decoded {
            out.push(byte);
            rest = &tail[end + 1..];
        } else {
            out.push(*first);
        }
    }
    out
}

fn reference(name: &[u8]) -> Option<u8> {
    match name {
        b"lt" => Some(b'<'),
        b"gt" => Some(b'>'),
        b"amp" => Some(b'&'),
        b"quot" => Some(b'"'),
        b"apos" => Some(b'\''),
        _ => {
            let number = std::str::from_utf8(name.strip_prefix(b"#")?).ok()?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            code.ok().and_then(|c| u8::try_from(c).ok()).map(|b| b.to_ascii_lowercase())
        }
    }
}

const SAFE_ENCODINGS: &[&[u8]] = &[
    b"UTF-8",
    b"US-ASCII",
    b"ISO-8859-1",
    b"ISO-8859-2",
    b"UTF-16",
    b"UTF-32",
    b"WINDOWS-1250",
    b"WINDOWS-1251",
    b"WINDOWS-1252",
    b"WINDOWS-1253",
    b"WINDOWS-1254",
    b"WINDOWS-1255",
    b"WINDOWS-1256",
    b"WINDOWS-1257",
    b"WINDOWS-1258",
];

/// Whether readers may disagree on the encoding of an XML document.
fn has_strange_encoding(head: &[u8]) -> bool {
    const EBCDIC: &[u8] = b"\x4C\x6F\xA7\x94";
    // An ASCII character in a wide encoding is one byte among zeros.
    let narrow: Vec<u8> = head.iter().copied().filter(|b| *b != 0).collect();
    head.starts_with(EBCDIC) || has_strange_declaration(&narrow)
}

fn has_strange_declaration(head: &[u8]) -> bool {
    let Some(rest) =
        after(head, b"<?xml").find(|r| r.first().is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'-'))
    else {
        return false;
    };
    let Some(end) = find(rest, b"?>") else { return true };
    let Some(value) = after(&rest[..end], b"encoding").next() else { return false };
    let Some(value) = value.trim_ascii_start().strip_prefix(b"=") else { return false };
    let value = value.trim_ascii_start();
    let Some((quote @ (b'"' | b'\''), value)) = value.split_first() else { return false };
    let name = value.split(|b| b == quote).next().unwrap_or_default();
    !SAFE_ENCODINGS.iter().any(|safe| safe.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
