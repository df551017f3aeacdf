//! Chunked uploads: a state machine per stash key.
//!
//! A chunk's bytes lie behind the recorded offset before its request is judged (see `receive.rs`). Accepting it is
//! one transaction that moves the offset and the hash state together, guarded by the offset and the attempt number of
//! the claim. So the last chunk costs the same whatever the size of the file, and a repeated request finds the truth
//! in the row.

use std::sync::Arc;

use commonhold_blob::{Partial, Place};
use commonhold_catalogue::ops::jobs::{self, NewJob};
use commonhold_catalogue::ops::parts::{self, WaitingPart};
use commonhold_catalogue::ops::stash::{self, StashRow, StashStatus};
use commonhold_core::name::UploadName;
use commonhold_core::upload::Warnings;
use commonhold_core::{FileKey, Hashes, MediaInfo, Message, Refusal};

use crate::checksum::Checksums;
use crate::gather::stash_extension;

use crate::receive::{AppendedPart, FreshPart, Held, Received, resume};
use crate::stash::{KeyEnding, StashedFile, place_of};
use crate::upload::{Outcome, Timing, UploadRequest, verification_error};
use crate::{Error, Repository, Result};

/// One chunk and what came with it.
pub(crate) struct Chunk {
    pub(crate) received: Received,
    pub(crate) offset: Option<u64>,
    pub(crate) filesize: u64,
    pub(crate) key: Option<String>,
    /// Whether it may come before its turn.
    pub(crate) parallel: bool,
}

/// An upload whose bytes are all there.
pub(crate) struct Whole {
    pub(crate) row: StashRow,
    pub(crate) attempt: i64,
    pub(crate) partial: Partial,
    pub(crate) hashes: Hashes,
}

/// What became of an upload whose bytes were all there.
pub(crate) enum Assembled {
    /// It is in the stash, under a new key.
    Whole(Box<StashedFile>, Warnings),
    /// It isn't what its name says, or not safe.
    Refused(Refusal),
    /// Another request has ended it otherwise.
    Overtaken,
}

impl Whole {
    /// From an entry that a job is to put together.
    pub(crate) fn of_queued(row: StashRow) -> Result<Self> {
        let (partial, hashing) = resume(&row)?;
        Ok(Self { attempt: row.attempt, partial, hashes: hashing.hashes(), row })
    }
}

impl Repository {
    /// Takes one chunk. The caller has checked that uploads are enabled and a file name was sent.
    pub(crate) async fn upload_chunk(
        self: &Arc<Self>,
        request: &UploadRequest,
        filename: &str,
        mut chunk: Chunk,
    ) -> Result<Outcome> {
        let caller = &request.caller;
        // 7a to 7c.
        let continued = match &chunk.key {
            Some(_) if chunk.offset == Some(0) => {
                return Err(Refusal::new(
                    "filekeynotallowed",
                    Message::new("apierror-upload-filekeynotallowed"),
                )
                .into());
            }
            None if chunk.offset != Some(0) => {
                return Err(
                    Refusal::new("filekeyneeded", Message::new("apierror-upload-filekeyneeded")).into()
                );
            }
            Some(key) => {
                let key = FileKey::parse(key)
                    .ok_or_else(|| Refusal::of(Message::new("uploadstash-bad-path-bad-format")))?;
                Some(self.own_stash_row(caller, &key).await?)
            }
            None => None,
        };
        // 8, 9.
        self.may_upload(caller).await?;
        // 11: for a chunk, any fault of the name is the same.
        if chunk.filesize > self.settings.uploads.max_bytes {
            return Err(Refusal::of(Message::new("file-too-large")).into());
        }
        let held = chunk.received.take();
        if let Err(error) = self.check_chunk(request, held.as_ref()).await {
            self.let_go(held).await;
            return Err(error);
        }
        let outcome = self.judge_chunk(request, filename, &chunk, continued, held.as_ref()).await;
        match outcome {
            Ok(Judged::Done(outcome)) => {
                self.let_go(held).await;
                Ok(outcome)
            }
            Ok(Judged::Begin(name, warnings)) => {
                self.begin_upload(request, &name, warnings, &chunk, held).await
            }
            Ok(Judged::Append(name, warnings, row)) => {
                self.append_chunk(request, &name, warnings, &chunk, row, held).await
            }
            Ok(Judged::Again(name, warnings, row)) => {
                self.let_go(held).await;
                self.answer_again(request, &name, warnings, &chunk, *row).await
            }
            Err(error) => {
                self.let_go(held).await;
                Err(error)
            }
        }
    }

    /// Compares the chunk with the checksum that came with it.
    async fn check_chunk(&self, request: &UploadRequest, held: Option<&Held>) -> Result<()> {
        if request.checksums.chunk_sha256.is_none() {
            return Ok(());
        }
        let found = match held {
            Some(Held::Fresh(part)) => part.hashes().sha256,
            Some(Held::Appended(part)) => {
                let (from, to) = (part.row.offset, part.hashing.size());
                self.sha256_of(Place::Partial(part.partial.clone()), from, to).await?
            }
            None => return Ok(()),
        };
        Ok(request.checksums.check_chunk(found)?)
    }

    async fn let_go(&self, held: Option<Held>) {
        if let Some(held) = held {
            self.give_up(held).await;
        }
    }

    /// The name, the permissions on it, the warnings, and the sizes.
    async fn judge_chunk(
        &self,
        request: &UploadRequest,
        filename: &str,
        chunk: &Chunk,
        continued: Option<StashRow>,
        held: Option<&Held>,
    ) -> Result<Judged> {
        let place = match (&continued, held) {
            (Some(row), _) => place_of(row)?,
            (None, Some(Held::Fresh(part))) => part.place(),
            (None, _) => return Err(Error::Gone),
        };
        let size_so_far = continued.as_ref().map_or(chunk.received.size, |row| row.offset);
        let name = self.chunk_name(place, size_so_far, filename).await?;
        if !request.stash
            && let Some(refusal) = self.may_publish(&request.caller, &name.title).await?
        {
            return Err(refusal.with("invalidparameter", "filename").into());
        }
        let (offset, size) = (chunk.offset.unwrap_or_default(), chunk.received.size);
        let last = offset + size == chunk.filesize;
        let first = match held {
            Some(Held::Fresh(part)) if continued.is_none() => Some(&**part),
            _ => None,
        };
        let warnings = if last && continued.is_some() {
            // They are those of the whole file, told beside its success.
            Warnings::default()
        } else {
            self.warnings(&name, first.map(FreshPart::hashes)).await?
        };
        if !warnings.is_empty() && !request.ignore_warnings {
            let key = match (&continued, first) {
                (Some(row), _) => Some(row.filekey.clone()),
                (None, Some(part)) if size > 0 => Some(self.keep_first(request, &name, part).await?),
                _ => None,
            };
            return Ok(Judged::Done(Outcome::Warned { warnings, key }));
        }
        // Libraries that don't rewind send an empty part where they repeat a request.
        if let Some(row) = continued.as_ref().filter(|row| size == 0 && row.chunk_start == offset)
            && offset < row.offset
        {
            return Ok(Judged::Again(name, warnings, Box::new(row.clone())));
        }
        if offset + size > chunk.filesize {
            return Err(Refusal::of(Message::new("apierror-invalid-chunk")).into());
        }
        if !last && size < self.settings.uploads.min_chunk_bytes {
            let minimum = i64::try_from(self.settings.uploads.min_chunk_bytes).unwrap_or(i64::MAX);
            return Err(Refusal::of(Message::new("apierror-chunk-too-small").with(minimum)).into());
        }
        Ok(match continued {
            Some(row) => Judged::Append(name, warnings, Box::new(row)),
            None => Judged::Begin(name, warnings),
        })
    }

    async fn chunk_name(&self, place: Place, size: u64, filename: &str) -> Result<UploadName> {
        let policy = self.settings.uploads.clone();
        let requested = filename.to_owned();
        let blobs = self.blobs.clone();
        let job = move || {
            let guess = || {
                let mut source = blobs.open(&place).ok()?;
                let mime = commonhold_media::detect(&mut *source, size).ok()?;
                commonhold_media::guess_extension(&mime)
            };
            commonhold_core::name::upload_name(&requested, &policy, &guess)
        };
        let name = self.media.run(job).await?;
        name.map_err(|_| Refusal::of(Message::new("illegal-filename")).into())
    }

    /// The stash entry that a warned first chunk leaves: its bytes, but nothing that could be continued.
    async fn keep_first(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        part: &FreshPart,
    ) -> Result<FileKey> {
        let hashes = part.hashes();
        let examined = self.examine(part.place(), hashes.size, name.title.dbkey()).await?;
        self.blobs.seal(&part.partial, hashes.size).await?;
        let file = self
            .stash_sealed(
                &request.caller,
                name.title.dbkey(),
                &part.key,
                hashes,
                examined.info,
                KeyEnding::Extension,
            )
            .await?;
        Ok(file.key)
    }

    /// The first chunk: a new stash entry that waits for the rest, unless it is the whole file.
    async fn begin_upload(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        warnings: Warnings,
        chunk: &Chunk,
        held: Option<Held>,
    ) -> Result<Outcome> {
        let Some(Held::Fresh(part)) = held else { return Err(Error::Gone) };
        let begun = self.begin_row(request, name, chunk, &part).await;
        let row = match begun {
            Ok(row) => row,
            // The row may be there although the catalogue's answer says otherwise; then it needs the bytes.
            Err(error @ Error::Catalogue(_)) => return Err(error),
            Err(error) => {
                self.discard(&part.partial).await;
                return Err(error);
            }
        };
        if row.offset < chunk.filesize {
            return self.go_on(warnings, row, chunk.parallel).await;
        }
        if row.status == StashStatus::Queued {
            self.workers.wake();
            return Ok(Outcome::AssemblyQueued { warnings, key: row.filekey });
        }
        let attempt = row.attempt;
        self.finish_upload(name, Whole { row, attempt, partial: part.partial.clone(), hashes: part.hashes() })
            .await
    }

    async fn begin_row(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        chunk: &Chunk,
        part: &FreshPart,
    ) -> Result<StashRow> {
        let hashes = part.hashes();
        if hashes.size == chunk.filesize {
            request.checksums.check_whole(&hashes)?;
        }
        if let Some(reason) = self.examine_chunk(part.place(), 0, hashes.size, &name.final_extension).await? {
            // A first chunk's fault is its own code.
            return Err(Refusal::of(reason_message(&reason)).into());
        }
        let extension = self.content_extension(part.place(), hashes.size).await?;
        self.blobs.keep(&part.partial).await?;
        let now = self.now();
        let queued = request.timing == Timing::AfterAnswer && hashes.size == chunk.filesize;
        let row = StashRow {
            filekey: FileKey::new(now, &*self.entropy, request.caller.id, &extension),
            user_id: request.caller.id,
            status: if queued { StashStatus::Queued } else { StashStatus::Chunks },
            created: now,
            touched: now,
            blob_key: part.key.clone(),
            partial: Some(encode(&part.partial)?),
            filename: name.title.dbkey().to_owned(),
            offset: hashes.size,
            filesize: chunk.filesize,
            hash_state: Some(part.hashing.save()),
            hashes: None,
            info: None,
            attempt: 0,
            lease_until: None,
            successor: None,
            published_version: None,
            chunk_start: 0,
        };
        let job = if queued { Some(self.assembly(&row, name)?) } else { None };
        let stored = row.clone();
        let insert = move |tx: &mut dyn commonhold_catalogue::Tx| {
            stash::insert(tx, &stored)?;
            if let Some(job) = &job {
                jobs::enqueue(tx, job)?;
            }
            Ok::<_, Error>(())
        };
        self.db.write(insert).await?;
        Ok(row)
    }

    /// A later chunk.
    async fn append_chunk(
        self: &Arc<Self>,
        request: &UploadRequest,
        name: &UploadName,
        warnings: Warnings,
        chunk: &Chunk,
        row: Box<StashRow>,
        held: Option<Held>,
    ) -> Result<Outcome> {
        let part = match held {
            Some(Held::Appended(part))
                if part.row.filekey == row.filekey && Some(part.row.offset) == chunk.offset =>
            {
                part
            }
            Some(Held::Fresh(fresh)) => match self.place_chunk(request, chunk, &row, &fresh).await {
                Ok(Placed::Claimed(part)) => part,
                Ok(Placed::Repeated(row)) => {
                    return self.answer_again(request, name, warnings, chunk, *row).await;
                }
                Ok(Placed::Waiting) => {
                    let start = chunk.offset.unwrap_or_default();
                    return self.go_on_from(request, name, warnings, chunk, &row, start).await;
                }
                Err(error) => return Err(error),
            },
            other => {
                self.let_go(other).await;
                return Err(Error::Gone);
            }
        };
        let (key, attempt) = (row.filekey.clone(), part.attempt);
        let outcome = self.record_chunk(request, name, warnings, chunk, *part).await;
        if outcome.is_err() {
            self.end_claim(&key, attempt).await;
        }
        outcome
    }

    /// Brings a chunk that arrived before its place was known to that place, or finds that it is there already.
    async fn place_chunk(
        self: &Arc<Self>,
        request: &UploadRequest,
        chunk: &Chunk,
        row: &StashRow,
        fresh: &FreshPart,
    ) -> Result<Placed> {
        let outcome = self.place_fresh(request, chunk, row, fresh).await;
        // Where the catalogue fails, it may have noted nonetheless that the chunk waits there.
        if !matches!(outcome, Ok(Placed::Waiting) | Err(Error::Catalogue(_))) {
            self.discard(&fresh.partial).await;
        }
        outcome
    }

    async fn place_fresh(
        &self,
        request: &UploadRequest,
        chunk: &Chunk,
        row: &StashRow,
        fresh: &FreshPart,
    ) -> Result<Placed> {
        let offset = chunk.offset.ok_or(Error::Gone)?;
        let size = fresh.hashes().size;
        // What has failed has no bytes any more to compare with.
        let there = |end| row.offset == end || chunk.parallel && row.offset > end;
        let arrived = there(offset + size) && size > 0 && row.status != StashStatus::Failed;
        if arrived && self.is_stored(row, offset, fresh).await? {
            return Ok(Placed::Repeated(Box::new(row.clone())));
        }
        if chunk.parallel && row.status == StashStatus::Chunks && offset > row.offset {
            return self.keep_waiting(row, offset, fresh).await;
        }
        if let Some(refusal) = refuse_append(row, offset) {
            return Err(refusal.into());
        }
        let Some(mut part) = self.claim(request.caller.id, &row.filekey, offset).await? else {
            // Another request feeds the same upload.
            return Err(out_of_step(row.offset).into());
        };
        let (from, to) = (fresh.place(), part.partial.clone());
        let copied = self.copy(from, size, &to, offset, part.hashing.clone()).await;
        match copied {
            Ok(hashing) => {
                part.hashing = hashing;
                Ok(Placed::Claimed(Box::new(part)))
            }
            Err(error) => {
                self.end_claim(&row.filekey, part.attempt).await;
                Err(error)
            }
        }
    }

    /// Whether the bytes of a repeated request are those that were accepted at this place.
    async fn is_stored(&self, row: &StashRow, offset: u64, fresh: &FreshPart) -> Result<bool> {
        let (blobs, stored, sent, size) =
            (self.blobs.clone(), place_of(row)?, fresh.place(), fresh.hashes().size);
        let job = move || same_bytes(&mut *blobs.open(&stored)?, offset, &mut *blobs.open(&sent)?, size);
        self.media.run(job).await?
    }

    /// Copies a part of `size` bytes behind the bytes of an upload.
    pub(crate) async fn copy(
        &self,
        from: Place,
        size: u64,
        to: &Partial,
        offset: u64,
        hashing: commonhold_blob::Hashing,
    ) -> Result<commonhold_blob::Hashing> {
        let mut writer = self.blobs.write(to, offset, hashing).await?;
        let mut position = 0;
        while position < size {
            let (blobs, place) = (self.blobs.clone(), from.clone());
            let bytes =
                self.media.run(move || read_some(&mut *blobs.open(&place)?, position, size)).await??;
            position += bytes.len() as u64;
            writer.write(bytes).await?;
        }
        Ok(writer.finish().await?)
    }

    /// Rules 8 to 10 for a chunk that is in its place, and the transaction that makes it count.
    async fn record_chunk(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        warnings: Warnings,
        chunk: &Chunk,
        part: AppendedPart,
    ) -> Result<Outcome> {
        let (from, to) = (part.row.offset, part.row.offset + chunk.received.size);
        if to > self.settings.uploads.max_bytes {
            return Err(stash_failed(Message::new("file-too-large")).with("offset", from.to_string()).into());
        }
        if let Some(reason) = self.examine_chunk(Place::Partial(part.partial.clone()), from, to, "").await? {
            return Err(stash_failed(reason_message(&reason)).with("offset", from.to_string()).into());
        }
        let end = self.end(request, name, chunk, &part.row)?;
        let advanced = self.advance(part, to, &end).await?;
        self.merge_waiting(request, name, warnings, chunk, advanced).await
    }

    /// Moves the offset of an upload to the end of the bytes that are in their place. The claim ends, unless there is
    /// more to do. An upload that is whole and isn't what was announced fails.
    pub(crate) async fn advance(&self, mut part: AppendedPart, to: u64, end: &End) -> Result<Advanced> {
        let (key, attempt, state, now) =
            (part.row.filekey.clone(), part.attempt, part.hashing.save(), self.now());
        let (from, whole) = (part.row.offset, to >= end.filesize);
        if whole && let Err(refusal) = end.checksums.check_whole(&part.hashing.hashes()) {
            self.end_as_failed(&key, attempt).await?;
            self.discard(&part.partial).await;
            return Err(refusal.into());
        }
        let job = end.job.clone().filter(|_| whole);
        let advance = move |tx: &mut dyn commonhold_catalogue::Tx| {
            if !stash::advance(tx, &key, attempt, from, to, &state, now)? {
                return Ok::<_, Error>(None);
            }
            // A chunk that had to wait has been put in its place by this.
            parts::delete(tx, &key, from)?;
            let next = parts::at(tx, &key, to)?;
            if !whole && next.is_none() {
                stash::release(tx, &key, attempt)?;
            }
            if let Some(job) = &job {
                stash::queue(tx, &key, attempt, now)?;
                jobs::enqueue(tx, job)?;
            }
            Ok(Some(next))
        };
        let next = self.db.write(advance).await?.ok_or_else(|| out_of_step(from))?;
        part.row.offset = to;
        Ok(Advanced { part, next })
    }

    /// What the end of an upload calls for.
    pub(crate) fn end(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        chunk: &Chunk,
        row: &StashRow,
    ) -> Result<End> {
        let job = if request.timing == Timing::AfterAnswer { Some(self.assembly(row, name)?) } else { None };
        Ok(End { filesize: chunk.filesize, checksums: request.checksums, job })
    }

    /// The upload awaits more.
    pub(crate) async fn go_on(&self, warnings: Warnings, row: StashRow, parallel: bool) -> Result<Outcome> {
        let missing = if parallel { Some(self.missing(&row).await?) } else { None };
        Ok(Outcome::Continue { warnings, offset: row.offset, key: row.filekey, missing })
    }

    /// The answer to a request whose bytes were accepted before: the one that got lost.
    async fn answer_again(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        warnings: Warnings,
        chunk: &Chunk,
        row: StashRow,
    ) -> Result<Outcome> {
        match (row.status, &row.successor) {
            (StashStatus::Chunks, _) if row.offset < row.filesize && chunk.parallel => {
                // Its first request may have ended before it put in their places what waited for it.
                self.go_on_from(request, name, warnings, chunk, &row, row.offset).await
            }
            (StashStatus::Chunks, _) if row.offset < row.filesize => self.go_on(warnings, row, false).await,
            (StashStatus::Chunks | StashStatus::Queued, _) if request.timing == Timing::AfterAnswer => {
                self.queue_assembly(name, warnings, row).await
            }
            // Who asks now can't wait for the job.
            (StashStatus::Queued, _) => self.finish_upload(name, Whole::of_queued(row)?).await,
            (StashStatus::Chunks, _) => {
                // Everything had arrived, and then something failed before the end.
                let Some(part) = self.claim(request.caller.id, &row.filekey, row.offset).await? else {
                    return Err(out_of_step(row.offset).into());
                };
                let hashes = part.hashing.hashes();
                let whole = Whole { row: part.row, attempt: part.attempt, partial: part.partial, hashes };
                self.finish_upload(name, whole).await
            }
            (_, Some(successor)) => {
                let row = self.own_stash_row(&request.caller, successor).await?;
                let file = StashedFile::from_row(row).ok_or(Error::Gone)?;
                let warnings = self.warnings(name, Some(file.hashes)).await?;
                Ok(Outcome::Stashed { file: Box::new(file), warnings, chunked: true })
            }
            _ => Err(completed().into()),
        }
    }

    /// Everything is there: verify the whole, and replace the entry by one with a new key.
    pub(crate) async fn finish_upload(&self, name: &UploadName, whole: Whole) -> Result<Outcome> {
        match self.assemble(name, whole).await? {
            Assembled::Whole(file, warnings) => Ok(Outcome::Stashed { file, warnings, chunked: true }),
            Assembled::Refused(_) => Err(stash_failed(Message::new("verification-error")).into()),
            Assembled::Overtaken => Err(completed().into()),
        }
    }

    /// The same, for a job as well. Whatever was done before is found as it was left.
    pub(crate) async fn assemble(&self, name: &UploadName, whole: Whole) -> Result<Assembled> {
        let Whole { row, attempt, partial, hashes } = whole;
        self.blobs.seal(&partial, hashes.size).await?;
        let examined =
            self.examine(Place::Sealed(row.blob_key.clone()), hashes.size, name.title.dbkey()).await?;
        let refusal = match (&examined.refused, &examined.name) {
            (Some(reason), _) => Some(verification_error(reason)),
            (None, Err(error)) => Some(error.refusal(&self.settings.uploads)),
            (None, Ok(_)) => None,
        };
        if let Some(refusal) = refusal {
            self.end_as_failed(&row.filekey, attempt).await?;
            return Ok(Assembled::Refused(refusal));
        }
        let warnings = self.warnings(name, Some(hashes)).await?;
        let now = self.now();
        let finished =
            finished_row(&row, self.new_key(row.user_id, &examined.info), hashes, examined.info, now);
        let (old, new) = (row.filekey.clone(), finished.clone());
        let finish = move |tx: &mut dyn commonhold_catalogue::Tx| {
            if stash::finish(tx, &old, attempt, &new)? {
                return Ok(Some(new.clone()));
            }
            // Perhaps another request has done the same.
            match stash::get(tx, &old)?.and_then(|row| row.successor) {
                Some(successor) => stash::get(tx, &successor).map_err(Error::from),
                None => Ok(None),
            }
        };
        let Some(row) = self.db.write(finish).await? else { return Ok(Assembled::Overtaken) };
        let file = StashedFile::from_row(row).ok_or(Error::Gone)?;
        Ok(Assembled::Whole(Box::new(file), warnings))
    }

    /// The upload takes no more chunks, and never becomes a file.
    async fn end_as_failed(&self, key: &FileKey, attempt: i64) -> Result<()> {
        let (key, now) = (key.clone(), self.now());
        self.db.write(move |tx| stash::fail(tx, &key, attempt, now).map_err(Error::from)).await
    }

    /// A new key for content of this kind.
    pub(crate) fn new_key(&self, user_id: i64, info: &MediaInfo) -> FileKey {
        let extension = stash_extension(&info.mime, &self.settings.uploads.prohibited_extensions);
        FileKey::new(self.now(), &*self.entropy, user_id, &extension)
    }
}

/// What the end of an upload calls for.
pub(crate) struct End {
    /// Bytes of the whole.
    filesize: u64,
    /// What the whole has to be.
    checksums: Checksums,
    /// The job to queue in the transaction that completes the upload, if the client doesn't wait for it.
    job: Option<NewJob>,
}

/// An upload whose offset has moved. It is still claimed if it is whole and no job ends it, or if something waits for
/// this offset.
pub(crate) struct Advanced {
    pub(crate) part: AppendedPart,
    /// The chunk whose turn has come.
    pub(crate) next: Option<WaitingPart>,
}

/// What a look at name, warnings and sizes decided.
enum Judged {
    Done(Outcome),
    Begin(UploadName, Warnings),
    Append(UploadName, Warnings, Box<StashRow>),
    Again(UploadName, Warnings, Box<StashRow>),
}

/// Where a chunk ended up that arrived before its place was known.
pub(crate) enum Placed {
    /// In its place, which is claimed for it.
    Claimed(Box<AppendedPart>),
    /// Nowhere: it had arrived before.
    Repeated(Box<StashRow>),
    /// Where it was: others come before it.
    Waiting,
}

fn finished_row(
    row: &StashRow,
    filekey: FileKey,
    hashes: Hashes,
    info: MediaInfo,
    now: commonhold_core::Timestamp,
) -> StashRow {
    StashRow {
        filekey,
        status: StashStatus::Finished,
        created: now,
        touched: now,
        partial: None,
        hash_state: None,
        hashes: Some(hashes),
        info: Some(info),
        attempt: 0,
        lease_until: None,
        ..row.clone()
    }
}

/// Rules 6, 7 and 9.
fn refuse_append(row: &StashRow, offset: u64) -> Option<Refusal> {
    match row.status {
        StashStatus::Chunks if row.offset == offset => None,
        StashStatus::Chunks => Some(out_of_step(row.offset)),
        StashStatus::Queued | StashStatus::Failed => Some(completed()),
        _ if row.successor.is_some() => Some(completed()),
        _ => Some(stash_failed(Message::new("uploadstash-no-session"))),
    }
}

pub(crate) fn stash_failed(reason: Message) -> Refusal {
    Refusal::new("stashfailed", Message::new("apierror-stashfailed").with(reason))
}

pub(crate) fn completed() -> Refusal {
    stash_failed(Message::new("apierror-stashfailed-complete"))
}

/// The chunk isn't the one that is awaited; the client can go on from the offset.
pub(crate) fn out_of_step(expected: u64) -> Refusal {
    stash_failed(Message::new("apierror-stashfailed-offset")).with("offset", expected.to_string())
}

pub(crate) fn reason_message(reason: &commonhold_media::Reason) -> Message {
    let mut message = Message::new(reason.key);
    message.params = reason.params.iter().map(|p| p.as_str().into()).collect();
    message
}

pub(crate) fn encode(partial: &Partial) -> Result<String> {
    serde_json::to_string(partial).map_err(|_| Error::Gone)
}

/// Compares `size` bytes of two sources.
pub(crate) fn same_bytes(
    stored: &mut dyn commonhold_blob::ReadSeek,
    offset: u64,
    sent: &mut dyn commonhold_blob::ReadSeek,
    size: u64,
) -> Result<bool> {
    let mut position = 0;
    while position < size {
        let a = read_some(sent, position, size)?;
        let b = read_some(stored, offset + position, offset + position + a.len() as u64)?;
        // A short read of one side is compared as far as it goes; the next round takes up the rest.
        let common = a.len().min(b.len());
        if common == 0 || a[..common] != b[..common] {
            return Ok(false);
        }
        position += common as u64;
    }
    Ok(true)
}

/// Some bytes from `at` on, at most to `end`.
fn read_some(source: &mut dyn commonhold_blob::ReadSeek, at: u64, end: u64) -> Result<bytes::Bytes> {
    use std::io::SeekFrom;
    let most = (end - at).min(256 * 1024);
    let mut buffer = vec![0; usize::try_from(most).unwrap_or(usize::MAX)];
    let mut read = || {
        source.seek(SeekFrom::Start(at))?;
        let got = source.read(&mut buffer)?;
        if got == 0 && most > 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
        }
        Ok(got)
    };
    let got = read().map_err(Error::Inspection)?;
    buffer.truncate(got);
    Ok(buffer.into())
}
