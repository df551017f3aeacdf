//! Positioned writes behind the network's back.
//!
//! Frames are gathered into blocks. Worker threads hash and write one block while the next one arrives, so a writer
//! holds two blocks at most, and the sender waits when the disk does.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use commonhold_core::BlobKey;

use super::turn::Turn;
use super::{BLOCK, Disk};
use crate::pool::{Answer, Pool};
use crate::{Error, Hashing, Result, Writer};

/// Up to this many bytes are hashed where they are written: another thread's help would cost more than it saves.
const SMALL: usize = 64 * 1024;

/// After this many bytes the disk is set to work, or all of a large file would be left to the end.
const SYNC_AHEAD: u64 = 32 * 1024 * 1024;

/// An open partial and the right to write it.
pub(super) struct Target {
    disk: Arc<Disk>,
    key: BlobKey,
    file: File,
    turn: Turn,
    /// Whether the file's name may not be durable yet: so it is before the first bytes are finished.
    fresh: bool,
}

/// Writes one partial.
pub(super) struct DiskWriter {
    target: Arc<Target>,
    pool: Arc<Pool>,
    /// Where the gathered bytes belong.
    position: u64,
    gathered: BytesMut,
    state: State,
    /// The sync that runs beside the writing, and where it was begun.
    ahead: Option<Answer<()>>,
    ahead_at: u64,
}

enum State {
    Idle(Box<Hashing>),
    Busy(Busy),
    Failed,
}

/// A block at the workers: one thread hashes it and another writes it.
struct Busy {
    block: Bytes,
    hashing: Answer<Box<Hashing>>,
    writing: Answer<()>,
}

impl Target {
    /// Begins a partial.
    pub(super) fn create(disk: Arc<Disk>, key: BlobKey) -> Result<Self> {
        let file = disk.create(&key)?;
        let (turn, ()) = disk.turns.take(&key, || Ok(()))?;
        Ok(Self { disk, key, file, turn, fresh: true })
    }

    /// Opens a partial that has at least `at` bytes, and takes it over from any other writer.
    pub(super) fn open(disk: Arc<Disk>, key: BlobKey, at: u64) -> Result<Self> {
        let failed = |source| Error::Io { doing: "opening a partial blob", source };
        let open = || {
            if super::length(&disk.blob_path(&key))?.is_some() {
                return Err(Error::Sealed(key.clone()));
            }
            let file = match OpenOptions::new().write(true).open(disk.partial_path(&key)) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(Error::Missing(key.clone()));
                }
                Err(source) => return Err(failed(source)),
            };
            let found = file.metadata().map_err(failed)?.len();
            if found < at {
                return Err(Error::Length { key: key.clone(), expected: at, found });
            }
            Ok(file)
        };
        let (turn, file) = disk.turns.take(&key, open)?;
        Ok(Self { disk, key, file, turn, fresh: at == 0 })
    }

    fn put(&self, bytes: &[u8], at: u64) -> Result<()> {
        let write = || {
            self.file.write_all_at(bytes, at).map_err(|source| Error::Io { doing: "writing a blob", source })
        };
        self.turn.step(write)
    }

    /// Not a step: it changes nothing, and writing goes on meanwhile.
    fn sync_ahead(&self) -> Result<()> {
        self.file.sync_data().map_err(|source| Error::Io { doing: "writing a blob", source })
    }

    fn sync(&self) -> Result<()> {
        let sync = || {
            self.file.sync_data()?;
            if self.fresh { self.disk.partial.sync() } else { Ok(()) }
        };
        self.turn.step(|| sync().map_err(|source| self.disk.lost(&self.key, source)))
    }
}

impl DiskWriter {
    pub(super) fn new(target: Target, pool: Arc<Pool>, at: u64, hashing: Hashing) -> Self {
        let state = State::Idle(Box::new(hashing));
        Self {
            target: Arc::new(target),
            pool,
            position: at,
            gathered: BytesMut::new(),
            state,
            ahead: None,
            ahead_at: at,
        }
    }

    /// Waits for the block before. A cancelled or failed wait is the end of the writer.
    async fn settle(&mut self) -> Result<Box<Hashing>> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Idle(hashing) => Ok(hashing),
            State::Busy(busy) => {
                busy.writing.get().await?;
                let hashing = busy.hashing.get().await?;
                if let Ok(mut spare) = busy.block.try_into_mut()
                    && self.gathered.capacity() == 0
                    && spare.capacity() <= BLOCK
                {
                    spare.clear();
                    self.gathered = spare;
                }
                Ok(hashing)
            }
            State::Failed => Err(Error::Gone),
        }
    }

    /// Hands a block to the workers, once they are done with the one before; `last` makes everything durable.
    async fn hand_over(&mut self, block: Bytes, last: bool) -> Result<()> {
        let mut hashing = self.settle().await?;
        let (target, at) = (Arc::clone(&self.target), self.position);
        self.position += block.len() as u64;
        let bytes = block.clone();
        let write = move || {
            target.put(&bytes, at)?;
            if last { target.sync() } else { Ok(()) }
        };
        let writing = self.pool.start(write).await?;
        let bytes = block.clone();
        let hash = move || {
            hashing.update(&bytes);
            Ok(hashing)
        };
        let hashing = self.pool.start(hash).await?;
        self.state = State::Busy(Busy { block, hashing, writing });
        if !last && self.position - self.ahead_at >= SYNC_AHEAD {
            self.settle_ahead().await?;
            let target = Arc::clone(&self.target);
            self.ahead = Some(self.pool.start(move || target.sync_ahead()).await?);
            self.ahead_at = self.position;
        }
        Ok(())
    }

    /// Waits for the sync that runs. Its failure must not get lost, since the next sync wouldn't fail again.
    async fn settle_ahead(&mut self) -> Result<()> {
        let Some(ahead) = self.ahead.take() else { return Ok(()) };
        let outcome = ahead.get().await;
        if outcome.is_err() {
            self.state = State::Failed;
        }
        outcome
    }
}

#[async_trait]
impl Writer for DiskWriter {
    async fn write(&mut self, mut bytes: Bytes) -> Result<()> {
        if matches!(self.state, State::Failed) {
            return Err(Error::Gone);
        }
        while !bytes.is_empty() {
            if self.gathered.is_empty() && bytes.len() >= BLOCK {
                // Large enough as it came.
                return self.hand_over(bytes, false).await;
            }
            let part = bytes.split_to(bytes.len().min(BLOCK - self.gathered.len()));
            self.gathered.extend_from_slice(&part);
            if self.gathered.len() == BLOCK {
                let block = std::mem::take(&mut self.gathered).freeze();
                self.hand_over(block, false).await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Hashing> {
        self.settle_ahead().await?;
        let block = std::mem::take(&mut self.gathered).freeze();
        if block.len() <= SMALL {
            let mut hashing = self.settle().await?;
            let (target, at) = (Arc::clone(&self.target), self.position);
            let write = move || {
                target.put(&block, at)?;
                hashing.update(&block);
                target.sync()?;
                Ok(*hashing)
            };
            return self.pool.run(write).await;
        }
        self.hand_over(block, true).await?;
        Ok(*self.settle().await?)
    }
}
