//! Reads of stored bytes in few, larger pieces: those who look into media read and seek in many small steps.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are read at once. A small file is read once, however often it is looked at.
const PIECE: usize = 16 * 1024;

/// A source whose last piece stays at hand, also when its reader seeks.
pub(crate) struct Buffered<S> {
    source: S,
    position: u64,
    /// Where the piece lies in the source.
    from: u64,
    piece: Vec<u8>,
}

impl<S: Read + Seek> Buffered<S> {
    /// Reads from the source's beginning.
    pub(crate) fn new(source: S) -> Self {
        Self { source, position: 0, from: 0, piece: Vec::new() }
    }

    /// What is at hand from the position on.
    fn at_hand(&self) -> &[u8] {
        let within = self.position.checked_sub(self.from).and_then(|at| usize::try_from(at).ok());
        within.and_then(|at| self.piece.get(at..)).unwrap_or_default()
    }

    /// Whether the source is known to end where the position is, or before.
    fn at_end(&self) -> bool {
        let length = self.piece.len();
        let within = self.position.checked_sub(self.from).and_then(|at| usize::try_from(at).ok());
        length > 0 && length < PIECE && within.is_some_and(|at| at >= length)
    }

    /// Fetches the piece that the position is in.
    fn fetch(&mut self) -> io::Result<()> {
        self.from = self.position - self.position % PIECE as u64;
        // Should reading fail, nothing is at hand.
        let mut piece = std::mem::take(&mut self.piece);
        piece.resize(PIECE, 0);
        self.source.seek(SeekFrom::Start(self.from))?;
        let mut filled = 0;
        while filled < PIECE {
            match self.source.read(&mut piece[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        piece.truncate(filled);
        self.piece = piece;
        Ok(())
    }
}

impl<S: Read + Seek> Read for Buffered<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at_end() {
            return Ok(0);
        }
        if self.at_hand().is_empty() {
            if buffer.len() >= PIECE {
                self.source.seek(SeekFrom::Start(self.position))?;
                let read = self.source.read(buffer)?;
                self.position += read as u64;
                return Ok(read);
            }
            self.fetch()?;
        }
        let read = self.at_hand().read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<S: Read + Seek> Seek for Buffered<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(_) => self.source.seek(to)?,
            SeekFrom::Current(by) => {
                let at = self.position.checked_add_signed(by);
                at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?
            }
        };
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what reaches the source.
    struct Counted(io::Cursor<Vec<u8>>, usize);

    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            self.0.read(buffer)
        }
    }

    impl Seek for Counted {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n / 7) as u8 ^ n as u8).collect()
    }

    #[test]
    fn it_reads_what_the_source_has_wherever_it_is_sent() {
        let content = bytes(3 * PIECE + 100);
        let mut plain = io::Cursor::new(content.clone());
        let mut buffered = Buffered::new(io::Cursor::new(content.clone()));
        let steps = [
            (SeekFrom::Start(0), 10),
            (SeekFrom::Current(5), 40_000),
            (SeekFrom::End(-50), 100),
            (SeekFrom::Start(PIECE as u64 - 1), 2),
            (SeekFrom::Current(-3), 1),
            (SeekFrom::Start(1 << 40), 5),
            (SeekFrom::End(10), 5),
            (SeekFrom::Start(PIECE as u64 * 2 + 7), PIECE),
            (SeekFrom::Current(0), PIECE * 2),
        ];
        for (to, length) in steps {
            assert_eq!(buffered.seek(to).unwrap(), plain.seek(to).unwrap());
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            buffered.by_ref().take(length as u64).read_to_end(&mut ours).unwrap();
            plain.by_ref().take(length as u64).read_to_end(&mut theirs).unwrap();
            assert!(ours == theirs, "{to:?}");
        }
        assert!(buffered.seek(SeekFrom::Start(1)).is_ok() && buffered.seek(SeekFrom::Current(-2)).is_err());
    }

    #[test]
    fn a_small_file_is_read_once() {
        let mut buffered = Buffered::new(Counted(io::Cursor::new(bytes(10_000)), 0));
        let mut byte = [0];
        for at in (0..9_000).rev() {
            buffered.seek(SeekFrom::Start(at)).unwrap();
            buffered.read_exact(&mut byte).unwrap();
        }
        // The second found the end.
        assert_eq!(buffered.source.1, 2);
        buffered.seek(SeekFrom::End(0)).unwrap();
        assert_eq!(buffered.read(&mut byte).unwrap(), 0);
        assert_eq!(buffered.source.1, 2);
    }
}
