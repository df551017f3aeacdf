//! Clients with a purpose. They remember what they were told, and go on from there when they are run again.

use std::sync::Arc;

use async_trait::async_trait;
use commonhold_core::FileKey;
use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_repo::{
    DeleteRequest, Error, Extent, MoveRequest, Outcome, Repository, RestoreRequest, UploadStatus, Watching,
};

use crate::world::{Chunk, Knowledge, Options, World, picture};

/// A client.
#[async_trait]
pub(crate) trait Scenario: Send {
    fn name(&self) -> &'static str;

    /// What was there before.
    async fn prepare(&mut self, _world: &World) {}

    /// Does what is still to be done. An error is what a server that fails says.
    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error>;

    /// What the client may rely on.
    fn knowledge(&self) -> Knowledge;

    fn is_done(&self) -> bool;
}

pub(crate) fn upload() -> Box<dyn Scenario> {
    Box::new(Direct::new("an upload", Before::Nothing))
}

pub(crate) fn overwrite() -> Box<dyn Scenario> {
    Box::new(Direct::new("an overwriting upload", Before::Other))
}

pub(crate) fn duplicate() -> Box<dyn Scenario> {
    Box::new(Direct::new("a duplicate", Before::Same))
}

pub(crate) fn warned() -> Box<dyn Scenario> {
    Box::new(Twofold::new("a warned upload", Options::default()))
}

pub(crate) fn stashed() -> Box<dyn Scenario> {
    Box::new(Twofold::new("a stashed upload", Options { stash: true, ignore_warnings: true }))
}

pub(crate) fn chunks() -> Box<dyn Scenario> {
    Box::new(Chunked::new("chunks", 1_300, true))
}

pub(crate) fn copied_chunks() -> Box<dyn Scenario> {
    Box::new(Chunked::new("copied chunks", 1_300, false))
}

pub(crate) fn one_chunk() -> Box<dyn Scenario> {
    Box::new(Chunked::new("one chunk", 10_000, false))
}

pub(crate) fn scattered() -> Box<dyn Scenario> {
    Box::new(Scattered::new())
}

pub(crate) fn deferred() -> Box<dyn Scenario> {
    Box::new(Deferred::new())
}

pub(crate) fn managed() -> Box<dyn Scenario> {
    Box::new(Managed::default())
}

pub(crate) fn expiry() -> Box<dyn Scenario> {
    Box::new(Expiry::default())
}

pub(crate) fn collection() -> Box<dyn Scenario> {
    Box::new(Collection::default())
}

const NAME: &str = "Wanted.gif";
const IGNORING: Options = Options { ignore_warnings: true, stash: false };
const OTHER: &str = "Other.gif";

/// What there is before an upload.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// Another content under the name.
    Other,
    /// The same content under another name.
    Same,
}

/// One upload in one request.
struct Direct {
    name: &'static str,
    before: Before,
    content: Vec<u8>,
    /// Whether the server may have done it without our knowing.
    unsure: bool,
    done: bool,
}

impl Direct {
    fn new(name: &'static str, before: Before) -> Self {
        Self { name, before, content: picture(1, 2_000), unsure: false, done: false }
    }
}

#[async_trait]
impl Scenario for Direct {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn prepare(&mut self, world: &World) {
        let (name, content) = match self.before {
            Before::Nothing => return,
            Before::Other => (NAME, picture(2, 3_000)),
            Before::Same => (OTHER, self.content.clone()),
        };
        published(&world.upload(&world.repository(), name, &content, IGNORING).await.unwrap());
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        let again = std::mem::replace(&mut self.unsure, true);
        match world.upload(repo, NAME, &self.content, IGNORING).await {
            Ok(outcome) => published(&outcome),
            // It had been published when the answer got lost.
            Err(Error::Refused(refusal)) if again && refusal.code == "fileexists-no-change" => {}
            Err(error) => return Err(error),
        }
        self.done = true;
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        let old = (self.before == Before::Other).then(|| picture(2, 3_000));
        let contents = possible(&self.content, old, self.unsure, self.done);
        known.files.insert(NAME.to_owned(), contents);
        if self.before == Before::Same {
            known.files.insert(OTHER.to_owned(), vec![Some(self.content.clone())]);
        }
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

/// What a file may be before and after a change.
fn possible(new: &[u8], old: Option<Vec<u8>>, unsure: bool, done: bool) -> Vec<Option<Vec<u8>>> {
    match (unsure, done) {
        (_, true) => vec![Some(new.to_vec())],
        (true, false) => vec![old, Some(new.to_vec())],
        (false, false) => vec![old],
    }
}

#[track_caller]
fn published(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
}

/// An upload that waits in the stash until it is confirmed.
struct Twofold {
    name: &'static str,
    options: Options,
    content: Vec<u8>,
    key: Option<FileKey>,
    /// Whether we were told what has to be confirmed.
    warned: bool,
    unsure: bool,
    done: bool,
}

impl Twofold {
    fn new(name: &'static str, options: Options) -> Self {
        let content = picture(1, 2_000);
        Self { name, options, content, key: None, warned: false, unsure: false, done: false }
    }
}

#[async_trait]
impl Scenario for Twofold {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn prepare(&mut self, world: &World) {
        let outcome = world.upload(&world.repository(), NAME, &picture(2, 3_000), IGNORING).await;
        published(&outcome.unwrap());
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        let key = match &self.key {
            Some(key) => key.clone(),
            None => match world.upload(repo, NAME, &self.content, self.options).await? {
                Outcome::Warned { key: Some(key), .. } if !self.options.stash => {
                    self.warned = true;
                    key
                }
                Outcome::Stashed { file, .. } if self.options.stash => file.key,
                other => panic!("{other:?}"),
            },
        };
        self.key = Some(key.clone());
        if !self.warned {
            // It is stashed once more, under a key of its own.
            let outcome = world.publish(repo, NAME, &key, Options::default()).await?;
            let Outcome::Warned { key: Some(key), .. } = outcome else { panic!("{outcome:?}") };
            assert_ne!(Some(&key), self.key.as_ref());
            (self.key, self.warned) = (Some(key), true);
        }
        self.unsure = true;
        if let Some(key) = &self.key {
            published(&world.publish(repo, NAME, key, IGNORING).await?);
        }
        self.done = true;
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        let contents = possible(&self.content, Some(picture(2, 3_000)), self.unsure, self.done);
        known.files.insert(NAME.to_owned(), contents);
        if let Some(key) = self.key.clone().filter(|_| !self.unsure) {
            known.stashed = Some((key, self.content.clone()));
        }
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

/// What is said of an upload whose bytes the disk has lost.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::Storage(commonhold_blob::Error::Missing(_)) => true,
        Error::Refused(refusal) => refusal.code == "uploadstash-file-not-found",
        _ => false,
    }
}

/// A file in chunks, which is published at the end.
struct Chunked {
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
    fn new(name: &'static str, chunk: usize, hinted: bool) -> Self {
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
struct Scattered {
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

    fn new() -> Self {
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

/// A file in chunks that jobs put together and publish, while the client asks how far they are.
struct Deferred {
    content: Vec<u8>,
    /// The upload, and then the stashed file.
    key: Option<FileKey>,
    offset: usize,
    stage: Deferral,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deferral {
    Sending,
    Assembling,
    Asking,
    Publishing,
    Done,
}

impl Deferred {
    fn new() -> Self {
        Self { content: picture(1, 2_500), key: None, offset: 0, stage: Deferral::Sending }
    }

    async fn send(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        let end = self.content.len().min(self.offset + 1_300);
        let chunk = Chunk {
            key: self.key.clone(),
            bytes: &self.content[self.offset..end],
            offset: self.offset as u64,
            filesize: self.content.len() as u64,
            parallel: false,
        };
        match world.chunk(repo, NAME, &chunk, false).await {
            Ok(Outcome::Continue { key, .. }) => {
                self.key = Some(key);
                self.offset = end;
            }
            Ok(Outcome::AssemblyQueued { key, .. }) => {
                assert_eq!(end, self.content.len());
                self.key = Some(key);
                self.stage = Deferral::Assembling;
            }
            // The job was done before the request for it was repeated.
            Ok(Outcome::Stashed { file, .. }) => {
                self.key = Some(file.key);
                self.stage = Deferral::Asking;
            }
            Err(error) if world.may_lose() && is_lost(&error) => *self = Self::new(),
            Err(error) => return Err(error),
            Ok(other) => panic!("{other:?}"),
        }
        Ok(())
    }

    /// Lets jobs run, in their time, until there is an end to be told.
    async fn wait(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        let Some(key) = self.key.clone() else { panic!("nothing was queued") };
        for _ in 0..30 {
            while repo.run_next_job().await? {}
            match repo.upload_status(&world.caller, key.as_str()).await?.0 {
                UploadStatus::Working(_) => world.clock.advance(400),
                UploadStatus::Stashed { file, .. } => {
                    assert!(self.stage == Deferral::Assembling);
                    self.key = Some(file.key);
                    self.stage = Deferral::Asking;
                    return Ok(());
                }
                UploadStatus::Published { filename, .. } => {
                    assert_eq!(filename, NAME);
                    self.stage = Deferral::Done;
                    return Ok(());
                }
                UploadStatus::Failed(_) if world.may_lose() => {
                    *self = Self::new();
                    return Ok(());
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("it doesn't end");
    }
}

#[async_trait]
impl Scenario for Deferred {
    fn name(&self) -> &'static str {
        "async chunks"
    }

    async fn prepare(&mut self, world: &World) {
        world.ask_async();
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        loop {
            match self.stage {
                Deferral::Sending => self.send(world, repo).await?,
                Deferral::Assembling | Deferral::Publishing => self.wait(world, repo).await?,
                Deferral::Asking => {
                    let Some(key) = self.key.clone() else { panic!("nothing is stashed") };
                    match world.publish(repo, NAME, &key, IGNORING).await {
                        Ok(Outcome::PublicationQueued { .. }) => self.stage = Deferral::Publishing,
                        Ok(Outcome::Published { .. }) => self.stage = Deferral::Done,
                        // It had been queued when the answer got lost.
                        Err(Error::Refused(refusal)) if refusal.code == "publishfailed" => {
                            self.stage = Deferral::Publishing;
                        }
                        Err(error) => return Err(error),
                        Ok(other) => panic!("{other:?}"),
                    }
                }
                Deferral::Done => return Ok(()),
            }
        }
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        let (may, done) = (self.stage >= Deferral::Asking, self.stage == Deferral::Done);
        known.files.insert(NAME.to_owned(), possible(&self.content, None, may, done));
        if let (Some(key), Deferral::Sending) = (&self.key, self.stage)
            && self.offset + 1_300 < self.content.len()
        {
            known.under_way = Some((key.clone(), [self.offset as u64, self.offset as u64 + 1_300]));
        }
        known
    }

    fn is_done(&self) -> bool {
        self.stage == Deferral::Done
    }
}

/// A file that is deleted, restored, reverted to its old version, and moved.
#[derive(Default)]
struct Managed {
    steps: usize,
    /// Whether the next step may have been done without our knowing.
    unsure: bool,
}

impl Managed {
    /// What is under the old and the new name after so many steps.
    fn after(steps: usize) -> [Option<Vec<u8>>; 2] {
        let (old, new) = (Some(picture(1, 2_000)), Some(picture(2, 2_500)));
        match steps {
            0 | 2 => [new, None],
            1 => [None, None],
            3 => [old, None],
            _ => [None, old],
        }
    }

    async fn step(&self, world: &World, repo: &Repository) -> Result<(), Error> {
        let (caller, reason, tags) = (world.caller.clone(), String::new(), Vec::new());
        let title = Title::from_db(ns::FILE, NAME);
        match self.steps {
            0 => {
                let request = DeleteRequest {
                    caller,
                    title,
                    reason,
                    tags,
                    old_version: None,
                    with_talk: false,
                    watching: Watching::default(),
                };
                repo.delete(request).await.map(drop)
            }
            1 => {
                let (timestamps, file_ids) = (Vec::new(), Vec::new());
                let request = RestoreRequest {
                    caller,
                    title,
                    reason,
                    tags,
                    timestamps,
                    file_ids,
                    with_talk: false,
                    watching: Watching::default(),
                };
                repo.restore(request).await.map(drop)
            }
            2 => {
                let name = FileTitle::from_db(NAME);
                let old = repo.old_versions(&name, None, None, 10).await?.pop().unwrap();
                let archive_name = old.archive_name.unwrap();
                repo.revert(&caller, &name, &archive_name, "").await.map(drop)
            }
            _ => {
                let to = Title::from_db(ns::FILE, OTHER);
                let request = MoveRequest {
                    caller,
                    from: title,
                    to,
                    reason,
                    tags,
                    no_redirect: true,
                    with_talk: false,
                    ignore_warnings: false,
                    watching: Watching::default(),
                };
                repo.rename(request).await.map(drop)
            }
        }
    }
}

#[async_trait]
impl Scenario for Managed {
    fn name(&self) -> &'static str {
        "management"
    }

    async fn prepare(&mut self, world: &World) {
        for content in Self::after(3).into_iter().chain(Self::after(0)).flatten() {
            published(&world.upload(&world.repository(), NAME, &content, IGNORING).await.unwrap());
            world.clock.advance(10);
        }
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        while self.steps < 4 {
            let again = std::mem::replace(&mut self.unsure, true);
            match self.step(world, repo).await {
                Ok(()) => {}
                // It was done when the answer got lost: what it is about isn't there any more.
                Err(Error::Refused(_)) if again => {}
                Err(error) => return Err(error),
            }
            self.steps += 1;
            self.unsure = false;
        }
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        let next = if self.unsure { self.steps + 1 } else { self.steps };
        for steps in [self.steps, next] {
            for (name, content) in [NAME, OTHER].into_iter().zip(Self::after(steps)) {
                known.files.entry(name.to_owned()).or_default().push(content);
            }
        }
        known
    }

    fn is_done(&self) -> bool {
        self.steps == 4
    }
}

/// The sweeping of what nobody has touched for long, beside what was touched lately.
#[derive(Default)]
struct Expiry {
    kept: Option<FileKey>,
    done: bool,
}

/// An upload of which two chunks are there: the first, and one that waits for its turn.
pub(crate) async fn scatter(world: &World, repo: &Arc<Repository>) {
    let content = picture(6, 4_500);
    let mut key = None;
    for offset in [0, 2_600] {
        let bytes = &content[offset..offset + 1_300];
        let (offset, filesize) = (offset as u64, content.len() as u64);
        let chunk = Chunk { key: key.take(), bytes, offset, filesize, parallel: true };
        let outcome = world.chunk(repo, "Scattered.gif", &chunk, false).await.unwrap();
        let Outcome::Continue { key: told, .. } = outcome else { panic!("{outcome:?}") };
        key = Some(told);
    }
}

#[async_trait]
impl Scenario for Expiry {
    fn name(&self) -> &'static str {
        "expiry"
    }

    async fn prepare(&mut self, world: &World) {
        let repo = world.repository();
        let stash = Options { ignore_warnings: true, stash: true };
        scatter(world, &repo).await;
        world.upload(&repo, "Old.gif", &picture(3, 1_500), stash).await.unwrap();
        let content = picture(4, 3_000);
        let chunk = Chunk {
            key: None,
            bytes: &content[..1_300],
            offset: 0,
            filesize: content.len() as u64,
            parallel: false,
        };
        world.chunk(&repo, "Begun.gif", &chunk, false).await.unwrap();
        // One that was published: its bytes are still needed.
        let outcome = world.upload(&repo, NAME, &picture(1, 2_000), stash).await.unwrap();
        let Outcome::Stashed { file, .. } = outcome else { panic!("{outcome:?}") };
        published(&world.publish(&repo, NAME, &file.key, IGNORING).await.unwrap());
        world.clock.advance(8 * 86_400);
        let outcome = world.upload(&repo, "New.gif", &picture(5, 1_500), stash).await.unwrap();
        let Outcome::Stashed { file, .. } = outcome else { panic!("{outcome:?}") };
        self.kept = Some(file.key);
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        repo.sweep_stash().await?;
        self.done = repo.stash_of(&world.caller, None, 10).await?.len() == 1;
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        known.files.insert(NAME.to_owned(), vec![Some(picture(1, 2_000))]);
        known.stashed = self.kept.clone().map(|key| (key, picture(5, 1_500)));
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

/// The removal of what uploads that were cut off have left, beside what is needed.
#[derive(Default)]
struct Collection {
    kept: Option<FileKey>,
    done: bool,
}

#[async_trait]
impl Scenario for Collection {
    fn name(&self) -> &'static str {
        "collection"
    }

    async fn prepare(&mut self, world: &World) {
        for number in 0..6 {
            let partial = world.store.begin(commonhold_blob::conformance::fresh_key()).await.unwrap();
            if number % 2 == 0 {
                world.store.seal(&partial, 0).await.unwrap();
            }
        }
        let repo = world.repository();
        published(&world.upload(&repo, NAME, &picture(1, 2_000), IGNORING).await.unwrap());
        let content = picture(4, 3_000);
        let chunk = Chunk {
            key: None,
            bytes: &content[..1_300],
            offset: 0,
            filesize: content.len() as u64,
            parallel: false,
        };
        let outcome = world.chunk(&repo, "Begun.gif", &chunk, false).await.unwrap();
        let Outcome::Continue { key, .. } = outcome else { panic!("{outcome:?}") };
        self.kept = Some(key);
    }

    async fn act(&mut self, _world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        repo.collect_garbage(0, Extent::All).await?;
        self.done = true;
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        known.files.insert(NAME.to_owned(), vec![Some(picture(1, 2_000))]);
        known.under_way = self.kept.clone().map(|key| (key, [1_300, 1_300]));
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}
