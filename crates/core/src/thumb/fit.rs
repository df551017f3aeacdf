//! The size of a thumbnail.

use super::{Format, MAX_DRAWING_SIDE, Options, Picture, Sizes};

/// Into what a thumbnail has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The wanted width; the largest one, if there is a height.
    pub width: i64,
    /// The largest height.
    pub height: Option<i64>,
}

/// A thumbnail that a file can have.
#[derive(Clone, Debug, PartialEq)]
pub struct Thumb {
    /// The width that was asked for, fitted. What is rendered may have fewer pixels.
    pub width: u64,
    /// The height that belongs to it.
    pub height: u64,
    /// Pixels that are rendered.
    pub pixel_width: u32,
    /// Pixels that are rendered.
    pub pixel_height: u32,
    /// What else was asked for, as far as it makes a difference.
    pub options: Options,
    /// Whether the file itself is as good, and nothing is rendered.
    pub is_original: bool,
}

/// The height of an image of this shape and width.
fn height_for(shape: (u64, u64), width: u64) -> u64 {
    let (shape_width, shape_height) = (u128::from(shape.0), u128::from(shape.1));
    let twice = 2 * u128::from(width) * shape_height + shape_width;
    u64::try_from(twice / (2 * shape_width)).unwrap_or(u64::MAX)
}

/// The largest width at which an image of this shape isn't higher than this.
fn width_within(shape: (u64, u64), height: u64) -> u64 {
    let product = u128::from(shape.0) * u128::from(height);
    let low = u64::try_from(product / u128::from(shape.1)).unwrap_or(u64::MAX);
    let high = u64::try_from(product.div_ceil(u128::from(shape.1))).unwrap_or(u64::MAX);
    let width = if height_for(shape, high) > height { low } else { high };
    width.max(1)
}

impl Picture {
    /// The thumbnail that fits. `None` if no image has such a size.
    pub fn scale(&self, bounds: Bounds, options: &Options) -> Option<Thumb> {
        // Nothing is nearly so large, and the arithmetic stays exact.
        let sensible = |number: i64| u64::try_from(number.min(1 << 31)).ok().filter(|n| *n > 0);
        let options = options.for_picture(self);
        let shape = self.shape(&options);
        if options.middle {
            // Its name has no room for a size.
            return self.thumb(shape.0, shape.0, options);
        }
        let mut width = sensible(bounds.width)?;
        if let Some(limit) = bounds.height {
            let limit = sensible(limit)?;
            if u128::from(width) * u128::from(shape.1) > u128::from(limit) * u128::from(shape.0) {
                width = width_within(shape, limit);
            }
        }
        self.thumb(width, width, options)
    }

    /// The thumbnail that a site gives in place of this one, for it may not have all sizes.
    pub fn at_step(&self, thumb: &Thumb, sizes: &Sizes) -> Option<Thumb> {
        if thumb.options.middle {
            return Some(thumb.clone());
        }
        let rendered = sizes.rendered(u64::from(thumb.pixel_width));
        self.thumb(thumb.width, rendered, thumb.options.clone())
    }

    /// Whether many people are likely to ask for this thumbnail: it has a common width, or the file's own, and nothing
    /// about it can be chosen freely.
    pub fn is_usual(&self, thumb: &Thumb, sizes: &Sizes) -> bool {
        let width = u64::from(thumb.pixel_width);
        let is_free = thumb.options.seek.is_some() || thumb.options.language.is_some();
        !is_free && (sizes.is_standard(width) || width == self.shape(&thumb.options).0)
    }

    /// A thumbnail that counts as of one width, and is rendered at another one as far as that makes sense.
    fn thumb(&self, width: u64, rendered: u64, options: Options) -> Option<Thumb> {
        let shape = self.shape(&options);
        let rendered = self.rendered_width(shape, rendered);
        let is_original = !self.must_render() && rendered == shape.0;
        let height = height_for(shape, width).max(1);
        let (width, height) = if is_original { shape } else { (width, height) };
        Some(Thumb {
            width,
            height,
            pixel_width: u32::try_from(rendered).ok()?,
            pixel_height: u32::try_from(height_for(shape, rendered).max(1)).ok()?,
            options,
            is_original,
        })
    }

    /// The width that is rendered for one that was asked for: images aren't enlarged, drawings not without end.
    fn rendered_width(&self, shape: (u64, u64), width: u64) -> u64 {
        if self.format != Format::Drawing {
            return width.min(shape.0);
        }
        if shape.0 <= shape.1 {
            width.min(MAX_DRAWING_SIDE)
        } else if height_for(shape, width) > MAX_DRAWING_SIDE {
            width_within(shape, MAX_DRAWING_SIDE)
        } else {
            width
        }
    }

    /// The thumbnail for a screen with so many more pixels, in halves: 3 stands for one and a half.
    pub fn denser(&self, thumb: &Thumb, halves: u64) -> Option<Thumb> {
        // Rounded, as both bounds of MediaWiki's are.
        let scaled = |side: u64| i64::try_from((side * halves).div_ceil(2)).ok();
        let bounds = Bounds { width: scaled(thumb.width)?, height: Some(scaled(thumb.height)?) };
        self.scale(bounds, &thumb.options)
    }
}
