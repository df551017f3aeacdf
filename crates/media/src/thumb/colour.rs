//! Colours: whatever a picture's profile says, what comes out is sRGB, or grey.

use moxcms::{ColorProfile, DataColorSpace, TransformOptions};

use crate::thumb::picture::{Layout, Picture};

/// Bytes of the largest profile that is looked at; those for printing have one or two million.
const MAX_PROFILE: usize = 4 << 20;

/// Brings a picture to sRGB or grey. A profile that can't be used is passed over, as all viewers do.
pub(super) fn to_srgb(mut picture: Picture) -> Picture {
    let profile = picture.profile.take().filter(|profile| profile.len() <= MAX_PROFILE);
    if let Some(converted) = profile.and_then(|profile| convert(&picture, &profile)) {
        picture.pixels = converted.pixels;
        picture.layout = converted.layout;
    }
    if picture.layout == Layout::Cmyk {
        picture.pixels =
            picture.pixels.as_chunks::<4>().0.iter().flat_map(|ink| without_profile(*ink)).collect();
        picture.layout = Layout::Rgb;
    }
    picture
}

struct Converted {
    layout: Layout,
    pixels: Vec<u8>,
}

fn convert(picture: &Picture, profile: &[u8]) -> Option<Converted> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    // Grey stays grey: the profile's curve leads to that of sRGB.
    let (space, from, layout, to) = match picture.layout {
        Layout::Grey => (DataColorSpace::Gray, moxcms::Layout::Gray, Layout::Grey, moxcms::Layout::Gray),
        Layout::GreyAlpha => {
            (DataColorSpace::Gray, moxcms::Layout::GrayAlpha, Layout::GreyAlpha, moxcms::Layout::GrayAlpha)
        }
        Layout::Rgb => (DataColorSpace::Rgb, moxcms::Layout::Rgb, Layout::Rgb, moxcms::Layout::Rgb),
        Layout::Rgba => (DataColorSpace::Rgb, moxcms::Layout::Rgba, Layout::Rgba, moxcms::Layout::Rgba),
        Layout::Cmyk => (DataColorSpace::Cmyk, moxcms::Layout::Rgba, Layout::Rgb, moxcms::Layout::Rgb),
    };
    if profile.color_space != space {
        return None;
    }
    let target = match layout {
        Layout::Grey | Layout::GreyAlpha => {
            let mut grey = ColorProfile::new_gray_with_gamma(2.2);
            grey.gray_trc = ColorProfile::new_srgb().red_trc;
            grey
        }
        _ => ColorProfile::new_srgb(),
    };
    let options = TransformOptions { allow_use_cicp_transfer: false, ..TransformOptions::default() };
    let transform = profile.create_transform_8bit(from, &target, to, options).ok()?;
    let count = picture.pixels.len() / picture.layout.samples();
    let mut pixels = vec![0; count * layout.samples()];
    transform.transform(&picture.pixels, &mut pixels).ok()?;
    Some(Converted { layout, pixels })
}

/// Inks by their plain meaning, where no profile says more.
fn without_profile([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    let light = |ink: u8| {
        let light = u32::from(255 - ink) * u32::from(255 - black);
        ((light + 127) / 255) as u8
    };
    [light(cyan), light(magenta), light(yellow)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_profile(layout: Layout, pixel: &[u8], profile: &ColorProfile) -> Vec<u8> {
        let mut picture = Picture::new(1, 1, layout, pixel.to_vec());
        picture.profile = Some(profile.encode().unwrap());
        to_srgb(picture).pixels
    }

    #[test]
    fn wide_colours_are_brought_to_srgb() {
        let wide = ColorProfile::new_display_p3();
        let pixel = with_profile(Layout::Rgb, &[200, 100, 100], &wide);
        assert!(pixel[0] > 205 && pixel[1] < 98, "{pixel:?}");
        let pixel = with_profile(Layout::Rgba, &[200, 100, 100, 77], &wide);
        assert!(pixel[0] > 205 && pixel[3] == 77, "{pixel:?}");
        let pixel = with_profile(Layout::Rgb, &[120, 30, 220], &ColorProfile::new_srgb());
        assert!(pixel.iter().zip([120, 30, 220]).all(|(a, b)| a.abs_diff(b) <= 1), "{pixel:?}");
    }

    #[test]
    fn grey_stays_grey() {
        let linear = ColorProfile::new_gray_with_gamma(1.0);
        let pixel = with_profile(Layout::Grey, &[55], &linear);
        // 55 of 255 in linear light is about the middle of sRGB.
        assert!(pixel.len() == 1 && (126..132).contains(&pixel[0]), "{pixel:?}");
    }

    #[test]
    fn a_profile_of_another_kind_or_none_at_all_is_passed_over() {
        let grey = ColorProfile::new_gray_with_gamma(1.0);
        assert_eq!(with_profile(Layout::Rgb, &[1, 2, 3], &grey), [1, 2, 3]);
        let mut picture = Picture::new(1, 1, Layout::Cmyk, vec![255, 0, 0, 0]);
        picture.profile = Some(b"nothing of the kind".to_vec());
        assert_eq!(to_srgb(picture).pixels, [0, 255, 255]);
    }
}
