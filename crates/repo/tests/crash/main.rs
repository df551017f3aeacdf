//! Every use case that stores bytes, failing and crashing at each of its calls to storage and catalogue, in every way.
//!
//! A scenario is a client with a purpose, which remembers what it was told. It is run again and again, each time with
//! one call of the server's going wrong, until it needs no more calls than that. After a crash everything is opened
//! anew over what reached the stores, of which a power failure has taken what wasn't durable. Then: what was acknowledged is there, what wasn't is there whole or not at all,
//! rows and bytes agree, no unneeded bytes are left after a collection, and the client gets to its end by going on
//! from where it was told that it is.

#![expect(clippy::unwrap_used, reason = "tests may fail so")]

mod collision;
mod fsck;
mod gc;
mod plan;
mod scenarios;
mod world;

use plan::{Fault, Mode, Plan};
use scenarios::Scenario;
use world::World;

/// Runs a scenario with a fault at every call in turn.
async fn everywhere(make: fn() -> Box<dyn Scenario>) {
    let calls = calls_of(make).await;
    assert!(calls.len() > 3, "{calls:?}");
    for mode in ALL {
        for (at, call) in calls.iter().enumerate() {
            if mode.fits(call) {
                once(World::new().await, make, *mode, at).await;
            }
        }
    }
}

/// The calls of a scenario to which nothing happens.
async fn calls_of(make: fn() -> Box<dyn Scenario>) -> Vec<String> {
    let world = World::new().await;
    let mut scenario = make();
    scenario.prepare(&world).await;
    let plan = Plan::without_faults();
    scenario.act(&world, &world.faulty(&plan)).await.unwrap();
    assert!(scenario.is_done());
    world.check(scenario.knowledge(), "without faults").await;
    world.collect("without faults").await;
    plan.calls()
}

/// Runs a scenario with a fault at one call.
async fn once(mut world: World, make: fn() -> Box<dyn Scenario>, mode: Mode, at: usize) {
    let mut scenario = make();
    scenario.prepare(&world).await;
    let plan = Plan::new(mode, at);
    let unlucky = world.faulty(&plan);
    // The fault may be one that the client needn't know of.
    let first = scenario.act(&world, &unlucky).await;
    let context = format!("{} with {mode:?} at call {at}: {:?}", scenario.name(), plan.calls());
    assert!(plan.has_struck(), "{context}");
    assert_eq!(first.is_ok(), scenario.is_done(), "{context}");
    let repo = if mode.is_crash() {
        idle().await;
        world.lose_power();
        let repo = world.repository();
        repo.take_over().await.unwrap();
        repo
    } else {
        unlucky
    };
    idle().await;
    world.check(scenario.knowledge(), &context).await;
    // What the client goes on with must survive the removal of what nobody needs. Every other time it goes on first.
    if at.is_multiple_of(2) {
        world.collect(&context).await;
    }
    scenario.act(&world, &repo).await.unwrap_or_else(|error| panic!("{context}, and then: {error}"));
    world.check(scenario.knowledge(), &context).await;
    assert!(scenario.is_done(), "{context}");
    world.collect(&context).await;
}

/// Returns when nothing runs that cleans up behind a request.
async fn idle() {
    while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
}

/// The same with crashes and files on disk, which have states that files in memory don't have.
async fn everywhere_on_disk(make: fn() -> Box<dyn Scenario>) {
    let calls = calls_of(make).await;
    for mode in ALL.iter().filter(|mode| mode.is_crash()) {
        for (at, call) in calls.iter().enumerate() {
            if mode.fits(call) {
                once(World::on_disk().await, make, *mode, at).await;
            }
        }
    }
}

/// All the ways in which a call goes wrong, and the process goes on or doesn't.
const ALL: &[Mode] = &[
    Mode::Error(Fault::Before),
    Mode::Error(Fault::After),
    Mode::Error(Fault::Full),
    Mode::Error(Fault::Lost),
    Mode::Crash(Fault::Before),
    Mode::Crash(Fault::After),
    Mode::Crash(Fault::Full),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload() {
    everywhere(scenarios::upload).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overwriting_upload() {
    everywhere(scenarios::overwrite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_of_bytes_that_are_there_already() {
    everywhere(scenarios::duplicate).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_warned_of_and_then_published() {
    everywhere(scenarios::warned).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_to_the_stash_that_is_then_published() {
    everywhere(scenarios::stashed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_that_go_to_their_place() {
    everywhere(scenarios::chunks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_whose_place_is_known_late() {
    everywhere(scenarios::copied_chunks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_that_is_the_whole_file() {
    everywhere(scenarios::one_chunk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_in_any_order() {
    everywhere(scenarios::scattered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_put_chunks_together_and_publish() {
    everywhere(scenarios::deferred).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_restoring_reverting_and_moving() {
    everywhere(scenarios::managed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crashes_with_files_on_disk() {
    everywhere_on_disk(scenarios::overwrite).await;
    everywhere_on_disk(scenarios::chunks).await;
    everywhere_on_disk(scenarios::expiry).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_expiry_of_stashed_files() {
    everywhere(scenarios::expiry).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_collection_of_garbage() {
    everywhere(scenarios::collection).await;
}
