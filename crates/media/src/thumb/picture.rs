//! Decoded pixels.

use crate::thumb::orientation::Orientation;

/// What the samples of a pixel are, eight bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Grey.
    Grey,
    /// Grey and opacity.
    GreyAlpha,
    /// Red, green and blue.
    Rgb,
    /// Red, green, blue and opacity.
    Rgba,
    /// Four inks, 255 for most ink.
    Cmyk,
}

impl Layout {
    /// Samples of a pixel.
    pub(super) fn samples(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    /// Whether the last sample is opacity.
    pub(super) fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }
}

/// A picture. There are as many samples as its size and layout say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) layout: Layout,
    pub(super) pixels: Vec<u8>,
    /// An ICC profile of the samples; without one they are taken for sRGB.
    pub(super) profile: Option<Vec<u8>>,
    pub(super) orientation: Orientation,
    /// Width and height of the file's picture, of which this may be a smaller copy.
    pub(super) full_size: (u32, u32),
}

impl Picture {
    /// An upright picture of the file's own size.
    pub(super) fn new(width: u32, height: u32, layout: Layout, pixels: Vec<u8>) -> Self {
        Self {
            width,
            height,
            layout,
            pixels,
            profile: None,
            orientation: Orientation::default(),
            full_size: (width, height),
        }
    }
}
