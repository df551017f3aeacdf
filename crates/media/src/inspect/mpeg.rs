//! MP3 and its elder relatives, with ID3.

use std::io;

use super::budget::Places;
use super::timed::{Audio, READ_LIMIT, Tags, Timed};
use super::{Found, text};
use crate::source::{Source, array_at};

/// How much of a tag is read.
const TAG_LIMIT: usize = 256 << 10;
/// How far behind the tag the first frame may lie.
const SEARCH: usize = 64 << 10;

/// Frames with texts, of ID3 2.3 and 2.4 and of 2.2.
const TEXTS: &[(&[u8], &[u8], &str)] = &[
    (b"TIT2", b"TT2", "title"),
    (b"TPE1", b"TP1", "artist"),
    (b"TALB", b"TAL", "album"),
    (b"TCOM", b"TCM", "composer"),
    (b"TCON", b"TCO", "genre"),
    (b"TCOP", b"TCR", "copyright"),
    (b"TDRC", b"TYE", "date"),
    (b"TYER", b"TYE", "date"),
    (b"TLAN", b"TLA", "language"),
    (b"TPUB", b"TPB", "publisher"),
    (b"TRCK", b"TRK", "track_number"),
    (b"TSSE", b"TSS", "encoder"),
];

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Option<Found>> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let found = frames(&mut places).map(|timed| timed.describe(len, "audio/mpeg"));
    places.done(found)
}

fn frames(places: &mut Places<'_>) -> Option<Timed> {
    let mut timed = Timed { format: "mp3", ..Timed::default() };
    let from = tag(places, &mut timed.tags);
    let mut end = places.len();
    let last = places.at(end.saturating_sub(128), 128);
    if last.len() == 128 && last.starts_with(b"TAG") {
        end -= 128;
        old_tag(&last, &mut timed.tags);
    }
    let sound = places.at(from, SEARCH);
    let (at, frame) =
        (0..sound.len().saturating_sub(3)).find_map(|at| Some((at, Frame::parse(&sound[at..])?)))?;
    let frames = frame.count(&sound[at..]);
    timed.seconds = match frames {
        Some(frames) => f64::from(frames) * f64::from(frame.samples) / f64::from(frame.rate),
        None => end.saturating_sub(from + at as u64) as f64 * 8.0 / f64::from(frame.bitrate),
    };
    timed.audio = Some(Audio {
        codec: format!("MPEG Layer {}", frame.layer),
        rate: frame.rate,
        channels: if frame.is_mono { 1 } else { 2 },
        bits: 0,
    });
    Some(timed)
}

/// The head of a frame of sound.
struct Frame {
    layer: u8,
    is_first_version: bool,
    bitrate: u32,
    rate: u32,
    samples: u32,
    is_mono: bool,
}

impl Frame {
    /// `None` for what can't begin a frame.
    fn parse(bytes: &[u8]) -> Option<Self> {
        const V1: [[u32; 15]; 3] = [
            [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
            [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        ];
        const V2: [[u32; 15]; 2] = [
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        ];
        let [sync, kind, sizes, mode] = array_at(bytes, 0)?;
        if sync != 0xFF || kind & 0xE0 != 0xE0 {
            return None;
        }
        let version = kind >> 3 & 3;
        let layer = 4 - (kind >> 1 & 3);
        if version == 1 || layer == 4 {
            return None;
        }
        let is_first_version = version == 3;
        let column = usize::from(sizes >> 4);
        let row = usize::from(layer - 1);
        let kilobits = *if is_first_version { V1[row].get(column)? } else { V2[row.min(1)].get(column)? };
        let rate = *[44_100, 48_000, 32_000].get(usize::from(sizes >> 2 & 3))?
            / match version {
                3 => 1,
                2 => 2,
                _ => 4,
            };
        let samples = match layer {
            1 => 384,
            3 if !is_first_version => 576,
            _ => 1152,
        };
        (kilobits > 0).then_some(Self {
            layer,
            is_first_version,
            bitrate: kilobits * 1000,
            rate,
            samples,
            is_mono: mode >> 6 == 3,
        })
    }

    /// How many frames there are, if the first one says so.
    fn count(&self, frame: &[u8]) -> Option<u32> {
        let side = match (self.is_first_version, self.is_mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        let info = frame.get(4 + side..)?;
        if (info.starts_with(b"Xing") || info.starts_with(b"Info")) && info.get(7)? & 1 != 0 {
            return array_at(info, 8).map(u32::from_be_bytes);
        }
        let info = frame.get(36..)?;
        info.starts_with(b"VBRI").then(|| array_at(info, 14).map(u32::from_be_bytes)).flatten()
    }
}

/// A number of which each byte has seven bits.
fn seven_bits(bytes: [u8; 4]) -> u32 {
    bytes.iter().fold(0, |n, b| n << 7 | u32::from(b & 0x7F))
}

/// Reads the tag at the beginning; gives where it ends.
fn tag(places: &mut Places<'_>, tags: &mut Tags) -> u64 {
    let Some([b'I', b'D', b'3', version, _, flags, size @ ..]) = places.array::<10>(0) else { return 0 };
    let size = seven_bits(size);
    let body = places.at(10, TAG_LIMIT.min(size as usize));
    // Neither a tag of which every byte may be changed nor its extended head is read.
    if flags & 0xC0 == 0 {
        texts(&body, version, tags);
    }
    10 + u64::from(size) + if flags & 0x10 != 0 { 10 } else { 0 }
}

fn texts(body: &[u8], version: u8, tags: &mut Tags) {
    let (id_length, head_length) = if version == 2 { (3, 6) } else { (4, 10) };
    let mut rest = body;
    while let Some((head, after)) = rest.split_at_checked(head_length) {
        let id = &head[..id_length];
        let size = match version {
            2 => array_at(head, 3).map_or(0, |[a, b, c]| u32::from_be_bytes([0, a, b, c])),
            4 => array_at(head, 4).map_or(0, seven_bits),
            _ => array_at(head, 4).map_or(0, u32::from_be_bytes),
        };
        let Some((frame, after)) = after.split_at_checked(size as usize) else { return };
        if id[0] == 0 {
            return;
        }
        let known = TEXTS.iter().find(|(new, old, _)| *new == id || *old == id);
        if let (Some((_, _, name)), Some((encoding, bytes))) = (known, frame.split_first()) {
            for value in decode(*encoding, bytes).split('\0').filter_map(text::printable) {
                tags.push_text(name, value);
            }
        }
        rest = after;
    }
}

fn decode(encoding: u8, bytes: &[u8]) -> String {
    let encoding = match encoding {
        1 => encoding_rs::UTF_16LE,
        2 => encoding_rs::UTF_16BE,
        3 => encoding_rs::UTF_8,
        _ => encoding_rs::WINDOWS_1252,
    };
    encoding.decode(bytes).0.into_owned()
}

/// The tag of fixed lengths at the end, where there is no other.
fn old_tag(tag: &[u8], tags: &mut Tags) {
    if !tags.is_empty() {
        return;
    }
    for (name, range) in
        [("title", 3..33), ("artist", 33..63), ("album", 63..93), ("date", 93..97), ("comment", 97..125)]
    {
        tags.push(name, tag[range].split(|b| *b == 0).next().unwrap_or_default());
    }
}
