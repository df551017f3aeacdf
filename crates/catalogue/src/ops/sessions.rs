//! Sessions.

use commonhold_core::Timestamp;

use crate::value::values;
use crate::{DbError, Read, Tx};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the cookie.
    pub id_hash: Vec<u8>,
    /// Who is logged in; `None` while it only holds a login token.
    pub user_id: Option<i64>,
    /// Tokens are made with it.
    pub secret: Vec<u8>,
    /// The bot password's application, if it began with one.
    pub app_id: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it was last noted to be in use.
    pub last_seen: Timestamp,
}

/// A session by the hash of its cookie.
pub fn get(read: &mut dyn Read, id_hash: &[u8]) -> Result<Option<SessionRow>, DbError> {
    let sql = "SELECT id_hash, user_id, secret, app_id, created, last_seen FROM sessions WHERE id_hash = ?1";
    let Some(row) = read.first(sql, values![id_hash])? else { return Ok(None) };
    Ok(Some(SessionRow {
        id_hash: row.blob(0)?,
        user_id: row.opt_int(1)?,
        secret: row.blob(2)?,
        app_id: row.opt_text(3)?,
        created: row.time(4)?,
        last_seen: row.time(5)?,
    }))
}

/// Stores a new session.
pub fn insert(tx: &mut dyn Tx, new: &SessionRow) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO sessions (id_hash, user_id, secret, app_id, created, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        values![
            new.id_hash.as_slice(),
            new.user_id,
            new.secret.as_slice(),
            new.app_id.clone(),
            new.created,
            new.last_seen,
        ],
    )?;
    Ok(())
}

/// Notes that a session is in use.
pub fn touch(tx: &mut dyn Tx, id_hash: &[u8], now: Timestamp) -> Result<(), DbError> {
    tx.execute("UPDATE sessions SET last_seen = ?2 WHERE id_hash = ?1", values![id_hash, now])?;
    Ok(())
}

/// Ends a session.
pub fn delete(tx: &mut dyn Tx, id_hash: &[u8]) -> Result<(), DbError> {
    tx.execute("DELETE FROM sessions WHERE id_hash = ?1", values![id_hash])?;
    Ok(())
}

/// Ends the sessions that nobody has used since a time: those of users, and those of nobody.
pub fn delete_idle(tx: &mut dyn Tx, before: Timestamp, anonymous_before: Timestamp) -> Result<u64, DbError> {
    let sql = "DELETE FROM sessions WHERE last_seen < ?1 OR (user_id IS NULL AND last_seen < ?2)";
    tx.execute(sql, values![before, anonymous_before])
}

/// Ends all of a user's sessions.
pub fn delete_of_user(tx: &mut dyn Tx, user_id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM sessions WHERE user_id = ?1", values![user_id])?;
    Ok(())
}

/// Ends the sessions that began with a bot password.
pub fn delete_of_bot_password(tx: &mut dyn Tx, user_id: i64, app_id: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM sessions WHERE user_id = ?1 AND app_id = ?2", values![user_id, app_id])?;
    Ok(())
}
