//! The stash: files that are their owner's alone until they are published.

use commonhold_blob::Place;
use commonhold_catalogue::ops::stash::{self, StashRow, StashStatus};
use commonhold_core::user::Caller;
use commonhold_core::{BlobKey, FileKey, Hashes, MediaInfo, Message, Refusal, Timestamp};

use crate::{Error, Repository, Result};

/// A whole file in the stash.
#[derive(Clone, Debug)]
pub struct StashedFile {
    /// Its key.
    pub key: FileKey,
    /// When it was put there.
    pub timestamp: Timestamp,
    /// The name that was wanted for it.
    pub filename: String,
    /// Length and hashes.
    pub hashes: Hashes,
    /// What it is.
    pub info: MediaInfo,
    /// The bytes.
    pub blob: BlobKey,
}

/// One line of `list=mystashedfiles`.
#[derive(Clone, Debug)]
pub struct StashEntry {
    /// Position in the list, to continue from.
    pub id: i64,
    /// The key.
    pub key: FileKey,
    /// Whether all of it has arrived.
    pub finished: bool,
    /// Bytes so far.
    pub size: u64,
    /// What it is, once it has all arrived.
    pub info: Option<MediaInfo>,
}

/// What the key of a stash entry ends in, after its last dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyEnding {
    /// The extension that the content calls for.
    Extension,
    /// Nothing: so MediaWiki names what came by URL.
    Nothing,
}

impl StashedFile {
    pub(crate) fn from_row(row: StashRow) -> Option<Self> {
        let (hashes, info) = (row.hashes?, row.info?);
        Some(Self {
            key: row.filekey,
            timestamp: row.created,
            filename: row.filename,
            hashes,
            info,
            blob: row.blob_key,
        })
    }
}

impl Repository {
    /// Puts a sealed blob in the caller's stash.
    pub(crate) async fn stash_sealed(
        &self,
        caller: &Caller,
        filename: &str,
        blob: &BlobKey,
        hashes: Hashes,
        info: MediaInfo,
        ending: KeyEnding,
    ) -> Result<StashedFile> {
        let row = self.new_entry(caller, filename, blob, hashes, info, ending)?;
        let stored = row.clone();
        self.db.write(move |tx| stash::insert(tx, &stored).map_err(Error::from)).await?;
        StashedFile::from_row(row).ok_or(Error::Gone)
    }

    /// The entry for a sealed blob in the caller's stash, not yet stored.
    pub(crate) fn new_entry(
        &self,
        caller: &Caller,
        filename: &str,
        blob: &BlobKey,
        hashes: Hashes,
        info: MediaInfo,
        ending: KeyEnding,
    ) -> Result<StashRow> {
        if caller.is_anonymous() {
            return Err(Refusal::of(Message::new("stashnotloggedin")).into());
        }
        let now = self.now();
        Ok(StashRow {
            filekey: match ending {
                KeyEnding::Extension => self.new_key(caller.id, &info),
                KeyEnding::Nothing => FileKey::new(now, &*self.entropy, caller.id, ""),
            },
            user_id: caller.id,
            status: StashStatus::Finished,
            created: now,
            touched: now,
            blob_key: blob.clone(),
            partial: None,
            filename: filename.to_owned(),
            offset: hashes.size,
            filesize: hashes.size,
            hash_state: None,
            hashes: Some(hashes),
            info: Some(info),
            attempt: 0,
            lease_until: None,
            successor: None,
            published_version: None,
            chunk_start: 0,
        })
    }

    /// The caller's stash entry of that key, whole or not.
    pub(crate) async fn own_stash_row(&self, caller: &Caller, key: &FileKey) -> Result<StashRow> {
        let row = self.stash_row(caller, key).await?;
        if row.status == StashStatus::Published { Err(not_found(key).into()) } else { Ok(row) }
    }

    /// The caller's entry of that key even if it is public by now, with MediaWiki's refusals in its order.
    pub(crate) async fn stash_row(&self, caller: &Caller, key: &FileKey) -> Result<StashRow> {
        if caller.is_anonymous() {
            return Err(Refusal::of(Message::new("stashnotloggedin")).into());
        }
        let wanted = key.clone();
        let row = self.db.read(move |read| stash::get(read, &wanted).map_err(Error::from)).await?;
        match row {
            // What is public by now is nobody's stashed file any more.
            Some(row) if row.user_id != caller.id && row.status == StashStatus::Published => {
                Err(not_found(key).into())
            }
            Some(row) if row.user_id != caller.id => {
                Err(Refusal::of(Message::new("uploadstash-wrong-owner").with(key.as_str())).into())
            }
            Some(row) => Ok(row),
            None => Err(not_found(key).into()),
        }
    }

    /// A whole file in the caller's stash.
    pub async fn stashed(&self, caller: &Caller, key: &str) -> Result<StashedFile> {
        let key = FileKey::parse(key)
            .ok_or_else(|| Refusal::of(Message::new("uploadstash-bad-path-bad-format").with(key)))?;
        let row = self.own_stash_row(caller, &key).await?;
        StashedFile::from_row(row).ok_or_else(|| not_found(&key).into())
    }

    /// The caller's stash, oldest first.
    pub async fn stash_of(&self, caller: &Caller, after: Option<i64>, limit: i64) -> Result<Vec<StashEntry>> {
        if caller.is_anonymous() {
            return Err(Refusal::of(Message::new("stashnotloggedin")).into());
        }
        let id = caller.id;
        let rows = self
            .db
            .read(move |read| stash::list_of_user(read, id, after, limit).map_err(Error::from))
            .await?;
        let entry = |(id, row): (i64, StashRow)| StashEntry {
            id,
            key: row.filekey,
            finished: row.status == StashStatus::Finished,
            size: row.hashes.map_or(row.offset, |h| h.size),
            info: row.info,
        };
        Ok(rows.into_iter().map(entry).collect())
    }
}

/// Where a row's bytes are.
pub(crate) fn place_of(row: &StashRow) -> Result<Place> {
    match (&row.hashes, &row.partial) {
        (None, Some(partial)) if matches!(row.status, StashStatus::Chunks | StashStatus::Queued) => {
            Ok(Place::Partial(serde_json::from_str(partial).map_err(|_| Error::Gone)?))
        }
        _ => Ok(Place::Sealed(row.blob_key.clone())),
    }
}

pub(crate) fn not_found(key: &FileKey) -> Refusal {
    Refusal::of(Message::new("uploadstash-file-not-found").with(key.as_str()))
}
