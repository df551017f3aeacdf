//! Lists of files.

use commonhold_core::{Sha1, Timestamp};

use super::{FileVersion, VERSION, version};
use crate::ops::filter::Filter;
use crate::{DbError, Read, Value};

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

/// Lists current versions.
pub fn all_images(read: &mut dyn Read, wanted: &AllImages) -> Result<Vec<FileVersion>, DbError> {
    let mut filter = Filter::default();
    let (from, to) = if wanted.descending { ("<=", ">=") } else { (">=", "<=") };
    if let Some(name) = &wanted.from {
        filter.add("name", from, name);
    }
    if let Some(name) = &wanted.to {
        filter.add("name", to, name);
    }
    if let Some(prefix) = &wanted.prefix {
        filter.begins_with("name", prefix);
    }
    if let Some(time) = wanted.start {
        filter.add("uploaded", from, time);
    }
    if let Some(time) = wanted.end {
        filter.add("uploaded", to, time);
    }
    if let Some(user) = &wanted.user {
        filter.add("user_name", "=", user);
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
        filter.add("size", ">=", size);
    }
    if let Some(size) = wanted.max_size {
        filter.add("size", "<=", size);
    }
    if let Some(sha1) = &wanted.sha1 {
        filter.add("sha1", "=", sha1.0.to_vec());
    }
    if !wanted.mime.is_empty() {
        filter.any_of("mime", wanted.mime.iter().map(Value::from).collect());
    }
    let strict = if wanted.descending { "<" } else { ">" };
    match (&wanted.continue_at, wanted.sort) {
        (Some((_, name)), ImageSort::Name) => filter.add("name", from, name),
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
