//! The object that describes a version of a file: `imageinfo`, in all the places where it appears.

mod metadata;
mod shared;
mod thumb;

use commonhold_core::title::FileTitle;
use commonhold_core::{BlobKey, Data, MediaInfo, Message};
use commonhold_repo::{FileVersion, Repository, StashedFile, Urls};

use crate::output::{List, Map, Value};

pub(crate) use shared::shared_entry;
pub(crate) use thumb::{Asked, MAX_TRANSFORMS, Scaling};

/// What is described.
pub(crate) enum Subject<'a> {
    /// A public version.
    Version {
        /// The version.
        version: &'a FileVersion,
        /// Id of the description page, if it is to be named.
        page: Option<i64>,
    },
    /// A file in its owner's stash.
    Stashed(&'a StashedFile),
}

/// The properties of the answer to an upload.
pub(crate) const UPLOADED: &[&str] = &[
    "timestamp",
    "user",
    "userid",
    "size",
    "parsedcomment",
    "comment",
    "uploadwarning",
    "canonicaltitle",
    "url",
    "sha1",
    "metadata",
    "commonmetadata",
    "extmetadata",
    "mime",
    "mediatype",
    "bitdepth",
];

/// The properties of the answer to a stashing upload.
pub(crate) const STASHED: &[&str] = &[
    "timestamp",
    "size",
    "canonicaltitle",
    "url",
    "sha1",
    "metadata",
    "commonmetadata",
    "extmetadata",
    "mime",
    "bitdepth",
];

/// What is to be said.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// The properties.
    pub(crate) props: &'a [&'a str],
    /// Whether lists in the metadata are rendered as texts, as before 2012.
    pub(crate) flat_metadata: bool,
    /// The only keys of `extmetadata` to give; all if empty.
    pub(crate) extmetadata: &'a [String],
    /// The wanted thumbnail.
    pub(crate) scaling: Option<&'a Scaling>,
}

/// The entry with the wanted properties.
pub(crate) fn entry(repo: &Repository, subject: &Subject<'_>, wanted: &Wanted<'_>) -> Map {
    let wants = |prop: &str| wanted.props.contains(&prop);
    let mut map = Map::new();
    let info = subject.info();
    if wants("timestamp") {
        map.set("timestamp", subject.timestamp());
    }
    if let Subject::Version { version, .. } = subject {
        if wants("user") {
            map.set("user", version.user_name.clone());
            if version.user_id == 0 {
                map.set("anon", true);
            }
        }
        if wants("userid") {
            map.set("userid", version.user_id);
        }
    }
    if wants("size") || wants("dimensions") {
        map.set("size", subject.size() as i64);
        map.set("width", i64::from(info.width));
        map.set("height", i64::from(info.height));
        if let Some(pages) = info.pages {
            map.set("pagecount", i64::from(pages));
        }
        if info.duration > 0.0 {
            map.set("duration", info.duration);
        }
    }
    if let Subject::Version { version, .. } = subject {
        if wants("parsedcomment") {
            map.set("parsedcomment", crate::html::comment(repo.urls(), &version.comment));
        }
        if wants("comment") {
            map.set("comment", version.comment.clone());
        }
    }
    if let (Subject::Version { version, .. }, true) = (subject, wants("uploadwarning")) {
        // What an upload form would warn of: the name is taken. Any text will do for its clients.
        let exists = crate::message::text(&Message::new("fileexists").with(version.name.as_str()));
        map.set("html", crate::html::escape(&exists));
    }
    if wants("canonicaltitle") {
        map.set("canonicaltitle", subject.title().prefixed_text());
    }
    let scaling = wanted.scaling.filter(|_| wants("url"));
    let shows = scaling.is_some() || wants("thumburls");
    let picture = if shows { repo.picture(info) } else { None };
    if let Some(scaling) = scaling {
        thumb::put(&mut map, repo, subject, picture.as_ref(), scaling, wants("thumbmime"));
    }
    if wants("url") {
        put_urls(&mut map, repo, subject);
    }
    if wants("thumburls") {
        map.set("thumburls", thumb::all_widths(repo, subject, picture.as_ref(), wanted.scaling));
    }
    if wants("sha1") {
        map.set("sha1", subject.sha1());
    }
    if wants("metadata") {
        // Only these formats' handlers know the old form.
        let flat = wanted.flat_metadata && matches!(info.mime.as_str(), "image/jpeg" | "image/tiff");
        let metadata =
            info.metadata.as_ref().map(|data| if flat { metadata::flattened(data) } else { data.clone() });
        map.set("metadata", metadata.as_ref().map_or(Value::Null, named_list));
    }
    if wants("commonmetadata") {
        map.set("commonmetadata", named_list(&info.common));
    }
    if wants("extmetadata") {
        map.set("extmetadata", extmetadata(subject, wanted.extmetadata));
    }
    // MediaWiki says this as well where it says the thumbnail's.
    if wants("mime") || map.contains("thumbmime") {
        map.set("mime", info.mime.clone());
    }
    if let (Subject::Version { version, .. }, true) = (subject, wants("mediatype")) {
        map.set("mediatype", version.info.media_type.as_str());
    }
    if let (Subject::Version { version, .. }, true) = (subject, wants("archivename"))
        && let Some(name) = &version.archive_name
    {
        map.set("archivename", name.clone());
    }
    if wants("bitdepth") {
        map.set("bitdepth", i64::from(info.bits));
    }
    map
}

/// The format's own data of a file, as `metadata` shows them.
pub(crate) fn metadata_list(info: &MediaInfo) -> Value {
    info.metadata.as_ref().map_or(Value::Null, named_list)
}

fn put_urls(map: &mut Map, repo: &Repository, subject: &Subject<'_>) {
    let urls = repo.urls();
    let url = subject.url(urls);
    map.set("url", url.clone());
    match subject {
        Subject::Version { page, .. } => {
            map.set("descriptionurl", urls.page(&subject.title().title().prefixed_dbkey()));
            if let Some(id) = page {
                map.set("descriptionshorturl", urls.short(*id));
            }
        }
        Subject::Stashed(_) => {
            map.set("descriptionurl", url);
        }
    }
}

impl Subject<'_> {
    pub(crate) fn info(&self) -> &MediaInfo {
        match self {
            Self::Version { version, .. } => &version.info,
            Self::Stashed(file) => &file.info,
        }
    }

    fn timestamp(&self) -> String {
        match self {
            Self::Version { version, .. } => version.timestamp.iso(),
            Self::Stashed(file) => file.timestamp.iso(),
        }
    }

    fn size(&self) -> u64 {
        match self {
            Self::Version { version, .. } => version.hashes.size,
            Self::Stashed(file) => file.hashes.size,
        }
    }

    fn sha1(&self) -> String {
        match self {
            Self::Version { version, .. } => version.hashes.sha1.hex(),
            Self::Stashed(file) => file.hashes.sha1.hex(),
        }
    }

    fn blob(&self) -> &BlobKey {
        match self {
            Self::Version { version, .. } => &version.blob_key,
            Self::Stashed(file) => &file.blob,
        }
    }

    /// Where the bytes are.
    fn url(&self, urls: &Urls) -> String {
        match self {
            Self::Version { version, .. } => match &version.archive_name {
                Some(archive) => urls.archive(&self.title(), archive),
                None => urls.file(&self.title()),
            },
            Self::Stashed(file) => urls.stashed(&file.key),
        }
    }

    /// The file's title; a stashed file has one that is made of its time and its key.
    pub(crate) fn title(&self) -> FileTitle {
        match self {
            Self::Version { version, .. } => FileTitle::from_db(&version.name),
            Self::Stashed(file) => FileTitle::from_db(format!(
                "{}!{}",
                file.timestamp.mw14(),
                file.key.as_str().replace('.', "-")
            )),
        }
    }
}

/// Metadata as lists of names and values, however deep; items of lists are named by their position.
fn named_list(data: &Data) -> Value {
    let mut list = List::new("metadata");
    let mut put = |name: Value, value: &Data| {
        let value = match value {
            Data::List(_) | Data::Map(_) => named_list(value),
            scalar => Value::from(scalar).with_real_bools(),
        };
        list.push(Map::new().with("name", name).with("value", value));
    };
    match data {
        Data::Map(entries) => entries.iter().for_each(|(name, value)| put(key(name), value)),
        Data::List(items) => items.iter().enumerate().for_each(|(at, value)| put((at as i64).into(), value)),
        _ => {}
    }
    list.into()
}

/// PHP takes a key that is a number for that number.
fn key(name: &str) -> Value {
    match name.parse::<i64>() {
        Ok(number) if number.to_string() == name => number.into(),
        _ => name.to_owned().into(),
    }
}

/// What MediaWiki's core says there of every file.
fn extmetadata(subject: &Subject<'_>, only: &[String]) -> Map {
    let title = subject.title();
    let name = title.base().replace('_', " ");
    let mut all = Map::new();
    for (key, value) in [("DateTime", subject.timestamp()), ("ObjectName", name)] {
        if only.is_empty() || only.iter().any(|wanted| wanted == key) {
            // `hidden` is an empty string in both versions of the format.
            let entry =
                Map::new().with("value", value).with("source", "mediawiki-metadata").with("hidden", "");
            all.set(key, entry);
        }
    }
    all
}
