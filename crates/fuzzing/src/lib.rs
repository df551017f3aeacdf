//! What is fuzzed: each reader of whatever strangers send, as a function over bytes.
//!
//! `fuzz/` runs them under libFuzzer, which needs a nightly compiler and time; the test of this crate runs them over the
//! same corpus and a fixed number of changes to it, with any compiler. A target fails by panicking.

use std::io::Cursor;

use commonhold_api::read_form;
use commonhold_core::name::upload_name;
use commonhold_core::policy::UploadPolicy;
use commonhold_core::title::{FileTitle, Title};
use commonhold_media::thumb::{self, Failure, Limits, Output, Spec};

/// A target's name, which is that of its folder in `fuzz/corpus`, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("detect", detect),
    ("verify", verify),
    ("verify_svg", verify_svg),
    ("inspect_avif", |data| inspect(data, "image/avif")),
    ("inspect_djvu", |data| inspect(data, "image/vnd.djvu")),
    ("inspect_flac", |data| inspect(data, "audio/flac")),
    ("inspect_gif", |data| inspect(data, "image/gif")),
    ("inspect_jpeg", |data| inspect(data, "image/jpeg")),
    ("inspect_jxl", |data| inspect(data, "image/jxl")),
    ("inspect_matroska", |data| inspect(data, "video/webm")),
    ("inspect_midi", |data| inspect(data, "audio/midi")),
    ("inspect_mp3", |data| inspect(data, "audio/mpeg")),
    ("inspect_mp4", |data| inspect(data, "video/mp4")),
    ("inspect_ogg", |data| inspect(data, "application/ogg")),
    ("inspect_pdf", |data| inspect(data, "application/pdf")),
    ("inspect_png", |data| inspect(data, "image/png")),
    ("inspect_svg", |data| inspect(data, "image/svg+xml")),
    ("inspect_tiff", |data| inspect(data, "image/tiff")),
    ("inspect_wav", |data| inspect(data, "audio/wav")),
    ("inspect_webp", |data| inspect(data, "image/webp")),
    ("multipart", multipart),
    ("thumb_drawing", |data| thumb(data, "image/svg+xml", Output::Png)),
    ("thumb_gif", |data| thumb(data, "image/gif", Output::Png)),
    ("thumb_gif_animated", |data| thumb(data, "image/gif", Output::Gif)),
    ("thumb_jpeg", |data| thumb(data, "image/jpeg", Output::Jpeg)),
    ("thumb_pdf", |data| thumb(data, "application/pdf", Output::Jpeg)),
    ("thumb_png", |data| thumb(data, "image/png", Output::Png)),
    ("thumb_pnm", thumb_pnm),
    ("thumb_tiff", |data| thumb(data, "image/tiff", Output::Jpeg)),
    ("thumb_webp", |data| thumb(data, "image/webp", Output::Png)),
    ("title", title),
];

/// Runs the target of a name.
///
/// # Panics
///
/// If there is none of that name, or if it fails.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    assert!(target.is_some(), "there is no target {name}");
    if let Some((_, target)) = target {
        target(data);
    }
}

fn detect(data: &[u8]) {
    let found = commonhold_media::detect(&mut Cursor::new(data), data.len() as u64);
    assert!(found.is_ok_and(|mime| mime.contains('/')));
}

/// The first byte chooses the extension.
fn verify(data: &[u8]) {
    const EXTENSIONS: &[&str] = &["", "jpg", "png", "gif", "pdf", "mp3", "txt", "docx", "xml", "stl"];
    let Some((choice, data)) = data.split_first() else { return };
    let extension = EXTENSIONS[usize::from(*choice) % EXTENSIONS.len()];
    let len = data.len() as u64;
    let whole = commonhold_media::verify(&mut Cursor::new(data), len, extension);
    let first = commonhold_media::verify_first_chunk(&mut Cursor::new(data), len, extension);
    let later = commonhold_media::verify_later_chunk(&mut Cursor::new(data), len);
    assert!(later.is_ok());
    // What a part alone is refused for, the whole is too.
    assert!(matches!((whole, first), (Ok(Err(_)), Ok(_)) | (Ok(Ok(())), Ok(Ok(())))));
}

fn verify_svg(data: &[u8]) {
    let verdict = commonhold_media::verify(&mut Cursor::new(data), data.len() as u64, "svg");
    let Ok(verdict) = verdict else { panic!("bytes at hand can't be read") };
    // Whatever else a drawing hides: these words in plain sight are never taken.
    let lower = data[..data.len().min(1024)].to_ascii_lowercase();
    let has = |word: &[u8]| lower.windows(word.len()).any(|w| w == word);
    assert!(verdict.is_err() || !has(b"<script"));
}

fn inspect(data: &[u8], mime: &str) {
    let info = commonhold_media::inspect(&mut Cursor::new(data), data.len() as u64, mime);
    let Ok(info) = info else { panic!("bytes at hand can't be read") };
    assert!(info.duration.is_finite() && info.duration >= 0.0);
}

/// The first three bytes are the sides and the page of a thumbnail; the rest is the file.
fn wanted<'a>(data: &'a [u8], mime: &str, output: Output) -> Option<(Spec, &'a [u8])> {
    let ([width, height, page], file) = data.split_first_chunk()?;
    let spec = Spec {
        mime: mime.to_owned(),
        width: (*width).into(),
        height: (*height).into(),
        page: (*page > 0).then_some((*page).into()),
        lang: None,
        low_quality: false,
        seek: None,
        output,
        rendition: None,
    };
    Some((spec, file))
}

/// Small pictures, so that many can be tried.
fn limits() -> Limits {
    Limits { memory_bytes: 64 << 20, max_pixels: 1 << 18, max_frames: 20, ..Limits::default() }
}

/// What is decoded, turned, scaled and encoded is a picture of the type that was wanted.
fn thumb(data: &[u8], mime: &str, output: Output) {
    let Some((spec, file)) = wanted(data, mime, output) else { return };
    judge(&thumb::render(&mut Cursor::new(file), &spec, &limits()), output);
}

fn thumb_pnm(data: &[u8]) {
    let Some((spec, file)) = wanted(data, "image/vnd.djvu", Output::Jpeg) else { return };
    judge(&thumb::render_made(file, &spec, &limits()), Output::Jpeg);
}

fn judge(made: &Result<Vec<u8>, Failure>, output: Output) {
    let beginning: &[u8] = match output {
        Output::Jpeg => b"\xFF\xD8\xFF",
        Output::Png => b"\x89PNG",
        Output::Gif => b"GIF8",
    };
    match made {
        Ok(picture) => assert!(picture.starts_with(beginning)),
        Err(failure) => {
            assert!(!matches!(failure, Failure::Source(_)), "bytes at hand can't be read: {failure}");
        }
    }
}

/// The first byte is the length of a frame, and the first line the type with the boundary.
fn multipart(data: &[u8]) {
    let Some((frame, data)) = data.split_first() else { return };
    let end = data.iter().position(|b| *b == b'\n').unwrap_or(0);
    let (content_type, body) = data.split_at(end);
    let frames = usize::from(*frame).max(1);
    // In how many frames a body comes doesn't matter.
    assert_eq!(read_form(content_type, body, frames), read_form(content_type, body, body.len().max(1)));
}

fn title(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(title) = Title::parse(&text) {
        // What a title is written as is that title.
        assert!(Title::parse(&title.prefixed_text()).is_ok_and(|again| again == title));
    }
    if let Ok(title) = FileTitle::parse(&text) {
        assert!(title.hash_path().len() == 4);
    }
    let name = upload_name(&text, &UploadPolicy::default(), &|| Some("png"));
    assert!(name.is_err() || name.is_ok_and(|name| !name.final_extension.is_empty()));
}

#[cfg(test)]
mod tests;
