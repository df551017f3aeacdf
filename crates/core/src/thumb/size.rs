//! The widths that thumbnails of a site have.

/// Widths that wikis use: MediaWiki's `$wgThumbLimits` of all versions, and the widths of its `$wgImageLimits`.
const USUAL: &[u64] = &[120, 150, 180, 200, 220, 250, 300, 400, 320, 640, 800, 1024, 1280, 2560];

/// What is done about widths that are none of the site's steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SizesMode {
    /// Every width is rendered.
    #[default]
    Exact,
    /// The next larger step is given instead.
    Snap,
    /// They are refused. The API names the addresses of steps.
    Refuse,
}

/// The widths that thumbnails have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The steps, in ascending order.
    steps: Vec<u64>,
    /// What is done about other widths.
    pub mode: SizesMode,
}

impl Default for Sizes {
    /// Those of Wikimedia's wikis since 2025.
    fn default() -> Self {
        let steps = [20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840];
        Self::new(steps.to_vec(), SizesMode::Exact)
    }
}

impl Sizes {
    /// These steps, and what is done about other widths.
    pub fn new(mut steps: Vec<u64>, mode: SizesMode) -> Self {
        steps.sort_unstable();
        steps.dedup();
        Self { steps, mode }
    }

    /// The steps, in ascending order.
    pub fn steps(&self) -> &[u64] {
        &self.steps
    }

    /// The width that is rendered where this one is wanted: the next step, or the last one, unless all widths are.
    pub fn rendered(&self, width: u64) -> u64 {
        if self.mode == SizesMode::Exact {
            return width;
        }
        let next = self.steps.iter().find(|step| **step >= width);
        next.or(self.steps.last()).copied().unwrap_or(width)
    }

    /// Whether a width is one that wikis commonly ask for, so that many get the same thumbnail.
    pub fn is_standard(&self, width: u64) -> bool {
        let usual = |w: u64| USUAL.iter().any(|u| w == *u || w == u * 3 / 2 || w == u * 2);
        usual(width) || self.steps.contains(&width)
    }
}
