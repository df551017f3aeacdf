//! The same of a file that only the shared repository has: what that tells.

use commonhold_core::title::FileTitle;
use commonhold_repo::{SharedFile, SharedThumb};

use super::Wanted;
use crate::output::Map;

/// The entry with those of the wanted properties that are told, and with a thumbnail if there is one.
pub(crate) fn shared_entry(
    name: &FileTitle,
    file: &SharedFile,
    thumb: Option<&SharedThumb>,
    wanted: &Wanted<'_>,
) -> Map {
    let wants = |prop: &str| wanted.props.contains(&prop);
    let mut map = Map::new();
    if wants("timestamp") {
        map.set("timestamp", file.timestamp.iso());
    }
    if wants("user") {
        map.set("user", file.user.clone());
    }
    if wants("size") || wants("dimensions") {
        map.set("size", file.size);
        map.set("width", file.width);
        map.set("height", file.height);
    }
    if wants("canonicaltitle") {
        map.set("canonicaltitle", name.prefixed_text());
    }
    if wants("url") {
        if let Some(thumb) = thumb {
            put_thumb(&mut map, thumb, wants("thumbmime"));
        }
        let addresses = [("url", &file.url), ("descriptionurl", &file.description_url)];
        for (key, address) in addresses {
            if let Some(address) = address {
                map.set(key, address.clone());
            }
        }
    }
    if let (Some(sha1), true) = (file.sha1, wants("sha1")) {
        map.set("sha1", sha1.hex());
    }
    if wants("mime") || map.contains("thumbmime") {
        map.set("mime", file.mime.clone());
    }
    if wants("mediatype") {
        map.set("mediatype", file.media_type.as_str());
    }
    map
}

/// Says where the thumbnail is, or why there is none.
fn put_thumb(map: &mut Map, thumb: &SharedThumb, wants_mime: bool) {
    let (url, width, height, mime, denser) = match thumb {
        SharedThumb::At { url, width, height, mime, denser } => (url, *width, *height, mime, denser),
        SharedThumb::Failed(reason) => {
            map.set("thumberror", reason.clone());
            return;
        }
    };
    map.set("thumburl", url.clone()).set("thumbwidth", width).set("thumbheight", height);
    if let Some(mime) = mime.as_ref().filter(|_| wants_mime) {
        map.set("thumbmime", mime.clone());
    }
    if !denser.is_empty() {
        let mut by_density = Map::new();
        for (density, url) in denser {
            by_density.set(*density, url.clone());
        }
        map.set("responsiveUrls", by_density);
    }
}
