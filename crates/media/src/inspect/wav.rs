//! WAV, also over four gigabytes (RF64).

use std::io;

use super::Found;
use super::budget::Places;
use super::timed::{Audio, READ_LIMIT, Timed};
use crate::source::{Source, array_at};

/// How many chunks are looked at.
const CHUNK_LIMIT: usize = 1000;
/// How much of a list of texts is read.
const LIST_LIMIT: usize = 64 << 10;

/// The names of texts.
const TEXTS: &[(&[u8], &str)] = &[
    (b"INAM", "title"),
    (b"IART", "artist"),
    (b"ICMT", "comment"),
    (b"ICOP", "copyright"),
    (b"ICRD", "date"),
    (b"IGNR", "genre"),
    (b"IPRD", "album"),
    (b"ISFT", "encoder"),
    (b"ISRC", "source"),
];

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Option<Found>> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let found = chunks(&mut places).map(|timed| timed.describe(len, "audio/wav"));
    places.done(found)
}

fn chunks(places: &mut Places<'_>) -> Option<Timed> {
    let head = places.at(0, 12);
    let is_wave = (head.starts_with(b"RIFF") || head.starts_with(b"RF64")) && head.ends_with(b"WAVE");
    if !is_wave || head.len() < 12 {
        return None;
    }
    let mut timed = Timed { format: "wav", ..Timed::default() };
    let (mut at, mut bytes_per_second, mut large) = (12, 0, None);
    for _ in 0..CHUNK_LIMIT {
        let Some([k1, k2, k3, k4, size @ ..]) = places.array::<8>(at) else { break };
        let short = u32::from_le_bytes(size);
        let mut size = u64::from(short);
        match &[k1, k2, k3, k4] {
            b"ds64" => large = places.array(at + 16).map(u64::from_le_bytes),
            b"fmt " => {
                let format = places.at(at + 8, 16);
                let le16 = |at| array_at(&format, at).map(|b| u32::from(u16::from_le_bytes(b)));
                let le32 = |at| array_at(&format, at).map(u32::from_le_bytes);
                bytes_per_second = le32(8)?;
                let codec = codec(le16(0)?);
                timed.audio = Some(Audio { codec, rate: le32(4)?, channels: le16(2)?, bits: le16(14)? });
            }
            b"data" => {
                if short == u32::MAX {
                    size = large.unwrap_or(size);
                }
                let there = size.min(places.len().saturating_sub(at + 8));
                if bytes_per_second > 0 {
                    timed.seconds = there as f64 / f64::from(bytes_per_second);
                }
            }
            b"LIST" => texts(&places.at(at + 8, LIST_LIMIT.min(short as usize)), &mut timed),
            _ => {}
        }
        at = at.saturating_add(size).saturating_add(8 + size % 2);
    }
    timed.audio.is_some().then_some(timed)
}

fn codec(tag: u32) -> String {
    match tag {
        1 | 0xFFFE => "Pulse Code Modulation (PCM)".to_owned(),
        2 => "Microsoft ADPCM".to_owned(),
        3 => "IEEE float".to_owned(),
        6 => "A-law".to_owned(),
        7 => "µ-law".to_owned(),
        0x55 => "MPEG Layer 3".to_owned(),
        other => format!("0x{other:04X}"),
    }
}

fn texts(list: &[u8], timed: &mut Timed) {
    let Some(mut rest) = list.strip_prefix(b"INFO") else { return };
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let size = array_at(head, 4).map_or(0, u32::from_le_bytes) as usize;
        let Some((text, after)) = after.split_at_checked(size) else { return };
        if let Some((_, name)) = TEXTS.iter().find(|(id, _)| head.starts_with(id)) {
            timed.tags.push(name, text.split(|b| *b == 0).next().unwrap_or_default());
        }
        rest = after.get(size % 2..).unwrap_or_default();
    }
}
