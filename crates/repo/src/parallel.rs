//! Chunks that arrive at once and in any order: what MediaWiki doesn't have, for clients that ask for it.
//!
//! A chunk that comes before its turn keeps the partial blob in which it arrived, and a row says where it belongs.
//! Whoever moves the upload's offset to its beginning puts it in its place. Both look in the same transaction in which
//! they write, so that no chunk is left behind by requests that just missed each other.

use std::ops::Range;

use commonhold_blob::{Partial, Place};
use commonhold_catalogue::ops::parts::{self, WaitingPart};
use commonhold_catalogue::ops::stash::{self, StashRow};
use commonhold_core::Message;
use commonhold_core::name::UploadName;
use commonhold_core::upload::Warnings;

use crate::chunk::{
    Advanced, Chunk, End, Placed, Whole, encode, out_of_step, reason_message, same_bytes, stash_failed,
};
use crate::receive::{AppendedPart, FreshPart};
use crate::upload::{Outcome, Timing, UploadRequest};
use crate::{Error, Repository, Result};

/// Whether a chunk that was kept has its turn already.
enum Turn {
    /// The bytes before it had arrived meanwhile; the upload is claimed.
    Come(Box<Advanced>),
    /// Not yet, or another request sees to it.
    NotCome(Box<StashRow>),
}

impl Repository {
    /// Keeps a chunk until its turn comes.
    pub(crate) async fn keep_waiting(&self, row: &StashRow, start: u64, fresh: &FreshPart) -> Result<Placed> {
        let size = fresh.hashes().size;
        if start + size > self.settings.uploads.max_bytes {
            return Err(stash_failed(Message::new("file-too-large"))
                .with("offset", row.offset.to_string())
                .into());
        }
        let (key, now) = (row.filekey.clone(), self.now());
        let found = key.clone();
        let earlier = self.db.read(move |read| parts::at(read, &found, start).map_err(Error::from)).await?;
        if let Some(part) = earlier.filter(|part| part.size == size) {
            // Sent again, since its answer got lost.
            let stored = Place::Partial(decode(&part.partial)?);
            let (blobs, sent) = (self.blobs.clone(), fresh.place());
            let job = move || same_bytes(&mut *blobs.open(&stored)?, 0, &mut *blobs.open(&sent)?, size);
            if self.media.run(job).await?? {
                return Ok(Placed::Repeated(Box::new(row.clone())));
            }
        }
        // As if it were in its place; where that is doesn't matter to what is looked for.
        if let Some(reason) = self.examine_waiting(fresh.place(), size).await? {
            let refusal = stash_failed(reason_message(&reason));
            return Err(refusal.with("offset", row.offset.to_string()).into());
        }
        self.blobs.keep(&fresh.partial).await?;
        let part = WaitingPart { start, size, blob_key: fresh.key.clone(), partial: encode(&fresh.partial)? };
        let kept = self.db.write(move |tx| parts::insert(tx, &key, &part, now).map_err(Error::from)).await?;
        if kept { Ok(Placed::Waiting) } else { Err(out_of_step(row.offset).into()) }
    }

    /// Puts in its place what waits at an offset, if the upload has come so far; the upload awaits more, or is whole.
    pub(crate) async fn go_on_from(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        warnings: Warnings,
        chunk: &Chunk,
        row: &StashRow,
        start: u64,
    ) -> Result<Outcome> {
        match self.turn_come(request, row, start).await? {
            Turn::Come(part) => self.merge_waiting(request, name, warnings, chunk, *part).await,
            Turn::NotCome(row) => self.go_on(warnings, *row, true).await,
        }
    }

    /// Looks whether a chunk that waits at an offset has its turn.
    async fn turn_come(&self, request: &UploadRequest, row: &StashRow, start: u64) -> Result<Turn> {
        if let Some(part) = self.claim(request.caller.id, &row.filekey, start).await? {
            let key = row.filekey.clone();
            let next = self.db.read(move |read| parts::at(read, &key, start).map_err(Error::from)).await?;
            if next.is_some() {
                return Ok(Turn::Come(Box::new(Advanced { part, next })));
            }
            self.end_claim(&row.filekey, part.attempt).await;
        }
        let key = row.filekey.clone();
        let now = self.db.read(move |read| stash::get(read, &key).map_err(Error::from)).await?;
        Ok(Turn::NotCome(Box::new(now.unwrap_or_else(|| row.clone()))))
    }

    /// Puts the chunks in their places whose turn has come, and ends the upload if it is whole.
    pub(crate) async fn merge_waiting(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        warnings: Warnings,
        chunk: &Chunk,
        advanced: Advanced,
    ) -> Result<Outcome> {
        let (key, attempt) = (advanced.part.row.filekey.clone(), advanced.part.attempt);
        let end = self.end(request, name, chunk, &advanced.part.row)?;
        let part = match self.merge(advanced, &end).await {
            Ok(part) => part,
            Err(error) => {
                self.end_claim(&key, attempt).await;
                return Err(error);
            }
        };
        if part.row.offset < chunk.filesize {
            return self.go_on(warnings, part.row, chunk.parallel).await;
        }
        if request.timing == Timing::AfterAnswer {
            self.workers.wake();
            return Ok(Outcome::AssemblyQueued { warnings, key: part.row.filekey });
        }
        let AppendedPart { row, partial, attempt, hashing } = part;
        self.finish_upload(name, Whole { row, attempt, partial, hashes: hashing.hashes() }).await
    }

    async fn merge(&self, mut advanced: Advanced, end: &End) -> Result<AppendedPart> {
        while let Some(next) = advanced.next {
            let mut part = advanced.part;
            let waiting = decode(&next.partial)?;
            let from = Place::Partial(waiting.clone());
            part.hashing =
                self.copy(from, next.size, &part.partial, next.start, part.hashing.clone()).await?;
            advanced = self.advance(part, next.start + next.size, end).await?;
            self.discard(&waiting).await;
        }
        Ok(advanced.part)
    }

    /// What is missing of an upload.
    pub(crate) async fn missing(&self, row: &StashRow) -> Result<Vec<Range<u64>>> {
        let key = row.filekey.clone();
        let waiting = self.db.read(move |read| parts::of_upload(read, &key).map_err(Error::from)).await?;
        Ok(parts::missing(row.offset, row.filesize, &waiting))
    }
}

fn decode(partial: &str) -> Result<Partial> {
    serde_json::from_str(partial).map_err(|_| Error::Gone)
}
