//! SVG.

use std::collections::HashSet;
use std::io;

use commonhold_core::Data;

use super::{Entries, Found, text};
use crate::source::Source;
use crate::xml::{Element, Fault, Reader, Token};

const SVG: &str = "http://www.w3.org/2000/svg";

/// How long a title or a description is kept.
const WORDS_LIMIT: usize = 64 << 10;
/// The mark of a language that a drawing names.
const LANGUAGE: i64 = 2;
/// The mark of one that is the beginning of another's name.
const LANGUAGE_PREFIX: i64 = 1;
/// How many languages are told.
const LANGUAGE_LIMIT: usize = 1000;

/// The width of a drawing that doesn't say how large it is.
const DEFAULT_WIDTH: f64 = 512.0;

pub(super) fn read(source: &mut dyn Source) -> io::Result<Found> {
    match scan(source) {
        Ok(Some(found)) => Ok(found),
        Ok(None) | Err(Fault::Malformed) => Ok(Found::damaged("0")),
        Err(Fault::Io(error)) => Err(error),
    }
}

#[derive(Default)]
struct Seen {
    title: Option<String>,
    description: Option<String>,
    is_animated: bool,
    languages: Entries,
    known_languages: HashSet<String>,
}

fn scan(source: &mut dyn Source) -> Result<Option<Found>, Fault> {
    let mut reader = Reader::new(source)?;
    let mut seen = Seen::default();
    let mut size = None;
    let mut depth = 0_usize;
    // The text of a title or description, and which of them it is.
    let mut words: Option<(bool, String)> = None;
    while let Some(token) = reader.next()? {
        match token {
            Token::Start(element) => {
                if depth == 0 {
                    if element.local != "svg" {
                        return Ok(None);
                    }
                    if &*element.ns != SVG {
                        return Ok(Some(foreign()));
                    }
                    size = Some(Size::of(&element));
                } else if depth > 1 {
                    // MediaWiki doesn't look at the outermost ones.
                    seen.look_at(&element);
                }
                if depth == 1 && &*element.ns == SVG && matches!(element.local.as_str(), "title" | "desc") {
                    words = Some((element.local == "title", String::new()));
                }
                depth += 1;
            }
            Token::Text(text) => {
                if let Some((_, words)) = &mut words {
                    words.extend(text.chars().take(WORDS_LIMIT.saturating_sub(words.len())));
                }
            }
            Token::End => {
                depth -= 1;
                if depth == 1
                    && let Some((is_title, words)) = words.take()
                {
                    let field = if is_title { &mut seen.title } else { &mut seen.description };
                    *field = text::printable(&words).or_else(|| field.take());
                }
            }
            Token::Instruction(_) | Token::Doctype(_) => {}
        }
    }
    Ok(size.map(|size| seen.describe(&size)))
}

/// What is said of a drawing that isn't in the namespace of drawings, so that no browser shows it.
fn foreign() -> Found {
    let error = Data::map([
        ("message", "The outermost element is not an svg element of the SVG namespace".into()),
        ("code", Data::Int(0)),
    ]);
    let metadata = vec![("version".into(), Data::Int(2)), ("error".into(), error)];
    Found { metadata, ..Found::default() }
}

impl Seen {
    fn look_at(&mut self, element: &Element) {
        let moves = ["script", "set", "animate", "animateMotion", "animateColor", "animateTransform"];
        self.is_animated |= &*element.ns == SVG && moves.contains(&element.local.as_str());
        let is_code = |language: &&str| {
            !language.is_empty() && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        for attribute in element.attributes.iter().filter(|a| a.is_plain("systemLanguage")) {
            for language in attribute.value.split(',').map(str::trim).filter(is_code) {
                self.add_language(language, LANGUAGE);
            }
        }
    }

    fn add_language(&mut self, language: &str, kind: i64) {
        if self.languages.len() < LANGUAGE_LIMIT && self.known_languages.insert(language.to_owned()) {
            self.languages.push((language.to_owned(), Data::Int(kind)));
        }
    }

    /// What a language is called without its country or script may be asked for as well.
    fn add_prefixes(&mut self) {
        let prefixes =
            self.languages.iter().filter_map(|(l, _)| l.split_once('-')).map(|(p, _)| p.to_owned());
        for prefix in prefixes.collect::<Vec<_>>() {
            self.add_language(&prefix, LANGUAGE_PREFIX);
        }
    }

    fn describe(mut self, size: &Size) -> Found {
        self.add_prefixes();
        let mut metadata: Entries = vec![("version".into(), Data::Int(2))];
        metadata.push(("width".into(), size.width.into()));
        metadata.push(("height".into(), size.height.into()));
        metadata.push(("originalWidth".into(), size.original_width.as_str().into()));
        metadata.push(("originalHeight".into(), size.original_height.as_str().into()));
        let mut common = Entries::new();
        if let Some(title) = self.title {
            metadata.push(("title".into(), title.as_str().into()));
            common.push(("ObjectName".into(), title.into()));
        }
        if let Some(description) = self.description {
            metadata.push(("description".into(), description.as_str().into()));
            common.push(("ImageDescription".into(), description.into()));
        }
        if self.is_animated {
            metadata.push(("animated".into(), true.into()));
        }
        let languages =
            if self.languages.is_empty() { Data::List(Vec::new()) } else { Data::Map(self.languages) };
        metadata.push(("translations".into(), languages));
        Found { width: size.width, height: size.height, metadata, common, ..Found::default() }
    }
}

struct Size {
    width: u32,
    height: u32,
    original_width: String,
    original_height: String,
}

impl Size {
    fn of(root: &Element) -> Self {
        // What PHP takes for false is as good as absent.
        let attribute = |name: &str| {
            let value = root.attributes.iter().find(|a| a.is_plain(name)).map(|a| a.value.as_str());
            value.filter(|v| !matches!(*v, "" | "0"))
        };
        let aspect = attribute("viewBox").and_then(aspect).unwrap_or(1.0);
        let default_height = DEFAULT_WIDTH / aspect;
        let width = attribute("width").map(|w| pixels(w, DEFAULT_WIDTH));
        let height = attribute("height").map(|h| pixels(h, default_height));
        let (mut w, mut h) = match (width, height) {
            (Some(w), Some(h)) => (w, h),
            (Some(w), None) => (w, w / aspect),
            (None, Some(h)) => (h * aspect, h),
            (None, None) => (DEFAULT_WIDTH, default_height),
        };
        if !(w > 0.0 && h > 0.0) {
            (w, h) = (DEFAULT_WIDTH, default_height);
        }
        let rounded = |side: f64| if side.is_finite() { side.round() as u32 } else { 0 };
        let (width, height) = (rounded(w), rounded(h));
        let original = |name| attribute(name).unwrap_or("100%").to_owned();
        Self { width, height, original_width: original("width"), original_height: original("height") }
    }
}

/// Width over height of a view box.
fn aspect(view_box: &str) -> Option<f64> {
    let mut lengths = Vec::new();
    for part in view_box.trim_ascii().split(',') {
        let before = lengths.len();
        lengths.extend(part.split_ascii_whitespace().take(5));
        if lengths.len() == before || lengths.len() > 4 {
            return None;
        }
    }
    let [_, _, width, height] = lengths[..] else { return None };
    let (width, height) = (pixels(width, DEFAULT_WIDTH), pixels(height, DEFAULT_WIDTH));
    let aspect = width / height;
    (width > 0.0 && height > 0.0 && aspect.is_finite() && aspect > 0.0).then_some(aspect)
}

/// A length in pixels at 90 of them to the inch.
fn pixels(length: &str, whole: f64) -> f64 {
    let length = length.trim_ascii();
    let end = number_length(length);
    let number: f64 = length[..end].parse().unwrap_or(0.0);
    let scale = match length[end..].trim_ascii_start() {
        "pt" => 1.25,
        "pc" => 15.0,
        "mm" => 3.543_307,
        "cm" => 35.433_07,
        "in" => 90.0,
        "em" => 16.0,
        "ex" => 12.0,
        "%" => whole / 100.0,
        _ => 1.0,
    };
    number * scale
}

/// How long the number is that a text begins with.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let sign = |from: usize| usize::from(matches!(bytes.get(from), Some(b'+' | b'-')));
    let whole = sign(0) + digits(sign(0));
    let fraction = if bytes.get(whole) == Some(&b'.') { digits(whole + 1) } else { 0 };
    let end = if fraction > 0 { whole + 1 + fraction } else { whole };
    if end == sign(0) {
        return 0;
    }
    // An exponent, unless it is the unit "em" or "ex".
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let from = end + 1 + sign(end + 1);
        let exponent = digits(from);
        if exponent > 0 {
            return from + exponent;
        }
    }
    end
}
