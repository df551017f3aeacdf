//! What every engine has to do, as a suite that can be run on any.

mod accounts;
mod blobs;
mod blocks;
mod deletion;
mod edits;
mod files;
mod jobs;
mod lists;
mod moves;
mod pages;
mod parts;
mod protections;
mod sessions;
mod stash;
mod tags;
mod text;
mod throttles;
mod transactions;
mod watchlist;

use std::sync::atomic::{AtomicU64, Ordering};

use commonhold_core::file::MediaType;
use commonhold_core::title::FileTitle;
use commonhold_core::{BlobKey, Data, Entropy, FileKey, Hashes, MediaInfo, Sha1, Sha256, Timestamp};
use tokio::task::JoinSet;

use crate::ops::Act;
use crate::ops::accounts::{NewUser, create_user};
use crate::ops::files::{Publication, Summary};
use crate::ops::pages::NewRevision;
use crate::{Db, DbError, Tx};

type Result<T, E = DbError> = std::result::Result<T, E>;

/// Runs the whole suite; `make` gives an empty catalogue each time. It must not block on a runtime of its own: it is
/// called within the one that runs the suite.
///
/// # Errors
///
/// When the database fails, or does something else than it should within a transaction ([`DbError::Panicked`]; the
/// panic has said what).
///
/// # Panics
///
/// When the database does something else than it should.
pub async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    accounts::run(make).await?;
    blocks::run(make).await?;
    sessions::run(make).await?;
    pages::run(make).await?;
    protections::run(make).await?;
    files::run(make).await?;
    blobs::run(make).await?;
    edits::run(make).await?;
    deletion::run(make).await?;
    moves::run(make).await?;
    lists::run(make).await?;
    stash::run(make).await?;
    tags::run(make).await?;
    parts::run(make).await?;
    jobs::run(make).await?;
    text::run(make).await?;
    throttles::run(make).await?;
    watchlist::run(make).await?;
    transactions::run(make).await
}

/// When the tests take place.
const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// Gives no bytes twice.
struct Counter;

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.fill(0);
        // Where both kinds of keys take bits from.
        buffer[2..10].copy_from_slice(&number);
    }
}

fn fresh_blob() -> BlobKey {
    BlobKey::new(NOW, &Counter)
}

fn fresh_filekey() -> FileKey {
    FileKey::new(NOW, &Counter, 1, "png")
}

/// Makes an account without a password.
fn make_user(tx: &mut dyn Tx, name: &str, groups: &[&str]) -> Result<i64> {
    let groups = strings(groups);
    let made = create_user(tx, &NewUser { name: name.to_owned(), password_hash: None, groups, now: NOW })?;
    made.ok_or(DbError::Corrupt { what: "name, for it is taken" })
}

fn strings(all: &[&str]) -> Vec<String> {
    all.iter().map(|&one| one.to_owned()).collect()
}

/// The hashes of a content that has this number.
fn content(number: u8) -> Hashes {
    Hashes { size: 1_000 + u64::from(number), sha1: Sha1([number; 20]), sha256: Sha256([number; 32]) }
}

/// A description that uses everything there is.
fn png() -> MediaInfo {
    MediaInfo {
        mime: "image/png".to_owned(),
        media_type: MediaType::Bitmap,
        width: 640,
        height: u32::MAX,
        bits: 8,
        pages: Some(3),
        // Reading this back to the last bit takes care.
        duration: 51.248_178_783_755_21,
        metadata: Some(Data::map([
            ("frameCount", Data::Int(i64::MIN)),
            ("loop", Data::Bool(true)),
            ("gamma", Data::Float(1e-7)),
            ("nothing", Data::Null),
            ("texts", Data::List(vec![Data::Str("it's \0 \"quoted\"\u{1F600}".to_owned())])),
        ])),
        common: Data::map([]),
    }
}

/// A publication of a content by nobody in particular.
fn upload(name: &str, number: u8, now: Timestamp) -> Publication {
    Publication {
        name: FileTitle::from_db(name),
        blob_key: fresh_blob(),
        hashes: content(number),
        info: png(),
        comment: "A comment".to_owned(),
        page_text: "The page".to_owned(),
        summary: Summary { first: "a first".to_owned(), further: "a further".to_owned() },
        user_id: 0,
        user_name: "192.0.2.1".to_owned(),
        bot: false,
        tags: Vec::new(),
        now,
    }
}

/// Something that is done by nobody in particular.
fn act(comment: &str, now: Timestamp) -> Act {
    Act {
        user_id: 0,
        user_name: "192.0.2.1".to_owned(),
        bot: false,
        now,
        comment: comment.to_owned(),
        tags: Vec::new(),
    }
}

fn revision(text: &str, now: Timestamp) -> NewRevision<'_> {
    NewRevision { user_id: 7, user_name: "Someone", comment: "Why", content: text, minor: false, now }
}

/// Does all of these at once and waits for all.
async fn at_once<T, F>(all: impl IntoIterator<Item = F>) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    all.into_iter().collect::<JoinSet<_>>().join_all().await.into_iter().collect()
}
