//! Pages and their revisions.

use commonhold_core::title::Title;
use commonhold_core::{Redirect, Timestamp};

pub use super::filter::Direction;
use super::filter::Filter;
use super::protections;
use crate::value::values;
use crate::{DbError, Read, Row, Tx, Value};

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRow {
    /// Its number.
    pub id: i64,
    /// Its namespace.
    pub ns: i32,
    /// Its title without the namespace.
    pub dbkey: String,
    /// Its newest revision.
    pub latest_revision: i64,
    /// Bytes of its text.
    pub length: i64,
    /// When it, or what it shows, last changed.
    pub touched: Timestamp,
    /// Whether it has one revision only.
    pub is_new: bool,
    /// Where its text sends readers.
    pub redirect: Option<Redirect>,
}

/// A revision to be made.
#[derive(Clone, Debug)]
pub struct NewRevision<'a> {
    /// Who.
    pub user_id: i64,
    /// The name at the time.
    pub user_name: &'a str,
    /// Why.
    pub comment: &'a str,
    /// The whole text.
    pub content: &'a str,
    /// Whether the user calls it minor.
    pub minor: bool,
    /// When.
    pub now: Timestamp,
}

/// Numbers of what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Pages.
    pub pages: i64,
    /// Revisions.
    pub edits: i64,
    /// Files.
    pub images: i64,
    /// Accounts.
    pub users: i64,
    /// Accounts in the group `sysop`.
    pub admins: i64,
}

pub(super) const PAGE: &str = "SELECT id, ns, dbkey, latest_revision, length, touched, is_new, redirect_ns, \
    redirect_dbkey, redirect_fragment FROM pages";

pub(super) fn page(row: &Row) -> Result<PageRow, DbError> {
    let redirect = match row.opt_text(8)? {
        Some(dbkey) => {
            Some(Redirect { target: Title::from_db(row.namespace(7)?, dbkey), fragment: row.opt_text(9)? })
        }
        None => None,
    };
    Ok(PageRow {
        id: row.int(0)?,
        ns: row.namespace(1)?,
        dbkey: row.text(2)?,
        latest_revision: row.int(3)?,
        length: row.int(4)?,
        touched: row.time(5)?,
        is_new: row.int(6)? != 0,
        redirect,
    })
}

/// The pages of these titles that exist.
pub fn by_titles(read: &mut dyn Read, titles: &[(i32, String)]) -> Result<Vec<PageRow>, DbError> {
    let mut found = Vec::new();
    for (ns, dbkey) in titles {
        found.extend(by_title(read, *ns, dbkey)?);
    }
    Ok(found)
}

/// The page of a number.
pub fn by_id(read: &mut dyn Read, id: i64) -> Result<Option<PageRow>, DbError> {
    read.first(&format!("{PAGE} WHERE id = ?1"), values![id])?.as_ref().map(page).transpose()
}

/// The pages of these numbers that exist.
pub fn by_ids(read: &mut dyn Read, ids: &[i64]) -> Result<Vec<PageRow>, DbError> {
    let mut found = Vec::new();
    for id in ids {
        found.extend(by_id(read, *id)?);
    }
    Ok(found)
}

/// The newest text of a page.
pub fn text(read: &mut dyn Read, page: &PageRow) -> Result<Option<String>, DbError> {
    let sql = "SELECT content FROM revisions WHERE id = ?1";
    read.first(sql, values![page.latest_revision])?.map(|row| row.text(0)).transpose()
}

/// Waits until no other transaction is about to change this page or its file, and keeps others waiting. Who changes
/// several takes their locks in the order of their titles.
pub fn lock(tx: &mut dyn Tx, ns: i32, dbkey: &str) -> Result<(), DbError> {
    tx.lock(&format!("page:{ns}:{dbkey}"))
}

/// The page of a title.
pub fn by_title(read: &mut dyn Read, ns: i32, dbkey: &str) -> Result<Option<PageRow>, DbError> {
    let sql = format!("{PAGE} WHERE ns = ?1 AND dbkey = ?2");
    read.first(&sql, values![i64::from(ns), dbkey])?.as_ref().map(page).transpose()
}

/// Makes a page with its first revision, and gives the page's number.
pub fn create(tx: &mut dyn Tx, ns: i32, dbkey: &str, first: &NewRevision<'_>) -> Result<i64, DbError> {
    protections::set_title(tx, ns, dbkey, None)?;
    let row = tx.first(
        "INSERT INTO pages (ns, dbkey, latest_revision, length, touched, is_new) VALUES (?1, ?2, 0, 0, ?3, 1) \
         RETURNING id",
        values![i64::from(ns), dbkey, first.now],
    )?;
    let id = row.ok_or(DbError::Corrupt { what: "page" })?.int(0)?;
    let revision = insert_revision(tx, id, 0, first)?;
    show(tx, id, revision, first.content, first.now, true)?;
    Ok(id)
}

/// Adds a revision to a page, and gives its number. It is never older than the one before.
pub fn revise(tx: &mut dyn Tx, page: &PageRow, new: &NewRevision<'_>) -> Result<i64, DbError> {
    let sql = "SELECT made FROM revisions WHERE id = ?1";
    let before = tx.first(sql, values![page.latest_revision])?.map(|row| row.time(0)).transpose()?;
    let new = NewRevision { now: before.map_or(new.now, |before| before.max(new.now)), ..new.clone() };
    let revision = insert_revision(tx, page.id, page.latest_revision, &new)?;
    show(tx, page.id, revision, new.content, new.now, false)?;
    Ok(revision)
}

/// Adds a revision to a page, or makes the page where there is none; gives the numbers of page and revision.
pub(super) fn save(
    tx: &mut dyn Tx,
    page: Option<&PageRow>,
    (ns, dbkey): (i32, &str),
    new: &NewRevision<'_>,
) -> Result<(i64, i64), DbError> {
    if let Some(page) = page {
        return Ok((page.id, revise(tx, page, new)?));
    }
    let id = create(tx, ns, dbkey, new)?;
    Ok((id, by_id(tx, id)?.ok_or(DbError::Corrupt { what: "page" })?.latest_revision))
}

/// Makes a revision the one that a page shows.
pub(super) fn show(
    tx: &mut dyn Tx,
    page_id: i64,
    revision: i64,
    content: &str,
    now: Timestamp,
    is_new: bool,
) -> Result<(), DbError> {
    let redirect = Redirect::read(content);
    let target = redirect.as_ref().map(|redirect| &redirect.target);
    tx.execute(
        "UPDATE pages SET latest_revision = ?2, length = ?3, touched = ?4, is_new = ?5, redirect_ns = ?6, \
         redirect_dbkey = ?7, redirect_fragment = ?8 WHERE id = ?1",
        values![
            page_id,
            revision,
            content.len() as i64,
            now,
            is_new,
            target.map(|title| i64::from(title.ns())),
            target.map(Title::dbkey),
            redirect.as_ref().and_then(|redirect| redirect.fragment.as_deref()),
        ],
    )?;
    Ok(())
}

fn insert_revision(
    tx: &mut dyn Tx,
    page_id: i64,
    parent: i64,
    new: &NewRevision<'_>,
) -> Result<i64, DbError> {
    let row = tx.first(
        "INSERT INTO revisions (page_id, parent_id, user_id, user_name, made, comment, content, minor) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
        values![page_id, parent, new.user_id, new.user_name, new.now, new.comment, new.content, new.minor],
    )?;
    row.ok_or(DbError::Corrupt { what: "revision" })?.int(0)
}

/// Which pages to list.
#[derive(Clone, Debug, Default)]
pub struct AllPages {
    /// By name from A on, or backwards.
    pub direction: Direction,
    /// In this namespace.
    pub ns: i32,
    /// Names from this on, in the direction of the list.
    pub from: Option<String>,
    /// Names up to this, in the direction of the list.
    pub to: Option<String>,
    /// Names that begin so.
    pub prefix: Option<String>,
    /// At least this many bytes.
    pub min_size: Option<i64>,
    /// At most this many bytes.
    pub max_size: Option<i64>,
    /// Only pages that redirect, or only others.
    pub redirect: Option<bool>,
    /// Where to go on: the first page to list.
    pub continue_at: Option<String>,
    /// How many at most.
    pub limit: i64,
}

/// Lists pages by name.
pub fn all(read: &mut dyn Read, wanted: &AllPages) -> Result<Vec<PageRow>, DbError> {
    let mut filter = Filter::default();
    filter.add("ns", "=", i64::from(wanted.ns));
    filter.between("dbkey", wanted.direction, wanted.from.as_deref(), wanted.to.as_deref());
    filter.between("dbkey", wanted.direction, wanted.continue_at.as_deref(), None);
    if let Some(prefix) = &wanted.prefix {
        filter.begins_with("dbkey", prefix);
    }
    filter.between("length", Direction::Ascending, wanted.min_size, wanted.max_size);
    if let Some(redirect) = wanted.redirect {
        filter.conditions.push(format!("redirect_dbkey IS {}NULL", if redirect { "NOT " } else { "" }));
    }
    let direction = wanted.direction.sql();
    let limit = filter.place(wanted.limit.into());
    let sql = format!("{PAGE} WHERE {} ORDER BY dbkey {direction} LIMIT {limit}", filter.sql());
    read.query(&sql, &filter.values)?.iter().map(page).collect()
}

/// Numbers of what is there.
pub fn statistics(read: &mut dyn Read) -> Result<Statistics, DbError> {
    let mut count = |sql: &str, params: &[Value]| -> Result<i64, DbError> {
        read.first(sql, params)?.map_or(Ok(0), |row| row.int(0))
    };
    Ok(Statistics {
        pages: count("SELECT COUNT(*) FROM pages", &[])?,
        edits: count("SELECT COUNT(*) FROM revisions", &[])?,
        images: count("SELECT COUNT(*) FROM versions WHERE archive_name IS NULL", &[])?,
        users: count("SELECT COUNT(*) FROM users", &[])?,
        // LIKE would be blind to case, but on SQLite only.
        admins: count(
            "SELECT COUNT(*) FROM users WHERE REPLACE(groups_json, ?1, '') <> groups_json",
            values!["\"sysop\""],
        )?,
    })
}
