//! Files in chunks, one after the other and in any order.

use super::*;

/// A file in chunks, which is published at the end.
pub(super) struct Chunked {
    name: &'static str,
    chunk: usize,
    hinted: bool,
    content: Vec<u8>,
    /// The upload, or once all is there, the stashed file.
    key: Option<FileKey>,
    offset: usize,
    /// Whether the server may have got further than we were told.
    unsure: bool,
    whole: bool,
    done: bool,
}

impl Chunked {
    pub(super) fn new(name: &'static str, chunk: usize, hinted: bool) -> Self {
        let content = picture(1, 3_500);
        let (key, offset) = (None, 0);
        Self { name, chunk, hinted, content, key, offset, unsure: false, whole: false, done: false }
    }

    fn next_offset(&self) -> usize {
        self.content.len().min(self.offset + self.chunk)
    }

    async fn step(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        let next = self.next_offset();
        let again = std::mem::replace(&mut self.unsure, true);
        let chunk = Chunk {
            key: self.key.clone(),
            bytes: &self.content[self.offset..next],
            offset: self.offset as u64,
            filesize: self.content.len() as u64,
            parallel: false,
        };
        let outcome = world.chunk(repo, NAME, &chunk, self.hinted).await;
        match outcome {
            Ok(Outcome::Continue { offset, key, .. }) => {
                assert_eq!(offset, next as u64);
                self.key = Some(key);
            }
            Ok(Outcome::Stashed { file, chunked: true, .. }) => {
                assert_eq!((next, file.hashes.size), (self.content.len(), self.content.len() as u64));
                self.key = Some(file.key);
                self.whole = true;
            }
            Err(error) if again && world.may_lose() && is_lost(&error) => {
                (self.key, self.offset, self.unsure) = (None, 0, false);
                return Ok(());
            }
            Err(error) => return Err(error),
            Ok(other) => panic!("{other:?}"),
        }
        self.offset = next;
        self.unsure = false;
        Ok(())
    }
}

#[async_trait]
impl Scenario for Chunked {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        while !self.whole {
            self.step(world, repo).await?;
        }
        self.unsure = true;
        if let Some(key) = self.key.clone() {
            published(&world.publish(repo, NAME, &key, IGNORING).await?);
            self.done = true;
        }
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        known
            .files
            .insert(NAME.to_owned(), possible(&self.content, None, self.whole && self.unsure, self.done));
        match &self.key {
            Some(key) if self.whole && !self.unsure => {
                known.stashed = Some((key.clone(), self.content.clone()));
            }
            // With the last chunk the entry is replaced by one whose key we were not told.
            Some(key) if !self.whole && self.next_offset() < self.content.len() => {
                let after = if self.unsure { self.next_offset() } else { self.offset };
                known.under_way = Some((key.clone(), [self.offset as u64, after as u64]));
            }
            _ => {}
        }
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

/// A file whose chunks come in any order. The client sends what the server says is missing.
pub(super) struct Scattered {
    content: Vec<u8>,
    key: Option<FileKey>,
    /// Where the chunks begin that are still to be sent, the next one last.
    todo: Vec<usize>,
    /// The chunks that were acknowledged, by their beginnings.
    arrived: Vec<usize>,
    whole: bool,
    done: bool,
}

impl Scattered {
    const CHUNK: usize = 1_300;

    pub(super) fn new() -> Self {
        // The second comes last, and with it all that waits for it.
        let todo = vec![1_300, 3_900, 2_600, 0];
        let (content, key) = (picture(1, 4_500), None);
        Self { content, key, todo, arrived: Vec::new(), whole: false, done: false }
    }

    async fn step(&mut self, world: &World, repo: &Arc<Repository>, start: usize) -> Result<(), Error> {
        let end = self.content.len().min(start + Self::CHUNK);
        let chunk = Chunk {
            key: self.key.clone(),
            bytes: &self.content[start..end],
            offset: start as u64,
            filesize: self.content.len() as u64,
            parallel: true,
        };
        match world.chunk(repo, NAME, &chunk, false).await {
            Ok(Outcome::Continue { offset, key, missing: Some(missing), .. }) => {
                self.key = Some(key);
                self.arrived.push(start);
                assert!(
                    !missing.is_empty(),
                    "the client has nothing to send and isn't told the end, at {offset}"
                );
                for arrived in &self.arrived {
                    let at = *arrived as u64;
                    assert!(missing.iter().all(|gap| !gap.contains(&at)), "{at} had arrived: {missing:?}");
                }
                let gaps = missing.iter().map(|gap| usize::try_from(gap.start).unwrap());
                // What isn't known to have arrived has to be sent.
                self.todo.retain(|at| missing.iter().any(|gap| gap.contains(&(*at as u64))));
                if self.todo.is_empty() {
                    self.todo = gaps.rev().collect();
                }
            }
            Ok(Outcome::Stashed { file, chunked: true, .. }) => {
                assert_eq!(file.hashes.size, self.content.len() as u64);
                self.key = Some(file.key);
                self.whole = true;
            }
            Err(error) if world.may_lose() && is_lost(&error) => *self = Self::new(),
            Err(error) => return Err(error),
            Ok(other) => panic!("{other:?}"),
        }
        Ok(())
    }
}

#[async_trait]
impl Scenario for Scattered {
    fn name(&self) -> &'static str {
        "scattered chunks"
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        while !self.whole {
            let next = *self.todo.last().unwrap();
            self.step(world, repo, next).await?;
        }
        if let Some(key) = self.key.clone() {
            published(&world.publish(repo, NAME, &key, IGNORING).await?);
            self.done = true;
        }
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        known.files.insert(NAME.to_owned(), possible(&self.content, None, self.whole, self.done));
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}
