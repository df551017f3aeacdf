//! A limit on how much is read, for parsers that have none.

use std::io::{self, Error, ErrorKind, Read, Seek, SeekFrom};

use crate::source::Source;

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
}
