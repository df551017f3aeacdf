//! What protects pages, and titles without pages.

use commonhold_core::protection::{Level, Restriction};
use commonhold_core::{Expiry, Timestamp};

use crate::value::values;
use crate::{DbError, Read, Row, Tx};

/// What keeps a title from getting a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitleProtection {
    /// Who may make it.
    pub level: Level,
    /// When it ends.
    pub expiry: Expiry,
    /// Who protected it.
    pub user_name: String,
    /// Why.
    pub reason: String,
}

fn level(row: &Row, index: usize) -> Result<Level, DbError> {
    Level::parse(&row.text(index)?).ok_or(DbError::Corrupt { what: "level of a protection" })
}

fn expiry(row: &Row, index: usize) -> Result<Expiry, DbError> {
    Ok(Expiry::from_stored(row.opt_int(index)?.map(Timestamp::from_unix)))
}

/// What protects a page now.
pub fn of_page(read: &mut dyn Read, page_id: i64, now: Timestamp) -> Result<Vec<Restriction>, DbError> {
    let rows = read.query(
        "SELECT kind, level, expires FROM page_restrictions \
         WHERE page_id = ?1 AND (expires IS NULL OR expires > ?2) ORDER BY kind",
        values![page_id, now],
    )?;
    let restriction =
        |row: &Row| Ok(Restriction { kind: row.text(0)?, level: level(row, 1)?, expiry: expiry(row, 2)? });
    rows.iter().map(restriction).collect()
}

/// Protects a page in these ways and no others.
pub fn set_page(tx: &mut dyn Tx, page_id: i64, restrictions: &[Restriction]) -> Result<(), DbError> {
    forget_page(tx, page_id)?;
    for restriction in restrictions {
        tx.execute(
            "INSERT INTO page_restrictions (page_id, kind, level, expires) VALUES (?1, ?2, ?3, ?4)",
            values![page_id, &restriction.kind, restriction.level.as_str(), restriction.expiry.moment()],
        )?;
    }
    Ok(())
}

/// Forgets what protects a page.
pub(super) fn forget_page(tx: &mut dyn Tx, page_id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM page_restrictions WHERE page_id = ?1", values![page_id])?;
    Ok(())
}

/// What keeps a title from getting a page now.
pub fn of_title(
    read: &mut dyn Read,
    ns: i32,
    dbkey: &str,
    now: Timestamp,
) -> Result<Option<TitleProtection>, DbError> {
    let row = read.first(
        "SELECT level, expires, user_name, reason FROM protected_titles \
         WHERE ns = ?1 AND dbkey = ?2 AND (expires IS NULL OR expires > ?3)",
        values![i64::from(ns), dbkey, now],
    )?;
    let protection = |row: &Row| {
        Ok(TitleProtection {
            level: level(row, 0)?,
            expiry: expiry(row, 1)?,
            user_name: row.text(2)?,
            reason: row.text(3)?,
        })
    };
    row.as_ref().map(protection).transpose()
}

/// Protects a title, or lets it go.
pub fn set_title(
    tx: &mut dyn Tx,
    ns: i32,
    dbkey: &str,
    protection: Option<&TitleProtection>,
) -> Result<(), DbError> {
    tx.execute("DELETE FROM protected_titles WHERE ns = ?1 AND dbkey = ?2", values![i64::from(ns), dbkey])?;
    if let Some(new) = protection {
        tx.execute(
            "INSERT INTO protected_titles (ns, dbkey, level, expires, user_name, reason) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            values![
                i64::from(ns),
                dbkey,
                new.level.as_str(),
                new.expiry.moment(),
                &new.user_name,
                &new.reason
            ],
        )?;
    }
    Ok(())
}

/// Forgets protections that are over.
pub fn delete_expired(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, DbError> {
    let pages = "DELETE FROM page_restrictions WHERE expires IS NOT NULL AND expires <= ?1";
    let titles = "DELETE FROM protected_titles WHERE expires IS NOT NULL AND expires <= ?1";
    Ok(tx.execute(pages, values![now])? + tx.execute(titles, values![now])?)
}
