//! PDF: one page of possibly many, on white.

use std::io::{Read, SeekFrom};

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};

use crate::source::Source;
use crate::thumb::picture::{Layout, Picture};
use crate::thumb::{Failure, Limits, Spec};

/// Part of the memory that the document itself may take.
const SHARE: u64 = 4;

/// Draws a page, the first where none is named and the last where there are fewer, in the size that is wanted.
pub(super) fn draw(source: &mut dyn Source, spec: &Spec, limits: &Limits) -> Result<Picture, Failure> {
    let most = limits.memory_bytes / SHARE;
    source.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Failure::TooMuchMemory { bytes: bytes.len() as u64 * SHARE });
    }
    let document = Pdf::new(bytes).map_err(failure)?;
    let pages = document.pages();
    let number = (spec.page.unwrap_or(1).max(1) as usize).min(pages.len());
    let page = number.checked_sub(1).and_then(|index| pages.get(index));
    let page = page.ok_or_else(|| Failure::Damaged("no page".to_owned()))?;
    let (width, height) = page.render_dimensions();
    // The size is cut off to whole pixels.
    let scale = |wanted: u32, is: f32| (wanted as f32 + 0.5) / is.max(f32::MIN_POSITIVE);
    let settings = PixmapSettings {
        x_scale: scale(spec.width, width),
        y_scale: scale(spec.height, height),
        bg_color: WHITE,
    };
    let interpreting = InterpreterSettings::default();
    let drawn =
        hayro::render(page, &RenderCache::new(), &interpreting, &RenderSettings::default(), &settings);
    let (width, height) = (u32::from(drawn.width()), u32::from(drawn.height()));
    let pixels =
        drawn.data_as_u8_slice().as_chunks::<4>().0.iter().flat_map(|p| [p[0], p[1], p[2]]).collect();
    Ok(Picture::new(width, height, Layout::Rgb, pixels))
}

fn failure(error: LoadPdfError) -> Failure {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            Failure::Unsupported("a document that wants a password".to_owned())
        }
        other => Failure::Damaged(format!("{other:?}")),
    }
}
