//! PNG.

use std::io::BufReader;

use png::{ColorType, DecodingError, Limits as Bounds, Transformations};

use crate::source::Source;
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits};

/// Decodes the picture, of an animation the one that stands for it, to eight bits a sample.
pub(super) fn decode(source: &mut dyn Source, limits: &Limits) -> Result<Picture, Failure> {
    let bounds = Bounds { bytes: usize::try_from(limits.memory_bytes / 4).unwrap_or(usize::MAX) };
    let mut decoder = png::Decoder::new_with_limits(BufReader::new(source), bounds);
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    let header = decoder.read_header_info().map_err(failure)?;
    let (width, height) = (header.width, header.height);
    limits.check_area(width, height)?;
    let mut reader = decoder.read_info().map_err(failure)?;
    let layout = match reader.output_color_type().0 {
        ColorType::Grayscale => Layout::Grey,
        ColorType::GrayscaleAlpha => Layout::GreyAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
        ColorType::Indexed => return Err(Failure::Damaged("a palette is missing".to_owned())),
    };
    let size = reader.output_buffer_size().ok_or_else(|| Failure::Damaged("no size".to_owned()))?;
    let mut pixels = vec![0; size];
    reader.next_frame(&mut pixels).map_err(failure)?;
    let mut picture = Picture::new(width, height, layout, pixels);
    picture.profile = reader.info().icc_profile.as_ref().map(|profile| profile.to_vec());
    Ok(picture)
}

fn failure(error: DecodingError) -> Failure {
    match error {
        DecodingError::IoError(error) => error.into(),
        DecodingError::LimitsExceeded => Failure::Unsupported("parts larger than is good".to_owned()),
        other => Failure::Damaged(other.to_string()),
    }
}
