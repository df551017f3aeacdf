//! A store over another one that fails where a test wants it to.
//!
//! Whoever calls a store must cope with each of its calls going wrong, and with the process ending at each of them. A
//! test counts the calls of a use case, and then lets it fail at every one of them in every way. A process that ends
//! is one whose calls all fail from some point on: nothing more reaches the store behind, over which the test then
//! opens everything anew.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_core::BlobKey;

use crate::{BlobStore, BlobStream, Error, Hashing, Partial, Place, ReadSeek, Result, Writer};

/// A call that is about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// [`BlobStore::begin`].
    Begin,
    /// [`BlobStore::start`].
    Start,
    /// [`BlobStore::keep`].
    Keep,
    /// [`BlobStore::write`].
    OpenWriter,
    /// [`Writer::write`].
    Write,
    /// [`Writer::finish`].
    Finish,
    /// [`BlobStore::seal`].
    Seal,
    /// [`BlobStore::discard`].
    Discard,
    /// [`BlobStore::read`].
    Read,
    /// [`BlobStore::stat`].
    Stat,
    /// [`BlobStore::remove`].
    Remove,
    /// [`BlobStore::list`].
    List,
    /// [`BlobStore::list_partials`].
    ListPartials,
    /// [`BlobStore::open`].
    Open,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails, and nothing has happened.
    Before,
    /// It fails although it has happened: the answer gets lost.
    After,
    /// The disk is full. Of bytes that are to be written the first half gets there.
    Full,
    /// The bytes can't be made durable and are gone, which a store may do to a blob that is finished or sealed. Other
    /// calls fail as by [`Fault::Before`].
    Lost,
}

/// Decides how the next call goes wrong, if it does.
pub type Plan = Arc<dyn Fn(Call) -> Option<Fault> + Send + Sync>;

/// A store whose calls fail according to a plan.
pub struct FaultyStore {
    inner: Arc<dyn BlobStore>,
    plan: Plan,
}

struct FaultyWriter {
    inner: Box<dyn Writer>,
    store: Arc<dyn BlobStore>,
    partial: Partial,
    plan: Plan,
}

impl FaultyStore {
    /// A store that passes on to `inner` what the plan lets through.
    pub fn new(inner: Arc<dyn BlobStore>, plan: Plan) -> Self {
        Self { inner, plan }
    }

    /// Makes a call, as far as the plan lets it.
    async fn call<T>(&self, call: Call, made: impl Future<Output = Result<T>> + Send) -> Result<T> {
        made_with((self.plan)(call), made).await
    }
}

async fn made_with<T>(fault: Option<Fault>, made: impl Future<Output = Result<T>> + Send) -> Result<T> {
    match fault {
        None => made.await,
        Some(Fault::After) => made.await.and_then(|_| Err(broken())),
        Some(Fault::Full) => Err(full()),
        Some(Fault::Before | Fault::Lost) => Err(broken()),
    }
}

fn broken() -> Error {
    Error::Io { doing: "failing on purpose", source: io::Error::other("a test wants it") }
}

fn full() -> Error {
    Error::Io { doing: "failing on purpose", source: io::ErrorKind::StorageFull.into() }
}

#[async_trait]
impl BlobStore for FaultyStore {
    async fn begin(&self, key: BlobKey) -> Result<Partial> {
        self.call(Call::Begin, self.inner.begin(key)).await
    }

    async fn start(&self, key: BlobKey) -> Result<(Partial, Box<dyn Writer>)> {
        let (partial, inner) = self.call(Call::Start, self.inner.start(key)).await?;
        let (store, plan) = (Arc::clone(&self.inner), Arc::clone(&self.plan));
        let writer = FaultyWriter { inner, store, partial: partial.clone(), plan };
        Ok((partial, Box::new(writer)))
    }

    async fn keep(&self, partial: &Partial) -> Result<()> {
        self.call(Call::Keep, self.inner.keep(partial)).await
    }

    async fn write(&self, partial: &Partial, at: u64, hashing: Hashing) -> Result<Box<dyn Writer>> {
        let inner = self.call(Call::OpenWriter, self.inner.write(partial, at, hashing)).await?;
        let (store, plan) = (Arc::clone(&self.inner), Arc::clone(&self.plan));
        Ok(Box::new(FaultyWriter { inner, store, partial: partial.clone(), plan }))
    }

    async fn seal(&self, partial: &Partial, size: u64) -> Result<()> {
        match (self.plan)(Call::Seal) {
            Some(Fault::Lost) => {
                self.inner.discard(partial).await?;
                Err(broken())
            }
            fault => made_with(fault, self.inner.seal(partial, size)).await,
        }
    }

    async fn discard(&self, partial: &Partial) -> Result<()> {
        self.call(Call::Discard, self.inner.discard(partial)).await
    }

    async fn read(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<BlobStream>> {
        self.call(Call::Read, self.inner.read(key, range)).await
    }

    async fn stat(&self, key: &BlobKey) -> Result<Option<u64>> {
        self.call(Call::Stat, self.inner.stat(key)).await
    }

    async fn remove(&self, key: &BlobKey) -> Result<()> {
        self.call(Call::Remove, self.inner.remove(key)).await
    }

    async fn list(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<BlobKey>> {
        self.call(Call::List, self.inner.list(after, limit)).await
    }

    async fn list_partials(&self, after: Option<&BlobKey>, limit: usize) -> Result<Vec<Partial>> {
        self.call(Call::ListPartials, self.inner.list_partials(after, limit)).await
    }

    fn open(&self, place: &Place) -> Result<Box<dyn ReadSeek>> {
        match (self.plan)(Call::Open) {
            None => self.inner.open(place),
            Some(_) => Err(broken()),
        }
    }
}

#[async_trait]
impl Writer for FaultyWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        match (self.plan)(Call::Write) {
            Some(Fault::Full) => {
                self.inner.write(bytes.slice(..bytes.len() / 2)).await?;
                Err(full())
            }
            fault => made_with(fault, self.inner.write(bytes)).await,
        }
    }

    async fn finish(self: Box<Self>) -> Result<Hashing> {
        let Self { inner, store, partial, plan } = *self;
        match plan(Call::Finish) {
            Some(Fault::Lost) => {
                drop(inner);
                store.discard(&partial).await?;
                Err(broken())
            }
            fault => made_with(fault, inner.finish()).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::conformance::{self, fresh_key};
    use crate::{MemoryStore, Place};

    /// A store that fails in one way at one kind of call.
    fn failing(at: Call, fault: Fault) -> (MemoryStore, FaultyStore) {
        let inner = MemoryStore::new();
        let plan = move |call| (call == at).then_some(fault);
        (inner.clone(), FaultyStore::new(Arc::new(inner), Arc::new(plan)))
    }

    #[tokio::test]
    async fn without_faults_it_is_the_store_behind() {
        let calls = Arc::new(AtomicUsize::new(0));
        let make = || {
            let calls = Arc::clone(&calls);
            let plan = move |_| {
                calls.fetch_add(1, Ordering::Relaxed);
                None
            };
            Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), Arc::new(plan))) as Arc<dyn BlobStore>
        };
        conformance::run(&make).await.unwrap();
        assert!(calls.load(Ordering::Relaxed) > 100, "every call is asked about");
    }

    #[tokio::test]
    async fn a_lost_answer_leaves_what_was_done() {
        let (inner, store) = failing(Call::Seal, Fault::After);
        let partial = store.begin(fresh_key()).await.unwrap();
        store.seal(&partial, 0).await.unwrap_err();
        assert_eq!(inner.stat(partial.key()).await.unwrap(), Some(0));

        let (inner, store) = failing(Call::Seal, Fault::Before);
        let partial = store.begin(fresh_key()).await.unwrap();
        store.seal(&partial, 0).await.unwrap_err();
        assert_eq!(inner.stat(partial.key()).await.unwrap(), None);
        inner.open(&Place::Partial(partial)).map(drop).unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_takes_half_of_the_bytes() {
        let (inner, store) = failing(Call::Write, Fault::Full);
        let partial = store.begin(fresh_key()).await.unwrap();
        let mut writer = store.write(&partial, 0, Hashing::new()).await.unwrap();
        let outcome = writer.write(Bytes::from_static(b"12345678")).await;
        assert!(
            matches!(&outcome, Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::StorageFull),
            "{outcome:?}"
        );
        let mut found = Vec::new();
        io::Read::read_to_end(&mut inner.open(&Place::Partial(partial)).unwrap(), &mut found).unwrap();
        assert_eq!(found, b"1234");
    }

    #[tokio::test]
    async fn lost_bytes_are_gone() {
        for at in [Call::Finish, Call::Seal] {
            let (inner, store) = failing(at, Fault::Lost);
            let partial = store.begin(fresh_key()).await.unwrap();
            let writer = store.write(&partial, 0, Hashing::new()).await.unwrap();
            match at {
                Call::Finish => writer.finish().await.map(drop).unwrap_err(),
                _ => store.seal(&partial, 0).await.unwrap_err(),
            };
            assert!(matches!(inner.open(&Place::Partial(partial)).map(drop), Err(Error::Missing(_))));
        }
    }
}
