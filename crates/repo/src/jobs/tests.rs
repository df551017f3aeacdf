use std::ops::Range;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_blob::MemoryStore;
use commonhold_blob::faulty::{Call, Fault, FaultyStore};
use commonhold_catalogue::Db;
use commonhold_core::user::{Caller, Via};
use commonhold_core::{Clock, Rate, Timestamp};

use super::*;
use crate::receive::{ByteSource, Hint, SourceError};
use crate::upload::{Source, Timing, UploadRequest};
use crate::{Checksums, Settings, StashedFile, Watching};

const START: i64 = 1_800_000_000;
const NAME: &str = "Test.gif";

/// A clock that is set.
#[derive(Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(START + self.0.load(Ordering::Relaxed))
    }
}

/// Gives no bytes twice.
#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.fill(0);
        // Where all kinds of keys take bits from.
        let room = buffer.len().min(10).saturating_sub(2).min(8);
        buffer[2..2 + room].copy_from_slice(&number[8 - room..]);
    }
}

struct OnePiece(Option<Bytes>);

#[async_trait]
impl ByteSource for OnePiece {
    async fn next(&mut self) -> Result<Option<Bytes>, SourceError> {
        Ok(self.0.take())
    }
}

/// A repository with a clock and a disk that do as they are told, and a user.
struct World {
    repo: Arc<Repository>,
    clock: Arc<Hands>,
    /// How often the next sealings fail.
    failures: Arc<AtomicU64>,
    caller: Caller,
    _directory: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&directory.path().join("catalogue.sqlite")).unwrap();
        let (clock, failures) = (Arc::new(Hands::default()), Arc::new(AtomicU64::new(0)));
        let left = failures.clone();
        let plan = move |call| {
            let fails = call == Call::Seal
                && left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok();
            fails.then_some(Fault::Before)
        };
        let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), Arc::new(plan)));
        let mut settings = Settings::default();
        settings.uploads.min_chunk_bytes = 1;
        set(&mut settings);
        let repo =
            Repository::open(db, store, settings, clock.clone(), Arc::new(Counter::default())).unwrap();
        let repo = Arc::new(repo);
        let user = repo.create_user("Ada", "a long password of hers", &[]).await.unwrap();
        let caller = repo.absent_caller(user.id, None, None).await.unwrap();
        Self { repo, clock, failures, caller, _directory: directory }
    }

    fn later(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn request(&self, name: &str, source: Source) -> UploadRequest {
        UploadRequest {
            caller: self.caller.clone(),
            filename: Some(name.to_owned()),
            comment: "why".to_owned(),
            text: None,
            tags: Vec::new(),
            ignore_warnings: false,
            stash: false,
            watching: Watching::default(),
            timing: Timing::AfterAnswer,
            checksums: Checksums::default(),
            source,
        }
    }

    async fn chunk(
        &self,
        name: &str,
        data: &[u8],
        part: Range<usize>,
        key: Option<&FileKey>,
    ) -> Result<Outcome> {
        let mut source = OnePiece(Some(Bytes::copy_from_slice(&data[part.clone()])));
        let received = self.repo.receive(self.caller.id, Hint::Fresh, &mut source).await?;
        let source = Source::Chunk {
            received,
            offset: Some(part.start as u64),
            filesize: data.len() as u64,
            key: key.map(ToString::to_string),
            parallel: false,
        };
        self.repo.upload(self.request(name, source)).await
    }

    /// Sends two chunks; gives the key, after `Poll`.
    async fn queue_upload(&self, name: &str, data: &[u8]) -> FileKey {
        let Outcome::Continue { key, .. } = self.chunk(name, data, 0..30, None).await.unwrap() else {
            panic!("the first chunk isn't accepted")
        };
        let last = self.chunk(name, data, 30..data.len(), Some(&key)).await.unwrap();
        assert!(matches!(&last, Outcome::AssemblyQueued { key: same, .. } if *same == key), "{last:?}");
        key
    }

    async fn publish(&self, name: &str, key: &FileKey) -> Result<Outcome> {
        self.repo.upload(self.request(name, Source::Stashed(key.to_string()))).await
    }

    async fn publish_now(&self, name: &str, key: &FileKey) -> Result<Outcome> {
        let request = self.request(name, Source::Stashed(key.to_string()));
        self.repo.upload(UploadRequest { timing: Timing::BeforeAnswer, ..request }).await
    }

    async fn status(&self, key: &FileKey) -> UploadStatus {
        self.repo.upload_status(&self.caller, key.as_str()).await.unwrap().0
    }

    async fn run(&self) -> bool {
        self.repo.run_next_job().await.unwrap()
    }

    /// A whole file that a job has put in the stash.
    async fn stashed(&self, name: &str, data: &[u8]) -> StashedFile {
        let key = self.queue_upload(name, data).await;
        assert!(self.run().await);
        match self.status(&key).await {
            UploadStatus::Stashed { file, .. } => *file,
            other => panic!("{other:?}"),
        }
    }

    /// All there is of a file.
    async fn versions(&self, name: &str) -> usize {
        let title = commonhold_core::title::FileTitle::from_db(name);
        let current = self.repo.current_versions(std::slice::from_ref(&title)).await.unwrap();
        current.len() + self.repo.old_versions(&title, None, None, 10).await.unwrap().len()
    }
}

fn gif(number: u8) -> Vec<u8> {
    let mut data = b"GIF89a\x10\0\x10\0\0\0\0".to_vec();
    data.extend([number; 80]);
    data.push(b';');
    data
}

fn refused(outcome: Result<Outcome>) -> Refusal {
    match outcome {
        Err(Error::Refused(refusal)) => *refusal,
        other => panic!("{other:?}"),
    }
}

fn failed(status: UploadStatus) -> Refusal {
    match status {
        UploadStatus::Failed(refusal) => *refusal,
        other => panic!("{other:?}"),
    }
}

fn is_waiting(status: &UploadStatus) -> bool {
    matches!(status, UploadStatus::Working(Stage::Queued))
}

#[tokio::test]
async fn an_upload_goes_through_its_stages() {
    let world = World::new().await;
    let data = gif(1);
    let Outcome::Continue { key, .. } = world.chunk(NAME, &data, 0..30, None).await.unwrap() else {
        panic!()
    };
    assert!(matches!(world.status(&key).await, UploadStatus::Uploading(30)));
    world.chunk(NAME, &data, 30..data.len(), Some(&key)).await.unwrap();
    assert!(is_waiting(&world.status(&key).await));

    world.later(5);
    let job = world.repo.claim_job().await.unwrap().unwrap();
    assert!(matches!(world.status(&key).await, UploadStatus::Working(Stage::Assembling)));
    assert_eq!(world.repo.claim_job().await.unwrap(), None);
    world.repo.give_back_jobs().await.unwrap();
    assert!(is_waiting(&world.status(&key).await));

    assert!(world.run().await);
    assert!(!world.run().await);
    let (status, progress) = world.repo.upload_status(&world.caller, key.as_str()).await.unwrap();
    let UploadStatus::Stashed { file, .. } = status else { panic!("{status:?}") };
    assert_ne!(file.key, key);
    assert_eq!(file.hashes.size, data.len() as u64);
    assert_eq!((progress.received, progress.filesize), (data.len() as u64, Some(data.len() as u64)));
    let began: Vec<(Stage, i64)> = progress.stages.iter().map(|(s, at)| (*s, at.unix() - START)).collect();
    assert_eq!(began, [(Stage::Queued, 0), (Stage::Assembling, 5), (Stage::Assembling, 5)]);
    assert_eq!(progress.finished, Some(Timestamp::from_unix(START + 5)));
    assert!(matches!(world.status(&file.key).await, UploadStatus::Nothing));
    assert_eq!(job.user_id, world.caller.id);

    let queued = world.publish("test.gif", &file.key).await.unwrap();
    assert!(matches!(&queued, Outcome::PublicationQueued { filename, .. } if filename == NAME), "{queued:?}");
    assert_eq!(refused(world.publish(NAME, &file.key).await).code, "publishfailed");
    assert!(is_waiting(&world.status(&file.key).await));
    assert_eq!(world.versions(NAME).await, 0);
    assert!(world.run().await);
    let status = world.status(&file.key).await;
    let UploadStatus::Published { filename, version } = status else { panic!("{status:?}") };
    assert_eq!((filename.as_str(), version.unwrap().comment.as_str()), (NAME, "why"));
    // The upload's own status is still there.
    assert!(matches!(world.status(&key).await, UploadStatus::Stashed { .. }));
}

#[tokio::test]
async fn a_status_is_its_owners_only() {
    let world = World::new().await;
    let key = world.queue_upload(NAME, &gif(1)).await;
    let other = world.repo.create_user("Bob", "a long password of his", &[]).await.unwrap();
    let bob = world.repo.absent_caller(other.id, None, None).await.unwrap();
    for caller in [bob, Caller::anonymous("192.0.2.1", world.repo.groups())] {
        let (status, progress) = world.repo.upload_status(&caller, key.as_str()).await.unwrap();
        assert!(matches!(status, UploadStatus::Nothing), "{status:?}");
        assert_eq!((progress.received, progress.stages.len()), (0, 0));
    }
}

#[tokio::test]
async fn a_file_of_one_chunk_is_queued_as_well() {
    let world = World::new().await;
    let data = gif(1);
    let outcome = world.chunk(NAME, &data, 0..data.len(), None).await.unwrap();
    let Outcome::AssemblyQueued { key, .. } = outcome else { panic!("{outcome:?}") };
    assert!(world.run().await);
    assert!(matches!(world.status(&key).await, UploadStatus::Stashed { .. }));
}

#[tokio::test]
async fn a_repeated_last_chunk_is_answered_again() {
    let world = World::new().await;
    let data = gif(1);
    let key = world.queue_upload(NAME, &data).await;
    let again = world.chunk(NAME, &data, 30..data.len(), Some(&key)).await.unwrap();
    assert!(matches!(again, Outcome::AssemblyQueued { .. }), "{again:?}");
    assert!(world.run().await);
    assert!(!world.run().await, "there was one job");
    let UploadStatus::Stashed { file, .. } = world.status(&key).await else { panic!() };
    let again = world.chunk(NAME, &data, 30..data.len(), Some(&key)).await.unwrap();
    assert!(matches!(&again, Outcome::Stashed { file: same, .. } if same.key == file.key), "{again:?}");
}

#[tokio::test]
async fn nothing_is_appended_to_a_queued_upload() {
    let world = World::new().await;
    let mut data = gif(1);
    let key = world.queue_upload(NAME, &data).await;
    let end = data.len();
    data.extend([7; 20]);
    let refusal = refused(world.chunk(NAME, &data, end..end + 20, Some(&key)).await);
    assert_eq!(refusal.code, "stashfailed");
    assert!(world.run().await);
    assert!(matches!(world.status(&key).await, UploadStatus::Stashed { .. }));
}

#[tokio::test]
async fn who_does_not_wait_for_the_job_gets_the_same() {
    let world = World::new().await;
    let data = gif(1);
    let key = world.queue_upload(NAME, &data).await;
    let mut source = OnePiece(Some(Bytes::copy_from_slice(&data[30..])));
    let received = world.repo.receive(world.caller.id, Hint::Fresh, &mut source).await.unwrap();
    let source = Source::Chunk {
        received,
        offset: Some(30),
        filesize: data.len() as u64,
        key: Some(key.to_string()),
        parallel: false,
    };
    let request = UploadRequest { timing: Timing::BeforeAnswer, ..world.request(NAME, source) };
    let outcome = world.repo.upload(request).await.unwrap();
    let Outcome::Stashed { file, .. } = outcome else { panic!("{outcome:?}") };
    assert!(world.run().await);
    let status = world.status(&key).await;
    let UploadStatus::Stashed { file: of_job, .. } = status else { panic!("{status:?}") };
    assert_eq!(of_job.key, file.key);

    world.publish(NAME, &file.key).await.unwrap();
    let now = world.publish_now(NAME, &file.key).await.unwrap();
    assert!(matches!(now, Outcome::Published { .. }), "{now:?}");
    assert!(world.run().await);
    assert!(matches!(world.status(&file.key).await, UploadStatus::Published { .. }));
    assert_eq!(world.versions(NAME).await, 1);
}

#[tokio::test]
async fn a_job_whose_process_died_runs_again_after_its_lease() {
    let world = World::new().await;
    let key = world.queue_upload(NAME, &gif(1)).await;
    let job = world.repo.claim_job().await.unwrap().unwrap();
    // It did its work, and died before it could say so.
    let Ended::Stashed { key: whole, .. } = world.repo.carry_out(&job).await.unwrap() else { panic!() };
    assert!(!world.run().await);
    world.later(LEASE_SECONDS + 1);
    assert!(world.run().await);
    let UploadStatus::Stashed { file, .. } = world.status(&key).await else { panic!() };
    assert_eq!(file.key, whole);
    assert_eq!(world.repo.stash_of(&world.caller, None, 10).await.unwrap().len(), 1);

    world.publish(NAME, &whole).await.unwrap();
    let job = world.repo.claim_job().await.unwrap().unwrap();
    world.repo.carry_out(&job).await.unwrap();
    world.later(LEASE_SECONDS + 1);
    assert!(world.run().await);
    assert!(matches!(world.status(&whole).await, UploadStatus::Published { .. }));
    assert_eq!(world.versions(NAME).await, 1);
}

#[tokio::test]
async fn the_next_process_takes_over_at_once() {
    let world = World::new().await;
    let key = world.queue_upload(NAME, &gif(1)).await;
    world.repo.claim_job().await.unwrap().unwrap();
    assert!(!world.run().await);
    world.repo.take_over().await.unwrap();
    assert!(world.run().await);
    assert!(matches!(world.status(&key).await, UploadStatus::Stashed { .. }));
}

#[tokio::test]
async fn a_fault_is_tried_again_after_longer_and_longer_pauses() {
    let world = World::new().await;
    let key = world.queue_upload(NAME, &gif(1)).await;
    world.failures.store(2, Ordering::Relaxed);
    for pause in [2, 4] {
        assert!(world.run().await);
        assert!(is_waiting(&world.status(&key).await));
        world.later(pause - 1);
        assert!(!world.run().await);
        world.later(1);
    }
    assert!(world.run().await);
    assert!(matches!(world.status(&key).await, UploadStatus::Stashed { .. }));
}

#[tokio::test]
async fn what_fails_too_often_is_given_up_and_may_be_asked_for_again() {
    let world = World::new().await;
    let data = gif(1);
    let key = world.queue_upload(NAME, &data).await;
    world.failures.store(u64::MAX, Ordering::Relaxed);
    for _ in 0..ATTEMPTS {
        world.later(LONGEST_PAUSE_SECONDS);
        assert!(world.run().await);
    }
    world.later(LONGEST_PAUSE_SECONDS);
    assert!(!world.run().await);
    let refusal = failed(world.status(&key).await);
    assert_eq!(
        (refusal.code.as_ref(), refusal.message.key.as_ref()),
        ("stashfailed", "api-error-stashfailed")
    );

    world.failures.store(0, Ordering::Relaxed);
    let again = world.chunk(NAME, &data, 30..data.len(), Some(&key)).await.unwrap();
    assert!(matches!(again, Outcome::AssemblyQueued { .. }), "{again:?}");
    assert!(world.run().await);
    assert!(matches!(world.status(&key).await, UploadStatus::Stashed { .. }));
}

#[tokio::test]
async fn a_job_that_kills_its_process_is_given_up() {
    let world = World::new().await;
    let key = world.queue_upload(NAME, &gif(1)).await;
    for _ in 0..ATTEMPTS {
        world.repo.claim_job().await.unwrap().unwrap();
        world.later(LEASE_SECONDS + 1);
    }
    assert!(world.run().await);
    assert_eq!(failed(world.status(&key).await).message.key, "api-error-stashfailed");
}

#[tokio::test]
async fn refused_content_is_told_with_its_details() {
    let world = World::new().await;
    let data = gif(1);
    let Outcome::Continue { key, .. } = world.chunk(NAME, &data, 0..30, None).await.unwrap() else {
        panic!()
    };
    // The last chunk's name counts.
    world.chunk("Test.png", &data, 30..data.len(), Some(&key)).await.unwrap();
    let job = world.repo.claim_job().await.unwrap().unwrap();
    world.repo.carry_out(&job).await.unwrap();
    // Again, as after a crash.
    world.later(LEASE_SECONDS + 1);
    assert!(world.run().await);
    let refusal = failed(world.status(&key).await);
    assert_eq!((refusal.code.as_ref(), refusal.message.key.as_ref()), ("stashfailed", "verification-error"));
    let details: Data = vec!["filetype-mime-mismatch", "png", "image/gif"].into();
    assert_eq!(refusal.data, [("details", details)]);
    let again = refused(world.chunk("Test.png", &data, 30..data.len(), Some(&key)).await);
    assert_eq!((again.code.as_ref(), again.data.len()), ("stashfailed", 0));

    let file = world.stashed(NAME, &gif(2)).await;
    let queued = world.publish("Test.png", &file.key).await.unwrap();
    assert!(matches!(queued, Outcome::PublicationQueued { .. }), "the content is looked at later");
    assert!(world.run().await);
    assert_eq!(failed(world.status(&file.key).await).message.key, "verification-error");
    // It may be asked for again.
    world.publish(NAME, &file.key).await.unwrap();
    assert!(world.run().await);
    assert!(matches!(world.status(&file.key).await, UploadStatus::Published { .. }));
}

#[tokio::test]
async fn names_and_warnings_are_judged_before_queueing() {
    let world = World::new().await;
    let file = world.stashed(NAME, &gif(1)).await;
    world.publish_now(NAME, &file.key).await.unwrap();
    let other = world.stashed("Other.gif", &gif(2)).await;
    let illegal = refused(world.publish("A~~~.gif", &other.key).await);
    assert_eq!(illegal.code, "illegal-filename");
    assert!(illegal.data.contains(&("filekey", other.key.as_str().into())));
    assert_eq!(refused(world.publish("A.exe", &other.key).await).code, "filetype-banned");

    let warned = world.publish(NAME, &other.key).await.unwrap();
    let Outcome::Warned { warnings, key: Some(key) } = warned else { panic!("{warned:?}") };
    assert_eq!(warnings.data(), Data::map([("exists", NAME.into())]));
    assert!(matches!(world.status(&other.key).await, UploadStatus::Nothing));
    let request =
        UploadRequest { ignore_warnings: true, ..world.request(NAME, Source::Stashed(key.to_string())) };
    let queued = world.repo.upload(request).await.unwrap();
    let Outcome::PublicationQueued { warnings, .. } = queued else { panic!("{queued:?}") };
    assert_eq!(warnings.data(), Data::map([("exists", NAME.into())]));
    assert!(world.run().await);
    assert!(matches!(world.status(&key).await, UploadStatus::Published { .. }));
    assert_eq!(world.versions(NAME).await, 2);
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_is_warned_about() {
    let world = World::new().await;
    let (first, second) = (world.stashed(NAME, &gif(1)).await, world.stashed(NAME, &gif(2)).await);
    world.publish(NAME, &first.key).await.unwrap();
    world.publish_now(NAME, &second.key).await.unwrap();
    assert!(world.run().await);
    let status = world.status(&first.key).await;
    let UploadStatus::Warned { warnings, key: Some(key) } = status else { panic!("{status:?}") };
    assert_eq!(warnings, Data::map([("exists", NAME.into())]));
    assert_eq!(world.versions(NAME).await, 1);
    assert!(matches!(world.publish_now("Other.gif", &key).await.unwrap(), Outcome::Published { .. }));
}

#[tokio::test]
async fn the_same_content_again_is_refused_by_the_job() {
    let world = World::new().await;
    let (first, second) = (world.stashed(NAME, &gif(1)).await, world.stashed("Other.gif", &gif(1)).await);
    world.publish_now(NAME, &first.key).await.unwrap();
    let request = UploadRequest {
        ignore_warnings: true,
        ..world.request(NAME, Source::Stashed(second.key.to_string()))
    };
    world.repo.upload(request).await.unwrap();
    assert!(world.run().await);
    let refusal = failed(world.status(&second.key).await);
    assert_eq!(
        (refusal.code.as_ref(), refusal.message.key.as_ref()),
        ("stashfailed", "fileexists-no-change")
    );
}

#[tokio::test]
async fn rights_count_when_the_job_is_done() {
    let world = World::new().await;
    let file = world.stashed(NAME, &gif(1)).await;
    let mut by_robot = world.request(NAME, Source::Stashed(file.key.to_string()));
    // The bot password is none any more when the job's turn comes.
    by_robot.caller.via = Via::BotPassword { app_id: "robot".to_owned() };
    world.repo.upload(by_robot).await.unwrap();
    assert!(world.run().await);
    assert_eq!(failed(world.status(&file.key).await).code, "stashfailed");
    assert_eq!(world.versions(NAME).await, 0);
}

#[tokio::test]
async fn a_request_counts_when_it_is_made_and_only_once() {
    let world = World::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.uploads.user = Some(Rate { hits: 1, seconds: 60 });
    })
    .await;
    let (first, second) = (world.stashed(NAME, &gif(1)).await, world.stashed("Other.gif", &gif(2)).await);
    world.publish(NAME, &first.key).await.unwrap();
    assert_eq!(refused(world.publish("Other.gif", &second.key).await).code, "ratelimited");
    assert!(world.run().await);
    assert!(matches!(world.status(&first.key).await, UploadStatus::Published { .. }));
    assert!(!world.run().await);
}

#[tokio::test]
async fn where_it_is_switched_off_everything_is_done_at_once() {
    let world = World::with(|settings| settings.uploads.asynchronous = false).await;
    let data = gif(1);
    let Outcome::Continue { key, .. } = world.chunk(NAME, &data, 0..30, None).await.unwrap() else {
        panic!()
    };
    let last = world.chunk(NAME, &data, 30..data.len(), Some(&key)).await.unwrap();
    let Outcome::Stashed { file, .. } = last else { panic!("{last:?}") };
    assert!(matches!(world.publish(NAME, &file.key).await.unwrap(), Outcome::Published { .. }));
    assert!(!world.run().await);
    assert!(matches!(world.status(&key).await, UploadStatus::Nothing));
}

#[tokio::test]
async fn a_whole_file_in_the_request_can_not_be_left_to_a_job() {
    let world = World::new().await;
    let mut source = OnePiece(Some(gif(1).into()));
    let received = world.repo.receive(world.caller.id, Hint::Fresh, &mut source).await.unwrap();
    let refusal = refused(world.repo.upload(world.request(NAME, Source::File(received))).await);
    assert_eq!(refusal.code, "cannot-async-upload-file");
}

#[tokio::test]
async fn a_status_is_kept_as_long_as_a_stashed_file() {
    let world = World::new().await;
    let file = world.stashed(NAME, &gif(1)).await;
    world.publish(NAME, &file.key).await.unwrap();
    assert!(world.run().await);
    world.later(world.repo.settings().uploads.stash_max_age_seconds);
    assert_eq!(world.repo.sweep_jobs().await.unwrap(), 0);
    world.later(1);
    assert_eq!(world.repo.sweep_jobs().await.unwrap(), 2);
    assert!(matches!(world.status(&file.key).await, UploadStatus::Nothing));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_are_woken_and_end_when_told() {
    let world = World::new().await;
    let (end, ending) = watch::channel(false);
    let workers: Vec<_> =
        (0..2).map(|_| tokio::spawn(Arc::clone(&world.repo).work(ending.clone()))).collect();
    // Sooner than they would look by themselves.
    let done = tokio::time::timeout(POLL / 2, async {
        let key = world.queue_upload(NAME, &gif(1)).await;
        while !matches!(world.status(&key).await, UploadStatus::Stashed { .. }) {
            tokio::task::yield_now().await;
        }
    });
    done.await.unwrap();
    end.send(true).unwrap();
    for worker in workers {
        tokio::time::timeout(POLL / 2, worker).await.unwrap().unwrap();
    }
}
