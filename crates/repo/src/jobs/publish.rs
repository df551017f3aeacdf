//! Publishing a stashed file.
//!
//! Idempotent, because the stash entry says what it has become: an entry that is this file's version already is not
//! published again.

use std::net::IpAddr;
use std::sync::Arc;

use commonhold_catalogue::ops::jobs::NewJob;
use commonhold_catalogue::ops::stash::StashStatus;
use commonhold_catalogue::ops::{files, jobs, stash};
use commonhold_core::name::{UploadName, upload_name};
use commonhold_core::user::{Caller, Via};
use commonhold_core::{FileKey, Hashes, Message, Refusal};
use commonhold_media::guess_extension;
use serde::{Deserialize, Serialize};

use super::{Ended, key_of};
use crate::authorise::Authority;
use crate::gather::Examined;
use crate::stash::not_found;
use crate::upload::{Outcome, Ready, Source, Timing, UploadRequest, is_recoverable, recoverable_by};
use crate::watchlist::Watching;
use crate::{Checksums, Error, Repository, Result, throttle};

pub(super) const KIND: &str = "publish";

/// Which file, and what is to become of it.
#[derive(Serialize, Deserialize)]
pub(super) struct Publishing {
    pub(super) key: FileKey,
    pub(super) wanted: Wanted,
}

/// What a request said of the file that is to be published, and who made it.
#[derive(Serialize, Deserialize)]
pub(super) struct Wanted {
    /// The name as it was sent, and as it will be.
    pub(super) filename: String,
    pub(super) title: String,
    comment: String,
    text: Option<String>,
    tags: Vec<String>,
    ignore_warnings: bool,
    watching: Watching,
    checksums: Checksums,
    user_id: i64,
    /// The bot password by which it was asked for, whose grants still count.
    app_id: Option<String>,
    /// Where it was asked for, as blocks may be of an address.
    address: Option<IpAddr>,
}

impl Wanted {
    pub(super) fn new(request: &UploadRequest, filename: &str, name: &UploadName) -> Self {
        Self {
            filename: filename.to_owned(),
            title: name.title.dbkey().to_owned(),
            comment: request.comment.clone(),
            text: request.text.clone(),
            tags: request.tags.clone(),
            ignore_warnings: request.ignore_warnings,
            watching: request.watching,
            checksums: request.checksums,
            user_id: request.caller.id,
            app_id: match &request.caller.via {
                Via::BotPassword { app_id } => Some(app_id.clone()),
                Via::Anonymous | Via::Password => None,
            },
            address: request.caller.address,
        }
    }

    /// Compares the file with what was said of it.
    pub(super) fn check(&self, hashes: &Hashes) -> Result<(), Refusal> {
        self.checksums.check_whole(hashes)
    }
}

impl Repository {
    /// Steps 11 to 17 of a request that doesn't wait: of the content nothing is looked at yet, and everything else is
    /// looked at again when the job is done.
    pub(crate) async fn queue_publication(
        &self,
        request: &UploadRequest,
        filename: &str,
        ready: Ready,
    ) -> Result<Outcome> {
        let Ready { blob, hashes, info, entry, ending } = ready;
        let Some(key) = entry else { return Err(Error::Gone) };
        let name = upload_name(filename, &self.settings.uploads, &|| guess_extension(&info.mime));
        let examined = Examined { name, refused: None, info };
        let name = match self.check_content(&examined, &hashes) {
            Ok(name) => name,
            Err(refusal) if is_recoverable(&examined) => return Err(recoverable_by(refusal, &key).into()),
            Err(refusal) => return Err(refusal.into()),
        };
        if let Some(refusal) = self.may_publish(&request.caller, &name.title).await? {
            return Err(recoverable_by(refusal.with("invalidparameter", "filename"), &key).into());
        }
        let warnings = self.warnings(&name, Some(hashes)).await?;
        if !warnings.is_empty() && !request.ignore_warnings {
            // As without `async`: stashed once more. MediaWiki can't, and tells no key.
            let title = name.title.dbkey();
            let file =
                self.stash_sealed(&request.caller, title, &blob, hashes, examined.info, ending).await?;
            return Ok(Outcome::Warned { warnings, key: Some(file.key) });
        }
        let work = Publishing { key, wanted: Wanted::new(request, filename, &name) };
        let job = self.job(KIND, key_of(&work.key), request.caller.id, &work)?;
        self.queue_counted(request, job).await?;
        Ok(Outcome::PublicationQueued { warnings, filename: work.wanted.title })
    }

    /// Counts a request that a job will carry out, and queues the job. Refused: too many requests, tags that may not be
    /// given, or the same is queued or running already.
    pub(super) async fn queue_counted(&self, request: &UploadRequest, job: NewJob) -> Result<()> {
        let throttles = throttle::of_uploads(&self.settings.limits, &request.caller);
        let (caller, tags) = (request.caller.clone(), request.tags.clone());
        let queue = move |tx: &mut dyn commonhold_catalogue::Tx| {
            if let Some(refusal) = throttle::count(tx, &throttles, job.now)? {
                return Err(refusal.into());
            }
            if let Some(refusal) = Authority::of(tx, &caller, job.now)?.tag(tx, &tags)? {
                return Err(refusal.into());
            }
            if !jobs::enqueue(tx, &job)? {
                let message = Message::new("apierror-upload-inprogress");
                return Err(Refusal::new("publishfailed", message).into());
            }
            Ok::<_, Error>(())
        };
        self.db.write(queue).await?;
        self.workers.wake();
        Ok(())
    }

    /// Who wanted it.
    pub(super) async fn who_wanted(&self, wanted: &Wanted) -> Result<Caller> {
        self.absent_caller(wanted.user_id, wanted.app_id.clone(), wanted.address).await
    }

    pub(super) async fn run_publication(self: &Arc<Self>, work: Publishing) -> Result<Ended> {
        let Publishing { key: filekey, wanted } = work;
        let key = filekey.clone();
        let look = move |read: &mut dyn commonhold_catalogue::Read| {
            let Some(row) = stash::get(read, &key)? else { return Ok::<_, Error>(None) };
            let version = match row.published_version {
                Some(id) => files::by_id(read, id)?,
                None => None,
            };
            Ok(Some((row, version)))
        };
        let Some((row, version)) = self.db.read(look).await? else {
            return Err(not_found(&filekey).into());
        };
        if let (StashStatus::Published, Some(version_id)) = (row.status, row.published_version) {
            // An earlier attempt, or a request that did not wait for us. Under another name it isn't ours.
            return match version {
                Some(version) if version.name != wanted.title => Err(not_found(&filekey).into()),
                _ => Ok(Ended::Published { version_id, filename: wanted.title }),
            };
        }
        let request = UploadRequest {
            caller: self.who_wanted(&wanted).await?,
            filename: Some(wanted.filename),
            comment: wanted.comment,
            text: wanted.text,
            tags: wanted.tags,
            ignore_warnings: wanted.ignore_warnings,
            stash: false,
            watching: wanted.watching,
            timing: Timing::ByJob,
            checksums: wanted.checksums,
            source: Source::Stashed(filekey.as_str().to_owned()),
        };
        Ended::of(self.upload(request).await?).ok_or(Error::Gone)
    }
}
