//! The stores that outlive a server, and what must be true of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_blob::faulty::FaultyStore;
use commonhold_blob::{BlobStore, DiskStore, MemoryStore};
use commonhold_catalogue::Db;
use commonhold_catalogue::ops::accounts::{self, NewUser};
use commonhold_core::right::SiteGroups;
use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_core::user::{Caller, Via};
use commonhold_core::{Clock, Entropy, FileKey, Timestamp};
use commonhold_repo::fsck::{Check, Checked, Fault, Problem, Subject};
use commonhold_repo::{
    AllImages, ByteSource, Checksums, Error, Extent, Hint, Outcome, Received, Repository, Settings, Source,
    SourceError, Timing, UploadRequest, UploadStatus, Watching,
};
use futures_util::TryStreamExt;

use crate::plan::Fault as Failure;
use crate::plan::{Mode, Plan};

/// Two stores, a clock and a user.
pub(crate) struct World {
    pub(crate) store: Arc<dyn BlobStore>,
    /// The same, unless the files are on disk.
    memory: MemoryStore,
    pub(crate) db: Db,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) caller: Caller,
    /// Whether the disk may have lost what it took.
    lossy: AtomicBool,
    /// Whether clients don't wait for the end of the work.
    asks_async: AtomicBool,
    entropy: Arc<Counter>,
    directory: tempfile::TempDir,
}

/// What a client knows of its files.
#[derive(Default)]
pub(crate) struct Knowledge {
    /// What a file has to be: one of these contents, or if the first is `None`, nothing.
    pub(crate) files: BTreeMap<String, Vec<Option<Vec<u8>>>>,
    /// An upload under way, with the offsets that it may have.
    pub(crate) under_way: Option<(FileKey, [u64; 2])>,
    /// A file that is in the stash, with its content.
    pub(crate) stashed: Option<(FileKey, Vec<u8>)>,
}

/// A clock that stands still until it is set.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed))
    }
}

/// Gives no bytes twice.
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.fill(0);
        // Where both kinds of keys take bits from.
        buffer[2..10].copy_from_slice(&number);
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        // In memory where that is to be had: this is not about the disk below.
        let memory = Path::new("/dev/shm");
        let directory =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let db = Db::open_sqlite(&directory.path().join("catalogue.sqlite")).unwrap();
        let now = Timestamp::from_unix(1_800_000_000);
        let new =
            NewUser { name: "Ada".to_owned(), password_hash: None, groups: vec!["sysop".to_owned()], now };
        let id = db.write(move |tx| accounts::create_user(tx, &new)).await.unwrap().unwrap();
        let groups = ["sysop".to_owned()];
        let memory = MemoryStore::fragile();
        Self {
            store: Arc::new(memory.clone()),
            memory,
            db,
            clock: Arc::new(SetClock(AtomicI64::new(now.unix()))),
            caller: Caller::registered(id, "Ada", &groups, Via::Password, None, &SiteGroups::default()),
            lossy: AtomicBool::new(false),
            asks_async: AtomicBool::new(false),
            // Elsewhere than where the blob crate's tests take their keys from.
            entropy: Arc::new(Counter(AtomicU64::new(1 << 32))),
            directory,
        }
    }

    /// The same with its files on disk.
    pub(crate) async fn on_disk() -> Self {
        let mut world = Self::new().await;
        world.store = Arc::new(DiskStore::open(&world.files()).unwrap());
        world
    }

    /// Where the files are, if they are on disk.
    pub(crate) fn files(&self) -> PathBuf {
        self.directory.path().join("files")
    }

    /// What the end of all processes does, and of the machine as far as the files are in memory.
    pub(crate) fn lose_power(&mut self) {
        self.memory.lose_power();
        if self.files().is_dir() {
            self.store = Arc::new(DiskStore::open(&self.files()).unwrap());
        }
    }

    /// A server over the stores.
    pub(crate) fn repository(&self) -> Arc<Repository> {
        self.over(self.db.clone(), Arc::clone(&self.store))
    }

    /// Whether the disk may have lost what it took.
    pub(crate) fn may_lose(&self) -> bool {
        self.lossy.load(Ordering::Relaxed)
    }

    /// From here on clients don't wait for the end of the work.
    pub(crate) fn ask_async(&self) {
        self.asks_async.store(true, Ordering::Relaxed);
    }

    /// A server over the stores that has bad luck.
    pub(crate) fn faulty(&self, plan: &Arc<Plan>) -> Arc<Repository> {
        self.lossy.store(plan.mode() == Mode::Error(Failure::Lost), Ordering::Relaxed);
        let store = FaultyStore::new(Arc::clone(&self.store), plan.of_blobs());
        self.over(self.db.with_faults(plan.of_catalogue()), Arc::new(store))
    }

    pub(crate) fn over(&self, db: Db, store: Arc<dyn BlobStore>) -> Arc<Repository> {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let entropy: Arc<dyn Entropy> = self.entropy.clone();
        Arc::new(Repository::open(db, store, Settings::default(), clock, entropy).unwrap())
    }

    /// Fails unless all is as the client was told, and rows and bytes agree.
    pub(crate) async fn check(&self, known: Knowledge, context: &str) {
        let repo = self.repository();
        let all = AllImages { limit: 100, ..AllImages::default() };
        let mut listed: Vec<String> =
            repo.all_images(all).await.unwrap().into_iter().map(|version| version.name).collect();
        for (name, contents) in &known.files {
            let found = content_of(&repo, name).await;
            assert!(contents.contains(&found), "{context}: {name} is {:?}", found.map(|bytes| bytes.len()));
            let page = repo.page_text(&Title::from_db(ns::FILE, name.clone())).await.unwrap();
            assert_eq!(page.is_some(), found.is_some(), "{context}: {name} and its page");
            listed.retain(|listed| listed != name);
        }
        assert_eq!(listed, [""; 0], "{context}: nobody has asked for these");
        // With bytes that can't be made durable, all that was there of the upload is gone.
        let may_lose = self.may_lose();
        if let Some((key, offsets)) = known.under_way {
            match repo.upload_status(&self.caller, key.as_str()).await.unwrap().0 {
                UploadStatus::Uploading(offset) => {
                    assert!(offsets.contains(&offset), "{context}: {offset} instead of {offsets:?}");
                }
                other => assert!(may_lose, "{context}: the upload is lost: {other:?}"),
            }
        }
        if let Some((key, content)) = known.stashed {
            let file = repo.stashed_file(&self.caller, &key).await.unwrap();
            let stream = repo.bytes(&file, 0..u64::MAX).await.unwrap().unwrap();
            let bytes: Vec<Bytes> = stream.try_collect().await.unwrap();
            assert!(bytes.concat() == content, "{context}: the stashed file");
        }
        let (_, problems) = self.fsck(false, i64::MAX / 2).await;
        let serious = |problem: &&Problem| {
            !(may_lose && matches!((&problem.subject, &problem.fault), (Subject::Stashed(_), Fault::Missing)))
        };
        assert_eq!(problems.iter().find(serious), None, "{context}");
    }

    /// Removes what nobody needs, and fails if anything is left of it.
    pub(crate) async fn collect(&self, context: &str) {
        if self.may_lose() {
            self.fsck(true, i64::MAX / 2).await;
        }
        self.repository().collect_garbage(0, Extent::All).await.unwrap();
        let (checked, problems) = self.fsck(false, 0).await;
        assert_eq!((problems, checked.young), (Vec::new(), 0), "{context}");
    }

    /// A deep check of all there is.
    pub(crate) async fn fsck(&self, repair: bool, unused_after: i64) -> (Checked, Vec<Problem>) {
        let mut problems = Vec::new();
        let check = Check { deep: true, repair, unused_after };
        let checked = self.repository().fsck(check, &mut |problem| problems.push(problem.clone())).await;
        (checked.unwrap(), problems)
    }

    /// Sends a file in one request.
    pub(crate) async fn upload(
        &self,
        repo: &Arc<Repository>,
        name: &str,
        content: &[u8],
        options: Options,
    ) -> Result<Outcome, Error> {
        let received = self.receive(repo, Hint::Fresh, content).await?;
        repo.upload(self.request(name, Source::File(received), options)).await
    }

    /// Publishes a stashed file.
    pub(crate) async fn publish(
        &self,
        repo: &Arc<Repository>,
        name: &str,
        key: &FileKey,
        options: Options,
    ) -> Result<Outcome, Error> {
        let source = Source::Stashed(key.as_str().to_owned());
        repo.upload(self.request(name, source, options)).await
    }

    /// Sends a chunk. `hinted` says whether its place is known before its bytes come.
    pub(crate) async fn chunk(
        &self,
        repo: &Arc<Repository>,
        name: &str,
        chunk: &Chunk<'_>,
        hinted: bool,
    ) -> Result<Outcome, Error> {
        let hint = match &chunk.key {
            Some(key) if hinted => Hint::Append { key: key.clone(), offset: chunk.offset },
            _ => Hint::Fresh,
        };
        let received = self.receive(repo, hint, chunk.bytes).await?;
        let source = Source::Chunk {
            received,
            offset: Some(chunk.offset),
            filesize: chunk.filesize,
            key: chunk.key.as_ref().map(|key| key.as_str().to_owned()),
            parallel: chunk.parallel,
        };
        repo.upload(self.request(name, source, Options { ignore_warnings: true, stash: true })).await
    }

    async fn receive(&self, repo: &Arc<Repository>, hint: Hint, content: &[u8]) -> Result<Received, Error> {
        let mut frames: Vec<Bytes> = content.chunks(700).map(Bytes::copy_from_slice).collect();
        frames.reverse();
        repo.receive(self.caller.id, hint, &mut Frames(frames)).await
    }

    fn request(&self, name: &str, source: Source, options: Options) -> UploadRequest {
        UploadRequest {
            caller: self.caller.clone(),
            filename: Some(name.to_owned()),
            comment: "A comment".to_owned(),
            text: None,
            tags: Vec::new(),
            ignore_warnings: options.ignore_warnings,
            stash: options.stash,
            watching: Watching::default(),
            timing: if self.asks_async.load(Ordering::Relaxed) {
                Timing::AfterAnswer
            } else {
                Timing::BeforeAnswer
            },
            checksums: Checksums::default(),
            source,
        }
    }
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) ignore_warnings: bool,
    pub(crate) stash: bool,
}

pub(crate) struct Chunk<'a> {
    pub(crate) key: Option<FileKey>,
    pub(crate) bytes: &'a [u8],
    pub(crate) offset: u64,
    pub(crate) filesize: u64,
    pub(crate) parallel: bool,
}

/// Bytes that come in pieces, the last one first in the list.
struct Frames(Vec<Bytes>);

#[async_trait]
impl ByteSource for Frames {
    async fn next(&mut self) -> Result<Option<Bytes>, SourceError> {
        Ok(self.0.pop())
    }
}

/// What is served under a name.
pub(crate) async fn content_of(repo: &Repository, name: &str) -> Option<Vec<u8>> {
    let file = repo.original(&FileTitle::from_db(name)).await.unwrap()?;
    let stream = repo.bytes(&file, 0..u64::MAX).await.unwrap().unwrap();
    let bytes: Vec<Bytes> = stream.try_collect().await.unwrap();
    Some(bytes.concat())
}

/// A picture of about this many bytes, which differ by the number.
pub(crate) fn picture(number: u8, size: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff".to_vec();
    while bytes.len() + 260 < size {
        // A comment.
        bytes.extend([0x21, 0xfe, 250]);
        bytes.extend([number; 250]);
        bytes.push(0);
    }
    bytes.extend(b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b");
    bytes
}
