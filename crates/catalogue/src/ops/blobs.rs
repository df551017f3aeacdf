//! Blobs, as far as rows name them: which are needed, which may go, and what the rows say of them.
//!
//! A blob that no row names may be removed, but a request that is under way may be about to name it. So it is
//! condemned first, in a transaction that finds that no row names it; and the operations that store a row with a new
//! blob ([`super::files::publish`], [`super::stash::insert`]) refuse one that is condemned. Keys are used once, so
//! nothing else can come to need it.

use std::collections::HashSet;

use commonhold_core::{BlobKey, Hashes, Timestamp};

use super::stash::{blob_key, hashes};
use crate::value::values;
use crate::{DbError, Read, Row, Tx, Value};

/// Tables whose rows need the blob that their column `blob_key` names.
const HOLDERS: &[&str] = &["versions", "deleted_versions", "stash", "stash_parts"];

/// All versions, be they deleted, with their numbers as versions.
const VERSIONS: &str = "(SELECT id, name, archive_name, blob_key, size, sha1, sha256 FROM versions UNION ALL \
    SELECT version_id, name, archive_name, blob_key, size, sha1, sha256 FROM deleted_versions) AS held";

/// A file's version, be it deleted, as far as it concerns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Its number.
    pub id: i64,
    /// The file's name, with underscores.
    pub name: String,
    /// For an old version: the time at which it was superseded, `!`, and the name.
    pub archive_name: Option<String>,
    /// Where its bytes are.
    pub blob_key: BlobKey,
    /// What they are.
    pub hashes: Hashes,
}

/// Those of some keys that rows name.
pub fn named(read: &mut dyn Read, keys: &[BlobKey]) -> Result<HashSet<BlobKey>, DbError> {
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let places: Vec<String> = (1..=keys.len()).map(|number| format!("?{number}")).collect();
    let places = places.join(", ");
    let selects: Vec<String> = HOLDERS
        .iter()
        .map(|table| format!("SELECT blob_key FROM {table} WHERE blob_key IN ({places})"))
        .collect();
    let values: Vec<Value> = keys.iter().map(|key| key.as_str().into()).collect();
    read.query(&selects.join(" UNION "), &values)?.iter().map(|row| blob_key(row, 0)).collect()
}

/// Whether a row names this blob.
pub fn is_named(read: &mut dyn Read, key: &BlobKey) -> Result<bool, DbError> {
    Ok(!named(read, std::slice::from_ref(key))?.is_empty())
}

/// Condemns those of some blobs that no row names, and gives them: once this is committed, none can come to name them.
/// Condemning may be repeated.
pub fn condemn(tx: &mut dyn Tx, keys: &[BlobKey], now: Timestamp) -> Result<Vec<BlobKey>, DbError> {
    // In one order, so that two who condemn don't wait for each other.
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    for key in &keys {
        lock(tx, key)?;
    }
    let named = named(tx, &keys)?;
    keys.retain(|key| !named.contains(key));
    for key in &keys {
        if !is_condemned(tx, key)? {
            let sql = "INSERT INTO condemned_blobs (condemned_key, since) VALUES (?1, ?2)";
            tx.execute(sql, values![key.as_str(), now])?;
        }
    }
    Ok(keys)
}

/// Lets a row name a blob that none may have named so far, unless it is condemned.
pub(crate) fn admit(tx: &mut dyn Tx, key: &BlobKey) -> Result<(), DbError> {
    lock(tx, key)?;
    if is_condemned(tx, key)? { Err(DbError::Condemned(key.clone())) } else { Ok(()) }
}

/// Forgets blobs that were condemned before a time at which no request that is still under way can have begun.
pub fn forget_condemned(tx: &mut dyn Tx, before: Timestamp) -> Result<(), DbError> {
    tx.execute("DELETE FROM condemned_blobs WHERE since < ?1", values![before])?;
    Ok(())
}

fn lock(tx: &mut dyn Tx, key: &BlobKey) -> Result<(), DbError> {
    tx.lock(&format!("blob:{key}"))
}

fn is_condemned(read: &mut dyn Read, key: &BlobKey) -> Result<bool, DbError> {
    let sql = "SELECT since FROM condemned_blobs WHERE condemned_key = ?1";
    Ok(read.first(sql, values![key.as_str()])?.is_some())
}

/// Versions in the order of their blobs, after one.
pub fn holdings(
    read: &mut dyn Read,
    after: Option<(&BlobKey, i64)>,
    limit: i64,
) -> Result<Vec<Holding>, DbError> {
    let (key, id) = after.map_or(("", 0), |(key, id)| (key.as_str(), id));
    let sql = format!(
        "SELECT id, name, archive_name, blob_key, size, sha1, sha256 FROM {VERSIONS} \
         WHERE blob_key >= ?1 AND (blob_key > ?1 OR id > ?2) ORDER BY blob_key, id LIMIT ?3"
    );
    read.query(&sql, values![key, id, limit])?.iter().map(holding).collect()
}

/// Whether a version still has its bytes in the blob that it was found to have.
pub fn still_holds(read: &mut dyn Read, holding: &Holding) -> Result<bool, DbError> {
    let sql = format!("SELECT id FROM {VERSIONS} WHERE id = ?1 AND blob_key = ?2");
    Ok(read.first(&sql, values![holding.id, holding.blob_key.as_str()])?.is_some())
}

fn holding(row: &Row) -> Result<Holding, DbError> {
    Ok(Holding {
        id: row.int(0)?,
        name: row.text(1)?,
        archive_name: row.opt_text(2)?,
        blob_key: blob_key(row, 3)?,
        hashes: hashes(row, 4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What isn't asked about is removed while it is needed.
    #[test]
    fn every_table_that_names_blobs_is_asked() {
        let mut found = Vec::new();
        for table in crate::migrate::STEPS.iter().flat_map(|step| step.split("CREATE TABLE ").skip(1)) {
            let (head, body) = table.split_once(" (\n").unwrap();
            let columns = body.split_once("\n);").unwrap().0;
            if columns.lines().any(|line| line.trim_start().starts_with("blob_key ")) {
                found.push(head);
            }
        }
        let mut asked = HOLDERS.to_vec();
        asked.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, asked);
    }
}
