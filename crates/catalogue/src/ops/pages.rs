//! Pages and their revisions.

use commonhold_core::Timestamp;

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

const PAGE: &str = "SELECT id, ns, dbkey, latest_revision, length, touched, is_new FROM pages";

fn page(row: &Row) -> Result<PageRow, DbError> {
    Ok(PageRow {
        id: row.int(0)?,
        ns: i32::try_from(row.int(1)?).map_err(|_| DbError::Corrupt { what: "namespace" })?,
        dbkey: row.text(2)?,
        latest_revision: row.int(3)?,
        length: row.int(4)?,
        touched: row.time(5)?,
        is_new: row.int(6)? != 0,
    })
}

/// The pages of these titles that exist.
pub fn by_titles(read: &mut dyn Read, titles: &[(i32, String)]) -> Result<Vec<PageRow>, DbError> {
    let mut found = Vec::new();
    for (ns, dbkey) in titles {
        let sql = format!("{PAGE} WHERE ns = ?1 AND dbkey = ?2");
        if let Some(row) = read.first(&sql, values![i64::from(*ns), dbkey])? {
            found.push(page(&row)?);
        }
    }
    Ok(found)
}

/// The pages of these numbers that exist.
pub fn by_ids(read: &mut dyn Read, ids: &[i64]) -> Result<Vec<PageRow>, DbError> {
    let mut found = Vec::new();
    for id in ids {
        if let Some(row) = read.first(&format!("{PAGE} WHERE id = ?1"), values![*id])? {
            found.push(page(&row)?);
        }
    }
    Ok(found)
}

/// The newest text of a page.
pub fn text(read: &mut dyn Read, page: &PageRow) -> Result<Option<String>, DbError> {
    let sql = "SELECT content FROM revisions WHERE id = ?1";
    read.first(sql, values![page.latest_revision])?.map(|row| row.text(0)).transpose()
}

/// Makes a page with its first revision, and gives the page's number.
pub fn create(tx: &mut dyn Tx, ns: i32, dbkey: &str, first: &NewRevision<'_>) -> Result<i64, DbError> {
    let row = tx.first(
        "INSERT INTO pages (ns, dbkey, latest_revision, length, touched, is_new) VALUES (?1, ?2, 0, ?3, ?4, 1) \
         RETURNING id",
        values![i64::from(ns), dbkey, first.content.len() as i64, first.now],
    )?;
    let id = row.ok_or(DbError::Corrupt { what: "page" })?.int(0)?;
    let revision = insert_revision(tx, id, 0, first)?;
    tx.execute("UPDATE pages SET latest_revision = ?2 WHERE id = ?1", values![id, revision])?;
    Ok(id)
}

/// Adds a revision to a page.
pub fn revise(tx: &mut dyn Tx, page: &PageRow, new: &NewRevision<'_>) -> Result<i64, DbError> {
    let revision = insert_revision(tx, page.id, page.latest_revision, new)?;
    tx.execute(
        "UPDATE pages SET latest_revision = ?2, length = ?3, touched = ?4, is_new = 0 WHERE id = ?1",
        values![page.id, revision, new.content.len() as i64, new.now],
    )?;
    Ok(revision)
}

fn insert_revision(
    tx: &mut dyn Tx,
    page_id: i64,
    parent: i64,
    new: &NewRevision<'_>,
) -> Result<i64, DbError> {
    let row = tx.first(
        "INSERT INTO revisions (page_id, parent_id, user_id, user_name, made, comment, content) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
        values![page_id, parent, new.user_id, new.user_name, new.now, new.comment, new.content],
    )?;
    row.ok_or(DbError::Corrupt { what: "revision" })?.int(0)
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
