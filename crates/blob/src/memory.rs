//! Blobs in memory, for tests.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_core::BlobKey;
use futures_util::{StreamExt, stream};

use crate::{BlobStore, BlobStream, Error, Hashing, Partial, Place, ReadSeek, Result, Writer};

/// What a disk writes whole or not at all.
const PAGE: usize = 4096;

/// A store that is gone with the process. It can behave like a disk that loses what nobody has made durable.
#[derive(Clone, Default)]
pub struct MemoryStore {
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    partials: BTreeMap<BlobKey, Filling>,
    blobs: BTreeMap<BlobKey, Bytes>,
    /// What was removed and may come back, if that is wanted.
    removed: Option<Removed>,
}

#[derive(Default)]
struct Removed {
    partials: BTreeMap<BlobKey, Filling>,
    blobs: BTreeMap<BlobKey, Bytes>,
}

#[derive(Default)]
struct Filling {
    bytes: Vec<u8>,
    /// What is durable; without it not even the name is.
    durable: Option<Vec<u8>>,
    /// Whether finished writers make it durable.
    kept: bool,
    /// The number of the latest writer.
    turn: u64,
}

struct MemoryWriter {
    held: Arc<Mutex<Held>>,
    key: BlobKey,
    turn: u64,
    position: usize,
    hashing: Hashing,
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A length in memory; what is too long for it is too long for any comparison.
fn in_memory(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store for tests of power failures.
    pub fn fragile() -> Self {
        let store = Self::new();
        lock(&store.held).removed = Some(Removed::default());
        store
    }

    /// Does the worst that a power failure may do by this crate's invariants: what isn't durable is gone or, page by
    /// page, half there, and what was removed is back. Nobody may be at work on the store.
    pub fn lose_power(&self) {
        let mut held = lock(&self.held);
        if let Some(removed) = &mut held.removed {
            let Removed { partials, blobs } = std::mem::take(removed);
            held.partials.extend(partials);
            held.blobs.extend(blobs);
        }
        held.partials.retain(|_, filling| filling.durable.is_some());
        for filling in held.partials.values_mut() {
            filling.turn += 1;
            filling.tear();
        }
        let Held { partials, blobs, .. } = &mut *held;
        partials.retain(|key, _| !blobs.contains_key(key));
    }
}

impl Filling {
    /// Of the pages that aren't durable as they are, every other gets to the disk.
    fn tear(&mut self) {
        let Some(durable) = &self.durable else { return };
        let mut torn = self.bytes.clone();
        for (number, page) in torn.chunks_mut(PAGE).enumerate().filter(|(number, _)| number % 2 == 1) {
            let before = durable.get(number * PAGE..).unwrap_or_default();
            for (at, byte) in page.iter_mut().enumerate() {
                *byte = before.get(at).copied().unwrap_or(0);
            }
        }
        self.bytes = torn;
        self.durable = Some(self.bytes.clone());
    }
}

#[async_trait]
impl BlobStore for MemoryStore {
    async fn begin(&self, key: BlobKey) -> Result<Partial> {
        let mut held = lock(&self.held);
        if held.blobs.contains_key(&key) || held.partials.contains_key(&key) {
            return Err(Error::Taken(key));
        }
        held.partials.insert(key.clone(), Filling { kept: true, ..Filling::default() });
        Ok(Partial { key })
    }

    async fn start(&self, key: BlobKey) -> Result<(Partial, Box<dyn Writer>)> {
        let partial = self.begin(key).await?;
        if let Some(filling) = lock(&self.held).partials.get_mut(&partial.key) {
            filling.kept = false;
        }
        let writer = self.write(&partial, 0, Hashing::new()).await?;
        Ok((partial, writer))
    }

    async fn keep(&self, partial: &Partial) -> Result<()> {
        if let Some(filling) = lock(&self.held).partials.get_mut(&partial.key)
            && !filling.kept
        {
            filling.kept = true;
            filling.durable = Some(filling.bytes.clone());
        }
        Ok(())
    }

    async fn write(&self, partial: &Partial, at: u64, hashing: Hashing) -> Result<Box<dyn Writer>> {
        let mut held = lock(&self.held);
        let key = partial.key.clone();
        if held.blobs.contains_key(&key) {
            return Err(Error::Sealed(key));
        }
        let Some(filling) = held.partials.get_mut(&key) else { return Err(Error::Missing(key)) };
        filling.turn += 1;
        let found = filling.bytes.len() as u64;
        if found < at {
            return Err(Error::Length { key, expected: at, found });
        }
        let (turn, held) = (filling.turn, Arc::clone(&self.held));
        Ok(Box::new(MemoryWriter { held, key, turn, position: in_memory(at), hashing }))
    }

    async fn seal(&self, partial: &Partial, size: u64) -> Result<()> {
        let mut held = lock(&self.held);
        let key = partial.key.clone();
        if let Some(blob) = held.blobs.get(&key) {
            let found = blob.len() as u64;
            return if found == size { Ok(()) } else { Err(Error::Length { key, expected: size, found }) };
        }
        let Some(mut filling) = held.partials.remove(&key) else { return Err(Error::Missing(key)) };
        let found = filling.bytes.len() as u64;
        if found < size {
            filling.turn += 1;
            held.partials.insert(key.clone(), filling);
            return Err(Error::Length { key, expected: size, found });
        }
        filling.bytes.truncate(in_memory(size));
        held.blobs.insert(key, filling.bytes.into());
        Ok(())
    }

    async fn discard(&self, partial: &Partial) -> Result<()> {
        let mut held = lock(&self.held);
        if let Some(filling) = held.partials.remove(&partial.key)
            && let Some(removed) = &mut held.removed
        {
            removed.partials.insert(partial.key.clone(), filling);
        }
        Ok(())
    }

    async fn read(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<BlobStream>> {
        let Some(blob) = lock(&self.held).blobs.get(key).cloned() else { return Ok(None) };
        let end = in_memory(range.end).min(blob.len());
        let bytes = blob.slice(in_memory(range.start).min(end)..end);
        Ok(Some(stream::iter((!bytes.is_empty()).then_some(Ok(bytes))).boxed()))
    }

    async fn stat(&self, key: &BlobKey) -> Result<Option<u64>> {
        Ok(lock(&self.held).blobs.get(key).map(|blob| blob.len() as u64))
    }

    async fn remove(&self, key: &BlobKey) -> Result<()> {
        let mut held = lock(&self.held);
        if let Some(blob) = held.blobs.remove(key)
            && let Some(removed) = &mut held.removed
        {
            removed.blobs.insert(key.clone(), blob);
        }
        Ok(())
    }

    async fn list(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<BlobKey>> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let held = lock(&self.held);
        Ok(held
            .blobs
            .range::<BlobKey, _>((after, Bound::Unbounded))
            .map(|(key, _)| key.clone())
            .take(limit)
            .collect())
    }

    async fn list_partials(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<Partial>> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let held = lock(&self.held);
        let following = held.partials.range::<BlobKey, _>((after, Bound::Unbounded));
        Ok(following.take(limit).map(|(key, _)| Partial { key: key.clone() }).collect())
    }

    fn open(&self, place: &Place) -> Result<Box<dyn ReadSeek>> {
        let held = lock(&self.held);
        let (key, filling) = match place {
            Place::Sealed(key) => (key, None),
            Place::Partial(partial) => (&partial.key, held.partials.get(&partial.key)),
        };
        let bytes = match filling {
            Some(filling) => Bytes::copy_from_slice(&filling.bytes),
            None => held.blobs.get(key).cloned().ok_or_else(|| Error::Missing(key.clone()))?,
        };
        Ok(Box::new(Cursor::new(bytes)))
    }
}

#[async_trait]
impl Writer for MemoryWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let mut held = lock(&self.held);
        let filling = held.partials.get_mut(&self.key).filter(|filling| filling.turn == self.turn);
        let Some(filling) = filling else { return Err(Error::Superseded(self.key.clone())) };
        let end = self.position + bytes.len();
        if filling.bytes.len() < end {
            filling.bytes.resize(end, 0);
        }
        filling.bytes[self.position..end].copy_from_slice(&bytes);
        self.position = end;
        self.hashing.update(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<Hashing> {
        let mut held = lock(&self.held);
        match held.partials.get_mut(&self.key) {
            Some(filling) if filling.turn == self.turn => {
                if filling.kept {
                    filling.durable = Some(filling.bytes.clone());
                }
                Ok(self.hashing)
            }
            _ => Err(Error::Superseded(self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fresh_key;

    async fn put(store: &MemoryStore, partial: &Partial, at: u64, bytes: &[u8]) -> Box<dyn Writer> {
        let mut writer = store.write(partial, at, Hashing::new()).await.unwrap();
        writer.write(Bytes::copy_from_slice(bytes)).await.unwrap();
        writer
    }

    fn contents(store: &MemoryStore, place: &Place) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        std::io::Read::read_to_end(&mut store.open(place).ok()?, &mut found).unwrap();
        Some(found)
    }

    #[tokio::test]
    async fn a_power_failure_takes_what_is_not_durable() {
        let store = MemoryStore::fragile();
        let begun = store.begin(fresh_key()).await.unwrap();
        drop(put(&store, &begun, 0, b"unfinished").await);
        let half = store.begin(fresh_key()).await.unwrap();
        put(&store, &half, 0, b"finished").await.finish().await.unwrap();
        drop(put(&store, &half, 8, &[7; 3 * PAGE]).await);
        let (started, mut writer) = store.start(fresh_key()).await.unwrap();
        writer.write(Bytes::from_static(b"started")).await.unwrap();
        writer.finish().await.unwrap();
        let (kept, mut writer) = store.start(fresh_key()).await.unwrap();
        writer.write(Bytes::from_static(b"kept")).await.unwrap();
        writer.finish().await.unwrap();
        store.keep(&kept).await.unwrap();

        store.lose_power();
        let partial = |partial: &Partial| contents(&store, &Place::Partial(partial.clone()));
        assert_eq!(partial(&begun), None);
        assert_eq!(partial(&started), None);
        assert_eq!(partial(&kept).unwrap(), b"kept");
        let torn = partial(&half).unwrap();
        assert_eq!(torn[..8], *b"finished");
        assert_eq!((torn[PAGE - 1], torn[PAGE], torn[2 * PAGE]), (7, 0, 7));
    }

    #[tokio::test]
    async fn a_power_failure_brings_back_what_was_removed() {
        let store = MemoryStore::fragile();
        let (sealed, discarded) =
            (store.begin(fresh_key()).await.unwrap(), store.begin(fresh_key()).await.unwrap());
        for partial in [&sealed, &discarded] {
            put(&store, partial, 0, b"bytes").await.finish().await.unwrap();
        }
        store.seal(&sealed, 5).await.unwrap();
        store.remove(sealed.key()).await.unwrap();
        store.discard(&discarded).await.unwrap();
        store.lose_power();
        assert_eq!(store.stat(sealed.key()).await.unwrap(), Some(5));
        assert_eq!(store.list_partials(None, 9).await.unwrap(), [discarded]);
    }
}
