//! Other forms of thumbnails, which need fewer bytes. They have the names and addresses of the plain ones, and are for
//! clients that say that they know them.

use serde::{Deserialize, Serialize};

use super::{Image, Picture, Thumb};

/// Larger ones would take an encoder too long. No page shows so many pixels.
const MAX_PIXELS: u64 = 3 << 20;
/// WebP has no longer sides.
const MAX_SIDE: u32 = 16_383;

/// A form that a thumbnail can have instead of its plain one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rendition {
    /// WebP.
    Webp,
    /// AVIF.
    Avif,
}

impl Rendition {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Webp, Self::Avif];

    /// What settings call it, which is its extension as well.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webp => "webp",
            Self::Avif => "avif",
        }
    }

    /// The content type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
        }
    }
}

impl Picture {
    /// Whether a thumbnail can have other forms: it doesn't move, and isn't too large.
    pub fn has_renditions(&self, thumb: &Thumb) -> bool {
        let (width, height) = (thumb.pixel_width, thumb.pixel_height);
        let is_small = u64::from(width) * u64::from(height) <= MAX_PIXELS && width.max(height) <= MAX_SIDE;
        is_small && !self.moves && self.format.image(&thumb.options) != Image::Gif
    }
}

impl Thumb {
    /// What tells it from the file's other thumbnails: the parameter string, and which form it has.
    pub fn version(&self, picture: &Picture, rendition: Option<Rendition>) -> String {
        let params = self.param_string(picture.format);
        match rendition {
            Some(rendition) => format!("{params}.{}", rendition.name()),
            None => params,
        }
    }
}
