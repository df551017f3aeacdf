//! Huffman codes of JPEG (ISO/IEC 10918-1, Annexes C and F).

/// Bits by which codes are looked up at once. Longer ones are searched by their length.
const FAST: u32 = 9;
/// Bits by which runs of codes are passed over at once.
const SKIP: u32 = 13;
/// The longest code.
const LONGEST: u32 = 16;

/// A code.
pub(super) struct Huffman {
    /// Length and value of the code that the next bits begin with; 0 where it is longer.
    fast: Box<[u16; 1 << FAST]>,
    /// For each length the first 16 bits that are no code as short as that.
    limits: [u32; LONGEST as usize + 1],
    /// For each length what leads from a code to the place of its value, modulo 2^16.
    offsets: [u16; LONGEST as usize + 1],
    values: Vec<u8>,
}

impl Huffman {
    /// A code by the number of its codes of each length, and their values. `None` if there can be none.
    pub(super) fn new(counts: &[u8; LONGEST as usize], values: &[u8]) -> Option<Self> {
        let mut fast = Box::new([0; 1 << FAST]);
        let (mut limits, mut offsets) = ([0; LONGEST as usize + 1], [0; LONGEST as usize + 1]);
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1..=LONGEST).zip(counts) {
            code <<= 1;
            offsets[length as usize] = (place as u16).wrapping_sub(code as u16);
            let of_length = values.get(place..place + usize::from(*count))?;
            if code + u32::from(*count) > 1 << length {
                return None;
            }
            for value in of_length {
                if length <= FAST {
                    let first = (code << (FAST - length)) as usize;
                    fast[first..first + (1 << (FAST - length))]
                        .fill((length as u16) << 8 | u16::from(*value));
                }
                code += 1;
            }
            place += of_length.len();
            limits[length as usize] = code << (LONGEST - length);
        }
        Some(Self { fast, limits, offsets, values: values[..place].to_vec() })
    }

    /// Length and value of the code that these bits begin with, the first bit being the highest.
    #[inline]
    pub(super) fn first(&self, bits: u64) -> Option<(u32, u8)> {
        let found = self.fast[(bits >> (64 - FAST)) as usize];
        if found != 0 { Some((u32::from(found >> 8), found as u8)) } else { self.long(bits) }
    }

    #[cold]
    fn long(&self, bits: u64) -> Option<(u32, u8)> {
        let bits = (bits >> (64 - LONGEST)) as u32;
        let length = (1..=LONGEST).find(|length| bits < self.limits[*length as usize])?;
        let place = self.offsets[length as usize].wrapping_add((bits >> (LONGEST - length)) as u16);
        Some((length, *self.values.get(usize::from(place))?))
    }
}

/// What passing over coefficients that nobody needs comes to, by the next bits: several codes at a time, since
/// neither their order nor the bits that follow each of them matter.
pub(super) struct Skips(Box<[u16; 1 << SKIP]>);

/// One step over codes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Skip(u16);

impl Skip {
    /// Bits of the codes and of what follows them; 0 where the first code is too long for this.
    #[inline]
    pub(super) fn bits(self) -> u32 {
        u32::from(self.0 & 31)
    }

    /// Coefficients that they stand for.
    #[inline]
    pub(super) fn coefficients(self) -> u32 {
        u32::from(self.0 >> 6)
    }

    /// Whether the last of them ends the block.
    #[inline]
    pub(super) fn ends(self) -> bool {
        self.0 & 32 != 0
    }
}

impl Skips {
    /// Those of a code for coefficients.
    pub(super) fn of(code: &Huffman) -> Self {
        let mut skips = Box::new([0; 1 << SKIP]);
        for (number, skip) in (0..).zip(skips.iter_mut()) {
            let bits = u64::from(number as u32) << (64 - SKIP);
            let (mut used, mut coefficients, mut ends) = (0, 0, false);
            while used < SKIP
                && !ends
                && let Some((length, value)) = code.first(bits << used)
                && used + length <= SKIP
            {
                let symbol = Symbol(value);
                ends = symbol.ends();
                if !ends {
                    coefficients += symbol.zeros() + 1;
                }
                used += length + symbol.size();
            }
            *skip = (coefficients as u16) << 6 | u16::from(ends) << 5 | used as u16;
        }
        Self(skips)
    }

    /// The step that these bits begin with.
    #[inline]
    pub(super) fn first(&self, bits: u64) -> Skip {
        Skip(self.0[(bits >> (64 - SKIP)) as usize])
    }
}

/// What a code for a coefficient means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Symbol(pub(super) u8);

impl Symbol {
    /// Coefficients before it that are zero.
    #[inline]
    pub(super) fn zeros(self) -> u32 {
        u32::from(self.0 >> 4)
    }

    /// Bits that follow, and tell the coefficient. Without any it is zero.
    #[inline]
    pub(super) fn size(self) -> u32 {
        u32::from(self.0 & 15)
    }

    /// Whether all the rest of the block is zero. Of the values without bits only the longest run isn't an end.
    #[inline]
    pub(super) fn ends(self) -> bool {
        self.size() == 0 && self.zeros() != 15
    }
}

/// A coefficient by its bits, of which there are `size`: those that begin with 0 are negative (F.2.2.1).
#[inline]
pub(super) fn extend(bits: u32, size: u32) -> i32 {
    let half = 1_i32 << size >> 1;
    let value = bits as i32;
    if value < half { value - (half << 1) + 1 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes 0, 10, 110, 1110 and 1111 0000 0000 0000.
    fn code() -> Huffman {
        let mut counts = [0; 16];
        counts[..4].fill(1);
        counts[15] = 1;
        Huffman::new(&counts, &[0x01, 0x00, 0xf0, 0x23, 0x12]).unwrap()
    }

    #[test]
    fn codes_are_found_short_and_long() {
        let first = |bits: u16| code().first(u64::from(bits) << 48);
        assert_eq!(first(0b0111_1111_1111_1111), Some((1, 0x01)));
        assert_eq!(first(0b1110_0000_0000_0000), Some((4, 0x23)));
        assert_eq!(first(0xf000), Some((16, 0x12)));
        assert_eq!(first(0xffff), None);
    }

    #[test]
    fn more_codes_than_fit_are_none() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Huffman::new(&counts, &[1, 2, 3]).is_none());
        counts[0] = 2;
        assert!(Huffman::new(&counts, &[1, 2]).is_some());
        assert!(Huffman::new(&counts, &[1]).is_none());
    }

    #[test]
    fn several_codes_are_one_step() {
        let skips = Skips::of(&code());
        let step = |bits: u16| {
            let skip = skips.first(u64::from(bits) << 48);
            (skip.bits(), skip.coefficients(), skip.ends())
        };
        // A coefficient of one bit three times, and the end.
        assert_eq!(step(0b0101_0110_0000_0000), (8, 3, true));
        // Sixteen zeros, then two and a coefficient of three bits.
        assert_eq!(step(0b1101_1100_0010_0000), (12, 19, true));
        // What follows the last code may be beyond what was looked at.
        assert_eq!(step(0b1101_1011_0111_0000), (16, 51, false));
        assert_eq!(step(0xf000).0, 0);
    }

    #[test]
    fn coefficients_are_negative_where_their_first_bit_is_0() {
        assert_eq!([0, 1].map(|bits| extend(bits, 1)), [-1, 1]);
        assert_eq!([0, 3, 4, 7].map(|bits| extend(bits, 3)), [-7, -4, 4, 7]);
        assert_eq!(extend(0, 0), 0);
    }
}
