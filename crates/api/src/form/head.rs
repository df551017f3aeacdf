//! The lines before a part's data, and what else names things.

use std::borrow::Cow;

/// What the lines before a part's data say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The field's name, as PHP spells it.
    pub(super) name: String,
    /// Whether it has a file name, be it empty.
    pub(super) is_file: bool,
}

/// Reads the lines, without their ends. `None` for a part that no field comes of.
pub(super) fn parse(lines: &[Vec<u8>]) -> Option<Head> {
    let disposition = disposition(lines)?;
    let mut name = None;
    let mut is_file = false;
    let mut rest = disposition.as_slice();
    while !rest.is_empty() {
        let pair;
        (pair, rest) = split(rest, b';');
        let Some(at) = pair.iter().position(|&b| b == b'=') else { continue };
        match pair[..at].trim_ascii().to_ascii_lowercase().as_slice() {
            b"name" => name = Some(value(&pair[at + 1..])),
            // The second is RFC 2231's, written by old libraries for names that are not ASCII.
            b"filename" | b"filename*" => is_file = true,
            _ => {}
        }
    }
    field_name(&name?).map(|name| Head { name, is_file })
}

/// The value of `Content-Disposition`, continued over lines that begin with a space or are no header of their own.
fn disposition(lines: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut found: Option<Vec<u8>> = None;
    for line in lines {
        let continues = line.first().is_some_and(u8::is_ascii_whitespace);
        match line.iter().position(|&b| b == b':').filter(|_| !continues) {
            Some(colon) => {
                if found.is_some() {
                    break;
                }
                if line[..colon].trim_ascii().eq_ignore_ascii_case(b"content-disposition") {
                    found = Some(line[colon + 1..].to_vec());
                }
            }
            None => {
                if let Some(found) = &mut found {
                    found.extend_from_slice(line);
                }
            }
        }
    }
    found
}

/// What comes before a `stop` outside quotes, and what comes after it.
fn split(text: &[u8], stop: u8) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < text.len() && text[at] != stop {
        if matches!(text[at], b'"' | b'\'') {
            at += 1 + quoted_length(&text[at + 1..], text[at]);
        }
        at += 1;
    }
    let at = at.min(text.len());
    (&text[..at], text.get(at + 1..).unwrap_or_default())
}

/// How far it is to the closing quote, or to the end without one.
fn quoted_length(text: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < text.len() && text[at] != quote {
        at += if text[at] == b'\\' && text.get(at + 1) == Some(&quote) { 2 } else { 1 };
    }
    at.min(text.len())
}

/// A value up to its closing quote, whatever follows it, or up to a space.
fn value(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.trim_ascii_start();
    if let Some(&quote @ (b'"' | b'\'')) = text.first() {
        let text = &text[1..];
        let quoted = &text[..quoted_length(text, quote)];
        let mut plain = Vec::with_capacity(quoted.len());
        let mut bytes = quoted.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            let escaped = bytes.next_if(|&next| byte == b'\\' && (next == b'\\' || next == quote));
            plain.push(escaped.unwrap_or(byte));
        }
        plain.into()
    } else {
        let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
        text[..end].into()
    }
}

/// A field's name as PHP spells it: without spaces before it, with `_` for characters that its variables could not
/// have. `None` for one that PHP drops.
pub(super) fn field_name(raw: &[u8]) -> Option<String> {
    let raw = raw.split(|&b| b == 0).next().unwrap_or_default();
    let text = String::from_utf8_lossy(raw);
    let text = text.trim_start_matches(' ');
    let bracket = text.find('[').filter(|&at| text[at..].contains(']')).unwrap_or(text.len());
    let (base, index) = text.split_at(bracket);
    if base.is_empty() { None } else { Some(base.replace([' ', '.', '['], "_") + index) }
}

/// The boundary in the parameters of a `Content-Type`: quoted, or up to `;` or `,` with spaces inside.
pub(super) fn boundary(parameters: &[u8]) -> Option<&[u8]> {
    let at = parameters.to_ascii_lowercase().windows(8).position(|window| window == b"boundary")? + 8;
    let equals = parameters[at..].iter().position(|&b| b == b'=')?;
    let text = parameters[at + equals + 1..].trim_ascii();
    let boundary = match text.strip_prefix(b"\"") {
        Some(quoted) => quoted.split(|&b| b == b'"').next().unwrap_or_default(),
        None => text.split(|b| b";,".contains(b)).next().unwrap_or_default().trim_ascii_end(),
    };
    if boundary.is_empty() { None } else { Some(boundary) }
}
