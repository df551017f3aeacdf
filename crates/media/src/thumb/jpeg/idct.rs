//! From coefficients to samples: the inverse discrete cosine transform of the lowest frequencies of a block, which
//! gives the block with fewer samples.

use std::f32::consts::PI;

/// Samples of a block's side, and coefficients.
const SIDE: usize = 8;
/// Coefficients of a block.
pub(super) const BLOCK: usize = SIDE * SIDE;

/// Places of coefficients in the order in which they are stored (Figure A.6).
const ZIGZAG: [u8; BLOCK] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// How blocks become so many samples wide and high.
pub(super) struct Idct {
    width: usize,
    height: usize,
    /// For each horizontal frequency its share in each sample of a row.
    across: [[f32; SIDE]; SIDE],
    /// For each vertical frequency its share in each sample of a column.
    down: [[f32; SIDE]; SIDE],
}

/// The place in the stored order after which blocks of so many samples need no coefficient.
pub(super) fn last(width: usize, height: usize) -> usize {
    let needed = |place: &u8| usize::from(*place) % SIDE < width && usize::from(*place) / SIDE < height;
    ZIGZAG.iter().rposition(needed).unwrap_or_default()
}

/// Shares of frequencies in samples, for a side of so many.
fn shares(samples: usize) -> [[f32; SIDE]; SIDE] {
    let share = |frequency: usize, sample: usize| {
        if frequency >= samples || sample >= samples {
            return 0.0;
        }
        let angle = (2 * sample + 1) as f32 * frequency as f32 * PI / (2 * samples) as f32;
        // Of the whole transform; with fewer samples each stands for more of the block, which comes to the same.
        angle.cos() * if frequency == 0 { 0.125_f32.sqrt() } else { 0.5 }
    };
    std::array::from_fn(|frequency| std::array::from_fn(|sample| share(frequency, sample)))
}

impl Idct {
    /// For blocks of so many samples, 1 to 8 each way.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, across: shares(width), down: shares(height) }
    }

    /// Samples of a block's rows.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Rows of a block.
    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Puts a block into a plane, `stride` samples a row, of which the block's first is the first.
    #[inline]
    pub(super) fn put(&self, block: &Block, plane: &mut [u8], stride: usize) {
        match self.width {
            1 | 2 => self.transform::<2, 4>(block, plane, stride),
            3 => self.transform::<3, 4>(block, plane, stride),
            4 => self.transform::<4, 4>(block, plane, stride),
            5 | 6 => self.transform::<6, 8>(block, plane, stride),
            _ => self.transform::<8, 8>(block, plane, stride),
        }
    }

    /// The same for a width of `WIDTH` or one less, in vectors of as many lanes.
    #[inline]
    fn transform<const WIDTH: usize, const LANES: usize>(
        &self,
        block: &Block,
        plane: &mut [u8],
        stride: usize,
    ) {
        let mut rows = [[0.0; LANES]; SIDE];
        let used = block.rows.min(self.height);
        for (row, coefficients) in rows.iter_mut().zip(block.coefficients.as_chunks::<SIDE>().0).take(used) {
            for (coefficient, shares) in coefficients.iter().zip(&self.across).take(block.columns.min(WIDTH))
            {
                for lane in 0..LANES {
                    row[lane] += coefficient * shares[lane];
                }
            }
        }
        for (y, line) in plane.chunks_mut(stride).take(self.height).enumerate() {
            // Samples are stored less 128; the half rounds.
            let mut sums = [128.5; LANES];
            for (row, shares) in rows.iter().zip(&self.down).take(used) {
                for lane in 0..LANES {
                    sums[lane] += row[lane] * shares[y];
                }
            }
            if self.width == WIDTH
                && let Some(line) = line.first_chunk_mut::<WIDTH>()
            {
                for (sample, sum) in line.iter_mut().zip(sums) {
                    *sample = sum as u8;
                }
            } else {
                for (sample, sum) in line.iter_mut().zip(sums).take(self.width) {
                    *sample = sum as u8;
                }
            }
        }
    }
}

/// The coefficients of a block.
pub(super) struct Block {
    coefficients: [f32; BLOCK],
    /// Beyond these all are 0.
    rows: usize,
    columns: usize,
}

impl Block {
    /// A block of zeros.
    pub(super) fn new() -> Self {
        Self { coefficients: [0.0; BLOCK], rows: 0, columns: 0 }
    }

    /// Makes it one of zeros again, but for the first, which is the block's mean.
    #[inline]
    pub(super) fn begin(&mut self, first: f32) {
        for row in self.coefficients.as_chunks_mut::<SIDE>().0.iter_mut().take(self.rows) {
            *row = [0.0; SIDE];
        }
        self.coefficients[0] = first;
        (self.rows, self.columns) = (1, 1);
    }

    /// Sets a coefficient by its number in the order in which they are stored.
    #[inline]
    pub(super) fn set(&mut self, number: usize, value: f32) {
        let place = usize::from(ZIGZAG[number % BLOCK]) % BLOCK;
        self.coefficients[place] = value;
        self.rows = self.rows.max(place / SIDE + 1);
        self.columns = self.columns.max(place % SIDE + 1);
    }
}
