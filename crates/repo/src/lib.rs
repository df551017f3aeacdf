//! The use cases of the repository: what a caller can do, each from its checks to its durable end.
//!
//! A use case gathers facts (catalogue, blob store, media), lets `commonhold-core` decide, and carries the decision
//! out. Bytes are durable before a row names them; a user-visible change is one catalogue transaction; the answer
//! comes after its commit.
//!
//! To add a use case: one file with an `impl Repository` block, its input and outcome types above it.

mod account;
mod authorise;
mod block;
mod buffered;
mod checksum;
mod chunk;
mod decoders;
mod delete;
mod edit;
mod error;
mod fetch;
pub mod fsck;
mod gather;
mod gc;
mod jobs;
mod lists;
mod lru;
mod nodes;
mod parallel;
mod protect;
mod receive;
mod rename;
mod request_id;
mod restore;
mod revert;
mod scan;
mod session;
mod settings;
mod shared;
mod stash;
mod summary;
mod sweep;
mod system;
mod tags;
#[cfg(test)]
mod testing;
mod throttle;
mod thumbnail;
mod upload;
mod urls;
mod view;
mod watchlist;
mod worker;

use std::fmt::Write as _;
use std::sync::Arc;

use commonhold_blob::BlobStore;
use commonhold_catalogue::{Db, ops};
use commonhold_core::right::SiteGroups;
use commonhold_core::{Clock, Entropy, Timestamp};

pub use account::{Authentication, BotPasswordSummary, LoginFailure, UserSummary};
pub use block::{BlockRequest, BlockTarget, PartialScope};
pub use checksum::Checksums;
pub use commonhold_blob::BlobStream;
pub use commonhold_catalogue::ops::changes::{ChangeKind, ChangeRow, RecentChanges};
pub use commonhold_catalogue::ops::deletion::{DeletedFiles, DeletedVersion, Restored};
pub use commonhold_catalogue::ops::files::{AllImages, FileVersion, ImageSort};
pub use commonhold_catalogue::ops::logs::{LogFilter, LogRow};
pub use commonhold_catalogue::ops::pages::{AllPages, Direction, PageRow, Statistics};
pub use commonhold_catalogue::ops::revisions::{History, RevisionRow};
pub use commonhold_catalogue::ops::tags::{TagRow, Tagged};
pub use commonhold_catalogue::ops::watchlist::Watched;
pub use decoders::{Decoders, Enclosure, RenderFailure, probe};
pub use delete::{DeleteRequest, Deletion};
pub use edit::{Base, EditMade, EditOutcome, EditRequest, Existence, TextChange};
pub use error::Error;
pub use gc::{Collected, Extent, GARBAGE_AGE_SECONDS};
pub use jobs::{Progress, Stage, UploadStatus};
pub use protect::{ProtectRequest, Protected};
pub use receive::{ByteSource, Hint, Received, SourceError};
pub use rename::{MoveRequest, Moved};
pub use restore::RestoreRequest;
pub use revert::Reverted;
pub use scan::{OnFailure, ScannerAddress};
pub use session::{CheckedToken, CookieChange, Session};
pub use settings::{
    ByUrlSettings, LimitSettings, MediaSettings, Rates, ScannerSettings, Settings, SharedSettings,
    SiteSettings, Texts, ThumbnailSettings, WatchlistSettings,
};
pub use shared::{SharedCopy, SharedFile, SharedScaling, SharedThumb};
pub use stash::{StashEntry, StashedFile};
pub use system::{SystemClock, SystemEntropy};
pub use tags::{Tag, TagChange, TagRequest};
pub use throttle::Throttle;
pub use thumbnail::{
    GENERATION as THUMBNAIL_GENERATION, KeptFile, Named, Pictured, Thumbnail, ThumbnailBody, ThumbnailCounts,
    ThumbnailFailure,
};
pub use upload::{Outcome, Source, Timing, UploadRequest};
pub use urls::{ICON_EXTENSIONS, Urls};
pub use view::{PageText, ServedFile};
pub use watchlist::{Watch, Watching};

/// What a use case gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The repository: everything that the faces (API, pages, command line) may ask for.
pub struct Repository {
    db: Db,
    blobs: Arc<dyn BlobStore>,
    settings: Settings,
    urls: Urls,
    groups: SiteGroups,
    fetcher: fetch::Fetcher,
    /// The other wiki whose files are there as well, if the operator has named one.
    shared: Option<shared::SharedRepository>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    request_ids: request_id::RequestIds,
    /// Who this process is among those that work on jobs, and how its workers are woken.
    workers: jobs::Workers,
    /// Reads uploaded bytes: detection, verification, metadata.
    media: Arc<worker::Pool>,
    /// Starts processes that decode them.
    decoders: Arc<decoders::Decoders>,
    /// Finds and makes thumbnails.
    thumbnails: thumbnail::Thumbnails,
    /// Looks for viruses, if the operator wants it.
    scanner: Option<scan::Scanner>,
    /// Hashes passwords; few threads, since each hash takes tens of megabytes.
    passwords: worker::Pool,
}

impl Repository {
    /// Opens the repository over its stores.
    pub fn open(
        db: Db,
        blobs: Arc<dyn BlobStore>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self> {
        let urls = Urls::new(&settings.site);
        let groups = SiteGroups::new(&settings.by_url.groups);
        let network = Arc::new(worker::Pool::new("fetch", 4, 64)?);
        let shared = shared::SharedRepository::open(&settings, &clock, &network)?;
        let fetcher = fetch::Fetcher::new(&settings, network);
        let media = Arc::new(worker::Pool::new("media", 2, 64)?);
        let decoders = decoders::Decoders::new(Arc::clone(&blobs), Arc::clone(&media), &settings.media);
        let decoders = Arc::new(decoders);
        let thumbnails =
            thumbnail::Thumbnails::new(&settings.thumbnails, Arc::clone(&decoders), Arc::clone(&clock))?;
        let scanner = scan::Scanner::open(&settings.scanner)?;
        let passwords = worker::Pool::new("password", 2, 64)?;
        let workers = jobs::Workers::new(&*entropy);
        let request_ids = request_id::RequestIds::new(&*entropy);
        Ok(Self {
            db,
            blobs,
            settings,
            urls,
            groups,
            fetcher,
            shared,
            clock,
            entropy,
            request_ids,
            workers,
            media,
            decoders,
            thumbnails,
            scanner,
            passwords,
        })
    }

    /// Lets go of what an earlier process held when it ended. For the one process that serves these stores.
    pub async fn take_over(&self) -> Result<()> {
        if self.db.is_shared() {
            // Others may use the catalogue as well, and what they hold is theirs.
            return self.show_alive().await;
        }
        let release = move |tx: &mut dyn commonhold_catalogue::Tx| {
            ops::stash::release_all(tx)?;
            ops::jobs::release_all(tx)?;
            Ok::<_, Error>(())
        };
        self.db.write(release).await
    }

    /// Whether both stores work: the catalogue answers, and bytes can be written.
    pub async fn check_stores(&self) -> Result<()> {
        self.has_users().await?;
        let partial = self.blobs.begin(self.fresh_key()).await?;
        Ok(self.blobs.discard(&partial).await?)
    }

    /// Whether any file is stored, be it in the catalogue or not.
    pub async fn has_blobs(&self) -> Result<bool> {
        Ok(!self.blobs.list(None, 1).await?.is_empty())
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How the repository is set up.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What the groups of this site may do.
    pub fn groups(&self) -> &SiteGroups {
        &self.groups
    }

    /// Where things are on the web.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// An id for a request: 24 hexadecimal digits that no other request has. It is no secret.
    pub fn request_id(&self) -> String {
        self.request_ids.next()
    }

    /// The processes that decode files.
    pub fn decoders(&self) -> &Decoders {
        &self.decoders
    }

    /// Random text of `length` characters out of `0-9a-v`, five bits each.
    fn random_text(&self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.entropy.fill(&mut bytes);
        bytes.into_iter().map(|b| char::from_digit(u32::from(b) % 32, 32).unwrap_or('0')).collect()
    }
}

/// 24 hexadecimal digits that nothing else has.
fn unique_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 12];
    entropy.fill(&mut bytes);
    bytes.iter().fold(String::new(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}
