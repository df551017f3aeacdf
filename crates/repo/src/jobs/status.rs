//! How far an upload is: what `checkstatus` tells its owner, on any node and after a restart.

use commonhold_catalogue::DbError;
use commonhold_catalogue::ops::files::FileVersion;
use commonhold_catalogue::ops::jobs::JobRow;
use commonhold_catalogue::ops::stash::{StashRow, StashStatus};
use commonhold_catalogue::ops::{files, jobs, stash};
use commonhold_core::user::Caller;
use commonhold_core::{Data, FileKey, Refusal, Timestamp};

use super::{Ended, Stage, key_of};
use crate::stash::StashedFile;
use crate::{Error, Repository, Result};

/// What is known of an upload.
#[derive(Debug)]
pub enum UploadStatus {
    /// Chunks are awaited from this offset on.
    Uploading(u64),
    /// A job waits, or is at this stage.
    Working(Stage),
    /// Put together.
    Stashed {
        /// The whole file's entry.
        file: Box<StashedFile>,
        /// The warnings that it deserves: a map, possibly empty.
        warnings: Data,
    },
    /// Public.
    Published {
        /// The file's name.
        filename: String,
        /// The version, if it is still there.
        version: Option<Box<FileVersion>>,
    },
    /// Something has to be confirmed before it can be published.
    Warned {
        /// What: a map.
        warnings: Data,
        /// Where the bytes wait.
        key: Option<FileKey>,
    },
    /// It failed.
    Failed(Box<Refusal>),
    /// Nothing to tell: unknown, someone else's, or done before its answer.
    Nothing,
}

/// Numbers and times to a status.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes that have arrived.
    pub received: u64,
    /// Bytes of the whole, as announced; `None` where nobody has announced them.
    pub filesize: Option<u64>,
    /// When the stages began, in order. A stage comes again where it had to be repeated.
    pub stages: Vec<(Stage, Timestamp)>,
    /// When the work was over.
    pub finished: Option<Timestamp>,
}

/// What belongs to a key.
#[derive(Default)]
struct Found {
    row: Option<StashRow>,
    job: Option<JobRow>,
    ended: Option<Ended>,
    /// What the job has left in the stash.
    file: Option<StashRow>,
    /// What the job has made public.
    version: Option<FileVersion>,
}

impl Repository {
    /// How far an upload of the caller's is.
    pub async fn upload_status(&self, caller: &Caller, key: &str) -> Result<(UploadStatus, Progress)> {
        match FileKey::parse(key) {
            Some(key) => self.status_of(caller, key_of(&key), Some(key)).await,
            None => Ok((UploadStatus::Nothing, Progress::default())),
        }
    }

    pub(super) async fn status_of(
        &self,
        caller: &Caller,
        unique_key: String,
        filekey: Option<FileKey>,
    ) -> Result<(UploadStatus, Progress)> {
        if caller.is_anonymous() {
            return Ok((UploadStatus::Nothing, Progress::default()));
        }
        let user_id = caller.id;
        let look = move |read: &mut dyn commonhold_catalogue::Read| {
            let row = match &filekey {
                Some(key) => stash::get(read, key)?,
                None => None,
            };
            let mut found = Found {
                row: row.filter(|row| row.user_id == user_id),
                job: jobs::get(read, &unique_key)?.filter(|job| job.user_id == user_id),
                ..Found::default()
            };
            if let Some(outcome) = found.job.as_ref().and_then(|job| job.outcome.as_ref()) {
                let ended = serde_json::from_str(outcome)
                    .map_err(|_| DbError::Corrupt { what: "outcome of a job" })?;
                match &ended {
                    Ended::Stashed { key, .. } => found.file = stash::get(read, key)?,
                    Ended::Published { version_id, .. } => found.version = files::by_id(read, *version_id)?,
                    Ended::Warned { .. } | Ended::Refused { .. } => {}
                }
                found.ended = Some(ended);
            }
            Ok::<_, Error>(found)
        };
        let found = self.db.read(look).await?;
        let progress = found.progress();
        Ok((found.status(), progress))
    }
}

impl Found {
    fn progress(&self) -> Progress {
        let bytes = self.row.as_ref().or(self.file.as_ref());
        let stages = self.job.iter().flat_map(|job| &job.stages);
        let fetched = self.job.as_ref().map_or(0, |job| job.progress);
        let published = self.version.as_ref().map(|version| version.hashes.size);
        Progress {
            received: bytes.map_or(fetched, |row| row.hashes.map_or(row.offset, |hashes| hashes.size)),
            filesize: bytes.map(|row| row.filesize.max(row.offset)).or(published),
            stages: stages.filter_map(|(name, began)| Some((Stage::parse(name)?, *began))).collect(),
            finished: self.job.as_ref().and_then(|job| job.finished),
        }
    }

    fn status(self) -> UploadStatus {
        let Some(job) = self.job else {
            return match self.row {
                Some(row) if row.status == StashStatus::Chunks => UploadStatus::Uploading(row.offset),
                _ => UploadStatus::Nothing,
            };
        };
        match self.ended {
            None => {
                // A job that nobody holds waits, whatever it went through before.
                let stage = job.lease_until.and(job.stages.last()).and_then(|(name, _)| Stage::parse(name));
                UploadStatus::Working(stage.unwrap_or(Stage::Queued))
            }
            Some(Ended::Stashed { warnings, .. }) => match self.file.and_then(StashedFile::from_row) {
                Some(file) => UploadStatus::Stashed { file: Box::new(file), warnings },
                // It has expired meanwhile.
                None => UploadStatus::Nothing,
            },
            Some(Ended::Published { filename, .. }) => {
                UploadStatus::Published { filename, version: self.version.map(Box::new) }
            }
            Some(Ended::Warned { warnings, key }) => UploadStatus::Warned { warnings, key },
            Some(Ended::Refused { message, details }) => {
                let refusal = Refusal::new("stashfailed", message);
                UploadStatus::Failed(Box::new(match details {
                    Some(details) => refusal.with("details", details),
                    None => refusal,
                }))
            }
        }
    }
}
