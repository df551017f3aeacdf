//! Removing what has expired. A row goes first and its bytes after it, so that an interruption leaves bytes without a
//! row, never a row without bytes.

use commonhold_blob::Partial;
use commonhold_catalogue::ops::stash::{self, StashRow};
use commonhold_catalogue::ops::{blobs, parts, sessions};
use commonhold_core::BlobKey;

use crate::session::{ANONYMOUS_IDLE_SECONDS, USER_IDLE_SECONDS};
use crate::{Error, Repository, Result};

/// Rows that are looked at in one go.
const BATCH: i64 = 100;

impl Repository {
    /// Forgets sessions that nobody has used for long.
    pub async fn sweep_sessions(&self) -> Result<()> {
        let before = self.now() + -USER_IDLE_SECONDS;
        let anonymous_before = self.now() + -ANONYMOUS_IDLE_SECONDS;
        let sweep = move |tx: &mut dyn commonhold_catalogue::Tx| {
            sessions::delete_idle(tx, before, anonymous_before).map_err(Error::from)
        };
        self.db.write(sweep).await.map(drop)
    }

    /// Removes stashed files and unfinished uploads that nobody has touched for as long as the settings allow, except
    /// those that are being fed. Gives their number.
    pub async fn sweep_stash(&self) -> Result<usize> {
        let mut removed = 0;
        loop {
            let now = self.now();
            let before = now + -self.settings.uploads.stash_max_age_seconds;
            let look = move |read: &mut dyn commonhold_catalogue::Read| {
                stash::expired(read, before, now, BATCH).map_err(Error::from)
            };
            let expired = self.db.read(look).await?;
            let full = expired.len() as i64 == BATCH;
            let mut gone = 0;
            for row in expired {
                gone += usize::from(self.remove_stashed(row).await?);
            }
            removed += gone;
            // Where nothing went, the next batch would be this one again.
            if !full || gone == 0 {
                return Ok(removed);
            }
        }
    }

    /// Removes an entry, and its bytes if nothing else has them; `false` if it changed meanwhile.
    async fn remove_stashed(&self, row: StashRow) -> Result<bool> {
        let (old, now) = (row.clone(), self.now());
        let remove = move |tx: &mut dyn commonhold_catalogue::Tx| {
            let parts = parts::of_upload(tx, &old.filekey)?;
            if !stash::delete(tx, &old)? {
                return Ok::<_, Error>(None);
            }
            let mut keys: Vec<BlobKey> = parts.iter().map(|part| part.blob_key.clone()).collect();
            keys.push(old.blob_key.clone());
            Ok(Some((parts, blobs::condemn(tx, &keys, now)?)))
        };
        let Some((parts, condemned)) = self.db.write(remove).await? else { return Ok(false) };
        for key in condemned {
            let waiting = parts.iter().find(|part| part.blob_key == key).map(|part| part.partial.as_str());
            let partial = waiting.or(row.partial.as_deref());
            let partial = partial.and_then(|p| serde_json::from_str::<Partial>(p).ok());
            self.remove_bytes(&key, partial.as_ref()).await?;
        }
        Ok(true)
    }
}
