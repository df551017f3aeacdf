//! Positioned writes behind the network's back.
//!
//! Small parts are gathered as they are. Of larger ones, worker threads hash and write one block while the next one
//! arrives, so a writer holds two blocks at most, and the sender waits when the disk does. Blocks pass the page cache
//! by where the file system allows it: copying a large upload there, to be read hardly ever, costs more processor time
//! than hashing it, and drives what is read often out of memory.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use commonhold_core::BlobKey;
use digest::Digest;
use sha1::Sha1;
use sha2::Sha256;

use super::Disk;
use super::block::{ALIGNMENT, Block, Holder};
use super::turn::Turn;
use crate::pool::{Answer, Pool};
use crate::{Error, Hashing, Result, Writer};

/// Up to this many bytes are hashed where they are written: another thread's help would cost more than it saves.
pub(super) const SMALL: usize = 64 * 1024;

/// After this many bytes in the page cache the disk is set to work, or all of a large file would be left to the end.
const SYNC_AHEAD: u64 = 32 * 1024 * 1024;

/// An open partial and the right to write it.
pub(super) struct Target {
    disk: Arc<Disk>,
    key: BlobKey,
    file: File,
    /// The same file for direct writes, once there was a block to write, if it can be had.
    direct: OnceLock<Option<File>>,
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
    gathered: Gathered,
    state: State,
    /// The sync that runs beside the writing, and where it was begun.
    ahead: Option<Answer<()>>,
    ahead_at: u64,
}

/// What has come and isn't at a worker yet.
enum Gathered {
    /// Not more than `SMALL`, since the beginning.
    Little(BytesMut),
    /// A block, begun or not.
    Much(Holder, Option<Block>),
}

enum State {
    Idle(Hashing),
    Busy(Busy),
    Failed,
}

/// A block at the workers: one thread writes it, and two have a hash each.
struct Busy {
    /// Bytes up to its end.
    size: u64,
    sha1: Answer<Sha1>,
    sha256: Answer<Sha256>,
    writing: Answer<()>,
}

impl Target {
    /// Begins a partial.
    pub(super) fn create(disk: Arc<Disk>, key: BlobKey) -> Result<Self> {
        let file = disk.create(&key)?;
        let (turn, ()) = disk.turns.take(&key, || Ok(()))?;
        Ok(Self { disk, key, file, direct: OnceLock::new(), turn, fresh: true })
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
        Ok(Self { disk, key, file, direct: OnceLock::new(), turn, fresh: at == 0 })
    }

    /// Writes a few bytes.
    fn put(&self, bytes: &[u8], at: u64) -> Result<()> {
        let write = || {
            self.file.write_all_at(bytes, at).map_err(|source| Error::Io { doing: "writing a blob", source })
        };
        self.turn.step(write)
    }

    /// Writes a block: directly what is aligned, and the rest as usual.
    fn put_block(&self, bytes: &[u8], at: u64) -> Result<()> {
        let head = (at.next_multiple_of(ALIGNMENT as u64) - at).min(bytes.len() as u64) as usize;
        let body = (bytes.len() - head) / ALIGNMENT * ALIGNMENT;
        let (head, rest) = bytes.split_at(head);
        let (body, tail) = rest.split_at(body);
        let body_at = at + head.len() as u64;
        let write = || {
            self.file.write_all_at(head, at)?;
            self.put_aligned(body, body_at)?;
            self.file.write_all_at(tail, body_at + body.len() as u64)
        };
        self.turn.step(|| write().map_err(|source| Error::Io { doing: "writing a blob", source }))
    }

    fn put_aligned(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        if let Some(file) = self.direct() {
            match file.write_all_at(bytes, at) {
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                    // It wants another alignment.
                    self.disk.direct.store(false, Ordering::Relaxed);
                }
                outcome => return outcome,
            }
        }
        self.file.write_all_at(bytes, at)
    }

    /// Whether its blocks pass the page cache by, as far as there was one.
    fn is_direct(&self) -> bool {
        self.direct.get().is_some_and(Option::is_some)
    }

    fn direct(&self) -> Option<&File> {
        self.direct.get_or_init(|| self.disk.open_direct(&self.key)).as_ref()
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
        let state = State::Idle(hashing);
        Self {
            target: Arc::new(target),
            pool,
            position: at,
            gathered: Gathered::Little(BytesMut::new()),
            state,
            ahead: None,
            ahead_at: at,
        }
    }

    /// Waits for the block before. A cancelled or failed wait is the end of the writer.
    async fn settle(&mut self) -> Result<Hashing> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Idle(hashing) => Ok(hashing),
            State::Busy(busy) => {
                busy.writing.get().await?;
                Ok(Hashing::join(busy.size, busy.sha1.get().await?, busy.sha256.get().await?))
            }
            State::Failed => Err(Error::Gone),
        }
    }

    /// Hands a block to the workers, once they are done with the one before; `last` makes everything durable.
    async fn hand_over(&mut self, block: Block, last: bool) -> Result<()> {
        let hashing = self.settle().await?;
        let (target, at) = (Arc::clone(&self.target), self.position);
        let block = Arc::new(block);
        let length = block.bytes().len() as u64;
        self.position += length;
        let size = hashing.size() + length;
        let bytes = Arc::clone(&block);
        let write = move || {
            target.put_block(bytes.bytes(), at)?;
            if last { target.sync() } else { Ok(()) }
        };
        let writing = self.pool.start(write).await?;
        let (sha1, sha256) = hashing.split();
        let sha1 = self.pool.start(hash(sha1, Arc::clone(&block))).await?;
        let sha256 = self.pool.start(hash(sha256, block)).await?;
        self.state = State::Busy(Busy { size, sha1, sha256, writing });
        if !last && self.position - self.ahead_at >= SYNC_AHEAD && !self.target.is_direct() {
            self.settle_ahead().await?;
            let target = Arc::clone(&self.target);
            self.ahead = Some(self.pool.start(move || target.sync_ahead()).await?);
            self.ahead_at = self.position;
        }
        Ok(())
    }

    /// Writes and hashes a few last bytes, or none, and makes everything durable.
    async fn finish_little(&mut self, little: BytesMut) -> Result<()> {
        let mut hashing = self.settle().await?;
        let (target, at) = (Arc::clone(&self.target), self.position);
        let write = move || {
            target.put(&little, at)?;
            hashing.update(&little);
            target.sync()?;
            Ok(hashing)
        };
        self.state = State::Idle(self.pool.run(write).await?);
        Ok(())
    }

    /// Takes bytes into a block as far as there is room, and hands it over when it is full.
    async fn fill(&mut self, bytes: &[u8]) -> Result<usize> {
        let position = self.position;
        let (taken, full) = match &mut self.gathered {
            Gathered::Little(_) => return Err(Error::Gone),
            Gathered::Much(holder, slot) => {
                let block = slot.get_or_insert_with(|| holder.take(position));
                (block.fill(bytes), block.is_full())
            }
        };
        if full
            && let Gathered::Much(_, slot) = &mut self.gathered
            && let Some(block) = slot.take()
        {
            self.hand_over(block, false).await?;
        }
        Ok(taken)
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

/// Lets a hash see a block.
fn hash<H: Digest>(mut state: H, block: Arc<Block>) -> impl FnOnce() -> Result<H> {
    move || {
        state.update(block.bytes());
        Ok(state)
    }
}

#[async_trait]
impl Writer for DiskWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        if matches!(self.state, State::Failed) {
            return Err(Error::Gone);
        }
        let mut left = bytes.as_ref();
        if let Gathered::Little(little) = &mut self.gathered {
            if little.len() + left.len() <= SMALL {
                little.extend_from_slice(left);
                return Ok(());
            }
            let little = std::mem::take(little);
            self.gathered = Gathered::Much(Holder::new(&self.target.disk.blocks), None);
            let mut little = little.as_ref();
            while !little.is_empty() {
                let taken = self.fill(little).await?;
                little = little.get(taken..).unwrap_or_default();
            }
        }
        while !left.is_empty() {
            let taken = self.fill(left).await?;
            left = left.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Hashing> {
        self.settle_ahead().await?;
        let gathered = std::mem::replace(&mut self.gathered, Gathered::Little(BytesMut::new()));
        match gathered {
            Gathered::Much(_holder, Some(block)) => self.hand_over(block, true).await,
            Gathered::Much(..) => self.finish_little(BytesMut::new()).await,
            Gathered::Little(little) => self.finish_little(little).await,
        }?;
        self.settle().await
    }
}
