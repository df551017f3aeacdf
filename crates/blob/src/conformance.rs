//! What every store must do, as a suite for the tests of each.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use commonhold_core::{BlobKey, Entropy, Timestamp};
use futures_util::TryStreamExt;

use crate::{BlobStore, Error, Hashing, Partial, Place, Result};

type Store = Arc<dyn BlobStore>;

/// Runs the whole suite; `make` gives an empty store each time.
///
/// # Panics
///
/// When the store does something else than it should.
pub async fn run(make: &(dyn Fn() -> Store + Send + Sync)) -> Result<()> {
    bytes_come_back(make()).await?;
    frames_of_any_size_come_back(make()).await?;
    ranges_are_cut_to_the_blob(make()).await?;
    an_empty_blob_is_a_blob(make()).await?;
    chunks_continue_after_a_save(make()).await?;
    what_is_started_is_sealed_kept_or_discarded(make()).await?;
    what_was_given_up_leaves_nothing(make()).await?;
    sealing_can_be_repeated(make()).await?;
    missing_bytes_are_noticed(make()).await?;
    sealed_blobs_cannot_be_written(make()).await?;
    the_later_writer_wins(make()).await?;
    sealing_and_discarding_end_writers(make()).await?;
    discarding_and_removing_can_be_repeated(make()).await?;
    no_key_is_used_twice(make()).await?;
    unknown_keys_are_missing(make()).await?;
    lists_have_every_blob_once(make()).await?;
    lists_have_every_partial_until_it_is_sealed_or_dropped(make()).await?;
    bytes_can_be_inspected_before_and_after_sealing(make()).await?;
    many_uploads_at_once_do_not_mix(make()).await
}

/// A key that no other call gives.
pub fn fresh_key() -> BlobKey {
    struct Counter;
    impl Entropy for Counter {
        fn fill(&self, buffer: &mut [u8]) {
            static NEXT: AtomicU64 = AtomicU64::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            buffer.fill(0);
            // Where the key takes its last bits from.
            buffer[2..10].copy_from_slice(&number);
        }
    }
    BlobKey::new(Timestamp::from_unix(1_800_000_000), &Counter)
}

/// Bytes without a period that a store's block size could hide.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Writes `bytes` at `at` in frames of `frame` bytes, and finishes.
async fn put(
    store: &Store,
    partial: &Partial,
    at: u64,
    hashing: Hashing,
    bytes: &[u8],
    frame: usize,
) -> Result<Hashing> {
    let mut writer = store.write(partial, at, hashing).await?;
    for frame in bytes.chunks(frame) {
        writer.write(Bytes::copy_from_slice(frame)).await?;
    }
    writer.finish().await
}

/// A sealed blob with these bytes.
async fn sealed(store: &Store, bytes: &[u8]) -> Result<(BlobKey, Partial)> {
    let key = fresh_key();
    let partial = store.begin(key.clone()).await?;
    put(store, &partial, 0, Hashing::new(), bytes, 10_000).await?;
    store.seal(&partial, bytes.len() as u64).await?;
    Ok((key, partial))
}

async fn get(store: &Store, key: &BlobKey, range: std::ops::Range<u64>) -> Result<Option<Vec<u8>>> {
    let Some(mut stream) = store.read(key, range).await? else { return Ok(None) };
    let mut out = Vec::new();
    while let Some(bytes) = stream.try_next().await? {
        assert!(!bytes.is_empty(), "a piece without bytes");
        out.extend_from_slice(&bytes);
    }
    Ok(Some(out))
}

async fn whole(store: &Store, key: &BlobKey) -> Result<Option<Vec<u8>>> {
    get(store, key, 0..u64::MAX).await
}

fn inspect(store: &Store, place: &Place) -> Result<Vec<u8>> {
    let failed = |source| Error::Io { doing: "inspecting", source };
    let mut source = store.open(place)?;
    let mut out = Vec::new();
    source.read_to_end(&mut out).map_err(failed)?;
    if !out.is_empty() {
        let middle = out.len() / 2;
        let mut again = Vec::new();
        source.seek(SeekFrom::Start(middle as u64)).map_err(failed)?;
        source.read_to_end(&mut again).map_err(failed)?;
        assert_eq!(again, out[middle..], "a reader that can seek");
    }
    let mut as_file = Vec::new();
    store.open_file(place)?.read_to_end(&mut as_file).map_err(failed)?;
    assert!(as_file == out, "what another process reads");
    Ok(out)
}

async fn bytes_come_back(store: Store) -> Result<()> {
    let key = fresh_key();
    let partial = store.begin(key.clone()).await?;
    let hashing = put(&store, &partial, 0, Hashing::new(), b"abc", 2).await?;
    assert_eq!(hashing.hashes().sha1.hex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(store.stat(&key).await?, None, "nothing is there before it is sealed");
    assert_eq!(whole(&store, &key).await?, None);
    store.seal(&partial, 3).await?;
    assert_eq!(store.stat(&key).await?, Some(3));
    assert_eq!(whole(&store, &key).await?.as_deref(), Some(&b"abc"[..]));
    Ok(())
}

async fn frames_of_any_size_come_back(store: Store) -> Result<()> {
    let bytes = noise(1_200_003);
    let mut straight = Hashing::new();
    straight.update(&bytes);
    for frame in [977, 65_536, 262_144, 300_001, 1_200_003] {
        let key = fresh_key();
        let partial = store.begin(key.clone()).await?;
        let hashing = put(&store, &partial, 0, Hashing::new(), &bytes, frame).await?;
        assert_eq!(hashing.hashes(), straight.hashes(), "frames of {frame} bytes");
        store.seal(&partial, hashing.size()).await?;
        assert!(whole(&store, &key).await?.as_ref() == Some(&bytes), "frames of {frame} bytes");
    }
    Ok(())
}

async fn ranges_are_cut_to_the_blob(store: Store) -> Result<()> {
    let bytes = noise(700_000);
    let (key, _) = sealed(&store, &bytes).await?;
    for range in [0..1, 0..262_144, 262_143..262_145, 699_999..700_000, 600_000..900_000, 5..5] {
        let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(bytes.len());
        let start = usize::try_from(range.start).unwrap_or(usize::MAX);
        let expected = &bytes[start..end];
        assert!(get(&store, &key, range.clone()).await?.as_deref() == Some(expected), "{range:?}");
    }
    assert_eq!(get(&store, &key, 700_000..700_001).await?.as_deref(), Some(&[][..]));
    assert_eq!(get(&store, &key, 900_000..u64::MAX).await?.as_deref(), Some(&[][..]));
    Ok(())
}

async fn an_empty_blob_is_a_blob(store: Store) -> Result<()> {
    let (key, _) = sealed(&store, b"").await?;
    assert_eq!(store.stat(&key).await?, Some(0));
    assert_eq!(whole(&store, &key).await?.as_deref(), Some(&[][..]));
    let partial = store.begin(fresh_key()).await?;
    store.seal(&partial, 0).await?;
    assert_eq!(store.stat(partial.key()).await?, Some(0), "sealed without any writer");
    Ok(())
}

async fn chunks_continue_after_a_save(store: Store) -> Result<()> {
    let bytes = noise(900_000);
    let partial = store.begin(fresh_key()).await?;
    let mut state = Hashing::new().save();
    let mut at = 0;
    for chunk in bytes.chunks(70_001) {
        let hashing = put(&store, &partial, at, Hashing::resume(&state)?, chunk, 9_000).await?;
        at += chunk.len() as u64;
        assert_eq!(hashing.size(), at);
        state = hashing.save();
    }
    let mut straight = Hashing::new();
    straight.update(&bytes);
    assert_eq!(Hashing::resume(&state)?.hashes(), straight.hashes());
    store.seal(&partial, at).await?;
    assert!(whole(&store, partial.key()).await?.as_ref() == Some(&bytes));
    Ok(())
}

async fn what_is_started_is_sealed_kept_or_discarded(store: Store) -> Result<()> {
    // The last are small enough to stay in memory, just so, and not any more.
    for len in [0, 1, 10_000, 64 << 10, (64 << 10) + 1, (256 << 10) + 10] {
        let bytes = noise(len);
        let start = async || {
            let (partial, mut writer) = store.start(fresh_key()).await?;
            for frame in bytes.chunks(10_000) {
                writer.write(Bytes::copy_from_slice(frame)).await?;
            }
            let hashing = writer.finish().await?;
            let mut expected = Hashing::new();
            expected.update(&bytes);
            assert_eq!(hashing.hashes(), expected.hashes(), "{len} bytes");
            assert_eq!(inspect(&store, &Place::Partial(partial.clone()))?, bytes);
            Ok::<_, Error>((partial, hashing))
        };
        let (partial, _) = start().await?;
        let beyond = store.seal(&partial, len as u64 + 1).await;
        assert!(matches!(beyond, Err(Error::Length { .. })), "{beyond:?}");
        store.seal(&partial, len as u64).await?;
        store.seal(&partial, len as u64).await?;
        assert_eq!(whole(&store, partial.key()).await?.as_ref(), Some(&bytes));
        assert_eq!(inspect(&store, &Place::Partial(partial.clone()))?, bytes);
        store.remove(partial.key()).await?;

        let (partial, hashing) = start().await?;
        store.keep(&partial).await?;
        store.keep(&partial).await?;
        assert_eq!(inspect(&store, &Place::Partial(partial.clone()))?, bytes);
        put(&store, &partial, len as u64, hashing, b"more", 4).await?;
        store.seal(&partial, len as u64 + 4).await?;
        assert_eq!(whole(&store, partial.key()).await?, Some([&bytes[..], b"more"].concat()));
        store.remove(partial.key()).await?;

        let (partial, _) = start().await?;
        store.discard(&partial).await?;
        store.discard(&partial).await?;
        let opened = store.open(&Place::Partial(partial.clone())).map(drop);
        assert!(matches!(opened, Err(Error::Missing(_))), "{opened:?}");
        assert!(store.seal(&partial, len as u64).await.is_err());
    }
    // A writer that is dropped leaves nothing.
    let (partial, mut writer) = store.start(fresh_key()).await?;
    writer.write(Bytes::from_static(b"dropped")).await?;
    drop(writer);
    store.discard(&partial).await?;
    assert_eq!(store.stat(partial.key()).await?, None);
    Ok(())
}

async fn what_was_given_up_leaves_nothing(store: Store) -> Result<()> {
    let partial = store.begin(fresh_key()).await?;
    let first = put(&store, &partial, 0, Hashing::new(), &noise(5_000), 999).await?;
    for junk in [600_000, 10] {
        let mut writer = store.write(&partial, first.size(), first.clone()).await?;
        writer.write(vec![b'x'; junk].into()).await?;
        drop(writer);
    }
    let second = put(&store, &partial, first.size(), first, b"the end", 3).await?;
    // More than the recorded bytes, then given up, right before the seal.
    let mut writer = store.write(&partial, second.size(), second.clone()).await?;
    writer.write(vec![b'y'; 300_000].into()).await?;
    drop(writer);
    store.seal(&partial, second.size()).await?;
    let expected = [noise(5_000), b"the end".to_vec()].concat();
    assert!(whole(&store, partial.key()).await? == Some(expected));
    Ok(())
}

async fn sealing_can_be_repeated(store: Store) -> Result<()> {
    let (key, partial) = sealed(&store, b"once").await?;
    store.seal(&partial, 4).await?;
    assert_eq!(whole(&store, &key).await?.as_deref(), Some(&b"once"[..]));
    for other in [3, 5] {
        let outcome = store.seal(&partial, other).await;
        assert!(matches!(outcome, Err(Error::Length { found: 4, .. })), "{outcome:?}");
    }
    assert_eq!(store.stat(&key).await?, Some(4));
    Ok(())
}

async fn missing_bytes_are_noticed(store: Store) -> Result<()> {
    let partial = store.begin(fresh_key()).await?;
    put(&store, &partial, 0, Hashing::new(), b"1234", 4).await?;
    let outcome = store.write(&partial, 5, Hashing::new()).await.map(|_| ());
    assert!(matches!(outcome, Err(Error::Length { expected: 5, found: 4, .. })), "{outcome:?}");
    let outcome = store.seal(&partial, 5).await;
    assert!(matches!(outcome, Err(Error::Length { expected: 5, found: 4, .. })), "{outcome:?}");
    store.seal(&partial, 4).await
}

async fn sealed_blobs_cannot_be_written(store: Store) -> Result<()> {
    let (key, partial) = sealed(&store, b"firm").await?;
    let outcome = store.write(&partial, 0, Hashing::new()).await.map(|_| ());
    assert!(matches!(outcome, Err(Error::Sealed(_))), "{outcome:?}");
    store.discard(&partial).await?;
    assert_eq!(whole(&store, &key).await?.as_deref(), Some(&b"firm"[..]), "no longer a partial to discard");
    Ok(())
}

async fn the_later_writer_wins(store: Store) -> Result<()> {
    let partial = store.begin(fresh_key()).await?;
    let mut early = store.write(&partial, 0, Hashing::new()).await?;
    early.write(vec![b'e'; 400_000].into()).await?;
    let mut late = store.write(&partial, 0, Hashing::new()).await?;
    late.write(vec![b'l'; 500_000].into()).await?;
    // Taken in or refused: at the latest when it finishes it fails.
    let _ = early.write(vec![b'e'; 400_000].into()).await;
    assert!(early.finish().await.is_err(), "a superseded writer finished");
    let hashing = late.finish().await?;
    store.seal(&partial, hashing.size()).await?;
    assert!(whole(&store, partial.key()).await? == Some(vec![b'l'; 500_000]));
    Ok(())
}

async fn sealing_and_discarding_end_writers(store: Store) -> Result<()> {
    let partial = store.begin(fresh_key()).await?;
    let first = put(&store, &partial, 0, Hashing::new(), b"kept", 4).await?;
    let mut zombie = store.write(&partial, 0, Hashing::new()).await?;
    store.seal(&partial, first.size()).await?;
    let _ = zombie.write(vec![b'z'; 300_000].into()).await;
    assert!(zombie.finish().await.is_err(), "a sealed blob took bytes");
    assert_eq!(whole(&store, partial.key()).await?.as_deref(), Some(&b"kept"[..]));

    let partial = store.begin(fresh_key()).await?;
    let mut zombie = store.write(&partial, 0, Hashing::new()).await?;
    store.discard(&partial).await?;
    let _ = zombie.write(vec![b'z'; 300_000].into()).await;
    assert!(zombie.finish().await.is_err(), "a discarded partial took bytes");
    Ok(())
}

async fn discarding_and_removing_can_be_repeated(store: Store) -> Result<()> {
    let partial = store.begin(fresh_key()).await?;
    put(&store, &partial, 0, Hashing::new(), b"gone", 4).await?;
    store.discard(&partial).await?;
    store.discard(&partial).await?;
    for outcome in [
        store.write(&partial, 0, Hashing::new()).await.map(|_| ()),
        store.seal(&partial, 4).await,
        store.open(&Place::Partial(partial.clone())).map(|_| ()),
    ] {
        assert!(matches!(outcome, Err(Error::Missing(_))), "{outcome:?}");
    }

    let (key, _) = sealed(&store, b"gone").await?;
    let stream = store.read(&key, 0..4).await?;
    store.remove(&key).await?;
    store.remove(&key).await?;
    assert_eq!(store.stat(&key).await?, None);
    assert_eq!(whole(&store, &key).await?, None);
    assert!(matches!(store.open(&Place::Sealed(key)).map(|_| ()), Err(Error::Missing(_))));
    let begun: Vec<Bytes> = match stream {
        Some(stream) => stream.try_collect().await?,
        None => Vec::new(),
    };
    assert_eq!(begun.concat(), b"gone", "a reader that has begun gets to the end");
    Ok(())
}

async fn no_key_is_used_twice(store: Store) -> Result<()> {
    let (key, _) = sealed(&store, b"mine").await?;
    assert!(matches!(store.begin(key).await, Err(Error::Taken(_))));
    let partial = store.begin(fresh_key()).await?;
    assert!(matches!(store.begin(partial.key().clone()).await, Err(Error::Taken(_))));
    Ok(())
}

async fn unknown_keys_are_missing(store: Store) -> Result<()> {
    let key = fresh_key();
    assert_eq!(store.stat(&key).await?, None);
    assert!(store.read(&key, 0..1).await?.is_none());
    store.remove(&key).await?;
    assert_eq!(store.list(None, 10).await?, []);
    assert_eq!(store.list(Some(&key), 10).await?, []);
    Ok(())
}

async fn lists_have_every_blob_once(store: Store) -> Result<()> {
    let mut expected = Vec::new();
    for number in 0..40_u8 {
        expected.push(sealed(&store, &[number]).await?.0);
    }
    store.begin(fresh_key()).await?;
    for limit in [1, 7, 40, 1_000] {
        let mut listed: Vec<BlobKey> = Vec::new();
        loop {
            let page = store.list(listed.last(), limit).await?;
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        listed.sort();
        assert_eq!(listed, expected, "pages of {limit}");
    }
    // A listing goes on where it was although its last key is gone.
    let page = store.list(None, 20).await?;
    if let Some(last) = page.last() {
        store.remove(last).await?;
        assert_eq!(store.list(Some(last), 1_000).await?.len(), 20);
    }
    Ok(())
}

async fn lists_have_every_partial_until_it_is_sealed_or_dropped(store: Store) -> Result<()> {
    assert_eq!(store.list_partials(None, 10).await?, []);
    let mut expected = Vec::new();
    for number in 0..30_u8 {
        let partial = store.begin(fresh_key()).await?;
        let hashing = put(&store, &partial, 0, Hashing::new(), &[number], 1).await?;
        match number % 3 {
            0 => store.seal(&partial, hashing.size()).await?,
            1 => store.discard(&partial).await?,
            _ => expected.push(partial),
        }
    }
    // One that nothing was written to.
    expected.push(store.begin(fresh_key()).await?);
    for limit in [1, 4, 11, 100] {
        let mut listed: Vec<Partial> = Vec::new();
        loop {
            let page = store.list_partials(listed.last().map(Partial::key), limit).await?;
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        assert_eq!(listed, expected, "pages of {limit}");
    }
    // What is listed can be gone on with, and dropped.
    if let Some(partial) = store.list_partials(None, 1).await?.pop() {
        store.write(&partial, 1, Hashing::new()).await.map(drop)?;
        store.discard(&partial).await?;
        assert_eq!(store.list_partials(None, 100).await?.len(), expected.len() - 1);
    }
    Ok(())
}

async fn bytes_can_be_inspected_before_and_after_sealing(store: Store) -> Result<()> {
    let bytes = noise(300_000);
    let partial = store.begin(fresh_key()).await?;
    put(&store, &partial, 0, Hashing::new(), &bytes, 20_000).await?;
    let (before, after) = (Place::Partial(partial.clone()), Place::Sealed(partial.key().clone()));
    assert!(inspect(&store, &before)? == bytes);
    assert!(matches!(store.open(&after).map(|_| ()), Err(Error::Missing(_))));
    store.seal(&partial, 300_000).await?;
    assert!(inspect(&store, &after)? == bytes);
    assert!(inspect(&store, &before)? == bytes, "who holds a partial may come late");
    Ok(())
}

async fn many_uploads_at_once_do_not_mix(store: Store) -> Result<()> {
    let upload = |number: u8| {
        let store = Arc::clone(&store);
        async move {
            let bytes = vec![number; 30_000 * (1 + usize::from(number % 20))];
            let (key, _) = sealed(&store, &bytes).await?;
            assert!(whole(&store, &key).await? == Some(bytes), "upload {number}");
            Ok(())
        }
    };
    futures_util::future::try_join_all((0..64).map(upload)).await.map(|_| ())
}
