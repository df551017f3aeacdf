//! Sizes of a document's pages, where they aren't all alike: from what its format's metadata tell.

use super::Format;
use crate::{Data, MediaInfo};

/// The sizes of all pages that are told of; none if they are all alike. In pixels, if those of the first are `info`'s.
pub(super) fn sizes(format: Format, info: &MediaInfo) -> Vec<(u32, u32)> {
    let metadata = info.metadata.as_ref().filter(|_| format == Format::Document);
    let told = metadata.and_then(|data| in_points(data).or_else(|| in_pixels(data))).unwrap_or_default();
    let Some(first) = told.first().copied() else { return Vec::new() };
    if told.iter().all(|size| *size == first) {
        return Vec::new();
    }
    // Nothing is 0 pixels high, and nothing so large that arithmetic would suffer.
    let pixels = |length: f64| (length * f64::from(info.width) / first.0).round().clamp(1.0, 1e6) as u32;
    told.into_iter().map(|(width, height)| (pixels(width), pixels(height))).collect()
}

/// PDF: `595 x 842 pts (A4)`, and by how much the page is turned.
fn in_points(metadata: &Data) -> Option<Vec<(f64, f64)>> {
    let Some(Data::Map(pages)) = metadata.get("pages") else { return None };
    let size = |page: &Data| {
        let Some(Data::Str(text)) = page.get("Page size") else { return None };
        let mut words = text.split(' ');
        let (width, _, height) = (words.next()?, words.next()?, words.next()?);
        let turned = matches!(page.get("Page rot"), Some(Data::Int(90 | 270)));
        let (width, height) = (length(width.parse().ok()?)?, length(height.parse().ok()?)?);
        Some(if turned { (height, width) } else { (width, height) })
    };
    pages.iter().map(|(_, page)| size(page)).collect()
}

/// `DjVu`: width and height.
fn in_pixels(metadata: &Data) -> Option<Vec<(f64, f64)>> {
    let Some(Data::List(pages)) = metadata.get("data")?.get("pages") else { return None };
    let side = |page: &Data, name: &str| match page.get(name) {
        Some(Data::Int(pixels)) => length(*pixels as f64),
        _ => None,
    };
    pages.iter().map(|page| Some((side(page, "width")?, side(page, "height")?))).collect()
}

/// What can be a length.
fn length(number: f64) -> Option<f64> {
    (number.is_finite() && number > 0.0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MediaType;

    fn document(metadata: Data) -> Vec<(u32, u32)> {
        let info = MediaInfo {
            mime: "application/pdf".to_owned(),
            media_type: MediaType::Office,
            width: 1000,
            height: 2000,
            bits: 0,
            pages: Some(2),
            duration: 0.0,
            metadata: Some(metadata),
            common: Data::Map(Vec::new()),
        };
        sizes(Format::Document, &info)
    }

    fn pdf(pages: &[(&str, i64)]) -> Data {
        let page = |(at, (size, turned)): (usize, &(&str, i64))| {
            let entries = [("Page size", Data::from(*size)), ("Page rot", Data::Int(*turned))];
            ((at + 1).to_string(), Data::map(entries))
        };
        Data::map([("pages", Data::Map(pages.iter().enumerate().map(page).collect()))])
    }

    #[test]
    fn pages_have_sizes_of_their_own_if_they_differ() {
        let a4 = "595.28 x 841.89 pts (A4)";
        assert_eq!(document(pdf(&[(a4, 0), (a4, 0)])), []);
        assert_eq!(document(pdf(&[("500 x 1000 pts", 0), ("250 x 100 pts", 0)])), [(1000, 2000), (500, 200)]);
        assert_eq!(
            document(pdf(&[("500 x 1000 pts", 0), ("500 x 1000 pts", 90)])),
            [(1000, 2000), (2000, 1000)]
        );
        for odd in ["", "0 x 5 pts", "NaN x 5", "-1 x 5 pts", "a4"] {
            assert_eq!(document(pdf(&[(a4, 0), (odd, 0)])), [], "{odd}");
        }
        let page =
            |width: i64, height: i64| Data::map([("width", Data::Int(width)), ("height", Data::Int(height))]);
        let pages = Data::map([("pages", Data::List(vec![page(1000, 2000), page(300, 400)]))]);
        assert_eq!(document(Data::map([("data", pages)])), [(1000, 2000), (300, 400)]);
        assert_eq!(document(Data::Null), []);
    }
}
