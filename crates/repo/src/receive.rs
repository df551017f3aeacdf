//! Taking in a file part: hashed and stored as it streams, before anything is decided about it.
//!
//! A part goes to a fresh partial blob, or, where the request has already named the chunked upload it continues,
//! straight to its place behind the bytes that are there. Bytes past an upload's recorded offset mean nothing until
//! the catalogue moves the offset, so what is refused later needs no undoing.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_blob::{Hashing, Partial, Place};
use commonhold_catalogue::Tx;
use commonhold_catalogue::ops::stash::{self, Claim, StashRow};
use commonhold_core::{BlobKey, FileKey, Hashes, Message, Refusal, Timestamp};

use crate::{Error, Repository, Result};

/// A claim on a chunked upload ends after this many seconds, should its holder vanish without a word.
const CLAIM_SECONDS: i64 = 3_600;

/// Why a source of bytes stops before its end.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// Bytes as they arrive.
#[async_trait]
pub trait ByteSource: Send {
    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, SourceError>;
}

/// Where the bytes are likely to belong.
#[derive(Clone, Debug)]
pub enum Hint {
    /// A new file, or nothing is known yet.
    Fresh,
    /// The chunk of this upload that begins at this offset.
    Append {
        /// The upload's key.
        key: FileKey,
        /// Bytes before the chunk.
        offset: u64,
    },
}

/// A received part. Dropping it gives up its bytes.
pub struct Received {
    /// Bytes in the part.
    pub size: u64,
    repository: Arc<Repository>,
    held: Option<Held>,
}

/// Where a received part is.
pub(crate) enum Held {
    /// In a partial blob of its own.
    Fresh(Box<FreshPart>),
    /// In its place in a chunked upload that is claimed for it.
    Appended(Box<AppendedPart>),
}

/// A part in a partial blob of its own.
#[derive(Clone)]
pub(crate) struct FreshPart {
    pub(crate) key: BlobKey,
    pub(crate) partial: Partial,
    pub(crate) hashing: Hashing,
}

/// A chunk behind the bytes of its upload, not yet recorded.
pub(crate) struct AppendedPart {
    pub(crate) row: StashRow,
    pub(crate) partial: Partial,
    pub(crate) attempt: i64,
    /// The state over everything up to the chunk's end.
    pub(crate) hashing: Hashing,
}

impl FreshPart {
    pub(crate) fn hashes(&self) -> Hashes {
        self.hashing.hashes()
    }

    pub(crate) fn place(&self) -> Place {
        Place::Partial(self.partial.clone())
    }
}

impl Received {
    /// A part that was counted but not stored, since nothing could come of it: its sender lacks the right to upload.
    pub fn unstored(repository: &Arc<Repository>, size: u64) -> Self {
        Self { size, repository: Arc::clone(repository), held: None }
    }

    /// Hands over what was stored; from here on the taker cleans up.
    pub(crate) fn take(&mut self) -> Option<Held> {
        self.held.take()
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let repository = Arc::clone(&self.repository);
        runtime.spawn(async move { repository.give_up(held).await });
    }
}

impl Repository {
    /// Takes in a part. Refused: more bytes than a file may have; the rest of the source is then unread.
    pub async fn receive(
        self: &Arc<Self>,
        user_id: i64,
        hint: Hint,
        source: &mut dyn ByteSource,
    ) -> Result<Received> {
        let claimed = match hint {
            Hint::Append { key, offset } => self.claim(user_id, &key, offset).await?,
            Hint::Fresh => None,
        };
        let mut received = Received { size: 0, repository: Arc::clone(self), held: None };
        // Once something is held, whatever goes wrong drops `received`, which cleans up.
        let (at, mut writer) = if let Some(part) = claimed {
            let (at, partial, hashing) = (part.row.offset, part.partial.clone(), part.hashing.clone());
            received.held = Some(Held::Appended(Box::new(part)));
            (at, self.blobs.write(&partial, at, hashing).await.map_err(lost)?)
        } else {
            let key = self.fresh_key();
            let (partial, writer) = self.blobs.start(key.clone()).await?;
            received.held = Some(Held::Fresh(Box::new(FreshPart { key, partial, hashing: Hashing::new() })));
            (0, writer)
        };
        let limit = self.settings.uploads.max_bytes.saturating_sub(at);
        while let Some(bytes) = source.next().await.map_err(|e| Error::Body(e.0))? {
            received.size += bytes.len() as u64;
            if received.size > limit {
                return Err(Refusal::of(Message::new("file-too-large")).into());
            }
            writer.write(bytes).await?;
        }
        let written = writer.finish().await?;
        match &mut received.held {
            Some(Held::Appended(part)) => part.hashing = written,
            Some(Held::Fresh(part)) => part.hashing = written,
            None => {}
        }
        Ok(received)
    }

    /// A key for a blob that is to be made.
    pub(crate) fn fresh_key(&self) -> BlobKey {
        BlobKey::new(self.now(), &*self.entropy)
    }

    /// Claims a chunked upload for one more chunk; `None` if it isn't this user's, doesn't wait for that offset, or
    /// is being fed by another request.
    pub(crate) async fn claim(
        &self,
        user_id: i64,
        key: &FileKey,
        offset: u64,
    ) -> Result<Option<AppendedPart>> {
        let (wanted, now, holder) = (key.clone(), self.now(), self.holder());
        let claim = self
            .db
            .write(move |tx| {
                match stash::get(tx, &wanted)? {
                    Some(row) if row.user_id == user_id => {}
                    _ => return Ok::<_, Error>(None),
                }
                match stash::claim(tx, &wanted, offset, now, CLAIM_SECONDS, holder.as_deref())? {
                    Claim::Granted { attempt, row } => Ok(Some((attempt, row))),
                    _ => Ok(None),
                }
            })
            .await;
        if let Err(Error::Catalogue(_)) = &claim {
            // It may have been granted although the answer says otherwise.
            self.revoke_claim(key, now + CLAIM_SECONDS).await;
        }
        let Some((attempt, row)) = claim? else { return Ok(None) };
        match resume(&row) {
            Ok((partial, hashing)) => Ok(Some(AppendedPart { row: *row, partial, attempt, hashing })),
            Err(error) => {
                self.end_claim(&row.filekey, attempt).await;
                Err(error)
            }
        }
    }

    /// A received part that has a partial blob of its own, as all have that are no chunks.
    pub(crate) async fn fresh_of(&self, mut received: Received) -> Result<Box<FreshPart>> {
        match received.take() {
            Some(Held::Fresh(part)) => Ok(part),
            Some(held) => {
                self.give_up(held).await;
                Err(Error::Gone)
            }
            None => Err(Error::Gone),
        }
    }

    /// Lets go of a part that will not be used.
    pub(crate) async fn give_up(&self, held: Held) {
        match held {
            Held::Fresh(part) => self.discard(&part.partial).await,
            Held::Appended(part) => self.end_claim(&part.row.filekey, part.attempt).await,
        }
    }

    /// Drops a partial that nobody needs. A failure leaves an orphan, so it is only logged: whatever led here has its
    /// own answer.
    pub(crate) async fn discard(&self, partial: &Partial) {
        if let Err(error) = self.blobs.discard(partial).await {
            tracing::warn!(%error, "an unused part could not be dropped");
        }
    }

    /// Ends a claim.
    pub(crate) async fn end_claim(&self, key: &FileKey, attempt: i64) {
        let key = key.clone();
        self.persist(move |tx| stash::release(tx, &key, attempt).map_err(Error::from)).await;
    }

    /// Ends a claim of which only the end is known.
    async fn revoke_claim(&self, key: &FileKey, until: Timestamp) {
        let key = key.clone();
        self.persist(move |tx| stash::revoke(tx, &key, until).map_err(Error::from)).await;
    }

    /// Makes a change that ends a claim, in a second try if need be: a claim that stays keeps the upload waiting.
    /// Should that fail too, the claim ends by its time, so it is only logged.
    async fn persist<F>(&self, change: F)
    where
        F: Fn(&mut dyn Tx) -> Result<()> + Clone + Send + 'static,
    {
        if self.db.write(change.clone()).await.is_err()
            && let Err(error) = self.db.write(change).await
        {
            tracing::warn!(%error, "a claim on an upload could not be ended");
        }
    }
}

/// Says it in the form that clients know if the bytes before a chunk are gone, which a disk that fails may do to them:
/// the upload has to begin anew.
fn lost(error: commonhold_blob::Error) -> Error {
    match error {
        commonhold_blob::Error::Missing(_) | commonhold_blob::Error::Length { .. } => {
            tracing::error!(%error, "bytes of an unfinished upload are lost");
            Refusal::of(Message::new("stashfailed").with(Message::new("stash-lost"))).into()
        }
        error => error.into(),
    }
}

/// What is needed to go on with a chunked upload.
pub(crate) fn resume(row: &StashRow) -> Result<(Partial, Hashing)> {
    let (Some(partial), Some(state)) = (&row.partial, &row.hash_state) else { return Err(Error::Gone) };
    let partial = serde_json::from_str(partial).map_err(|_| Error::Gone)?;
    Ok((partial, Hashing::resume(state)?))
}
