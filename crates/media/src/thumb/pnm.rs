//! PNM, as other programs give pictures: P5 (grey) and P6 (colours), eight bits a sample.

use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits};

/// Digits of the longest number in a head.
const MAX_DIGITS: usize = 9;

/// Decodes the first picture.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Failure> {
    let damaged = || Failure::Damaged("a program gave no picture".to_owned());
    let layout = match bytes.get(..2) {
        Some(b"P5") => Layout::Grey,
        Some(b"P6") => Layout::Rgb,
        _ => return Err(damaged()),
    };
    let mut rest = &bytes[2..];
    let mut number = || {
        let (value, after) = number(rest)?;
        rest = after;
        Some(value)
    };
    let (Some(width), Some(height), Some(255)) = (number(), number(), number()) else {
        return Err(damaged());
    };
    limits.check_area(width, height)?;
    let size = width as usize * height as usize * layout.samples();
    // One white space ends the head.
    let pixels = rest.get(1..).and_then(|rest| rest.get(..size)).filter(|pixels| !pixels.is_empty());
    Ok(Picture::new(width, height, layout, pixels.ok_or_else(damaged)?.to_vec()))
}

/// A number after white space and comments, and what follows it.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let mut text = text.trim_ascii_start();
    while let Some(comment) = text.strip_prefix(b"#") {
        let end = comment.iter().position(|byte| *byte == b'\n')?;
        text = comment[end..].trim_ascii_start();
    }
    let digits = text.iter().take(MAX_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    let number = std::str::from_utf8(number).ok().filter(|number| number.len() <= MAX_DIGITS)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_other_programs() {
        let limits = Limits::default();
        let colours = decode(b"P6\n2 1\n255\n\x01\x02\x03\x0a\x20\x23", &limits).unwrap();
        assert_eq!((colours.width, colours.height, colours.layout), (2, 1, Layout::Rgb));
        assert_eq!(colours.pixels, [1, 2, 3, 10, 32, 35]);
        let grey = decode(b"P5 # by a program\n1 2 # pixels\n255 \x09\x08 and more", &limits).unwrap();
        assert_eq!((grey.width, grey.height, grey.pixels), (1, 2, vec![9, 8]));
    }

    #[test]
    fn what_is_no_picture() {
        let limits = Limits { max_pixels: 100, ..Limits::default() };
        for wrong in [
            "",
            "P6",
            "P4 1 1 255 abc",
            "P6 1 1 65535 abc",
            "P6 1 1 255 ab",
            "P6 0 1 255 ",
            "P6 -1 1 255 a",
            "P6 1 # 1 255 abc",
            "P6 9999999999 1 255 abc",
        ] {
            assert!(matches!(decode(wrong.as_bytes(), &limits), Err(Failure::Damaged(_))), "{wrong}");
        }
        let large = decode(b"P6 999999999 999999999 255 ", &limits);
        assert!(matches!(large, Err(Failure::TooLarge { .. })));
    }
}
