//! Pictures made smaller.
//!
//! [`render`] decodes, turns, scales and encodes. It is for a process of its own (see [`crate::job`]): decoders are the
//! largest piece of foreign code that touches what strangers send. What comes out has no metadata, and its colours are
//! those of sRGB.

mod colour;
mod drawing;
mod encode;
mod fonts;
mod gif;
mod jpeg;
mod orientation;
mod pdf;
mod picture;
mod png;
mod pnm;
mod resize;
mod sharpen;
mod tiff;
mod webp;

use std::io::{self, Read, Seek, SeekFrom};

use commonhold_core::thumb::Rendition;
use serde::{Deserialize, Serialize};

use crate::source::Source;
use crate::thumb::drawing::Drawing;
use crate::thumb::picture::Picture;

/// What is wanted of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The (logical) type of the file.
    pub mime: String,
    /// Pixels of the result.
    pub width: u32,
    /// Pixels of the result.
    pub height: u32,
    /// Which page, from 1, of formats that have several.
    pub page: Option<u32>,
    /// Language code for drawings that are translated.
    pub lang: Option<String>,
    /// Fewer bytes rather than fine detail.
    pub low_quality: bool,
    /// Seconds from the beginning, for moving pictures.
    pub seek: Option<f64>,
    /// Format of the result.
    pub output: Output,
    /// The form that is wanted of it instead. It looks the same.
    pub rendition: Option<Rendition>,
}

/// Format of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// JPEG; white where the picture is transparent.
    Jpeg,
    /// PNG, animated where the source is a WebP that is, and its frames aren't too many.
    Png,
    /// GIF, animated where the source is, and its frames aren't too many.
    Gif,
}

/// What a picture may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Seconds of processor time.
    pub seconds: u64,
    /// The same for drawings, of which few bytes can ask for any amount of work.
    pub drawing_seconds: u64,
    /// Most pixels of a source that has to be decoded in full, and of all frames of an animation together.
    pub max_pixels: u64,
    /// Most frames of an animation; of longer ones the first frame stands for all.
    pub max_frames: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            seconds: 10,
            drawing_seconds: 2,
            max_pixels: 12_500_000,
            max_frames: 2_000,
        }
    }
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// The source has more pixels than may be decoded.
    #[error("{pixels} pixels are more than the {most} that may be decoded")]
    TooLarge {
        /// How many it has.
        pixels: u64,
        /// How many it may have.
        most: u64,
    },
    /// Decoding would need more memory than there is for it.
    #[error("decoding would need {bytes} bytes of memory")]
    TooMuchMemory {
        /// How much.
        bytes: u64,
    },
    /// Nothing here can make a picture of this type, or of this variant of it.
    #[error("no picture can be made of this: {0}")]
    Unsupported(String),
    /// The file is damaged.
    #[error("damaged: {0}")]
    Damaged(String),
    /// The file can't be read.
    #[error("can't be read: {0}")]
    Source(String),
}

impl From<io::Error> for Failure {
    /// Decoders report what they can't make sense of as one of these. Only the system's own have its number.
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(_) => Self::Source(error.to_string()),
            None => Self::Damaged(error.to_string()),
        }
    }
}

impl Limits {
    /// Refuses a picture of too many pixels.
    fn check_area(&self, width: u32, height: u32) -> Result<(), Failure> {
        let pixels = u64::from(width) * u64::from(height);
        let most = self.max_pixels;
        if pixels > most { Err(Failure::TooLarge { pixels, most }) } else { Ok(()) }
    }

    /// Refuses what would need more than three quarters of the memory: the rest is for what comes after.
    fn check_memory(&self, bytes: u64) -> Result<(), Failure> {
        if bytes > self.memory_bytes / 4 * 3 { Err(Failure::TooMuchMemory { bytes }) } else { Ok(()) }
    }
}

/// Whether pictures can be made of files of a type: those that [`render`] knows. For others there may be
/// [`crate::tools`].
pub fn renders(mime: &str) -> bool {
    matches!(
        mime,
        "image/jpeg"
            | "image/png"
            | "image/gif"
            | "image/webp"
            | "image/tiff"
            | "image/svg+xml"
            | "application/pdf"
    )
}

/// Makes a picture of a file. Blocks, for as long as a processor needs.
pub fn render<S: Read + Seek + ?Sized>(
    source: &mut S,
    spec: &Spec,
    limits: &Limits,
) -> Result<Vec<u8>, Failure> {
    let prepared = prepare(source, spec, limits)?;
    render_prepared(source, spec, limits, &prepared)
}

/// Makes a picture of the plain one (PGM or PPM) that another program has made of a file.
pub fn render_made(made: &[u8], spec: &Spec, limits: &Limits) -> Result<Vec<u8>, Failure> {
    encode::encode(finish(pnm::decode(made, limits)?, spec)?, spec)
}

/// What has to be done while files can still be opened.
pub(crate) struct Prepared {
    drawing: Option<Drawing>,
    /// What another program made of it.
    made: Option<Vec<u8>>,
}

impl Prepared {
    /// A plain picture that another program has made.
    pub(crate) fn made(picture: Vec<u8>) -> Self {
        Self { drawing: None, made: Some(picture) }
    }
}

/// Does it. Nothing is decoded yet.
pub(crate) fn prepare<S: Read + Seek + ?Sized>(
    source: &mut S,
    spec: &Spec,
    limits: &Limits,
) -> Result<Prepared, Failure> {
    let mut source = source;
    let drawing = spec.mime == "image/svg+xml";
    let drawing = if drawing { Some(Drawing::read(&mut source, limits)?) } else { None };
    Ok(Prepared { drawing, made: None })
}

/// Does the rest.
pub(crate) fn render_prepared<S: Read + Seek + ?Sized>(
    source: &mut S,
    spec: &Spec,
    limits: &Limits,
    prepared: &Prepared,
) -> Result<Vec<u8>, Failure> {
    let mut source = source;
    render_in(&mut source, spec, limits, prepared)
}

fn render_in(
    source: &mut dyn Source,
    spec: &Spec,
    limits: &Limits,
    prepared: &Prepared,
) -> Result<Vec<u8>, Failure> {
    if spec.width == 0 || spec.height == 0 {
        return Err(Failure::Unsupported("a picture without pixels".to_owned()));
    }
    // What is made is decoded again by others, so it has the same limit, with some room for enlarged drawings.
    limits.check_memory(u64::from(spec.width) * u64::from(spec.height) * 8)?;
    if let Some(drawing) = &prepared.drawing {
        return encode::encode(drawing.draw(spec)?, spec);
    }
    if let Some(made) = &prepared.made {
        return render_made(made, spec, limits);
    }
    source.seek(SeekFrom::Start(0))?;
    if spec.mime == "image/gif"
        && spec.output == Output::Gif
        && let Some(animation) = gif::animation(source, spec, limits)?
    {
        return Ok(animation);
    }
    if spec.mime == "image/webp"
        && (spec.output, spec.rendition) == (Output::Png, None)
        && let Some(animation) = webp::animation(source, spec, limits)?
    {
        return Ok(animation);
    }
    let picture = match spec.mime.as_str() {
        "image/jpeg" => jpeg::decode(source, spec, limits)?,
        "image/png" | "image/vnd.mozilla.apng" => png::decode(source, limits)?,
        "image/gif" => gif::first_frame(source, limits)?,
        "image/webp" => webp::decode(source, limits)?,
        "image/tiff" => tiff::decode(source, spec.page, limits)?,
        "application/pdf" => pdf::draw(source, spec, limits)?,
        other => return Err(Failure::Unsupported(other.to_owned())),
    };
    let picture = finish(picture, spec)?;
    encode::encode(picture, spec)
}

/// Scales and turns a picture, and brings its colours to sRGB.
fn finish(picture: Picture, spec: &Spec) -> Result<Picture, Failure> {
    let turned = picture.orientation.swaps_sides();
    let (width, height) = if turned { (spec.height, spec.width) } else { (spec.width, spec.height) };
    let (full_width, full_height) = picture.full_size;
    let mut picture = resize::resize(picture, width, height)?;
    let reduced = (f64::from(width) + f64::from(height)) / (f64::from(full_width) + f64::from(full_height));
    if spec.mime == "image/jpeg" && reduced < sharpen::BELOW {
        sharpen::sharpen(&mut picture);
    }
    Ok(orientation::turn(colour::to_srgb(picture)))
}

#[cfg(test)]
mod tests;
