//! Users, bot passwords, failed logins.

use commonhold_core::Timestamp;

use crate::value::{json, values};
use crate::{DbError, Read, Row, Tx};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Its number.
    pub id: i64,
    /// Its canonical name.
    pub name: String,
    /// Argon2id in PHC form; an account without one can't log in.
    pub password_hash: Option<String>,
    /// The groups that it was put in; the implicit ones aren't stored.
    pub groups: Vec<String>,
    /// When it was made.
    pub registration: Timestamp,
    /// Edits and uploads.
    pub edit_count: i64,
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Its canonical name.
    pub name: String,
    /// Argon2id in PHC form.
    pub password_hash: Option<String>,
    /// Its groups.
    pub groups: Vec<String>,
    /// The current time.
    pub now: Timestamp,
}

/// A password for one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotPassword {
    /// Whose it is.
    pub user_id: i64,
    /// The application.
    pub app_id: String,
    /// Argon2id in PHC form.
    pub hash: String,
    /// What it lets through.
    pub grants: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
}

const USER: &str = "SELECT id, name, password_hash, groups_json, registration, edit_count FROM users";

fn user(row: &Row) -> Result<UserRow, DbError> {
    Ok(UserRow {
        id: row.int(0)?,
        name: row.text(1)?,
        password_hash: row.opt_text(2)?,
        groups: row.json(3, "list of groups")?,
        registration: row.time(4)?,
        edit_count: row.int(5)?,
    })
}

/// Whether there is any account.
pub fn any_user(read: &mut dyn Read) -> Result<bool, DbError> {
    Ok(read.first("SELECT id FROM users LIMIT 1", &[])?.is_some())
}

/// Makes an account and gives its number; `None` if the name is taken.
pub fn create_user(tx: &mut dyn Tx, new: &NewUser) -> Result<Option<i64>, DbError> {
    let row = tx.first(
        "INSERT INTO users (name, password_hash, groups_json, registration, edit_count) VALUES (?1, ?2, ?3, ?4, 0) \
         ON CONFLICT (name) DO NOTHING RETURNING id",
        values![&new.name, new.password_hash.clone(), json(&new.groups, "list of groups")?, new.now],
    )?;
    row.map(|row| row.int(0)).transpose()
}

/// An account by its number.
pub fn user_by_id(read: &mut dyn Read, id: i64) -> Result<Option<UserRow>, DbError> {
    read.first(&format!("{USER} WHERE id = ?1"), values![id])?.as_ref().map(user).transpose()
}

/// An account by its canonical name.
pub fn user_by_name(read: &mut dyn Read, name: &str) -> Result<Option<UserRow>, DbError> {
    read.first(&format!("{USER} WHERE name = ?1"), values![name])?.as_ref().map(user).transpose()
}

/// Accounts in order of their names, after one.
pub fn list_users(read: &mut dyn Read, after: Option<&str>, limit: i64) -> Result<Vec<UserRow>, DbError> {
    let sql = format!("{USER} WHERE name > ?1 ORDER BY name LIMIT ?2");
    read.query(&sql, values![after.unwrap_or_default(), limit])?.iter().map(user).collect()
}

/// Sets the hash of the account's own password.
pub fn set_password(tx: &mut dyn Tx, id: i64, hash: &str) -> Result<(), DbError> {
    tx.execute("UPDATE users SET password_hash = ?2 WHERE id = ?1", values![id, hash])?;
    Ok(())
}

/// Puts an account in just these groups.
pub fn set_groups(tx: &mut dyn Tx, id: i64, groups: &[String]) -> Result<(), DbError> {
    let groups = json(&groups, "list of groups")?;
    tx.execute("UPDATE users SET groups_json = ?2 WHERE id = ?1", values![id, groups])?;
    Ok(())
}

/// Counts one more edit of a user's.
pub(crate) fn count_edit(tx: &mut dyn Tx, id: i64) -> Result<(), DbError> {
    tx.execute("UPDATE users SET edit_count = edit_count + 1 WHERE id = ?1", values![id])?;
    Ok(())
}

const BOT_PASSWORD: &str = "SELECT user_id, app_id, password_hash, grants_json, created FROM bot_passwords";

fn bot(row: &Row) -> Result<BotPassword, DbError> {
    Ok(BotPassword {
        user_id: row.int(0)?,
        app_id: row.text(1)?,
        hash: row.text(2)?,
        grants: row.json(3, "list of grants")?,
        created: row.time(4)?,
    })
}

/// Makes or replaces a bot password.
pub fn put_bot_password(tx: &mut dyn Tx, new: &BotPassword) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO bot_passwords (user_id, app_id, password_hash, grants_json, created) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (user_id, app_id) DO UPDATE SET password_hash = excluded.password_hash, \
         grants_json = excluded.grants_json, created = excluded.created",
        values![new.user_id, &new.app_id, &new.hash, json(&new.grants, "list of grants")?, new.created],
    )?;
    Ok(())
}

/// A bot password.
pub fn bot_password(read: &mut dyn Read, user_id: i64, app_id: &str) -> Result<Option<BotPassword>, DbError> {
    let sql = format!("{BOT_PASSWORD} WHERE user_id = ?1 AND app_id = ?2");
    read.first(&sql, values![user_id, app_id])?.as_ref().map(bot).transpose()
}

/// A user's bot passwords, by application.
pub fn bot_passwords(read: &mut dyn Read, user_id: i64) -> Result<Vec<BotPassword>, DbError> {
    let sql = format!("{BOT_PASSWORD} WHERE user_id = ?1 ORDER BY app_id");
    read.query(&sql, values![user_id])?.iter().map(bot).collect()
}

/// Forgets a bot password; `false` if there is none.
pub fn delete_bot_password(tx: &mut dyn Tx, user_id: i64, app_id: &str) -> Result<bool, DbError> {
    let sql = "DELETE FROM bot_passwords WHERE user_id = ?1 AND app_id = ?2";
    Ok(tx.execute(sql, values![user_id, app_id])? > 0)
}

/// Failed logins counted under a name within the last `window` seconds.
pub fn throttle_count(read: &mut dyn Read, name: &str, now: Timestamp, window: i64) -> Result<i64, DbError> {
    let sql = "SELECT failures FROM login_failures WHERE name = ?1 AND since > ?2";
    read.first(sql, values![name, now + -window])?.map_or(Ok(0), |row| row.int(0))
}

/// Counts a failed login; a window that has passed begins anew.
pub fn throttle_failures(tx: &mut dyn Tx, name: &str, now: Timestamp, window: i64) -> Result<(), DbError> {
    let before = now + -window;
    tx.execute("DELETE FROM login_failures WHERE since <= ?1", values![before])?;
    tx.execute(
        "INSERT INTO login_failures (name, since, failures) VALUES (?1, ?2, 1) \
         ON CONFLICT (name) DO UPDATE SET failures = login_failures.failures + 1",
        values![name, now],
    )?;
    Ok(())
}

/// Forgets the failed logins under a name.
pub fn throttle_clear(tx: &mut dyn Tx, name: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM login_failures WHERE name = ?1", values![name])?;
    Ok(())
}
