//! Tags: words that users mark changes with. A tag is made before it is used; one that was taken out of use stays on
//! the changes that have it.

use std::collections::HashMap;

use super::filter::Filter;
use crate::value::values;
use crate::{DbError, Read, Row, Tx, Value};

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRow {
    /// The word.
    pub name: String,
    /// Whether changes can be marked with it now.
    pub active: bool,
    /// Changes that are marked with it.
    pub uses: i64,
}

/// What can be asked for its tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagged {
    /// A revision.
    Revision,
    /// An entry of the log.
    Log,
    /// A row of what changed lately.
    Change,
}

impl Tagged {
    /// The column that has its number.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Revision => "revision_id",
            Self::Log => "log_id",
            Self::Change => "change_id",
        }
    }
}

/// What a change consists of: the numbers of its parts, where it has them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    pub(super) revision: Option<i64>,
    pub(super) log: Option<i64>,
    pub(super) change: Option<i64>,
}

const TAG: &str =
    "SELECT t.name, t.active, (SELECT COUNT(*) FROM taggings g WHERE g.tag = t.name) FROM tags t";

fn tag(row: &Row) -> Result<TagRow, DbError> {
    Ok(TagRow { name: row.text(0)?, active: row.int(1)? != 0, uses: row.int(2)? })
}

/// Waits until no other transaction is about to make, change or delete this tag, and keeps others waiting.
pub fn lock(tx: &mut dyn Tx, name: &str) -> Result<(), DbError> {
    tx.lock(&format!("tag:{name}"))
}

/// A tag by its name.
pub fn by_name(read: &mut dyn Read, name: &str) -> Result<Option<TagRow>, DbError> {
    read.first(&format!("{TAG} WHERE t.name = ?1"), values![name])?.as_ref().map(tag).transpose()
}

/// Lists tags by name: at most `limit`, from a name on.
pub fn list(read: &mut dyn Read, from: Option<&str>, limit: i64) -> Result<Vec<TagRow>, DbError> {
    let sql = format!("{TAG} WHERE t.name >= ?1 ORDER BY t.name LIMIT ?2");
    read.query(&sql, values![from.unwrap_or_default(), limit])?.iter().map(tag).collect()
}

/// The names of the tags that changes can be marked with now, in order.
pub fn active(read: &mut dyn Read) -> Result<Vec<String>, DbError> {
    let rows = read.query("SELECT name FROM tags WHERE active = 1 ORDER BY name", &[])?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Makes a tag, or takes one into use again.
pub fn activate(tx: &mut dyn Tx, name: &str) -> Result<(), DbError> {
    if tx.execute("UPDATE tags SET active = 1 WHERE name = ?1", values![name])? == 0 {
        tx.execute("INSERT INTO tags (name, active) VALUES (?1, 1)", values![name])?;
    }
    Ok(())
}

/// Takes a tag out of use. It goes where nothing is marked with it.
pub fn deactivate(tx: &mut dyn Tx, name: &str) -> Result<(), DbError> {
    if by_name(tx, name)?.is_some_and(|tag| tag.uses == 0) {
        return delete(tx, name);
    }
    tx.execute("UPDATE tags SET active = 0 WHERE name = ?1", values![name])?;
    Ok(())
}

/// Removes a tag, and takes it off all changes.
pub fn delete(tx: &mut dyn Tx, name: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM tags WHERE name = ?1", values![name])?;
    Ok(())
}

/// Marks a change with tags. Those that are not there any more are passed over.
pub(super) fn mark(tx: &mut dyn Tx, parts: Parts, tags: &[String]) -> Result<(), DbError> {
    for tag in tags {
        tx.execute(
            "INSERT INTO taggings (tag, revision_id, log_id, change_id) SELECT name, CAST(?2 AS BIGINT), \
             CAST(?3 AS BIGINT), CAST(?4 AS BIGINT) FROM tags \
             WHERE name = ?1",
            values![tag, parts.revision, parts.log, parts.change],
        )?;
    }
    Ok(())
}

/// The tags of what has these numbers, by number, each time in order. What has none is not there.
pub fn of(read: &mut dyn Read, what: Tagged, ids: &[i64]) -> Result<HashMap<i64, Vec<String>>, DbError> {
    let mut found: HashMap<i64, Vec<String>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let column = what.column();
    let mut filter = Filter::default();
    filter.any_of(column, ids.iter().map(|id| Value::from(*id)).collect());
    let sql = format!("SELECT DISTINCT {column}, tag FROM taggings WHERE {} ORDER BY tag", filter.sql());
    for row in read.query(&sql, &filter.values)? {
        found.entry(row.int(0)?).or_default().push(row.text(1)?);
    }
    Ok(found)
}
