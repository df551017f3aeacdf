//! IPTC-IIM, as Photoshop puts it into JPEG.

use commonhold_core::Data;

use super::{Entries, text};
use crate::source::array_at;

/// The resource of Photoshop's that holds it.
const RESOURCE: u16 = 0x0404;

/// Data sets of the application record that are lists of texts.
const TEXTS: &[(u8, &str)] = &[
    (5, "ObjectName"),
    (15, "iimCategory"),
    (20, "iimSupplementalCategory"),
    (25, "Keywords"),
    (40, "SpecialInstructions"),
    (80, "Artist"),
    (85, "AuthorsPosition"),
    (90, "CityDest"),
    (92, "SublocationDest"),
    (95, "ProvinceOrStateDest"),
    (101, "CountryDest"),
    (103, "OriginalTransmissionRef"),
    (105, "Headline"),
    (110, "Credit"),
    (115, "Source"),
    (116, "Copyright"),
    (118, "Contact"),
    (120, "ImageDescription"),
    (122, "Writer"),
];

/// What a Photoshop segment says.
pub(super) fn read(segment: &[u8]) -> Entries {
    let Some(data) = resource(segment) else { return Entries::new() };
    let sets = data_sets(data);
    let is_utf8 = sets.iter().any(|(record, set, value)| (*record, *set) == (1, 90) && *value == b"\x1B%G");
    let mut found = Entries::new();
    let mut date = None;
    let mut time = None;
    for (record, set, value) in sets {
        if record != 2 {
            continue;
        }
        match set {
            0 => found.push((
                "iimVersion".into(),
                Data::Int(array_at(value, 0).map_or(0, u16::from_be_bytes).into()),
            )),
            55 => date = day(value),
            60 => time = hour(value),
            _ => {
                let name = TEXTS.iter().find(|(s, _)| *s == set);
                let text = if is_utf8 {
                    Some(String::from_utf8_lossy(value).into_owned())
                } else {
                    text::clean(value)
                };
                if let (Some((_, name)), Some(text)) = (name, text.and_then(|t| text::printable(&t))) {
                    add(&mut found, name, text);
                }
            }
        }
    }
    if let Some(date) = date {
        let whole = time.map_or_else(|| date.clone(), |time| format!("{date} {time}"));
        found.push(("DateTimeOriginal".into(), whole.into()));
    }
    found
}

fn add(found: &mut Entries, name: &str, text: String) {
    match found.iter_mut().find(|(n, _)| n == name) {
        Some((_, Data::List(list))) => list.push(text.into()),
        _ => found.push((name.to_owned(), Data::List(vec![text.into()]))),
    }
}

/// Finds the resource among the others.
fn resource(segment: &[u8]) -> Option<&[u8]> {
    let mut rest = segment;
    loop {
        let body = rest.strip_prefix(b"8BIM")?;
        let id = u16::from_be_bytes(array_at(body, 0)?);
        let name = usize::from(*body.get(2)?) + 1;
        let at = 2 + name + name % 2;
        let size = u32::from_be_bytes(array_at(body, at)?) as usize;
        let data = body.get(at + 4..)?;
        if id == RESOURCE {
            return data.get(..size.min(data.len()));
        }
        rest = data.get(size + size % 2..)?;
    }
}

/// Record, number and value of each data set.
fn data_sets(data: &[u8]) -> Vec<(u8, u8, &[u8])> {
    let mut sets = Vec::new();
    let mut rest = data;
    while let Some([0x1C, record, set]) = array_at(rest, 0) {
        let Some(size) = array_at(rest, 3).map(u16::from_be_bytes) else { break };
        let Some(value) = rest.get(5..5 + usize::from(size)) else { break };
        sets.push((record, set, value));
        rest = &rest[5 + value.len()..];
    }
    sets
}

fn digits(value: &[u8], count: usize) -> Option<&str> {
    let text = std::str::from_utf8(value.get(..count)?).ok()?;
    text.bytes().all(|b| b.is_ascii_digit()).then_some(text)
}

fn day(value: &[u8]) -> Option<String> {
    let text = digits(value, 8)?;
    Some(format!("{}:{}:{}", &text[..4], &text[4..6], &text[6..]))
}

fn hour(value: &[u8]) -> Option<String> {
    let text = digits(value, 6)?;
    Some(format!("{}:{}:{}", &text[..2], &text[2..4], &text[4..]))
}
