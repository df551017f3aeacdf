//! Blobs as files below one directory.
//!
//! ```text
//! partial/KEY      written at offsets, by one writer at a time
//! blobs/xx/KEY     sealed; xx are the key's last eight bits in hexadecimal
//! ```
//!
//! Sealing links the file to its second name, syncs that directory and removes the first name, in this order: where
//! the first name is gone, the second is durable, and where both are there, sealing isn't over. It syncs no data,
//! since finished writers have done so.
//!
//! What was started and is small is in neither directory but in memory, and sealing writes it to its place.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use async_trait::async_trait;
use commonhold_core::BlobKey;
use rustix::fs::OFlags;

use crate::pool::Pool;
use crate::{BlobStore, BlobStream, Error, Hashing, Partial, Place, ReadSeek, Result, Writer, unnamed_copy};

mod block;
mod directory;
mod reader;
mod started;
#[cfg(test)]
mod tests;
mod turn;
mod writer;

use block::Blocks;
use directory::{Directory, sync_directory};
use started::{Started, StartedWriter};
use turn::Turns;

/// Jobs that wait or run at a time.
const ROOM: usize = 1024;

/// Blobs on a local file system.
pub struct DiskStore {
    disk: Arc<Disk>,
    pool: Arc<Pool>,
}

/// What the worker threads share.
struct Disk {
    partial: Directory,
    blobs: PathBuf,
    turns: Arc<Turns>,
    blocks: Arc<Blocks>,
    started: Started,
    /// Whether the file system takes writes that pass the page cache by, as far as is known.
    direct: AtomicBool,
}

impl DiskStore {
    /// Opens the store below `root`, and creates what isn't there. Blocks.
    pub fn open(root: &Path) -> Result<Self> {
        let failed = |source| Error::Io { doing: "preparing the blob directories", source };
        let (partial, blobs) = (root.join("partial"), root.join("blobs"));
        create_directory(&partial).map_err(failed)?;
        create_directory(&blobs).map_err(failed)?;
        create_fans(&blobs).map_err(failed)?;
        let device = |path: &Path| path.metadata().map(|m| m.dev()).map_err(failed);
        if device(&partial)? != device(&blobs)? {
            // No link could join them.
            return Err(Error::SeveralFileSystems);
        }
        let partial = Directory::open(partial).map_err(failed)?;
        let processors = thread::available_parallelism().map_or(1, usize::from);
        // Most of the threads wait for the disk, and waiting together is what makes many small uploads fast.
        let pool = Pool::new("blob", (2 * processors).clamp(16, 64), ROOM)?;
        let disk = Disk {
            partial,
            blobs,
            turns: Arc::default(),
            blocks: Arc::default(),
            started: Started::default(),
            direct: AtomicBool::new(true),
        };
        Ok(Self { disk: Arc::new(disk), pool: Arc::new(pool) })
    }

    async fn run<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Disk) -> Result<T> + Send + 'static,
    {
        let disk = Arc::clone(&self.disk);
        self.pool.run(move || job(&disk)).await
    }
}

#[async_trait]
impl BlobStore for DiskStore {
    async fn begin(&self, key: BlobKey) -> Result<Partial> {
        self.run(move |disk| disk.create(&key).map(|_| Partial { key })).await
    }

    async fn start(&self, key: BlobKey) -> Result<(Partial, Box<dyn Writer>)> {
        let writer = StartedWriter::new(Arc::clone(&self.disk), Arc::clone(&self.pool), key.clone());
        Ok((Partial { key }, Box::new(writer)))
    }

    async fn keep(&self, partial: &Partial) -> Result<()> {
        let Some(bytes) = self.disk.started.get(&partial.key) else { return Ok(()) };
        let key = partial.key.clone();
        self.run(move |disk| disk.keep(&key, &bytes)).await
    }

    async fn write(&self, partial: &Partial, at: u64, hashing: Hashing) -> Result<Box<dyn Writer>> {
        let key = partial.key.clone();
        let (disk, pool) = (Arc::clone(&self.disk), Arc::clone(&self.pool));
        let target = self.pool.run(move || writer::Target::open(disk, key, at)).await?;
        Ok(Box::new(writer::DiskWriter::new(target, pool, at, hashing)))
    }

    async fn seal(&self, partial: &Partial, size: u64) -> Result<()> {
        let key = partial.key.clone();
        let seal = move |disk: &Disk| match disk.started.get(&key) {
            Some(bytes) => disk.seal_started(&key, &bytes, size),
            None => disk.seal(&key, size),
        };
        let key = partial.key.clone();
        self.run(move |disk| disk.turns.take(&key, || seal(disk)).map(|_| ())).await
    }

    async fn discard(&self, partial: &Partial) -> Result<()> {
        if self.disk.started.remove(&partial.key) {
            return Ok(());
        }
        let key = partial.key.clone();
        self.run(move |disk| disk.turns.take(&key, || unlink(&disk.partial_path(&key))).map(|_| ())).await
    }

    async fn read(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<BlobStream>> {
        let path = self.disk.blob_path(key);
        reader::read(Arc::clone(&self.pool), path, range).await
    }

    async fn stat(&self, key: &BlobKey) -> Result<Option<u64>> {
        let key = key.clone();
        self.run(move |disk| length(&disk.blob_path(&key))).await
    }

    async fn remove(&self, key: &BlobKey) -> Result<()> {
        let key = key.clone();
        self.run(move |disk| disk.turns.take(&key, || disk.remove(&key)).map(|_| ())).await
    }

    async fn list(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<BlobKey>> {
        let after = after.cloned();
        self.run(move |disk| disk.list(after.as_ref(), limit)).await
    }

    async fn list_partials(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<Partial>> {
        let after = after.cloned();
        self.run(move |disk| disk.list_partials(after.as_ref(), limit)).await
    }

    fn open(&self, place: &Place) -> Result<Box<dyn ReadSeek>> {
        match place {
            Place::Partial(partial) if let Some(bytes) = self.disk.started.open(&partial.key) => {
                Ok(Box::new(bytes))
            }
            _ => Ok(Box::new(self.open_file(place)?)),
        }
    }

    fn open_file(&self, place: &Place) -> Result<File> {
        if let Place::Partial(partial) = place
            && let Some(mut bytes) = self.disk.started.open(&partial.key)
        {
            return unnamed_copy(&mut bytes);
        }
        let (key, partial) = match place {
            Place::Sealed(key) => (key, None),
            Place::Partial(partial) => (&partial.key, Some(self.disk.partial_path(&partial.key))),
        };
        // A partial that is sealed meanwhile has its second name before it loses the first.
        for path in partial.into_iter().chain([self.disk.blob_path(key)]) {
            match File::open(path) {
                Ok(file) => return Ok(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(Error::Io { doing: "opening a blob", source }),
            }
        }
        Err(Error::Missing(key.clone()))
    }
}

impl Disk {
    fn partial_path(&self, key: &BlobKey) -> PathBuf {
        self.partial.path().join(key.as_str())
    }

    fn blob_path(&self, key: &BlobKey) -> PathBuf {
        self.blobs.join(fan_name(fan(key))).join(key.as_str())
    }

    /// Makes the file of a new partial.
    fn create(&self, key: &BlobKey) -> Result<File> {
        if length(&self.blob_path(key))?.is_some() {
            return Err(Error::Taken(key.clone()));
        }
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.partial_path(key)) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Error::Taken(key.clone())),
            Err(source) => Err(Error::Io { doing: "beginning a blob", source }),
        }
    }

    /// Opens a partial once more, for writes that pass the page cache by; `None` where that isn't possible.
    fn open_direct(&self, key: &BlobKey) -> Option<File> {
        if !self.direct.load(Ordering::Relaxed) {
            return None;
        }
        let file = OpenOptions::new()
            .write(true)
            .custom_flags(OFlags::DIRECT.bits().cast_signed())
            .open(self.partial_path(key));
        // A partial that is gone, or too many open files, is not the file system's fault.
        if file.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::InvalidInput) {
            self.direct.store(false, Ordering::Relaxed);
        }
        file.ok()
    }

    /// Writes what is in memory to a partial, durably.
    fn keep(&self, key: &BlobKey, bytes: &[u8]) -> Result<()> {
        let file = self.create(key)?;
        let write = || {
            file.write_all_at(bytes, 0)?;
            file.sync_data()?;
            self.partial.sync()
        };
        write().map_err(|source| self.lost(key, source))?;
        self.started.remove(key);
        Ok(())
    }

    /// Writes what is in memory to a blob. Until this returns nothing names the blob, so nobody minds a half of it.
    fn seal_started(&self, key: &BlobKey, bytes: &[u8], size: u64) -> Result<()> {
        let found = bytes.len() as u64;
        let whole = usize::try_from(size).ok().and_then(|size| bytes.get(..size));
        let Some(bytes) = whole else {
            return Err(Error::Length { key: key.clone(), expected: size, found });
        };
        let blob = self.blob_path(key);
        // Never replaces anything.
        let file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&blob) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Error::Taken(key.clone()));
            }
            Err(source) => return Err(Error::Io { doing: "sealing a blob", source }),
        };
        let write = || {
            file.write_all_at(bytes, 0)?;
            file.sync_data()?;
            sync_directory(blob.parent().unwrap_or(&self.blobs))
        };
        write().map_err(|source| self.lost(key, source))?;
        self.started.remove(key);
        Ok(())
    }

    fn seal(&self, key: &BlobKey, size: u64) -> Result<()> {
        let failed = |source| Error::Io { doing: "sealing a blob", source };
        let (partial, blob) = (self.partial_path(key), self.blob_path(key));
        let linked = length(&blob)?;
        let file = match OpenOptions::new().write(true).open(&partial) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(failed(source)),
        };
        let found = match (&file, linked) {
            (_, Some(found)) => found,
            (Some(file), None) => file.metadata().map_err(failed)?.len(),
            (None, None) => return Err(Error::Missing(key.clone())),
        };
        if found < size || linked.is_some_and(|found| found != size) {
            return Err(Error::Length { key: key.clone(), expected: size, found });
        }
        let Some(file) = file else {
            // An earlier call has sealed it.
            return Ok(());
        };
        if found > size {
            // What a writer left that was never finished.
            file.set_len(size).map_err(failed)?;
            file.sync_data().map_err(|source| self.lost(key, source))?;
        }
        if linked.is_none() {
            // Never replaces anything.
            std::fs::hard_link(&partial, &blob).map_err(failed)?;
        }
        let fan = blob.parent().unwrap_or(&self.blobs);
        sync_directory(fan).map_err(|source| self.lost(key, source))?;
        unlink(&partial)
    }

    /// Handles a failed sync. The kernel may have dropped what it couldn't write, and would report success for a
    /// second try; so nothing of the blob may be used any more.
    fn lost(&self, key: &BlobKey, source: io::Error) -> Error {
        for path in [self.partial_path(key), self.blob_path(key)] {
            if let Err(error) = unlink(&path) {
                tracing::error!(%key, %error, "a blob that couldn't be made durable can't be removed either");
            }
        }
        Error::Io { doing: "making a blob durable", source }
    }

    fn remove(&self, key: &BlobKey) -> Result<()> {
        let blob = self.blob_path(key);
        if length(&blob)?.is_some() {
            // A crash may have left the first name.
            unlink(&self.partial_path(key))?;
            unlink(&blob)?;
        }
        Ok(())
    }

    /// Goes from fan directory to fan directory, so that a page costs one of them and not the whole store.
    fn list(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<BlobKey>> {
        let failed = |source| Error::Io { doing: "listing blobs", source };
        let first = after.map_or(0, fan);
        let mut keys = Vec::new();
        for number in first..=u8::MAX {
            if keys.len() >= limit {
                break;
            }
            let after = after.filter(|_| number == first);
            let page = keys_in(&self.blobs.join(fan_name(number)), after, limit - keys.len());
            keys.append(&mut page.map_err(failed)?);
        }
        Ok(keys)
    }

    fn list_partials(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<Partial>> {
        let keys = keys_in(self.partial.path(), after, limit)
            .map_err(|source| Error::Io { doing: "listing partial blobs", source })?;
        Ok(keys.into_iter().map(|key| Partial { key }).collect())
    }
}

/// The first keys after one, of those that have a file in a directory.
fn keys_in(directory: &Path, after: Option<&BlobKey>, limit: usize) -> io::Result<Vec<BlobKey>> {
    let mut keys = Vec::new();
    for entry in directory.read_dir()? {
        let name = entry?.file_name();
        let Some(key) = name.to_str().and_then(BlobKey::parse) else { continue };
        if after.is_none_or(|after| key > *after) {
            keys.push(key);
        }
    }
    keys.sort_unstable();
    keys.truncate(limit);
    Ok(keys)
}

/// The last eight bits of a key, which are random.
fn fan(key: &BlobKey) -> u8 {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digit = |b| DIGITS.iter().position(|d| *d == b).unwrap_or(0) as u8;
    key.as_str().bytes().fold(0, |bits, b| bits << 5 | digit(b))
}

fn fan_name(fan: u8) -> String {
    format!("{fan:02x}")
}

fn create_fans(blobs: &Path) -> io::Result<()> {
    for number in 0..=u8::MAX {
        make_directory(&blobs.join(fan_name(number)))?;
    }
    sync_directory(blobs)
}

/// Creates a directory and its parents, each durably.
fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    create_directory(parent)?;
    make_directory(path)?;
    sync_directory(parent)
}

fn make_directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        outcome => outcome,
    }
}

/// The length of a file, if there is one.
fn length(path: &Path) -> Result<Option<u64>> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { doing: "looking for a blob", source }),
    }
}

fn unlink(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::Io { doing: "removing a blob", source: error })
        }
        _ => Ok(()),
    }
}
