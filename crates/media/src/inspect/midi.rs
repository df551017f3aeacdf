//! MIDI.

use std::io;

use super::Found;
use super::budget::Places;
use super::timed::{READ_LIMIT, Timed};
use crate::source::{Source, array_at};

/// How many tracks are read.
const TRACK_LIMIT: usize = 1000;
/// How much of a track is read.
const TRACK_SIZE: usize = 1 << 20;
/// How many changes of tempo are kept.
const TEMPO_LIMIT: usize = 10_000;
/// Microseconds of a quarter where nothing else is said.
const TEMPO: u32 = 500_000;

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Option<Found>> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let found = tracks(&mut places).map(|timed| timed.describe(len, "audio/midi"));
    places.done(found)
}

/// What the tracks say together.
#[derive(Default)]
struct Song {
    /// Where the tempo changes, and to what.
    tempos: Vec<(u64, u32)>,
    /// Where the last event is.
    end: u64,
}

fn tracks(places: &mut Places<'_>) -> Option<Timed> {
    let head = places.at(0, 14);
    if !head.starts_with(b"MThd") {
        return None;
    }
    let size = array_at(&head, 4).map(u32::from_be_bytes)?;
    let division = array_at(&head, 12).map(u16::from_be_bytes)?;
    let mut timed = Timed { format: "midi", ..Timed::default() };
    let mut song = Song::default();
    let mut at = 8 + u64::from(size);
    for _ in 0..TRACK_LIMIT {
        let Some([k1, k2, k3, k4, size @ ..]) = places.array::<8>(at) else { break };
        let size = u32::from_be_bytes(size);
        if [k1, k2, k3, k4] == *b"MTrk" {
            let track = places.at(at + 8, TRACK_SIZE.min(size as usize));
            song.take(&track, &mut timed);
        }
        at += 8 + u64::from(size);
    }
    timed.seconds = song.seconds(division);
    Some(timed)
}

/// A number of which each byte has seven bits, the last one marked.
fn number(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u32;
    for _ in 0..4 {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value = value << 7 | u32::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

impl Song {
    /// Reads the events of a track as far as they can be read.
    fn take(&mut self, track: &[u8], timed: &mut Timed) {
        let mut rest = track;
        let (mut now, mut status) = (0_u64, 0_u8);
        while let Some(wait) = number(&mut rest) {
            now += u64::from(wait);
            let Some((first, after)) = rest.split_first() else { break };
            if first & 0x80 != 0 {
                status = *first;
                rest = after;
            }
            let skipped = match status {
                0xFF => {
                    let Some((kind, after)) = rest.split_first() else { break };
                    rest = after;
                    let Some(size) = number(&mut rest) else { break };
                    let Some((data, after)) = rest.split_at_checked(size as usize) else { break };
                    rest = after;
                    self.meta(*kind, data, now, timed);
                    Some(0)
                }
                0xF0 | 0xF7 => number(&mut rest).map(|size| size as usize),
                0xC0..=0xDF => Some(1),
                0x80..=0xEF => Some(2),
                _ => None,
            };
            let Some(after) = skipped.and_then(|s| rest.get(s..)) else { break };
            rest = after;
            self.end = self.end.max(now);
        }
    }

    fn meta(&mut self, kind: u8, data: &[u8], now: u64, timed: &mut Timed) {
        match kind {
            1 => timed.tags.push("comment", data),
            2 => timed.tags.push("copyright", data),
            3 => timed.tags.push("title", data),
            0x51 if self.tempos.len() < TEMPO_LIMIT => {
                if let [a, b, c] = *data {
                    self.tempos.push((now, u32::from_be_bytes([0, a, b, c])));
                }
            }
            _ => {}
        }
    }

    fn seconds(mut self, division: u16) -> f64 {
        let [frames, ticks] = division.to_be_bytes();
        if frames & 0x80 != 0 {
            let each = f64::from(frames.cast_signed().unsigned_abs()) * f64::from(ticks);
            return self.end as f64 / each;
        }
        self.tempos.sort_by_key(|(at, _)| *at);
        let (mut from, mut tempo, mut microseconds) = (0, TEMPO, 0.0);
        for (at, next) in self.tempos.into_iter().chain([(self.end, 0)]) {
            microseconds += at.min(self.end).saturating_sub(from) as f64 * f64::from(tempo);
            (from, tempo) = (at, next);
        }
        microseconds / f64::from(division) / 1e6
    }
}
