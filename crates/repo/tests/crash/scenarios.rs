//! Clients with a purpose. They remember what they were told, and go on from there when they are run again.

mod chunked;
mod deferred;
mod direct;
mod managed;
mod sweeps;

use std::sync::Arc;

use async_trait::async_trait;
use commonhold_core::FileKey;
use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_repo::{
    DeleteRequest, Error, Extent, MoveRequest, Outcome, Repository, RestoreRequest, UploadStatus, Watching,
};

use self::chunked::{Chunked, Scattered};
use self::deferred::Deferred;
use self::direct::{Direct, Twofold};
use self::managed::Managed;
pub(crate) use self::sweeps::scatter;
use self::sweeps::{Collection, Expiry};
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

/// What is said of an upload whose bytes the disk has lost.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::Storage(commonhold_blob::Error::Missing(_)) => true,
        Error::Refused(refusal) => refusal.code == "uploadstash-file-not-found",
        _ => false,
    }
}
