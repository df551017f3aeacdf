//! What an Ogg file carries.

use commonhold_core::MediaType;

use crate::source::contains;

/// The class of an Ogg file, from the name of the codec in its first page.
pub(crate) fn media_type(head: &[u8]) -> MediaType {
    let head = head[..head.len().min(256)].to_ascii_lowercase();
    if contains(&head, b"theora") {
        MediaType::Video
    } else if [&b"vorbis"[..], b"flac", b"speex", b"opus"].iter().any(|name| contains(&head, name)) {
        MediaType::Audio
    } else {
        MediaType::Multimedia
    }
}
