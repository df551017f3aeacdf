//! The tokens of a document, with namespaces resolved and entities replaced.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use quick_xml::events::{BytesStart, Event};

use crate::source::Source;
use crate::xml::decode::Utf8;
use crate::xml::namespaces::Namespaces;
use crate::xml::{External, Fault, dtd};

/// How deep elements may lie in each other; libxml2 has the same limit.
const DEPTH_LIMIT: usize = 256;
/// How long a value may get when its entities are replaced.
const VALUE_LIMIT: usize = 10_000_000;
/// How many attributes an element may have.
const ATTRIBUTE_LIMIT: usize = 10_000;
/// How long the name of a namespace may be. It counts again for each element that is in it.
const NAMESPACE_LIMIT: usize = 10_000;
/// How long a chain of entities may be.
const CHAIN_LIMIT: usize = 16;

/// A piece of a document. What only has to be well-formed isn't handed out.
#[derive(Debug)]
pub(crate) enum Token {
    /// An element begins.
    Start(Element),
    /// The innermost element ends.
    End,
    /// Characters of the innermost element.
    Text(String),
    /// A processing instruction's target and content.
    Instruction(String),
    /// A document type definition that is safe but for what it may refer to.
    Doctype(External),
}

/// The beginning of an element.
#[derive(Debug)]
pub(crate) struct Element {
    /// Its namespace; a prefix that isn't declared stands for itself.
    pub(crate) ns: Rc<str>,
    /// Its name without a prefix.
    pub(crate) local: String,
    /// What is said of it, in the order of the file; without declarations of namespaces.
    pub(crate) attributes: Vec<Attribute>,
}

/// One attribute.
#[derive(Debug)]
pub(crate) struct Attribute {
    /// Its namespace, if the name has a prefix.
    pub(crate) ns: Option<Rc<str>>,
    /// The name without a prefix.
    pub(crate) local: String,
    /// The value with entities replaced.
    pub(crate) value: String,
}

impl Attribute {
    /// The name, with the namespace in place of the prefix.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        match &self.ns {
            Some(ns) => format!("{ns}:{}", self.local).into(),
            None => self.local.as_str().into(),
        }
    }

    /// Whether this is the attribute of a name without a prefix.
    pub(crate) fn is_plain(&self, name: &str) -> bool {
        self.ns.is_none() && self.local == name
    }
}

/// Reads a document to its end, or to where it stops being well-formed.
pub(crate) struct Reader<'a> {
    inner: quick_xml::Reader<Utf8<'a>>,
    buffer: Vec<u8>,
    entities: HashMap<String, String>,
    namespaces: Namespaces,
    depth: usize,
    is_started: bool,
    has_root: bool,
    has_doctype: bool,
    /// The end of an element without content is still to be told.
    ends: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a mut dyn Source) -> Result<Self, Fault> {
        let mut inner = quick_xml::Reader::from_reader(Utf8::new(source)?);
        inner.config_mut().check_comments = true;
        Ok(Self {
            inner,
            buffer: Vec::new(),
            entities: HashMap::new(),
            namespaces: Namespaces::default(),
            depth: 0,
            is_started: false,
            has_root: false,
            has_doctype: false,
            ends: false,
        })
    }

    /// The next token, or `None` at the end of a well-formed document.
    pub(crate) fn next(&mut self) -> Result<Option<Token>, Fault> {
        if std::mem::take(&mut self.ends) {
            return Ok(Some(self.end()));
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let token = loop {
            buffer.clear();
            self.inner.get_mut().begin_token();
            let event = match self.inner.read_event_into(&mut buffer) {
                Ok(Event::Eof) => {
                    break if self.has_root && self.depth == 0 { Ok(None) } else { Err(Fault::Malformed) };
                }
                Ok(event) => event,
                Err(error) => break Err(self.fault(error)),
            };
            match self.token(event) {
                Ok(Some(token)) => break Ok(Some(token)),
                Ok(None) => {}
                Err(fault) => break Err(fault),
            }
        };
        self.buffer = buffer;
        token
    }

    fn fault(&self, error: quick_xml::Error) -> Fault {
        match error {
            quick_xml::Error::Io(error) if !self.inner.get_ref().is_malformed => {
                Fault::Io(std::io::Error::new(error.kind(), error))
            }
            _ => Fault::Malformed,
        }
    }

    fn token(&mut self, event: Event<'_>) -> Result<Option<Token>, Fault> {
        let is_first = !std::mem::replace(&mut self.is_started, true);
        Ok(match event {
            Event::Start(start) => Some(self.start(&start)?),
            Event::Empty(start) => {
                self.ends = true;
                Some(self.start(&start)?)
            }
            Event::End(_) => Some(self.end()),
            Event::Text(text) => self.text(utf8(&text)?)?,
            Event::CData(text) => {
                if self.depth == 0 {
                    return Err(Fault::Malformed);
                }
                Some(Token::Text(with_plain_lines(utf8(&text)?).into_owned()))
            }
            Event::GeneralRef(reference) => {
                let text = format!("&{};", utf8(&reference)?);
                let replaced = self.replace(&text, Place::Content)?.into_owned();
                if self.depth == 0 {
                    return Err(Fault::Malformed);
                }
                Some(Token::Text(replaced))
            }
            Event::PI(instruction) => {
                let text = utf8(&instruction)?;
                if text.get(..3).is_some_and(|t| t.eq_ignore_ascii_case("xml"))
                    && (text.len() == 3 || text[3..].starts_with([' ', '\t', '\n', '\r']))
                {
                    return Err(Fault::Malformed);
                }
                Some(Token::Instruction(text.to_owned()))
            }
            Event::Decl(_) if is_first => None,
            Event::DocType(text) if !self.has_root && !self.has_doctype => {
                self.has_doctype = true;
                let definition = dtd::parse(utf8(&text)?).ok_or(Fault::Malformed)?;
                self.entities = definition.entities;
                Some(Token::Doctype(definition.external))
            }
            Event::Decl(_) | Event::DocType(_) => return Err(Fault::Malformed),
            Event::Comment(_) | Event::Eof => None,
        })
    }

    /// Characters; outside of the outermost element there may only be blanks.
    fn text(&self, text: &str) -> Result<Option<Token>, Fault> {
        if text.contains("]]>") {
            return Err(Fault::Malformed);
        }
        match self.depth {
            0 if text.trim_matches([' ', '\t', '\r', '\n', '\u{FEFF}']).is_empty() => Ok(None),
            0 => Err(Fault::Malformed),
            _ => Ok(Some(Token::Text(with_plain_lines(text).into_owned()))),
        }
    }

    fn end(&mut self) -> Token {
        self.namespaces.end(self.depth);
        self.depth = self.depth.saturating_sub(1);
        Token::End
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<Token, Fault> {
        if (self.depth == 0 && self.has_root) || self.depth == DEPTH_LIMIT {
            return Err(Fault::Malformed);
        }
        self.has_root = true;
        self.depth += 1;
        let mut plain = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| Fault::Malformed)?;
            let name = qualified(utf8(attribute.key.as_ref())?)?;
            let raw = utf8(&attribute.value)?;
            if raw.contains('<') || plain.len() == ATTRIBUTE_LIMIT {
                return Err(Fault::Malformed);
            }
            let value = self.replace(&with_blanks(raw), Place::Attribute)?.into_owned();
            match name {
                ("xmlns", _) | ("", "xmlns") if value.len() > NAMESPACE_LIMIT => {
                    return Err(Fault::Malformed);
                }
                ("xmlns", prefix) => self.namespaces.declare(self.depth, prefix, &value),
                ("", "xmlns") => self.namespaces.declare(self.depth, "", &value),
                (prefix, local) => plain.push((prefix.to_owned(), local.to_owned(), value)),
            }
        }
        let attributes = plain
            .into_iter()
            .map(|(prefix, local, value)| {
                let ns = (!prefix.is_empty()).then(|| self.namespaces.find(&prefix));
                Attribute { ns, local, value }
            })
            .collect();
        let (prefix, local) = qualified(utf8(start.name().into_inner())?)?;
        Ok(Token::Start(Element { ns: self.namespaces.find(prefix), local: local.to_owned(), attributes }))
    }

    /// Replaces references to characters and entities.
    fn replace<'t>(&self, text: &'t str, place: Place) -> Result<Cow<'t, str>, Fault> {
        if !text.contains('&') {
            return Ok(text.into());
        }
        let mut out = String::with_capacity(text.len());
        self.replace_into(text, place, &mut out, 0)?;
        Ok(out.into())
    }

    fn replace_into(&self, text: &str, place: Place, out: &mut String, chain: usize) -> Result<(), Fault> {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            out.push_str(&rest[..at]);
            let (name, after) = rest[at + 1..].split_once(';').ok_or(Fault::Malformed)?;
            match name {
                "lt" => out.push('<'),
                "gt" => out.push('>'),
                "amp" => out.push('&'),
                "quot" => out.push('"'),
                "apos" => out.push('\''),
                _ if name.starts_with('#') => out.push(character(&name[1..]).ok_or(Fault::Malformed)?),
                _ => {
                    let value =
                        self.entities.get(name).filter(|_| chain < CHAIN_LIMIT).ok_or(Fault::Malformed)?;
                    let value = match place {
                        Place::Attribute => with_blanks(value),
                        Place::Content => value.as_str().into(),
                    };
                    self.replace_into(&value, place, out, chain + 1)?;
                }
            }
            if out.len() > VALUE_LIMIT {
                return Err(Fault::Malformed);
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(())
    }
}

/// Where a reference stands.
#[derive(Clone, Copy)]
enum Place {
    Content,
    Attribute,
}

/// Text as documents have it whatever system they come from.
fn with_plain_lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

/// The value of an attribute has no lines, unless by references.
fn with_blanks(raw: &str) -> Cow<'_, str> {
    if raw.contains(['\t', '\n', '\r']) {
        raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ").into()
    } else {
        raw.into()
    }
}

/// The character of a numeric reference, if documents may contain it.
fn character(number: &str) -> Option<char> {
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    let is_plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    let code = u32::from_str_radix(digits, radix).ok().filter(|_| is_plain)?;
    char::from_u32(code).filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
}

/// Prefix and local part of a name.
fn qualified(name: &str) -> Result<(&str, &str), Fault> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.'))
            && part
                .chars()
                .all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':'))
    };
    let is_fine = is_name(local) && (prefix.is_empty() || is_name(prefix));
    if is_fine { Ok((prefix, local)) } else { Err(Fault::Malformed) }
}

fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|_| Fault::Malformed)
}

#[cfg(test)]
mod tests;
