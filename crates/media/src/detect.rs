//! The type of a content, from the content alone.

use std::borrow::Cow;
use std::io::{self, Read, Seek};

use crate::mime::{self, UNKNOWN};
use crate::source::{Source, array_at, contains, find, read_at};
use crate::{xml, zip};

type Mime = Cow<'static, str>;

/// How much of the beginning the rules look at.
const HEAD: usize = 16 << 10;

/// The type of a file of `len` bytes; `unknown/unknown` when it can't be told.
pub fn detect<S: Read + Seek + ?Sized>(source: &mut S, len: u64) -> io::Result<String> {
    let mut source = source;
    detect_in(&mut source, len)
}

pub(crate) fn detect_in(source: &mut dyn Source, len: u64) -> io::Result<String> {
    let head = read_at(source, 0, HEAD)?;
    if let Some(found) = by_signature(&head) {
        return Ok(named(&found));
    }
    if holds_php(&head[..head.len().min(1024)]) {
        return Ok("application/x-php".to_owned());
    }
    if xml::may_be_xml(&head)
        && let Some(root) = xml::root(source)?
    {
        return Ok(root_type(&root).to_owned());
    }
    if let Some(found) = interpreter(&head) {
        return Ok(named(&found));
    }
    let tail = read_at(source, len.saturating_sub(zip::TAIL as u64), zip::TAIL)?;
    if let Some(found) = zip::kind(source, &tail)? {
        return Ok(found.to_owned());
    }
    if is_stl(&head, &tail, len) {
        return Ok("application/sla".to_owned());
    }
    Ok(named(
        &by_format(&head).or_else(|| text_type(&head)).or_else(|| by_crate(&head)).unwrap_or(UNKNOWN.into()),
    ))
}

fn named(found: &str) -> String {
    mime::canonical(found).to_owned()
}

/// Signatures that come before every other rule.
fn by_signature(head: &[u8]) -> Option<Mime> {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"MThd", "audio/midi"),
        (b"OggS", "application/ogg"),
        (b"ID3", "audio/mpeg"),
        (b"\xFF\xFB", "audio/mpeg"),
        (b"\xFF\xF3", "audio/mpeg"),
        (b"\xFF\xE3", "audio/mpeg"),
        (b"\x01\x00\x09\x00", "application/x-msmetafile"),
        (b"\xD7\xCD\xC6\x9A", "application/x-msmetafile"),
        (b"%PDF", "application/pdf"),
        (b"gimp xcf", "image/x-xcf"),
        (b"MZ", UNKNOWN),
        (b"\xCA\xFE\xBA\xBE", UNKNOWN),
        (b"\x7FELF", UNKNOWN),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", UNKNOWN),
    ];
    if let Some((_, found)) = SIGNATURES.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some((*found).into());
    }
    if head.starts_with(b"\x1A\x45\xDF\xA3") {
        return Some(matroska(head).into());
    }
    if head.starts_with(b"RIFF") && head.get(8..15) == Some(b"WEBPVP8") {
        return Some("image/webp".into());
    }
    if head.starts_with(b"\0\0\0\x0CjP  \r\n\x87\n") {
        return match head.get(16..24) {
            Some(b"ftypjp2 ") => Some("image/jp2".into()),
            Some(b"ftypjpx ") => Some("image/jpx".into()),
            _ => None,
        };
    }
    None
}

/// Matroska and WebM, by the document type and the first video codec.
fn matroska(head: &[u8]) -> &'static str {
    let Some(at) = find(head, b"\x42\x82") else { return UNKNOWN };
    let name = head.get(at + 3..).unwrap_or_default();
    if name.starts_with(b"matroska") {
        return "video/x-matroska";
    }
    if !name.starts_with(b"webm") {
        return UNKNOWN;
    }
    let is_video = |track: &[u8]| {
        [&b"V_VP8"[..], b"V_VP9", b"V_AV1"].iter().any(|codec| track[2..].starts_with(codec))
            && track[0] == 0x86
            && matches!(track[1], 0x85 | 0x86)
    };
    let has_video = head.windows(7).any(is_video);
    if has_video { "video/webm" } else { "audio/webm" }
}

/// PHP's opening tag, also as UTF-16, where its short forms count as well.
fn holds_php(head: &[u8]) -> bool {
    let wide = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    let lower = head.to_ascii_lowercase();
    contains(&lower, b"<?php")
        || ["<?php", "<? ", "<?\n", "<?\t", "<?="]
            .iter()
            .any(|tag| contains(&lower, &wide(tag, true)) || contains(&lower, &wide(tag, false)))
}

/// The type of an XML document. All that aren't known are XML, which is refused.
fn root_type(root: &xml::Root) -> &'static str {
    match (root.ns.as_str(), root.local.as_str()) {
        ("http://www.w3.org/2000/svg" | "", "svg") => "image/svg+xml",
        ("http://www.w3.org/1999/xhtml" | "", "html") => "text/html",
        ("http://www.lysator.liu.se/~alla/dia/", "diagram") => "application/x-dia-diagram",
        _ => "application/xml",
    }
}

/// A script, by the program that is to run it.
fn interpreter(head: &[u8]) -> Option<Mime> {
    let head = &head[..head.len().min(1024)];
    let text = match head {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(rest),
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => {
            let (text, _, _) = encoding_rs::UTF_16LE.decode(head);
            Cow::Owned(text.into_owned().into_bytes())
        }
        _ => Cow::Borrowed(head),
    };
    let line = text.strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
    let command = line.trim_ascii().split(u8::is_ascii_whitespace).next()?;
    let name = &command[command.iter().rposition(|b| *b == b'/')? + 1..];
    let word: String = name
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
        .copied()
        .map(char::from)
        .collect();
    (!word.is_empty()).then(|| format!("application/x-{word}").into())
}

/// STL, as text between `solid` and `endsolid` or as counted triangles.
fn is_stl(head: &[u8], tail: &[u8], len: u64) -> bool {
    let is_text = head.len() >= 15
        && head[..6].eq_ignore_ascii_case(b"solid ")
        && tail.split(|b| matches!(b, b'\r' | b'\n')).any(|line| {
            let line = line.trim_ascii();
            line.len() >= 8 && line[..8].eq_ignore_ascii_case(b"endsolid")
        });
    let triangles = array_at(head, 80).map(u32::from_le_bytes);
    is_text || (len > 84 && triangles.is_some_and(|n| len == 84 + 50 * u64::from(n)))
}

/// Formats with unmistakable beginnings of which the type must be MediaWiki's.
fn by_format(head: &[u8]) -> Option<Mime> {
    const FORMATS: &[(&[u8], &str)] = &[
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"\x89PNG\r\n\x1A\n", "image/png"),
        (b"GIF8", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"II+\0", "image/tiff"),
        (b"MM\0+", "image/tiff"),
        (b"\0\0\0\x0CJXL \r\n\x87\n", "image/jxl"),
        (b"8BPS", "image/x-photoshop"),
        (b"AT&TFORM", "image/vnd.djvu"),
        (b"fLaC", "audio/flac"),
        (b"\x1F\x8B", "application/gzip"),
        (b".snd", "audio/basic"),
        (b"%!PS", "application/postscript"),
        (b"{\\rtf", "text/rtf"),
        (b"\0\0\x01\xBA", "video/mpeg"),
        (b"\0\0\x01\xB3", "video/mpeg"),
        (b"FWS", "application/x-shockwave-flash"),
        (b"CWS", "application/x-shockwave-flash"),
    ];
    if let Some((_, found)) = FORMATS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some((*found).into());
    }
    match (head.get(..4), head.get(8..12)) {
        (Some(b"RIFF" | b"RF64"), Some(b"WAVE")) => return Some("audio/wav".into()),
        (Some(b"RIFF"), Some(b"AVI ")) => return Some("video/x-msvideo".into()),
        (Some(b"FORM"), Some(b"AIFF" | b"AIFC")) => return Some("audio/x-aiff".into()),
        _ => {}
    }
    if array_at(head, 4) == Some(*b"ftyp") {
        return array_at(head, 8).map(|brand| iso_media(brand, compatible_brands(head)).into());
    }
    // The header's length tells a bitmap from a text that begins alike.
    let header = array_at(head, 14).map(u32::from_le_bytes);
    if head.starts_with(b"BM") && matches!(header, Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)) {
        return Some("image/x-bmp".into());
    }
    None
}

/// The brands that a file of ISO media names besides its own.
fn compatible_brands(head: &[u8]) -> &[u8] {
    let end = array_at(head, 0).map_or(0, u32::from_be_bytes) as usize;
    head.get(16..end.min(head.len())).unwrap_or_default()
}

/// MP4 and its relatives, by brand. The brand of still pictures doesn't say how they are coded; the others do.
fn iso_media(brand: [u8; 4], compatible: &[u8]) -> &'static str {
    match &brand {
        b"avif" | b"avis" => "image/avif",
        b"mif1" | b"msf1" if compatible.chunks_exact(4).any(|b| matches!(b, b"avif" | b"avis")) => {
            "image/avif"
        }
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => "image/heic",
        b"qt  " => "video/quicktime",
        [b'3', b'g', ..] => "video/3gpp",
        _ => "video/mp4",
    }
}

/// Text, if it looks like text at all.
fn text_type(head: &[u8]) -> Option<Mime> {
    const HTML: &[&[u8]] = &[
        b"<!doctype html",
        b"<head>",
        b"<head ",
        b"<title>",
        b"<title ",
        b"<html>",
        b"<html ",
        b"<script>",
        b"<script ",
        b"<style>",
        b"<style ",
        b"<table>",
        b"<table ",
        b"<a href=",
    ];
    let head = as_text(head)?;
    let head = head[..head.len().min(4096)].to_ascii_lowercase();
    let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    let is_xml = start.starts_with(b"<?xml");
    Some(match () {
        () if (is_xml && contains(&head, b"<svg"))
            || start.starts_with(b"<svg")
            || start.starts_with(b"<!doctype svg") =>
        {
            "image/svg+xml".into()
        }
        () if is_xml => "application/xml".into(),
        () if HTML.iter().any(|tag| contains(&head, tag)) => "text/html".into(),
        () => "text/plain".into(),
    })
}

/// What has only characters that texts have, in an encoding with ASCII in it or in marked UTF-16.
fn as_text(head: &[u8]) -> Option<Cow<'_, [u8]>> {
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        let (text, _, damaged) = encoding_rs::UTF_16LE.decode(head);
        let is_text = !damaged && !text.contains(|c: char| c.is_control() && !c.is_ascii_whitespace());
        return is_text.then(|| Cow::Owned(text.into_owned().into_bytes()));
    }
    let is_text = head.len() > 1 && head.iter().all(|b| matches!(b, 7..=13 | 27 | 32..=126 | 128..));
    is_text.then_some(Cow::Borrowed(head))
}

/// The rest of the known formats.
fn by_crate(head: &[u8]) -> Option<Mime> {
    infer::get(head).map(|kind| kind.mime_type().into())
}

#[cfg(test)]
mod tests;
