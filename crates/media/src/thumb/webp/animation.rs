//! Animated WebP, as animated PNG.
//!
//! Frames are put on their canvas here. `image-webp` does so as well, but doesn't clear the right area where a frame is
//! to go after it was shown.

use std::io::{Cursor, Read, SeekFrom};

use image_webp::LoopCount;

use super::{decode, failure, open};
use crate::source::{Source, array_at, read_array};
use crate::thumb::encode::{self, Timing};
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits, Spec, colour, resize};

/// Bytes of the head of a file, before its first part.
const HEAD: u64 = 12;
/// Bytes of the head of a frame.
const FRAME_HEAD: usize = 16;

/// The whole animation, smaller; `None` for a still picture, or where the first frame has to do.
pub(in crate::thumb) fn animation(
    source: &mut dyn Source,
    spec: &Spec,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, Failure> {
    source.seek(SeekFrom::Start(0))?;
    let mut decoder = open(source, limits)?;
    let (width, height) = decoder.dimensions();
    let frames = decoder.num_frames();
    let plays = match decoder.loop_count() {
        LoopCount::Forever => 0,
        LoopCount::Times(times) => times.get().into(),
    };
    let profile = decoder.icc_profile().map_err(failure)?;
    let moves = decoder.is_animated() && may_move(frames, (width, height), spec, limits);
    if !moves {
        source.seek(SeekFrom::Start(0))?;
        return Ok(None);
    }
    let mut canvas = Canvas { width, height, pixels: vec![0; width as usize * height as usize * 4] };
    let mut timing = Timing { delays: Vec::new(), plays };
    let mut strip = Vec::new();
    let mut at = HEAD;
    for _ in 0..frames {
        let frame = match next_frame(source, &mut at, limits) {
            Ok(Some(frame)) if frame.fits(&canvas) => frame,
            // What is there of a damaged animation is shown.
            _ if !timing.delays.is_empty() => break,
            Ok(_) => return Err(Failure::Damaged("a frame is missing, or off the canvas".to_owned())),
            Err(error) => return Err(error),
        };
        canvas.draw(&frame);
        let picture = Picture::new(width, height, Layout::Rgba, canvas.pixels.clone());
        strip.extend(resize::resize(picture, spec.width, spec.height)?.pixels);
        timing.delays.push(frame.delay);
        if frame.goes {
            canvas.clear(&frame);
        }
    }
    let height = spec.height.saturating_mul(timing.delays.len() as u32);
    let mut strip = Picture::new(spec.width, height, Layout::Rgba, strip);
    strip.profile = profile;
    encode::moving(colour::to_srgb(strip), &timing).map(Some)
}

/// Whether there are several frames, but not too many or too large ones.
fn may_move(frames: u32, (width, height): (u32, u32), spec: &Spec, limits: &Limits) -> bool {
    let pixels = |width, height| u64::from(frames) * u64::from(width) * u64::from(height);
    // The smaller ones are all in memory, and twice more while their colours are changed and they are encoded.
    let memory = pixels(spec.width, spec.height).saturating_mul(3 * 4);
    frames > 1
        && u64::from(frames) <= limits.max_frames
        && pixels(width, height) <= limits.max_pixels
        && pixels(spec.width, spec.height) <= u32::MAX.into()
        && limits.check_memory(memory).is_ok()
}

/// A frame, and where it belongs.
struct Frame {
    left: u32,
    top: u32,
    picture: Picture,
    /// Milliseconds.
    delay: u32,
    /// Whether what is below shows through where it is transparent.
    blends: bool,
    /// Whether its area is cleared before the next one.
    goes: bool,
}

/// The next frame from an offset on, which is moved past it.
fn next_frame(source: &mut dyn Source, at: &mut u64, limits: &Limits) -> Result<Option<Frame>, Failure> {
    loop {
        source.seek(SeekFrom::Start(*at))?;
        let Some([k1, k2, k3, k4, size @ ..]) = read_array::<8>(source)? else { return Ok(None) };
        let size = u64::from(u32::from_le_bytes(size));
        *at += 8 + size + size % 2;
        if [k1, k2, k3, k4] == *b"ANMF" {
            limits.check_memory(size.saturating_mul(4))?;
            return read_frame(source, size, limits).map(Some);
        }
    }
}

/// Reads a frame as what it is, a file of its own without a head.
fn read_frame(source: &mut dyn Source, size: u64, limits: &Limits) -> Result<Frame, Failure> {
    let damaged = || Failure::Damaged("a frame is too short".to_owned());
    let head: [u8; FRAME_HEAD] = read_array(source)?.ok_or_else(damaged)?;
    let three = |at: usize| array_at::<3>(&head, at).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]));
    let number = |at| three(at).ok_or_else(damaged);
    let (width, height) = (number(6)? + 1, number(9)? + 1);
    let size = size.checked_sub(FRAME_HEAD as u64).ok_or_else(damaged)?;
    let mut parts = Vec::new();
    Read::take(source, size).read_to_end(&mut parts)?;
    // Only where there is opacity apart from the colours, the file needs a head that says so.
    let extended = [b"VP8X\x0A\0\0\0\x10\0\0\0".as_slice(), &head[6..12]].concat();
    let extended = if parts.starts_with(b"ALPH") { extended.as_slice() } else { &[] };
    let len = u32::try_from(4 + extended.len() + parts.len()).map_err(|_| damaged())?;
    let file = [b"RIFF", len.to_le_bytes().as_slice(), b"WEBP", extended, &parts].concat();
    let picture = decode(&mut Cursor::new(file), limits)?;
    if (picture.width, picture.height) != (width, height) {
        return Err(Failure::Damaged("a frame has another size than it says".to_owned()));
    }
    let flags = head[FRAME_HEAD - 1];
    Ok(Frame {
        left: number(0)? * 2,
        top: number(3)? * 2,
        picture,
        delay: number(12)?,
        blends: flags & 2 == 0,
        goes: flags & 1 != 0,
    })
}

impl Frame {
    fn fits(&self, canvas: &Canvas) -> bool {
        self.left + self.picture.width <= canvas.width && self.top + self.picture.height <= canvas.height
    }
}

/// What frames are drawn on, one over the other.
struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Canvas {
    /// The pixels below a frame, row by row.
    fn below(&mut self, frame: &Frame) -> impl Iterator<Item = &mut [u8]> {
        let (left, width) = (frame.left as usize * 4, frame.picture.width as usize * 4);
        let rows = self.pixels.chunks_exact_mut(self.width as usize * 4);
        let rows = rows.skip(frame.top as usize).take(frame.picture.height as usize);
        rows.map(move |row| &mut row[left..left + width])
    }

    /// Draws a frame that lies on the canvas.
    fn draw(&mut self, frame: &Frame) {
        let samples = frame.picture.layout.samples();
        let rows = frame.picture.pixels.chunks_exact(frame.picture.width as usize * samples);
        for (under, over) in self.below(frame).zip(rows) {
            for (under, over) in under.as_chunks_mut::<4>().0.iter_mut().zip(over.chunks_exact(samples)) {
                let opacity = if samples == 4 { over[3] } else { 255 };
                let over = [over[0], over[1], over[2], opacity];
                *under = if frame.blends { blend(over, *under) } else { over };
            }
        }
    }

    /// Makes the area of a frame transparent.
    fn clear(&mut self, frame: &Frame) {
        self.below(frame).for_each(|row| row.fill(0));
    }
}

/// One pixel over another.
fn blend(over: [u8; 4], under: [u8; 4]) -> [u8; 4] {
    let opacity = u32::from(over[3]);
    let left = (u32::from(under[3]) * (255 - opacity) + 127) / 255;
    let sum = opacity + left;
    if sum == 0 {
        return [0; 4];
    }
    let mix =
        |at: usize| ((u32::from(over[at]) * opacity + u32::from(under[at]) * left + sum / 2) / sum) as u8;
    [mix(0), mix(1), mix(2), sum as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_shows_what_is_below() {
        let (red, blue) = ([200, 0, 0, 255], [0, 0, 200, 255]);
        assert_eq!(blend(red, blue), red);
        assert_eq!(blend([1, 2, 3, 0], blue), blue);
        assert_eq!(blend([200, 0, 0, 128], [0; 4]), [200, 0, 0, 128]);
        assert_eq!(blend([0; 4], [9, 9, 9, 0]), [0; 4]);
        assert_eq!(blend([200, 0, 0, 128], blue), [100, 0, 100, 255]);
        assert_eq!(blend([255, 255, 255, 255], [255; 4]), [255; 4]);
    }
}
