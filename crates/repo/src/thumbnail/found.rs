//! Which file a name stands for, for thumbnails. Thumbnails are asked for far more often than files change, so what was
//! found is remembered while nothing changes.

use std::sync::{Arc, Mutex, PoisonError};

use commonhold_catalogue::ops::files::{self, FileVersion};
use commonhold_core::thumb::Picture;
use commonhold_core::title::FileTitle;
use commonhold_core::{BlobKey, Timestamp};

use crate::lru::Lru;
use crate::{Error, Repository, Result};

/// Names whose files are remembered.
const MAX_NAMES: u64 = 10_000;

/// A name that a thumbnail's address has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Named {
    /// A file's name, for its current version.
    Current(FileTitle),
    /// An old version's name.
    Archived(String),
}

/// What matters of a version of a file for its thumbnails.
#[derive(Clone, Debug)]
pub struct Pictured {
    /// The file's name; for what is in a stash, its key. Another one than was asked for if that is a redirect.
    pub name: String,
    /// Its bytes.
    pub blob: BlobKey,
    /// Its type.
    pub mime: String,
    /// Its hash, in hexadecimal.
    pub sha1: String,
    /// When it was uploaded.
    pub modified: Timestamp,
    /// How it is rendered, if it is.
    pub picture: Option<Picture>,
}

/// What names stand for.
pub(super) struct Found(Mutex<Lru<Named, Finding>>);

/// What a name stood for, if anything, when the catalogue had seen so many changes.
#[derive(Clone)]
struct Finding {
    changes: u64,
    file: Option<Arc<Pictured>>,
}

impl Default for Found {
    fn default() -> Self {
        Self(Mutex::new(Lru::new(MAX_NAMES)))
    }
}

impl Found {
    fn get(&self, named: &Named, changes: u64) -> Option<Finding> {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(named).filter(|finding| finding.changes == changes).cloned()
    }

    fn put(&self, named: Named, finding: Finding) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(named, finding, 1);
    }
}

impl Repository {
    /// The version that a name stands for, be it by a redirect.
    pub async fn pictured(&self, named: &Named) -> Result<Option<Arc<Pictured>>> {
        let changes = self.db.changes();
        // What other processes change isn't counted.
        let remembers = !self.db.is_shared();
        if remembers && let Some(finding) = self.thumbnails.found.get(named, changes) {
            return Ok(finding.file);
        }
        let wanted = named.clone();
        let look = move |read: &mut dyn commonhold_catalogue::Read| match &wanted {
            Named::Current(name) => files::behind(read, name.dbkey()).map_err(Error::from),
            Named::Archived(name) => files::archived(read, name).map_err(Error::from),
        };
        let found = self.db.read(look).await?.map(|version| Arc::new(self.pictured_version(version)));
        if remembers {
            self.thumbnails.found.put(named.clone(), Finding { changes, file: found.clone() });
        }
        Ok(found)
    }

    fn pictured_version(&self, version: FileVersion) -> Pictured {
        let picture = self.picture(&version.info);
        Pictured {
            name: version.name,
            blob: version.blob_key,
            mime: version.info.mime,
            sha1: version.hashes.sha1.hex(),
            modified: version.timestamp,
            picture,
        }
    }
}
