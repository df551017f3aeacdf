//! What changed lately: a row for each edit, and one for each entry of the log that readers of pages want to see.

use commonhold_core::{Data, Timestamp};

use super::filter::{Direction, Filter};
use super::logs::{self, NewLog};
use super::tags::{self, Parts, Tagged};
use crate::value::values;
use crate::{DbError, Read, Row, Tx};

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A page got another text.
    Edit,
    /// A page was made.
    New,
    /// The log got an entry.
    Log,
}

impl ChangeKind {
    /// The name on the wire, which is stored too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::New => "new",
            Self::Log => "log",
        }
    }

    fn parse(text: &str) -> Result<Self, DbError> {
        let all = [Self::Edit, Self::New, Self::Log];
        all.into_iter().find(|kind| kind.as_str() == text).ok_or(DbError::Corrupt { what: "kind of change" })
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeRow {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: ChangeKind,
    /// When.
    pub timestamp: Timestamp,
    /// Who.
    pub user_id: i64,
    /// The name at the time.
    pub user_name: String,
    /// The page.
    pub ns: i32,
    /// The page.
    pub dbkey: String,
    /// The page's number at the time.
    pub page_id: i64,
    /// Why.
    pub comment: String,
    /// The revision that it made, 0 if none.
    pub revision_id: i64,
    /// The revision before that, 0 if none.
    pub old_revision_id: i64,
    /// Bytes of the text before.
    pub old_length: i64,
    /// Bytes of the text after.
    pub new_length: i64,
    /// Whether the user calls it minor.
    pub minor: bool,
    /// Whether it is a bot's.
    pub bot: bool,
    /// The entry of the log.
    pub log: Option<ChangeLog>,
    /// Whether the page of this title redirects now.
    pub redirect: bool,
}

/// The log's part of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeLog {
    /// The entry's number.
    pub id: i64,
    /// Its type.
    pub log_type: String,
    /// Its action.
    pub action: String,
    /// What programs want to know.
    pub params: Data,
}

/// An edit to be noted.
pub(super) struct NewEdit<'a> {
    pub(super) kind: ChangeKind,
    pub(super) now: Timestamp,
    pub(super) user_id: i64,
    pub(super) user_name: &'a str,
    pub(super) bot: bool,
    pub(super) minor: bool,
    pub(super) ns: i32,
    pub(super) dbkey: &'a str,
    pub(super) page_id: i64,
    pub(super) comment: &'a str,
    pub(super) revision_id: i64,
    pub(super) old_revision_id: i64,
    pub(super) old_length: i64,
    pub(super) new_length: i64,
}

/// Notes an edit, and marks it with tags.
pub(super) fn edited(tx: &mut dyn Tx, new: &NewEdit<'_>, tags: &[String]) -> Result<(), DbError> {
    let change = insert(tx, new, None)?;
    tags::mark(tx, Parts { revision: Some(new.revision_id), log: None, change: Some(change) }, tags)
}

/// Writes an entry of the log and notes it as a change; gives the entry's number. `revision_id` is the revision that
/// belongs to it, 0 if none.
pub fn logged(tx: &mut dyn Tx, new: &NewLog<'_>, bot: bool, revision_id: i64) -> Result<i64, DbError> {
    logged_with_tags(tx, new, bot, revision_id, &[])
}

/// The same of a change that is marked with tags: the entry, its row among the changes, and its revision.
pub fn logged_with_tags(
    tx: &mut dyn Tx,
    new: &NewLog<'_>,
    bot: bool,
    revision_id: i64,
    tags: &[String],
) -> Result<i64, DbError> {
    let log_id = logs::insert(tx, new)?;
    let change = NewEdit {
        kind: ChangeKind::Log,
        now: new.now,
        user_id: new.user_id,
        user_name: new.user_name,
        bot,
        minor: false,
        ns: new.ns,
        dbkey: new.dbkey,
        page_id: new.page_id,
        comment: new.comment,
        revision_id,
        old_revision_id: 0,
        old_length: 0,
        new_length: 0,
    };
    let change = insert(tx, &change, Some(log_id))?;
    let revision = (revision_id != 0).then_some(revision_id);
    tags::mark(tx, Parts { revision, log: Some(log_id), change: Some(change) }, tags)?;
    Ok(log_id)
}

fn insert(tx: &mut dyn Tx, new: &NewEdit<'_>, log_id: Option<i64>) -> Result<i64, DbError> {
    let row = tx.first(
        "INSERT INTO changes (kind, made, user_id, user_name, ns, dbkey, page_id, comment, revision_id, \
         old_revision_id, old_length, new_length, minor, bot, log_id) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) RETURNING id",
        values![
            new.kind.as_str(),
            new.now,
            new.user_id,
            new.user_name,
            i64::from(new.ns),
            new.dbkey,
            new.page_id,
            new.comment,
            new.revision_id,
            new.old_revision_id,
            new.old_length,
            new.new_length,
            new.minor,
            new.bot,
            log_id,
        ],
    )?;
    row.ok_or(DbError::Corrupt { what: "change" })?.int(0)
}

/// Which changes to list.
#[derive(Clone, Debug, Default)]
pub struct RecentChanges {
    /// The newest first, or the oldest.
    pub direction: Direction,
    /// Times from this on, in the direction of the list.
    pub start: Option<Timestamp>,
    /// Times up to this, in the direction of the list.
    pub end: Option<Timestamp>,
    /// In one of these namespaces, if any are given.
    pub namespaces: Vec<i32>,
    /// Of this page.
    pub title: Option<(i32, String)>,
    /// By this user.
    pub user: Option<String>,
    /// Not by this user.
    pub exclude_user: Option<String>,
    /// Marked with this tag.
    pub tag: Option<String>,
    /// Of one of these kinds, if any are given.
    pub kinds: Vec<ChangeKind>,
    /// Only minor ones, or only others.
    pub minor: Option<bool>,
    /// Only bots', or only others'.
    pub bot: Option<bool>,
    /// Only anonymous users', or only others'.
    pub anonymous: Option<bool>,
    /// Only of pages that redirect now, or only of others.
    pub redirect: Option<bool>,
    /// Only those that made the newest revision of their page, and those of the log.
    pub newest_only: bool,
    /// Where to go on: the first change to list.
    pub continue_at: Option<(Timestamp, i64)>,
    /// How many at most.
    pub limit: i64,
}

/// Lists changes.
pub fn list(read: &mut dyn Read, wanted: &RecentChanges) -> Result<Vec<ChangeRow>, DbError> {
    let mut filter = Filter::default();
    filter.between("c.made", wanted.direction, wanted.start, wanted.end);
    filter.go_on(("c.made", "c.id"), wanted.direction, wanted.continue_at);
    if !wanted.namespaces.is_empty() {
        filter.any_of("c.ns", wanted.namespaces.iter().map(|ns| i64::from(*ns).into()).collect());
    }
    if let Some((ns, dbkey)) = &wanted.title {
        filter.add("c.ns", "=", i64::from(*ns));
        filter.add("c.dbkey", "=", dbkey);
    }
    if let Some(user) = &wanted.user {
        filter.add("c.user_name", "=", user);
    }
    if let Some(user) = &wanted.exclude_user {
        filter.add("c.user_name", "<>", user);
    }
    if let Some(tag) = &wanted.tag {
        filter.tagged(Tagged::Change, "c.id", tag);
    }
    if !wanted.kinds.is_empty() {
        filter.any_of("c.kind", wanted.kinds.iter().map(|kind| kind.as_str().into()).collect());
    }
    if let Some(minor) = wanted.minor {
        filter.add("c.minor", "=", minor);
    }
    if let Some(bot) = wanted.bot {
        filter.add("c.bot", "=", bot);
    }
    if let Some(anonymous) = wanted.anonymous {
        filter.add("c.user_id", if anonymous { "=" } else { "<>" }, 0i64);
    }
    if let Some(redirect) = wanted.redirect {
        let not = if redirect { "NOT " } else { "" };
        filter.conditions.push(format!("p.redirect_dbkey IS {not}NULL"));
    }
    if wanted.newest_only {
        filter.conditions.push("(c.log_id IS NOT NULL OR c.revision_id = p.latest_revision)".to_owned());
    }
    let direction = wanted.direction.sql();
    let limit = filter.place(wanted.limit.into());
    let sql = format!(
        "SELECT c.id, c.kind, c.made, c.user_id, c.user_name, c.ns, c.dbkey, c.page_id, c.comment, c.revision_id, \
         c.old_revision_id, c.old_length, c.new_length, c.minor, c.bot, l.id, l.log_type, l.log_action, \
         l.params_json, p.redirect_dbkey FROM changes c LEFT JOIN logs l ON l.id = c.log_id \
         LEFT JOIN pages p ON p.ns = c.ns AND p.dbkey = c.dbkey \
         WHERE {} ORDER BY c.made {direction}, c.id {direction} LIMIT {limit}",
        filter.sql()
    );
    read.query(&sql, &filter.values)?.iter().map(change).collect()
}

fn change(row: &Row) -> Result<ChangeRow, DbError> {
    let log = match row.opt_int(15)? {
        Some(id) => Some(ChangeLog {
            id,
            log_type: row.text(16)?,
            action: row.text(17)?,
            params: row.json(18, "log parameters")?,
        }),
        None => None,
    };
    Ok(ChangeRow {
        id: row.int(0)?,
        kind: ChangeKind::parse(&row.text(1)?)?,
        timestamp: row.time(2)?,
        user_id: row.int(3)?,
        user_name: row.text(4)?,
        ns: row.namespace(5)?,
        dbkey: row.text(6)?,
        page_id: row.int(7)?,
        comment: row.text(8)?,
        revision_id: row.int(9)?,
        old_revision_id: row.int(10)?,
        old_length: row.int(11)?,
        new_length: row.int(12)?,
        minor: row.int(13)? != 0,
        bot: row.int(14)? != 0,
        log,
        redirect: row.opt_text(19)?.is_some(),
    })
}
