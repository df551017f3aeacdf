//! The log of what was done.

use commonhold_core::{Data, Timestamp};

use crate::value::{json, values};
use crate::{DbError, Read, Tx};

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct NewLog<'a> {
    /// Type, such as `upload`.
    pub log_type: &'a str,
    /// Action, such as `overwrite`.
    pub action: &'a str,
    /// When.
    pub now: Timestamp,
    /// Who.
    pub user_id: i64,
    /// The name at the time.
    pub user_name: &'a str,
    /// The page it was done to.
    pub ns: i32,
    /// The page it was done to.
    pub dbkey: &'a str,
    /// The page's id, 0 if it has none.
    pub page_id: i64,
    /// Why.
    pub comment: &'a str,
    /// What programs want to know.
    pub params: Data,
}

/// An entry.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    /// Its number.
    pub id: i64,
    /// Type.
    pub log_type: String,
    /// Action.
    pub action: String,
    /// When.
    pub timestamp: Timestamp,
    /// The name at the time.
    pub user_name: String,
    /// The page's id, 0 if it had none.
    pub page_id: i64,
    /// Why.
    pub comment: String,
    /// What programs want to know.
    pub params: Data,
}

/// Writes an entry and gives its number.
pub fn insert(tx: &mut dyn Tx, new: &NewLog<'_>) -> Result<i64, DbError> {
    let row = tx.first(
        "INSERT INTO logs (log_type, log_action, made, user_id, user_name, ns, dbkey, page_id, comment, params_json) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id",
        values![
            new.log_type,
            new.action,
            new.now,
            new.user_id,
            new.user_name,
            i64::from(new.ns),
            new.dbkey,
            new.page_id,
            new.comment,
            json(&new.params, "log parameters")?,
        ],
    )?;
    row.ok_or(DbError::Corrupt { what: "log entry" })?.int(0)
}

/// What was done to a page, newest first.
pub fn of_title(read: &mut dyn Read, ns: i32, dbkey: &str, limit: i64) -> Result<Vec<LogRow>, DbError> {
    let rows = read.query(
        "SELECT id, log_type, log_action, made, user_name, page_id, comment, params_json FROM logs \
         WHERE ns = ?1 AND dbkey = ?2 ORDER BY id DESC LIMIT ?3",
        values![i64::from(ns), dbkey, limit],
    )?;
    let entry = |row: &crate::Row| {
        Ok(LogRow {
            id: row.int(0)?,
            log_type: row.text(1)?,
            action: row.text(2)?,
            timestamp: row.time(3)?,
            user_name: row.text(4)?,
            page_id: row.int(5)?,
            comment: row.text(6)?,
            params: row.json(7, "log parameters")?,
        })
    };
    rows.iter().map(entry).collect()
}
