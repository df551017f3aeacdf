//! The database as the use cases see it: closures on connections, whichever engine is behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use crate::{DbError, Row, Value};

/// Looks at the catalogue, in one consistent state.
pub trait Read {
    /// Runs a query. Parameters stand as `?1`, `?2` in it.
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError>;

    /// The first row of a query.
    fn first(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, DbError> {
        Ok(self.query(sql, params)?.into_iter().next())
    }
}

/// Changes the catalogue: all of it happens, or nothing.
pub trait Tx: Read {
    /// Runs a statement and gives the number of rows that it touched.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError>;

    /// Waits until no other transaction holds this name, and holds it until the end of this one.
    fn lock(&mut self, name: &str) -> Result<(), DbError>;

    /// What the end of a `SELECT` has to say that picks rows to be changed, so that it passes over those which other
    /// transactions have picked and not yet changed. Empty where there are no others.
    fn skip_locked(&self) -> &'static str;
}

/// The catalogue's database. Clones share it.
#[derive(Clone)]
pub struct Db {
    pub(crate) engine: Arc<dyn Engine>,
    /// Changes that were made, or may have been.
    pub(crate) changes: Arc<AtomicU64>,
}

/// What is behind a [`Db`]: takes jobs and runs them on threads of its own.
pub(crate) trait Engine: Send + Sync {
    fn read(&self, job: Box<dyn ReadJob>);
    fn write(&self, job: Box<dyn WriteJob>);
    fn is_shared(&self) -> bool;
    fn checkpoint(&self) -> Result<(), DbError>;
}

/// A closure that looks, and the one that waits for what it finds. It may be run again.
pub(crate) trait ReadJob: Send {
    fn run(&mut self, read: &mut dyn Read);
    /// Hands out what the last run gave, or the error that came instead of it.
    fn finish(self: Box<Self>, outcome: Result<(), DbError>);
}

/// A closure that changes. It may be run again after a rollback.
pub(crate) trait WriteJob: Send {
    /// Whether what it did is to stay.
    fn run(&mut self, tx: &mut dyn Tx) -> bool;
    /// Hands out what the last run gave, once that is committed or rolled back, or the error that came instead.
    fn finish(self: Box<Self>, outcome: Result<(), DbError>);
}

struct Job<F, T, E> {
    work: F,
    outcome: Option<Result<T, E>>,
    /// Where a change is counted before anybody hears of it.
    changes: Option<Arc<AtomicU64>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E: From<DbError>> Job<F, T, E> {
    fn answer(self, outcome: Result<(), DbError>) {
        let outcome = match outcome {
            Ok(()) => self.outcome.unwrap_or_else(|| Err(DbError::Panicked.into())),
            Err(error) => Err(error.into()),
        };
        if let Some(changes) = self.changes {
            changes.fetch_add(1, Ordering::Release);
        }
        // Who asked may have gone away; what happened has happened.
        drop(self.answer.send(outcome));
    }
}

impl<F, T, E> ReadJob for Job<F, T, E>
where
    F: Fn(&mut dyn Read) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, read: &mut dyn Read) {
        self.outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(read))).ok();
    }

    fn finish(self: Box<Self>, outcome: Result<(), DbError>) {
        self.answer(outcome);
    }
}

impl<F, T, E> WriteJob for Job<F, T, E>
where
    F: Fn(&mut dyn Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, tx: &mut dyn Tx) -> bool {
        self.outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(tx))).ok();
        matches!(self.outcome, Some(Ok(_)))
    }

    fn finish(self: Box<Self>, outcome: Result<(), DbError>) {
        self.answer(outcome);
    }
}

impl Db {
    /// Opens a SQLite file, making it or bringing its schema up to date.
    pub fn open_sqlite(path: &Path) -> Result<Self, DbError> {
        Ok(Self::new(Arc::new(crate::sqlite::Sqlite::open(path)?)))
    }

    /// Connects to PostgreSQL with this many connections, bringing the schema up to date. Blocks; not for async
    /// threads.
    pub fn open_postgres(url: &str, connections: usize) -> Result<Self, DbError> {
        Ok(Self::new(Arc::new(crate::postgres::Postgres::open(url, connections)?)))
    }

    fn new(engine: Arc<dyn Engine>) -> Self {
        Self { engine, changes: Arc::default() }
    }

    /// A number that grows with every change that this process makes, before whoever asked for it has the answer. What
    /// was read after the number was taken is still so while the number stays; unless the catalogue is shared.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Whether servers on other machines may use this catalogue as well.
    pub fn is_shared(&self) -> bool {
        self.engine.is_shared()
    }

    /// Brings everything into the database's main file, which a copy of it alone then has, as far as the database is a
    /// file. Blocks; not for async threads.
    pub fn checkpoint(&self) -> Result<(), DbError> {
        self.engine.checkpoint()
    }

    /// Looks at the catalogue. The closure sees one consistent state; it may be called again. Where one of its
    /// statements fails, that error is the answer, whatever the closure makes of it.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut dyn Read) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel();
        self.engine.read(Box::new(Job { work, outcome: None, changes: None, answer }));
        wait.await.unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    /// Changes the catalogue: on `Ok` the change is durable when this returns, on `Err` there is none (a panic of the
    /// closure is [`DbError::Panicked`]). The closure may be called again where transactions collide. Where one of its
    /// statements fails, nothing happens and that error is the answer, whatever the closure makes of it. Once begun it
    /// goes on even if the caller stops waiting.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut dyn Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel();
        let changes = Some(Arc::clone(&self.changes));
        self.engine.write(Box::new(Job { work, outcome: None, changes, answer }));
        wait.await.unwrap_or_else(|_| Err(DbError::Closed.into()))
    }
}
