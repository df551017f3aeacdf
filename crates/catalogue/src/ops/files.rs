//! Files: their versions, and what makes a version public.

use commonhold_core::title::{FileTitle, ns};
use commonhold_core::upload::{Candidate, Existing, VersionFact};
use commonhold_core::{BlobKey, Data, Hashes, MediaInfo, Timestamp};

use super::accounts;
use super::blobs;
use super::changes;
use super::deletion;
use super::filter::{Direction, Filter};
use super::logs::{self, NewLog};
use super::pages::{self, NewRevision};
use super::stash::{blob_key, hashes};
use crate::value::{json, values};
use crate::{DbError, Read, Row, Tx};

mod list;

pub use list::{AllImages, ImageSort, all_images};

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
    /// What the page's history says of it, should there be a page already.
    pub summary: Summary,
    /// Who uploads it.
    pub user_id: i64,
    /// The name at the time.
    pub user_name: String,
    /// Whether it is to be marked as a bot's.
    pub bot: bool,
    /// Tags that it is marked with.
    pub tags: Vec<String>,
    /// The current time. The version gets a later one if the file has versions of this time or after it.
    pub now: Timestamp,
}

/// What the history of a page says of a version that the page's file got.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Of a file's first version.
    pub first: String,
    /// Of a further one.
    pub further: String,
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

pub(super) const VERSION: &str = "SELECT id, name, archive_name, blob_key, size, sha1, sha256, info_json, uploaded, user_id, \
    user_name, comment FROM versions";

pub(super) fn version(row: &Row) -> Result<FileVersion, DbError> {
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

/// Waits until no other transaction is about to change this file or its page, and keeps others waiting.
pub fn lock(tx: &mut dyn Tx, name: &FileTitle) -> Result<(), DbError> {
    pages::lock(tx, ns::FILE, name.dbkey())
}

/// What is known of a name and a content.
pub fn existing(read: &mut dyn Read, candidate: &Candidate) -> Result<Existing, DbError> {
    let name = candidate.title.dbkey();
    let probes = candidate.probes();
    let fact = |v: &FileVersion| VersionFact { hashes: v.hashes, timestamp: v.timestamp };
    let current = current(read, name)?.as_ref().map(fact);
    let page_exists = pages::by_title(read, ns::FILE, name)?.is_some();
    let (mut old, mut duplicates, mut deleted_duplicate) = (Vec::new(), Vec::new(), None);
    if let Some(hashes) = &candidate.hashes {
        let sql = format!("{VERSION} WHERE sha256 = ?1 AND size = ?2 ORDER BY uploaded DESC, id DESC");
        for row in read.query(&sql, values![&hashes.sha256.0[..], hashes.size as i64])? {
            let same = version(&row)?;
            if same.archive_name.is_none() {
                duplicates.push(same.name);
            } else if same.name == name {
                old.push(fact(&same));
            }
        }
        duplicates.sort();
        deleted_duplicate = deletion::same_content(read, hashes)?;
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
        was_deleted: deletion::was_deleted(read, name)?,
        normalized,
        same_base,
        full_size,
        duplicates,
        // Nothing of another wiki is in the catalogue.
        shared_duplicates: Vec::new(),
        deleted_duplicate,
    })
}

fn exists(read: &mut dyn Read, name: &str) -> Result<bool, DbError> {
    let sql = "SELECT id FROM versions WHERE name = ?1 AND archive_name IS NULL";
    Ok(read.first(sql, values![name])?.is_some())
}

/// The current version of a file.
pub fn current(read: &mut dyn Read, name: &str) -> Result<Option<FileVersion>, DbError> {
    let sql = format!("{VERSION} WHERE name = ?1 AND archive_name IS NULL");
    read.first(&sql, values![name])?.as_ref().map(version).transpose()
}

/// The current version of a file, or of the one to which the page of that name redirects.
pub fn behind(read: &mut dyn Read, name: &str) -> Result<Option<FileVersion>, DbError> {
    if let Some(version) = current(read, name)? {
        return Ok(Some(version));
    }
    let redirect = pages::by_title(read, ns::FILE, name)?.and_then(|page| page.redirect);
    match redirect.filter(|redirect| redirect.target.ns() == ns::FILE) {
        Some(redirect) => current(read, redirect.target.dbkey()),
        None => Ok(None),
    }
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
         ORDER BY uploaded DESC, id DESC LIMIT ?4"
    );
    let newest = newest.map_or(i64::MAX, Timestamp::unix);
    let oldest = oldest.map_or(i64::MIN, Timestamp::unix);
    read.query(&sql, values![name, newest, oldest, limit])?.iter().map(version).collect()
}

/// Makes a version public: it becomes the current one, its predecessor an old one; the page gets its first revision or
/// one more that changes nothing; the log an entry, and a second one where the page is new; the uploader one more edit
/// where the page is new.
pub fn publish(tx: &mut dyn Tx, new: &Publication) -> Result<Published, DbError> {
    let name = new.name.dbkey();
    let moment = next_moment(tx, name, new.now)?;
    let overwrites = archive_current(tx, name, moment)?;
    let blob = if let Some(shared) = shared_blob(tx, &new.hashes)? {
        shared
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
            moment,
            new.user_id,
            &new.user_name,
            &new.comment,
        ],
    )?;
    let version = FileVersion {
        version_id: row.ok_or(DbError::Corrupt { what: "version" })?.int(0)?,
        name: name.to_owned(),
        archive_name: None,
        blob_key: blob,
        hashes: new.hashes,
        info,
        timestamp: moment,
        user_id: new.user_id,
        user_name: new.user_name.clone(),
        comment: new.comment.clone(),
    };
    let (page_id, page_created) = note_publication(tx, new, moment, overwrites)?;
    Ok(Published { version, page_id, page_created })
}

/// Page, log and count of a publication; gives the page, and whether it was made. `moment` is the version's time; what
/// is noted has the time at which it is, so that the log stays in order.
fn note_publication(
    tx: &mut dyn Tx,
    new: &Publication,
    moment: Timestamp,
    overwrites: bool,
) -> Result<(i64, bool), DbError> {
    let name = new.name.dbkey();
    let page = pages::by_title(tx, ns::FILE, name)?;
    let content = match &page {
        Some(page) => pages::text(tx, page)?.unwrap_or_default(),
        None => new.page_text.clone(),
    };
    let summary = match &page {
        Some(_) if overwrites => &new.summary.further,
        Some(_) => &new.summary.first,
        None => &new.comment,
    };
    let revision = NewRevision {
        user_id: new.user_id,
        user_name: &new.user_name,
        comment: summary,
        content: &content,
        minor: false,
        now: new.now,
    };
    let (page_id, revision_id) = pages::save(tx, page.as_ref(), (ns::FILE, name), &revision)?;
    let entry = NewLog {
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
            ("img_timestamp", moment.iso().into()),
        ]),
    };
    changes::logged_with_tags(tx, &entry, new.bot, revision_id, &new.tags)?;
    if page.is_none() {
        logs::insert(tx, &NewLog { log_type: "create", action: "create", params: Data::map([]), ..entry })?;
        // MediaWiki counts pages that are made, not files that are overwritten.
        accounts::count_edit(tx, new.user_id)?;
    }
    Ok((page_id, page.is_none()))
}

/// The blob that holds these bytes already, be it for a deleted version: the same bytes are kept once.
fn shared_blob(read: &mut dyn Read, hashes: &Hashes) -> Result<Option<BlobKey>, DbError> {
    for table in ["versions", "deleted_versions"] {
        let sql = format!("SELECT blob_key FROM {table} WHERE sha256 = ?1 AND size = ?2 ORDER BY id LIMIT 1");
        if let Some(row) = read.first(&sql, values![&hashes.sha256.0[..], hashes.size as i64])? {
            return blob_key(&row, 0).map(Some);
        }
    }
    Ok(None)
}

/// The time that the next version of a file gets: now, but after all versions that it has or had.
fn next_moment(read: &mut dyn Read, name: &str, now: Timestamp) -> Result<Timestamp, DbError> {
    let mut moment = now;
    for table in ["versions", "deleted_versions"] {
        let sql = format!("SELECT MAX(uploaded) FROM {table} WHERE name = ?1");
        let last = read.first(&sql, values![name])?.map(|row| row.opt_int(0)).transpose()?.flatten();
        if let Some(last) = last {
            moment = moment.max(Timestamp::from_unix(last) + 1);
        }
    }
    Ok(moment)
}

/// Makes the current version an old one; `false` if there is none.
fn archive_current(tx: &mut dyn Tx, name: &str, moment: Timestamp) -> Result<bool, DbError> {
    let Some(current) = current(tx, name)? else { return Ok(false) };
    let archive_name = free_archive_name(tx, name, moment)?;
    tx.execute(
        "UPDATE versions SET archive_name = ?2 WHERE id = ?1",
        values![current.version_id, archive_name],
    )?;
    Ok(true)
}

/// A name for an old version that was superseded at a time, or as soon after it as no other has that name.
pub(super) fn free_archive_name(
    read: &mut dyn Read,
    name: &str,
    mut moment: Timestamp,
) -> Result<String, DbError> {
    loop {
        let archive_name = format!("{}!{name}", moment.mw14());
        if archived(read, &archive_name)?.is_none() {
            return Ok(archive_name);
        }
        moment = moment + 1;
    }
}

/// Other files with the content of a file, by name: at most `limit`, from a name on.
pub fn duplicates(
    read: &mut dyn Read,
    of: &FileVersion,
    direction: Direction,
    from: Option<&str>,
    limit: i64,
) -> Result<Vec<FileVersion>, DbError> {
    let mut filter = Filter::default();
    filter.conditions.push("archive_name IS NULL".to_owned());
    filter.add("sha256", "=", &of.hashes.sha256.0[..]);
    filter.add("size", "=", of.hashes.size as i64);
    filter.add("name", "<>", &of.name);
    filter.between("name", direction, from, None);
    let limit = filter.place(limit.into());
    let sql = format!("{VERSION} WHERE {} ORDER BY name {} LIMIT {limit}", filter.sql(), direction.sql());
    read.query(&sql, &filter.values)?.iter().map(version).collect()
}
