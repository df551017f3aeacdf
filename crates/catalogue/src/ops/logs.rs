//! The log of what was done.

use commonhold_core::{Data, Timestamp};

use super::filter::{Direction, Filter};
use super::tags::Tagged;
use crate::value::{json, values};
use crate::{DbError, Read, Row, Tx};

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
    /// Who.
    pub user_id: i64,
    /// The name at the time.
    pub user_name: String,
    /// The page it was done to.
    pub ns: i32,
    /// The page it was done to.
    pub dbkey: String,
    /// The page's id at the time, 0 if it had none.
    pub page_id: i64,
    /// The id of the page that has this title now, 0 if none has.
    pub current_page_id: i64,
    /// Why.
    pub comment: String,
    /// What programs want to know.
    pub params: Data,
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// The newest first, or the oldest.
    pub direction: Direction,
    /// Of this type.
    pub log_type: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// Times from this on, in the direction of the list.
    pub start: Option<Timestamp>,
    /// Times up to this, in the direction of the list.
    pub end: Option<Timestamp>,
    /// By this user.
    pub user: Option<String>,
    /// In this namespace.
    pub ns: Option<i32>,
    /// Of the page with this title.
    pub dbkey: Option<String>,
    /// Of pages whose titles begin so.
    pub prefix: Option<String>,
    /// Marked with this tag.
    pub tag: Option<String>,
    /// Where to go on: the first entry to list.
    pub continue_at: Option<(Timestamp, i64)>,
    /// How many at most.
    pub limit: i64,
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

/// Lists entries.
pub fn list(read: &mut dyn Read, wanted: &LogFilter) -> Result<Vec<LogRow>, DbError> {
    let mut filter = Filter::default();
    let equal = [
        ("l.log_type", &wanted.log_type),
        ("l.log_action", &wanted.action),
        ("l.user_name", &wanted.user),
        ("l.dbkey", &wanted.dbkey),
    ];
    for (column, value) in equal {
        if let Some(value) = value {
            filter.add(column, "=", value);
        }
    }
    if let Some(ns) = wanted.ns {
        filter.add("l.ns", "=", i64::from(ns));
    }
    if let Some(prefix) = &wanted.prefix {
        filter.begins_with("l.dbkey", prefix);
    }
    if let Some(tag) = &wanted.tag {
        filter.tagged(Tagged::Log, "l.id", tag);
    }
    filter.between("l.made", wanted.direction, wanted.start, wanted.end);
    filter.go_on(("l.made", "l.id"), wanted.direction, wanted.continue_at);
    let direction = wanted.direction.sql();
    let limit = filter.place(wanted.limit.into());
    let sql = format!(
        "SELECT l.id, l.log_type, l.log_action, l.made, l.user_id, l.user_name, l.ns, l.dbkey, l.page_id, \
         COALESCE(p.id, 0), l.comment, l.params_json FROM logs l \
         LEFT JOIN pages p ON p.ns = l.ns AND p.dbkey = l.dbkey \
         WHERE {} ORDER BY l.made {direction}, l.id {direction} LIMIT {limit}",
        filter.sql()
    );
    let entry = |row: &Row| {
        Ok(LogRow {
            id: row.int(0)?,
            log_type: row.text(1)?,
            action: row.text(2)?,
            timestamp: row.time(3)?,
            user_id: row.int(4)?,
            user_name: row.text(5)?,
            ns: row.namespace(6)?,
            dbkey: row.text(7)?,
            page_id: row.int(8)?,
            current_page_id: row.int(9)?,
            comment: row.text(10)?,
            params: row.json(11, "log parameters")?,
        })
    };
    read.query(&sql, &filter.values)?.iter().map(entry).collect()
}

/// What was done to a page, newest first.
pub fn of_title(read: &mut dyn Read, ns: i32, dbkey: &str, limit: i64) -> Result<Vec<LogRow>, DbError> {
    list(read, &LogFilter { ns: Some(ns), dbkey: Some(dbkey.to_owned()), limit, ..LogFilter::default() })
}

/// Whether a page of this title was deleted at or after a time.
pub fn deleted_since(read: &mut dyn Read, ns: i32, dbkey: &str, since: Timestamp) -> Result<bool, DbError> {
    let sql = "SELECT id FROM logs WHERE ns = ?1 AND dbkey = ?2 AND made >= ?3 AND log_type = 'delete' \
               AND log_action = 'delete' LIMIT 1";
    Ok(read.first(sql, values![i64::from(ns), dbkey, since])?.is_some())
}
