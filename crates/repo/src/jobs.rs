//! Work that is done after its answer.
//!
//! A job is queued in the transaction that makes it necessary. A worker claims it for a while, renews the claim as long
//! as it is at work, and notes how it ended. If the worker's process dies, the claim lapses and the job is begun again;
//! so **every job is idempotent**, and says at its head how. A rule that says no is an end; a fault of ours is tried
//! again after a pause.
//!
//! To add a kind of job: a file below `jobs/` that queues it and carries it out, its variant in [`Work`], and how it
//! is seen from outside in `jobs/status.rs`.

mod assemble;
mod fetch;
mod publish;
mod status;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use commonhold_catalogue::DbError;
use commonhold_catalogue::ops::jobs::{self, JobRow, NewJob};
use commonhold_core::{Data, Entropy, FileKey, Message, Refusal};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at, sleep};

use crate::upload::Outcome;
use crate::{Error, Repository, Result};

pub use status::{Progress, UploadStatus};

/// A claim ends after this many seconds, should its holder vanish.
const LEASE_SECONDS: i64 = 30;
/// Between two renewals of a claim.
const RENEWAL: Duration = Duration::from_secs(10);
/// A worker looks for jobs after this time even if nobody woke it: other processes queue jobs as well, and some wait
/// for their time.
const POLL: Duration = Duration::from_secs(3);
/// So often a job is begun before it is given up.
const ATTEMPTS: i64 = 8;
/// The longest pause after a failed attempt; the first is two seconds, and each is twice the one before.
const LONGEST_PAUSE_SECONDS: i64 = 300;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for a worker.
    Queued,
    /// Chunks are put together.
    Assembling,
    /// A file is fetched from another server.
    Fetching,
    /// A file is made public.
    Publish,
}

/// Those in a process that work on jobs.
pub(crate) struct Workers {
    /// The process, among all that ever were.
    pub(crate) owner: String,
    queued: Notify,
}

/// What a job does.
enum Work {
    Assemble(assemble::Assembly),
    Fetch(fetch::Fetching),
    Publish(publish::Publishing),
}

/// How a job ended, as its row keeps it.
#[derive(Debug, Serialize, Deserialize)]
enum Ended {
    /// The file is in the stash.
    Stashed { key: FileKey, warnings: Data },
    /// The file is public.
    Published { version_id: i64, filename: String },
    /// Something has to be confirmed first.
    Warned { warnings: Data, key: Option<FileKey> },
    /// A rule said no, or it failed too often.
    Refused { message: Message, details: Option<Data> },
}

impl Stage {
    const ALL: [Self; 4] = [Self::Queued, Self::Assembling, Self::Fetching, Self::Publish];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Assembling => "assembling",
            Self::Fetching => "fetching",
            Self::Publish => "publish",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

impl Workers {
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        Self { owner: crate::unique_id(entropy), queued: Notify::new() }
    }

    /// Tells one that there is something to do. Called after the commit.
    pub(crate) fn wake(&self) {
        self.queued.notify_one();
    }
}

impl Work {
    /// Reads what a row says is to be done.
    fn of(job: &JobRow) -> Result<Self> {
        let unreadable = |_| DbError::Corrupt { what: "payload of a job" };
        Ok(match job.kind.as_str() {
            assemble::KIND => Self::Assemble(serde_json::from_str(&job.payload).map_err(unreadable)?),
            fetch::KIND => Self::Fetch(serde_json::from_str(&job.payload).map_err(unreadable)?),
            publish::KIND => Self::Publish(serde_json::from_str(&job.payload).map_err(unreadable)?),
            _ => return Err(DbError::Corrupt { what: "kind of a job" }.into()),
        })
    }

    /// The stage in which it begins.
    fn stage(&self) -> Stage {
        match self {
            Self::Assemble(_) => Stage::Assembling,
            Self::Fetch(work) if !work.is_fetched() => Stage::Fetching,
            Self::Fetch(_) | Self::Publish(_) => Stage::Publish,
        }
    }
}

impl Ended {
    fn refused(refusal: Refusal) -> Self {
        let details = refusal.data.into_iter().find(|(key, _)| *key == "details").map(|(_, value)| value);
        // MediaWiki's status says of any fault of the content only that there is one.
        let generic = refusal.code == "verification-error";
        let message = if generic { Message::new("verification-error") } else { refusal.message };
        Self::Refused { message, details }
    }

    /// What a job that failed too often is told as.
    fn given_up(job: &JobRow) -> Self {
        let key =
            if job.kind == assemble::KIND { "api-error-stashfailed" } else { "api-error-publishfailed" };
        Self::Refused { message: Message::new(key), details: None }
    }

    /// From how the same would have ended before the answer; `None` for what only chunks end in.
    fn of(outcome: Outcome) -> Option<Self> {
        Some(match outcome {
            Outcome::Published { version, .. } => {
                Self::Published { version_id: version.version_id, filename: version.name }
            }
            Outcome::Stashed { file, warnings, .. } => {
                Self::Stashed { key: file.key, warnings: warnings.data() }
            }
            Outcome::Warned { warnings, key } => Self::Warned { warnings: warnings.data(), key },
            Outcome::Continue { .. } | Outcome::AssemblyQueued { .. } | Outcome::PublicationQueued { .. } => {
                return None;
            }
        })
    }
}

fn payload<T: Serialize>(work: &T) -> Result<String> {
    Ok(serde_json::to_string(work).map_err(|_| DbError::Corrupt { what: "payload of a job" })?)
}

/// The unique key of all jobs about one stash key: of these there is one at a time.
fn key_of(key: &FileKey) -> String {
    format!("upload:{key}")
}

impl Repository {
    /// A job to be queued.
    fn job<T: Serialize>(
        &self,
        kind: &'static str,
        unique_key: String,
        user_id: i64,
        work: &T,
    ) -> Result<NewJob> {
        let (payload, stage) = (payload(work)?, Stage::Queued.as_str());
        Ok(NewJob { kind, unique_key, user_id, payload, stage, now: self.now() })
    }

    /// Works on jobs, one after the other, until told to end; then it finishes the one that it is at. There may be
    /// several such workers.
    pub async fn work(self: Arc<Self>, mut ending: watch::Receiver<bool>) {
        while !*ending.borrow() {
            match self.run_next_job().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the queue of jobs can't be worked on"),
            }
            tokio::select! {
                () = self.workers.queued.notified() => {}
                () = sleep(POLL) => {}
                changed = ending.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Gives back what this process's workers are at, so that others needn't wait for the claims to lapse. For the
    /// end of the process, when they can't be waited for.
    pub async fn give_back_jobs(&self) -> Result<()> {
        let owner = self.workers.owner.clone();
        self.db.write(move |tx| jobs::release(tx, &owner).map_err(Error::from)).await.map(drop)
    }

    /// Claims a job that is due and carries it out; `false` if there is none.
    pub async fn run_next_job(self: &Arc<Self>) -> Result<bool> {
        let Some(job) = self.claim_job().await? else { return Ok(false) };
        let Some(outcome) = self.attempt_job(&job).await? else {
            // Somebody else has it now.
            return Ok(true);
        };
        let (id, attempt, now) = (job.id, job.attempts, self.now());
        let ended = match outcome {
            Ok(ended) => ended,
            Err(Error::Refused(refusal)) => Ended::refused(*refusal),
            Err(error) if attempt >= ATTEMPTS => {
                tracing::error!(%error, job = id, kind = job.kind, attempt, "a job is given up");
                Ended::given_up(&job)
            }
            Err(error) => {
                tracing::warn!(%error, job = id, kind = job.kind, attempt, "a job failed and will be tried again");
                let (error, later) = (error.to_string(), now + pause(attempt));
                self.db
                    .write(move |tx| jobs::retry(tx, id, attempt, &error, later).map_err(Error::from))
                    .await?;
                return Ok(true);
            }
        };
        let ended =
            serde_json::to_string(&ended).map_err(|_| DbError::Corrupt { what: "outcome of a job" })?;
        let finish = move |tx: &mut dyn commonhold_catalogue::Tx| {
            jobs::finish(tx, id, attempt, &ended, now).map_err(Error::from)
        };
        self.db.write(finish).await?;
        Ok(true)
    }

    /// Claims the next job and notes its stage.
    async fn claim_job(&self) -> Result<Option<JobRow>> {
        let (owner, now) = (self.workers.owner.clone(), self.now());
        let claim = move |tx: &mut dyn commonhold_catalogue::Tx| {
            let Some(job) = jobs::claim(tx, &owner, now, LEASE_SECONDS)? else { return Ok(None) };
            // What can't be read fails later, as an attempt.
            if let Ok(work) = Work::of(&job) {
                jobs::enter(tx, job.id, job.attempts, work.stage().as_str(), now)?;
            }
            Ok::<_, Error>(Some(job))
        };
        self.db.write(claim).await
    }

    /// Carries out a job on a task of its own, so that a panic costs only this attempt, and holds the claim meanwhile.
    /// `None` if the claim was lost.
    async fn attempt_job(self: &Arc<Self>, job: &JobRow) -> Result<Option<Result<Ended>>> {
        if job.attempts > ATTEMPTS {
            // Its last attempt ended with the process.
            tracing::error!(job = job.id, kind = job.kind, "a job is given up");
            return Ok(Some(Ok(Ended::given_up(job))));
        }
        // Dropping the set ends the task.
        let mut task = JoinSet::new();
        let (repo, claimed) = (Arc::clone(self), job.clone());
        task.spawn(async move { repo.carry_out(&claimed).await });
        let mut renewals = interval_at(tokio::time::Instant::now() + RENEWAL, RENEWAL);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                done = task.join_next() => {
                    return Ok(Some(done.and_then(Result::ok).unwrap_or(Err(Error::Gone))));
                }
                _ = renewals.tick() => {
                    let (id, attempt, now) = (job.id, job.attempts, self.now());
                    let renew = move |tx: &mut dyn commonhold_catalogue::Tx| {
                        jobs::renew(tx, id, attempt, now, LEASE_SECONDS).map_err(Error::from)
                    };
                    match self.db.write(renew).await {
                        Ok(true) => {}
                        Ok(false) => {
                            tracing::warn!(job = id, kind = job.kind, attempt, "a job was taken by another worker");
                            return Ok(None);
                        }
                        Err(error) => tracing::warn!(%error, job = id, "the claim on a job can't be renewed"),
                    }
                }
            }
        }
    }

    async fn carry_out(self: &Arc<Self>, job: &JobRow) -> Result<Ended> {
        match Work::of(job)? {
            Work::Assemble(work) => self.run_assembly(work).await,
            Work::Fetch(work) => self.run_fetch(job, work).await,
            Work::Publish(work) => self.run_publication(work).await,
        }
    }

    /// Forgets jobs that were over so long ago that nobody asks any more.
    pub async fn sweep_jobs(&self) -> Result<u64> {
        let before = self.now() + -self.settings.uploads.stash_max_age_seconds;
        self.db.write(move |tx| jobs::delete_finished(tx, before).map_err(Error::from)).await
    }
}

/// Seconds until the next attempt.
fn pause(attempt: i64) -> i64 {
    let doubled = u32::try_from(attempt).ok().and_then(|a| 2i64.checked_pow(a));
    doubled.map_or(LONGEST_PAUSE_SECONDS, |seconds| seconds.min(LONGEST_PAUSE_SECONDS))
}
