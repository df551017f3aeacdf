//! How often things were done lately.

use commonhold_core::{Rate, Timestamp};

use crate::value::values;
use crate::{DbError, Tx};

/// Counts what is done under a name, unless that was done too often already; then the seconds until it may be done
/// again. A window begins with the first time.
pub fn hit(tx: &mut dyn Tx, name: &str, rate: Rate, now: Timestamp) -> Result<Option<i64>, DbError> {
    tx.execute("DELETE FROM throttles WHERE name = ?1 AND ends <= ?2", values![name, now])?;
    let counted = tx.first(
        "INSERT INTO throttles (name, ends, hits) VALUES (?1, ?2, 1) \
         ON CONFLICT (name) DO UPDATE SET hits = throttles.hits + 1 WHERE throttles.hits < ?3 RETURNING hits",
        values![name, now + rate.seconds, rate.hits],
    )?;
    if counted.is_some() {
        return Ok(None);
    }
    let row = tx.first("SELECT ends FROM throttles WHERE name = ?1", values![name])?;
    let ends = row.map_or(Ok(now), |row| row.time(0))?;
    Ok(Some((ends.unix() - now.unix()).max(1)))
}

/// Forgets windows that are over.
pub fn delete_expired(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, DbError> {
    tx.execute("DELETE FROM throttles WHERE ends <= ?1", values![now])
}
