//! The fields of a request: from the query string and the body, cleaned.

use percent_encoding::percent_decode;
use unicode_normalization::UnicodeNormalization;

/// A field, cleaned.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Its text, in normal form C and without control characters.
    pub(crate) value: String,
    /// Whether cleaning changed it.
    pub(crate) repaired: bool,
    /// Whether it was sent as `name[]`, which MediaWiki's API doesn't read.
    pub(crate) array: bool,
    /// Whether it was (also) in the query string.
    pub(crate) in_query: bool,
    used: bool,
}

/// All fields by name, in the order of their first appearance.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Field)>);

/// Separates values when one of them holds a `|`.
const UNIT_SEPARATOR: char = '\u{1f}';

impl Fields {
    /// Adds the fields of a query string.
    pub(crate) fn add_query(&mut self, query: &str) {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.add(&String::from_utf8_lossy(&decode(name)), &decode(value), false);
        }
    }

    /// Adds a field; the last one of a name counts, and the body counts more than the query string, which is added
    /// first.
    pub(crate) fn add(&mut self, name: &str, value: &[u8], posted: bool) {
        let (name, array) = match name.split_once('[') {
            Some((name, _)) if !name.is_empty() => (name, true),
            _ => (name, false),
        };
        let (value, repaired) = clean(value);
        let mut field = Field { value, repaired, array, in_query: !posted, used: false };
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, earlier)) => {
                field.in_query |= earlier.in_query;
                *earlier = field;
            }
            None => self.0.push((name.to_owned(), field)),
        }
    }

    /// A field, without noting that it was read.
    pub(crate) fn peek(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, field)| field)
    }

    /// A field's text, without noting that it was read.
    pub(crate) fn peek_text(&self, name: &str) -> Option<&str> {
        self.peek(name).filter(|field| !field.array).map(|field| field.value.as_str())
    }

    /// A field; it counts as known from here on.
    pub(crate) fn take(&mut self, name: &str) -> Option<Field> {
        let (_, field) = self.0.iter_mut().find(|(n, _)| n == name)?;
        field.used = true;
        Some(field.clone())
    }

    /// The names that nobody knew.
    pub(crate) fn unused(&self) -> Vec<String> {
        self.0.iter().filter(|(_, field)| !field.used).map(|(name, _)| name.clone()).collect()
    }
}

fn decode(text: &str) -> Vec<u8> {
    percent_decode(text.replace('+', " ").as_bytes()).collect()
}

/// Text in normal form C; what is not UTF-8 and control characters become U+FFFD. Also whether that changed anything.
fn clean(bytes: &[u8]) -> (String, bool) {
    let raw = String::from_utf8_lossy(bytes);
    let keeps_separators = raw.starts_with(UNIT_SEPARATOR);
    let forbidden = |c: char| {
        (c < ' ' && !matches!(c, '\t' | '\n' | '\r') && !(keeps_separators && c == UNIT_SEPARATOR))
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    let shown = if raw.contains(forbidden) { raw.replace(forbidden, "\u{fffd}").into() } else { raw };
    let normal: String = shown.nfc().collect();
    let changed = normal.as_bytes() != bytes;
    (normal, changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_counts_more_and_the_last_counts_most() {
        let mut fields = Fields::default();
        fields.add_query("a=1&a=2&b=x+y%21&c");
        fields.add("b", b"z", true);
        assert_eq!(fields.peek_text("a"), Some("2"));
        let b = fields.take("b").unwrap();
        assert!(b.value == "z" && b.in_query);
        assert_eq!(fields.peek_text("c"), Some(""));
        assert_eq!(fields.unused(), ["a", "c"]);
    }

    #[test]
    fn text_is_cleaned() {
        let cleaned = |bytes: &[u8]| {
            let mut fields = Fields::default();
            fields.add("x", bytes, true);
            let field = fields.take("x").unwrap();
            (field.value, field.repaired)
        };
        assert_eq!(cleaned("é".as_bytes()), ("é".into(), false));
        assert_eq!(cleaned("e\u{301}".as_bytes()), ("é".into(), true));
        assert_eq!(cleaned(b"a\xffb\x01"), ("a\u{fffd}b\u{fffd}".into(), true));
        assert_eq!(cleaned(b"\x1fa\x1fb"), ("\u{1f}a\u{1f}b".into(), false));
        assert_eq!(cleaned(b"a\x1fb"), ("a\u{fffd}b".into(), true));
    }

    #[test]
    fn arrays_are_known_by_their_name() {
        let mut fields = Fields::default();
        fields.add_query("prop[]=x");
        assert!(fields.take("prop").unwrap().array);
        assert_eq!(fields.peek_text("prop"), None);
    }
}
