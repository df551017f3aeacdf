//! DjVu: its pages.

use std::io;

use commonhold_core::Data;

use super::Found;
use super::budget::Places;
use crate::source::{Source, array_at};

/// How many parts of a document are looked at.
const PART_LIMIT: usize = 20_000;
/// How many pages' sizes are told.
const PAGE_LIMIT: usize = 2000;
/// How much is read of a file at most.
const READ_LIMIT: u64 = 32 << 20;

/// A page in pixels.
struct Page {
    width: u32,
    height: u32,
    dots_per_inch: u32,
    /// How far it is turned against the clock, in degrees.
    turned: u32,
}

pub(super) fn read(source: &mut dyn Source, len: u64) -> io::Result<Option<Found>> {
    let mut places = Places::new(source, len, READ_LIMIT);
    let pages = pages(&mut places);
    places.done(describe(&pages))
}

fn pages(places: &mut Places<'_>) -> Vec<Page> {
    let head = places.at(0, 16);
    if !head.starts_with(b"AT&TFORM") {
        return Vec::new();
    }
    if head.ends_with(b"DJVU") {
        return page(places, 16).into_iter().collect();
    }
    let mut pages = Vec::new();
    let mut at = 16;
    if head.get(12..) != Some(b"DJVM") {
        return pages;
    }
    for _ in 0..PART_LIMIT {
        let Some([k1, k2, k3, k4, size @ .., f1, f2, f3, f4]) = places.array::<12>(at) else { break };
        if [k1, k2, k3, k4] == *b"FORM" && [f1, f2, f3, f4] == *b"DJVU" {
            pages.extend(page(places, at + 12));
        }
        let size = u64::from(u32::from_be_bytes(size));
        at += 8 + size + size % 2;
    }
    pages
}

/// The page whose parts begin at a place.
fn page(places: &mut Places<'_>, at: u64) -> Option<Page> {
    let info = places.at(at, 18);
    if !info.starts_with(b"INFO") {
        return None;
    }
    let side = |at| array_at(&info, at).map(|b| u32::from(u16::from_be_bytes(b)));
    let (width, height) = (side(8)?, side(10)?);
    let dots_per_inch = array_at(&info, 14).map_or(300, |b| u32::from(u16::from_le_bytes(b)));
    let turned = match info.get(17).map(|f| f & 7) {
        Some(6) => 90,
        Some(2) => 180,
        Some(5) => 270,
        _ => 0,
    };
    let (width, height) = if turned % 180 == 90 { (height, width) } else { (width, height) };
    Some(Page { width, height, dots_per_inch, turned })
}

/// A document has the size of its first page.
fn describe(pages: &[Page]) -> Option<Found> {
    let first = pages.first()?;
    let told = pages.iter().take(PAGE_LIMIT).map(|page| {
        let mut entries = vec![
            ("height".to_owned(), page.height.into()),
            ("width".to_owned(), page.width.into()),
            ("dpi".to_owned(), page.dots_per_inch.into()),
        ];
        if page.turned > 0 {
            entries.push(("rotation".to_owned(), page.turned.into()));
        }
        Data::Map(entries)
    });
    let data = Data::map([("pages", Data::List(told.collect()))]);
    Some(Found {
        width: first.width,
        height: first.height,
        pages: u32::try_from(pages.len()).ok(),
        metadata: vec![("data".into(), data)],
        ..Found::default()
    })
}
