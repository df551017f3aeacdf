//! Sharpening of what was made much smaller, by what MediaWiki asks of ImageMagick: `-sharpen 0x0.4`.

use crate::thumb::picture::Picture;

/// Pictures whose sides together are reduced to less than this are sharpened.
pub(super) const BELOW: f64 = 0.85;

/// Weights of the pixel, of those beside it, and of those at its corners. The kernel is a Gaussian of sigma 0.4 turned
/// upside down, with as much in the middle as makes the sum of all weights 1.
const MIDDLE: f32 = 1.0 + 4.0 * (SIDE + CORNER);
const SIDE: f32 = 0.020_13;
const CORNER: f32 = 0.000_885;

/// Sharpens a picture.
pub(super) fn sharpen(picture: &mut Picture) {
    let samples = picture.layout.samples();
    let row = picture.width as usize * samples;
    if picture.width < 3 || picture.height < 3 {
        return;
    }
    // What is above has been sharpened already, so its old values are kept. Each row has a pixel more at both ends,
    // since at the edges the picture goes on as it ends.
    let wide = |row: &[u8]| {
        let (first, last) = (&row[..samples], &row[row.len() - samples..]);
        [first, row, last].concat().into_iter().map(f32::from).collect::<Vec<f32>>()
    };
    let mut here = wide(&picture.pixels[..row]);
    let mut above = here.clone();
    for y in 0..picture.height as usize {
        let at = y * row;
        let below = picture.pixels.get(at + row..at + 2 * row).map_or_else(|| here.clone(), wide);
        // Sums of three rows, by their weights for the pixel in the middle and for its neighbours.
        let weigh = |middle: f32, side: f32| {
            let both = above.iter().zip(&below);
            here.iter()
                .zip(both)
                .map(|(here, (above, below))| here * middle - (above + below) * side)
                .collect()
        };
        let (middle, beside): (Vec<f32>, Vec<f32>) = (weigh(MIDDLE, SIDE), weigh(SIDE, -CORNER));
        let neighbours = beside.iter().zip(&beside[2 * samples..]);
        let pixels = picture.pixels[at..at + row].iter_mut().zip(&middle[samples..]);
        for ((pixel, middle), (left, right)) in pixels.zip(neighbours) {
            *pixel = (middle - left - right + 0.5) as u8;
        }
        above = here;
        here = below;
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
        // 150 * (0.02013 + 2 * 0.000885) = 3.3 less and more.
        assert_eq!(picture.pixels, [50, 50, 50, 47, 203, 200, 200, 200].repeat(4));
    }
}
