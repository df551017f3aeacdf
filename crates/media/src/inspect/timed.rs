//! What is told of sound and moving pictures, in the words of MediaWiki's extension for them.

use commonhold_core::Data;

use super::{Entries, Found, text};

/// How many texts are kept.
const TAG_LIMIT: usize = 200;
/// How many bytes of texts are kept.
const TEXT_LIMIT: usize = 64 << 10;
/// How long the name of a text may be.
const NAME_LIMIT: usize = 64;

/// How much is read of a file at most.
pub(super) const READ_LIMIT: u64 = 4 << 20;

/// What the formats' names for texts are called in the metadata that all formats share.
const COMMON: &[(&str, &str)] = &[
    ("title", "ObjectName"),
    ("artist", "Artist"),
    ("author", "Artist"),
    ("composer", "Artist"),
    ("performer", "Artist"),
    ("description", "ImageDescription"),
    ("comment", "JPEGFileComment"),
    ("copyright", "Copyright"),
    ("license", "UsageTerms"),
    ("organization", "dc-publisher"),
    ("publisher", "dc-publisher"),
    ("contact", "Contact"),
    ("location", "LocationDest"),
    ("encoder", "Software"),
    ("language", "LanguageCode"),
    ("date", "DateTimeDigitized"),
    ("source", "Source"),
];

/// Sound.
#[derive(Debug, Default)]
pub(super) struct Audio {
    pub(super) codec: String,
    /// Samples each second.
    pub(super) rate: u32,
    pub(super) channels: u32,
    /// Bits of a sample; 0 where that means nothing.
    pub(super) bits: u32,
}

/// Moving pictures.
#[derive(Debug, Default)]
pub(super) struct Video {
    pub(super) codec: String,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Pictures each second; 0 where not told.
    pub(super) frame_rate: f64,
}

/// Texts by lower-case names, as many as there is room for.
#[derive(Debug, Default)]
pub(super) struct Tags {
    texts: Vec<(String, Vec<String>)>,
    count: usize,
    bytes: usize,
}

impl Tags {
    /// Takes a text, if there is room for it and anything in it.
    pub(super) fn push(&mut self, name: &str, value: &[u8]) {
        if let Some(value) = text::clean(value) {
            self.push_text(name, value);
        }
    }

    /// The same for a text that has been decoded.
    pub(super) fn push_text(&mut self, name: &str, value: String) {
        let is_name =
            !name.is_empty() && name.len() <= NAME_LIMIT && name.bytes().all(|b| (b' '..=b'}').contains(&b));
        if !is_name || self.count == TAG_LIMIT || self.bytes + value.len() > TEXT_LIMIT {
            return;
        }
        self.count += 1;
        self.bytes += value.len();
        let name = name.to_ascii_lowercase();
        match self.texts.iter_mut().find(|(n, _)| *n == name) {
            Some((_, values)) => values.push(value),
            None => self.texts.push((name, vec![value])),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// All of them, each a list.
    pub(super) fn data(&self) -> Data {
        Data::Map(self.texts.iter().map(|(name, values)| (name.clone(), values.clone().into())).collect())
    }

    /// Those that other formats have as well, under the names that all share.
    pub(super) fn common(&self) -> Entries {
        let mut found = Entries::new();
        for (name, common) in COMMON {
            let Some((_, values)) = self.texts.iter().find(|(n, _)| n == name) else { continue };
            if found.iter().any(|(n, _)| n == common) {
                continue;
            }
            let value = match &values[..] {
                [single] => single.as_str().into(),
                several => {
                    let items = several.iter().enumerate().map(|(i, v)| (i.to_string(), v.as_str().into()));
                    Data::Map(items.chain([("_type".to_owned(), "ul".into())]).collect())
                }
            };
            found.push(((*common).to_owned(), value));
        }
        found
    }
}

/// What a reader found in a file.
#[derive(Debug, Default)]
pub(super) struct Timed {
    /// The container's short name.
    pub(super) format: &'static str,
    pub(super) seconds: f64,
    pub(super) audio: Option<Audio>,
    pub(super) video: Option<Video>,
    pub(super) tags: Tags,
}

impl Timed {
    /// The description of a file of `len` bytes.
    pub(super) fn describe(self, len: u64, mime: &str) -> Found {
        let seconds = whole(self.seconds);
        let mut metadata: Entries =
            vec![("fileformat".into(), self.format.into()), ("filesize".into(), Data::Int(len as i64))];
        if seconds > 0.0 {
            metadata.push(("playtime_seconds".into(), seconds.into()));
            metadata.push(("playtime_string".into(), clock(seconds).into()));
            metadata.push(("bitrate".into(), whole(len as f64 * 8.0 / seconds).into()));
        }
        if let Some(audio) = self.audio {
            let mut entries: Entries = vec![("codec".into(), audio.codec.into())];
            let numbers =
                [("sample_rate", audio.rate), ("channels", audio.channels), ("bits_per_sample", audio.bits)];
            entries
                .extend(numbers.into_iter().filter(|(_, n)| *n > 0).map(|(k, n)| (k.to_owned(), n.into())));
            metadata.push(("audio".into(), Data::Map(entries)));
        }
        let (mut width, mut height) = (0, 0);
        if let Some(video) = self.video {
            (width, height) = (video.width, video.height);
            let mut entries: Entries = vec![
                ("codec".into(), video.codec.into()),
                ("resolution_x".into(), width.into()),
                ("resolution_y".into(), height.into()),
            ];
            let frame_rate = whole(video.frame_rate);
            if frame_rate > 0.0 {
                entries.push(("frame_rate".into(), frame_rate.into()));
            }
            metadata.push(("video".into(), Data::Map(entries)));
        }
        if !self.tags.is_empty() {
            metadata.push(("comments".into(), self.tags.data()));
        }
        metadata.push(("mime_type".into(), mime.into()));
        Found { width, height, duration: seconds, metadata, common: self.tags.common(), ..Found::default() }
    }
}

/// A number that answers can carry; nought for what no file can mean.
pub(super) fn whole(number: f64) -> f64 {
    if number.is_finite() && (0.0..1e12).contains(&number) { number } else { 0.0 }
}

/// Seconds as players show them.
fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

/// The vendor and the texts of a Vorbis comment, which Opus, Theora, Speex and FLAC have as well. It may be cut off.
pub(super) fn vorbis_comment(data: &[u8]) -> (Option<String>, Tags) {
    fn piece<'d>(rest: &mut &'d [u8]) -> Option<&'d [u8]> {
        let (size, after) = rest.split_first_chunk::<4>()?;
        let (piece, after) = after.split_at_checked(u32::from_le_bytes(*size) as usize)?;
        *rest = after;
        Some(piece)
    }
    let mut tags = Tags::default();
    let mut rest = data;
    let Some(vendor) = piece(&mut rest) else { return (None, tags) };
    let Some((count, mut rest)) = rest.split_first_chunk::<4>() else { return (text::clean(vendor), tags) };
    for _ in 0..u32::from_le_bytes(*count) {
        let Some(comment) = piece(&mut rest) else { break };
        if let Some(at) = comment.iter().position(|b| *b == b'=')
            && let Ok(name) = std::str::from_utf8(&comment[..at])
            // A picture is no text.
            && !name.eq_ignore_ascii_case("metadata_block_picture")
        {
            tags.push(name, &comment[at + 1..]);
        }
    }
    (text::clean(vendor), tags)
}
