//! What stands before the name of a thumbnail, such as `120px` or `page2-lossy-120px`; `iiurlparam` is the same.

use std::fmt::Write as _;

use super::{Format, Picture};

/// Longest code of a language.
const MAX_LANGUAGE: usize = 35;
/// The last second that can be asked for.
const MAX_SECONDS: f64 = 1e9;
/// The language in which drawings are rendered where none is named.
const DEFAULT_LANGUAGE: &str = "en";

/// What can be asked of a thumbnail besides its size.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Few bytes rather than a good look; for JPEG.
    pub low_quality: bool,
    /// The language of a drawing, in lower case; absent for the usual one.
    pub language: Option<String>,
    /// The page of a document, from 1.
    pub page: Option<u32>,
    /// Whether a page of a TIFF is to lose nothing.
    pub lossless: bool,
    /// The second of a film.
    pub seek: Option<f64>,
    /// For films: the middle, at the film's own size.
    pub middle: bool,
}

/// A parameter string, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParamString {
    /// The width, if one is named.
    pub width: Option<i64>,
    /// The rest.
    pub options: Options,
}

impl Format {
    /// Reads a parameter string; `None` if this format has no such parameters. The width may be missing: other wikis
    /// ask so for addresses of several widths.
    pub fn parse(self, text: &str) -> Option<ParamString> {
        match self {
            Self::Jpeg => {
                let (low_quality, rest) = marked(text, "qlow");
                let options = Options { low_quality, ..Options::default() };
                Some(ParamString { width: width_or_end(rest)?, options })
            }
            Self::Png | Self::Gif | Self::Webp => {
                Some(ParamString { width: Some(width(text)?), options: Options::default() })
            }
            Self::Drawing => drawing(text),
            Self::Tiff => {
                let (lossless, rest) = marked(text, "lossless");
                let (_, rest) = if lossless { (false, rest) } else { marked(rest, "lossy") };
                let (page, rest) = page(rest)?;
                let options = Options { page, lossless, ..Options::default() };
                Some(ParamString { width: width_or_end(rest)?, options })
            }
            Self::Document => {
                let (page, rest) = page(text)?;
                let options = Options { page, ..Options::default() };
                Some(ParamString { width: width_or_end(rest)?, options })
            }
            Self::Video => video(text),
        }
    }
}

/// Whether a text begins with a word, and what follows it.
fn marked<'a>(text: &'a str, word: &str) -> (bool, &'a str) {
    match text.strip_prefix(word) {
        Some("") => (true, ""),
        Some(rest) if rest.starts_with('-') => (true, &rest[1..]),
        _ => (false, text),
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// `120px`.
fn width(text: &str) -> Option<i64> {
    number(text.strip_suffix("px")?)
}

/// The same, or nothing at all.
#[expect(clippy::option_option, reason = "nothing is not the same as something unreadable")]
fn width_or_end(text: &str) -> Option<Option<i64>> {
    if text.is_empty() { Some(None) } else { width(text).map(Some) }
}

/// `page2-`, which may be missing.
fn page(text: &str) -> Option<(Option<u32>, &str)> {
    let Some(rest) = text.strip_prefix("page") else { return Some((None, text)) };
    let (digits, rest) = rest.split_once('-').unwrap_or((rest, ""));
    // More than can be counted is past the last page.
    let digits = (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)?;
    Some((Some(digits.parse().unwrap_or(u32::MAX)), rest))
}

/// `langde-120px`.
fn drawing(text: &str) -> Option<ParamString> {
    let Some(rest) = text.strip_prefix("lang") else {
        return Some(ParamString { width: Some(width(text)?), options: Options::default() });
    };
    // Codes have hyphens themselves.
    let (code, width) = match rest.rsplit_once('-') {
        Some((code, last)) if last.ends_with("px") => (code, Some(width(last)?)),
        _ => (rest, None),
    };
    let options = Options { language: Some(language(code)?), ..Options::default() };
    Some(ParamString { width, options })
}

/// A language code in lower case.
fn language(code: &str) -> Option<String> {
    let mut parts = code.split('-');
    let first = parts.next()?;
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let word =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (code.len() <= MAX_LANGUAGE && letters(first) && parts.all(word)).then(|| code.to_owned())
}

/// `120px-`, `120px-seek=3.5` or `mid`. In addresses, the hyphen that follows stands twice.
fn video(text: &str) -> Option<ParamString> {
    let mut read = ParamString::default();
    let mut rest = text;
    if let Some(after) = rest.strip_prefix("mid") {
        read.options.middle = true;
        rest = after.strip_prefix('-').unwrap_or(after);
    } else if let Some((digits, after)) = rest.split_once("px") {
        read.width = Some(number(digits)?);
        rest = after.strip_prefix('-').unwrap_or(after);
    }
    if let Some(seconds) = rest.strip_prefix("seek=") {
        let plain = !seconds.is_empty() && seconds.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        read.options.seek = Some(seconds.parse().ok().filter(|_| plain)?);
        rest = "";
    }
    rest.is_empty().then_some(read)
}

impl Options {
    /// A language, if it can be one and isn't the usual one; as `thumb.php` is given it.
    #[must_use]
    pub fn with_language(mut self, code: &str) -> Self {
        self.language = language(&code.to_ascii_lowercase());
        self
    }

    /// Those that make a difference for a picture, within its limits.
    pub(super) fn for_picture(&self, picture: &Picture) -> Self {
        let mut kept = Self::default();
        match picture.format {
            Format::Png | Format::Gif | Format::Webp => {}
            Format::Jpeg => kept.low_quality = self.low_quality,
            Format::Drawing => {
                kept.language = self.language.clone().filter(|code| code != DEFAULT_LANGUAGE);
            }
            Format::Tiff | Format::Document => {
                kept.page = Some(self.page.unwrap_or(1).clamp(1, picture.pages));
                kept.lossless = self.lossless && picture.format == Format::Tiff;
            }
            Format::Video => {
                let within = |at: f64| if picture.duration > 0.0 { at.min(picture.duration) } else { at };
                // Films have no more moments than milliseconds, and numbers may have hundreds of digits.
                kept.seek = self.seek.map(|at| (within(at).min(MAX_SECONDS) * 1000.0).round() / 1000.0);
                kept.middle = self.middle && self.seek.is_none();
            }
        }
        kept
    }

    /// The parameter string of a thumbnail of this format and width.
    pub(super) fn write(&self, format: Format, width: u32) -> String {
        let mut text = String::new();
        if self.low_quality {
            text.push_str("qlow-");
        }
        if let Some(code) = &self.language {
            let _ = write!(text, "lang{code}-");
        }
        if format == Format::Tiff {
            text.push_str(if self.lossless { "lossless-" } else { "lossy-" });
        }
        if let Some(page) = self.page {
            let _ = write!(text, "page{page}-");
        }
        let _ = match (format, self.seek, self.middle) {
            (Format::Video, _, true) => write!(text, "mid"),
            (Format::Video, Some(at), _) => write!(text, "{width}px-seek={at}"),
            (Format::Video, None, _) => write!(text, "{width}px-"),
            _ => write!(text, "{width}px"),
        };
        text
    }
}
