//! Blocks of users and addresses.

use commonhold_core::block::{Block, Scope, Target, address_key};
use commonhold_core::{Expiry, Timestamp};

use crate::value::{json, values};
use crate::{DbError, Read, Row, Tx};

/// A block to be made.
#[derive(Clone, Debug)]
pub struct NewBlock {
    /// Whom it is meant for.
    pub target: Target,
    /// The user's number; 0 for addresses.
    pub user_id: i64,
    /// Who makes it; 0 for the operator.
    pub by_id: i64,
    /// His name.
    pub by_name: String,
    /// Why.
    pub reason: String,
    /// The current time.
    pub now: Timestamp,
    /// When it ends.
    pub expiry: Expiry,
    /// The block that it follows from, if it was not made by anyone.
    pub parent: Option<i64>,
    /// What it forbids.
    pub scope: Scope,
}

const BLOCK: &str =
    "SELECT id, target, user_id, by_id, by_name, reason, made, expires, automatic, scope_json FROM blocks";
/// Holds while a block is in force at the time `?2`.
const IN_FORCE: &str = "(expires IS NULL OR expires > ?2)";

fn block(row: &Row) -> Result<Block, DbError> {
    Ok(Block {
        id: row.int(0)?,
        target: row.text(1)?,
        user_id: row.int(2)?,
        by_id: row.int(3)?,
        by_name: row.text(4)?,
        reason: row.text(5)?,
        made: row.time(6)?,
        expiry: Expiry::from_stored(row.opt_int(7)?.map(Timestamp::from_unix)),
        automatic: row.int(8)? != 0,
        scope: row.json(9, "scope of a block")?,
    })
}

/// Makes a block and gives its number; `None` if the target has one of the same kind. Blocks that are over are
/// forgotten.
pub fn insert(tx: &mut dyn Tx, new: &NewBlock) -> Result<Option<i64>, DbError> {
    let sql = "DELETE FROM blocks WHERE target = ?1 AND expires IS NOT NULL AND expires <= ?2";
    tx.execute(sql, values![new.target.text(), new.now])?;
    let (first, last) = new.target.range().unzip();
    let row = tx.first(
        "INSERT INTO blocks (target, user_id, first_address, last_address, by_id, by_name, reason, made, expires, \
         automatic, parent, scope_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
         ON CONFLICT (target, automatic) DO NOTHING RETURNING id",
        values![
            new.target.text(),
            new.user_id,
            first,
            last,
            new.by_id,
            &new.by_name,
            &new.reason,
            new.now,
            new.expiry.moment(),
            new.parent.is_some(),
            new.parent,
            json(&new.scope, "scope of a block")?,
        ],
    )?;
    row.map(|row| row.int(0)).transpose()
}

/// Gives a block the terms of another one. What followed from it is over.
pub fn replace(tx: &mut dyn Tx, id: i64, new: &NewBlock) -> Result<(), DbError> {
    tx.execute("DELETE FROM blocks WHERE parent = ?1", values![id])?;
    tx.execute(
        "UPDATE blocks SET by_id = ?2, by_name = ?3, reason = ?4, made = ?5, expires = ?6, scope_json = ?7 WHERE id = ?1",
        values![
            id,
            new.by_id,
            &new.by_name,
            &new.reason,
            new.now,
            new.expiry.moment(),
            json(&new.scope, "scope of a block")?,
        ],
    )?;
    Ok(())
}

/// The block that somebody made for just this target and that is in force.
pub fn of_target(read: &mut dyn Read, target: &str, now: Timestamp) -> Result<Option<Block>, DbError> {
    let sql = format!("{BLOCK} WHERE target = ?1 AND automatic = 0 AND {IN_FORCE}");
    read.first(&sql, values![target, now])?.as_ref().map(block).transpose()
}

/// A block that is in force, by its number.
pub fn by_id(read: &mut dyn Read, id: i64, now: Timestamp) -> Result<Option<Block>, DbError> {
    let sql = format!("{BLOCK} WHERE id = ?1 AND {IN_FORCE}");
    read.first(&sql, values![id, now])?.as_ref().map(block).transpose()
}

/// The block of a user's account that is in force.
pub fn of_user(read: &mut dyn Read, user_id: i64, now: Timestamp) -> Result<Option<Block>, DbError> {
    if user_id == 0 {
        return Ok(None);
    }
    let sql = format!("{BLOCK} WHERE user_id = ?1 AND automatic = 0 AND {IN_FORCE}");
    read.first(&sql, values![user_id, now])?.as_ref().map(block).transpose()
}

/// The blocks in force that an address falls under: of itself first, then of its networks, the smallest first; those
/// that follow from other blocks last.
pub fn of_address(
    read: &mut dyn Read,
    address: std::net::IpAddr,
    now: Timestamp,
) -> Result<Vec<Block>, DbError> {
    let sql = format!(
        "{BLOCK} WHERE first_address <= ?1 AND last_address >= ?1 AND {IN_FORCE} \
         ORDER BY automatic, first_address DESC, last_address, id"
    );
    read.query(&sql, values![address_key(address), now])?.iter().map(block).collect()
}

/// Ends a block and those that follow from it; `false` if there is none.
pub fn delete(tx: &mut dyn Tx, id: i64) -> Result<bool, DbError> {
    tx.execute("DELETE FROM blocks WHERE parent = ?1", values![id])?;
    Ok(tx.execute("DELETE FROM blocks WHERE id = ?1", values![id])? > 0)
}

/// Forgets blocks that are over.
pub fn delete_expired(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, DbError> {
    tx.execute("DELETE FROM blocks WHERE expires IS NOT NULL AND expires <= ?1", values![now])
}
