//! SVG.

use std::io::{BufRead, Cursor, Read, SeekFrom};
use std::sync::Arc;

use fontdb::Database;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, ImageKind, Options, Tree};

use crate::source::{Source, contains};
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits, Spec, fonts};
use crate::xml::Utf8;

/// Part of the memory that a drawing's text may take; what is made of it takes several times as much.
const SHARE: u64 = 16;
/// Part of the memory that fonts may take.
const FONTS_SHARE: u64 = 3;
/// The language of those who name none.
const DEFAULT_LANGUAGE: &str = "en";

/// A drawing's text, and what it needs from the file system.
pub(super) struct Drawing {
    bytes: Vec<u8>,
    fonts: Arc<Database>,
}

impl Drawing {
    /// Reads a drawing, and opens the system's fonts if it has text. None of it is looked into yet.
    pub(super) fn read(source: &mut dyn Source, limits: &Limits) -> Result<Self, Failure> {
        let most = limits.memory_bytes / SHARE;
        source.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        source.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(Failure::TooMuchMemory { bytes: bytes.len() as u64 * SHARE });
        }
        let has_text = contains(&bytes, b"text") || contains(&bytes, b"t\0e\0x\0t");
        let fonts = if has_text { fonts::open(limits.memory_bytes / FONTS_SHARE) } else { Arc::default() };
        Ok(Self { bytes, fonts })
    }

    /// Draws it.
    pub(super) fn draw(&self, spec: &Spec) -> Result<Picture, Failure> {
        let options = Options {
            languages: languages(spec.lang.as_deref().unwrap_or(DEFAULT_LANGUAGE)),
            font_family: "sans-serif".to_owned(),
            font_resolver: fonts::resolver(),
            fontdb: Arc::clone(&self.fonts),
            image_href_resolver: only_pixels(),
            ..Options::default()
        };
        let text = decoded(&self.bytes).ok_or_else(|| Failure::Damaged("its encoding".to_owned()))?;
        let tree = Tree::from_str(&text, &options).map_err(|e| Failure::Damaged(e.to_string()))?;
        let size = tree.size();
        let (x, y) = (spec.width as f32 / size.width(), spec.height as f32 / size.height());
        let pixmap = Pixmap::new(spec.width, spec.height);
        let mut pixmap = pixmap.ok_or_else(|| Failure::Unsupported("a size like this".to_owned()))?;
        resvg::render(&tree, Transform::from_scale(x, y), &mut pixmap.as_mut());
        Ok(Picture::new(spec.width, spec.height, Layout::Rgba, pixmap.take_demultiplied()))
    }
}

/// The text, read as it was when the drawing was verified; `None` for what can't be text.
fn decoded(bytes: &[u8]) -> Option<String> {
    let mut source = Cursor::new(bytes);
    let mut utf8 = Utf8::new(&mut source).ok()?;
    let mut text = String::with_capacity(bytes.len());
    loop {
        utf8.begin_token();
        let piece = utf8.fill_buf().ok()?;
        if piece.is_empty() {
            return Some(text);
        }
        let length = piece.len();
        text.push_str(std::str::from_utf8(piece).ok()?);
        utf8.consume(length);
    }
}

/// Nothing but pixels that are in the drawing itself: no files, no addresses, no drawings in drawings.
fn only_pixels() -> ImageHrefResolver<'static> {
    ImageHrefResolver {
        resolve_data: Box::new(|mime, data, _| match mime {
            "image/jpeg" | "image/jpg" => Some(ImageKind::JPEG(data)),
            "image/png" => Some(ImageKind::PNG(data)),
            "image/gif" => Some(ImageKind::GIF(data)),
            "image/webp" => Some(ImageKind::WEBP(data)),
            _ => None,
        }),
        resolve_string: Box::new(|_, _| None),
    }
}

/// A language as drawings may write it, and the one that it is a kind of: `zh-hans`, `zh-Hans`, `zh`.
fn languages(code: &str) -> Vec<String> {
    let code = code.to_ascii_lowercase();
    let usual = |(number, part): (usize, &str)| match (number, part.len()) {
        (0, _) => part.to_owned(),
        (_, 2) => part.to_ascii_uppercase(),
        (_, 4) => format!("{}{}", part[..1].to_ascii_uppercase(), &part[1..]),
        _ => part.to_owned(),
    };
    let parts: Vec<&str> = code.split('-').collect();
    let mut languages = vec![code.clone()];
    if code.is_ascii() && parts.len() > 1 {
        languages.push(parts.iter().copied().enumerate().map(usual).collect::<Vec<_>>().join("-"));
        languages.push(parts[0].to_owned());
    }
    languages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_several_spellings() {
        assert_eq!(languages("DE"), ["de"]);
        assert_eq!(languages("zh-hans"), ["zh-hans", "zh-Hans", "zh"]);
        assert_eq!(languages("pt-br"), ["pt-br", "pt-BR", "pt"]);
        assert_eq!(languages("sr-ec-x"), ["sr-ec-x", "sr-EC-x", "sr"]);
    }

    #[test]
    fn drawings_may_be_in_several_encodings() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let cyrillic = b"<?xml version='1.0' encoding='windows-1251'?><svg>\xcc</svg>";
        assert!(decoded(cyrillic).unwrap().ends_with("<svg>\u{41c}</svg>"));
        assert_eq!(decoded(&wide("<svg>\u{41c}</svg>")).unwrap(), "<svg>\u{41c}</svg>");
        assert_eq!(decoded("\u{feff}<svg/>".as_bytes()).unwrap(), "<svg/>");
        let long = format!("<svg>{}</svg>", "\u{41c}".repeat(6_000_000));
        assert!(decoded(long.as_bytes()).unwrap() == long);
        assert_eq!(decoded(b"<svg>\xff</svg>"), None);
    }
}
