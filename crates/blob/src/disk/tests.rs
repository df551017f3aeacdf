//! What only the disk has: names, modes, the states a crash leaves, and a disk that is slow.

use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc;

use bytes::Bytes;
use futures_util::FutureExt;

use super::block::MOST;
use super::*;
use crate::conformance::fresh_key;

struct Fixture {
    store: DiskStore,
    root: tempfile::TempDir,
}

fn fixture() -> Fixture {
    let root = tempfile::tempdir().unwrap();
    Fixture { store: DiskStore::open(&root.path().join("new/blobs")).unwrap(), root }
}

impl Fixture {
    async fn filled(&self, bytes: &[u8]) -> Partial {
        let partial = self.store.begin(fresh_key()).await.unwrap();
        let mut writer = self.store.write(&partial, 0, Hashing::new()).await.unwrap();
        writer.write(Bytes::copy_from_slice(bytes)).await.unwrap();
        writer.finish().await.unwrap();
        partial
    }

    fn paths(&self, partial: &Partial) -> (PathBuf, PathBuf) {
        (self.store.disk.partial_path(&partial.key), self.store.disk.blob_path(&partial.key))
    }
}

fn contents(path: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    io::Read::read_to_end(&mut File::open(path).unwrap(), &mut out).unwrap();
    out
}

#[tokio::test]
async fn the_layout_is_private_and_stable() {
    let fixture = fixture();
    let partial = fixture.filled(b"x").await;
    fixture.store.seal(&partial, 1).await.unwrap();
    let (_, blob) = fixture.paths(&partial);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&blob), 0o600);
    for directory in blob.ancestors().skip(1).take_while(|path| *path != fixture.root.path()) {
        assert_eq!(mode(directory), 0o700, "{}", directory.display());
    }
    let key = BlobKey::parse("01J9ZQ4K8M0000000000000ZVX").unwrap();
    // 8 bits: the last three of V, 11011, and the five of X, 11101.
    assert!(fixture.store.disk.blob_path(&key).ends_with("blobs/7d/01J9ZQ4K8M0000000000000ZVX"));
}

#[tokio::test]
async fn a_seal_that_a_crash_interrupted_is_taken_up() {
    let fixture = fixture();
    let partial = fixture.filled(b"bytes").await;
    let (first, second) = fixture.paths(&partial);
    // Both names are there; the process ended before it could remove the first.
    std::fs::hard_link(&first, &second).unwrap();
    let refused = fixture.store.write(&partial, 0, Hashing::new()).await.map(|_| ());
    assert!(matches!(refused, Err(Error::Sealed(_))), "{refused:?}");
    assert_eq!(fixture.store.list(None, 9).await.unwrap(), [partial.key().clone()]);
    assert_eq!(fixture.store.list_partials(None, 9).await.unwrap(), std::slice::from_ref(&partial));
    fixture.store.seal(&partial, 5).await.unwrap();
    assert!(!first.exists());
    assert_eq!(fixture.store.list_partials(None, 9).await.unwrap(), []);
    assert_eq!(contents(&second), b"bytes");
}

#[tokio::test]
async fn removing_leaves_no_second_name() {
    let fixture = fixture();
    let partial = fixture.filled(b"bytes").await;
    let (first, second) = fixture.paths(&partial);
    std::fs::hard_link(&first, &second).unwrap();
    fixture.store.remove(&partial.key).await.unwrap();
    assert!(!first.exists() && !second.exists());
}

#[tokio::test]
async fn removing_leaves_a_partial_alone() {
    let fixture = fixture();
    let partial = fixture.filled(b"bytes").await;
    fixture.store.remove(&partial.key).await.unwrap();
    fixture.store.seal(&partial, 5).await.unwrap();
}

#[tokio::test]
async fn another_process_goes_on_with_a_partial() {
    let fixture = fixture();
    let partial = fixture.filled(b"first").await;
    let mut killed = fixture.store.write(&partial, 5, Hashing::new()).await.unwrap();
    killed.write(vec![b'?'; MOST].into()).await.unwrap();
    drop(killed);
    // Waits for the block that is at a worker.
    drop(fixture.store.write(&partial, 5, Hashing::new()).await.unwrap());
    assert_eq!(fixture.paths(&partial).0.metadata().unwrap().len(), MOST as u64);

    let other = DiskStore::open(&fixture.root.path().join("new/blobs")).unwrap();
    other.seal(&partial, 5).await.unwrap();
    assert_eq!(contents(&fixture.paths(&partial).1), b"first");
}

#[tokio::test]
async fn foreign_files_are_not_listed() {
    let fixture = fixture();
    std::fs::write(fixture.root.path().join("new/blobs/blobs/00/README"), "x").unwrap();
    assert_eq!(fixture.store.list(None, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_sender_waits_for_a_slow_disk() {
    let fixture = fixture();
    let partial = fixture.store.begin(fresh_key()).await.unwrap();
    let mut writer = fixture.store.write(&partial, 0, Hashing::new()).await.unwrap();
    // Holds the writer's next step back.
    let slot = fixture.store.disk.turns.slot(&partial.key);
    let (ready, held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let disk = std::thread::spawn(move || {
        let _step = slot.lock().unwrap();
        ready.send(()).unwrap();
        released.recv().unwrap();
    });
    held.recv().unwrap();

    let frame = Bytes::from(vec![1; 60_000]);
    let mut taken = 0;
    let waiting = loop {
        let mut write = writer.write(frame.clone());
        match (&mut write).now_or_never() {
            Some(outcome) => outcome.unwrap(),
            None => break write,
        }
        taken += frame.len();
        assert!(taken <= 2 * MOST, "{taken} bytes are in memory");
    };
    release.send(()).unwrap();
    disk.join().unwrap();
    waiting.await.unwrap();
    let hashing = writer.finish().await.unwrap();
    assert_eq!(hashing.size(), (taken + frame.len()) as u64);
}

#[tokio::test]
async fn a_large_blob_is_synced_while_it_comes_in() {
    let fixture = fixture();
    let partial = fixture.store.begin(fresh_key()).await.unwrap();
    let mut writer = fixture.store.write(&partial, 0, Hashing::new()).await.unwrap();
    let (frame, frames) = (Bytes::from(vec![7; 1_000_000]), 80_u64);
    for _ in 0..frames {
        writer.write(frame.clone()).await.unwrap();
    }
    let hashing = writer.finish().await.unwrap();
    assert_eq!(hashing.size(), frames * 1_000_000);
    fixture.store.seal(&partial, hashing.size()).await.unwrap();
    assert_eq!(fixture.store.stat(&partial.key).await.unwrap(), Some(hashing.size()));
}

#[tokio::test]
async fn parts_of_any_length_follow_each_other_directly_or_not() {
    for direct in [true, false] {
        let fixture = fixture();
        fixture.store.disk.direct.store(direct, Ordering::Relaxed);
        let partial = fixture.store.begin(fresh_key()).await.unwrap();
        let (mut expected, mut hashing) = (Vec::new(), Hashing::new());
        for (number, length) in
            [MOST + 1, 4095, 3 * MOST, 1, 70_000, 2 * MOST - 4096, 65_537].into_iter().enumerate()
        {
            let part: Vec<u8> = (0..length).map(|i| (i / 3 + i % 11 + number) as u8).collect();
            let mut writer = fixture.store.write(&partial, expected.len() as u64, hashing).await.unwrap();
            for frame in part.chunks(100_003) {
                writer.write(Bytes::copy_from_slice(frame)).await.unwrap();
            }
            hashing = writer.finish().await.unwrap();
            expected.extend(part);
        }
        let mut straight = Hashing::new();
        straight.update(&expected);
        assert_eq!(hashing.hashes(), straight.hashes());
        fixture.store.seal(&partial, hashing.size()).await.unwrap();
        assert!(contents(&fixture.paths(&partial).1) == expected, "direct: {direct}");
    }
}

#[tokio::test]
async fn nothing_is_kept_about_keys_that_nobody_works_on() {
    let fixture = fixture();
    let partial = fixture.filled(b"bytes").await;
    drop(fixture.store.write(&partial, 5, Hashing::new()).await.unwrap());
    fixture.store.seal(&partial, 5).await.unwrap();
    assert!(fixture.store.disk.turns.is_empty());
}

#[test]
fn concurrent_syncs_of_a_directory_all_end() {
    let root = tempfile::tempdir().unwrap();
    let directory = Directory::open(root.path().to_owned()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let directory = &directory;
            scope.spawn(move || {
                for number in 0..20 {
                    std::fs::write(directory.path().join(format!("{thread}-{number}")), "").unwrap();
                    directory.sync().unwrap();
                }
            });
        }
    });
}
