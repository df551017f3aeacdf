//! Small blobs whose bytes stay in memory until it is known what becomes of them.
//!
//! Most uploads are small, and sealed a moment after they have come. Written to their final place at once they need one
//! file, one name and one commit of the file system's journal, where a partial of their own would need two of each.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use commonhold_core::BlobKey;

use super::Disk;
use super::writer::{DiskWriter, SMALL, Target};
use crate::pool::Pool;
use crate::{Hashing, Result, Writer};

/// Seconds after which nobody can be at work with bytes any more. Whoever failed without a word left them.
const LEFT: i64 = 3_600;

/// The bytes of finished writers, by key, and so by age.
#[derive(Default)]
pub(super) struct Started(Mutex<BTreeMap<BlobKey, Bytes>>);

impl Started {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<BlobKey, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes, should they be here.
    pub(super) fn get(&self, key: &BlobKey) -> Option<Bytes> {
        self.lock().get(key).cloned()
    }

    /// The same for a reader.
    pub(super) fn open(&self, key: &BlobKey) -> Option<Cursor<Bytes>> {
        self.get(key).map(Cursor::new)
    }

    /// Takes bytes, and forgets those that were left.
    fn put(&self, key: BlobKey, bytes: Bytes) {
        let mut all = self.lock();
        while let Some(oldest) = all.first_entry().filter(|oldest| oldest.key().born() + LEFT < key.born()) {
            oldest.remove();
        }
        all.insert(key, bytes);
    }

    /// Forgets them; whether they were here.
    pub(super) fn remove(&self, key: &BlobKey) -> bool {
        self.lock().remove(key).is_some()
    }
}

/// The writer of a blob that has been started. It begins a partial on the disk for what isn't small.
pub(super) struct StartedWriter {
    disk: Arc<Disk>,
    pool: Arc<Pool>,
    key: BlobKey,
    little: BytesMut,
    much: Option<DiskWriter>,
}

impl StartedWriter {
    pub(super) fn new(disk: Arc<Disk>, pool: Arc<Pool>, key: BlobKey) -> Self {
        Self { disk, pool, key, little: BytesMut::new(), much: None }
    }
}

#[async_trait]
impl Writer for StartedWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        if let Some(much) = &mut self.much {
            return much.write(bytes).await;
        }
        if self.little.len() + bytes.len() <= SMALL {
            self.little.extend_from_slice(&bytes);
            return Ok(());
        }
        let (disk, key) = (Arc::clone(&self.disk), self.key.clone());
        let target = self.pool.run(move || Target::create(disk, key)).await?;
        let mut writer = DiskWriter::new(target, Arc::clone(&self.pool), 0, Hashing::new());
        writer.write(std::mem::take(&mut self.little).freeze()).await?;
        let outcome = writer.write(bytes).await;
        self.much = Some(writer);
        outcome
    }

    async fn finish(self: Box<Self>) -> Result<Hashing> {
        if let Some(much) = self.much {
            return Box::new(much).finish().await;
        }
        let bytes = self.little.freeze();
        // Too little for a thread of its own.
        let mut hashing = Hashing::new();
        hashing.update(&bytes);
        self.disk.started.put(self.key, bytes);
        Ok(hashing)
    }
}

#[cfg(test)]
mod tests {
    use commonhold_core::{Entropy, Timestamp};

    use super::*;

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    #[test]
    fn what_was_left_is_forgotten() {
        let started = Started::default();
        let key = |seconds| BlobKey::new(Timestamp::from_unix(1_800_000_000 + seconds), &Zeros);
        for seconds in [0, 1, LEFT, LEFT + 1] {
            started.put(key(seconds), Bytes::new());
        }
        let there: Vec<bool> = [0, 1, LEFT].map(|seconds| started.get(&key(seconds)).is_some()).into();
        assert_eq!(there, [false, true, true]);
    }
}
