//! Putting together an upload whose chunks have all arrived.
//!
//! Idempotent, because the entry's own status decides: what is finished already has its successor, what was refused is
//! refused again for the same reason.

use commonhold_catalogue::ops::jobs::{self, NewJob};
use commonhold_catalogue::ops::stash::{self, StashRow};
use commonhold_core::FileKey;
use commonhold_core::name::UploadName;
use commonhold_core::title::FileTitle;
use commonhold_core::upload::Warnings;
use serde::{Deserialize, Serialize};

use super::{Ended, key_of};
use crate::chunk::{Assembled, Whole, completed};
use crate::stash::{StashedFile, not_found};
use crate::upload::Outcome;
use crate::{Error, Repository, Result};

pub(super) const KIND: &str = "assemble";

/// Which upload, and the name that the last chunk came with.
#[derive(Serialize, Deserialize)]
pub(super) struct Assembly {
    key: FileKey,
    filename: String,
    extension: String,
    renamed: bool,
}

impl Repository {
    /// The job that puts an upload together; to be queued in the transaction that completes the upload.
    pub(crate) fn assembly(&self, row: &StashRow, name: &UploadName) -> Result<NewJob> {
        let work = Assembly {
            key: row.filekey.clone(),
            filename: name.title.dbkey().to_owned(),
            extension: name.final_extension.clone(),
            renamed: name.changed,
        };
        self.job(KIND, key_of(&row.filekey), row.user_id, &work)
    }

    /// Queues the job for an upload that had all its chunks before: the request is repeated, or the job has failed.
    pub(crate) async fn queue_assembly(
        &self,
        name: &UploadName,
        warnings: Warnings,
        row: StashRow,
    ) -> Result<Outcome> {
        let job = self.assembly(&row, name)?;
        let (key, attempt, now) = (row.filekey.clone(), row.attempt, self.now());
        let queue = move |tx: &mut dyn commonhold_catalogue::Tx| {
            let waits = stash::queue(tx, &key, attempt, now)?;
            if waits {
                jobs::enqueue(tx, &job)?;
            }
            Ok::<_, Error>(waits)
        };
        if !self.db.write(queue).await? {
            return Err(completed().into());
        }
        self.workers.wake();
        Ok(Outcome::AssemblyQueued { warnings, key: row.filekey })
    }

    pub(super) async fn run_assembly(&self, work: Assembly) -> Result<Ended> {
        let Assembly { key, filename, extension, renamed } = work;
        let name =
            UploadName { title: FileTitle::from_db(filename), final_extension: extension, changed: renamed };
        let wanted = key.clone();
        let look = move |read: &mut dyn commonhold_catalogue::Read| {
            let Some(row) = stash::get(read, &wanted)? else { return Ok::<_, Error>(None) };
            let successor = match &row.successor {
                Some(successor) => stash::get(read, successor)?,
                None => None,
            };
            Ok(Some((row, successor)))
        };
        let Some((row, successor)) = self.db.read(look).await? else {
            return Err(not_found(&key).into());
        };
        let (file, warnings) = match successor.and_then(StashedFile::from_row) {
            Some(file) => {
                let warnings = self.warnings(&name, Some(file.hashes)).await?;
                (Box::new(file), warnings)
            }
            None => match self.assemble(&name, Whole::of_queued(row)?).await? {
                Assembled::Whole(file, warnings) => (file, warnings),
                Assembled::Refused(refusal) => return Ok(Ended::refused(refusal)),
                Assembled::Overtaken => return Err(completed().into()),
            },
        };
        Ok(Ended::Stashed { key: file.key, warnings: warnings.data() })
    }
}
