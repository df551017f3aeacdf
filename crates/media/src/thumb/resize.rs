//! Scaling.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};

use crate::thumb::Failure;
use crate::thumb::picture::{Layout, Picture};

/// Scales a picture to this size. Colours of what is transparent don't bleed into what isn't.
pub(super) fn resize(picture: Picture, width: u32, height: u32) -> Result<Picture, Failure> {
    if (picture.width, picture.height) == (width, height) {
        return Ok(picture);
    }
    let kind = match picture.layout {
        Layout::Grey => PixelType::U8,
        Layout::GreyAlpha => PixelType::U8x2,
        Layout::Rgb => PixelType::U8x3,
        Layout::Rgba | Layout::Cmyk => PixelType::U8x4,
    };
    let wrong = |error: &dyn std::error::Error| Failure::Damaged(error.to_string());
    let from = ImageRef::new(picture.width, picture.height, &picture.pixels, kind).map_err(|e| wrong(&e))?;
    let mut to = Image::new(width, height, kind);
    let options = ResizeOptions::new().use_alpha(picture.layout.has_alpha());
    Resizer::new().resize(&from, &mut to, Some(&options)).map_err(|e| wrong(&e))?;
    Ok(Picture { width, height, pixels: to.into_vec(), ..picture })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_does_not_bleed() {
        // Opaque red beside transparent green.
        let pixels = [[255, 0, 0, 255], [0, 255, 0, 0]].repeat(64).concat();
        let small = resize(Picture::new(16, 8, Layout::Rgba, pixels), 4, 2).unwrap();
        for pixel in small.pixels.chunks(4) {
            assert!(pixel[0] > 250 && pixel[1] == 0 && (100..160).contains(&pixel[3]), "{pixel:?}");
        }
    }
}
