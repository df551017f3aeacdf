//! Positioned writes behind the network's back.
//!
//! Frames are gathered into blocks. A worker thread hashes and writes one block while the next one arrives, so a
//! writer holds two blocks at most, and the sender waits when the disk does.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_core::BlobKey;

use super::turn::Turn;
use super::{BLOCK, Disk};
use crate::pool::{Answer, Pool};
use crate::{Error, Hashing, Result, Writer};

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
    gathered: Vec<u8>,
    worker: Worker,
}

/// What goes to a worker thread with a block and comes back.
struct Load {
    hashing: Hashing,
    spare: Vec<u8>,
}

enum Worker {
    Idle(Box<Load>),
    Busy(Answer<Box<Load>>),
    Failed,
}

enum Block {
    Gathered(Vec<u8>),
    /// A frame that is large enough as it came.
    Frame(Bytes),
}

impl Target {
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
        let worker = Worker::Idle(Box::new(Load { hashing, spare: Vec::new() }));
        Self { target: Arc::new(target), pool, position: at, gathered: Vec::new(), worker }
    }

    /// Waits for the block before.
    async fn settle(&mut self) -> Result<Box<Load>> {
        // Still busy when this future is dropped in between: a cancelled call loses no state.
        let load = match &mut self.worker {
            Worker::Busy(answer) => answer.get().await,
            _ => Err(Error::Gone),
        };
        match std::mem::replace(&mut self.worker, Worker::Failed) {
            Worker::Idle(load) => Ok(load),
            Worker::Busy(_) | Worker::Failed => load,
        }
    }

    /// Hands a block to a worker, once it is done with the one before; `sync` makes everything durable after it.
    async fn hand_over(&mut self, block: Block, sync: bool) -> Result<()> {
        let mut load = self.settle().await?;
        self.gathered = std::mem::take(&mut load.spare);
        let (target, at) = (Arc::clone(&self.target), self.position);
        self.position += block.bytes().len() as u64;
        let job = move || {
            load.hashing.update(block.bytes());
            target.put(block.bytes(), at)?;
            if sync {
                target.sync()?;
            }
            load.spare = block.into_spare();
            Ok(load)
        };
        self.worker = Worker::Busy(self.pool.start(job).await?);
        Ok(())
    }
}

impl Block {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Gathered(bytes) => bytes,
            Self::Frame(bytes) => bytes,
        }
    }

    /// The memory, to gather another block in.
    fn into_spare(self) -> Vec<u8> {
        match self {
            Self::Gathered(mut bytes) => {
                bytes.clear();
                bytes
            }
            Self::Frame(_) => Vec::new(),
        }
    }
}

#[async_trait]
impl Writer for DiskWriter {
    async fn write(&mut self, mut bytes: Bytes) -> Result<()> {
        if matches!(self.worker, Worker::Failed) {
            return Err(Error::Gone);
        }
        while !bytes.is_empty() {
            if self.gathered.is_empty() && bytes.len() >= BLOCK {
                return self.hand_over(Block::Frame(bytes), false).await;
            }
            let part = bytes.split_to(bytes.len().min(BLOCK - self.gathered.len()));
            self.gathered.extend_from_slice(&part);
            if self.gathered.len() == BLOCK {
                let block = Block::Gathered(std::mem::take(&mut self.gathered));
                self.hand_over(block, false).await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Hashing> {
        let block = Block::Gathered(std::mem::take(&mut self.gathered));
        self.hand_over(block, true).await?;
        Ok(self.settle().await?.hashing)
    }
}
