//! A limit on how much is read, for parsers that have none.

use std::io::{self, Error, ErrorKind, Read, Seek, SeekFrom};

use crate::source::{Source, array_at, read_at};

/// What a single look at a file costs at least, so that an end is set to how many there are.
const LOOK: u64 = 512;

/// A source that seems to end when so much was read. It keeps its own faults apart from what a parser makes of the
/// bytes: a hostile file may make it seek to where nothing can be, and that is no fault.
pub(super) struct Budget<'a> {
    source: &'a mut dyn Source,
    left: u64,
    fault: Option<Error>,
}

impl<'a> Budget<'a> {
    pub(super) fn new(source: &'a mut dyn Source, limit: u64) -> Self {
        Self { source, left: limit, fault: None }
    }

    /// What went wrong with the source itself.
    pub(super) fn into_fault(self) -> Option<Error> {
        self.fault
    }
}

impl Read for Budget<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match Read::take(&mut *self.source, self.left).read(buffer) {
            Ok(read) => {
                self.left -= read as u64;
                Ok(read)
            }
            Err(error) => {
                let kind = error.kind();
                if kind != ErrorKind::Interrupted {
                    self.fault = Some(error);
                }
                Err(kind.into())
            }
        }
    }
}

impl Seek for Budget<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to).map_err(|error| {
            let kind = error.kind();
            if kind != ErrorKind::InvalidInput {
                self.fault = Some(error);
            }
            kind.into()
        })
    }
}

/// Bytes of a file by their places. When so much was read or looked at, nothing more is found.
pub(super) struct Places<'a> {
    source: &'a mut dyn Source,
    len: u64,
    left: u64,
    fault: Option<Error>,
}

impl<'a> Places<'a> {
    pub(super) fn new(source: &'a mut dyn Source, len: u64, limit: u64) -> Self {
        Self { source, len, left: limit, fault: None }
    }

    /// How long the file is.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Up to `most` bytes at a place; fewer at the end of the file, of the budget, or when the source fails.
    pub(super) fn at(&mut self, place: u64, most: usize) -> Vec<u8> {
        let most = most.min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left = self.left.saturating_sub(LOOK.max(most as u64));
        if most == 0 || place >= self.len || self.fault.is_some() {
            return Vec::new();
        }
        read_at(self.source, place, most).unwrap_or_else(|fault| {
            self.fault = Some(fault);
            Vec::new()
        })
    }

    /// Exactly `N` bytes at a place.
    pub(super) fn array<const N: usize>(&mut self, place: u64) -> Option<[u8; N]> {
        array_at(&self.at(place, N), 0)
    }

    /// What was found, unless it is the source's own fault that it isn't more.
    pub(super) fn done<T>(self, found: T) -> io::Result<T> {
        self.fault.map_or(Ok(found), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Fails at once.
    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(Error::other("broken"))
        }
    }

    impl Seek for Broken {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Ok(0)
        }
    }

    #[test]
    fn a_source_seems_to_end_when_its_budget_is_spent() {
        let mut bytes = Cursor::new(vec![7; 100]);
        let mut limited = Budget::new(&mut bytes, 10);
        let mut read = Vec::new();
        limited.read_to_end(&mut read).unwrap();
        limited.seek(SeekFrom::Start(0)).unwrap();
        limited.read_to_end(&mut read).unwrap();
        assert_eq!(read.len(), 10);
        assert!(limited.into_fault().is_none());
    }

    #[test]
    fn only_the_sources_own_faults_are_faults() {
        let mut bytes = Cursor::new(vec![7; 100]);
        let mut limited = Budget::new(&mut bytes, 10);
        assert!(limited.seek(SeekFrom::Current(-1)).is_err());
        assert!(limited.into_fault().is_none());
        let mut broken = Broken;
        let mut limited = Budget::new(&mut broken, 10);
        assert!(limited.read(&mut [0]).is_err());
        assert!(limited.into_fault().is_some());
    }

    #[test]
    fn places_have_an_end_to_how_often_they_are_looked_at() {
        let mut bytes = Cursor::new(vec![7; 1000]);
        let mut places = Places::new(&mut bytes, 1000, 8000);
        assert_eq!(places.at(990, 20).len(), 10);
        assert_eq!(places.at(u64::MAX, 20), b"");
        let looks = (0..100).filter(|_| places.array::<1>(0).is_some()).count();
        assert!(looks < 20, "{looks}");
        assert!(places.done(()).is_ok());
    }

    #[test]
    fn a_fault_at_a_place_is_a_fault() {
        let mut broken = Broken;
        let mut places = Places::new(&mut broken, 1000, 1000);
        assert_eq!(places.at(0, 20), b"");
        assert!(places.done(()).is_err());
    }
}
