//! What users watch: pages, each with its talk page.

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

/// Puts a page and its talk page on a user's watchlist.
pub fn watch(tx: &mut dyn Tx, user_id: i64, ns: i32, dbkey: &str) -> Result<(), DbError> {
    for ns in both(ns) {
        tx.execute(
            "INSERT INTO watchlist (user_id, ns, dbkey) VALUES (?1, ?2, ?3) ON CONFLICT (user_id, ns, dbkey) DO NOTHING",
            values![user_id, i64::from(ns), dbkey],
        )?;
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

/// Whether a user watches a page.
pub fn is_watched(read: &mut dyn Read, user_id: i64, ns: i32, dbkey: &str) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM watchlist WHERE user_id = ?1 AND ns = ?2 AND dbkey = ?3";
    Ok(read.first(sql, values![user_id, i64::from(ns), dbkey])?.is_some())
}

/// Lists a user's watchlist.
pub fn list(read: &mut dyn Read, wanted: &Watched) -> Result<Vec<(i32, String)>, DbError> {
    let mut filter = Filter::default();
    filter.add("user_id", "=", wanted.user_id);
    if !wanted.namespaces.is_empty() {
        filter.any_of("ns", wanted.namespaces.iter().map(|ns| i64::from(*ns).into()).collect());
    }
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
pub(super) fn follow(tx: &mut dyn Tx, from: (i32, &str), to: (i32, &str)) -> Result<(), DbError> {
    let rows = tx.query(
        "SELECT user_id FROM watchlist WHERE ns = ?1 AND dbkey = ?2",
        values![i64::from(from.0), from.1],
    )?;
    rows.iter().try_for_each(|row| watch(tx, row.int(0)?, to.0, to.1))
}
