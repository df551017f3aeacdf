//! Looking: files, their versions, pages, and bytes for serving.

use std::collections::HashMap;
use std::ops::Range;

use commonhold_blob::BlobStream;
use commonhold_catalogue::Read;
use commonhold_catalogue::ops::files::{self, AllImages, FileVersion};
use commonhold_catalogue::ops::pages::{self, PageRow, Statistics};
use commonhold_core::title::{FileTitle, Title};
use commonhold_core::user::Caller;
use commonhold_core::{BlobKey, FileKey, Timestamp};

use crate::{Error, Repository, Result};

/// A file's bytes and what a server says of them.
#[derive(Clone, Debug)]
pub struct ServedFile {
    /// Where the bytes are; also what makes them different from all others.
    pub blob: BlobKey,
    /// How many they are.
    pub size: u64,
    /// Content type.
    pub mime: String,
    /// SHA-1 in hexadecimal.
    pub sha1: String,
    /// When this version was uploaded.
    pub modified: Timestamp,
}

/// A page's description with its text.
#[derive(Clone, Debug)]
pub struct PageText {
    /// The page.
    pub page: PageRow,
    /// Its wikitext.
    pub text: String,
}

impl From<FileVersion> for ServedFile {
    fn from(version: FileVersion) -> Self {
        Self {
            blob: version.blob_key,
            size: version.hashes.size,
            mime: version.info.mime,
            sha1: version.hashes.sha1.hex(),
            modified: version.timestamp,
        }
    }
}

impl Repository {
    /// The pages of these titles that exist.
    pub async fn pages_by_title(&self, titles: &[Title]) -> Result<Vec<PageRow>> {
        let titles: Vec<(i32, String)> = titles.iter().map(|t| (t.ns(), t.dbkey().to_owned())).collect();
        self.db.read(move |read| pages::by_titles(read, &titles).map_err(Error::from)).await
    }

    /// The pages of these numbers that exist.
    pub async fn pages_by_id(&self, ids: &[i64]) -> Result<Vec<PageRow>> {
        let ids = ids.to_vec();
        self.db.read(move |read| pages::by_ids(read, &ids).map_err(Error::from)).await
    }

    /// A page with its newest text.
    pub async fn page_text(&self, title: &Title) -> Result<Option<PageText>> {
        let key = (title.ns(), title.dbkey().to_owned());
        let look = move |read: &mut dyn Read| {
            let Some(page) = pages::by_titles(read, std::slice::from_ref(&key))?.pop() else {
                return Ok::<_, Error>(None);
            };
            let text = pages::text(read, &page)?.unwrap_or_default();
            Ok(Some(PageText { page, text }))
        };
        self.db.read(look).await
    }

    /// The current versions of these files that exist, by name.
    pub async fn current_versions(&self, names: &[FileTitle]) -> Result<HashMap<String, FileVersion>> {
        let names: Vec<String> = names.iter().map(|n| n.dbkey().to_owned()).collect();
        let look = move |read: &mut dyn Read| {
            let mut found = HashMap::new();
            for name in &names {
                if let Some(version) = files::current(read, name)? {
                    found.insert(name.clone(), version);
                }
            }
            Ok::<_, Error>(found)
        };
        self.db.read(look).await
    }

    /// The same, and where a name is none of a file but of a page that redirects to one, that file.
    pub async fn versions_behind(&self, names: &[FileTitle]) -> Result<HashMap<String, FileVersion>> {
        let names: Vec<String> = names.iter().map(|n| n.dbkey().to_owned()).collect();
        let look = move |read: &mut dyn Read| {
            let mut found = HashMap::new();
            for name in &names {
                if let Some(version) = files::behind(read, name)? {
                    found.insert(name.clone(), version);
                }
            }
            Ok::<_, Error>(found)
        };
        self.db.read(look).await
    }

    /// Old versions of a file that were uploaded between two times, newest first.
    pub async fn old_versions(
        &self,
        name: &FileTitle,
        newest: Option<Timestamp>,
        oldest: Option<Timestamp>,
        limit: i64,
    ) -> Result<Vec<FileVersion>> {
        let name = name.dbkey().to_owned();
        let look = move |read: &mut dyn Read| {
            files::old_versions(read, &name, newest, oldest, limit).map_err(Error::from)
        };
        self.db.read(look).await
    }

    /// Lists current versions.
    pub async fn all_images(&self, wanted: AllImages) -> Result<Vec<FileVersion>> {
        self.db.read(move |read| files::all_images(read, &wanted).map_err(Error::from)).await
    }

    /// Numbers of what is there.
    pub async fn statistics(&self) -> Result<Statistics> {
        self.db.read(|read| pages::statistics(read).map_err(Error::from)).await
    }

    /// The current version of a file, to be served. `None` as well if the folders of its address are not its own.
    pub async fn original(&self, name: &FileTitle) -> Result<Option<ServedFile>> {
        let name = name.dbkey().to_owned();
        let found = self.db.read(move |read| files::current(read, &name).map_err(Error::from)).await?;
        Ok(found.map(Into::into))
    }

    /// An old version of a file, to be served.
    pub async fn archived(&self, archive_name: &str) -> Result<Option<ServedFile>> {
        let name = archive_name.to_owned();
        let found = self.db.read(move |read| files::archived(read, &name).map_err(Error::from)).await?;
        Ok(found.map(Into::into))
    }

    /// A file in the caller's stash, to be served to him.
    pub async fn stashed_file(&self, caller: &Caller, key: &FileKey) -> Result<ServedFile> {
        let file = self.stashed(caller, key.as_str()).await?;
        Ok(ServedFile {
            blob: file.blob,
            size: file.hashes.size,
            mime: file.info.mime,
            sha1: file.hashes.sha1.hex(),
            modified: file.timestamp,
        })
    }

    /// Some of a file's bytes.
    pub async fn bytes(&self, file: &ServedFile, range: Range<u64>) -> Result<Option<BlobStream>> {
        Ok(self.blobs.read(&file.blob, range).await?)
    }
}
