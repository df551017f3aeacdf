//! Finding the parts of `multipart/form-data`.

use bytes::{Buf, Bytes};
use memchr::memmem::Finder;

use super::head::{self, Head};
use super::{FormError, Frames, Input};

/// Where in a body the reader is, and what it looks for.
#[derive(Debug)]
pub(super) struct Multipart {
    /// A line feed, two hyphens and the boundary. A carriage return before them belongs to them, too.
    delimiter: Finder<'static>,
    /// The end of an earlier frame that a delimiter may begin with.
    carry: Vec<u8>,
    state: State,
    /// Whether a carriage return before the delimiter is the part's.
    keeps_return: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In bytes that are no part's.
    Between,
    /// In the data of a part.
    Data,
    /// After a delimiter, on its line.
    Delimiter,
    /// Nothing more comes.
    End,
}

/// What comes next in data.
enum Slice {
    Data(Bytes),
    Delimiter,
    EndOfBody,
}

impl Multipart {
    pub(super) fn new(boundary: &[u8]) -> Self {
        let delimiter = [b"\n--", boundary].concat();
        Self {
            delimiter: Finder::new(&delimiter).into_owned(),
            // The first delimiter has no line before it.
            carry: b"\n".to_vec(),
            state: State::Between,
            keeps_return: false,
        }
    }

    /// Goes to the data of the next part that is a field.
    pub(super) async fn next_head<F: Frames>(
        &mut self,
        input: &mut Input<F>,
        allowed: usize,
    ) -> Result<Option<Head>, FormError> {
        loop {
            match self.state {
                State::End => return Ok(None),
                State::Between | State::Data => while self.data(input).await?.is_some() {},
                State::Delimiter => {
                    let mut rest = Vec::new();
                    let more = input.take_until(b'\n', &mut rest, allowed, "bytes on a line").await?;
                    if !more || rest.starts_with(b"--") {
                        self.state = State::End;
                    } else if rest.trim_ascii().is_empty() {
                        if let Some(head) = self.read_head(input, allowed).await? {
                            return Ok(Some(head));
                        }
                    } else {
                        // A longer line: it ended the data, but begins no part.
                        self.state = State::Between;
                        self.carry.push(b'\n');
                    }
                }
            }
        }
    }

    async fn read_head<F: Frames>(
        &mut self,
        input: &mut Input<F>,
        mut allowed: usize,
    ) -> Result<Option<Head>, FormError> {
        let mut lines = Vec::new();
        let mut returns = 0;
        loop {
            let mut line = Vec::new();
            if !input.take_until(b'\n', &mut line, allowed, "bytes before a part").await? {
                // Some clients end with half a head.
                self.state = State::End;
                return Ok(None);
            }
            allowed = allowed.saturating_sub(line.len() + 1);
            if line.ends_with(b"\r") {
                line.pop();
                returns += 1;
            }
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let head = head::parse(&lines);
        self.state = if head.is_some() { State::Data } else { State::Between };
        // Pywikibot ends all lines with a bare line feed, also the one after the data of a `file`, so that a return
        // before it is the file's. Where that matters it adds one to a `chunk`.
        self.keeps_return =
            returns == 0 && head.as_ref().is_some_and(|head| head.is_file && head.name == "file");
        Ok(head)
    }

    /// More bytes of a file.
    pub(super) async fn chunk<F: Frames>(
        &mut self,
        input: &mut Input<F>,
    ) -> Result<Option<Bytes>, FormError> {
        if self.state != State::Data {
            return Ok(None);
        }
        let bytes = self.data(input).await?;
        if self.state == State::End { Err(FormError::Incomplete) } else { Ok(bytes) }
    }

    /// More bytes up to the next delimiter, or to the end of the body.
    pub(super) async fn data<F: Frames>(&mut self, input: &mut Input<F>) -> Result<Option<Bytes>, FormError> {
        self.state = match self.slice(input).await? {
            Slice::Data(bytes) => return Ok(Some(bytes)),
            Slice::Delimiter => State::Delimiter,
            Slice::EndOfBody => State::End,
        };
        Ok(None)
    }

    async fn slice<F: Frames>(&mut self, input: &mut Input<F>) -> Result<Slice, FormError> {
        let length = self.delimiter.needle().len();
        // What is carried to the end of the body began a delimiter: it is nobody's data.
        while input.fill().await? {
            if !self.carry.is_empty() {
                if input.held.len() < length {
                    let mut joined = std::mem::take(&mut self.carry);
                    joined.extend_from_slice(&input.held);
                    input.held = joined.into();
                } else {
                    return Ok(self.seam(&mut input.held));
                }
            }
            if let Some(at) = self.delimiter.find(&input.held) {
                let end = self.data_end(&input.held, at);
                if end > 0 {
                    return Ok(Slice::Data(input.held.split_to(end)));
                }
                input.held.advance(at + length);
                return Ok(Slice::Delimiter);
            }
            let end = self.possible_delimiter(&input.held);
            self.carry.extend_from_slice(&input.held[end..]);
            let data = std::mem::take(&mut input.held).split_to(end);
            if !data.is_empty() {
                return Ok(Slice::Data(data));
            }
        }
        Ok(Slice::EndOfBody)
    }

    /// Looks where the carried bytes and a long frame meet.
    fn seam(&mut self, held: &mut Bytes) -> Slice {
        let length = self.delimiter.needle().len();
        let seam = [&self.carry, &held[..length]].concat();
        match self.delimiter.find(&seam).filter(|&at| at <= self.carry.len()) {
            Some(at) => {
                let end = self.data_end(&seam, at);
                if end > 0 {
                    return Slice::Data(self.carry.drain(..end).collect());
                }
                held.advance(at + length - self.carry.len());
                self.carry.clear();
                Slice::Delimiter
            }
            None => Slice::Data(std::mem::take(&mut self.carry).into()),
        }
    }

    /// Where data ends before a delimiter.
    fn data_end(&self, bytes: &[u8], delimiter: usize) -> usize {
        let returns = delimiter > 0 && bytes[delimiter - 1] == b'\r' && !self.keeps_return;
        delimiter - usize::from(returns)
    }

    /// Where the bytes at the end begin that may belong to a delimiter.
    fn possible_delimiter(&self, bytes: &[u8]) -> usize {
        let needle = self.delimiter.needle();
        let from = bytes.len().saturating_sub(needle.len());
        (from..bytes.len())
            .find(|&at| {
                let tail = &bytes[at..];
                needle.starts_with(tail.strip_prefix(b"\r").unwrap_or(tail))
            })
            .unwrap_or(bytes.len())
    }
}
