//! The most common kind of JPEG, read as much smaller as is wanted.
//!
//! Most of the time for a photograph's thumbnail goes into codes of coefficients that a small picture has no use for.
//! Here they are passed over several at a time, which a library that may need them can't do. All other kinds, and
//! pictures of nearly full size, are the library's; so is, in tests, the say in what is right.

use crate::source::Source;
use crate::thumb::Failure;
use crate::thumb::jpeg::bits::{Bits, Cursor, Room};
use crate::thumb::jpeg::head::{Component, Head};
use crate::thumb::jpeg::huffman::{Huffman, Skips, Symbol, extend};
use crate::thumb::jpeg::idct::{self, BLOCK, Block, Idct};
use crate::thumb::picture::{Layout, Picture};

/// Samples of a block's side.
const SIDE: u32 = 8;

/// How a picture is read.
pub(super) struct Reduced<'h> {
    /// Pixels of what is made.
    width: usize,
    height: usize,
    /// Units of the picture: blocks of all components that cover the same place.
    units: (usize, usize),
    /// Pixels of a unit.
    unit: (usize, usize),
    /// Units after which decoding starts anew; 0 if it doesn't.
    restart: u32,
    is_rgb: bool,
    planes: Vec<Plane<'h>>,
}

/// A component, and as many of its rows as a row of units has.
struct Plane<'h> {
    idct: Idct,
    /// The last coefficient that is needed.
    last: usize,
    /// Steps of coefficients, in the order in which they are stored.
    steps: [f32; BLOCK],
    dc: &'h Huffman,
    ac: &'h Huffman,
    skips: Skips,
    /// Blocks of a unit, across and down.
    blocks: (usize, usize),
    /// Samples of a row.
    stride: usize,
    samples: Vec<u8>,
    /// The first coefficient of the block before.
    before: i32,
}

impl<'h> Reduced<'h> {
    /// How a file is read with so many eighths of its width and height; `None` if that is for the library.
    pub(super) fn new(head: &'h Head, eighths: u32) -> Option<Self> {
        let (frame, scan) = (head.frame.as_ref()?, head.scan.as_ref()?);
        let is_sequential = matches!(frame.kind, 0xc0 | 0xc1) && frame.precision == 8;
        let is_whole = scan.selection == [0, 63, 0]
            && scan.components.iter().map(|c| c.0).eq(frame.components.iter().map(|c| c.id));
        if !is_sequential || !is_whole || head.says_more || frame.width == 0 || frame.height == 0 {
            return None;
        }
        let ids: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
        // As libjpeg takes them.
        let is_rgb = !head.is_jfif && head.adobe.map_or(ids == *b"RGB", |transform| transform == 0);
        // Blocks of a single component don't stand in units.
        let sampling = |component: &Component| match ids.len() {
            1 => Some((1, 1)),
            3 => Some(component.sampling),
            _ => None,
        };
        let samplings = frame.components.iter().map(sampling).collect::<Option<Vec<_>>>()?;
        let most = |of: fn(&(u8, u8)) -> u8| samplings.iter().map(of).max();
        let most = (most(|sampling| sampling.0)?, most(|sampling| sampling.1)?);
        let units = |length: u16, most: u8| usize::from(length).div_ceil(usize::from(most) * SIDE as usize);
        let reduced = |length: u16| (u32::from(length) * eighths).div_ceil(SIDE) as usize;
        let mut all = Self {
            width: reduced(frame.width),
            height: reduced(frame.height),
            units: (units(frame.width, most.0.max(1)), units(frame.height, most.1.max(1))),
            unit: (usize::from(most.0) * eighths as usize, usize::from(most.1) * eighths as usize),
            restart: head.restart,
            is_rgb,
            planes: Vec::new(),
        };
        for ((component, codes), sampling) in frame.components.iter().zip(&scan.components).zip(samplings) {
            let across = side(sampling.0, most.0, eighths)?;
            let down = side(sampling.1, most.1, eighths)?;
            let steps = head.steps.get(usize::from(component.steps))?.as_ref()?;
            let ac = head.ac.get(usize::from(codes.2))?.as_ref()?;
            let blocks = (usize::from(sampling.0), usize::from(sampling.1));
            let stride = all.units.0 * all.unit.0;
            all.planes.push(Plane {
                last: idct::last(across, down),
                idct: Idct::new(across, down),
                steps: steps.map(f32::from),
                dc: head.dc.get(usize::from(codes.1))?.as_ref()?,
                ac,
                skips: Skips::of(ac),
                blocks,
                stride,
                samples: vec![0; stride * all.unit.1],
                before: 0,
            });
        }
        Some(all)
    }

    /// Bytes of memory that reading takes.
    pub(super) fn memory(&self) -> u64 {
        let rows: usize = self.planes.iter().map(|plane| plane.samples.len()).sum();
        (rows + self.width * self.height * self.planes.len()) as u64
    }

    /// Reads the picture from its scan.
    pub(super) fn read(mut self, source: &mut dyn Source) -> Result<Picture, Failure> {
        let layout = if self.planes.len() == 1 { Layout::Grey } else { Layout::Rgb };
        let mut pixels = vec![0; self.width * self.height * layout.samples()];
        let mut bits = Bits::new(source);
        let (mut left, mut restarts) = (self.restart, 0);
        for rows in pixels.chunks_mut(self.width * layout.samples() * self.unit.1) {
            for unit in 0..self.units.0 {
                if self.restart > 0 {
                    if left == 0 {
                        bits.restart(restarts)?;
                        (left, restarts) = (self.restart, (restarts + 1) % 8);
                        self.planes.iter_mut().for_each(|plane| plane.before = 0);
                    }
                    left -= 1;
                }
                for plane in &mut self.planes {
                    plane.unit(&mut bits, unit)?;
                }
            }
            self.put(rows);
        }
        Ok(Picture::new(self.width as u32, self.height as u32, layout, pixels))
    }

    /// Puts the rows that the planes hold into the picture.
    fn put(&self, rows: &mut [u8]) {
        let row = self.width * if self.planes.len() == 1 { 1 } else { 3 };
        for (y, row) in rows.chunks_mut(row).enumerate() {
            let of = |plane: &'_ Plane<'_>| y * plane.stride..y * plane.stride + self.width;
            match self.planes.as_slice() {
                [grey] => row.copy_from_slice(&grey.samples[of(grey)]),
                [a, b, c] => {
                    let (a, b, c) = (&a.samples[of(a)], &b.samples[of(b)], &c.samples[of(c)]);
                    let samples = a.iter().zip(b).zip(c).map(|((a, b), c)| [*a, *b, *c]);
                    for (pixel, samples) in row.as_chunks_mut::<3>().0.iter_mut().zip(samples) {
                        *pixel = if self.is_rgb { samples } else { rgb(samples) };
                    }
                }
                _ => {}
            }
        }
    }
}

/// Samples of the side of a component's blocks: more where the component has fewer blocks, so that all have the same.
fn side(sampling: u8, most: u8, eighths: u32) -> Option<usize> {
    let is_part = (1..=4).contains(&sampling) && most.is_multiple_of(sampling);
    let side = is_part.then(|| u32::from(most / sampling) * eighths)?;
    (side <= SIDE).then_some(side as usize)
}

/// A colour by its light and its differences from it (JFIF), in 65536ths.
#[inline]
fn rgb([light, blue, red]: [u8; 3]) -> [u8; 3] {
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    let light = (i32::from(light) << 16) + (1 << 15);
    let sample = |value: i32| (value >> 16).clamp(0, 255) as u8;
    [
        sample(light + 91_881 * red),
        sample(light - 22_554 * blue - 46_802 * red),
        sample(light + 116_130 * blue),
    ]
}

impl Plane<'_> {
    /// Reads the blocks of a unit.
    fn unit(&mut self, bits: &mut Bits<'_>, unit: usize) -> Result<(), Failure> {
        let mut block = Block::new();
        for down in 0..self.blocks.1 {
            for across in 0..self.blocks.0 {
                let x = (unit * self.blocks.0 + across) * self.idct.width();
                let at = down * self.idct.height() * self.stride + x;
                if self.last == 0 {
                    bits.block(|room, cursor| {
                        self.first(room, cursor).and_then(|cursor| self.skip(room, cursor, 1))
                    })?;
                    self.samples[at] = (self.before as f32 * self.steps[0] / 8.0 + 128.5) as u8;
                } else {
                    bits.block(|room, cursor| self.block(room, cursor, &mut block))?;
                    self.idct.put(&block, &mut self.samples[at..], self.stride);
                }
            }
        }
        Ok(())
    }

    /// Reads the first coefficient of a block.
    #[inline]
    fn first(&mut self, room: &Room, mut cursor: Cursor) -> Option<Cursor> {
        cursor.refill(room);
        let (length, size) = self.dc.first(cursor.bits())?;
        if size > 15 {
            return None;
        }
        let size = u32::from(size);
        self.before = self.before.wrapping_add(extend(cursor.after(length, size), size));
        cursor.skip(length + size);
        Some(cursor)
    }

    /// Reads a block: its coefficients as far as they are needed.
    #[inline]
    fn block(&mut self, room: &Room, cursor: Cursor, block: &mut Block) -> Option<Cursor> {
        let mut cursor = self.first(room, cursor)?;
        block.begin(self.before as f32 * self.steps[0]);
        let mut next = 1;
        while next <= self.last {
            cursor.refill(room);
            let (length, symbol) = self.ac.first(cursor.bits())?;
            let symbol = Symbol(symbol);
            let size = symbol.size();
            if symbol.ends() {
                cursor.skip(length);
                return Some(cursor);
            }
            next += symbol.zeros() as usize;
            if next >= BLOCK {
                return None;
            }
            let value = extend(cursor.after(length, size), size);
            if next <= self.last {
                block.set(next, value as f32 * self.steps[next]);
            }
            cursor.skip(length + size);
            next += 1;
        }
        self.skip(room, cursor, next)
    }

    /// Passes over the rest of a block, from this coefficient on.
    #[inline]
    fn skip(&self, room: &Room, mut cursor: Cursor, mut next: usize) -> Option<Cursor> {
        while next < BLOCK {
            cursor.refill(room);
            let step = self.skips.first(cursor.bits());
            let after = next + step.coefficients() as usize;
            if after < BLOCK && step.bits() > 0 {
                cursor.skip(step.bits());
                next = after;
                if step.ends() {
                    return Some(cursor);
                }
                continue;
            }
            // Where the block may be full one code after the other counts: the next may be another block's.
            let (length, symbol) = self.ac.first(cursor.bits())?;
            let symbol = Symbol(symbol);
            cursor.skip(length + symbol.size());
            if symbol.ends() {
                return Some(cursor);
            }
            next += symbol.zeros() as usize + 1;
        }
        (next == BLOCK).then_some(cursor)
    }
}

#[cfg(test)]
mod tests;
