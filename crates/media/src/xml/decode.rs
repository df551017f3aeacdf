//! A document's bytes as UTF-8, whatever its encoding.

use std::io::{self, BufRead, Read, SeekFrom};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::source::{Source, find, read_at};
use crate::xml::Fault;

const PIECE: usize = 16 << 10;

/// The most that one token may take; libxml2 has the same limit.
const TOKEN_LIMIT: u64 = 10_000_000;

/// Reads as UTF-8, refusing what no document may contain.
pub(crate) struct Utf8<'a> {
    source: &'a mut dyn Source,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    text: Vec<u8>,
    text_at: usize,
    is_last: bool,
    is_done: bool,
    token: u64,
    /// Whether the last error was the document's.
    pub(crate) is_malformed: bool,
}

impl<'a> Utf8<'a> {
    pub(crate) fn new(source: &'a mut dyn Source) -> Result<Self, Fault> {
        let head = read_at(source, 0, 1024)?;
        let (encoding, skip) = encoding_of(&head).ok_or(Fault::Malformed)?;
        source.seek(SeekFrom::Start(skip))?;
        Ok(Self {
            source,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: Vec::new(),
            raw_at: 0,
            text: Vec::new(),
            text_at: 0,
            is_last: false,
            is_done: false,
            token: 0,
            is_malformed: false,
        })
    }

    /// Starts a token anew.
    pub(crate) fn begin_token(&mut self) {
        self.token = 0;
    }

    fn malformed(&mut self) -> io::Error {
        self.is_malformed = true;
        io::ErrorKind::InvalidData.into()
    }

    fn refill(&mut self) -> io::Result<()> {
        self.text.resize(PIECE, 0);
        self.text_at = 0;
        loop {
            if self.raw_at == self.raw.len() && !self.is_last {
                self.raw.resize(PIECE, 0);
                let read = self.source.read(&mut self.raw)?;
                self.raw.truncate(read);
                self.raw_at = 0;
                self.is_last = read == 0;
            }
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.raw[self.raw_at..],
                &mut self.text,
                self.is_last,
            );
            self.raw_at += read;
            if let DecoderResult::Malformed(..) = result {
                return Err(self.malformed());
            }
            self.is_done = self.is_last && result == DecoderResult::InputEmpty;
            if written > 0 || self.is_done {
                self.text.truncate(written);
                let bad = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
                return if self.text.iter().any(bad) { Err(self.malformed()) } else { Ok(()) };
            }
        }
    }
}

impl Read for Utf8<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Utf8<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.token > TOKEN_LIMIT {
            return Err(self.malformed());
        }
        if self.text_at == self.text.len() && !self.is_done {
            self.refill()?;
        }
        Ok(&self.text[self.text_at..])
    }

    fn consume(&mut self, amount: usize) {
        self.text_at += amount;
        self.token += amount as u64;
    }
}

/// The encoding by byte order mark, by the first character, or as declared; and how many bytes the mark takes.
fn encoding_of(head: &[u8]) -> Option<(&'static Encoding, u64)> {
    if let Some((encoding, length)) = Encoding::for_bom(head) {
        return Some((encoding, length as u64));
    }
    match head {
        [0, b'<', ..] => return Some((UTF_16BE, 0)),
        [b'<', 0, ..] => return Some((UTF_16LE, 0)),
        _ => {}
    }
    let Some(label) = declared_encoding(head) else { return Some((UTF_8, 0)) };
    let encoding = Encoding::for_label(label)?;
    // A declaration that can be read as ASCII isn't in UTF-16.
    let is_wide = encoding == UTF_16LE || encoding == UTF_16BE;
    Some((if is_wide { UTF_8 } else { encoding }, 0))
}

/// What the XML declaration at the start names.
pub(crate) fn declared_encoding(head: &[u8]) -> Option<&[u8]> {
    let declaration = head.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..find(declaration, b"?>")?];
    let after = declaration[find(declaration, b"encoding")? + b"encoding".len()..].trim_ascii_start();
    let value = after.strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    value.split(|b| b == quote).next()
}
