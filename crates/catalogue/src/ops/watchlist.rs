//! What users watch: pages, each with its talk page, for good or up to a moment.

use commonhold_core::{Expiry, Timestamp};

use super::filter::{Direction, Filter};
use crate::value::values;
use crate::{DbError, Read, Row, Tx};

/// What to list of a watchlist.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Whose.
    pub user_id: i64,
    /// In one of these namespaces, if any are given.
    pub namespaces: Vec<i32>,
    /// By namespace and title, or backwards.
    pub descending: bool,
    /// Where to go on: the first title to list.
    pub continue_at: Option<(i32, String)>,
    /// How many at most.
    pub limit: i64,
}

/// The namespaces of a page and of its talk page.
fn both(ns: i32) -> [i32; 2] {
    [ns & !1, ns | 1]
}

/// Puts a page and its talk page on a user's watchlist. Where nothing is said of the end, it stays for good, or as long
/// as it was to stay anyway.
pub fn watch(
    tx: &mut dyn Tx,
    user_id: i64,
    (ns, dbkey): (i32, &str),
    until: Option<Expiry>,
    now: Timestamp,
) -> Result<(), DbError> {
    let expires = until.and_then(Expiry::moment);
    for ns in both(ns) {
        let new = tx.execute(
            "INSERT INTO watchlist (user_id, ns, dbkey, expires) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (user_id, ns, dbkey) DO NOTHING",
            values![user_id, i64::from(ns), dbkey, expires],
        )?;
        if new > 0 {
            continue;
        }
        let mut sql =
            "UPDATE watchlist SET expires = ?4 WHERE user_id = ?1 AND ns = ?2 AND dbkey = ?3".to_owned();
        let mut values = values![user_id, i64::from(ns), dbkey, expires].to_vec();
        if until.is_none() {
            sql.push_str(" AND expires <= ?5");
            values.push(now.into());
        }
        tx.execute(&sql, &values)?;
    }
    Ok(())
}

/// Takes a page and its talk page off a user's watchlist.
pub fn unwatch(tx: &mut dyn Tx, user_id: i64, ns: i32, dbkey: &str) -> Result<(), DbError> {
    for ns in both(ns) {
        tx.execute(
            "DELETE FROM watchlist WHERE user_id = ?1 AND ns = ?2 AND dbkey = ?3",
            values![user_id, i64::from(ns), dbkey],
        )?;
    }
    Ok(())
}

/// Until when a user watches a page; `None` if he doesn't.
pub fn watched_until(
    read: &mut dyn Read,
    user_id: i64,
    ns: i32,
    dbkey: &str,
    now: Timestamp,
) -> Result<Option<Expiry>, DbError> {
    let sql = "SELECT expires FROM watchlist WHERE user_id = ?1 AND ns = ?2 AND dbkey = ?3";
    let Some(row) = read.first(sql, values![user_id, i64::from(ns), dbkey])? else { return Ok(None) };
    let until = Expiry::from_stored(row.opt_int(0)?.map(Timestamp::from_unix));
    Ok((!until.is_over(now)).then_some(until))
}

/// Forgets what is over.
pub fn delete_expired(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, DbError> {
    tx.execute("DELETE FROM watchlist WHERE expires <= ?1", values![now])
}

/// Lists a user's watchlist without what is over.
pub fn list(read: &mut dyn Read, wanted: &Watched, now: Timestamp) -> Result<Vec<(i32, String)>, DbError> {
    let mut filter = Filter::default();
    filter.add("user_id", "=", wanted.user_id);
    if !wanted.namespaces.is_empty() {
        filter.any_of("ns", wanted.namespaces.iter().map(|ns| i64::from(*ns).into()).collect());
    }
    let now = filter.place(now.into());
    filter.conditions.push(format!("(expires IS NULL OR expires > {now})"));
    let direction = if wanted.descending { Direction::Descending } else { Direction::Ascending };
    if let Some((ns, dbkey)) = &wanted.continue_at {
        filter.after(("ns", i64::from(*ns).into()), ("dbkey", dbkey.into()), direction.after());
    }
    let order = direction.sql();
    let limit = filter.place(wanted.limit.into());
    let sql = format!(
        "SELECT ns, dbkey FROM watchlist WHERE {} ORDER BY ns {order}, dbkey {order} LIMIT {limit}",
        filter.sql()
    );
    let title = |row: &Row| Ok((row.namespace(0)?, row.text(1)?));
    read.query(&sql, &filter.values)?.iter().map(title).collect()
}

/// Whoever watches a page watches it under another title as well.
pub(super) fn follow(
    tx: &mut dyn Tx,
    from: (i32, &str),
    to: (i32, &str),
    now: Timestamp,
) -> Result<(), DbError> {
    let rows = tx.query(
        "SELECT user_id, expires FROM watchlist WHERE ns = ?1 AND dbkey = ?2",
        values![i64::from(from.0), from.1],
    )?;
    for row in &rows {
        let until = Expiry::from_stored(row.opt_int(1)?.map(Timestamp::from_unix));
        if !until.is_over(now) {
            watch(tx, row.int(0)?, to, Some(until), now)?;
        }
    }
    Ok(())
}
