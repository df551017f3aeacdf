//! Immutable bytes under single-use keys, on disk or in memory.
//!
//! A blob begins as a *partial*, which any number of writers fill one after another, each from the offset that the
//! catalogue has recorded. Sealing turns it into the blob of its key. Nothing here knows what the bytes are, or who
//! needs them.
//!
//! Invariants: a sealed blob is durable and its bytes never change; no key is ever used twice; what a writer has
//! finished is durable, unless the blob was started and is neither kept nor sealed yet; bytes past the recorded offset
//! mean nothing.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_core::BlobKey;
use futures_util::stream::BoxStream;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

pub mod conformance;
mod disk;
pub mod faulty;
mod hashing;
mod memory;
mod pool;

pub use disk::DiskStore;
pub use hashing::Hashing;
pub use memory::MemoryStore;

/// What went wrong with stored bytes.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refuses.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Neither a blob nor a partial has this key.
    #[error("nothing is stored under {0}")]
    Missing(BlobKey),
    /// The key has been used before.
    #[error("the key {0} is in use")]
    Taken(BlobKey),
    /// The blob is sealed and can't be written any more.
    #[error("{0} is sealed")]
    Sealed(BlobKey),
    /// Another writer, or the end of the partial, came between.
    #[error("the writer of {0} was superseded")]
    Superseded(BlobKey),
    /// There are fewer bytes than were recorded, or a sealed blob has another length.
    #[error("{key} has {found} bytes instead of {expected}")]
    Length {
        /// The blob.
        key: BlobKey,
        /// Bytes there should be.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A saved hash state is none of ours.
    #[error("unknown form of a saved hash state")]
    HashState,
    /// The blob store's root lies on several file systems.
    #[error("partial and sealed blobs must be on one file system")]
    SeveralFileSystems,
    /// An earlier failure has ended the writer, or a worker thread panicked.
    #[error("the blob worker gave no answer")]
    Gone,
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A blob in the making: what is needed to go on with it after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    key: BlobKey,
}

impl Partial {
    /// The key that the sealed blob will have.
    pub fn key(&self) -> &BlobKey {
        &self.key
    }
}

/// Where bytes are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a sealed blob.
    Sealed(BlobKey),
    /// In a partial. Once that is sealed, in its blob.
    Partial(Partial),
}

/// Bytes as they are read, in pieces of bounded size.
pub type BlobStream = BoxStream<'static, Result<Bytes>>;

/// A blocking reader.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// Stores bytes under keys.
#[async_trait]
pub trait BlobStore: Send + Sync + 'static {
    /// Begins an empty partial.
    async fn begin(&self, key: BlobKey) -> Result<Partial>;

    /// Starts a blob that is likely to be sealed soon, and opens it for its only writer. Once that has finished, the
    /// partial can be read, sealed, kept or discarded; but as long as it is neither sealed nor kept, it may be gone with
    /// the process, and is listed or not, as suits the store.
    async fn start(&self, key: BlobKey) -> Result<(Partial, Box<dyn Writer>)> {
        let partial = self.begin(key).await?;
        match self.write(&partial, 0, Hashing::new()).await {
            Ok(writer) => Ok((partial, writer)),
            Err(error) => {
                self.discard(&partial).await?;
                Err(error)
            }
        }
    }

    /// Makes a started partial one that has been begun: durable, and to be written on. May be repeated.
    async fn keep(&self, _partial: &Partial) -> Result<()> {
        Ok(())
    }

    /// Opens a partial for writing from the recorded offset `at` on. `hashing` has seen the bytes before. An earlier
    /// writer of the same partial loses its right to it.
    async fn write(&self, partial: &Partial, at: u64, hashing: Hashing) -> Result<Box<dyn Writer>>;

    /// Makes the first `size` bytes of a partial the blob of its key, durably, and drops what lies past them. `size`
    /// is a length that a finished writer's [`Hashing`] had. Costs the same for every size, and may be repeated.
    async fn seal(&self, partial: &Partial, size: u64) -> Result<()>;

    /// Drops a partial that isn't sealed. May be repeated.
    async fn discard(&self, partial: &Partial) -> Result<()>;

    /// Streams a range of a sealed blob, as far as the blob goes; `None` if there is none.
    async fn read(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<BlobStream>>;

    /// The length of a sealed blob.
    async fn stat(&self, key: &BlobKey) -> Result<Option<u64>>;

    /// Removes a sealed blob. May be repeated. After a power failure the blob may be back; it is then an orphan.
    async fn remove(&self, key: &BlobKey) -> Result<()>;

    /// Up to `limit` keys of sealed blobs: those that follow `after` in an order of the store's own.
    async fn list(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<BlobKey>>;

    /// Up to `limit` partials that aren't sealed, or whose sealing was interrupted and has to be repeated: those whose
    /// keys follow `after`, in the order of their keys.
    async fn list_partials(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<Partial>>;

    /// Opens bytes for a blocking reader; not for async threads.
    fn open(&self, place: &Place) -> Result<Box<dyn ReadSeek>>;

    /// Opens bytes as a file for another process, which can only read them. A store that has no files makes one that
    /// has no name and is gone when it is closed. Blocks as well.
    fn open_file(&self, place: &Place) -> Result<File> {
        unnamed_copy(&mut self.open(place)?)
    }
}

/// Takes bytes in. Dropping it gives up: what it wrote lies past the recorded offset.
#[async_trait]
pub trait Writer: Send {
    /// Takes the next bytes. They may reach the disk later.
    async fn write(&mut self, bytes: Bytes) -> Result<()>;

    /// Returns with the state over everything up to the end of what was written, when that is durable; of a started blob
    /// it isn't yet.
    async fn finish(self: Box<Self>) -> Result<Hashing>;
}

/// A copy of bytes in a file without a name.
fn unnamed_copy(from: &mut dyn Read) -> Result<File> {
    let failed = |source| Error::Io { doing: "making a file for another process", source };
    let mut file = unnamed_file().map_err(failed)?;
    std::io::copy(from, &mut file).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(file)
}

/// A file in the directory for temporary ones, without a name.
fn unnamed_file() -> std::io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::EXCL;
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600).custom_flags(flags.bits().cast_signed());
    options.open(std::env::temp_dir())
}
