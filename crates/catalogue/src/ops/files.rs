//! Files: their versions, and what makes a version public.

use commonhold_core::title::{FileTitle, ns};
use commonhold_core::upload::{Candidate, Existing, VersionFact};
use commonhold_core::{BlobKey, Data, Hashes, MediaInfo, Sha1, Timestamp};

use super::accounts;
use super::blobs;
use super::logs::{self, NewLog};
use super::pages::{self, NewRevision};
use super::stash::{blob_key, hashes};
use crate::value::{json, values};
use crate::{DbError, Read, Row, Tx, Value};

/// A version of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileVersion {
    /// Its number.
    pub version_id: i64,
    /// The file's name, with underscores.
    pub name: String,
    /// For an old version: the time at which it was superseded, `!`, and the name.
    pub archive_name: Option<String>,
    /// Where its bytes are.
    pub blob_key: BlobKey,
    /// Length and hashes.
    pub hashes: Hashes,
    /// What it is.
    pub info: MediaInfo,
    /// When it was uploaded.
    pub timestamp: Timestamp,
    /// Who uploaded it.
    pub user_id: i64,
    /// The name at the time.
    pub user_name: String,
    /// Upload comment.
    pub comment: String,
}

/// A version to be made public.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The file's name.
    pub name: FileTitle,
    /// Where its bytes are.
    pub blob_key: BlobKey,
    /// Length and hashes.
    pub hashes: Hashes,
    /// What it is.
    pub info: MediaInfo,
    /// Upload comment.
    pub comment: String,
    /// Text of the description page, should there be none.
    pub page_text: String,
    /// Who uploads it.
    pub user_id: i64,
    /// The name at the time.
    pub user_name: String,
    /// The current time.
    pub now: Timestamp,
}

/// A version that was made public.
#[derive(Clone, Debug)]
pub struct Published {
    /// The version. Its blob is an older one where that holds the same bytes.
    pub version: FileVersion,
    /// The description page.
    pub page_id: i64,
    /// Whether the page was made for it.
    pub page_created: bool,
}

/// The order of `list=allimages`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImageSort {
    /// By name.
    #[default]
    Name,
    /// By the time of upload, then by name.
    Timestamp,
}

/// What to list of all files.
#[derive(Clone, Debug, Default)]
pub struct AllImages {
    /// The order.
    pub sort: ImageSort,
    /// Backwards.
    pub descending: bool,
    /// Names from this on, in the direction of the list.
    pub from: Option<String>,
    /// Names up to this, in the direction of the list.
    pub to: Option<String>,
    /// Names that begin so.
    pub prefix: Option<String>,
    /// Times from this on, in the direction of the list.
    pub start: Option<Timestamp>,
    /// Times up to this, in the direction of the list.
    pub end: Option<Timestamp>,
    /// Uploaded by this user.
    pub user: Option<String>,
    /// Only of users in the group `bot`, or only of others.
    pub bots: Option<bool>,
    /// At least this many bytes.
    pub min_size: Option<i64>,
    /// At most this many bytes.
    pub max_size: Option<i64>,
    /// With this content.
    pub sha1: Option<Sha1>,
    /// Of one of these types, if any are given.
    pub mime: Vec<String>,
    /// Where to go on: the first file to list, with its time where that is the order.
    pub continue_at: Option<(Timestamp, String)>,
    /// How many at most.
    pub limit: i64,
}

const VERSION: &str = "SELECT id, name, archive_name, blob_key, size, sha1, sha256, info_json, uploaded, user_id, \
    user_name, comment FROM versions";

fn version(row: &Row) -> Result<FileVersion, DbError> {
    Ok(FileVersion {
        version_id: row.int(0)?,
        name: row.text(1)?,
        archive_name: row.opt_text(2)?,
        blob_key: blob_key(row, 3)?,
        hashes: hashes(row, 4)?,
        info: row.json(7, "media description")?,
        timestamp: row.time(8)?,
        user_id: row.int(9)?,
        user_name: row.text(10)?,
        comment: row.text(11)?,
    })
}

/// What can be kept as JSON, which has no infinities and no NaN. Cameras without a fix write coordinates of 0/0.
pub(crate) fn storable(info: &MediaInfo) -> MediaInfo {
    fn clean(data: &mut Data) {
        match data {
            Data::Float(number) if !number.is_finite() => *data = Data::Null,
            Data::List(items) => items.iter_mut().for_each(clean),
            Data::Map(entries) => entries.iter_mut().for_each(|(_, value)| clean(value)),
            _ => {}
        }
    }
    let mut info = info.clone();
    if !info.duration.is_finite() {
        info.duration = 0.0;
    }
    info.metadata.iter_mut().for_each(clean);
    clean(&mut info.common);
    info
}

/// Waits until no other transaction is about to change this file, and keeps others waiting.
pub fn lock(tx: &mut dyn Tx, name: &FileTitle) -> Result<(), DbError> {
    tx.lock(&format!("file:{}", name.dbkey()))
}

/// What is known of a name and a content.
pub fn existing(read: &mut dyn Read, candidate: &Candidate) -> Result<Existing, DbError> {
    let name = candidate.title.dbkey();
    let probes = candidate.probes();
    let fact = |v: &FileVersion| VersionFact { hashes: v.hashes, timestamp: v.timestamp };
    let current = current(read, name)?.as_ref().map(fact);
    let page_exists = !pages::by_titles(read, &[(ns::FILE, name.to_owned())])?.is_empty();
    let (mut old, mut duplicates) = (Vec::new(), Vec::new());
    if let Some(hashes) = &candidate.hashes {
        let sql = format!("{VERSION} WHERE sha256 = ?1 AND size = ?2 ORDER BY id DESC");
        for row in read.query(&sql, values![&hashes.sha256.0[..], hashes.size as i64])? {
            let same = version(&row)?;
            if same.archive_name.is_none() {
                duplicates.push(same.name);
            } else if same.name == name {
                old.push(fact(&same));
            }
        }
        duplicates.sort();
    }
    let normalized = match probes.normalized {
        Some(name) if exists(read, &name)? => Some(name),
        _ => None,
    };
    let full_size = match probes.full_size {
        Some(name) => exists(read, &name)?,
        None => false,
    };
    let mut alike = Filter::default();
    alike.begins_with("name", &probes.base);
    let sql = format!(
        "SELECT name FROM versions WHERE archive_name IS NULL AND {} ORDER BY name LIMIT 1",
        alike.conditions.join(" AND ")
    );
    let same_base = read.first(&sql, &alike.values)?.map(|row| row.text(0)).transpose()?;
    Ok(Existing {
        current,
        page_exists,
        old,
        was_deleted: false,
        normalized,
        same_base,
        full_size,
        duplicates,
        deleted_duplicate: None,
    })
}

fn exists(read: &mut dyn Read, name: &str) -> Result<bool, DbError> {
    let sql = "SELECT id FROM versions WHERE name = ?1 AND archive_name IS NULL";
    Ok(read.first(sql, values![name])?.is_some())
}

/// The first text after all those that begin with a prefix, by bytes; `None` where there is no such text.
fn prefix_end(prefix: &str) -> Option<String> {
    let mut end = prefix.trim_end_matches(char::MAX).to_owned();
    let last = end.pop()?;
    // The next character; not always the next number, for there are no surrogates.
    end.push((last..=char::MAX).nth(1)?);
    Some(end)
}

/// The current version of a file.
pub fn current(read: &mut dyn Read, name: &str) -> Result<Option<FileVersion>, DbError> {
    let sql = format!("{VERSION} WHERE name = ?1 AND archive_name IS NULL");
    read.first(&sql, values![name])?.as_ref().map(version).transpose()
}

/// An old version of a file.
pub fn archived(read: &mut dyn Read, archive_name: &str) -> Result<Option<FileVersion>, DbError> {
    let sql = format!("{VERSION} WHERE archive_name = ?1");
    read.first(&sql, values![archive_name])?.as_ref().map(version).transpose()
}

/// A version by its number.
pub fn by_id(read: &mut dyn Read, version_id: i64) -> Result<Option<FileVersion>, DbError> {
    read.first(&format!("{VERSION} WHERE id = ?1"), values![version_id])?.as_ref().map(version).transpose()
}

/// The old versions of a file that were uploaded between two times, newest first.
pub fn old_versions(
    read: &mut dyn Read,
    name: &str,
    newest: Option<Timestamp>,
    oldest: Option<Timestamp>,
    limit: i64,
) -> Result<Vec<FileVersion>, DbError> {
    let sql = format!(
        "{VERSION} WHERE name = ?1 AND archive_name IS NOT NULL AND uploaded <= ?2 AND uploaded >= ?3 \
         ORDER BY id DESC LIMIT ?4"
    );
    let newest = newest.map_or(i64::MAX, Timestamp::unix);
    let oldest = oldest.map_or(i64::MIN, Timestamp::unix);
    read.query(&sql, values![name, newest, oldest, limit])?.iter().map(version).collect()
}

/// Makes a version public: it becomes the current one, its predecessor an old one; the page gets its first revision or
/// one more that changes nothing; the log an entry; the uploader one more edit where the page is new.
pub fn publish(tx: &mut dyn Tx, new: &Publication) -> Result<Published, DbError> {
    let name = new.name.dbkey();
    let overwrites = archive_current(tx, name, new.now)?;
    // The same bytes are kept once.
    let sql = "SELECT blob_key FROM versions WHERE sha256 = ?1 AND size = ?2 ORDER BY id LIMIT 1";
    let shared = tx.first(sql, values![&new.hashes.sha256.0[..], new.hashes.size as i64])?;
    let blob = if let Some(row) = shared {
        blob_key(&row, 0)?
    } else {
        blobs::admit(tx, &new.blob_key)?;
        new.blob_key.clone()
    };
    let info = storable(&new.info);
    let row = tx.first(
        "INSERT INTO versions (name, archive_name, blob_key, size, sha1, sha256, mime, info_json, uploaded, user_id, \
         user_name, comment) VALUES (?1, NULL, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING id",
        values![
            name,
            blob.as_str(),
            new.hashes.size as i64,
            &new.hashes.sha1.0[..],
            &new.hashes.sha256.0[..],
            &info.mime,
            json(&info, "media description")?,
            new.now,
            new.user_id,
            &new.user_name,
            &new.comment,
        ],
    )?;
    let version_id = row.ok_or(DbError::Corrupt { what: "version" })?.int(0)?;
    let page = pages::by_titles(tx, &[(ns::FILE, name.to_owned())])?.pop();
    let page_created = page.is_none();
    let content = match &page {
        Some(page) => pages::text(tx, page)?.unwrap_or_default(),
        None => new.page_text.clone(),
    };
    let revision = NewRevision {
        user_id: new.user_id,
        user_name: &new.user_name,
        comment: &new.comment,
        content: &content,
        now: new.now,
    };
    let page_id = match &page {
        Some(page) => {
            pages::revise(tx, page, &revision)?;
            page.id
        }
        None => pages::create(tx, ns::FILE, name, &revision)?,
    };
    logs::insert(
        tx,
        &NewLog {
            log_type: "upload",
            action: if overwrites { "overwrite" } else { "upload" },
            now: new.now,
            user_id: new.user_id,
            user_name: &new.user_name,
            ns: ns::FILE,
            dbkey: name,
            page_id,
            comment: &new.comment,
            params: Data::map([
                ("img_sha1", new.hashes.sha1.base36().into()),
                ("img_timestamp", new.now.iso().into()),
            ]),
        },
    )?;
    // MediaWiki counts pages that are made, not files that are overwritten.
    if page_created {
        accounts::count_edit(tx, new.user_id)?;
    }
    let version = FileVersion {
        version_id,
        name: name.to_owned(),
        archive_name: None,
        blob_key: blob,
        hashes: new.hashes,
        info,
        timestamp: new.now,
        user_id: new.user_id,
        user_name: new.user_name.clone(),
        comment: new.comment.clone(),
    };
    Ok(Published { version, page_id, page_created })
}

/// Makes the current version an old one; `false` if there is none.
fn archive_current(tx: &mut dyn Tx, name: &str, now: Timestamp) -> Result<bool, DbError> {
    let Some(current) = current(tx, name)? else { return Ok(false) };
    let mut moment = now;
    let archive_name = loop {
        let archive_name = format!("{}!{name}", moment.mw14());
        if archived(tx, &archive_name)?.is_none() {
            break archive_name;
        }
        // Overwritten twice within a second.
        moment = moment + 1;
    };
    tx.execute(
        "UPDATE versions SET archive_name = ?2 WHERE id = ?1",
        values![current.version_id, archive_name],
    )?;
    Ok(true)
}

/// Lists current versions.
pub fn all_images(read: &mut dyn Read, wanted: &AllImages) -> Result<Vec<FileVersion>, DbError> {
    let mut filter = Filter::default();
    let (from, to) = if wanted.descending { ("<=", ">=") } else { (">=", "<=") };
    if let Some(name) = &wanted.from {
        filter.add("name", from, name.into());
    }
    if let Some(name) = &wanted.to {
        filter.add("name", to, name.into());
    }
    if let Some(prefix) = &wanted.prefix {
        filter.begins_with("name", prefix);
    }
    if let Some(time) = wanted.start {
        filter.add("uploaded", from, time.into());
    }
    if let Some(time) = wanted.end {
        filter.add("uploaded", to, time.into());
    }
    if let Some(user) = &wanted.user {
        filter.add("user_name", "=", user.into());
    }
    if let Some(bots) = wanted.bots {
        let not = if bots { "" } else { "NOT " };
        let place = filter.place("\"bot\"".into());
        // LIKE would be blind to case, but on SQLite only.
        filter.conditions.push(format!(
            "user_id {not}IN (SELECT id FROM users WHERE REPLACE(groups_json, {place}, '') <> groups_json)"
        ));
    }
    if let Some(size) = wanted.min_size {
        filter.add("size", ">=", size.into());
    }
    if let Some(size) = wanted.max_size {
        filter.add("size", "<=", size.into());
    }
    if let Some(sha1) = &wanted.sha1 {
        filter.add("sha1", "=", sha1.0.to_vec().into());
    }
    if !wanted.mime.is_empty() {
        filter.any_of("mime", wanted.mime.iter().map(Value::from).collect());
    }
    let strict = if wanted.descending { "<" } else { ">" };
    match (&wanted.continue_at, wanted.sort) {
        (Some((_, name)), ImageSort::Name) => filter.add("name", from, name.into()),
        (Some((time, name)), ImageSort::Timestamp) => {
            filter.after(("uploaded", (*time).into()), ("name", name.into()), strict);
        }
        (None, _) => {}
    }
    let direction = if wanted.descending { "DESC" } else { "ASC" };
    let order = match wanted.sort {
        ImageSort::Name => format!("name {direction}"),
        ImageSort::Timestamp => format!("uploaded {direction}, name {direction}"),
    };
    let Filter { mut conditions, mut values } = filter;
    conditions.insert(0, "archive_name IS NULL".to_owned());
    values.push(wanted.limit.into());
    let sql =
        format!("{VERSION} WHERE {} ORDER BY {order} LIMIT ?{}", conditions.join(" AND "), values.len());
    read.query(&sql, &values)?.iter().map(version).collect()
}

/// Conditions with their values. Column names and operators are ours; only values come from outside.
#[derive(Default)]
struct Filter {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Filter {
    fn place(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    fn add(&mut self, column: &str, operator: &str, value: Value) {
        let place = self.place(value);
        self.conditions.push(format!("{column} {operator} {place}"));
    }

    fn begins_with(&mut self, column: &str, prefix: &str) {
        self.add(column, ">=", prefix.into());
        if let Some(end) = prefix_end(prefix) {
            self.add(column, "<", end.into());
        }
    }

    fn any_of(&mut self, column: &str, values: Vec<Value>) {
        let places: Vec<String> = values.into_iter().map(|value| self.place(value)).collect();
        self.conditions.push(format!("{column} IN ({})", places.join(", ")));
    }

    /// Rows from these values of two columns on.
    fn after(&mut self, first: (&str, Value), second: (&str, Value), strict: &str) {
        let (a, b) = (self.place(first.1), self.place(second.1));
        let (first, second) = (first.0, second.0);
        self.conditions.push(format!("({first} {strict} {a} OR ({first} = {a} AND {second} {strict}= {b}))"));
    }
}
