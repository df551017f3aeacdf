//! Bodies of POST requests, read as they arrive: `application/x-www-form-urlencoded` and `multipart/form-data`.
//!
//! Clients in daily use write bodies that no RFC allows, and got away with it for twenty years because PHP reads
//! them. So this reads what PHP reads: bare line feeds, a missing end, headers glued to names. Text fields are
//! collected up to a limit; a file's bytes are handed on as slices of the frames they came in.

mod head;
mod multipart;
#[cfg(test)]
mod tests;

use std::error::Error;

use bytes::{Buf, Bytes};
use futures_util::{FutureExt, Stream, StreamExt};
use memchr::memchr;

use multipart::Multipart;

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A text field.
    Text {
        /// Its name, as PHP spells it.
        name: String,
        /// Its bytes; nothing says that they are text.
        value: Vec<u8>,
    },
    /// A file; its bytes are what [`FormReader::chunk`] gives until the next part is asked for.
    File {
        /// The field's name, as PHP spells it.
        name: String,
    },
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    /// More of something than is allowed.
    #[error("the body has too many {0}")]
    TooMuch(&'static str),
    /// The body ended within a file.
    #[error("the body ends before the file does")]
    Incomplete,
    /// The body did not arrive.
    #[error("the body could not be read: {0}")]
    Body(#[source] Box<dyn Error + Send + Sync>),
}

/// The frames of a body, whatever its errors are.
pub(crate) trait Frames: Stream<Item = Result<Bytes, Self::Error>> + Unpin {
    /// Why a frame did not arrive.
    type Error: Into<Box<dyn Error + Send + Sync>>;
}

impl<F, E> Frames for F
where
    F: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Error = E;
}

/// What a body may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many fields, files among them.
    pub(crate) fields: usize,
    /// How many bytes the text fields have together, names and values.
    pub(crate) text_bytes: usize,
    /// How many bytes the lines before a part's data have.
    pub(crate) head_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fields: 1000, text_bytes: 8 << 20, head_bytes: 16 << 10 }
    }
}

/// Reads the fields of a body one after the other.
#[derive(Debug)]
pub(crate) struct FormReader<F> {
    input: Input<F>,
    encoding: Encoding,
    limits: Limits,
    fields: usize,
    text_bytes: usize,
}

#[derive(Debug)]
enum Encoding {
    Urlencoded,
    Multipart(Box<Multipart>),
}

impl<F: Frames> FormReader<F> {
    /// A reader for a body of this `Content-Type`, or `None` if it is not a form, or one without a boundary.
    pub(crate) fn new(content_type: &[u8], body: F) -> Option<Self> {
        let end = content_type.iter().position(|b| b";, ".contains(b)).unwrap_or(content_type.len());
        let encoding = match content_type[..end].to_ascii_lowercase().as_slice() {
            b"application/x-www-form-urlencoded" => Encoding::Urlencoded,
            b"multipart/form-data" => {
                Encoding::Multipart(Box::new(Multipart::new(head::boundary(&content_type[end..])?)))
            }
            _ => return None,
        };
        let input = Input { body, held: Bytes::new() };
        Some(Self { input, encoding, limits: Limits::default(), fields: 0, text_bytes: 0 })
    }

    /// The same reader with other limits.
    #[cfg(test)]
    pub(crate) fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The next field; what is unread of a file before it is skipped.
    pub(crate) async fn next(&mut self) -> Result<Option<Part>, FormError> {
        match self.encoding {
            Encoding::Urlencoded => self.next_pair().await,
            Encoding::Multipart(_) => self.next_part().await,
        }
    }

    /// More bytes of the file that [`Self::next`] gave, or `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, FormError> {
        match &mut self.encoding {
            Encoding::Urlencoded => Ok(None),
            Encoding::Multipart(multipart) => multipart.chunk(&mut self.input).await,
        }
    }

    async fn next_pair(&mut self) -> Result<Option<Part>, FormError> {
        loop {
            let mut pair = Vec::new();
            let allowed = self.limits.text_bytes - self.text_bytes;
            let ended = !self.input.take_until(b'&', &mut pair, allowed, "bytes of text").await?;
            let (name, value) = match memchr(b'=', &pair) {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (&pair[..], &[][..]),
            };
            if let Some(name) = head::field_name(&decode(name)) {
                let value = decode(value);
                self.count(name.len() + value.len())?;
                return Ok(Some(Part::Text { name, value }));
            }
            if ended {
                return Ok(None);
            }
        }
    }

    async fn next_part(&mut self) -> Result<Option<Part>, FormError> {
        let Encoding::Multipart(multipart) = &mut self.encoding else { return Ok(None) };
        let Some(head) = multipart.next_head(&mut self.input, self.limits.head_bytes).await? else {
            self.input.drain().await?;
            return Ok(None);
        };
        if head.is_file {
            self.count(head.name.len())?;
            return Ok(Some(Part::File { name: head.name }));
        }
        let mut value = Vec::new();
        let allowed = (self.limits.text_bytes - self.text_bytes).saturating_sub(head.name.len());
        while let Some(bytes) = multipart.data(&mut self.input).await? {
            if value.len() + bytes.len() > allowed {
                return Err(FormError::TooMuch("bytes of text"));
            }
            value.extend_from_slice(&bytes);
        }
        self.count(head.name.len() + value.len())?;
        Ok(Some(Part::Text { name: head.name, value }))
    }

    fn count(&mut self, text_bytes: usize) -> Result<(), FormError> {
        self.fields += 1;
        self.text_bytes += text_bytes;
        if self.fields > self.limits.fields {
            return Err(FormError::TooMuch("fields"));
        }
        if self.text_bytes > self.limits.text_bytes {
            return Err(FormError::TooMuch("bytes of text"));
        }
        Ok(())
    }
}

/// The body, and what is unread of the frame that came last.
#[derive(Debug)]
struct Input<F> {
    body: F,
    held: Bytes,
}

impl<F: Frames> Input<F> {
    /// Sees to it that something is held; `false` at the end of the body.
    async fn fill(&mut self) -> Result<bool, FormError> {
        while self.held.is_empty() {
            match self.body.next().await {
                Some(frame) => self.held = frame.map_err(|e| FormError::Body(e.into()))?,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Moves what comes before `stop` to `taken`, and `stop` nowhere; `false` if the body ended first.
    async fn take_until(
        &mut self,
        stop: u8,
        taken: &mut Vec<u8>,
        allowed: usize,
        what: &'static str,
    ) -> Result<bool, FormError> {
        while self.fill().await? {
            let found = memchr(stop, &self.held);
            let length = found.unwrap_or(self.held.len());
            if taken.len() + length > allowed {
                return Err(FormError::TooMuch(what));
            }
            taken.extend_from_slice(&self.held[..length]);
            self.held.advance(length + usize::from(found.is_some()));
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads what comes after the end: a client that is still sending would not see the answer.
    async fn drain(&mut self) -> Result<(), FormError> {
        while self.fill().await? {
            self.held.clear();
        }
        Ok(())
    }
}

fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    percent_encoding::percent_decode(&spaced).collect()
}

/// Reads a body that is at hand in frames of so many bytes, for those who look for faults in the reading of forms; gives
/// what was read in some form, or `None` if it is no form.
pub fn read_form(content_type: &[u8], body: &[u8], frame: usize) -> Option<String> {
    let frames =
        body.chunks(frame.max(1)).map(|f| Ok::<_, std::convert::Infallible>(Bytes::copy_from_slice(f)));
    let mut reader = FormReader::new(content_type, futures_util::stream::iter(frames))?;
    let read = async {
        let mut told = String::new();
        loop {
            match reader.next().await {
                Ok(Some(part)) => {
                    told += &format!("{part:?}");
                    while let Part::File { .. } = part {
                        match reader.chunk().await {
                            Ok(Some(bytes)) => told += &bytes.escape_ascii().to_string(),
                            Ok(None) => break,
                            Err(error) => return told + &error.to_string(),
                        }
                    }
                }
                Ok(None) => return told,
                Err(error) => return told + &error.to_string(),
            }
        }
    };
    // All frames are there, so nothing is waited for.
    read.now_or_never()
}
