//! A shared repository: another wiki whose files are there for this one as well.
//!
//! The operator names its api.php, so it may be anywhere; what it says is still read as something that a stranger wrote.
//! It is asked for what it has itself, never for what it has from elsewhere: two wikis may well be each other's shared
//! repository. What it said counts for a minute. While it gives no answer, everything goes on as if it had no files.
//! Thumbnails are its own as well: it says where they are, and nothing is made or fetched here.

mod ask;
mod memory;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use commonhold_core::right::Right;
use commonhold_core::thumb::{Format, Picture};
use commonhold_core::title::FileTitle;
use commonhold_core::user::Caller;
use commonhold_core::{Clock, MediaType, Sha1, Timestamp};
use tokio::time::timeout;

use self::ask::{NoAnswer, Wiki};
use self::memory::{About, Memory};
use crate::worker::Pool;
use crate::{Repository, Result, Settings};

/// A file of the shared repository, as that describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedFile {
    /// When its current version was uploaded.
    pub timestamp: Timestamp,
    /// By whom; a user of the other wiki.
    pub user: String,
    /// Where it is: an address on the web.
    pub url: Option<String>,
    /// Where it is described: an address on the web.
    pub description_url: Option<String>,
    /// Its bytes.
    pub size: u64,
    /// Pixels; 0 where there are none.
    pub width: u32,
    /// Pixels; 0 where there are none.
    pub height: u32,
    /// Of its content.
    pub sha1: Option<Sha1>,
    /// Content type; empty if not told.
    pub mime: String,
    /// Its class.
    pub media_type: MediaType,
    /// The thumbnail that was asked for, if it is told.
    pub thumb: Option<SharedThumb>,
}

/// What a thumbnail of a shared file is to be like: as `urlwidth`, `urlheight` and `urlparam` say it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SharedScaling {
    /// The width, or the largest one if there is a height.
    pub width: Option<i64>,
    /// The largest height.
    pub height: Option<i64>,
    /// The rest; may be empty.
    pub param: String,
}

/// A thumbnail of a shared file, as that repository describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedThumb {
    /// It is there.
    At {
        /// Where: an address on the web. The file itself if that is as good, an icon if there are no thumbnails.
        url: String,
        /// Pixels that it is shown with.
        width: u32,
        /// Pixels that it is shown with.
        height: u32,
        /// Content type; absent if not told.
        mime: Option<String>,
        /// Addresses of those for denser screens, by density.
        denser: Vec<(&'static str, String)>,
    },
    /// It can't be made, for this reason.
    Failed(String),
}

impl SharedFile {
    /// What matters of it for thumbnails, as far as it is told: the number of its pages isn't.
    pub fn picture(&self) -> Option<Picture> {
        let format = Format::of(&self.mime, self.media_type)?;
        let seen = self.width > 0 && self.height > 0;
        seen.then(|| Picture {
            format,
            width: self.width,
            height: self.height,
            pages: 1,
            page_sizes: Vec::new(),
            duration: 0.0,
            turned: false,
            moves: false,
        })
    }
}

/// A file of the shared repository that has the content of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedCopy {
    /// Its name.
    pub name: FileTitle,
    /// When its current version was uploaded.
    pub timestamp: Timestamp,
    /// By whom; a user of the other wiki.
    pub user: String,
}

/// What the shared repository has of a file that is to be published, as far as it was asked and has answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Elsewhere {
    /// Whether there is a file of this name. Not asked for callers whom it doesn't hinder.
    pub(crate) has_name: bool,
    /// Names of the files with this content.
    pub(crate) duplicates: Vec<String>,
}

/// The other wiki, and what it said a moment ago.
pub(crate) struct SharedRepository {
    wiki: Wiki,
    timeout: Duration,
    memory: Mutex<Memory>,
    clock: Arc<dyn Clock>,
}

impl SharedRepository {
    /// The one that the settings name, if they do. Its host is looked up on these threads.
    pub(crate) fn open(
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        threads: &Arc<Pool>,
    ) -> Result<Option<Self>> {
        let Some(api) = &settings.shared.api else { return Ok(None) };
        let wiki = Wiki::new(api, settings, Arc::clone(threads))?;
        let (timeout, memory) = (settings.shared.timeout, Mutex::default());
        Ok(Some(Self { wiki, timeout, memory, clock: Arc::clone(clock) }))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files of these names, by name, with their thumbnails if such are wanted. What isn't told in time is left
    /// out.
    async fn files(
        &self,
        names: &[FileTitle],
        scaling: Option<&SharedScaling>,
    ) -> HashMap<String, SharedFile> {
        let now = self.clock.now();
        let key = |name: &FileTitle| (name.clone(), scaling.cloned());
        let (mut found, mut unknown) = (HashMap::new(), Vec::new());
        for name in names {
            match self.memory().files.get(&key(name), now) {
                Some(file) => found.extend(file.map(|file| (name.dbkey().to_owned(), file))),
                None => unknown.push(name.clone()),
            }
        }
        if unknown.is_empty() {
            return found;
        }
        let question = async {
            for batch in ask::batches(&unknown) {
                let mut files = match self.wiki.files(batch, scaling).await {
                    // One of the files can't have such a thumbnail. Who asked has chosen it, and the wiki is well.
                    Err(NoAnswer::Refused) if scaling.is_some() => continue,
                    answer => answer?,
                };
                for name in batch {
                    let file = files.remove(name.dbkey());
                    self.memory().files.put(key(name), file.clone(), 1, now);
                    found.extend(file.map(|file| (name.dbkey().to_owned(), file)));
                }
            }
            Ok(())
        };
        let about = if scaling.is_some() { About::Thumbnails } else { About::Files };
        self.attempt(about, question).await;
        found
    }

    /// The files with this content; none if it isn't told in time.
    async fn copies(&self, sha1: Sha1) -> Vec<SharedCopy> {
        let now = self.clock.now();
        if let Some(copies) = self.memory().copies.get(&sha1, now) {
            return copies;
        }
        let Some(copies) = self.attempt(About::Files, self.wiki.copies(sha1)).await else {
            return Vec::new();
        };
        self.memory().copies.put(sha1, copies.clone(), copies.len(), now);
        copies
    }

    /// Waits for an answer, within limits. Doesn't even ask if there was none a moment ago.
    async fn attempt<T>(
        &self,
        about: About,
        question: impl Future<Output = Result<T, NoAnswer>>,
    ) -> Option<T> {
        if self.memory().rest(about).is_on(self.clock.now()) {
            return None;
        }
        let failure = match timeout(self.timeout, question).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(failure)) => failure,
            Err(_) => NoAnswer::TimedOut,
        };
        if self.memory().rest(about).begin(self.clock.now()) {
            tracing::warn!(%failure, "the shared repository gives no answer; going on without it");
        }
        None
    }
}

impl Repository {
    /// The files of these names that the shared repository has, by name. None if there is no such repository, or if it
    /// doesn't answer in time.
    pub async fn shared_files(&self, names: &[FileTitle]) -> HashMap<String, SharedFile> {
        match &self.shared {
            Some(shared) => shared.files(names, None).await,
            None => HashMap::new(),
        }
    }

    /// The same with their thumbnails, as far as they are told.
    pub async fn shared_files_scaled(
        &self,
        names: &[FileTitle],
        scaling: &SharedScaling,
    ) -> HashMap<String, SharedFile> {
        match &self.shared {
            Some(shared) => shared.files(names, Some(scaling)).await,
            None => HashMap::new(),
        }
    }

    /// Names of the files with this content that the shared repository has.
    pub(crate) async fn shared_duplicates(&self, sha1: Sha1) -> Vec<String> {
        let copies = self.shared_copies(sha1).await;
        copies.into_iter().map(|copy| copy.name.dbkey().to_owned()).collect()
    }

    /// The files with this content that the shared repository has.
    pub async fn shared_copies(&self, sha1: Sha1) -> Vec<SharedCopy> {
        match &self.shared {
            Some(shared) => shared.copies(sha1).await,
            None => Vec::new(),
        }
    }

    /// What stands elsewhere in the way of a file that a caller publishes.
    pub(crate) async fn elsewhere(&self, caller: &Caller, name: &FileTitle, sha1: Option<Sha1>) -> Elsewhere {
        let named = async {
            let hindered = !caller.can(Right::ReuploadShared);
            hindered && !self.shared_files(std::slice::from_ref(name)).await.is_empty()
        };
        let duplicates = async {
            match sha1 {
                Some(sha1) => self.shared_duplicates(sha1).await,
                None => Vec::new(),
            }
        };
        let (has_name, duplicates) = tokio::join!(named, duplicates);
        Elsewhere { has_name, duplicates }
    }
}

#[cfg(test)]
mod tests;
