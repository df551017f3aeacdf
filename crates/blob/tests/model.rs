//! Random sequences of everything that can be done to a few blobs, on each store, against a model.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use commonhold_blob::conformance::fresh_key;
use commonhold_blob::{BlobStore, DiskStore, Error, Hashing, MemoryStore, Partial, Place, Writer};
use commonhold_core::BlobKey;
use futures_util::TryStreamExt;
use proptest::prelude::*;

/// What a step does to one of the blobs.
#[derive(Clone, Debug)]
enum Step {
    Begin,
    /// Opens a writer at the recorded offset.
    Open,
    /// Opens a writer behind bytes that aren't there.
    OpenBeyond,
    /// Sends a frame to the writer that was opened last, or to the one before it.
    Frame {
        earlier: bool,
        len: usize,
    },
    Finish {
        earlier: bool,
    },
    Drop,
    Seal,
    SealBeyond,
    Discard,
    Remove,
    Inspect,
    /// Ends the process, as far as the store can tell.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let len = prop_oneof![0..100_usize, 250_000..270_000_usize, 500_000..600_000_usize];
    prop_oneof![
        4 => Just(Step::Begin),
        6 => Just(Step::Open),
        1 => Just(Step::OpenBeyond),
        12 => (prop::bool::weighted(0.2), len).prop_map(|(earlier, len)| Step::Frame { earlier, len }),
        6 => prop::bool::weighted(0.2).prop_map(|earlier| Step::Finish { earlier }),
        2 => Just(Step::Drop),
        3 => Just(Step::Seal),
        1 => Just(Step::SealBeyond),
        1 => Just(Step::Discard),
        1 => Just(Step::Remove),
        3 => Just(Step::Inspect),
        1 => Just(Step::Restart),
    ]
}

#[derive(Default)]
enum Model {
    #[default]
    Absent,
    Partial {
        partial: Partial,
        /// What finished writers wrote.
        recorded: Vec<u8>,
        /// The saved hash state, as the catalogue would have it.
        state: Vec<u8>,
    },
    Sealed {
        partial: Partial,
        bytes: Vec<u8>,
    },
}

/// A writer and what it will have written.
struct Open {
    writer: Box<dyn Writer>,
    bytes: Vec<u8>,
    /// Nothing came between yet.
    valid: bool,
}

#[derive(Default)]
struct Blob {
    model: Model,
    /// The latest is the last.
    writers: Vec<Open>,
}

impl Blob {
    fn supersede(&mut self) {
        for writer in &mut self.writers {
            writer.valid = false;
        }
    }

    fn take(&mut self, earlier: bool) -> Option<Open> {
        let back = if earlier { 2 } else { 1 };
        let index = self.writers.len().checked_sub(back)?;
        Some(self.writers.remove(index))
    }

    async fn apply(&mut self, store: &dyn BlobStore, number: usize, step: &Step) {
        match step {
            Step::Begin => self.begin(store).await,
            Step::Open => self.open(store).await,
            Step::OpenBeyond => {
                if let Model::Partial { partial, recorded, .. } = &self.model {
                    let at = recorded.len() as u64 + 1_000_000_000;
                    let outcome = store.write(partial, at, Hashing::new()).await.map(|_| ());
                    assert!(matches!(outcome, Err(Error::Length { .. })), "{outcome:?}");
                    self.supersede();
                }
            }
            Step::Frame { earlier, len } => {
                let Some(mut open) = self.take(*earlier) else { return };
                let frame = vec![number as u8; *len];
                let outcome = open.writer.write(Bytes::from(frame.clone())).await;
                assert!(outcome.is_ok() || !open.valid, "{outcome:?}");
                open.bytes.extend(frame);
                let index = self.writers.len().saturating_sub(usize::from(*earlier));
                self.writers.insert(index, open);
            }
            Step::Finish { earlier } => self.finish(*earlier).await,
            Step::Drop => drop(self.take(false)),
            Step::Seal => self.seal(store).await,
            Step::SealBeyond => {
                let (partial, len) = match &self.model {
                    Model::Absent => return,
                    Model::Partial { partial, recorded, .. } => (partial, recorded.len()),
                    Model::Sealed { partial, bytes } => (partial, bytes.len()),
                };
                let outcome = store.seal(partial, len as u64 + 1_000_000_000).await;
                assert!(matches!(outcome, Err(Error::Length { .. })), "{outcome:?}");
                self.supersede();
            }
            Step::Discard => match &self.model {
                Model::Absent => {}
                Model::Partial { partial, .. } => {
                    store.discard(partial).await.unwrap();
                    self.supersede();
                    self.model = Model::Absent;
                }
                Model::Sealed { partial, .. } => store.discard(partial).await.unwrap(),
            },
            Step::Remove => {
                if let Model::Sealed { partial, .. } = &self.model {
                    store.remove(partial.key()).await.unwrap();
                    self.model = Model::Absent;
                }
            }
            Step::Inspect => self.inspect(store).await,
            Step::Restart => {}
        }
    }

    async fn begin(&mut self, store: &dyn BlobStore) {
        match &self.model {
            Model::Absent => {
                let partial = store.begin(fresh_key()).await.unwrap();
                self.model = Model::Partial { partial, recorded: Vec::new(), state: Hashing::new().save() };
            }
            Model::Partial { partial, .. } | Model::Sealed { partial, .. } => {
                let outcome = store.begin(partial.key().clone()).await;
                assert!(matches!(outcome, Err(Error::Taken(_))), "{outcome:?}");
            }
        }
    }

    async fn open(&mut self, store: &dyn BlobStore) {
        match &self.model {
            Model::Absent => {}
            Model::Partial { partial, recorded, state } => {
                let hashing = Hashing::resume(state).unwrap();
                let writer = store.write(partial, recorded.len() as u64, hashing).await.unwrap();
                let bytes = recorded.clone();
                self.supersede();
                self.writers.push(Open { writer, bytes, valid: true });
            }
            Model::Sealed { partial, .. } => {
                let outcome = store.write(partial, 0, Hashing::new()).await.map(|_| ());
                assert!(matches!(outcome, Err(Error::Sealed(_))), "{outcome:?}");
            }
        }
    }

    async fn finish(&mut self, earlier: bool) {
        let Some(open) = self.take(earlier) else { return };
        let outcome = open.writer.finish().await;
        if !open.valid {
            assert!(outcome.is_err(), "a superseded writer finished");
            return;
        }
        let finished = outcome.unwrap();
        let mut straight = Hashing::new();
        straight.update(&open.bytes);
        assert_eq!(finished.hashes(), straight.hashes());
        if let Model::Partial { recorded, state, .. } = &mut self.model {
            (*recorded, *state) = (open.bytes, finished.save());
        }
    }

    async fn seal(&mut self, store: &dyn BlobStore) {
        match std::mem::take(&mut self.model) {
            Model::Absent => {}
            Model::Partial { partial, recorded, .. } => {
                store.seal(&partial, recorded.len() as u64).await.unwrap();
                self.supersede();
                self.model = Model::Sealed { partial, bytes: recorded };
            }
            Model::Sealed { partial, bytes } => {
                store.seal(&partial, bytes.len() as u64).await.unwrap();
                self.model = Model::Sealed { partial, bytes };
            }
        }
    }

    async fn inspect(&self, store: &dyn BlobStore) {
        match &self.model {
            Model::Absent => {}
            Model::Partial { partial, recorded, .. } => {
                assert_eq!(store.stat(partial.key()).await.unwrap(), None);
                let mut there = vec![0; recorded.len()];
                store.open(&Place::Partial(partial.clone())).unwrap().read_exact(&mut there).unwrap();
                assert!(there == *recorded, "recorded bytes are there whatever came after them");
            }
            Model::Sealed { partial, bytes } => {
                assert_eq!(store.stat(partial.key()).await.unwrap(), Some(bytes.len() as u64));
                let stream = store.read(partial.key(), 0..u64::MAX).await.unwrap().unwrap();
                let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
                assert!(pieces.concat() == *bytes, "sealed bytes never change");
            }
        }
    }
}

async fn run(
    mut store: Box<dyn BlobStore>,
    steps: &[(usize, Step)],
    restart: impl Fn(Box<dyn BlobStore>) -> Box<dyn BlobStore>,
) -> Vec<BlobKey> {
    let mut blobs = [Blob::default(), Blob::default(), Blob::default()];
    for (number, (which, step)) in steps.iter().enumerate() {
        if matches!(step, Step::Restart) {
            for blob in &mut blobs {
                // A process that ends takes its threads along; here they are waited for.
                blob.open(&*store).await;
                blob.writers.clear();
            }
            store = restart(store);
        }
        blobs[*which].apply(&*store, number + 1, step).await;
    }
    let (mut sealed, mut partials) = (Vec::new(), Vec::new());
    for blob in &blobs {
        blob.inspect(&*store).await;
        match &blob.model {
            Model::Absent => {}
            Model::Partial { partial, .. } => partials.push(partial.key().clone()),
            Model::Sealed { partial, .. } => sealed.push(partial.key().clone()),
        }
    }
    let mut listed = store.list(None, 100).await.unwrap();
    listed.sort();
    sealed.sort();
    assert_eq!(listed, sealed);
    partials.sort();
    partials
}

fn files_in(directory: &Path) -> Vec<BlobKey> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut keys: Vec<_> = directory.read_dir().unwrap().map(|e| BlobKey::parse(&name(e)).unwrap()).collect();
    keys.sort();
    keys
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_ends_as_the_model_says(steps in prop::collection::vec((0..3_usize, step()), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            run(Box::new(MemoryStore::new()), &steps, |store| store).await;
            let directory = tempfile::tempdir().unwrap();
            let open = || -> Box<dyn BlobStore> { Box::new(DiskStore::open(directory.path()).unwrap()) };
            let partials = run(open(), &steps, |store| {
                drop(store);
                open()
            })
            .await;
            assert_eq!(files_in(&directory.path().join("partial")), partials, "no partial is left behind");
        });
    }
}

#[tokio::test]
async fn rivals_for_one_partial_leave_the_bytes_of_one() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(DiskStore::open(directory.path()).unwrap());
    let partial = store.begin(fresh_key()).await.unwrap();
    let all_open = Arc::new(tokio::sync::Barrier::new(8));
    let rival = |number: u8| {
        let (store, partial, all_open) = (Arc::clone(&store), partial.clone(), Arc::clone(&all_open));
        async move {
            let mut writer = store.write(&partial, 0, Hashing::new()).await?;
            all_open.wait().await;
            for _ in 0..40 {
                writer.write(vec![number; 30_000].into()).await?;
                tokio::task::yield_now().await;
            }
            writer.finish().await.map(|hashing| (number, hashing))
        }
    };
    let outcomes = futures_util::future::join_all((1..=8).map(rival)).await;
    // Only the last to open can.
    let winners: Vec<_> = outcomes.into_iter().filter_map(Result::ok).collect();
    let [(number, hashing)] = &winners[..] else { panic!("{} writers finished", winners.len()) };
    store.seal(&partial, hashing.size()).await.unwrap();
    let stream = store.read(partial.key(), 0..u64::MAX).await.unwrap().unwrap();
    let bytes = stream.try_collect::<Vec<Bytes>>().await.unwrap().concat();
    assert!(bytes == vec![*number; 1_200_000]);
}
