//! Fetching a file from another server, and publishing it.
//!
//! Idempotent, because what was fetched goes to the stash in the transaction that notes its key in the job: an attempt
//! that finds a key fetches nothing, and goes on as one that publishes a stashed file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use commonhold_catalogue::ops::jobs::{self, JobRow};
use commonhold_catalogue::ops::stash;
use commonhold_core::name::upload_name;
use commonhold_core::user::Caller;
use commonhold_core::{FileKey, Message, Refusal, Sha256};
use serde::{Deserialize, Serialize};
use sha2::Digest;
use tokio::time::interval;

use super::publish::{Publishing, Wanted};
use super::{Ended, Progress, Stage, UploadStatus, payload};
use crate::receive::FreshPart;
use crate::stash::KeyEnding;
use crate::upload::{Outcome, UploadRequest, verification_error};
use crate::{Error, Repository, Result};

pub(super) const KIND: &str = "fetch";

/// Between two notes of how many bytes have come.
const NOTES: Duration = Duration::from_secs(1);

/// From where, and what is to become of it.
#[derive(Serialize, Deserialize)]
pub(super) struct Fetching {
    /// As it was sent.
    url: String,
    /// Where the bytes wait, once they have come.
    key: Option<FileKey>,
    wanted: Wanted,
}

impl Fetching {
    pub(super) fn is_fetched(&self) -> bool {
        self.key.is_some()
    }
}

/// The unique key of a user's jobs for this address and this name, both as they were sent.
fn key_of(user_id: i64, filename: &str, url: &str) -> String {
    let hash = Sha256(sha2::Sha256::digest(format!("{filename}|||{url}")).into());
    format!("url:{user_id}:{}", hash.hex())
}

impl Repository {
    /// Steps 11 to 17 of a request that doesn't wait: of the content nothing is known yet, and everything else is looked
    /// at again when the job is done. The caller has checked the address.
    pub(crate) async fn queue_fetch(
        &self,
        request: &UploadRequest,
        filename: &str,
        url: String,
    ) -> Result<Outcome> {
        let policy = &self.settings.uploads;
        let name = upload_name(filename, policy, &|| None).map_err(|error| {
            let refusal = error.refusal(policy);
            if error.is_recoverable() { refusal.with("invalidparameter", "filename") } else { refusal }
        })?;
        if let Some(refusal) = self.may_publish(&request.caller, &name.title).await? {
            return Err(refusal.with("invalidparameter", "filename").into());
        }
        let warnings = self.warnings(&name, None).await?;
        if !warnings.is_empty() && !request.ignore_warnings {
            return Ok(Outcome::Warned { warnings, key: None });
        }
        let unique_key = key_of(request.caller.id, filename, &url);
        let work = Fetching { url, key: None, wanted: Wanted::new(request, filename, &name) };
        let job = self.job(KIND, unique_key, request.caller.id, &work)?;
        self.queue_counted(request, job).await?;
        Ok(Outcome::PublicationQueued { warnings, filename: work.wanted.title })
    }

    /// How far an upload by URL of the caller's is; address and name as they were sent.
    pub async fn fetch_status(
        &self,
        caller: &Caller,
        filename: &str,
        url: &str,
    ) -> Result<(UploadStatus, Progress)> {
        self.status_of(caller, key_of(caller.id, filename, url), None).await
    }

    pub(super) async fn run_fetch(self: &Arc<Self>, job: &JobRow, work: Fetching) -> Result<Ended> {
        let Fetching { url, key, wanted } = work;
        let (key, wanted) = match key {
            Some(key) => (key, wanted),
            None => self.fetch_to_stash(job, url, wanted).await?,
        };
        self.run_publication(Publishing { key, wanted }).await
    }

    async fn fetch_to_stash(
        self: &Arc<Self>,
        job: &JobRow,
        url: String,
        wanted: Wanted,
    ) -> Result<(FileKey, Wanted)> {
        let caller = self.who_wanted(&wanted).await?;
        self.may_fetch_from(&url)?;
        self.may_upload_by_url(&caller).await?;
        let checked = self.checked_url(&url)?;
        let come = AtomicU64::new(0);
        let progress = |bytes| come.store(bytes, Ordering::Relaxed);
        let mut fetch = std::pin::pin!(self.fetch(caller.id, &checked, &progress));
        let mut notes = interval(NOTES);
        let received = loop {
            tokio::select! {
                received = &mut fetch => break received?,
                _ = notes.tick() => self.note_bytes(job, come.load(Ordering::Relaxed)).await?,
            }
        };
        self.note_bytes(job, received.size).await?;
        let part = self.fresh_of(received).await?;
        let work = Fetching { url, key: None, wanted };
        let stashed = self.stash_fetched(job, &caller, work, &part).await;
        if stashed.is_err() {
            self.discard(&part.partial).await;
        }
        stashed
    }

    async fn note_bytes(&self, job: &JobRow, bytes: u64) -> Result<()> {
        let (id, attempt) = (job.id, job.attempts);
        let note = move |tx: &mut dyn commonhold_catalogue::Tx| {
            jobs::note_progress(tx, id, attempt, bytes).map_err(Error::from)
        };
        if self.db.write(note).await? { Ok(()) } else { Err(Error::Gone) }
    }

    /// Puts what has come in the stash, and notes that it is there.
    async fn stash_fetched(
        &self,
        job: &JobRow,
        caller: &Caller,
        mut work: Fetching,
        part: &FreshPart,
    ) -> Result<(FileKey, Wanted)> {
        let hashes = part.hashes();
        if hashes.size == 0 {
            return Err(Refusal::of(Message::new("empty-file")).into());
        }
        work.wanted.check(&hashes)?;
        let examined = self.examine(part.place(), hashes.size, &work.wanted.filename).await?;
        if let Some(reason) = &examined.refused {
            return Err(verification_error(reason).into());
        }
        self.blobs.seal(&part.partial, hashes.size).await?;
        let title = &work.wanted.title;
        let entry = self.new_entry(caller, title, &part.key, hashes, examined.info, KeyEnding::Nothing)?;
        let key = entry.filekey.clone();
        work.key = Some(key.clone());
        let (id, attempt, now, rest) = (job.id, job.attempts, self.now(), payload(&work)?);
        let keep = move |tx: &mut dyn commonhold_catalogue::Tx| {
            stash::insert(tx, &entry)?;
            let noted = jobs::note_payload(tx, id, attempt, &rest)?
                && jobs::enter(tx, id, attempt, Stage::Publish.as_str(), now)?;
            // Another worker has it: nothing of this may stay.
            if noted { Ok(()) } else { Err(Error::Gone) }
        };
        self.db.write(keep).await?;
        Ok((key, work.wanted))
    }
}
