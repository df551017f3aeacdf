//! Matroska and WebM.

use std::io;

use super::Found;
use super::budget::Places;
use super::text;
use super::timed::{Audio, READ_LIMIT, Tags, Timed, Video};
use crate::source::Source;

/// How many elements of the outermost level are looked at.
const ELEMENT_LIMIT: usize = 1000;
/// How much of an element is read.
const READ: usize = 512 << 10;

const HEAD: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TRACKS: u32 = 0x1654_AE6B;
const TAGS: u32 = 0x1254_C367;
const SEEK_HEAD: u32 = 0x114D_9B74;
const CLUSTER: u32 = 0x1F43_B675;

pub(super) fn read(source: &mut dyn Source, len: u64, mime: &str) -> io::Result<Option<Found>> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let found = segment(&mut places).map(|timed| timed.describe(len, mime));
    places.done(found)
}

/// An element's name and how much its head takes; its size, if it is known.
fn head(bytes: &[u8]) -> Option<(u32, usize, Option<u64>)> {
    let first = *bytes.first()?;
    let id_length = first.leading_zeros() as usize + 1;
    if id_length > 4 {
        return None;
    }
    let id = bytes.get(..id_length)?.iter().fold(0, |n, b| n << 8 | u32::from(*b));
    let first = *bytes.get(id_length)?;
    let length = first.leading_zeros() as usize + 1;
    if length > 8 {
        return None;
    }
    let raw = bytes.get(id_length..id_length + length)?.iter().fold(0, |n, b| n << 8 | u64::from(*b));
    let mask = (1 << (7 * length)) - 1;
    let size = raw & mask;
    Some((id, id_length + length, (size != mask).then_some(size)))
}

fn segment(places: &mut Places<'_>) -> Option<Timed> {
    let (id, length, size) = head(&places.at(0, 12))?;
    if id != HEAD {
        return None;
    }
    let at = (length as u64).checked_add(size?)?;
    let (id, length, _) = head(&places.at(at, 12))?;
    if id != SEGMENT {
        return None;
    }
    let start = at + length as u64;
    let mut timed = Timed { format: "matroska", ..Timed::default() };
    let mut at = start;
    let mut tags_at = None;
    let (mut has_info, mut has_tracks) = (false, false);
    for _ in 0..ELEMENT_LIMIT {
        let Some((id, length, size)) = head(&places.at(at, 12)) else { break };
        let content_at = at + length as u64;
        let Some(size) = size else { break };
        let most = READ.min(usize::try_from(size).unwrap_or(READ));
        match id {
            INFO => {
                has_info = true;
                info(&places.at(content_at, most), &mut timed);
            }
            TRACKS => {
                has_tracks = true;
                tracks(&places.at(content_at, most), &mut timed);
            }
            SEEK_HEAD => tags_at = seek(&places.at(content_at, most)).and_then(|o| start.checked_add(o)),
            TAGS => {
                tags_at = None;
                tags(&places.at(content_at, most), &mut timed.tags);
            }
            CLUSTER if has_info && has_tracks => break,
            _ => {}
        }
        let Some(next) = content_at.checked_add(size) else { break };
        at = next;
    }
    // They may stand behind all the pictures.
    if let Some(at) = tags_at
        && let Some((TAGS, length, Some(size))) = head(&places.at(at, 12))
    {
        let most = READ.min(usize::try_from(size).unwrap_or(READ));
        tags(&places.at(at + length as u64, most), &mut timed.tags);
    }
    (has_info || has_tracks).then_some(timed)
}

/// The elements of some content, as far as they are there.
struct Elements<'b>(&'b [u8]);

impl<'b> Iterator for Elements<'b> {
    type Item = (u32, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (id, length, size) = head(self.0)?;
        let rest = &self.0[length..];
        let size = usize::try_from(size?).ok()?;
        let content = rest.get(..size)?;
        self.0 = &rest[size..];
        Some((id, content))
    }
}

fn unsigned(content: &[u8]) -> u64 {
    content.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

fn float(content: &[u8]) -> f64 {
    match (<[u8; 4]>::try_from(content), <[u8; 8]>::try_from(content)) {
        (Ok(bytes), _) => f32::from_be_bytes(bytes).into(),
        (_, Ok(bytes)) => f64::from_be_bytes(bytes),
        _ => 0.0,
    }
}

fn small(content: &[u8]) -> u32 {
    u32::try_from(unsigned(content)).unwrap_or(0)
}

fn info(content: &[u8], timed: &mut Timed) {
    let (mut scale, mut units) = (1_000_000, 0.0);
    for (id, content) in Elements(content) {
        match id {
            0x2A_D7B1 => scale = unsigned(content),
            0x4489 => units = float(content),
            0x7BA9 => timed.tags.push("title", content),
            0x5741 => timed.tags.push("encoder", content),
            _ => {}
        }
    }
    timed.seconds = units * scale as f64 / 1e9;
}

fn tracks(content: &[u8], timed: &mut Timed) {
    for (id, entry) in Elements(content) {
        if id != 0xAE {
            continue;
        }
        let (mut kind, mut codec, mut each) = (0, String::new(), 0);
        let (mut video, mut audio) =
            (Video::default(), Audio { rate: 8000, channels: 1, ..Audio::default() });
        for (id, content) in Elements(entry) {
            match id {
                0x83 => kind = unsigned(content),
                0x86 => codec = text::clean(content).unwrap_or_default(),
                0x23_E383 => each = unsigned(content),
                0xE0 => size(content, &mut video),
                0xE1 => {
                    for (id, content) in Elements(content) {
                        match id {
                            0xB5 => audio.rate = float(content).clamp(0.0, 1e7).round() as u32,
                            0x9F => audio.channels = small(content),
                            0x6264 => audio.bits = small(content),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        if kind == 1 && timed.video.is_none() {
            video.frame_rate = if each > 0 { 1e9 / each as f64 } else { 0.0 };
            timed.video = Some(Video { codec, ..video });
        } else if kind == 2 && timed.audio.is_none() {
            timed.audio = Some(Audio { codec, ..audio });
        }
    }
}

/// The size to show, in pixels; else that of the picture.
fn size(content: &[u8], video: &mut Video) {
    let mut shown = (0, 0, 0);
    for (id, content) in Elements(content) {
        match id {
            0xB0 => video.width = small(content),
            0xBA => video.height = small(content),
            0x54B0 => shown.0 = small(content),
            0x54BA => shown.1 = small(content),
            0x54B2 => shown.2 = small(content),
            _ => {}
        }
    }
    // Other units than pixels say how wide it is for its height only.
    if shown.0 > 0 && shown.1 > 0 && shown.2 == 0 {
        (video.width, video.height) = (shown.0, shown.1);
    }
}

/// Where the texts lie, from the beginning of the segment.
fn seek(content: &[u8]) -> Option<u64> {
    Elements(content).filter(|(id, _)| *id == 0x4DBB).find_map(|(_, entry)| {
        let find = |wanted| Elements(entry).find(|(id, _)| *id == wanted).map(|(_, c)| unsigned(c));
        (find(0x53AB)? == u64::from(TAGS)).then(|| find(0x53AC))?
    })
}

fn tags(content: &[u8], tags: &mut Tags) {
    for (_, tag) in Elements(content).filter(|(id, _)| *id == 0x7373) {
        for (_, simple) in Elements(tag).filter(|(id, _)| *id == 0x67C8) {
            let find = |wanted| Elements(simple).find(|(id, _)| *id == wanted).map(|(_, c)| c);
            if let (Some(name), Some(value)) = (find(0x45A3), find(0x4487))
                && let Ok(name) = std::str::from_utf8(name)
                && !["duration", "encoder"].contains(&name.to_ascii_lowercase().as_str())
            {
                tags.push(name, value);
            }
        }
    }
}
