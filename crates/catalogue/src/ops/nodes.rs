//! Servers that use one catalogue together. Each says again and again that it is alive; what one holds that says nothing
//! any more is free.

use commonhold_core::Timestamp;

use crate::value::values;
use crate::{DbError, Tx};

/// A server that has said nothing for so many seconds is taken for dead. Their clocks may differ by less.
pub const SILENT_SECONDS: i64 = 60;
/// So long a dead server is remembered.
const REMEMBERED_SECONDS: i64 = 86_400;

/// Notes that a server is alive.
pub fn beat(tx: &mut dyn Tx, id: &str, now: Timestamp) -> Result<(), DbError> {
    if tx.execute("UPDATE nodes SET seen = ?2 WHERE id = ?1", values![id, now])? == 0 {
        tx.execute("INSERT INTO nodes (id, seen) VALUES (?1, ?2)", values![id, now])?;
    }
    tx.execute("DELETE FROM nodes WHERE seen < ?1", values![now + -REMEMBERED_SECONDS])?;
    Ok(())
}

/// Notes that a server ends: what it still holds is free at once.
pub fn leave(tx: &mut dyn Tx, id: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM nodes WHERE id = ?1", values![id])?;
    Ok(())
}
