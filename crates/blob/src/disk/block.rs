//! The blocks in which large parts go to the disk: aligned as direct writes need it, used again and again, and
//! smaller the more writers there are, so that all of them together need a bounded amount of memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What direct writes are aligned to, in memory and in the file; no common disk wants more.
pub(super) const ALIGNMENT: usize = 4096;

/// Bytes in all blocks together, as long as there are no more than `BUDGET / 2 / LEAST` writers.
const BUDGET: usize = 32 << 20;

const LEAST: usize = 64 << 10;
/// The size of a block when there are few writers.
pub(super) const MOST: usize = 1 << 20;

/// Gives out blocks, and keeps those that come back.
#[derive(Default)]
pub(super) struct Blocks {
    holders: AtomicUsize,
    free: Mutex<Vec<Vec<u8>>>,
}

/// A writer's right to blocks. It counts as long as it lives.
pub(super) struct Holder(Arc<Blocks>);

/// Memory that is filled once and then handed to the workers.
pub(super) struct Block {
    memory: Vec<u8>,
    start: usize,
    end: usize,
    limit: usize,
    blocks: Arc<Blocks>,
}

impl Holder {
    pub(super) fn new(blocks: &Arc<Blocks>) -> Self {
        blocks.holders.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(blocks))
    }

    /// An empty block for what belongs at this position of the file. It is full at an aligned one.
    pub(super) fn take(&self, position: u64) -> Block {
        let wanted = size(self.0.holders.load(Ordering::Relaxed));
        let spare = {
            let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.pop().filter(|memory| memory.len() == wanted + ALIGNMENT)
        };
        let memory = spare.unwrap_or_else(|| vec![0; wanted + ALIGNMENT]);
        let aligned = memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        let start = aligned + (position % ALIGNMENT as u64) as usize;
        Block { limit: aligned + wanted, memory, start, end: start, blocks: Arc::clone(&self.0) }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.holders.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Block {
    /// Takes as much as there is room for; gives the number of bytes.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.limit.saturating_sub(self.end));
        if let (Some(to), Some(from)) = (self.memory.get_mut(self.end..self.end + taken), bytes.get(..taken))
        {
            to.copy_from_slice(from);
        }
        self.end += taken;
        taken
    }

    pub(super) fn is_full(&self) -> bool {
        self.end >= self.limit
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.memory.get(self.start..self.end).unwrap_or_default()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        let mut free = self.blocks.free.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = size(self.blocks.holders.load(Ordering::Relaxed)) + ALIGNMENT;
        if memory.len() == wanted && (free.len() + 1) * wanted <= BUDGET / 4 {
            free.push(memory);
        }
    }
}

/// The size of a block when there are so many writers with two each: a power of two, lest every coming and going
/// changes it.
fn size(holders: usize) -> usize {
    let share = (BUDGET / 2 / holders.max(1)).clamp(LEAST, MOST);
    1 << share.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_writers_get_small_blocks() {
        for (holders, expected) in
            [(0, MOST), (1, MOST), (16, MOST), (17, MOST / 2), (100, MOST / 8), (9_999, LEAST)]
        {
            assert_eq!(size(holders), expected, "{holders}");
        }
        for holders in 1..=BUDGET / 2 / LEAST {
            assert!(2 * holders * size(holders) <= BUDGET);
        }
    }

    #[test]
    fn blocks_end_where_the_file_is_aligned() {
        let blocks = Arc::default();
        let holder = Holder::new(&blocks);
        for position in [0, 1, 4095, 4096, 5_000_000] {
            let mut block = holder.take(position);
            let bytes = vec![7; 2 * MOST];
            let taken = block.fill(&bytes);
            assert!(block.is_full() && block.fill(&bytes) == 0);
            assert_eq!((position + taken as u64) % ALIGNMENT as u64, 0);
            assert_eq!(block.bytes(), &bytes[..taken]);
            let misaligned = block.bytes().as_ptr().addr() % ALIGNMENT;
            assert_eq!(misaligned as u64, position % ALIGNMENT as u64);
        }
    }

    #[test]
    fn what_comes_back_is_kept_within_bounds() {
        let blocks = Arc::default();
        let holder = Holder::new(&blocks);
        let many: Vec<Block> = (0..100).map(|_| holder.take(0)).collect();
        drop(many);
        let kept: usize = blocks.free.lock().unwrap().iter().map(Vec::len).sum();
        assert!(kept > MOST && kept <= BUDGET / 4);
    }
}
