//! What an upload is warned about: a pure judgement over what is known of the name and of the content.

use crate::name::UploadName;
use crate::policy::UploadPolicy;
use crate::title::FileTitle;
use crate::{Data, Hashes, Param, Timestamp};

/// The upload to judge.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The name it would get.
    pub title: FileTitle,
    /// Whether that differs from what was asked for.
    pub renamed: bool,
    /// Its content, where it is known.
    pub hashes: Option<Hashes>,
}

/// One version of a file, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionFact {
    /// Its content.
    pub hashes: Hashes,
    /// When it was uploaded.
    pub timestamp: Timestamp,
}

/// What is known of the name and of the content.
#[derive(Clone, Debug, Default)]
pub struct Existing {
    /// The file of this name.
    pub current: Option<VersionFact>,
    /// Whether there is a page of this name.
    pub page_exists: bool,
    /// Earlier versions of the file, newest first.
    pub old: Vec<VersionFact>,
    /// Whether there was a file of this name that has been deleted.
    pub was_deleted: bool,
    /// The file whose name has the extension in its normal form.
    pub normalized: Option<String>,
    /// The first file with the same name but for the extension.
    pub same_base: Option<String>,
    /// Whether the file exists of which the name says that this is a thumbnail.
    pub full_size: bool,
    /// Names of all current files with this content, in order.
    pub duplicates: Vec<String>,
    /// Names of files with this content in a shared repository.
    pub shared_duplicates: Vec<String>,
    /// Name of a deleted file with this content.
    pub deleted_duplicate: Option<String>,
}

/// Further names about which the rules want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probes {
    /// The name with its extension in the normal form, if that differs.
    pub normalized: Option<String>,
    /// What the names of files with another extension begin with.
    pub base: String,
    /// The file of which this would be a thumbnail.
    pub full_size: Option<String>,
}

/// Something that a person should confirm.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// The name had to be changed to this.
    BadFilename(String),
    /// The extension is none of the wanted ones.
    UnwantedType {
        /// The extension.
        extension: String,
        /// The wanted ones.
        wanted: Vec<String>,
    },
    /// It is larger than usual.
    LargeFile {
        /// Bytes from which on files are large.
        limit: u64,
        /// Its bytes.
        size: u64,
    },
    /// There is nothing in it.
    EmptyFile,
    /// There was a file of this name.
    WasDeleted(String),
    /// These files have the same content.
    Duplicate(Vec<String>),
    /// A deleted file had the same content.
    DuplicateArchive(String),
    /// There is a file of this name.
    Exists(String),
    /// There is a page of this name, but no file.
    PageExists(String),
    /// There is a file whose name differs only in the extension.
    ExistsNormalized(String),
    /// It looks like a thumbnail of a file that is there.
    Thumb(String),
    /// It looks like a thumbnail.
    ThumbName(String),
    /// The name is one that a camera gave.
    BadPrefix(String),
    /// The file is this already, since then.
    NoChange(Timestamp),
    /// Earlier versions of the file were this.
    DuplicateVersions(Vec<Timestamp>),
}

/// Warnings, in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Warnings(Vec<Warning>);

impl Candidate {
    /// From a name and a content.
    pub fn new(name: &UploadName, hashes: Option<Hashes>) -> Self {
        Self { title: name.title.clone(), renamed: name.changed, hashes }
    }

    /// What else to find out.
    pub fn probes(&self) -> Probes {
        let (base, extension) = (self.title.base(), extension_as_written(&self.title));
        let normal = normal_extension(extension);
        let differs = !normal.is_empty() && normal != extension;
        let full_size = thumbnail_of(base).map(|full| format!("{full}.{extension}"));
        Probes {
            normalized: differs.then(|| format!("{base}.{normal}")),
            base: format!("{base}."),
            full_size,
        }
    }
}

/// Judges.
pub fn warnings(policy: &UploadPolicy, candidate: &Candidate, existing: &Existing) -> Warnings {
    let name = candidate.title.dbkey().to_owned();
    let mut all = Vec::new();
    if candidate.renamed {
        all.push(Warning::BadFilename(name.clone()));
    }
    let extension = candidate.title.extension();
    if !policy.extensions.contains(&extension) {
        all.push(Warning::UnwantedType { extension, wanted: policy.extensions.clone() });
    }
    if let Some(hashes) = candidate.hashes.filter(|h| policy.warn_bytes > 0 && h.size > policy.warn_bytes) {
        all.push(Warning::LargeFile { limit: policy.warn_bytes, size: hashes.size });
    }
    if candidate.hashes.is_some_and(|h| h.size == 0) {
        all.push(Warning::EmptyFile);
    }
    if existing.current.is_none() && existing.was_deleted {
        all.push(Warning::WasDeleted(name.clone()));
    }
    let family = exists_family(policy, candidate, existing);
    let duplicates = duplicates(existing, family.as_ref().map(|_| name.as_str()));
    if !duplicates.is_empty() {
        all.push(Warning::Duplicate(duplicates));
    }
    if let Some(deleted) = &existing.deleted_duplicate {
        all.push(Warning::DuplicateArchive(deleted.clone()));
    }
    // Only a name that is taken in some way can hold the content already.
    if let Some(family) = family {
        all.push(family);
        let same = |version: &&VersionFact| Some(version.hashes) == candidate.hashes;
        if let Some(current) = existing.current.as_ref().filter(same) {
            all.push(Warning::NoChange(current.timestamp));
        }
        let old: Vec<Timestamp> = existing.old.iter().filter(same).map(|v| v.timestamp).collect();
        if !old.is_empty() {
            all.push(Warning::DuplicateVersions(old));
        }
    }
    Warnings(all)
}

/// Names of the files with this content, in order, each once. The file itself doesn't count among those that are here,
/// if its name is told as taken; a shared one of its name is another file.
fn duplicates(existing: &Existing, itself: Option<&str>) -> Vec<String> {
    let here = existing.duplicates.iter().filter(|name| Some(name.as_str()) != itself);
    let elsewhere = existing.shared_duplicates.iter().filter(|name| !existing.duplicates.contains(name));
    let mut names: Vec<String> = here.chain(elsewhere).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// At most one of the warnings that the name is taken, or looks as if it were.
fn exists_family(policy: &UploadPolicy, candidate: &Candidate, existing: &Existing) -> Option<Warning> {
    let name = candidate.title.dbkey().to_owned();
    if existing.current.is_some() {
        return Some(Warning::Exists(name));
    }
    if existing.page_exists {
        return Some(Warning::PageExists(name));
    }
    if let Some(other) = existing.normalized.clone().or_else(|| existing.same_base.clone()) {
        return Some(Warning::ExistsNormalized(other));
    }
    let base = candidate.title.base();
    if thumbnail_of(base).is_some() {
        return Some(if existing.full_size { Warning::Thumb(name) } else { Warning::ThumbName(name) });
    }
    policy
        .bad_prefixes
        .iter()
        .any(|prefix| base.starts_with(prefix.as_str()))
        .then_some(Warning::BadPrefix(name))
}

/// `50px-Name` and `180px-Name` look like thumbnails of `Name`.
fn thumbnail_of(base: &str) -> Option<&str> {
    let bytes = base.as_bytes();
    let digits = bytes.len() > 2 && bytes[0].is_ascii_digit() && bytes[1].is_ascii_digit();
    let marked = [2, 3].into_iter().any(|at| bytes.get(at..at + 3) == Some(b"px-".as_slice()));
    if !(digits && marked) {
        return None;
    }
    base.split_once('-').map(|(_, full)| full)
}

fn extension_as_written(title: &FileTitle) -> &str {
    title.dbkey().rsplit_once('.').map_or("", |(_, e)| e)
}

/// The usual form of an extension; empty for what is none.
fn normal_extension(extension: &str) -> String {
    let lower = extension.to_lowercase();
    match lower.as_str() {
        "jpeg" => "jpg".to_owned(),
        "tiff" => "tif".to_owned(),
        "htm" => "html".to_owned(),
        "mpeg" => "mpg".to_owned(),
        "ogv" => "ogg".to_owned(),
        other if other.bytes().all(|b| b.is_ascii_alphanumeric()) => lower,
        _ => String::new(),
    }
}

impl Warning {
    /// The key on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BadFilename(_) => "badfilename",
            Self::UnwantedType { .. } => "filetype-unwanted-type",
            Self::LargeFile { .. } => "large-file",
            Self::EmptyFile => "empty-file",
            Self::WasDeleted(_) => "was-deleted",
            Self::Duplicate(_) => "duplicate",
            Self::DuplicateArchive(_) => "duplicate-archive",
            Self::Exists(_) => "exists",
            Self::PageExists(_) => "page-exists",
            Self::ExistsNormalized(_) => "exists-normalized",
            Self::Thumb(_) => "thumb",
            Self::ThumbName(_) => "thumb-name",
            Self::BadPrefix(_) => "bad-prefix",
            Self::NoChange(_) => "nochange",
            Self::DuplicateVersions(_) => "duplicateversions",
        }
    }

    fn data(&self) -> Data {
        let version = |timestamp: &Timestamp| Data::map([("timestamp", timestamp.iso().into())]);
        match self {
            Self::BadFilename(name)
            | Self::WasDeleted(name)
            | Self::DuplicateArchive(name)
            | Self::Exists(name)
            | Self::PageExists(name)
            | Self::ExistsNormalized(name)
            | Self::Thumb(name)
            | Self::ThumbName(name)
            | Self::BadPrefix(name) => name.as_str().into(),
            Self::UnwantedType { extension, wanted } => Data::List(vec![
                extension.as_str().into(),
                wanted.join(", ").into(),
                i64::try_from(wanted.len()).unwrap_or(i64::MAX).into(),
            ]),
            Self::LargeFile { limit, size } => {
                Data::List([limit, size].map(|bytes| Data::from(&Param::Size(*bytes))).to_vec())
            }
            Self::EmptyFile => true.into(),
            Self::Duplicate(names) => names.clone().into(),
            Self::NoChange(timestamp) => version(timestamp),
            Self::DuplicateVersions(timestamps) => Data::List(timestamps.iter().map(version).collect()),
        }
    }
}

impl Warnings {
    /// Whether there is nothing to confirm.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The warnings.
    pub fn iter(&self) -> impl Iterator<Item = &Warning> {
        self.0.iter()
    }

    /// The object of the wire.
    pub fn data(&self) -> Data {
        Data::Map(self.0.iter().map(|w| (w.name().to_owned(), w.data())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sha1, Sha256};

    fn hashes(n: u8) -> Hashes {
        Hashes { size: u64::from(n), sha1: Sha1([n; 20]), sha256: Sha256([n; 32]) }
    }

    fn version(n: u8, at: i64) -> VersionFact {
        VersionFact { hashes: hashes(n), timestamp: Timestamp::from_unix(at) }
    }

    #[track_caller]
    fn check(name: &str, existing: &Existing, expected: &[&str]) {
        let candidate =
            Candidate { title: FileTitle::from_db(name), renamed: false, hashes: Some(hashes(1)) };
        let warnings = warnings(&UploadPolicy::default(), &candidate, existing);
        assert_eq!(warnings.iter().map(Warning::name).collect::<Vec<_>>(), expected, "{name}");
    }

    #[test]
    fn a_free_name_and_new_content_go_without_warning() {
        check("Fine.png", &Existing::default(), &[]);
    }

    #[test]
    fn at_most_one_warning_says_that_the_name_is_taken() {
        let taken = Existing { current: Some(version(2, 5)), page_exists: true, ..Existing::default() };
        check("IMG_1.png", &taken, &["exists"]);
        check(
            "X.png",
            &Existing { page_exists: true, same_base: Some("X.jpg".into()), ..Existing::default() },
            &["page-exists"],
        );
        check(
            "50px-X.png",
            &Existing { same_base: Some("50px-X.jpg".into()), ..Existing::default() },
            &["exists-normalized"],
        );
        check("50px-X.png", &Existing { full_size: true, ..Existing::default() }, &["thumb"]);
        check("180px-IMG.png", &Existing::default(), &["thumb-name"]);
        check("1234px-X.png", &Existing::default(), &[]);
        check("DSC_0001.jpg", &Existing::default(), &["bad-prefix"]);
        check("Dsc_0001.jpg", &Existing::default(), &[]);
    }

    #[test]
    fn the_same_content_is_told_by_where_it_is() {
        let same = Existing {
            current: Some(version(1, 5)),
            old: vec![version(1, 4), version(2, 3), version(1, 2)],
            duplicates: vec!["Other.png".into(), "X.png".into()],
            ..Existing::default()
        };
        check("X.png", &same, &["duplicate", "exists", "nochange", "duplicateversions"]);
        let elsewhere = Existing { duplicates: vec!["Other.png".into()], ..Existing::default() };
        check("X.png", &elsewhere, &["duplicate"]);
        let mine = Existing {
            current: Some(version(1, 5)),
            duplicates: vec!["X.png".into()],
            ..Existing::default()
        };
        check("X.png", &mine, &["exists", "nochange"]);
    }

    #[test]
    fn files_elsewhere_are_duplicates_each_once_and_in_order() {
        let existing = |here: &[&str], current: Option<VersionFact>| Existing {
            current,
            duplicates: here.iter().map(|name| (*name).to_owned()).collect(),
            shared_duplicates: ["Z.png", "B.png", "X.png", "B.png"].map(str::to_owned).to_vec(),
            ..Existing::default()
        };
        let told = |existing: &Existing| {
            let candidate =
                Candidate { title: FileTitle::from_db("X.png"), renamed: false, hashes: Some(hashes(1)) };
            let all = warnings(&UploadPolicy::default(), &candidate, existing);
            let names = all.iter().find_map(|warning| match warning {
                Warning::Duplicate(names) => Some(names.join(" ")),
                _ => None,
            });
            names.unwrap_or_default()
        };
        // Not there but elsewhere: the name is free, and the shared file of this name is one more copy.
        assert_eq!(told(&existing(&["B.png", "C.png"], None)), "B.png C.png X.png Z.png");
        assert_eq!(told(&existing(&["X.png"], Some(version(1, 5)))), "B.png Z.png");
        assert_eq!(told(&existing(&[], Some(version(2, 5)))), "B.png X.png Z.png");
    }

    #[test]
    fn two_files_with_one_sha1_are_two_files() {
        let colliding = Hashes { sha256: Sha256([9; 32]), ..hashes(1) };
        let current = Some(VersionFact { hashes: colliding, timestamp: Timestamp::from_unix(1) });
        check("X.png", &Existing { current, ..Existing::default() }, &["exists"]);
    }

    #[test]
    fn deleted_files_are_remembered() {
        let deleted =
            Existing { was_deleted: true, deleted_duplicate: Some("X.png".into()), ..Existing::default() };
        check("X.png", &deleted, &["was-deleted", "duplicate-archive"]);
        let again = Existing { current: Some(version(2, 1)), was_deleted: true, ..Existing::default() };
        check("X.png", &again, &["exists"]);
    }

    #[test]
    fn unwanted_and_large_files_are_told_with_what_is_wanted() {
        let extensions = vec!["png".to_owned(), "jpg".to_owned()];
        let policy = UploadPolicy { extensions, warn_bytes: 10, ..UploadPolicy::default() };
        let candidate =
            Candidate { title: FileTitle::from_db("X.tif"), renamed: false, hashes: Some(hashes(11)) };
        let warnings = warnings(&policy, &candidate, &Existing::default());
        let size = |bytes: i64| Data::map([("size", bytes.into())]);
        let expected = Data::map([
            ("filetype-unwanted-type", Data::List(vec!["tif".into(), "png, jpg".into(), 2i64.into()])),
            ("large-file", Data::List(vec![size(10), size(11)])),
        ]);
        assert_eq!(warnings.data(), expected);
    }

    #[test]
    fn probes_name_what_to_look_up() {
        let probes =
            |name: &str| Candidate { title: FileTitle::from_db(name), renamed: false, hashes: None }.probes();
        assert_eq!(probes("X.JPEG").normalized.as_deref(), Some("X.jpg"));
        assert_eq!(probes("X.jpg").normalized, None);
        assert_eq!(probes("A.tar.PNG").base, "A.tar.");
        assert_eq!(probes("50px-X.png").full_size.as_deref(), Some("X.png"));
        assert_eq!(probes("X.png").full_size, None);
    }

    #[test]
    fn the_wire_form_is_mediawikis() {
        let list = Warnings(vec![
            Warning::Duplicate(vec!["A.png".into()]),
            Warning::Exists("B.png".into()),
            Warning::NoChange(Timestamp::from_unix(0)),
        ]);
        let nochange = Data::map([("timestamp", "1970-01-01T00:00:00Z".into())]);
        let expected = Data::map([
            ("duplicate", vec!["A.png"].into()),
            ("exists", "B.png".into()),
            ("nochange", nochange),
        ]);
        assert_eq!(list.data(), expected);
    }
}
