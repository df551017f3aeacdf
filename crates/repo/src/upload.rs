//! `action=upload`: direct, from the stash, and (with `fetch.rs`) by URL and (with `chunk.rs`) in chunks.
//!
//! The order of the checks is MediaWiki's and observable; the comments number its steps.

use std::ops::Range;
use std::sync::Arc;

use commonhold_blob::Place;
use commonhold_catalogue::ops::files::{self, FileVersion, Publication};
use commonhold_catalogue::ops::stash::{self, StashRow, StashStatus};
use commonhold_core::name::{NameError, UploadName, upload_name};
use commonhold_core::right::Right;
use commonhold_core::upload::{Candidate, Existing, Warnings, warnings};
use commonhold_core::user::Caller;
use commonhold_core::{BlobKey, Data, FileKey, Hashes, MediaInfo, Message, Param, Refusal};

use crate::authorise::Authority;
use crate::checksum::Checksums;
use crate::gather::Examined;
use crate::receive::{FreshPart, Received};
use crate::stash::{KeyEnding, StashedFile, not_found};
use crate::watchlist::{Preference, Watching};
use crate::{Error, Repository, Result, summary, throttle};

/// Characters of a detail of a refusal that are told.
const DETAIL_CHARS: usize = 1000;

/// What is asked for.
pub struct UploadRequest {
    /// Who asks.
    pub caller: Caller,
    /// The wanted name, as it was sent.
    pub filename: Option<String>,
    /// Upload comment; also the page's text where `text` is absent.
    pub comment: String,
    /// Text of the description page, should there be none yet.
    pub text: Option<String>,
    /// Tags that the publication is marked with.
    pub tags: Vec<String>,
    /// Go on in spite of warnings.
    pub ignore_warnings: bool,
    /// Keep the file for its owner instead of publishing it.
    pub stash: bool,
    /// Whether the caller watches the file's page once it is published.
    pub watching: Watching,
    /// When the work is done.
    pub timing: Timing,
    /// What the sender knows of the bytes.
    pub checksums: Checksums,
    /// Where the bytes are.
    pub source: Source,
}

/// When the work of an upload is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Before the answer.
    BeforeAnswer,
    /// After it, by a job, where that is possible and switched on.
    AfterAnswer,
    /// Now, by that job. The request for it was counted when it was made.
    ByJob,
}

/// Where an upload's bytes are.
pub enum Source {
    /// In a part of this request.
    File(Received),
    /// On another server, at this address as it was sent.
    Url(String),
    /// In the stash, under this key as it was sent.
    Stashed(String),
    /// One part of them in this request.
    Chunk {
        /// The part.
        received: Received,
        /// Bytes before it; absent if not sent.
        offset: Option<u64>,
        /// Bytes of the whole file.
        filesize: u64,
        /// The key of the upload that it continues, as it was sent.
        key: Option<String>,
        /// Whether it may arrive before chunks that come before it.
        parallel: bool,
    },
}

/// How an upload ended.
#[derive(Debug)]
pub enum Outcome {
    /// The file is public.
    Published {
        /// The new current version; its comment is not cut.
        version: Box<FileVersion>,
        /// Warnings that were ignored.
        warnings: Warnings,
        /// The description page, if it was there before.
        page_before: Option<i64>,
    },
    /// The file is in the stash.
    Stashed {
        /// The entry.
        file: Box<StashedFile>,
        /// Warnings: ignored ones, or those of a file that arrived in chunks.
        warnings: Warnings,
        /// Whether this answers the last chunk of an upload.
        chunked: bool,
    },
    /// Something has to be confirmed first.
    Warned {
        /// What.
        warnings: Warnings,
        /// Where the bytes wait, if they could be kept.
        key: Option<FileKey>,
    },
    /// A chunk is safe; the next one is awaited.
    Continue {
        /// Warnings that were ignored.
        warnings: Warnings,
        /// Bytes that are safe.
        offset: u64,
        /// The key to go on with.
        key: FileKey,
        /// Where bytes are missing, for a client that sends chunks in any order.
        missing: Option<Vec<Range<u64>>>,
    },
    /// All chunks are safe, and a job puts them together.
    AssemblyQueued {
        /// Warnings that were ignored.
        warnings: Warnings,
        /// The key to ask by.
        key: FileKey,
    },
    /// A job publishes the file, which it may have to fetch first.
    PublicationQueued {
        /// Warnings that were ignored.
        warnings: Warnings,
        /// The name that it gets.
        filename: String,
    },
}

/// Bytes that are whole and examined, ready to be published or stashed.
pub(crate) struct Ready {
    pub(crate) blob: BlobKey,
    pub(crate) hashes: Hashes,
    pub(crate) info: MediaInfo,
    /// The stash entry that holds them already.
    pub(crate) entry: Option<FileKey>,
    /// How the key ends, should they be stashed now.
    pub(crate) ending: KeyEnding,
}

impl Repository {
    /// Carries out an upload.
    pub async fn upload(self: &Arc<Self>, mut request: UploadRequest) -> Result<Outcome> {
        // 2.
        if !self.settings.uploads.enabled {
            return Err(Refusal::of(Message::new("uploaddisabled")).into());
        }
        // 3.
        if request.timing == Timing::AfterAnswer && !self.settings.uploads.asynchronous {
            request.timing = Timing::BeforeAnswer;
        }
        // 6.
        let Some(filename) = request.filename.take() else {
            return Err(
                Refusal::new("nofilename", Message::new("apierror-missingparam").with("filename")).into()
            );
        };
        let stash = request.stash;
        match std::mem::replace(&mut request.source, Source::Stashed(String::new())) {
            Source::Chunk { received, offset, filesize, key, parallel } => {
                let chunk = crate::chunk::Chunk { received, offset, filesize, key, parallel };
                self.upload_chunk(&request, &filename, chunk).await
            }
            Source::File(received) => {
                // 7f.
                if request.timing == Timing::AfterAnswer {
                    return Err(Refusal::of(Message::new("apierror-cannot-async-upload-file")).into());
                }
                // 8, 9.
                self.may_upload(&request.caller).await?;
                self.upload_received(&request, &filename, received, KeyEnding::Extension).await
            }
            Source::Url(url) => {
                // 7g, 7h.
                self.may_fetch_from(&url)?;
                // 8, 9.
                self.may_upload_by_url(&request.caller).await?;
                // 10.
                let checked = self.checked_url(&url)?;
                if request.timing == Timing::AfterAnswer && !stash && !request.caller.is_anonymous() {
                    return self.queue_fetch(&request, &filename, url).await;
                }
                let received = self.fetch(request.caller.id, &checked, &|_| {}).await?;
                self.upload_received(&request, &filename, received, KeyEnding::Nothing).await
            }
            Source::Stashed(key) => {
                // 7d, 7e.
                let key = FileKey::parse(&key)
                    .ok_or_else(|| Refusal::of(Message::new("apierror-invalid-file-key")))?;
                let row = self.stash_row(&request.caller, &key).await?;
                self.may_upload(&request.caller).await?;
                if row.status == StashStatus::Published {
                    return self.published_before(&request, &filename, &row).await;
                }
                if row.successor.is_some() {
                    // The last chunk's answer has told the key of the whole file.
                    return Err(not_found(&key).into());
                }
                let (Some(hashes), Some(info)) = (row.hashes, &row.info) else {
                    // Chunks are missing. MediaWiki would publish the first one alone.
                    let refusal =
                        Refusal::of(Message::new("stashfailed").with(Message::new("stash-incomplete")));
                    return Err(refusal.with("offset", row.offset.to_string()).into());
                };
                request.checksums.check_whole(&hashes)?;
                if request.timing == Timing::AfterAnswer && !stash {
                    let ready = Ready {
                        blob: row.blob_key,
                        hashes,
                        info: info.clone(),
                        entry: Some(key),
                        ending: KeyEnding::Extension,
                    };
                    return self.queue_publication(&request, &filename, ready).await;
                }
                let examined =
                    self.examine(Place::Sealed(row.blob_key.clone()), hashes.size, &filename).await?;
                let name = match self.check_content(&examined, &hashes) {
                    Ok(name) => name,
                    Err(refusal) if is_recoverable(&examined) => {
                        return Err(recoverable_by(refusal, &key).into());
                    }
                    Err(refusal) => return Err(refusal.into()),
                };
                let ready = Ready {
                    blob: row.blob_key,
                    hashes,
                    info: examined.info,
                    entry: Some(key),
                    ending: KeyEnding::Extension,
                };
                if stash {
                    self.stash_ready(&request, &name, ready).await
                } else {
                    self.publish_ready(&request, &name, ready).await
                }
            }
        }
    }

    /// A file that has arrived as a whole. `ending` is that of the key, should it go to the stash.
    async fn upload_received(
        self: &Arc<Self>,
        request: &UploadRequest,
        filename: &str,
        received: Received,
        ending: KeyEnding,
    ) -> Result<Outcome> {
        let part = self.fresh_of(received).await?;
        let outcome = self.upload_part(request, filename, &part, ending).await;
        if outcome.is_err() {
            self.discard(&part.partial).await;
        }
        outcome
    }

    /// The same, of bytes that are in a partial blob of their own.
    async fn upload_part(
        self: &Arc<Self>,
        request: &UploadRequest,
        filename: &str,
        part: &FreshPart,
        ending: KeyEnding,
    ) -> Result<Outcome> {
        let hashes = part.hashes();
        // 11: size, content, name.
        if hashes.size == 0 {
            return Err(Refusal::of(Message::new("empty-file")).into());
        }
        request.checksums.check_whole(&hashes)?;
        let examined = self.examine(part.place(), hashes.size, filename).await?;
        let name = self.check_content(&examined, &hashes);
        if let Err(refusal) = name {
            if !is_recoverable(&examined) {
                return Err(refusal.into());
            }
            let key = self.keep(request, filename, part, examined.info, ending).await?;
            return Err(recoverable_by(refusal, &key).into());
        }
        let name = name?;
        self.blobs.seal(&part.partial, hashes.size).await?;
        let ready = Ready { blob: part.key.clone(), hashes, info: examined.info, entry: None, ending };
        if request.stash {
            self.stash_ready(request, &name, ready).await
        } else {
            self.publish_ready(request, &name, ready).await
        }
    }

    /// Steps 1 to 9 of the verification: size, content, name.
    pub(crate) fn check_content(&self, examined: &Examined, hashes: &Hashes) -> Result<UploadName, Refusal> {
        if hashes.size > self.settings.uploads.max_bytes {
            return Err(Refusal::of(Message::new("file-too-large")));
        }
        if let Some(reason) = &examined.refused {
            return Err(verification_error(reason));
        }
        examined.name.clone().map_err(|error| {
            let refusal = error.refusal(&self.settings.uploads);
            if error.is_recoverable() { refusal.with("invalidparameter", "filename") } else { refusal }
        })
    }

    /// Steps 13 and 14 for a stashing request.
    async fn stash_ready(&self, request: &UploadRequest, name: &UploadName, ready: Ready) -> Result<Outcome> {
        let warnings = self.warnings(name, Some(ready.hashes)).await?;
        let warned = !warnings.is_empty() && !request.ignore_warnings;
        let file = self.stash_ready_bytes(request, name, &ready).await?;
        if warned {
            return Ok(Outcome::Warned { warnings, key: Some(file.key) });
        }
        Ok(Outcome::Stashed { file: Box::new(file), warnings, chunked: false })
    }

    /// Steps 12 to 17: permissions on the title, warnings, tags, and the one transaction.
    async fn publish_ready(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        ready: Ready,
    ) -> Result<Outcome> {
        // Looked at before the transaction, in which nothing may wait for another server.
        let elsewhere = self.elsewhere(&request.caller, &name.title, Some(ready.hashes.sha1)).await;
        let candidate = Candidate::new(name, Some(ready.hashes));
        let comment = request.comment.trim().to_owned();
        let publication = Publication {
            name: name.title.clone(),
            blob_key: ready.blob.clone(),
            hashes: ready.hashes,
            info: ready.info.clone(),
            comment: summary::comment(&comment),
            page_text: crate::edit::stored(request.text.as_deref().unwrap_or(&comment)),
            summary: self.upload_summary(&request.caller, &name.title),
            user_id: request.caller.id,
            user_name: request.caller.name.clone(),
            bot: request.caller.can(Right::Bot),
            tags: request.tags.clone(),
            now: self.now(),
        };
        let (caller, watching) = (request.caller.clone(), request.watching);
        let throttles = match request.timing {
            Timing::ByJob => Vec::new(),
            Timing::BeforeAnswer | Timing::AfterAnswer => {
                throttle::of_uploads(&self.settings.limits, &caller)
            }
        };
        let (policy, ignore, entry) =
            (self.settings.uploads.clone(), request.ignore_warnings, ready.entry.clone());
        let committed = self
            .db
            .write(move |tx| {
                // Judged under the title's lock: another request may have taken or protected the name a moment ago.
                files::lock(tx, &publication.name)?;
                if let Some(entry) = &entry
                    && !stash::get(tx, entry)?.is_some_and(|row| row.status == StashStatus::Finished)
                {
                    return Ok::<_, Error>(Committed::Late);
                }
                let authority = Authority::of(tx, &caller, publication.now)?;
                if let Some(refusal) = authority.publish(tx, &publication.name, &elsewhere)? {
                    return Ok(Committed::Forbidden(refusal));
                }
                let shared_duplicates = elsewhere.duplicates.clone();
                let existing = Existing { shared_duplicates, ..files::existing(tx, &candidate)? };
                let warnings = warnings(&policy, &candidate, &existing);
                if !warnings.is_empty() && !ignore {
                    return Ok(Committed::Warned(warnings));
                }
                if let Some(refusal) = throttle::count(tx, &throttles, publication.now)? {
                    return Ok(Committed::Unpublishable(refusal));
                }
                if let Some(refusal) = authority.tag(tx, &publication.tags)? {
                    return Ok(Committed::Unpublishable(refusal));
                }
                if existing.current.as_ref().is_some_and(|c| c.hashes == publication.hashes) {
                    return Ok(Committed::Unchanged);
                }
                let published = files::publish(tx, &publication)?;
                if let Some(entry) = &entry
                    && !stash::mark_published(tx, entry, published.version.version_id)?
                {
                    return Err(not_found(entry).into());
                }
                let title = publication.name.title();
                watching.after_change(tx, &caller, &title, Preference::Watch, publication.now)?;
                Ok(Committed::Published(Box::new(published), warnings))
            })
            .await?;
        match committed {
            Committed::Published(published, warnings) => {
                if published.version.blob_key != ready.blob && ready.entry.is_none() {
                    // The same bytes were there already and are shared; ours are superfluous.
                    self.drop_superfluous(&ready.blob).await;
                }
                let mut version = published.version;
                version.comment = comment;
                let page_before = (!published.page_created).then_some(published.page_id);
                Ok(Outcome::Published { version: Box::new(version), warnings, page_before })
            }
            Committed::Late => match &ready.entry {
                Some(key) => {
                    let row = self.stash_row(&request.caller, key).await?;
                    self.published_before(request, name.title.dbkey(), &row).await
                }
                None => Err(Error::Gone),
            },
            Committed::Forbidden(refusal) => {
                let key = self.entry_of(request, name, &ready).await?;
                Err(recoverable_by(refusal.with("invalidparameter", "filename"), &key).into())
            }
            Committed::Unpublishable(refusal) => {
                if ready.entry.is_none() {
                    self.blobs.remove(&ready.blob).await?;
                }
                Err(refusal.into())
            }
            Committed::Warned(warnings) => {
                // A stashed file is stashed once more, under a key of its own.
                let file = self.stash_ready_bytes(request, name, &ready).await?;
                Ok(Outcome::Warned { warnings, key: Some(file.key) })
            }
            Committed::Unchanged => {
                let refusal =
                    Refusal::of(Message::new("fileexists-no-change").with(name.title.prefixed_text()));
                if ready.entry.is_none() {
                    self.drop_superfluous(&ready.blob).await;
                }
                // MediaWiki says so of stashed files as well; here they stay where they are.
                Err(unkept(refusal).into())
            }
        }
    }

    /// Answers a request to publish what is public already: with the answer that got lost, if it is the same request.
    async fn published_before(
        &self,
        request: &UploadRequest,
        filename: &str,
        row: &StashRow,
    ) -> Result<Outcome> {
        let mime = row.info.as_ref().map(|info| info.mime.clone()).unwrap_or_default();
        let name =
            upload_name(filename, &self.settings.uploads, &|| commonhold_media::guess_extension(&mime));
        let (Ok(name), Some(id), false) = (name, row.published_version, request.stash) else {
            return Err(not_found(&row.filekey).into());
        };
        let found = self.db.read(move |read| files::by_id(read, id).map_err(Error::from)).await?;
        let Some(mut version) = found.filter(|version| version.name == name.title.dbkey()) else {
            return Err(not_found(&row.filekey).into());
        };
        request.comment.trim().clone_into(&mut version.comment);
        Ok(Outcome::Published {
            version: Box::new(version),
            warnings: Warnings::default(),
            page_before: None,
        })
    }

    /// Removes a blob of ours that no row names. A failure leaves it to be collected later, so it is only logged: what
    /// was decided about the upload stands.
    async fn drop_superfluous(&self, key: &BlobKey) {
        if let Err(error) = self.blobs.remove(key).await {
            tracing::warn!(%error, "superfluous bytes could not be removed");
        }
    }

    /// The stash entry that holds the bytes, made now if there is none.
    async fn entry_of(&self, request: &UploadRequest, name: &UploadName, ready: &Ready) -> Result<FileKey> {
        match &ready.entry {
            Some(key) => Ok(key.clone()),
            None => Ok(self.stash_ready_bytes(request, name, ready).await?.key),
        }
    }

    /// Puts the bytes in the stash under the name that they would get.
    async fn stash_ready_bytes(
        &self,
        request: &UploadRequest,
        name: &UploadName,
        ready: &Ready,
    ) -> Result<StashedFile> {
        let (filename, info) = (name.title.dbkey(), ready.info.clone());
        self.stash_sealed(&request.caller, filename, &ready.blob, ready.hashes, info, ready.ending).await
    }

    /// Puts a part in the stash whose name is no good, so that it needn't be sent again.
    async fn keep(
        &self,
        request: &UploadRequest,
        filename: &str,
        part: &FreshPart,
        info: MediaInfo,
        ending: KeyEnding,
    ) -> Result<FileKey> {
        let hashes = part.hashes();
        self.blobs.seal(&part.partial, hashes.size).await?;
        Ok(self.stash_sealed(&request.caller, filename, &part.key, hashes, info, ending).await?.key)
    }
}

/// Tells where the bytes wait.
pub(crate) fn recoverable_by(mut refusal: Refusal, key: &FileKey) -> Refusal {
    // The keys come before `invalidparameter`.
    let at = refusal.data.iter().position(|(k, _)| *k == "invalidparameter").unwrap_or(refusal.data.len());
    refusal.data.insert(at, ("filekey", key.as_str().into()));
    refusal.data.insert(at + 1, ("sessionkey", key.as_str().into()));
    refusal
}

/// What the publishing transaction found.
enum Committed {
    Published(Box<files::Published>, Warnings),
    Forbidden(Refusal),
    /// Too many uploads, or tags that may not be given.
    Unpublishable(Refusal),
    Warned(Warnings),
    Unchanged,
    /// The stash entry isn't waiting any more: another request was faster.
    Late,
}

/// A refusal of the content, with the reason as the API shows it.
pub(crate) fn verification_error(reason: &commonhold_media::Reason) -> Refusal {
    // They come out of the file, where one may have megabytes.
    let params = reason.params.iter().map(|p| p.chars().take(DETAIL_CHARS).collect::<String>());
    let params: Vec<String> = params.collect();
    let mut message = Message::new(reason.key);
    message.params = params.iter().map(|p| Param::Text(p.clone())).collect();
    let details = std::iter::once(reason.key.to_owned()).chain(params);
    Refusal::new("verification-error", message).with("details", details.collect::<Vec<_>>())
}

/// Whether bytes with this fault are worth keeping: only the name is wrong.
pub(crate) fn is_recoverable(examined: &Examined) -> bool {
    examined.refused.is_none() && examined.name.as_ref().err().is_some_and(NameError::is_recoverable)
}

/// Says that the bytes of a refused publication were not kept, in the form that clients know.
fn unkept(refusal: Refusal) -> Refusal {
    let error = Data::map([
        ("message", "uploadstash-exception".into()),
        ("params", Data::List(vec!["UploadStashBadPathException".into(), "the file was not kept".into()])),
        ("code", "uploadstash-exception".into()),
        ("type", "error".into()),
    ]);
    refusal.with("stasherrors", Data::List(vec![error]))
}
