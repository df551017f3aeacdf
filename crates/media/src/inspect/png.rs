//! PNG and APNG.

use std::io::{self, BufReader, Read as _};

use commonhold_core::Data;
use flate2::read::ZlibDecoder;

use super::{Entries, Found, PART_LIMIT, icc, merge, seconds, text, xmp};
use crate::source::{Source, array_at, read_array, read_up_to};

/// The longest text chunk that is read, and how much text there may be when all of it is unpacked.
const TEXT_LIMIT: usize = 3 << 20;
/// How many text chunks are read.
const TEXT_COUNT_LIMIT: usize = 1000;

/// An image without a proper end has neither dimensions nor metadata.
pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Found> {
    Ok(chunks(source, len)?.unwrap_or_else(|| Found::damaged("0")))
}

#[derive(Default)]
struct Animation {
    frames: u32,
    plays: u32,
    duration: f64,
}

fn chunks(source: &mut dyn Source, len: u64) -> io::Result<Option<Found>> {
    let mut input = BufReader::new(source);
    if read_array::<8>(&mut input)? != Some(*b"\x89PNG\r\n\x1A\n") {
        return Ok(None);
    }
    let mut found = Found::default();
    let mut color = "";
    let mut animation = Animation { plays: 1, ..Animation::default() };
    let mut texts = Entries::new();
    let mut from_xmp = Entries::new();
    let mut has_profile = false;
    let mut room = Room { chunks: TEXT_COUNT_LIMIT, bytes: TEXT_LIMIT };
    let mut at = 8;
    for _ in 0..PART_LIMIT {
        let Some(header) = read_array::<8>(&mut input)? else { return Ok(None) };
        let [a, b, c, d, kind @ ..] = header;
        let size = u32::from_be_bytes([a, b, c, d]);
        at += 12 + u64::from(size);
        if size > i32::MAX as u32 || at > len {
            return Ok(None);
        }
        let is_read = matches!(
            &kind,
            b"IHDR" | b"acTL" | b"fcTL" | b"iCCP" | b"pHYs" | b"tIME" | b"tEXt" | b"zTXt" | b"iTXt"
        );
        if !is_read || size as usize > TEXT_LIMIT {
            if kind == *b"IEND" {
                return Ok(Some(finish(found, color, &animation, texts, from_xmp)));
            }
            input.seek_relative(i64::from(size) + 4)?;
            continue;
        }
        let data = read_up_to(&mut input, size as usize)?;
        input.seek_relative(4)?;
        let be32 = |at| array_at(&data, at).map_or(0, u32::from_be_bytes);
        match &kind {
            b"IHDR" => {
                let Some([bits, kind]) = array_at(&data, 8) else { return Ok(None) };
                (found.width, found.height, found.bits) = (be32(0), be32(4), bits.into());
                color = color_name(kind);
            }
            b"acTL" => (animation.frames, animation.plays) = (be32(0), be32(4)),
            b"fcTL" => {
                let [delay, unit] = [20, 22].map(|at| array_at(&data, at).map_or(0, u16::from_be_bytes));
                animation.duration += f64::from(delay) / if unit == 0 { 100.0 } else { unit.into() };
            }
            // A name that says little, how it is packed, and the profile.
            b"iCCP" if !has_profile => {
                has_profile = true;
                let packed = split_nul(&data).and_then(|(_, rest)| rest.strip_prefix(b"\0"));
                merge(&mut texts, packed.map(icc::packed).unwrap_or_default());
            }
            b"pHYs" if data.get(8) == Some(&1) => {
                let resolution = [
                    ("XResolution".to_owned(), format!("{}/100", be32(0)).into()),
                    ("YResolution".to_owned(), format!("{}/100", be32(4)).into()),
                    ("ResolutionUnit".to_owned(), Data::Int(3)),
                ];
                merge(&mut texts, resolution.into());
            }
            b"tIME" => {
                if let Some(time) = time(&data) {
                    merge(&mut texts, vec![("DateTime".into(), time.into())]);
                }
            }
            b"tEXt" | b"zTXt" | b"iTXt" => match text_chunk(kind, &data, &mut room) {
                Some(TextChunk::Xmp(packet)) => from_xmp = xmp::read(&packet),
                Some(TextChunk::Text { name, language, value }) => {
                    add_text(&mut texts, name, language, value);
                }
                None => {}
            },
            _ => {}
        }
    }
    Ok(None)
}

fn finish(
    mut found: Found,
    color: &str,
    animation: &Animation,
    mut texts: Entries,
    from_xmp: Entries,
) -> Found {
    merge(&mut texts, from_xmp);
    found.common.clone_from(&texts);
    texts.push(("_MW_PNG_VERSION".into(), Data::Int(1)));
    // 0 stands for endless.
    found.duration = animation.duration * f64::from(animation.plays.max(1));
    found.metadata = vec![
        ("frameCount".into(), animation.frames.into()),
        ("loopCount".into(), animation.plays.into()),
        ("duration".into(), seconds(found.duration)),
        ("bitDepth".into(), found.bits.into()),
        ("colorType".into(), color.into()),
        ("metadata".into(), Data::Map(texts)),
    ];
    found
}

fn color_name(kind: u8) -> &'static str {
    match kind {
        0 => "greyscale",
        2 => "truecolour",
        3 => "index-coloured",
        4 => "greyscale-alpha",
        6 => "truecolour-alpha",
        _ => "unknown",
    }
}

fn time(data: &[u8]) -> Option<String> {
    let [y1, y2, month, day, hour, minute, second] = *data else { return None };
    let year = u16::from_be_bytes([y1, y2]);
    Some(format!("{year:04}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}"))
}

/// How much more text is taken.
struct Room {
    chunks: usize,
    bytes: usize,
}

impl Room {
    /// A packed text, as far as there is room for it.
    fn inflate(&self, data: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        ZlibDecoder::new(data).take(self.bytes as u64).read_to_end(&mut out).ok()?;
        Some(out)
    }

    /// Takes a text, if there is room for it.
    fn take(&mut self, text: &[u8]) -> Option<()> {
        self.bytes = self.bytes.checked_sub(text.len())?;
        Some(())
    }
}

enum TextChunk {
    Xmp(Vec<u8>),
    Text { name: &'static str, language: String, value: String },
}

fn text_chunk(kind: [u8; 4], data: &[u8], room: &mut Room) -> Option<TextChunk> {
    room.chunks = room.chunks.checked_sub(1)?;
    let (keyword, rest) = split_nul(data)?;
    let (language, raw, is_utf8) = match &kind {
        b"tEXt" => (None, rest.to_vec(), false),
        b"zTXt" => (None, room.inflate(rest.strip_prefix(b"\0")?)?, false),
        _ => {
            let (is_packed, rest) = (*rest.first()? == 1, rest.get(2..)?);
            let (language, rest) = split_nul(rest)?;
            let (_, rest) = split_nul(rest)?;
            let raw = if is_packed { room.inflate(rest)? } else { rest.to_vec() };
            (std::str::from_utf8(language).ok().filter(|l| !l.is_empty()), raw, true)
        }
    };
    room.take(&raw)?;
    let keyword = keyword.to_ascii_lowercase();
    if keyword == b"xml:com.adobe.xmp" {
        return Some(TextChunk::Xmp(raw));
    }
    let name = match keyword.as_slice() {
        b"title" => "ObjectName",
        b"author" => "Artist",
        b"description" => "ImageDescription",
        b"copyright" => "Copyright",
        b"software" => "Software",
        b"disclaimer" => "Disclaimer",
        b"warning" => "ContentWarning",
        b"source" => "Model",
        b"comment" => "PNGFileComment",
        _ => return None,
    };
    let value = if is_utf8 {
        text::printable(std::str::from_utf8(&raw).ok()?)?
    } else {
        text::printable(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(&raw).0)?
    };
    let language = language.map_or_else(|| "x-default".to_owned(), str::to_ascii_lowercase);
    Some(TextChunk::Text { name, language, value })
}

fn split_nul(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = data.iter().position(|b| *b == 0)?;
    Some((&data[..at], &data[at + 1..]))
}

/// Texts are kept by language.
fn add_text(texts: &mut Entries, name: &str, language: String, value: String) {
    let kind = ("_type".to_owned(), Data::from("lang"));
    match texts.iter_mut().find(|(n, _)| n == name) {
        Some((_, Data::Map(languages))) => {
            languages.pop();
            merge(languages, vec![(language, value.into()), kind]);
        }
        _ => texts.push((name.to_owned(), Data::Map(vec![(language, value.into()), kind]))),
    }
}
