//! The stores that the configuration names, opened.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use commonhold_blob::{BlobStore, DiskStore, MemoryStore};
use commonhold_catalogue::Db;
use commonhold_repo::{Repository, Settings, SystemClock, SystemEntropy};
use rustix::fs::{FlockOperation, Mode};

use crate::config::Config;

const DATABASE: &str = "catalogue.sqlite";
const LOCK: &str = "lock";

/// Holds the data directory for this process; the kernel lets go of it whatever way the process ends.
pub(crate) struct DataDirectory {
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory if need be, and claims it.
    pub(crate) fn claim(path: &Path) -> Result<Self> {
        create(path)?;
        let lock = path.join(LOCK);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock)
            .with_context(|| format!("{} can't be opened", lock.display()))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _lock: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                bail!("the data directory {} is in use: a server is running on it", path.display())
            }
            Err(error) => {
                Err(io::Error::from(error)).with_context(|| format!("{} can't be locked", lock.display()))
            }
        }
    }
}

/// Makes the data directory, for its owner only.
fn create(path: &Path) -> Result<()> {
    // Nothing that this process makes is anyone else's to read.
    rustix::process::umask(Mode::from_raw_mode(0o077));
    std::fs::create_dir_all(path)
        .with_context(|| format!("the data directory {} can't be made", path.display()))
}

/// The catalogue. Blocks; not for async threads.
pub(crate) fn open_catalogue(data: &Path, config: &Config) -> Result<Db> {
    let Some(path) = config.database_url.strip_prefix("sqlite:") else {
        return Db::open_postgres(&config.database_url, config.database_connections)
            .context("the catalogue can't be opened in PostgreSQL");
    };
    let path = if path.is_empty() { data.join(DATABASE) } else { PathBuf::from(path) };
    let db = Db::open_sqlite(&path)
        .with_context(|| format!("the catalogue {} can't be opened", path.display()))?;
    // It may have been made with wider permissions, by a copy or an older version.
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))
        .with_context(|| format!("the permissions of {} can't be set", path.display()))?;
    Ok(db)
}

/// The files. Blocks.
pub(crate) fn open_storage(data: &Path, config: &Config) -> Result<Arc<dyn BlobStore>> {
    let path = config.storage_url.trim_start_matches("disk:");
    let root = if path.is_empty() { data.to_path_buf() } else { PathBuf::from(path) };
    let store = DiskStore::open(&root)
        .with_context(|| format!("the files below {} can't be opened", root.display()))?;
    Ok(Arc::new(store))
}

/// The repository without its files, for commands about accounts; they work beside a running server.
pub(crate) fn open_for_accounts(data: &Path, config: &Config) -> Result<Repository> {
    if config.database_url.starts_with("sqlite:") {
        create(data)?;
    }
    let db = open_catalogue(data, config)?;
    let files = Arc::new(MemoryStore::new());
    Ok(open(db, files, config.settings(config.listen))?)
}

/// The repository for commands that look after what is there already: they make no data directory.
pub(crate) fn open_existing(data: &Path, config: &Config) -> Result<Repository> {
    let db = open_catalogue(data, config)?;
    let files = open_storage(data, config)?;
    Ok(open(db, files, config.settings(config.listen))?)
}

/// Refuses a data directory that isn't there.
pub(crate) fn expect(data: &Path) -> Result<()> {
    if !data.is_dir() {
        bail!("there is no data directory {}", data.display());
    }
    Ok(())
}

/// The repository over its stores.
pub(crate) fn open(
    db: Db,
    files: Arc<dyn BlobStore>,
    settings: Settings,
) -> commonhold_repo::Result<Repository> {
    Repository::open(db, files, settings, Arc::new(SystemClock), Arc::new(SystemEntropy))
}
