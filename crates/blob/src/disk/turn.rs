//! One writer at a time for each key, within this process.
//!
//! A client that gave up may ask again while its first request is still at work. Whoever comes later takes over: the
//! one before fails at its next step, and no step of the two overlaps.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use commonhold_core::BlobKey;

use crate::{Error, Result};

/// The number of the latest turn. Its lock is held for a step.
pub(super) type Slot = Mutex<u64>;

/// The keys that somebody is at work on.
#[derive(Default)]
pub(super) struct Turns {
    slots: Mutex<HashMap<BlobKey, Arc<Slot>>>,
}

/// The right to change a key's bytes, until somebody else takes it.
pub(super) struct Turn {
    turns: Arc<Turns>,
    key: BlobKey,
    slot: Arc<Slot>,
    number: u64,
}

impl Turns {
    pub(super) fn slot(&self, key: &BlobKey) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key.clone()).or_default())
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Takes over a key, and does the first step.
    pub(super) fn take<T>(
        self: &Arc<Self>,
        key: &BlobKey,
        step: impl FnOnce() -> Result<T>,
    ) -> Result<(Turn, T)> {
        let slot = self.slot(key);
        let mut turn = Turn { turns: Arc::clone(self), key: key.clone(), slot, number: 0 };
        let slot = Arc::clone(&turn.slot);
        let mut latest = slot.lock().unwrap_or_else(PoisonError::into_inner);
        *latest += 1;
        turn.number = *latest;
        let done = step()?;
        Ok((turn, done))
    }
}

impl Turn {
    /// Does a step, unless somebody has taken over.
    pub(super) fn step<T>(&self, step: impl FnOnce() -> Result<T>) -> Result<T> {
        let latest = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if *latest != self.number {
            return Err(Error::Superseded(self.key.clone()));
        }
        step()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut slots = self.turns.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // Two are the table's and ours: new ones are only made under the table's lock.
        if Arc::strong_count(&self.slot) == 2 {
            slots.remove(&self.key);
        }
    }
}
