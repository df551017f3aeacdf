//! Garbage is collected while others are at work, and failures at tidying up are nobody's but the log's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use commonhold_blob::conformance::fresh_key;
use commonhold_blob::faulty::{Call, Fault, FaultyStore};
use commonhold_repo::{Collected, Error, Extent, Outcome};
use tokio::runtime::Handle;

use crate::scenarios::{self, Scenario};
use crate::world::{Options, World, content_of, picture};

const IGNORING: Options = Options { ignore_warnings: true, stash: false };

/// Runs a scenario while all that nobody needs is removed before one of its calls, whatever its age.
async fn collecting_at(make: fn() -> Box<dyn Scenario>, at: usize) -> bool {
    let world = Arc::new(World::new().await);
    let mut scenario = make();
    scenario.prepare(&world).await;
    let count = Arc::new(AtomicUsize::new(0));
    let removed = Arc::new(Mutex::new(None));
    let collect = {
        let (world, count, removed, handle) =
            (Arc::clone(&world), Arc::clone(&count), Arc::clone(&removed), Handle::current());
        Arc::new(move || {
            if count.fetch_add(1, Ordering::Relaxed) == at {
                // The collection of another process, so to say.
                let collect = || handle.block_on(world.repository().collect_garbage(0, Extent::All)).unwrap();
                let collected = std::thread::scope(|scope| scope.spawn(collect).join().unwrap());
                *removed.lock().unwrap() = Some(collected);
            }
        })
    };
    let (before_bytes, before_rows) = (Arc::clone(&collect), collect);
    let of_blobs = move |_| {
        before_bytes();
        None
    };
    let of_catalogue = move |_| {
        before_rows();
        None
    };
    let store = FaultyStore::new(Arc::clone(&world.store), Arc::new(of_blobs));
    let repo = world.over(world.db.with_faults(Arc::new(of_catalogue)), Arc::new(store));
    let outcome = scenario.act(&world, &repo).await;
    let Some(removed) = *removed.lock().unwrap() else { return false };
    let context = format!("{} with a collection at call {at}: {removed:?}", scenario.name());
    if outcome.is_err() {
        assert_ne!(
            removed,
            Collected::default(),
            "{context}: nothing was taken, and still it failed: {outcome:?}"
        );
    }
    crate::idle().await;
    world.check(scenario.knowledge(), &context).await;
    scenario.act(&world, &repo).await.unwrap_or_else(|error| panic!("{context}, and then: {error}"));
    world.check(scenario.knowledge(), &context).await;
    assert!(scenario.is_done(), "{context}");
    world.collect(&context).await;
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_at_any_moment_of_an_upload_loses_nothing_that_was_acknowledged() {
    for make in [
        scenarios::upload,
        scenarios::overwrite,
        scenarios::duplicate,
        scenarios::warned,
        scenarios::stashed,
        scenarios::chunks,
        scenarios::copied_chunks,
        scenarios::scattered,
        scenarios::deferred,
        scenarios::managed,
        scenarios::expiry,
    ] {
        let mut at = 0;
        while collecting_at(make, at).await {
            at += 1;
        }
        assert!(at > 2);
    }
}

#[tokio::test]
async fn the_young_and_the_named_are_left_alone() {
    let world = World::new().await;
    let repo = world.repository();
    for _ in 0..3 {
        // Born when the world begins.
        let partial = world.store.begin(fresh_key()).await.unwrap();
        world.store.seal(&partial, 0).await.unwrap();
        world.store.begin(fresh_key()).await.unwrap();
    }
    world.upload(&repo, "Kept.gif", &picture(1, 2_000), IGNORING).await.unwrap();
    world.clock.advance(99);
    assert_eq!(repo.collect_garbage(100, Extent::All).await.unwrap(), Collected::default());
    world.clock.advance(1);
    assert_eq!(repo.collect_garbage(100, Extent::All).await.unwrap(), Collected { blobs: 3, partials: 3 });
    assert_eq!(repo.collect_garbage(0, Extent::All).await.unwrap(), Collected::default());
    assert_eq!(content_of(&repo, "Kept.gif").await, Some(picture(1, 2_000)));
}

/// Once a file is public, its uploader is told so, whatever else goes wrong.
#[tokio::test]
async fn superfluous_bytes_that_cannot_be_removed_are_nobodys_failure() {
    let world = World::new().await;
    let plan = |call| (call == Call::Remove).then_some(Fault::Before);
    let store = FaultyStore::new(Arc::clone(&world.store), Arc::new(plan));
    let repo = world.over(world.db.clone(), Arc::new(store));
    world.upload(&repo, "First.gif", &picture(1, 2_000), IGNORING).await.unwrap();
    let outcome = world.upload(&repo, "Second.gif", &picture(1, 2_000), IGNORING).await.unwrap();
    assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
    let outcome = world.upload(&repo, "Second.gif", &picture(1, 2_000), IGNORING).await;
    match outcome {
        Err(Error::Refused(refusal)) => assert_eq!(refusal.code, "fileexists-no-change"),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        world.repository().collect_garbage(0, Extent::All).await.unwrap(),
        Collected { blobs: 2, partials: 0 }
    );
}

/// A server over the wrong catalogue, or over one that was lost, must not take the files for garbage.
#[tokio::test]
async fn files_that_the_catalogue_does_not_know_are_not_taken_for_garbage() {
    let world = World::new().await;
    let repo = world.repository();
    let abandon = async || {
        let partial = world.store.begin(fresh_key()).await.unwrap();
        world.store.seal(&partial, 0).await.unwrap();
    };
    abandon().await;
    let outcome = repo.collect_garbage(0, Extent::LessThanKept).await;
    assert!(matches!(outcome, Err(Error::StrangeCatalogue { unneeded: 1, needed: 0 })), "{outcome:?}");
    world.upload(&repo, "A.gif", &picture(1, 2_000), IGNORING).await.unwrap();
    let outcome = repo.collect_garbage(0, Extent::LessThanKept).await;
    assert!(matches!(outcome, Err(Error::StrangeCatalogue { unneeded: 1, needed: 1 })), "{outcome:?}");
    world.upload(&repo, "B.gif", &picture(2, 2_000), IGNORING).await.unwrap();
    assert_eq!(repo.collect_garbage(0, Extent::LessThanKept).await.unwrap().blobs, 1);
    abandon().await;
    assert_eq!(repo.collect_garbage(0, Extent::All).await.unwrap().blobs, 1);
}
