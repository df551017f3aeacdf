//! Ogg: Vorbis, Opus, FLAC, Speex and Theora.

use std::io;

use commonhold_core::Data;

use super::budget::Places;
use super::timed::{READ_LIMIT, Tags, vorbis_comment, whole};
use super::{Entries, Found};
use crate::source::{Source, array_at, find};

/// How many streams are told.
const STREAM_LIMIT: usize = 32;
/// How many pages are read for the streams' first packets.
const PAGE_LIMIT: usize = 500;
/// How much of a packet is kept.
const PACKET_LIMIT: usize = 64 << 10;
/// How much of the end is searched for the streams' last pages.
const TAIL: u64 = 128 << 10;

/// What the first packet of a stream says.
struct Codec {
    name: &'static str,
    /// How much stands before the comment in the second packet.
    before_comment: usize,
    header: Entries,
    time: Time,
    size: (u32, u32),
}

/// How a position of a stream becomes a time.
enum Time {
    /// Samples a second, and how many come before the first that is heard.
    Samples(u32, u32),
    /// Frames a second as a fraction, and how many bits count them since the last whole one.
    Frames(u32, u32, u32),
}

struct Stream {
    serial: u32,
    codec: Option<Codec>,
    /// The packet that isn't whole yet, and how many there were.
    packet: Vec<u8>,
    packets: usize,
    comment: Option<(Option<String>, Tags)>,
    last: u64,
}

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Option<Found>> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let mut streams = streams(&mut places);
    ends(&mut places, &mut streams);
    places.done(describe(streams))
}

/// The streams with their first two packets.
fn streams(places: &mut Places<'_>) -> Vec<Stream> {
    let mut streams: Vec<Stream> = Vec::new();
    let mut at = 0;
    for _ in 0..PAGE_LIMIT {
        let Some(page) = Page::at(places, at) else { break };
        let body_at = at + 27 + page.lacing.len() as u64;
        at = body_at + page.size();
        if page.is_first && streams.len() < STREAM_LIMIT && streams.iter().all(|s| s.serial != page.serial) {
            streams.push(Stream {
                serial: page.serial,
                codec: None,
                packet: Vec::new(),
                packets: 0,
                comment: None,
                last: 0,
            });
        }
        if let Some(stream) = streams.iter_mut().find(|s| s.serial == page.serial)
            && stream.packets < 2
        {
            let body = places.at(body_at, page.size() as usize);
            stream.take(&page.lacing, &body);
        } else if !streams.is_empty() && streams.iter().all(|s| s.packets >= 2) {
            break;
        }
    }
    streams
}

/// The head of a page.
struct Page {
    is_first: bool,
    granule: u64,
    serial: u32,
    lacing: Vec<u8>,
}

impl Page {
    fn at(places: &mut Places<'_>, at: u64) -> Option<Self> {
        let head = places.at(at, 27 + 255);
        Self::parse(&head)
    }

    fn parse(head: &[u8]) -> Option<Self> {
        if !head.starts_with(b"OggS\0") {
            return None;
        }
        let count = usize::from(*head.get(26)?);
        Some(Self {
            is_first: head[5] & 2 != 0,
            granule: u64::from_le_bytes(array_at(head, 6)?),
            serial: u32::from_le_bytes(array_at(head, 14)?),
            lacing: head.get(27..27 + count)?.to_vec(),
        })
    }

    fn size(&self) -> u64 {
        self.lacing.iter().map(|l| u64::from(*l)).sum()
    }
}

impl Stream {
    fn take(&mut self, lacing: &[u8], body: &[u8]) {
        let mut at = 0;
        for size in lacing {
            let end = at + usize::from(*size);
            let piece = body.get(at..end.min(body.len())).unwrap_or_default();
            at = end;
            let room = PACKET_LIMIT.saturating_sub(self.packet.len());
            self.packet.extend_from_slice(&piece[..piece.len().min(room)]);
            if *size < 255 {
                self.end_packet();
            }
        }
        // A comment with pictures in it is as long as the rest of the file; its texts come first.
        if self.packets == 1 && self.packet.len() == PACKET_LIMIT {
            self.end_packet();
        }
    }

    fn end_packet(&mut self) {
        let packet = std::mem::take(&mut self.packet);
        self.packets += 1;
        if self.packets == 1 {
            self.codec = codec(&packet);
        } else if self.packets == 2
            && let Some(codec) = &self.codec
        {
            self.comment = packet.get(codec.before_comment..).map(vorbis_comment);
        }
    }

    fn seconds(&self) -> f64 {
        whole(match self.codec.as_ref().map(|c| &c.time) {
            Some(Time::Samples(rate, before)) if *rate > 0 => {
                self.last.saturating_sub((*before).into()) as f64 / f64::from(*rate)
            }
            Some(Time::Frames(number, unit, shift)) if *number > 0 => {
                let frames = (self.last >> shift) + (self.last & ((1 << shift) - 1));
                frames as f64 * f64::from(*unit) / f64::from(*number)
            }
            _ => 0.0,
        })
    }
}

fn codec(packet: &[u8]) -> Option<Codec> {
    let le32 = |at| array_at(packet, at).map(u32::from_le_bytes);
    let be32 = |at| array_at(packet, at).map(u32::from_be_bytes);
    let byte = |at: usize| packet.get(at).map(|b| u32::from(*b));
    let numbers =
        |entries: &[(&str, u32)]| entries.iter().map(|(k, n)| ((*k).to_owned(), (*n).into())).collect();
    let sound = |name, before_comment, rate, before, channels| Codec {
        name,
        before_comment,
        header: numbers(&[("audio_channels", channels), ("audio_sample_rate", rate)]),
        time: Time::Samples(rate, before),
        size: (0, 0),
    };
    if packet.starts_with(b"\x01vorbis") {
        return Some(sound("Vorbis", 7, le32(12)?, 0, byte(11)?));
    }
    if packet.starts_with(b"OpusHead") {
        let before = array_at(packet, 10).map(u16::from_le_bytes)?;
        return Some(sound("Opus", 8, 48_000, before.into(), byte(9)?));
    }
    if packet.starts_with(b"Speex   ") {
        return Some(sound("Speex", 0, le32(36)?, 0, le32(48)?));
    }
    if packet.starts_with(b"\x7FFLAC") {
        let [a, b, c, _] = array_at(packet, 27)?;
        let rate = u32::from_be_bytes([0, a, b, c]) >> 4;
        // The second packet is a block of metadata with a head of four bytes, the first of which is its kind.
        return Some(sound("FLAC", 4, rate, 0, u32::from((c >> 1) & 7) + 1));
    }
    if packet.starts_with(b"\x80theora") {
        let (width, height) = (be32(13)? & 0xFF_FFFF, be32(16)? & 0xFF_FFFF);
        let (number, unit) = (be32(22)?, be32(26)?);
        let shift = u32::from(array_at(packet, 40).map(u16::from_be_bytes)? >> 5 & 31);
        return Some(Codec {
            name: "Theora",
            before_comment: 7,
            header: numbers(&[("PICW", width), ("PICH", height), ("FRN", number), ("FRD", unit)]),
            time: Time::Frames(number, unit, shift),
            size: (width, height),
        });
    }
    None
}

/// Where the streams end, from the last pages of the file.
fn ends(places: &mut Places<'_>, streams: &mut [Stream]) {
    let from = places.len().saturating_sub(TAIL);
    let tail = places.at(from, TAIL as usize);
    let mut rest = &tail[..];
    while let Some(at) = find(rest, b"OggS\0") {
        rest = &rest[at..];
        if let Some(page) = Page::parse(rest)
            && page.granule != u64::MAX
            && let Some(stream) = streams.iter_mut().find(|s| s.serial == page.serial)
        {
            stream.last = stream.last.max(page.granule);
        }
        rest = &rest[4..];
    }
}

fn describe(streams: Vec<Stream>) -> Option<Found> {
    let mut found = Found::default();
    let mut told = Entries::new();
    for stream in streams {
        let seconds = stream.seconds();
        let Some(codec) = stream.codec else { continue };
        found.duration = found.duration.max(seconds);
        if found.width == 0 {
            (found.width, found.height) = codec.size;
        }
        let (vendor, tags) = stream.comment.unwrap_or_default();
        let mut entries: Entries =
            vec![("serial".into(), stream.serial.into()), ("type".into(), codec.name.into())];
        entries.extend(vendor.map(|v| ("vendor".to_owned(), v.into())));
        entries.push(("length".into(), seconds.into()));
        entries.push(("header".into(), Data::Map(codec.header)));
        entries.push(("comments".into(), tags.data()));
        if found.common.is_empty() {
            found.common = tags.common();
        }
        told.push((stream.serial.to_string(), Data::Map(entries)));
    }
    if told.is_empty() {
        return None;
    }
    found.metadata = vec![
        ("version".into(), Data::Int(2)),
        ("length".into(), found.duration.into()),
        ("offset".into(), Data::Int(0)),
        ("streams".into(), Data::Map(told)),
    ];
    Some(found)
}
