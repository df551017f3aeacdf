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

/// A store that is gone with the process.
#[derive(Clone, Default)]
pub struct MemoryStore {
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    partials: BTreeMap<BlobKey, Filling>,
    blobs: BTreeMap<BlobKey, Bytes>,
}

#[derive(Default)]
struct Filling {
    bytes: Vec<u8>,
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
}

#[async_trait]
impl BlobStore for MemoryStore {
    async fn begin(&self, key: BlobKey) -> Result<Partial> {
        let mut held = lock(&self.held);
        if held.blobs.contains_key(&key) || held.partials.contains_key(&key) {
            return Err(Error::Taken(key));
        }
        held.partials.insert(key.clone(), Filling::default());
        Ok(Partial { key })
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
        lock(&self.held).partials.remove(&partial.key);
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
        lock(&self.held).blobs.remove(key);
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
        let held = lock(&self.held);
        match held.partials.get(&self.key) {
            Some(filling) if filling.turn == self.turn => Ok(self.hashing),
            _ => Err(Error::Superseded(self.key)),
        }
    }
}
