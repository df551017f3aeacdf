//! SHA-1 collisions can be bought. Two contents with the same SHA-1 are two files all the same.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_blob::{BlobStore, BlobStream, Hashing, Partial, Place, ReadSeek, Result, Writer};
use commonhold_core::title::FileTitle;
use commonhold_core::upload::Warning;
use commonhold_core::{BlobKey, Sha1};
use commonhold_repo::{AllImages, Error, Outcome};

use crate::world::{Chunk, Options, World, content_of, picture};

/// A store that finds the same SHA-1 in all contents of one length.
struct Colliding(Arc<dyn BlobStore>);

struct CollidingWriter(Box<dyn Writer>);

/// A state that goes on with the SHA-256 of one run and the SHA-1 of another, as long, over zeros.
fn collided(hashing: &Hashing) -> Hashing {
    let mut zeros = Hashing::new();
    let mut left = hashing.size();
    while left > 0 {
        let piece = left.min(4_096);
        zeros.update(&vec![0; usize::try_from(piece).unwrap()]);
        left -= piece;
    }
    let (mut saved, other) = (hashing.save(), zeros.save());
    // Between the form and length, which they share, and the SHA-256.
    let sha1 = 9..9 + SHA1_STATE;
    saved[sha1.clone()].copy_from_slice(&other[sha1]);
    Hashing::resume(&saved).unwrap()
}

/// Bytes of a saved SHA-1: five words, the number of blocks, and a block with its fill.
const SHA1_STATE: usize = 20 + 8 + 64;

#[async_trait]
impl BlobStore for Colliding {
    async fn begin(&self, key: BlobKey) -> Result<Partial> {
        self.0.begin(key).await
    }

    async fn write(&self, partial: &Partial, at: u64, hashing: Hashing) -> Result<Box<dyn Writer>> {
        Ok(Box::new(CollidingWriter(self.0.write(partial, at, hashing).await?)))
    }

    async fn seal(&self, partial: &Partial, size: u64) -> Result<()> {
        self.0.seal(partial, size).await
    }

    async fn discard(&self, partial: &Partial) -> Result<()> {
        self.0.discard(partial).await
    }

    async fn read(&self, key: &BlobKey, range: std::ops::Range<u64>) -> Result<Option<BlobStream>> {
        self.0.read(key, range).await
    }

    async fn stat(&self, key: &BlobKey) -> Result<Option<u64>> {
        self.0.stat(key).await
    }

    async fn remove(&self, key: &BlobKey) -> Result<()> {
        self.0.remove(key).await
    }

    async fn list(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<BlobKey>> {
        self.0.list(after, limit).await
    }

    async fn list_partials(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<Partial>> {
        self.0.list_partials(after, limit).await
    }

    fn open(&self, place: &Place) -> Result<Box<dyn ReadSeek>> {
        self.0.open(place)
    }
}

#[async_trait]
impl Writer for CollidingWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.0.write(bytes).await
    }

    async fn finish(self: Box<Self>) -> Result<Hashing> {
        self.0.finish().await.map(|hashing| collided(&hashing))
    }
}

const IGNORING: Options = Options { ignore_warnings: true, stash: false };

#[tokio::test]
async fn contents_with_the_same_sha1_are_two_files() {
    let world = World::new().await;
    let repo = world.over(world.db.clone(), Arc::new(Colliding(Arc::clone(&world.store))));
    let (one, two) = (picture(1, 3_000), picture(2, 3_000));

    // Nobody is told that they are the same: there is no warning to ignore.
    for (name, content) in [("One.gif", &one), ("Two.gif", &two)] {
        let outcome = world.upload(&repo, name, content, Options::default()).await.unwrap();
        assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
    }
    let all = repo.all_images(AllImages { limit: 10, ..AllImages::default() }).await.unwrap();
    assert_eq!(all.iter().map(|v| v.name.as_str()).collect::<Vec<_>>(), ["One.gif", "Two.gif"]);
    assert_eq!(all[0].hashes.sha1, all[1].hashes.sha1, "or this tests nothing");
    assert_ne!(all[0].hashes.sha1, sha1_of(&one));
    assert_ne!(all[0].blob_key, all[1].blob_key);
    assert_eq!(content_of(&repo, "One.gif").await, Some(one.clone()));
    assert_eq!(content_of(&repo, "Two.gif").await, Some(two.clone()));

    // One over the other is a change, with a warning that there is a file, but not that it is the same.
    let outcome = world.upload(&repo, "One.gif", &two, Options::default()).await.unwrap();
    let Outcome::Warned { warnings, .. } = outcome else { panic!("{outcome:?}") };
    let warnings: Vec<&Warning> = warnings.iter().collect();
    assert!(warnings.iter().any(|warning| matches!(warning, Warning::Exists(_))), "{warnings:?}");
    assert!(!warnings.iter().any(|warning| matches!(warning, Warning::NoChange(_))), "{warnings:?}");
    let duplicates = [&Warning::Duplicate(vec!["Two.gif".to_owned()])];
    let told = warnings.iter().filter(|warning| matches!(warning, Warning::Duplicate(_)));
    assert_eq!(
        told.copied().collect::<Vec<_>>(),
        duplicates,
        "of the file that is the same, not of its twin"
    );
    let outcome = world.upload(&repo, "One.gif", &two, IGNORING).await.unwrap();
    assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
    assert_eq!(content_of(&repo, "One.gif").await, Some(two.clone()));

    // And back, which finds the bytes of the old version and not those of their twin.
    world.upload(&repo, "One.gif", &one, IGNORING).await.unwrap();
    assert_eq!(content_of(&repo, "One.gif").await, Some(one.clone()));
    let old = repo.old_versions(&FileTitle::from_db("One.gif"), None, None, 10).await.unwrap();
    assert_eq!(old.len(), 2);

    // The check compares both hashes with the bytes, and finds that SHA-1 is not theirs.
    let (_, problems) = world.fsck(false, i64::MAX / 2).await;
    assert!(!problems.is_empty());
}

#[tokio::test]
async fn chunks_with_the_same_sha1_are_not_taken_for_each_other() {
    let world = World::new().await;
    let repo = world.over(world.db.clone(), Arc::new(Colliding(Arc::clone(&world.store))));
    let (one, two) = (picture(1, 3_000), picture(2, 3_000));
    let filesize = one.len() as u64;
    let chunk = |key, bytes| Chunk { key, bytes, offset: 0, filesize, parallel: false };
    let outcome = world.chunk(&repo, "One.gif", &chunk(None, &one[..1_500]), false).await.unwrap();
    let Outcome::Continue { key, offset: 1_500, .. } = outcome else { panic!("{outcome:?}") };
    // The second chunk, and then another one that claims to be its repetition.
    let second = |bytes| Chunk { key: Some(key.clone()), bytes, offset: 1_500, filesize, parallel: false };
    let outcome = world.chunk(&repo, "One.gif", &second(&one[1_500..2_800]), false).await.unwrap();
    assert!(matches!(outcome, Outcome::Continue { offset: 2_800, .. }), "{outcome:?}");
    let outcome = world.chunk(&repo, "One.gif", &second(&two[1_500..2_800]), false).await;
    match outcome {
        Err(Error::Refused(refusal)) => assert_eq!(refusal.code, "stashfailed"),
        other => panic!("{other:?}"),
    }
}

fn sha1_of(bytes: &[u8]) -> Sha1 {
    let mut hashing = Hashing::new();
    hashing.update(bytes);
    hashing.hashes().sha1
}
