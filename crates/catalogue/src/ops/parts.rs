//! Chunks of an upload that arrived before those that come before them.

use std::ops::Range;

use commonhold_core::{BlobKey, FileKey, Timestamp};

use super::blobs;
use super::stash::blob_key;
use crate::value::values;
use crate::{DbError, Read, Row, Tx};

/// Chunks of one upload that may wait at a time.
pub const MOST: u64 = 10_000;

/// A chunk that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingPart {
    /// Bytes before it in the file.
    pub start: u64,
    /// Its bytes.
    pub size: u64,
    /// Where they are.
    pub blob_key: BlobKey,
    /// The same, as the blob store describes it.
    pub partial: String,
}

const PART: &str = "SELECT start, size, blob_key, partial FROM stash_parts";

fn part(row: &Row) -> Result<WaitingPart, DbError> {
    Ok(WaitingPart {
        start: row.size(0)?,
        size: row.size(1)?,
        blob_key: blob_key(row, 2)?,
        partial: row.text(3)?,
    })
}

/// Keeps a chunk of an upload whose first bytes, up to the chunk, are still arriving. `false` if there is no such
/// upload, another chunk has some of its place, or too many wait.
pub fn insert(tx: &mut dyn Tx, key: &FileKey, new: &WaitingPart, now: Timestamp) -> Result<bool, DbError> {
    let touched = tx.execute(
        "UPDATE stash SET touched = ?3 WHERE filekey = ?1 AND status = 'chunks' AND received <= ?2",
        values![key.as_str(), new.start as i64, now],
    )?;
    let overlaps = tx.first(
        "SELECT start FROM stash_parts WHERE filekey = ?1 AND start < ?3 AND start + size > ?2 LIMIT 1",
        values![key.as_str(), new.start as i64, (new.start + new.size) as i64],
    )?;
    let waiting = tx.first("SELECT COUNT(*) FROM stash_parts WHERE filekey = ?1", values![key.as_str()])?;
    let waiting = waiting.map(|row| row.size(0)).transpose()?.unwrap_or_default();
    if touched == 0 || overlaps.is_some() || waiting >= MOST {
        return Ok(false);
    }
    blobs::admit(tx, &new.blob_key)?;
    tx.execute(
        "INSERT INTO stash_parts (filekey, start, size, blob_key, partial) VALUES (?1, ?2, ?3, ?4, ?5)",
        values![key.as_str(), new.start as i64, new.size as i64, new.blob_key.as_str(), &new.partial],
    )?;
    Ok(true)
}

/// The chunk that begins there.
pub fn at(read: &mut dyn Read, key: &FileKey, start: u64) -> Result<Option<WaitingPart>, DbError> {
    let sql = format!("{PART} WHERE filekey = ?1 AND start = ?2");
    read.first(&sql, values![key.as_str(), start as i64])?.as_ref().map(part).transpose()
}

/// All waiting chunks of an upload, in order.
pub fn of_upload(read: &mut dyn Read, key: &FileKey) -> Result<Vec<WaitingPart>, DbError> {
    let sql = format!("{PART} WHERE filekey = ?1 ORDER BY start");
    read.query(&sql, values![key.as_str()])?.iter().map(part).collect()
}

/// Forgets a chunk: it is in its place now.
pub fn delete(tx: &mut dyn Tx, key: &FileKey, start: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM stash_parts WHERE filekey = ?1 AND start = ?2";
    tx.execute(sql, values![key.as_str(), start as i64])?;
    Ok(())
}

/// What is missing of an upload that has its bytes up to `received`, and then these chunks.
pub fn missing(received: u64, filesize: u64, waiting: &[WaitingPart]) -> Vec<Range<u64>> {
    let mut gaps = Vec::new();
    let mut at = received;
    for part in waiting {
        if part.start > at {
            gaps.push(at..part.start);
        }
        at = at.max(part.start + part.size);
    }
    if at < filesize {
        gaps.push(at..filesize);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use commonhold_core::Entropy;

    use super::*;

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    #[test]
    fn gaps_are_between_what_has_arrived() {
        let part = |start, size| WaitingPart {
            start,
            size,
            blob_key: BlobKey::new(Timestamp::from_unix(0), &Zeros),
            partial: String::new(),
        };
        let gaps = |filesize, waiting: &[WaitingPart]| {
            missing(10, filesize, waiting).iter().map(|gap| (gap.start, gap.end)).collect::<Vec<_>>()
        };
        assert_eq!(gaps(10, &[]), []);
        assert_eq!(gaps(40, &[]), [(10, 40)]);
        assert_eq!(gaps(40, &[part(20, 10)]), [(10, 20), (30, 40)]);
        assert_eq!(gaps(40, &[part(10, 10), part(30, 10)]), [(20, 30)]);
    }
}
