//! SVG.

use std::io;

use commonhold_core::Data;

use super::{Entries, Found, text};
use crate::source::Source;
use crate::xml::{Element, Fault, Reader, Token};

const SVG: &str = "http://www.w3.org/2000/svg";

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
                    size = Some(Size::of(&element));
                } else {
                    seen.look_at(&element);
                }
                if depth == 1 && element.ns == SVG && matches!(element.local.as_str(), "title" | "desc") {
                    words = Some((element.local == "title", String::new()));
                }
                depth += 1;
            }
            Token::Text(text) => {
                if let Some((_, words)) = &mut words {
                    words.push_str(&text);
                }
            }
            Token::End => {
                depth -= 1;
                if depth == 1
                    && let Some((is_title, words)) = words.take()
                {
                    let field = if is_title { &mut seen.title } else { &mut seen.description };
                    *field = text::printable(&words);
                }
            }
            Token::Instruction(_) | Token::Doctype(_) => {}
        }
    }
    Ok(size.map(|size| seen.describe(&size)))
}

impl Seen {
    fn look_at(&mut self, element: &Element) {
        let moves = ["script", "set", "animate", "animateMotion", "animateColor", "animateTransform"];
        self.is_animated |= element.ns == SVG && moves.contains(&element.local.as_str());
        for attribute in element.attributes.iter().filter(|a| a.name == "systemLanguage") {
            for language in attribute.value.split(',').map(str::trim).filter(|l| !l.is_empty()) {
                if self.languages.iter().all(|(l, _)| l != language) {
                    self.languages.push((language.to_owned(), Data::Int(2)));
                }
            }
        }
    }

    fn describe(self, size: &Size) -> Found {
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
        let attribute =
            |name: &str| root.attributes.iter().find(|a| a.name == name).map(|a| a.value.as_str());
        let aspect = attribute("viewBox").and_then(aspect).unwrap_or(1.0);
        let default_height = DEFAULT_WIDTH / aspect;
        let width = attribute("width").map(|w| pixels(w, DEFAULT_WIDTH));
        let height = attribute("height").map(|h| pixels(h, default_height));
        let (w, h) = match (width, height) {
            (Some(w), Some(h)) => (w, h),
            (Some(w), None) => (w, w / aspect),
            (None, Some(h)) => (h * aspect, h),
            (None, None) => (DEFAULT_WIDTH, default_height),
        };
        let rounded = |side: f64| if side > 0.0 { side.round() as u32 } else { 0 };
        let (mut width, mut height) = (rounded(w), rounded(h));
        if width == 0 || height == 0 {
            (width, height) = (rounded(DEFAULT_WIDTH), rounded(default_height));
        }
        let original = |name| attribute(name).unwrap_or("100%").to_owned();
        Self { width, height, original_width: original("width"), original_height: original("height") }
    }
}

/// Width over height of a view box.
fn aspect(view_box: &str) -> Option<f64> {
    let numbers: Vec<f64> = view_box
        .split(|c: char| c.is_ascii_whitespace() || c == ',')
        .filter(|n| !n.is_empty())
        .map(|n| n.parse().ok())
        .collect::<Option<_>>()?;
    let [_, _, width, height] = numbers[..] else { return None };
    (width > 0.0 && height > 0.0).then_some(width / height)
}

/// A length in pixels at 90 of them to the inch.
fn pixels(length: &str, whole: f64) -> f64 {
    let length = length.trim();
    let is_numeric = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
    let mut end = length.find(|c| !is_numeric(c)).unwrap_or(length.len());
    // An exponent, unless it is the unit "em" or "ex".
    let exponent = length[end..].strip_prefix(['e', 'E']);
    if exponent.is_some_and(|e| e.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'))) {
        let after = end + 2;
        end = length[after..].find(|c: char| !c.is_ascii_digit()).map_or(length.len(), |n| after + n);
    }
    let number: f64 = length[..end].parse().unwrap_or(0.0);
    let scale = match length[end..].trim() {
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
