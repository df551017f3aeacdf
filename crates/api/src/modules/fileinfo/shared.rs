//! The same of a file that only the shared repository has: what that tells.

use commonhold_core::title::FileTitle;
use commonhold_repo::SharedFile;

use super::Wanted;
use crate::output::Map;

/// The entry with those of the wanted properties that are told.
pub(crate) fn shared_entry(name: &FileTitle, file: &SharedFile, wanted: &Wanted<'_>) -> Map {
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
    if wants("mime") {
        map.set("mime", file.mime.clone());
    }
    if wants("mediatype") {
        map.set("mediatype", file.media_type.as_str());
    }
    map
}
