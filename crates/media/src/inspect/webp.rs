//! WebP.

use std::io::{self, BufReader};

use commonhold_core::Data;

use super::{Found, PART_LIMIT};
use crate::source::{Source, array_at, read_array, read_up_to};

/// What the header of the extended format says.
struct Canvas {
    width: u32,
    height: u32,
    is_animated: bool,
    has_alpha: bool,
}

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Found> {
    let mut input = BufReader::new(source);
    let header = read_array::<12>(&mut input)?;
    if !header.is_some_and(|h| h.starts_with(b"RIFF") && h.ends_with(b"WEBP")) {
        return Ok(Found::damaged("0"));
    }
    let mut canvas = None;
    let mut at = 12;
    for _ in 0..PART_LIMIT {
        let Some([k1, k2, k3, k4, size @ ..]) = read_array::<8>(&mut input)? else { break };
        let size = u64::from(u32::from_le_bytes(size));
        let padded = size + size % 2;
        at += 8 + padded;
        let head = read_up_to(&mut input, padded.min(16) as usize)?;
        let image = match &[k1, k2, k3, k4] {
            b"VP8X" => {
                canvas = extended(&head);
                None
            }
            b"VP8 " => lossy(&head).map(|size| ("lossy", size)),
            b"VP8L" => lossless(&head).map(|size| ("lossless", size)),
            _ => None,
        };
        if let Some((compression, size)) = image {
            return Ok(describe(compression, size, canvas.as_ref()));
        }
        if at > len {
            break;
        }
        input.seek_relative(padded as i64 - head.len() as i64)?;
    }
    Ok(canvas.map_or_else(|| Found::damaged("0"), |c| describe("unknown", (c.width, c.height), Some(&c))))
}

fn describe(compression: &str, size: (u32, u32), canvas: Option<&Canvas>) -> Found {
    let (width, height) = canvas.map_or(size, |c| (c.width, c.height));
    let mut metadata = vec![("compression".to_owned(), Data::from(compression))];
    if let Some(canvas) = canvas {
        metadata.push(("animated".into(), canvas.is_animated.into()));
        metadata.push(("transparency".into(), canvas.has_alpha.into()));
    }
    metadata.push(("width".into(), width.into()));
    metadata.push(("height".into(), height.into()));
    metadata.push(("metadata".into(), Data::map([("_MW_WEBP_VERSION", Data::Int(1))])));
    Found { width, height, metadata, ..Found::default() }
}

fn extended(head: &[u8]) -> Option<Canvas> {
    let le24 =
        |at: usize| Some(u32::from_le_bytes([*head.get(at)?, *head.get(at + 1)?, *head.get(at + 2)?, 0]) + 1);
    let flags = *head.first()?;
    Some(Canvas {
        width: le24(4)?,
        height: le24(7)?,
        is_animated: flags & 2 != 0,
        has_alpha: flags & 16 != 0,
    })
}

fn lossy(head: &[u8]) -> Option<(u32, u32)> {
    if head.get(3..6) != Some(&[0x9D, 0x01, 0x2A]) {
        return None;
    }
    let side = |at| array_at(head, at).map(|b| u32::from(u16::from_le_bytes(b) & 0x3FFF));
    side(6).zip(side(8))
}

fn lossless(head: &[u8]) -> Option<(u32, u32)> {
    let bits = head.strip_prefix(&[0x2F]).and_then(|h| array_at(h, 0)).map(u32::from_le_bytes)?;
    Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1))
}
