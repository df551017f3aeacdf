//! What stands before the first scan.

use std::io::SeekFrom;

use crate::source::{Source, read_array, read_up_to};
use crate::thumb::Failure;
use crate::thumb::jpeg::SCANS;
use crate::thumb::jpeg::huffman::Huffman;
use crate::thumb::jpeg::idct::BLOCK;

/// Segments of a head that are looked at.
const SEGMENTS: usize = 10_000;
/// Bytes that are searched at a time.
const PIECE: usize = 1 << 16;
/// Tables of each kind.
const TABLES: usize = 4;

/// What is known before the first scan's data.
#[derive(Default)]
pub(super) struct Head {
    /// Whether it says that it is JFIF.
    pub(super) is_jfif: bool,
    /// How colours are transformed, by Adobe's marker, if it is there.
    pub(super) adobe: Option<u8>,
    /// The frame. One of several kinds stands for all.
    pub(super) frame: Option<Frame>,
    /// Steps of coefficients, in the order in which they are stored.
    pub(super) steps: [Option<[u16; BLOCK]>; TABLES],
    /// Codes for the first coefficient of a block.
    pub(super) dc: [Option<Huffman>; TABLES],
    /// Codes for the others.
    pub(super) ac: [Option<Huffman>; TABLES],
    /// Units after which decoding starts anew; 0 if it doesn't.
    pub(super) restart: u32,
    /// The first scan.
    pub(super) scan: Option<Scan>,
    /// Where its data begin.
    pub(super) data: u64,
    /// Scans of a progressive file; beyond [`super::SCANS`] they aren't counted.
    pub(super) scans: usize,
    /// Whether profiles or the like stand where few look for them, after the frame.
    pub(super) says_more: bool,
}

/// A frame.
#[derive(Debug, PartialEq)]
pub(super) struct Frame {
    /// The marker's second byte.
    pub(super) kind: u8,
    /// Bits of a sample.
    pub(super) precision: u8,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) components: Vec<Component>,
}

/// A component of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Horizontal and vertical sampling.
    pub(super) sampling: (u8, u8),
    /// Number of its table of steps.
    pub(super) steps: u8,
}

/// The head of a scan.
#[derive(Debug, PartialEq)]
pub(super) struct Scan {
    /// Of each component the id, and the numbers of its codes for first coefficients and for others.
    pub(super) components: Vec<(u8, u8, u8)>,
    /// First and last coefficient, and two numbers for progressive ones.
    pub(super) selection: [u8; 3],
}

impl Frame {
    /// Whether the picture becomes better from scan to scan.
    fn is_progressive(&self) -> bool {
        matches!(self.kind, 0xc2 | 0xc6 | 0xca | 0xce)
    }
}

impl Head {
    /// Walks over the file's segments up to the data of the first scan.
    pub(super) fn read(source: &mut dyn Source) -> Result<Self, Failure> {
        let mut head = Self::default();
        source.seek(SeekFrom::Start(2))?;
        for _ in 0..SEGMENTS {
            let Some([0xff, kind]) = read_array(source)? else { break };
            if kind == 0xff {
                source.seek(SeekFrom::Current(-1))?;
                continue;
            }
            if kind == 0x01 || (0xd0..=0xd8).contains(&kind) {
                continue;
            }
            let Some(length) = read_array(source)?.map(u16::from_be_bytes) else { break };
            let length = usize::from(length).saturating_sub(2);
            match kind {
                0xc0..=0xcf | 0xda | 0xdb | 0xdd | 0xe0 | 0xee => {
                    let segment = read_up_to(source, length)?;
                    head.note(kind, &segment);
                }
                0xd9 => break,
                _ => {
                    head.says_more |= head.frame.is_some() && (0xe0..=0xef).contains(&kind);
                    source.seek(SeekFrom::Current(length as i64))?;
                }
            }
            if kind == 0xda {
                head.data = source.stream_position()?;
                if head.frame.as_ref().is_some_and(Frame::is_progressive) {
                    head.scans = count_scans(source)?;
                }
                break;
            }
        }
        Ok(head)
    }

    /// Coefficients of all components.
    pub(super) fn coefficients(&self) -> u64 {
        let Some(frame) = &self.frame else { return 0 };
        let of = |component: &Component| u64::from(component.sampling.0) * u64::from(component.sampling.1);
        let most = frame.components.iter().map(of).max().unwrap_or(1).max(1);
        let area = u64::from(frame.width) * u64::from(frame.height);
        frame.components.iter().map(|component| area * of(component) / most).sum()
    }

    /// Takes from a segment what it tells.
    fn note(&mut self, kind: u8, segment: &[u8]) {
        match (kind, segment) {
            (0xee, [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..]) => {
                self.adobe = Some(*transform);
            }
            (0xe0, [b'J', b'F', b'I', b'F', ..]) => self.is_jfif = true,
            (0xc4, _) => self.note_codes(segment),
            (0xdb, _) => self.note_steps(segment),
            (0xdd, [high, low, ..]) => self.restart = u16::from_be_bytes([*high, *low]).into(),
            (0xda, [count, rest @ ..]) => {
                let (components, rest) = rest.split_at(rest.len().min(usize::from(*count) * 2));
                let component = |c: &[u8; 2]| (c[0], c[1] >> 4, c[1] & 15);
                let components = components.as_chunks().0.iter().map(component).collect();
                let selection = rest.first_chunk().copied();
                self.scan = selection.map(|selection| Scan { components, selection });
            }
            // The arithmetic codes' conditions, and what is reserved.
            (0xc8 | 0xcc, _) => {}
            (0xc0..=0xcf, [precision, h, eight, w, idth, _, components @ ..]) if self.frame.is_none() => {
                let component =
                    |c: &[u8; 3]| Component { id: c[0], sampling: (c[1] >> 4, c[1] & 15), steps: c[2] };
                self.frame = Some(Frame {
                    kind,
                    precision: *precision,
                    width: u16::from_be_bytes([*w, *idth]),
                    height: u16::from_be_bytes([*h, *eight]),
                    components: components.as_chunks().0.iter().map(component).collect(),
                });
            }
            _ => {}
        }
    }

    /// Codes, one or more. What is none is left out, as what follows it.
    fn note_codes(&mut self, mut segment: &[u8]) {
        while let Some((table, rest)) = segment.split_first()
            && let Some((counts, rest)) = rest.split_first_chunk()
            && let Some(code) = Huffman::new(counts, rest)
        {
            let kind = if table >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            if let Some(place) = kind.get_mut(usize::from(table & 15)) {
                *place = Some(code);
            }
            segment = &rest[counts.iter().map(|count| usize::from(*count)).sum()..];
        }
    }

    /// Steps, of one byte or two.
    fn note_steps(&mut self, mut segment: &[u8]) {
        while let Some((table, rest)) = segment.split_first() {
            let size = if table >> 4 == 0 { 1 } else { 2 };
            let Some((numbers, rest)) = rest.split_at_checked(BLOCK * size) else { return };
            let step = |place: usize| match numbers[place * size..(place + 1) * size] {
                [high, low] => u16::from_be_bytes([high, low]),
                [one] => one.into(),
                _ => 0,
            };
            if let Some(place) = self.steps.get_mut(usize::from(table & 15)) {
                *place = Some(std::array::from_fn(step));
            }
            segment = rest;
        }
    }
}

/// Scans from the first one on, whose data come next.
fn count_scans(source: &mut dyn Source) -> Result<usize, Failure> {
    let mut scans = 1;
    let mut piece = vec![0; PIECE];
    // The last byte of the piece before.
    let mut last = 0;
    loop {
        let read = source.read(&mut piece)?;
        if read == 0 {
            return Ok(scans);
        }
        let bytes = &piece[..read];
        scans += usize::from(last == 0xff && bytes[0] == 0xda);
        scans += memchr::memmem::find_iter(bytes, b"\xff\xda").count();
        if scans > SCANS {
            return Ok(scans);
        }
        last = bytes[read - 1];
    }
}
