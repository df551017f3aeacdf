//! Removing bytes that nothing needs: those of uploads that were cut off, and those that a crash kept from being
//! removed after their row.

use commonhold_blob::Partial;
use commonhold_catalogue::ops::blobs;
use commonhold_core::{BlobKey, Timestamp};

use crate::{Error, Repository, Result};

/// Bytes that no row names are left alone for so long, in seconds, unless somebody asks for less: an upload may be
/// about to name them, and after a mistake they may be wanted.
pub const GARBAGE_AGE_SECONDS: i64 = 7 * 86_400;

/// Requests don't last for so long. Who began before a blob was condemned has ended when that is forgotten.
const CONDEMNED_SECONDS: i64 = 30 * 86_400;

/// Keys that are looked at in one go.
const BATCH: usize = 200;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Blobs that no row named.
    pub blobs: u64,
    /// Beginnings of blobs that no row named.
    pub partials: u64,
}

/// How much may be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Fewer blobs than are kept; else nothing. A catalogue that knows so little is likely to be the wrong one.
    LessThanKept,
    /// All that no row names.
    All,
}

impl Repository {
    /// Removes blobs and partials that no row names and that are at least so many seconds old; ends the sealing of
    /// others that a crash has interrupted. Safe while uploads are going on: one that comes to need what is removed
    /// under it fails and can be repeated.
    pub async fn collect_garbage(&self, older_than: i64, extent: Extent) -> Result<Collected> {
        let before = self.now() + -older_than;
        let unneeded = self.unneeded_blobs(before, extent).await?;
        let mut collected = Collected::default();
        let mut after: Option<BlobKey> = None;
        loop {
            let page = self.blobs.list_partials(after.as_ref(), BATCH).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key().clone());
            let keys = page.iter().map(|partial| partial.key().clone()).collect();
            let condemned = self.condemn(keys, before).await?;
            for partial in page.iter().filter(|partial| partial.key().born() <= before) {
                if condemned.contains(partial.key()) {
                    self.remove_bytes(partial.key(), Some(partial)).await?;
                    collected.partials += 1;
                } else if let Some(size) = self.blobs.stat(partial.key()).await? {
                    // A crash came into its sealing.
                    self.blobs.seal(partial, size).await?;
                }
            }
        }
        for page in unneeded.chunks(BATCH) {
            for key in self.condemn(page.to_vec(), before).await? {
                self.remove_bytes(&key, None).await?;
                collected.blobs += 1;
            }
        }
        let forgotten = self.now() + -CONDEMNED_SECONDS;
        self.db.write(move |tx| blobs::forget_condemned(tx, forgotten).map_err(Error::from)).await?;
        Ok(collected)
    }

    /// Blobs that were born up to a time and that no row names.
    async fn unneeded_blobs(&self, born_until: Timestamp, extent: Extent) -> Result<Vec<BlobKey>> {
        let (mut unneeded, mut needed) = (Vec::new(), 0);
        let mut after: Option<BlobKey> = None;
        loop {
            let mut page = self.blobs.list(after.as_ref(), BATCH).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            let asked = page.clone();
            let named = self.db.read(move |read| blobs::named(read, &asked).map_err(Error::from)).await?;
            needed += named.len();
            page.retain(|key| key.born() <= born_until && !named.contains(key));
            unneeded.append(&mut page);
        }
        if extent == Extent::LessThanKept && !unneeded.is_empty() && unneeded.len() >= needed {
            return Err(Error::StrangeCatalogue { unneeded: unneeded.len(), needed });
        }
        Ok(unneeded)
    }

    /// Condemns those of some keys that were born up to a time and that no row names.
    async fn condemn(&self, mut keys: Vec<BlobKey>, born_until: Timestamp) -> Result<Vec<BlobKey>> {
        keys.retain(|key| key.born() <= born_until);
        let asked = keys.clone();
        let named = self.db.read(move |read| blobs::named(read, &asked).map_err(Error::from)).await?;
        keys.retain(|key| !named.contains(key));
        if keys.is_empty() {
            return Ok(keys);
        }
        // Most are named, and the transaction is for the few that aren't.
        let now = self.now();
        self.db.write(move |tx| blobs::condemn(tx, &keys, now).map_err(Error::from)).await
    }

    /// Removes bytes that were condemned, whether they were sealed or not.
    pub(crate) async fn remove_bytes(&self, key: &BlobKey, partial: Option<&Partial>) -> Result<()> {
        if let Some(partial) = partial {
            self.blobs.discard(partial).await?;
        }
        Ok(self.blobs.remove(key).await?)
    }
}
