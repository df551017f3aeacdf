//! PDF: its pages and what it says of itself. Read as a document is meant to be: from its end, by its table of
//! objects, and never as a whole.

mod objects;
mod syntax;

use std::collections::HashSet;
use std::io;

use commonhold_core::Data;

use self::objects::Objects;
use self::syntax::{Dict, Object};
use super::budget::Places;
use super::{Entries, Found, text};
use crate::source::Source;

/// How much is read of a file at most.
const READ_LIMIT: u64 = 64 << 20;
/// How many nodes of the tree of pages are looked at.
const NODE_LIMIT: usize = 20_000;
/// How many pages' sizes are told.
const PAGE_LIMIT: usize = 2000;
/// How long a text may be.
const TEXT_LIMIT: usize = 16 << 10;
/// Dots per inch of a page in pixels, and points.
const DOTS: f64 = 150.0;
const POINTS: f64 = 72.0;

/// The texts of a document in the order and under the names of the tool that MediaWiki uses, and the names that all
/// formats share.
const TEXTS: &[(&str, &str)] = &[
    ("Title", "ObjectName"),
    ("Subject", "ImageDescription"),
    ("Keywords", "Keywords"),
    ("Author", "Artist"),
    ("Creator", "Software"),
    ("Producer", "pdf-Producer"),
];

/// A page: width and height in points, and how far it is turned.
#[derive(Clone, Copy, PartialEq)]
struct Page {
    width: f64,
    height: f64,
    turned: u32,
}

/// What pages inherit from what they are in.
#[derive(Clone, Copy, Default)]
struct Inherited {
    media: Option<[f64; 4]>,
    crop: Option<[f64; 4]>,
    turned: u32,
}

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Option<Found>> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let found = document(&mut places);
    places.done(found)
}

fn document(places: &mut Places<'_>) -> Option<Found> {
    let len = places.len();
    let version = objects::version(places);
    let mut objects = Objects::open(places);
    let trailer = objects.trailer.clone();
    let root = objects.dict(trailer.get("Root"))?;
    let top = objects.dict(root.get("Pages"))?;
    let count = top.number("Count").unwrap_or(0).min(objects.len() as u64);
    let (pages, is_all) = pages(&mut objects, top);
    let count = if is_all { pages.len() as u64 } else { count.max(pages.len() as u64) };
    let first = pages.first()?;
    let is_encrypted = trailer.get("Encrypt").is_some();
    let mut metadata = Entries::new();
    let mut common = Entries::new();
    // What is encrypted is no text.
    if let Some(info) = objects.dict(trailer.get("Info")).filter(|_| !is_encrypted) {
        say(&mut objects, &info, &mut metadata, &mut common);
    }
    let yes = |is: bool| Data::from(if is { "yes" } else { "no" });
    metadata.push(("Tagged".into(), yes(root.get("MarkInfo").is_some())));
    metadata.push(("Pages".into(), Data::Int(count as i64)));
    metadata.push(("Encrypted".into(), yes(is_encrypted)));
    metadata.push(("Page size".into(), first.size().into()));
    metadata.push(("File size".into(), format!("{len} bytes").into()));
    common.push(("pdf-Encrypted".into(), yes(is_encrypted)));
    let mut sizes: Vec<Data> = Vec::new();
    for size in pages.iter().map(|p| Data::from(p.size())) {
        if !sizes.contains(&size) && sizes.len() < 100 {
            sizes.push(size);
        }
    }
    common.push(("pdf-PageSize".into(), Data::List(sizes)));
    if let Some(version) = version {
        metadata.push(("PDF version".into(), version.as_str().into()));
        common.push(("pdf-Version".into(), version.into()));
    }
    let told = pages.iter().take(PAGE_LIMIT).enumerate().map(|(at, page)| {
        let entries = [("Page size", page.size().into()), ("Page rot", page.turned.into())];
        ((at + 1).to_string(), Data::map(entries))
    });
    metadata.push(("pages".into(), Data::Map(told.collect())));
    metadata.push(("mergedMetadata".into(), Data::Map(common.clone())));
    let (width, height) = first.pixels();
    Some(Found { width, height, pages: u32::try_from(count).ok(), metadata, common, ..Found::default() })
}

/// The pages in order, and whether these are all.
fn pages(objects: &mut Objects<'_, '_>, top: Dict) -> (Vec<Page>, bool) {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![(Object::Dict(top), Inherited::default())];
    let mut is_all = true;
    for _ in 0..NODE_LIMIT {
        let Some((node, inherited)) = open.pop() else { return (found, is_all) };
        let Some(node) = objects.dict(Some(&node)) else {
            is_all = false;
            continue;
        };
        let inherited = inherited.with(objects, &node);
        let Some(Object::Array(kids)) = objects.follow(node.get("Kids").cloned()) else {
            found.extend(inherited.page());
            continue;
        };
        // A node may stand in the tree once only, or it would have no end.
        let mut is_new = |kid: &Object| matches!(kid, Object::Reference(number) if seen.insert(*number));
        let kids: Vec<_> = kids.into_iter().filter(|kid| is_new(kid)).map(|kid| (kid, inherited)).collect();
        open.extend(kids.into_iter().rev());
    }
    (found, is_all && open.is_empty())
}

impl Inherited {
    fn with(self, objects: &mut Objects<'_, '_>, node: &Dict) -> Self {
        let mut rectangle = |name: &str| {
            let Object::Array(sides) = objects.follow(node.get(name).cloned())? else { return None };
            let mut numbers = [0.0; 4];
            for (number, side) in numbers.iter_mut().zip(sides) {
                let Object::Number(value) = objects.follow(Some(side))? else { return None };
                *number = value;
            }
            Some(numbers)
        };
        let (media, crop) = (rectangle("MediaBox").or(self.media), rectangle("CropBox").or(self.crop));
        let turned = match objects.follow(node.get("Rotate").cloned()) {
            Some(Object::Number(n)) if n.is_finite() => (n.rem_euclid(360.0) as u32) / 90 * 90,
            _ => self.turned,
        };
        Self { media, crop, turned }
    }

    /// The part of the medium that is shown.
    fn page(self) -> Option<Page> {
        let [x1, y1, x2, y2] = self.crop.or(self.media)?;
        let (width, height) = ((x2 - x1).abs(), (y2 - y1).abs());
        let is_size = |side: f64| side.is_finite() && side > 0.0 && side < 1e6;
        (is_size(width) && is_size(height)).then_some(Page { width, height, turned: self.turned })
    }
}

impl Page {
    /// As the tool that MediaWiki uses writes it.
    fn size(self) -> String {
        let is = |width: f64, height: f64| {
            let near = |a: f64, b: f64| (a - b).abs() < 1.0;
            (near(self.width, width) && near(self.height, height))
                || (near(self.width, height) && near(self.height, width))
        };
        let name = match () {
            () if is(595.0, 842.0) => " (A4)",
            () if is(612.0, 792.0) => " (letter)",
            () => "",
        };
        let short = |side: f64| (side * 1000.0).round() / 1000.0;
        format!("{} x {} pts{name}", short(self.width), short(self.height))
    }

    /// As it is shown.
    fn pixels(self) -> (u32, u32) {
        let pixels = |side: f64| (side / POINTS * DOTS) as u32;
        let (width, height) = (pixels(self.width), pixels(self.height));
        if self.turned % 180 == 90 { (height, width) } else { (width, height) }
    }
}

/// What a document says of itself.
fn say(objects: &mut Objects<'_, '_>, info: &Dict, metadata: &mut Entries, common: &mut Entries) {
    let mut text_of = |name: &str| match objects.follow(info.get(name).cloned()) {
        Some(Object::Text(bytes)) => decode(&bytes[..bytes.len().min(TEXT_LIMIT)]),
        _ => None,
    };
    for (name, shared) in TEXTS {
        let Some(text) = text_of(name) else { continue };
        metadata.push(((*name).into(), text.as_str().into()));
        let value = if *shared == "Keywords" {
            Data::List(text.split_whitespace().map(Data::from).collect())
        } else {
            text.into()
        };
        common.push(((*shared).into(), value));
    }
    for (name, shared) in [("CreationDate", "DateTimeDigitized"), ("ModDate", "DateTime")] {
        let Some((iso, exif)) = text_of(name).as_deref().and_then(date) else { continue };
        metadata.push((name.into(), iso.into()));
        common.push((shared.into(), exif.into()));
    }
}

fn decode(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => {
            text::printable(&encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0)
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => text::clean(rest),
        _ => text::printable(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0),
    }
}

/// A time such as `D:20200102030405+01'00'`, in the form of ISO 8601 and in that of EXIF.
fn date(text: &str) -> Option<(String, String)> {
    let text = text.strip_prefix("D:").unwrap_or(text);
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, zone) = text.split_at(end);
    if digits.len() < 4 {
        return None;
    }
    let part = |at: usize, default: &'static str| digits.get(at..at + 2).unwrap_or(default).to_owned();
    let (year, month, day) = (&digits[..4], part(4, "01"), part(6, "01"));
    let (hour, minute, second) = (part(8, "00"), part(10, "00"), part(12, "00"));
    let zone: String =
        zone.chars().filter(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | 'Z')).take(5).collect();
    Some((
        format!("{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"),
        format!("{year}:{month}:{day} {hour}:{minute}:{second}"),
    ))
}
