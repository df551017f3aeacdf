//! What is read of histories, the log, and what was deleted. Who may see what of it, the caller of these asks.

use commonhold_catalogue::Read;
use commonhold_catalogue::ops::changes::{self, ChangeRow, RecentChanges};
use commonhold_catalogue::ops::deletion::{self, DeletedFiles, DeletedVersion};
use commonhold_catalogue::ops::files::{self, FileVersion};
use commonhold_catalogue::ops::logs::{self, LogFilter, LogRow};
use commonhold_catalogue::ops::pages::{self, AllPages, Direction, PageRow};
use commonhold_catalogue::ops::revisions::{self, History, RevisionRow};

use crate::{Error, Repository, Result};

impl Repository {
    /// Lists revisions of a page.
    pub async fn history(&self, wanted: History) -> Result<Vec<RevisionRow>> {
        self.db.read(move |read| revisions::list(read, &wanted).map_err(Error::from)).await
    }

    /// The revisions of these numbers that exist, in their order.
    pub async fn revisions(&self, ids: &[i64]) -> Result<Vec<RevisionRow>> {
        let ids = ids.to_vec();
        let look = move |read: &mut dyn Read| {
            let mut found = Vec::new();
            for id in &ids {
                found.extend(revisions::by_id(read, *id)?);
            }
            Ok::<_, Error>(found)
        };
        self.db.read(look).await
    }

    /// Lists entries of the log.
    pub async fn log(&self, wanted: LogFilter) -> Result<Vec<LogRow>> {
        self.db.read(move |read| logs::list(read, &wanted).map_err(Error::from)).await
    }

    /// Lists what changed lately.
    pub async fn recent_changes(&self, wanted: RecentChanges) -> Result<Vec<ChangeRow>> {
        self.db.read(move |read| changes::list(read, &wanted).map_err(Error::from)).await
    }

    /// Lists pages by name.
    pub async fn all_pages(&self, wanted: AllPages) -> Result<Vec<PageRow>> {
        self.db.read(move |read| pages::all(read, &wanted).map_err(Error::from)).await
    }

    /// Lists deleted versions of files.
    pub async fn deleted_files(&self, wanted: DeletedFiles) -> Result<Vec<DeletedVersion>> {
        self.db.read(move |read| deletion::list(read, &wanted).map_err(Error::from)).await
    }

    /// Other files with the content of a file: at most `limit`, from a name on.
    pub async fn duplicates(
        &self,
        of: &FileVersion,
        direction: Direction,
        from: Option<String>,
        limit: i64,
    ) -> Result<Vec<FileVersion>> {
        let of = of.clone();
        let look = move |read: &mut dyn Read| {
            files::duplicates(read, &of, direction, from.as_deref(), limit).map_err(Error::from)
        };
        self.db.read(look).await
    }
}
