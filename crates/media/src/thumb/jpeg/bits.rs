//! Bits of a scan: what stands between markers, without the zeros that keep bytes from looking like markers.

use std::io;

use crate::source::Source;
use crate::thumb::Failure;

/// Bytes read at a time.
const PIECE: usize = 1 << 16;
/// Bytes kept: several blocks, and a power of two, so that no place has to be checked.
const ROOM: usize = 1 << 13;
/// More than the bytes of any block: 64 coefficients of 31 bits. So many have to be there before one is read; after
/// the last byte of a scan as many zeros are.
const BLOCK: usize = 512;
/// Bytes taken at once.
const WORD: usize = 8;

/// The bytes from which bits are taken.
pub(super) type Room = [u8; ROOM + WORD];

/// Bits of a scan.
pub(super) struct Bits<'a> {
    source: &'a mut dyn Source,
    /// What was read and not looked at yet: a part of it.
    piece: Box<[u8]>,
    unread: std::ops::Range<usize>,
    room: Box<Room>,
    /// Bytes of `room` that are bytes of the scan.
    filled: usize,
    /// The marker that ended them.
    marker: Option<u8>,
    cursor: Cursor,
}

/// A place among the bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cursor {
    /// The next bits, the first one highest; beyond `count` they may be right or 0.
    bits: u64,
    /// Bits of them that have been taken from the room.
    count: u32,
    /// The next byte of the room.
    at: usize,
}

impl Cursor {
    /// Takes as many bytes as fit: there are 56 bits or more.
    #[inline]
    pub(super) fn refill(&mut self, room: &Room) {
        let at = self.at % ROOM;
        let mut word = [0; WORD];
        word.copy_from_slice(&room[at..at + WORD]);
        self.bits |= u64::from_be_bytes(word) >> self.count;
        self.at += (63 - self.count as usize) / 8;
        self.count |= 0x38;
    }

    /// The next bits.
    #[inline]
    pub(super) fn bits(self) -> u64 {
        self.bits
    }

    /// So many bits, 15 at most, that come after others.
    #[inline]
    pub(super) fn after(self, passed: u32, count: u32) -> u32 {
        ((self.bits << passed) >> 48 >> (16 - count)) as u32
    }

    /// Passes over bits, at most 55 since the last refill.
    #[inline]
    pub(super) fn skip(&mut self, count: u32) {
        self.bits <<= count;
        self.count -= count;
    }
}

impl<'a> Bits<'a> {
    /// The bits that come next in a source.
    pub(super) fn new(source: &'a mut dyn Source) -> Self {
        Self {
            source,
            piece: vec![0; PIECE].into(),
            unread: 0..0,
            room: Box::new([0; ROOM + WORD]),
            filled: 0,
            marker: None,
            cursor: Cursor::default(),
        }
    }

    /// Has one block read, by a function that is given where it begins and returns where it ends.
    #[inline]
    pub(super) fn block(
        &mut self,
        read: impl FnOnce(&Room, Cursor) -> Option<Cursor>,
    ) -> Result<(), Failure> {
        if self.cursor.at + BLOCK > self.filled && self.marker.is_none() {
            self.fill()?;
        }
        let damaged = || Failure::Damaged("a block that is none".to_owned());
        self.cursor = read(&self.room, self.cursor).ok_or_else(damaged)?;
        if self.cursor.at * 8 > self.filled * 8 + self.cursor.count as usize {
            return Err(Failure::Damaged("the picture ends too soon".to_owned()));
        }
        Ok(())
    }

    /// Passes over the rest before the marker of a restart, which has this number.
    pub(super) fn restart(&mut self, number: u8) -> Result<(), Failure> {
        while self.marker.is_none() {
            (self.filled, self.cursor) = (0, Cursor::default());
            self.fill()?;
        }
        if self.marker != Some(0xd0 + number) {
            return Err(Failure::Damaged("a restart is missing".to_owned()));
        }
        (self.filled, self.cursor, self.marker) = (0, Cursor::default(), None);
        Ok(())
    }

    /// Gets more bytes: so many that a block can be read, or all there are.
    fn fill(&mut self) -> Result<(), Failure> {
        let from = self.cursor.at.min(self.filled);
        self.room.copy_within(from..self.filled, 0);
        self.filled -= from;
        self.cursor.at -= from;
        while self.marker.is_none() && self.filled < ROOM - 2 * BLOCK {
            self.take()?;
        }
        if self.marker.is_some() {
            self.room[self.filled..self.filled + 2 * BLOCK].fill(0);
        }
        Ok(())
    }

    /// Takes what there is up to the next byte that could begin a marker.
    fn take(&mut self) -> Result<(), Failure> {
        // What begins with 0xff is a whole only with the byte after it.
        if self.unread.len() < 2 {
            self.read()?;
        }
        let unread = &self.piece[self.unread.clone()];
        let (taken, passed) = match unread {
            [0xff, 0x00, ..] => (1, 2),
            [0xff, 0xff, ..] => (0, 1),
            [0xff, marker, ..] => {
                self.marker = Some(*marker);
                (0, 2)
            }
            // The file ends here, as if its end had been marked.
            [] | [0xff] => {
                self.marker = Some(0xd9);
                (0, unread.len())
            }
            _ => {
                let most = unread.len().min(ROOM - 2 * BLOCK - self.filled);
                let plain = memchr::memchr(0xff, &unread[..most]).unwrap_or(most);
                (plain, plain)
            }
        };
        self.room[self.filled..self.filled + taken].copy_from_slice(&unread[..taken]);
        self.filled += taken;
        self.unread.start += passed;
        Ok(())
    }

    /// Reads on, after what is unread.
    fn read(&mut self) -> Result<(), Failure> {
        let kept = self.unread.len();
        self.piece.copy_within(self.unread.clone(), 0);
        self.unread = 0..kept;
        while self.unread.len() < 2 {
            match self.source.read(&mut self.piece[self.unread.end..]) {
                Ok(0) => break,
                Ok(read) => self.unread.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
