//! The stash, and chunked uploads on their way into it.

use commonhold_core::{BlobKey, FileKey, Hashes, MediaInfo, Sha1, Sha256, Timestamp};

use super::files::storable;
use super::{blobs, nodes};
use crate::value::{json, values};
use crate::{DbError, Read, Row, Tx};

/// A stash entry.
#[derive(Clone, Debug, PartialEq)]
pub struct StashRow {
    /// Its key.
    pub filekey: FileKey,
    /// Whose it is.
    pub user_id: i64,
    /// How far it is.
    pub status: StashStatus,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub touched: Timestamp,
    /// Where its bytes are, or will be once they are whole.
    pub blob_key: BlobKey,
    /// Where its bytes are while they arrive, as the blob store describes it.
    pub partial: Option<String>,
    /// The name that was wanted.
    pub filename: String,
    /// Bytes that are safe.
    pub offset: u64,
    /// Where the chunk begins that was accepted last.
    pub chunk_start: u64,
    /// Bytes of the whole, as announced.
    pub filesize: u64,
    /// The hashes' state at `offset`.
    pub hash_state: Option<Vec<u8>>,
    /// Hashes of the whole.
    pub hashes: Option<Hashes>,
    /// What the whole is.
    pub info: Option<MediaInfo>,
    /// Number of the last claim.
    pub attempt: i64,
    /// Until when the last claim holds.
    pub lease_until: Option<Timestamp>,
    /// The entry that took its place.
    pub successor: Option<FileKey>,
    /// The version that it became.
    pub published_version: Option<i64>,
}

/// How far an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StashStatus {
    /// Chunks are awaited.
    Chunks,
    /// All chunks are there, and a job is to put them together.
    Queued,
    /// Whole: to be had, or replaced by its successor.
    Finished,
    /// The whole was refused.
    Failed,
    /// It is public now.
    Published,
}

/// The answer to a claim.
#[derive(Debug)]
pub enum Claim {
    /// The claim holds; no other attempt can move the offset.
    Granted {
        /// Number of the claim.
        attempt: i64,
        /// The entry.
        row: Box<StashRow>,
    },
    /// There is nothing to append to, or not there.
    Refused,
    /// Another request is at it.
    Busy,
}

impl StashStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Chunks => "chunks",
            Self::Queued => "queued",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Published => "published",
        }
    }

    fn parse(text: &str) -> Result<Self, DbError> {
        let all = [Self::Chunks, Self::Queued, Self::Finished, Self::Failed, Self::Published];
        all.into_iter().find(|s| s.as_str() == text).ok_or(DbError::Corrupt { what: "stash status" })
    }
}

const ENTRY: &str = "SELECT id, filekey, user_id, status, created, touched, blob_key, partial, filename, received, \
    filesize, hash_state, size, sha1, sha256, info_json, attempt, lease_until, successor, published_version, chunk_start FROM stash";

fn entry(row: &Row) -> Result<(i64, StashRow), DbError> {
    let key = |text: String| FileKey::parse(&text).ok_or(DbError::Corrupt { what: "file key" });
    let hashes = match row.opt_int(12)? {
        None => None,
        Some(_) => Some(hashes(row, 12)?),
    };
    let info = match row.opt_text(15)? {
        None => None,
        Some(_) => Some(row.json(15, "media description")?),
    };
    let entry = StashRow {
        filekey: key(row.text(1)?)?,
        user_id: row.int(2)?,
        status: StashStatus::parse(&row.text(3)?)?,
        created: row.time(4)?,
        touched: row.time(5)?,
        blob_key: blob_key(row, 6)?,
        partial: row.opt_text(7)?,
        filename: row.text(8)?,
        offset: row.size(9)?,
        filesize: row.size(10)?,
        hash_state: row.opt_blob(11)?,
        hashes,
        info,
        attempt: row.int(16)?,
        lease_until: row.opt_int(17)?.map(Timestamp::from_unix),
        successor: row.opt_text(18)?.map(key).transpose()?,
        published_version: row.opt_int(19)?,
        chunk_start: row.size(20)?,
    };
    Ok((row.int(0)?, entry))
}

/// Size, SHA-1 and SHA-256 in three columns.
pub(crate) fn hashes(row: &Row, at: usize) -> Result<Hashes, DbError> {
    let wrong = |_| DbError::Corrupt { what: "hash" };
    Ok(Hashes {
        size: row.size(at)?,
        sha1: Sha1(row.blob(at + 1)?.try_into().map_err(wrong)?),
        sha256: Sha256(row.blob(at + 2)?.try_into().map_err(wrong)?),
    })
}

pub(crate) fn blob_key(row: &Row, at: usize) -> Result<BlobKey, DbError> {
    BlobKey::parse(&row.text(at)?).ok_or(DbError::Corrupt { what: "blob key" })
}

/// Stores a new entry. Its blob must not be condemned.
pub fn insert(tx: &mut dyn Tx, new: &StashRow) -> Result<(), DbError> {
    blobs::admit(tx, &new.blob_key)?;
    let info = new.info.as_ref().map(|info| json(&storable(info), "media description")).transpose()?;
    tx.execute(
        "INSERT INTO stash (filekey, user_id, status, created, touched, blob_key, partial, filename, received, \
         filesize, hash_state, size, sha1, sha256, info_json, attempt, lease_until, successor, published_version, \
         chunk_start) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        values![
            new.filekey.as_str(),
            new.user_id,
            new.status.as_str(),
            new.created,
            new.touched,
            new.blob_key.as_str(),
            new.partial.clone(),
            &new.filename,
            new.offset as i64,
            new.filesize as i64,
            new.hash_state.clone(),
            new.hashes.map(|h| h.size as i64),
            new.hashes.map(|h| h.sha1.0.to_vec()),
            new.hashes.map(|h| h.sha256.0.to_vec()),
            info,
            new.attempt,
            new.lease_until,
            new.successor.as_ref().map(FileKey::as_str),
            new.published_version,
            new.chunk_start as i64,
        ],
    )?;
    Ok(())
}

/// An entry by its key.
pub fn get(read: &mut dyn Read, key: &FileKey) -> Result<Option<StashRow>, DbError> {
    let row = read.first(&format!("{ENTRY} WHERE filekey = ?1"), values![key.as_str()])?;
    Ok(row.as_ref().map(entry).transpose()?.map(|(_, row)| row))
}

/// Claims an entry that waits for the bytes at `offset`, for some seconds. Where several servers share the catalogue, the
/// claim is the `holder`'s, and ends as well when that is taken for dead.
pub fn claim(
    tx: &mut dyn Tx,
    key: &FileKey,
    offset: u64,
    now: Timestamp,
    seconds: i64,
    holder: Option<&str>,
) -> Result<Claim, DbError> {
    let touched = tx.execute(
        "UPDATE stash SET attempt = attempt + 1, lease_until = ?4, holder = ?5 \
         WHERE filekey = ?1 AND status = 'chunks' AND received = ?2 \
         AND (lease_until IS NULL OR lease_until < ?3 OR (holder IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = stash.holder AND n.seen >= ?6)))",
        values![key.as_str(), offset as i64, now, now + seconds, holder, now + -nodes::SILENT_SECONDS],
    )?;
    let row = get(tx, key)?;
    Ok(match row {
        Some(row) if touched == 1 => Claim::Granted { attempt: row.attempt, row: Box::new(row) },
        Some(row) if row.status == StashStatus::Chunks && row.offset == offset => Claim::Busy,
        _ => Claim::Refused,
    })
}

/// Ends a claim, if it is still the last one.
pub fn release(tx: &mut dyn Tx, key: &FileKey, attempt: i64) -> Result<(), DbError> {
    let sql = "UPDATE stash SET lease_until = NULL WHERE filekey = ?1 AND attempt = ?2";
    tx.execute(sql, values![key.as_str(), attempt])?;
    Ok(())
}

/// Ends a claim that lasts until a time, whatever its number: one of which nobody knows whether it was granted.
pub fn revoke(tx: &mut dyn Tx, key: &FileKey, lease_until: Timestamp) -> Result<(), DbError> {
    let sql =
        "UPDATE stash SET attempt = attempt + 1, lease_until = NULL WHERE filekey = ?1 AND lease_until = ?2";
    tx.execute(sql, values![key.as_str(), lease_until])?;
    Ok(())
}

/// Ends all claims: of a process that is no more. Not for a catalogue that others use as well.
pub fn release_all(tx: &mut dyn Tx) -> Result<(), DbError> {
    tx.execute(
        "UPDATE stash SET attempt = attempt + 1, lease_until = NULL WHERE lease_until IS NOT NULL",
        &[],
    )?;
    Ok(())
}

/// Moves the offset, under a claim; `false` if the claim or the offset is not what it was.
pub fn advance(
    tx: &mut dyn Tx,
    key: &FileKey,
    attempt: i64,
    from: u64,
    to: u64,
    hash_state: &[u8],
    now: Timestamp,
) -> Result<bool, DbError> {
    let touched = tx.execute(
        "UPDATE stash SET received = ?4, hash_state = ?5, touched = ?6, chunk_start = ?3 \
         WHERE filekey = ?1 AND attempt = ?2 AND received = ?3 AND status = 'chunks'",
        values![key.as_str(), attempt, from as i64, to as i64, hash_state, now],
    )?;
    Ok(touched == 1)
}

/// Leaves an entry that has all its chunks to a job, which ends the claim; `false` if the claim doesn't hold or the
/// upload is over. May be repeated.
pub fn queue(tx: &mut dyn Tx, key: &FileKey, attempt: i64, now: Timestamp) -> Result<bool, DbError> {
    let sql = "UPDATE stash SET status = 'queued', lease_until = NULL, touched = ?3 \
               WHERE filekey = ?1 AND attempt = ?2 AND status IN ('chunks', 'queued')";
    Ok(tx.execute(sql, values![key.as_str(), attempt, now])? == 1)
}

/// Puts the whole file's entry in the place of the one that took its chunks, which keeps a pointer to it; `false` if
/// the claim doesn't hold.
pub fn finish(tx: &mut dyn Tx, old: &FileKey, attempt: i64, new: &StashRow) -> Result<bool, DbError> {
    let touched = tx.execute(
        "UPDATE stash SET status = 'finished', lease_until = NULL, successor = ?3, touched = ?4 \
         WHERE filekey = ?1 AND attempt = ?2 AND status IN ('chunks', 'queued')",
        values![old.as_str(), attempt, new.filekey.as_str(), new.touched],
    )?;
    if touched == 1 {
        insert(tx, new)?;
    }
    Ok(touched == 1)
}

/// Notes that the whole was refused, if the claim holds.
pub fn fail(tx: &mut dyn Tx, key: &FileKey, attempt: i64, now: Timestamp) -> Result<(), DbError> {
    tx.execute(
        "UPDATE stash SET status = 'failed', lease_until = NULL, touched = ?3 \
         WHERE filekey = ?1 AND attempt = ?2 AND status IN ('chunks', 'queued')",
        values![key.as_str(), attempt, now],
    )?;
    Ok(())
}

/// Notes what an entry became; `false` if there is no such entry any more: then its blob may be gone as well, and the
/// transaction must not happen.
pub fn mark_published(tx: &mut dyn Tx, key: &FileKey, version_id: i64) -> Result<bool, DbError> {
    let sql = "UPDATE stash SET status = 'published', published_version = ?2 \
               WHERE filekey = ?1 AND status = 'finished' AND successor IS NULL";
    Ok(tx.execute(sql, values![key.as_str(), version_id])? == 1)
}

/// A user's entries that can be used, oldest first, after one.
pub fn list_of_user(
    read: &mut dyn Read,
    user_id: i64,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, StashRow)>, DbError> {
    let sql = format!(
        "{ENTRY} WHERE user_id = ?1 AND id > ?2 AND successor IS NULL AND status IN ('chunks', 'queued', 'finished') \
         ORDER BY id LIMIT ?3"
    );
    read.query(&sql, values![user_id, after.unwrap_or_default(), limit])?.iter().map(entry).collect()
}

/// All entries in the order in which they were made, after one.
pub fn list_all(
    read: &mut dyn Read,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, StashRow)>, DbError> {
    let sql = format!("{ENTRY} WHERE id > ?1 ORDER BY id LIMIT ?2");
    read.query(&sql, values![after.unwrap_or_default(), limit])?.iter().map(entry).collect()
}

/// Entries that nobody has touched since a time and nobody feeds, oldest first.
pub fn expired(
    read: &mut dyn Read,
    before: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<StashRow>, DbError> {
    let sql = format!(
        "{ENTRY} WHERE touched < ?1 AND (lease_until IS NULL OR lease_until < ?2) ORDER BY touched, id LIMIT ?3"
    );
    let rows = read.query(&sql, values![before, now, limit])?;
    rows.iter().map(|row| entry(row).map(|(_, row)| row)).collect()
}

/// Forgets an entry that has not changed since it was looked at; `false` if it has.
pub fn delete(tx: &mut dyn Tx, row: &StashRow) -> Result<bool, DbError> {
    let sql = "DELETE FROM stash WHERE filekey = ?1 AND attempt = ?2 AND touched = ?3";
    Ok(tx.execute(sql, values![row.filekey.as_str(), row.attempt, row.touched])? == 1)
}
