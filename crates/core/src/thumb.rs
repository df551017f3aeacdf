//! Thumbnails: which files have them, how large they are, and what they are called. MediaWiki's arithmetic and names,
//! since clients and other wikis build on both.
//!
//! A [`Picture`] says what matters of a file. [`Picture::scale`] turns what somebody asked for into a [`Thumb`];
//! `Thumb::file_name` and [`Picture::named`] are the way from there to an address and back.

mod fit;
mod grammar;
mod name;
mod pages;
mod rendition;
mod size;
#[cfg(test)]
mod tests;

pub use fit::{Bounds, Thumb};
pub use grammar::{Options, ParamString};
pub use name::NameError;
pub use rendition::Rendition;
pub use size::{Sizes, SizesMode};

use crate::{Data, MediaInfo, MediaType};

/// Pixels of the smaller side of a rendered drawing, at most.
const MAX_DRAWING_SIDE: u64 = 5120;

/// How files of a type become thumbnails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, with a low quality to choose.
    Jpeg,
    /// PNG.
    Png,
    /// GIF, perhaps animated.
    Gif,
    /// WebP, perhaps animated, rendered as PNG, since MediaWiki does.
    Webp,
    /// SVG, in one of its languages, rendered as PNG.
    Drawing,
    /// Pages of TIFF, rendered as JPEG, or as PNG if nothing may be lost.
    Tiff,
    /// Pages of a document (PDF or DjVu), rendered as JPEG.
    Document,
    /// A moment of a film, rendered as JPEG.
    Video,
}

/// The type of a rendered image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Image {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF.
    Gif,
}

/// What matters of a file for its thumbnails.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// How it is rendered.
    pub format: Format,
    /// Pixels as shown; not 0.
    pub width: u32,
    /// Pixels as shown; not 0.
    pub height: u32,
    /// Pages; 1 where there are no others.
    pub pages: u32,
    /// Pixels of each page as far as they are known; empty if all are as large as the first.
    pub page_sizes: Vec<(u32, u32)>,
    /// Seconds of a film; 0 where not known.
    pub duration: f64,
    /// Whether its pixels are stored in another orientation than they are shown in.
    pub turned: bool,
    /// Whether it is an animation whose thumbnails may move in one form only.
    pub moves: bool,
}

impl Format {
    /// How files of a type become thumbnails; `None` if they don't.
    pub fn of(mime: &str, media_type: MediaType) -> Option<Self> {
        Some(match mime {
            "image/jpeg" => Self::Jpeg,
            "image/png" => Self::Png,
            "image/gif" => Self::Gif,
            "image/webp" => Self::Webp,
            "image/svg+xml" => Self::Drawing,
            "image/tiff" => Self::Tiff,
            "application/pdf" | "image/vnd.djvu" => Self::Document,
            _ if media_type == MediaType::Video => Self::Video,
            _ => return None,
        })
    }

    /// Whether the size of a file of this kind is a mere suggestion.
    pub fn is_vector(self) -> bool {
        self == Self::Drawing
    }

    /// Whether browsers can't be given the file itself in place of a thumbnail.
    fn must_render(self) -> bool {
        !matches!(self, Self::Jpeg | Self::Png | Self::Gif)
    }

    /// What thumbnails with these options are.
    pub fn image(self, options: &Options) -> Image {
        match self {
            Self::Png | Self::Webp | Self::Drawing => Image::Png,
            Self::Gif => Image::Gif,
            Self::Tiff if options.lossless => Image::Png,
            Self::Jpeg | Self::Tiff | Self::Document | Self::Video => Image::Jpeg,
        }
    }
}

impl Image {
    /// The content type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
        }
    }

    /// The extension of thumbnails that are of another type than their file.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
        }
    }
}

impl Picture {
    /// What matters of a file; `None` if it has no thumbnails: its type isn't rendered, or its size isn't known.
    pub fn of(info: &MediaInfo) -> Option<Self> {
        let format = Format::of(&info.mime, info.media_type)?;
        let said = |name| info.metadata.as_ref().and_then(|data| data.get(name));
        let seen = info.width > 0 && info.height > 0;
        seen.then(|| Self {
            format,
            width: info.width,
            height: info.height,
            pages: info.pages.unwrap_or(1).max(1),
            page_sizes: pages::sizes(format, info),
            duration: info.duration,
            turned: format == Format::Jpeg && matches!(said("Orientation"), Some(Data::Int(2..=8))),
            moves: format == Format::Webp && said("animated") == Some(&Data::Bool(true)),
        })
    }

    /// Width and height of what is rendered with these options.
    fn shape(&self, options: &Options) -> (u64, u64) {
        let page =
            options.page.and_then(|page| usize::try_from(page).ok()).and_then(|page| page.checked_sub(1));
        let (width, height) =
            page.and_then(|page| self.page_sizes.get(page)).copied().unwrap_or((self.width, self.height));
        (u64::from(width), u64::from(height))
    }

    /// Whether making a small thumbnail costs as much as a large one: all pixels have to be decoded.
    pub fn is_decoded_in_full(&self) -> bool {
        matches!(self.format, Format::Png | Format::Gif | Format::Webp | Format::Tiff)
    }

    /// Whether the file itself can't stand in for a thumbnail of its size.
    pub fn must_render(&self) -> bool {
        self.turned || self.format.must_render()
    }
}
