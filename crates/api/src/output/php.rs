//! What PHP's `serialize` writes.

use std::fmt::Write as _;

use super::number::{self, Digits};
use super::plain::Plain;

/// The tree, serialised.
pub(super) fn print(value: &Plain<'_>) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Plain<'_>) {
    match value {
        Plain::Null => out.push_str("N;"),
        Plain::Bool(truth) => out.push_str(if *truth { "b:1;" } else { "b:0;" }),
        Plain::Int(number) => int(out, *number),
        Plain::Float(number) => {
            let _ = write!(out, "d:{};", number::float(*number, Digits::Shortest, 'E'));
        }
        Plain::Str(text) => string(out, text),
        Plain::List(items) => {
            let _ = write!(out, "a:{}:{{", items.len());
            for (index, item) in (0i64..).zip(items) {
                int(out, index);
                write(out, item);
            }
            out.push('}');
        }
        Plain::Map(entries) => {
            let _ = write!(out, "a:{}:{{", entries.len());
            for (key, item) in entries {
                match array_index(key) {
                    Some(index) => int(out, index),
                    None => string(out, key),
                }
                write(out, item);
            }
            out.push('}');
        }
    }
}

fn int(out: &mut String, number: i64) {
    let _ = write!(out, "i:{number};");
}

/// The length is in bytes.
fn string(out: &mut String, text: &str) {
    let _ = write!(out, "s:{}:\"{text}\";", text.len());
}

/// PHP's arrays take a key that is a number in its usual form for that number.
pub(super) fn array_index(key: &str) -> Option<i64> {
    let digits = key.strip_prefix('-').unwrap_or(key);
    let usual = match digits.as_bytes() {
        [b'0'] => digits.len() == key.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if usual { key.parse().ok() } else { None }
}
