//! XML, read as a stream with bounded memory and without ever loading anything: elements with their namespaces and
//! attributes, entities only as far as the rules for document type definitions allow.

mod decode;
mod dtd;
mod namespaces;
mod reader;

use std::io;

pub(crate) use decode::Utf8;
pub(crate) use dtd::External;
pub(crate) use reader::{Attribute, Element, Reader, Token};

use crate::source::Source;

/// Why reading ended.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It isn't well-formed XML, or has more than we take.
    Malformed,
    /// The bytes couldn't be read.
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The name of the outermost element.
pub(crate) struct Root {
    pub(crate) ns: String,
    pub(crate) local: String,
}

/// Whether a file that begins so can be XML; spares reading the others.
pub(crate) fn may_be_xml(head: &[u8]) -> bool {
    let marks = |b: &u8| matches!(b, 0 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF) || b.is_ascii_whitespace();
    head.iter().find(|b| !marks(b)) == Some(&b'<')
}

/// The outermost element of a document that is well-formed to its end.
pub(crate) fn root(source: &mut dyn Source) -> io::Result<Option<Root>> {
    let mut root = None;
    let read = (|| {
        let mut reader = Reader::new(source)?;
        while let Some(token) = reader.next()? {
            if let Token::Start(element) = token {
                root.get_or_insert_with(|| Root { ns: element.ns.to_string(), local: element.local });
            }
        }
        Ok(())
    })();
    match read {
        Ok(()) => Ok(root),
        Err(Fault::Malformed) => Ok(None),
        Err(Fault::Io(error)) => Err(error),
    }
}
