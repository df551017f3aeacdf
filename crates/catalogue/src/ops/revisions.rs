//! The histories of pages.

use commonhold_core::Timestamp;

use super::filter::{Direction, Filter};
use super::tags::Tagged;
use crate::value::values;
use crate::{DbError, Read, Row};

/// A revision of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    /// Its number.
    pub id: i64,
    /// The page.
    pub page_id: i64,
    /// The revision before it, 0 for the first.
    pub parent_id: i64,
    /// Who.
    pub user_id: i64,
    /// The name at the time.
    pub user_name: String,
    /// When.
    pub timestamp: Timestamp,
    /// Why.
    pub comment: String,
    /// The whole text.
    pub content: String,
    /// Whether the user calls it minor.
    pub minor: bool,
}

/// Which revisions of a page to list.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The page.
    pub page_id: i64,
    /// The newest first, or the oldest.
    pub direction: Direction,
    /// Times from this on, in the direction of the list.
    pub start: Option<Timestamp>,
    /// Times up to this, in the direction of the list.
    pub end: Option<Timestamp>,
    /// By this user.
    pub user: Option<String>,
    /// Not by this user.
    pub exclude_user: Option<String>,
    /// Marked with this tag.
    pub tag: Option<String>,
    /// The first revision to list, by time and number.
    pub from: Option<(Timestamp, i64)>,
    /// The last revision to list, by time and number.
    pub to: Option<(Timestamp, i64)>,
    /// Where to go on: the first revision to list.
    pub continue_at: Option<(Timestamp, i64)>,
    /// How many at most.
    pub limit: i64,
}

const REVISION: &str =
    "SELECT id, page_id, parent_id, user_id, user_name, made, comment, content, minor FROM revisions";

fn revision(row: &Row) -> Result<RevisionRow, DbError> {
    Ok(RevisionRow {
        id: row.int(0)?,
        page_id: row.int(1)?,
        parent_id: row.int(2)?,
        user_id: row.int(3)?,
        user_name: row.text(4)?,
        timestamp: row.time(5)?,
        comment: row.text(6)?,
        content: row.text(7)?,
        minor: row.int(8)? != 0,
    })
}

/// A revision by its number.
pub fn by_id(read: &mut dyn Read, id: i64) -> Result<Option<RevisionRow>, DbError> {
    read.first(&format!("{REVISION} WHERE id = ?1"), values![id])?.as_ref().map(revision).transpose()
}

/// Lists revisions of a page.
pub fn list(read: &mut dyn Read, wanted: &History) -> Result<Vec<RevisionRow>, DbError> {
    let mut filter = Filter::default();
    filter.add("page_id", "=", wanted.page_id);
    filter.between("made", wanted.direction, wanted.start, wanted.end);
    if let Some(user) = &wanted.user {
        filter.add("user_name", "=", user);
    }
    if let Some(user) = &wanted.exclude_user {
        filter.add("user_name", "<>", user);
    }
    if let Some(tag) = &wanted.tag {
        filter.tagged(Tagged::Revision, "revisions.id", tag);
    }
    let columns = ("made", "id");
    filter.go_on(columns, wanted.direction, wanted.from);
    filter.go_on(columns, wanted.direction.opposite(), wanted.to);
    filter.go_on(columns, wanted.direction, wanted.continue_at);
    let direction = wanted.direction.sql();
    let limit = filter.place(wanted.limit.into());
    let sql =
        format!("{REVISION} WHERE {} ORDER BY made {direction}, id {direction} LIMIT {limit}", filter.sql());
    read.query(&sql, &filter.values)?.iter().map(revision).collect()
}

/// The revision that was a page's newest at a time.
pub fn at(read: &mut dyn Read, page_id: i64, time: Timestamp) -> Result<Option<RevisionRow>, DbError> {
    let wanted = History { page_id, start: Some(time), limit: 1, ..History::default() };
    Ok(list(read, &wanted)?.pop())
}

/// Whether all revisions of a page after this one are a user's own. Anonymous users are told apart by their names.
pub fn only_by_since(
    read: &mut dyn Read,
    base: &RevisionRow,
    user_id: i64,
    user_name: &str,
) -> Result<bool, DbError> {
    let sql = "SELECT id FROM revisions WHERE page_id = ?1 AND (made > ?2 OR (made = ?2 AND id > ?3)) \
               AND (user_id <> ?4 OR user_name <> ?5) LIMIT 1";
    let others = read.first(sql, values![base.page_id, base.timestamp, base.id, user_id, user_name])?;
    Ok(others.is_none())
}
