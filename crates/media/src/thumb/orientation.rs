//! Pictures that lie on their side, as Exif says.

use std::io::Cursor;

use crate::inspect::tiff::{Directories, Values};
use crate::thumb::picture::Picture;

/// How the stored picture has to be turned to be upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Orientation {
    /// Rows become columns.
    transposed: bool,
    /// Then left becomes right.
    mirrored: bool,
    /// And top becomes bottom.
    flipped: bool,
}

/// The tag in a TIFF directory.
const TAG: u16 = 0x112;

impl Orientation {
    /// What a value of the tag means; upright for what isn't one.
    pub(super) fn from_tag(value: u16) -> Self {
        let (transposed, mirrored, flipped) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transposed, mirrored, flipped }
    }

    /// What an Exif block says: the orientation in its first directory.
    pub(super) fn from_exif(block: &[u8]) -> Self {
        Self::from_tag(tag(block).unwrap_or_default())
    }

    /// Whether width becomes height.
    pub(super) fn swaps_sides(self) -> bool {
        self.transposed
    }
}

fn tag(block: &[u8]) -> Option<u16> {
    let mut source = Cursor::new(block);
    let mut directories = Directories::open(&mut source).ok()??;
    let first = directories.first;
    let entries = directories.entries(first, |tag| tag == TAG).ok()?;
    match entries.first()? {
        (_, Values::Ints(values)) => u16::try_from(*values.first()?).ok(),
        _ => None,
    }
}

/// Turns a picture upright.
pub(super) fn turn(picture: Picture) -> Picture {
    let Orientation { transposed, mirrored, flipped } = picture.orientation;
    if picture.orientation == Orientation::default() {
        return picture;
    }
    let samples = picture.layout.samples();
    let (from_width, from_height) = (picture.width as usize, picture.height as usize);
    let (width, height) = if transposed { (from_height, from_width) } else { (from_width, from_height) };
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    for y in 0..height {
        let y = if flipped { height - 1 - y } else { y };
        for x in 0..width {
            let x = if mirrored { width - 1 - x } else { x };
            let (column, row) = if transposed { (y, x) } else { (x, y) };
            let at = (row * from_width + column) * samples;
            pixels.extend_from_slice(&picture.pixels[at..at + samples]);
        }
    }
    let (full_width, full_height) = picture.full_size;
    let full_size = if transposed { (full_height, full_width) } else { (full_width, full_height) };
    Picture {
        width: width as u32,
        height: height as u32,
        pixels,
        orientation: Orientation::default(),
        full_size,
        ..picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{short, tiff};
    use crate::thumb::picture::Layout;

    #[test]
    fn each_orientation_is_turned_upright() {
        // Upright it reads "abc" over "def".
        for (value, stored, width) in [
            (1, "abcdef", 3),
            (2, "cbafed", 3),
            (3, "fedcba", 3),
            (4, "defabc", 3),
            (5, "adbecf", 2),
            (6, "cfbead", 2),
            (7, "fcebda", 2),
            (8, "daebfc", 2),
            (9, "abcdef", 3),
        ] {
            let mut picture = Picture::new(width, 6 / width, Layout::Grey, stored.as_bytes().to_vec());
            picture.orientation = Orientation::from_tag(value);
            let upright = turn(picture);
            assert_eq!(String::from_utf8(upright.pixels).unwrap(), "abcdef", "{value}");
            assert_eq!((upright.width, upright.height), (3, 2), "{value}");
        }
    }

    #[test]
    fn it_is_read_from_exif_and_nothing_else_is_believed() {
        let block = tiff(&[short(0x112, 6)], &[], &[]);
        assert_eq!(Orientation::from_exif(&block), Orientation::from_tag(6));
        for cut in 0..block.len() {
            // None of these reads past the end.
            Orientation::from_exif(&block[..cut]);
        }
        assert_eq!(Orientation::from_exif(b"II*\0\xff\xff\xff\xff"), Orientation::default());
    }
}
