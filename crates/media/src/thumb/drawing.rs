//! SVG.

use std::borrow::Cow;
use std::io::{Read, SeekFrom};
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use fontdb::Database;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, ImageKind, Options, Tree};

use crate::source::{Source, contains};
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits, Spec, fonts};

/// Part of the memory that a drawing's text may take; what is made of it takes several times as much.
const SHARE: u64 = 16;
/// Part of the memory that fonts may take.
const FONTS_SHARE: u64 = 3;
/// The language of those who name none.
const DEFAULT_LANGUAGE: &str = "en";

/// A drawing's text, and what it needs from the file system.
pub(super) struct Drawing {
    text: String,
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
        let text = decoded(&bytes).into_owned();
        let has_text = contains(text.as_bytes(), b"text");
        let fonts = if has_text { fonts::open(limits.memory_bytes / FONTS_SHARE) } else { Arc::default() };
        Ok(Self { text, fonts })
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
        let tree = Tree::from_str(&self.text, &options).map_err(|e| Failure::Damaged(e.to_string()))?;
        let size = tree.size();
        let (x, y) = (spec.width as f32 / size.width(), spec.height as f32 / size.height());
        let pixmap = Pixmap::new(spec.width, spec.height);
        let mut pixmap = pixmap.ok_or_else(|| Failure::Unsupported("a size like this".to_owned()))?;
        resvg::render(&tree, Transform::from_scale(x, y), &mut pixmap.as_mut());
        Ok(Picture::new(spec.width, spec.height, Layout::Rgba, pixmap.take_demultiplied()))
    }
}

/// The text, in whatever encoding it is.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => text,
        None => WINDOWS_1252.decode_without_bom_handling(bytes).0,
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
        assert_eq!(decoded("é".as_bytes()), "é");
        assert_eq!(decoded(b"\xe9"), "é");
        assert_eq!(decoded(b"\xef\xbb\xbfe"), "e");
        assert_eq!(decoded(b"\xfe\xff\0\xe9"), "é");
        assert_eq!(decoded(b"\xff\xfe\xe9\0"), "é");
    }
}
