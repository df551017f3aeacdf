//! Text in the metadata of images, whose encoding is seldom what it should be.

use std::borrow::Cow;

/// The text of bytes that are UTF-8 or else windows-1252, without control characters; `None` if nothing remains.
pub(super) fn clean(bytes: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    printable(&text)
}

/// Text that any answer can carry, trimmed; `None` if nothing remains.
pub(super) fn printable(text: &str) -> Option<String> {
    let is_kept = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    let kept: String = text.chars().filter(is_kept).collect();
    let trimmed = kept.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}
