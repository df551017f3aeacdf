//! What is known of a file's content.

use serde::{Deserialize, Serialize};

use crate::Data;

/// MediaWiki's coarse classes of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaType {
    /// Not known.
    Unknown,
    /// Pixels.
    Bitmap,
    /// Vector graphics.
    Drawing,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// A container of which the content is not known.
    Multimedia,
    /// Documents.
    Office,
    /// Plain or marked-up text.
    Text,
    /// Programs.
    Executable,
    /// Archives.
    Archive,
    /// Three-dimensional models.
    ThreeD,
}

impl MediaType {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Bitmap => "BITMAP",
            Self::Drawing => "DRAWING",
            Self::Audio => "AUDIO",
            Self::Video => "VIDEO",
            Self::Multimedia => "MULTIMEDIA",
            Self::Office => "OFFICE",
            Self::Text => "TEXT",
            Self::Executable => "EXECUTABLE",
            Self::Archive => "ARCHIVE",
            Self::ThreeD => "3D",
        }
    }

    /// The inverse of [`MediaType::as_str`]; anything else is unknown.
    pub fn parse(text: &str) -> Self {
        const ALL: [MediaType; 10] = [
            MediaType::Bitmap,
            MediaType::Drawing,
            MediaType::Audio,
            MediaType::Video,
            MediaType::Multimedia,
            MediaType::Office,
            MediaType::Text,
            MediaType::Executable,
            MediaType::Archive,
            MediaType::ThreeD,
        ];
        ALL.into_iter().find(|t| t.as_str() == text).unwrap_or(Self::Unknown)
    }
}

/// What the bytes of a file say about themselves; kept beside every version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaInfo {
    /// Content type, such as `image/jpeg`.
    pub mime: String,
    /// Its class.
    pub media_type: MediaType,
    /// Pixels as shown (EXIF orientation applied); 0 where there are none or they can't be told.
    pub width: u32,
    /// Pixels as shown.
    pub height: u32,
    /// Bits per channel; 0 where not told.
    pub bits: u32,
    /// Pages, for formats that have several.
    pub pages: Option<u32>,
    /// Seconds, for animations and timed media; 0 for others.
    pub duration: f64,
    /// The format's own data, as `iiprop=metadata` shows it (a map), or `None` where there are none.
    pub metadata: Option<Data>,
    /// The part that all formats name alike, as `iiprop=commonmetadata` shows it: a map, possibly empty.
    pub common: Data,
}
