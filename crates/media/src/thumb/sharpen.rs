//! Sharpening of what was made much smaller, by what MediaWiki asks of ImageMagick: `-sharpen 0x0.4`.

use crate::thumb::picture::Picture;

/// Pictures whose sides together are reduced to less than this are sharpened.
pub(super) const BELOW: f64 = 0.85;

/// Weights of the pixel, of those beside it, and of those at its corners, in 65536ths. The kernel is a Gaussian of
/// sigma 0.4 turned upside down, with as much in the middle as makes the sum of all weights 1.
const MIDDLE: i32 = 65_536 + 4 * (SIDE + CORNER);
const SIDE: i32 = 1_319;
const CORNER: i32 = 58;

/// Sharpens a picture.
pub(super) fn sharpen(picture: &mut Picture) {
    let samples = picture.layout.samples();
    let row = picture.width as usize * samples;
    if picture.width < 3 || picture.height < 3 {
        return;
    }
    // What is above has been sharpened already, so its old values are kept.
    let mut above = picture.pixels[..row].to_vec();
    let mut here = above.clone();
    let mut below = above.clone();
    for y in 0..picture.height as usize {
        let at = y * row;
        here.copy_from_slice(&picture.pixels[at..at + row]);
        match picture.pixels.get(at + row..at + 2 * row) {
            Some(next) => below.copy_from_slice(next),
            None => below.copy_from_slice(&here),
        }
        for x in 0..row {
            // At the edges the picture goes on as it ends.
            let left = if x < samples { x } else { x - samples };
            let right = if x + samples < row { x + samples } else { x };
            let value = |line: &[u8], at: usize| i32::from(line[at]);
            let sides = value(&above, x) + value(&below, x) + value(&here, left) + value(&here, right);
            let corners =
                value(&above, left) + value(&above, right) + value(&below, left) + value(&below, right);
            let sum = value(&here, x) * MIDDLE - sides * SIDE - corners * CORNER;
            picture.pixels[at + x] = ((sum + 32_768) >> 16).clamp(0, 255) as u8;
        }
        std::mem::swap(&mut above, &mut here);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thumb::picture::Layout;

    #[test]
    fn edges_become_steeper_and_plains_stay() {
        let row = [50, 50, 50, 50, 200, 200, 200, 200];
        let mut picture = Picture::new(8, 4, Layout::Grey, row.repeat(4));
        sharpen(&mut picture);
        // 150 * (1319 + 2 * 58) / 65536 = 3.3 less and more.
        assert_eq!(picture.pixels, [50, 50, 50, 47, 203, 200, 200, 200].repeat(4));
    }
}
