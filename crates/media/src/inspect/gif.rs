//! GIF.

use std::io::{self, BufReader, Read};

use commonhold_core::Data;

use super::{Entries, Found, PART_LIMIT, merge, seconds, text, xmp};
use crate::source::{Source, array_at, read_array};

/// How much of an extension is kept, and how much of all comments.
const EXTENSION_LIMIT: usize = 1 << 20;
/// How many comments are kept.
const COMMENT_LIMIT: usize = 100;

/// A file that stops within colours or the data of a frame is described by what is there; with any other fault of its
/// structure it is damaged. MediaWiki does nearly so.
pub(super) fn read(source: &mut dyn Source) -> io::Result<Found> {
    let mut input = BufReader::new(source);
    let header =
        read_array::<13>(&mut input)?.filter(|h| h.starts_with(b"GIF87a") || h.starts_with(b"GIF89a"));
    let Some(header) = header else { return Ok(Found::damaged("0")) };
    let le16 = |at| array_at(&header, at).map_or(0, u16::from_le_bytes);
    let flags = header[10];
    let mut seen = Seen { bits: color_bits(flags), ..Seen::default() };
    if skip_colors(&mut input, flags)? && !blocks(&mut input, &mut seen)? {
        return Ok(Found::damaged("0"));
    }
    let mut found =
        Found { width: le16(6).into(), height: le16(8).into(), bits: seen.bits, ..Found::default() };
    if !seen.comments.is_empty() {
        found.common.push(("GIFFileComment".into(), seen.comments.into()));
    }
    merge(&mut found.common, seen.xmp.unwrap_or_default());
    let mut inner = found.common.clone();
    inner.push(("_MW_GIF_VERSION".into(), Data::Int(1)));
    found.duration = seen.duration;
    found.metadata = vec![
        ("frameCount".into(), seen.frames.into()),
        ("looped".into(), seen.is_looped.into()),
        ("duration".into(), seconds(seen.duration)),
        ("metadata".into(), Data::Map(inner)),
    ];
    Ok(found)
}

#[derive(Default)]
struct Seen {
    frames: u32,
    /// As the last frame has it: this is what MediaWiki shows.
    bits: u32,
    is_looped: bool,
    duration: f64,
    comments: Vec<String>,
    /// How long the comments are together.
    comment_bytes: usize,
    xmp: Option<Entries>,
}

/// Reads to the end of the picture; false where there isn't what has to be.
fn blocks(input: &mut impl Read, seen: &mut Seen) -> io::Result<bool> {
    for _ in 0..PART_LIMIT {
        match read_array::<1>(input)? {
            Some([b'!']) => {
                let Some([label]) = read_array::<1>(input)? else { return Ok(false) };
                if !extension(input, label, seen)? {
                    return Ok(false);
                }
            }
            Some([b',']) => {
                seen.frames += 1;
                let Some(frame) = read_array::<9>(input)? else { return Ok(false) };
                seen.bits = color_bits(frame[8]);
                if !skip_colors(input, frame[8])? {
                    return Ok(true);
                }
                let has_data = read_array::<1>(input)?.is_some();
                if !has_data || !sub_blocks(input, 0)?.is_whole {
                    return Ok(true);
                }
            }
            Some([b';']) => return Ok(true),
            _ => return Ok(false),
        }
    }
    Ok(false)
}

fn extension(input: &mut impl Read, label: u8, seen: &mut Seen) -> io::Result<bool> {
    let keep = if label == 0xFE { EXTENSION_LIMIT - seen.comment_bytes } else { EXTENSION_LIMIT };
    let Blocks { data, is_whole } = sub_blocks(input, keep)?;
    match label {
        0xF9 => {
            let delay = array_at(&data, 1).map_or(0, u16::from_le_bytes);
            seen.duration += f64::from(delay) * 0.01;
        }
        0xFE if seen.comments.len() < COMMENT_LIMIT => {
            seen.comment_bytes += data.len();
            seen.comments.extend(text::clean(&data));
        }
        0xFF if data.starts_with(b"NETSCAPE2.0") => {
            seen.is_looped = array_at(&data, 12).is_some_and(|times| u16::from_le_bytes(times) != 1);
        }
        0xFF if data.starts_with(b"XMP DataXMP") && seen.xmp.is_none() => {
            seen.xmp = packet(&data).map(xmp::read);
        }
        _ => {}
    }
    Ok(is_whole)
}

/// XMP isn't cut into blocks. What looks like their lengths belongs to it, and what leads any reader to the end
/// follows: a one and all bytes in falling order, in which there are angle brackets as well.
fn packet(data: &[u8]) -> Option<&[u8]> {
    let data = data.get(..data.len().checked_sub(257)?)?;
    let start = data.iter().position(|b| *b == b'<')?;
    let end = data.iter().rposition(|b| *b == b'>')?;
    data.get(start..=end)
}

/// What is in a row of blocks.
struct Blocks {
    data: Vec<u8>,
    /// Whether the file went on to the empty block at the end.
    is_whole: bool,
}

/// Reads blocks to the empty one and keeps their content up to a limit; XMP's with their lengths.
fn sub_blocks(input: &mut impl Read, keep: usize) -> io::Result<Blocks> {
    let mut kept = Vec::new();
    let mut block = [0; 255];
    while let Some([size]) = read_array::<1>(input)? {
        if size == 0 {
            return Ok(Blocks { data: kept, is_whole: true });
        }
        let block = &mut block[..size.into()];
        match input.read_exact(block) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
        if kept.len() < keep {
            if kept.starts_with(b"XMP DataXMP") {
                kept.push(size);
            }
            kept.extend_from_slice(block);
            kept.truncate(keep);
        }
    }
    Ok(Blocks { data: kept, is_whole: false })
}

fn color_bits(flags: u8) -> u32 {
    u32::from(flags & 7) + 1
}

/// Passes over a colour table, if the flags announce one; false at the end of the file.
fn skip_colors(input: &mut impl Read, flags: u8) -> io::Result<bool> {
    if flags & 0x80 == 0 {
        return Ok(true);
    }
    let size = 3 << ((flags & 7) + 1);
    Ok(io::copy(&mut input.take(size), &mut io::sink())? == size)
}
