//! JSON as PHP's `json_encode` writes it.

use std::fmt::Write as _;

use super::number::{self, Digits};
use super::plain::Plain;

/// The tree as JSON: with `ascii` everything above U+007E escaped, with `pretty` four spaces a level.
pub(super) fn print(value: &Plain<'_>, ascii: bool, pretty: bool) -> String {
    let mut writer = Writer { out: String::new(), ascii, pretty };
    writer.value(value, 0);
    writer.out
}

struct Writer {
    out: String,
    ascii: bool,
    pretty: bool,
}

impl Writer {
    fn value(&mut self, value: &Plain<'_>, depth: usize) {
        match value {
            Plain::Null => self.out.push_str("null"),
            Plain::Bool(true) => self.out.push_str("true"),
            Plain::Bool(false) => self.out.push_str("false"),
            Plain::Int(number) => self.out.push_str(&number.to_string()),
            Plain::Float(number) => self.out.push_str(&number::float(*number, Digits::Shortest, 'e')),
            Plain::Str(text) => self.string(text),
            Plain::List(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.separate(index, depth + 1);
                    self.value(item, depth + 1);
                }
                self.close(items.is_empty(), depth, ']');
            }
            Plain::Map(entries) => {
                self.out.push('{');
                for (index, (key, item)) in entries.iter().enumerate() {
                    self.separate(index, depth + 1);
                    self.string(key);
                    self.out.push_str(if self.pretty { ": " } else { ":" });
                    self.value(item, depth + 1);
                }
                self.close(entries.is_empty(), depth, '}');
            }
        }
    }

    fn separate(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.out.push(',');
        }
        self.line(depth);
    }

    fn close(&mut self, empty: bool, depth: usize, bracket: char) {
        if !empty {
            self.line(depth);
        }
        self.out.push(bracket);
    }

    fn line(&mut self, depth: usize) {
        if self.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("    ", depth));
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        let mut rest = text;
        while let Some((at, found)) = rest.char_indices().find(|(_, c)| self.is_special(*c)) {
            self.out.push_str(&rest[..at]);
            self.escape(found);
            rest = &rest[at + found.len_utf8()..];
        }
        self.out.push_str(rest);
        self.out.push('"');
    }

    fn is_special(&self, c: char) -> bool {
        match c {
            // The last two are line ends in scripts, but not in JSON.
            '"' | '\\' | '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => true,
            c => self.ascii && !c.is_ascii(),
        }
    }

    fn escape(&mut self, c: char) {
        match c {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\x08' => self.out.push_str("\\b"),
            '\x0c' => self.out.push_str("\\f"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    let _ = write!(self.out, "\\u{unit:04x}");
                }
            }
        }
    }
}
