//! Thumbnails: made when they are first asked for, by processes of their own, and kept for as long as there is room.
//!
//! A kept thumbnail is named after the blob that it was made of, and a blob's bytes never change. So whatever happens to
//! a file (another version, deletion, another name), what is kept stays right; it is only not asked for any more. Who
//! may see a thumbnail is decided by what the file's name stands for at the time.

mod cache;
mod failures;
mod found;
mod made;

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use commonhold_blob::BlobStream;
use commonhold_core::thumb::{Picture, Rendition, Thumb};
use commonhold_core::user::Caller;
use commonhold_core::{BlobKey, FileKey, MediaInfo, Message, Param};

use crate::decoders::RenderFailure;
use crate::{Repository, Result};

pub use cache::{GENERATION, KeptFile};
pub use found::{Named, Pictured};
pub(crate) use made::Thumbnails;

/// A thumbnail's bytes.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    /// How many bytes it has.
    pub size: u64,
    /// Where the bytes are.
    pub body: ThumbnailBody,
}

/// Where a thumbnail's bytes are.
#[derive(Clone, Debug)]
pub enum ThumbnailBody {
    /// At hand.
    Memory(Bytes),
    /// On disk.
    File(Arc<KeptFile>),
}

/// Why there is no thumbnail, though there is a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThumbnailFailure {
    /// It can't be made of this file, at present or at all.
    #[error("it can't be made: {0}")]
    Failed(RenderFailure),
    /// It was asked for again and again although it can't be made.
    #[error("it failed too often")]
    TooOften,
    /// Somebody has had too many made that nobody else is likely to need.
    #[error("too many unusual sizes")]
    TooMany {
        /// Seconds until there may be more.
        wait: i64,
    },
    /// The file was removed meanwhile.
    #[error("the file is gone")]
    Gone,
    /// The server failed; its log says how.
    #[error("the server failed")]
    Fault,
}

/// What happened to thumbnails since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThumbnailCounts {
    /// Made, by processes of their own.
    pub made: u64,
    /// Failed to be made.
    pub failed: u64,
    /// Given from memory.
    pub from_memory: u64,
    /// Given from disk.
    pub from_disk: u64,
}

impl Repository {
    /// What matters of a file for its thumbnails; `None` if it has none.
    pub fn picture(&self, info: &MediaInfo) -> Option<Picture> {
        Picture::of(info).filter(|_| self.decoders.renders(&info.mime))
    }

    /// Why there will be no thumbnail of a file, as far as that is known without trying.
    pub fn thumbnail_problem(&self, blob: &BlobKey, picture: &Picture, thumb: &Thumb) -> Option<Message> {
        if thumb.is_original {
            return None;
        }
        let most = self.settings.media.limits.max_pixels;
        if picture.is_decoded_in_full() && u64::from(picture.width) * u64::from(picture.height) > most {
            let size = format!("{} × {}", picture.width, picture.height);
            return Some(Message::new("thumbnail_toobigimagearea").with(size));
        }
        let failure = self.thumbnails.known_failure(blob, picture, thumb, self.now())?;
        Some(Message::new("thumbnail_error").with(Param::Text(failure.to_string())))
    }

    /// A thumbnail of a file, in its plain form or another: as it is kept, or made now. However many ask for it at the
    /// same time, it is made once. `address` is counted among those that have thumbnails of unusual sizes made.
    pub async fn thumbnail(
        &self,
        file: &Pictured,
        picture: &Picture,
        thumb: &Thumb,
        rendition: Option<Rendition>,
        address: Option<IpAddr>,
    ) -> Result<Result<Thumbnail, ThumbnailFailure>> {
        let limits = &self.settings.limits;
        let rate = limits.odd_thumbnails.filter(|_| limits.enabled);
        let is_usual = picture.is_usual(thumb, &self.settings.thumbnails.sizes);
        let payer = address.zip(rate).filter(|_| !is_usual);
        self.thumbnails.get(file, picture, thumb, rendition, payer).await
    }

    /// Learns which thumbnails an earlier process has kept. They are found without that, but don't count.
    pub async fn take_stock_of_thumbnails(&self) -> Result<()> {
        self.thumbnails.take_stock().await
    }

    /// Some of the bytes of a thumbnail that is on disk.
    pub fn kept_bytes(&self, file: &Arc<KeptFile>, range: Range<u64>) -> BlobStream {
        self.thumbnails.stream(file, range)
    }

    /// What happened to thumbnails so far.
    pub fn thumbnail_counts(&self) -> ThumbnailCounts {
        self.thumbnails.counts()
    }

    /// A file in the caller's stash, for thumbnails.
    pub async fn stashed_picture(&self, caller: &Caller, key: &FileKey) -> Result<Pictured> {
        let file = self.stashed(caller, key.as_str()).await?;
        let picture = self.picture(&file.info);
        Ok(Pictured {
            name: file.key.as_str().to_owned(),
            blob: file.blob,
            mime: file.info.mime,
            sha1: file.hashes.sha1.hex(),
            modified: file.timestamp,
            picture,
        })
    }
}

impl From<RenderFailure> for ThumbnailFailure {
    fn from(failure: RenderFailure) -> Self {
        Self::Failed(failure)
    }
}
