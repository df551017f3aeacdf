//! WebP.

mod animation;

use std::io::BufReader;

use image_webp::{DecodingError, WebPDecoder};

use crate::source::Source;
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits};

pub(super) use animation::animation;

/// Decodes the picture, of animations the first frame.
pub(super) fn decode(source: &mut dyn Source, limits: &Limits) -> Result<Picture, Failure> {
    let mut decoder = open(source, limits)?;
    let (width, height) = decoder.dimensions();
    let profile = decoder.icc_profile().map_err(failure)?;
    let layout = if decoder.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let size = decoder.output_buffer_size().ok_or_else(|| Failure::Damaged("no size".to_owned()))?;
    let mut pixels = vec![0; size];
    decoder.read_image(&mut pixels).map_err(failure)?;
    let mut picture = Picture::new(width, height, layout, pixels);
    picture.profile = profile;
    Ok(picture)
}

/// Reads the head of a picture that isn't too large.
fn open<'a>(
    source: &'a mut dyn Source,
    limits: &Limits,
) -> Result<WebPDecoder<BufReader<&'a mut dyn Source>>, Failure> {
    let mut decoder = WebPDecoder::new(BufReader::new(source)).map_err(failure)?;
    decoder.set_memory_limit(usize::try_from(limits.memory_bytes / 4).unwrap_or(usize::MAX));
    let (width, height) = decoder.dimensions();
    limits.check_area(width, height)?;
    Ok(decoder)
}

fn failure(error: DecodingError) -> Failure {
    match error {
        DecodingError::IoError(error) => error.into(),
        other => Failure::Damaged(other.to_string()),
    }
}
