//! GIF: still pictures, and animations that stay such.

use std::io::{BufReader, SeekFrom};
use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, DisposalMethod, Encoder, Frame, MemoryLimit};

use crate::source::Source;
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits, Spec, resize};

/// How carefully the colours of a palette are chosen: 1 is best, 30 fastest.
const SPEED: i32 = 10;
/// Opacity from which on a pixel counts as opaque.
const OPAQUE: u8 = 128;

type Frames<'a> = Decoder<BufReader<&'a mut dyn Source>>;

/// The first frame.
pub(super) fn first_frame(source: &mut dyn Source, limits: &Limits) -> Result<Picture, Failure> {
    let mut frames = open(source, limits, false)?;
    let mut canvas = Canvas::new(&frames, limits)?;
    let frame = frames.read_next_frame().map_err(failure)?;
    let frame = frame.ok_or_else(|| Failure::Damaged("no frame".to_owned()))?;
    canvas.draw(frame);
    Ok(Picture::new(canvas.width, canvas.height, Layout::Rgba, canvas.pixels))
}

/// The whole animation, smaller; `None` for a still picture, or where the first frame has to do.
pub(super) fn animation(
    source: &mut dyn Source,
    spec: &Spec,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, Failure> {
    if !may_move(source, limits)? {
        source.seek(SeekFrom::Start(0))?;
        return Ok(None);
    }
    source.seek(SeekFrom::Start(0))?;
    let (width, height) = sides(spec.width, spec.height)?;
    let mut frames = open(source, limits, false)?;
    let mut canvas = Canvas::new(&frames, limits)?;
    let mut encoder = Encoder::new(Vec::new(), width, height, &[]).map_err(|error| unwritable(&error))?;
    encoder.set_repeat(frames.repeat()).map_err(|error| unwritable(&error))?;
    let mut left = limits.max_frames;
    loop {
        let frame = match frames.read_next_frame() {
            Ok(Some(frame)) if left > 0 => frame,
            // What is there of a damaged animation is shown.
            Err(_) if left < limits.max_frames => break,
            Ok(_) => break,
            Err(error) => return Err(failure(error)),
        };
        left -= 1;
        let before = (frame.dispose == DisposalMethod::Previous).then(|| canvas.pixels.clone());
        canvas.draw(frame);
        let (delay, dispose) = (frame.delay, frame.dispose);
        let area = (frame.left, frame.top, frame.width, frame.height);
        let picture = Picture::new(canvas.width, canvas.height, Layout::Rgba, canvas.pixels.clone());
        let picture = resize::resize(picture, spec.width, spec.height)?;
        let mut small = frame_of(picture)?;
        small.delay = delay;
        // Each frame is whole, so what was before goes.
        small.dispose = DisposalMethod::Background;
        encoder.write_frame(&small).map_err(|error| unwritable(&error))?;
        match (dispose, before) {
            (DisposalMethod::Previous, Some(before)) => canvas.pixels = before,
            (DisposalMethod::Background, _) => canvas.clear(area),
            _ => {}
        }
    }
    encoder.into_inner().map(Some).map_err(|error| Failure::Source(error.to_string()))
}

/// A picture as a GIF that doesn't move.
pub(super) fn still(picture: Picture) -> Result<Vec<u8>, Failure> {
    let (width, height) = sides(picture.width, picture.height)?;
    let mut encoder = Encoder::new(Vec::new(), width, height, &[]).map_err(|error| unwritable(&error))?;
    encoder.write_frame(&frame_of(picture)?).map_err(|error| unwritable(&error))?;
    encoder.into_inner().map_err(|error| Failure::Source(error.to_string()))
}

/// Whether there are several frames, but not too many or too large ones.
fn may_move(source: &mut dyn Source, limits: &Limits) -> Result<bool, Failure> {
    let mut frames = open(source, limits, true)?;
    let area = u64::from(frames.width()) * u64::from(frames.height());
    let mut count = 0_u64;
    // Damage after the first frames is found again, and told, when they are drawn.
    while let Ok(Some(_)) = frames.next_frame_info() {
        count += 1;
        if count > limits.max_frames || count.saturating_mul(area) > limits.max_pixels {
            return Ok(false);
        }
    }
    Ok(count > 1)
}

fn open<'a>(source: &'a mut dyn Source, limits: &Limits, only_heads: bool) -> Result<Frames<'a>, Failure> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    options.skip_frame_decoding(only_heads);
    let memory = NonZeroU64::new(limits.memory_bytes / 4).unwrap_or(NonZeroU64::MIN);
    options.set_memory_limit(MemoryLimit::Bytes(memory));
    options.read_info(BufReader::new(source)).map_err(failure)
}

/// What frames are drawn on, one over the other.
struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(frames: &Frames<'_>, limits: &Limits) -> Result<Self, Failure> {
        let (width, height) = (u32::from(frames.width()), u32::from(frames.height()));
        limits.check_area(width, height)?;
        if width == 0 || height == 0 {
            return Err(Failure::Damaged("no pixels".to_owned()));
        }
        Ok(Self { width, height, pixels: vec![0; width as usize * height as usize * 4] })
    }

    /// Draws a frame as far as it lies on the canvas.
    fn draw(&mut self, frame: &Frame<'_>) {
        let (width, height) = (self.width as usize, self.height as usize);
        let (left, top) = (usize::from(frame.left).min(width), usize::from(frame.top));
        let drawn = usize::from(frame.width).min(width - left);
        if frame.width == 0 {
            return;
        }
        for (y, row) in frame.buffer.chunks_exact(usize::from(frame.width) * 4).enumerate() {
            if top + y >= height {
                break;
            }
            let at = ((top + y) * width + left) * 4;
            let under = self.pixels[at..at + drawn * 4].as_chunks_mut::<4>().0;
            for (under, over) in under.iter_mut().zip(row.as_chunks::<4>().0) {
                if over[3] != 0 {
                    *under = *over;
                }
            }
        }
    }

    /// Makes an area transparent.
    fn clear(&mut self, (left, top, width, height): (u16, u16, u16, u16)) {
        let row = self.width as usize;
        let left = usize::from(left).min(row);
        let right = (left + usize::from(width)).min(row);
        for y in usize::from(top)..(usize::from(top) + usize::from(height)).min(self.height as usize) {
            self.pixels[(y * row + left) * 4..(y * row + right) * 4].fill(0);
        }
    }
}

/// A picture with a palette of its own.
fn frame_of(picture: Picture) -> Result<Frame<'static>, Failure> {
    let (width, height) = sides(picture.width, picture.height)?;
    let mut pixels = match picture.layout {
        Layout::Rgba => picture.pixels,
        Layout::Rgb => {
            picture.pixels.as_chunks::<3>().0.iter().flat_map(|p| [p[0], p[1], p[2], 255]).collect()
        }
        Layout::Grey => picture.pixels.iter().flat_map(|grey| [*grey, *grey, *grey, 255]).collect(),
        Layout::GreyAlpha => {
            picture.pixels.as_chunks::<2>().0.iter().flat_map(|p| [p[0], p[0], p[0], p[1]]).collect()
        }
        Layout::Cmyk => return Err(Failure::Unsupported("inks in a GIF".to_owned())),
    };
    for pixel in pixels.as_chunks_mut::<4>().0 {
        // A pixel is there or it isn't.
        *pixel = if pixel[3] < OPAQUE { [0; 4] } else { [pixel[0], pixel[1], pixel[2], 255] };
    }
    Ok(Frame::from_rgba_speed(width, height, &mut pixels, SPEED))
}

fn sides(width: u32, height: u32) -> Result<(u16, u16), Failure> {
    match (u16::try_from(width), u16::try_from(height)) {
        (Ok(width), Ok(height)) => Ok((width, height)),
        _ => Err(Failure::Unsupported("a GIF as large as this".to_owned())),
    }
}

fn failure(error: DecodingError) -> Failure {
    match error {
        DecodingError::Io(error) => error.into(),
        DecodingError::MemoryLimit | DecodingError::OutOfMemory => {
            Failure::Unsupported("frames larger than is good".to_owned())
        }
        other => Failure::Damaged(other.to_string()),
    }
}

fn unwritable(error: &gif::EncodingError) -> Failure {
    Failure::Unsupported(error.to_string())
}
