//! FLAC.

use std::io;

use super::Found;
use super::budget::Places;
use super::timed::{Audio, READ_LIMIT, Timed, vorbis_comment};
use crate::source::{Source, array_at};

/// How many blocks of metadata are looked at.
const BLOCK_LIMIT: usize = 1000;
/// How much of a block is read.
const READ: usize = 128 << 10;

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Option<Found>> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let found = blocks(&mut places).map(|timed| timed.describe(len, "audio/flac"));
    places.done(found)
}

fn blocks(places: &mut Places<'_>) -> Option<Timed> {
    if places.array(0) != Some(*b"fLaC") {
        return None;
    }
    let mut timed = Timed { format: "flac", ..Timed::default() };
    let mut at = 4;
    for _ in 0..BLOCK_LIMIT {
        let Some([kind, a, b, c]) = places.array(at) else { break };
        let size = u32::from_be_bytes([0, a, b, c]);
        match kind & 0x7F {
            0 => {
                let info = places.at(at + 4, 18);
                let packed = u64::from_be_bytes(array_at(&info, 10)?);
                let rate = (packed >> 44) as u32;
                let channels = (packed >> 41 & 7) as u32 + 1;
                let bits = (packed >> 36 & 31) as u32 + 1;
                timed.seconds = (packed & 0xF_FFFF_FFFF) as f64 / f64::from(rate);
                timed.audio = Some(Audio { codec: "FLAC".into(), rate, channels, bits });
            }
            4 => timed.tags = vorbis_comment(&places.at(at + 4, READ.min(size as usize))).1,
            _ => {}
        }
        at += 4 + u64::from(size);
        if kind & 0x80 != 0 {
            break;
        }
    }
    timed.audio.is_some().then_some(timed)
}
