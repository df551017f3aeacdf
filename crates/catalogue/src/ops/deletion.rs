//! Deleting pages and files, and restoring them. What is deleted moves to tables of its own, where nothing that serves
//! or lists files and pages looks; its bytes stay where they are.

use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_core::{BlobKey, Data, Hashes, MediaInfo, Sha1, Timestamp};

use super::filter::{Direction, Filter};
use super::logs::NewLog;
use super::stash::{blob_key, hashes};
use super::{Act, changes, files, pages, protections};
use crate::value::values;
use crate::{DbError, Read, Row, Tx, Value};

/// A deleted version of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletedVersion {
    /// Its number among the deleted ones.
    pub id: i64,
    /// The file's name, with underscores.
    pub name: String,
    /// The name of the version, if it was an old one.
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

/// What was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// The entry of the log.
    pub log_id: i64,
    /// Versions of the file.
    pub versions: u64,
    /// Revisions of the page.
    pub revisions: u64,
}

/// What to restore of a title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Revisions of these times.
    pub timestamps: Vec<Timestamp>,
    /// Versions of these numbers.
    pub file_ids: Vec<i64>,
}

/// What was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Versions of the file.
    pub versions: i64,
    /// Revisions of the page.
    pub revisions: i64,
}

const CONTENT: &str = "name, archive_name, blob_key, size, sha1, sha256, mime, info_json, uploaded, user_id, user_name, \
    comment";
const DELETED: &str = "SELECT id, name, archive_name, blob_key, size, sha1, sha256, info_json, uploaded, user_id, \
    user_name, comment FROM deleted_versions";
const REVISION: &str = "id, page_id, parent_id, user_id, user_name, made, comment, content, minor";

fn deleted(row: &Row) -> Result<DeletedVersion, DbError> {
    Ok(DeletedVersion {
        id: row.int(0)?,
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

/// Deletes a page with all its revisions, and the file of that name with all its versions. `None` if neither is there.
pub fn delete(tx: &mut dyn Tx, title: &Title, act: &Act) -> Result<Option<Deleted>, DbError> {
    let page = pages::by_title(tx, title.ns(), title.dbkey())?;
    let versions = if title.ns() == ns::FILE { take_versions(tx, "name", title.dbkey(), act)? } else { 0 };
    if page.is_none() && versions == 0 {
        return Ok(None);
    }
    let revisions = match &page {
        Some(page) => take_page(tx, page)?,
        None => 0,
    };
    let page_id = page.map_or(0, |page| page.id);
    let log_id = note(tx, title, page_id, "delete", &act.comment, Data::map([]), act)?;
    Ok(Some(Deleted { log_id, versions, revisions }))
}

/// Deletes one old version of a file; `None` if there is no such version.
pub fn delete_version(
    tx: &mut dyn Tx,
    name: &FileTitle,
    archive_name: &str,
    act: &Act,
) -> Result<Option<Deleted>, DbError> {
    let theirs = files::archived(tx, archive_name)?.is_some_and(|version| version.name == name.dbkey());
    if !theirs {
        return Ok(None);
    }
    let versions = take_versions(tx, "archive_name", archive_name, act)?;
    let page_id = pages::by_title(tx, ns::FILE, name.dbkey())?.map_or(0, |page| page.id);
    let log_id = note(tx, &name.title(), page_id, "delete", &act.comment, Data::map([]), act)?;
    Ok(Some(Deleted { log_id, versions, revisions: 0 }))
}

/// Deletes the page of a redirect that is in the way of a move.
pub(super) fn delete_redirect(tx: &mut dyn Tx, page: &pages::PageRow, act: &Act) -> Result<(), DbError> {
    take_page(tx, page)?;
    let title = Title::from_db(page.ns, page.dbkey.as_str());
    note(tx, &title, page.id, "delete_redir", &act.comment, Data::map([]), act).map(drop)
}

fn note(
    tx: &mut dyn Tx,
    title: &Title,
    page_id: i64,
    action: &str,
    comment: &str,
    params: Data,
    act: &Act,
) -> Result<i64, DbError> {
    let entry = NewLog {
        log_type: "delete",
        action,
        now: act.now,
        user_id: act.user_id,
        user_name: &act.user_name,
        ns: title.ns(),
        dbkey: title.dbkey(),
        page_id,
        comment,
        params,
    };
    changes::logged_with_tags(tx, &entry, act.bot, 0, &act.tags)
}

/// Moves versions to the deleted ones; `column` is ours.
fn take_versions(tx: &mut dyn Tx, column: &str, value: &str, act: &Act) -> Result<u64, DbError> {
    tx.execute(
        &format!(
            "INSERT INTO deleted_versions (version_id, {CONTENT}, deleted) \
             SELECT id, {CONTENT}, ?2 FROM versions WHERE {column} = ?1 ORDER BY uploaded, id"
        ),
        values![value, act.now],
    )?;
    tx.execute(&format!("DELETE FROM versions WHERE {column} = ?1"), values![value])
}

/// Moves a page's revisions to the deleted ones, and removes the page.
fn take_page(tx: &mut dyn Tx, page: &pages::PageRow) -> Result<u64, DbError> {
    tx.execute(
        &format!(
            "INSERT INTO deleted_revisions ({REVISION}, ns, dbkey) \
             SELECT {REVISION}, ?2, ?3 FROM revisions WHERE page_id = ?1"
        ),
        values![page.id, i64::from(page.ns), &page.dbkey],
    )?;
    let revisions = tx.execute("DELETE FROM revisions WHERE page_id = ?1", values![page.id])?;
    protections::forget_page(tx, page.id)?;
    tx.execute("DELETE FROM pages WHERE id = ?1", values![page.id])?;
    Ok(revisions)
}

/// Restores what is selected of a title, or all of it where nothing is. Revisions join the page that is there, or make
/// one with its old number. Of the versions the newest becomes the current one, unless the file has one. `None` if
/// there is nothing to restore.
pub fn restore(
    tx: &mut dyn Tx,
    title: &Title,
    selection: &Selection,
    act: &Act,
) -> Result<Option<Restored>, DbError> {
    let all = *selection == Selection::default();
    let mut restored = Restored { versions: 0, revisions: 0 };
    if title.ns() == ns::FILE && (all || !selection.file_ids.is_empty()) {
        restored.versions = restore_versions(tx, title.dbkey(), &selection.file_ids)?;
    }
    if all || !selection.timestamps.is_empty() {
        restored.revisions = restore_revisions(tx, title, &selection.timestamps, act.now)?;
    }
    if restored == (Restored { versions: 0, revisions: 0 }) {
        return Ok(None);
    }
    let page_id = pages::by_title(tx, title.ns(), title.dbkey())?.map_or(0, |page| page.id);
    let count = Data::map([("revisions", restored.revisions.into()), ("files", restored.versions.into())]);
    note(tx, title, page_id, "restore", &act.comment, Data::map([("count", count)]), act)?;
    Ok(Some(restored))
}

/// Restores the versions of these numbers, or all if none are given; gives how many.
fn restore_versions(tx: &mut dyn Tx, name: &str, ids: &[i64]) -> Result<i64, DbError> {
    let mut filter = Filter::default();
    filter.add("name", "=", name);
    if !ids.is_empty() {
        filter.any_of("id", ids.iter().map(|id| Value::from(*id)).collect());
    }
    let sql = format!("{DELETED} WHERE {} ORDER BY uploaded DESC, id DESC", filter.sql());
    let rows = tx.query(&sql, &filter.values)?;
    let versions = rows.iter().map(deleted).collect::<Result<Vec<_>, _>>()?;
    let mut has_current = files::current(tx, name)?.is_some();
    for version in &versions {
        let archive_name = match &version.archive_name {
            _ if !has_current => None,
            Some(old) if files::archived(tx, old)?.is_none() => Some(old.clone()),
            _ => Some(files::free_archive_name(tx, name, version.timestamp)?),
        };
        has_current = true;
        tx.execute(
            &format!(
                "INSERT INTO versions (id, {CONTENT}) SELECT version_id, name, ?2, blob_key, size, sha1, sha256, mime, \
                 info_json, uploaded, user_id, user_name, comment FROM deleted_versions WHERE id = ?1"
            ),
            values![version.id, archive_name],
        )?;
        tx.execute("DELETE FROM deleted_versions WHERE id = ?1", values![version.id])?;
    }
    Ok(versions.len() as i64)
}

/// Restores the revisions of these times, or all if none are given; gives how many.
fn restore_revisions(
    tx: &mut dyn Tx,
    title: &Title,
    times: &[Timestamp],
    now: Timestamp,
) -> Result<i64, DbError> {
    let mut filter = Filter::default();
    filter.add("ns", "=", i64::from(title.ns()));
    filter.add("dbkey", "=", title.dbkey());
    if !times.is_empty() {
        filter.any_of("made", times.iter().map(|time| Value::from(*time)).collect());
    }
    let sql = format!(
        "SELECT id, page_id FROM deleted_revisions WHERE {} ORDER BY made DESC, id DESC",
        filter.sql()
    );
    let rows = tx.query(&sql, &filter.values)?;
    let Some(newest) = rows.first() else { return Ok(0) };
    let page = match pages::by_title(tx, title.ns(), title.dbkey())? {
        Some(page) => page.id,
        None => make_page(tx, title, newest.int(1)?, now)?,
    };
    for row in &rows {
        tx.execute(
            &format!(
                "INSERT INTO revisions ({REVISION}) SELECT id, ?2, parent_id, user_id, user_name, made, comment, \
                 content, minor FROM deleted_revisions WHERE id = ?1"
            ),
            values![row.int(0)?, page],
        )?;
        tx.execute("DELETE FROM deleted_revisions WHERE id = ?1", values![row.int(0)?])?;
    }
    let sql = "SELECT id, content FROM revisions WHERE page_id = ?1 ORDER BY made DESC, id DESC LIMIT 2";
    let shown = tx.query(sql, values![page])?;
    if let Some(newest) = shown.first() {
        pages::show(tx, page, newest.int(0)?, &newest.text(1)?, now, shown.len() == 1)?;
    }
    Ok(rows.len() as i64)
}

/// Makes the page of revisions that are to come back: with its old number, unless another page has it.
fn make_page(tx: &mut dyn Tx, title: &Title, old_id: i64, now: Timestamp) -> Result<i64, DbError> {
    let id = pages::by_id(tx, old_id)?.is_none().then_some(old_id);
    let (column, value) = if id.is_some() { ("id, ", "?4, ") } else { ("", "") };
    let sql = format!(
        "INSERT INTO pages ({column}ns, dbkey, latest_revision, length, touched, is_new) \
         VALUES ({value}?1, ?2, 0, 0, ?3, 0) RETURNING id"
    );
    let mut params = values![i64::from(title.ns()), title.dbkey(), now].to_vec();
    params.extend(id.map(Value::from));
    tx.first(&sql, &params)?.ok_or(DbError::Corrupt { what: "page" })?.int(0)
}

/// Whether versions of a file of this name are among the deleted ones.
pub(super) fn was_deleted(read: &mut dyn Read, name: &str) -> Result<bool, DbError> {
    Ok(read.first("SELECT id FROM deleted_versions WHERE name = ?1 LIMIT 1", values![name])?.is_some())
}

/// The name of the file that had this content and was deleted last.
pub(super) fn same_content(read: &mut dyn Read, wanted: &Hashes) -> Result<Option<String>, DbError> {
    let sql = "SELECT name FROM deleted_versions WHERE sha256 = ?1 AND size = ?2 ORDER BY id DESC LIMIT 1";
    let row = read.first(sql, values![&wanted.sha256.0[..], wanted.size as i64])?;
    row.map(|row| row.text(0)).transpose()
}

/// Which deleted versions to list.
#[derive(Clone, Debug, Default)]
pub struct DeletedFiles {
    /// By name from A on and each from its oldest version on, or backwards.
    pub direction: Direction,
    /// Names from this on, in the direction of the list.
    pub from: Option<String>,
    /// Names up to this, in the direction of the list.
    pub to: Option<String>,
    /// Names that begin so.
    pub prefix: Option<String>,
    /// With this content.
    pub sha1: Option<Sha1>,
    /// Where to go on: name, time and number of the first version to list.
    pub continue_at: Option<(String, Timestamp, i64)>,
    /// How many at most.
    pub limit: i64,
}

/// Lists deleted versions.
pub fn list(read: &mut dyn Read, wanted: &DeletedFiles) -> Result<Vec<DeletedVersion>, DbError> {
    let mut filter = Filter::default();
    filter.between("name", wanted.direction, wanted.from.as_deref(), wanted.to.as_deref());
    if let Some(prefix) = &wanted.prefix {
        filter.begins_with("name", prefix);
    }
    if let Some(sha1) = &wanted.sha1 {
        filter.add("sha1", "=", &sha1.0[..]);
    }
    if let Some((name, time, id)) = &wanted.continue_at {
        let strict = wanted.direction.after();
        let (name, time, id) =
            (filter.place(name.into()), filter.place((*time).into()), filter.place((*id).into()));
        filter.conditions.push(format!(
            "(name {strict} {name} OR (name = {name} AND (uploaded {strict} {time} OR (uploaded = {time} \
             AND id {strict}= {id}))))"
        ));
    }
    let direction = wanted.direction.sql();
    let limit = filter.place(wanted.limit.into());
    let sql = format!(
        "{DELETED} WHERE {} ORDER BY name {direction}, uploaded {direction}, id {direction} LIMIT {limit}",
        filter.sql()
    );
    read.query(&sql, &filter.values)?.iter().map(deleted).collect()
}
