//! A catalogue that fails where a test wants it to.
//!
//! Its jobs can be let through, kept from happening, or be done and then reported as failed. The last is what a client
//! of PostgreSQL sees when the connection is lost during a commit.

use std::sync::Arc;

use crate::db::{Engine, Read, ReadJob, Tx, WriteJob};
use crate::{Db, DbError};

/// A job that is about to be given to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// [`Db::read`].
    Read,
    /// [`Db::write`].
    Write,
}

/// How a job goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails, and nothing has happened.
    Before,
    /// It fails although it has happened: the answer to the commit gets lost.
    After,
}

/// Decides how the next job goes wrong, if it does.
pub type Plan = Arc<dyn Fn(Call) -> Option<Fault> + Send + Sync>;

impl Db {
    /// The same catalogue, but for the faults of a plan.
    pub fn with_faults(&self, plan: Plan) -> Self {
        let engine = Arc::new(Faulty { inner: Arc::clone(&self.engine), plan });
        Self { engine, changes: Arc::clone(&self.changes) }
    }
}

struct Faulty {
    inner: Arc<dyn Engine>,
    plan: Plan,
}

impl Engine for Faulty {
    fn read(&self, job: Box<dyn ReadJob>) {
        match (self.plan)(Call::Read) {
            None => self.inner.read(job),
            Some(Fault::Before) => job.finish(Err(broken())),
            Some(Fault::After) => self.inner.read(Box::new(Unanswered(job))),
        }
    }

    fn write(&self, job: Box<dyn WriteJob>) {
        match (self.plan)(Call::Write) {
            None => self.inner.write(job),
            Some(Fault::Before) => job.finish(Err(broken())),
            Some(Fault::After) => self.inner.write(Box::new(Unanswered(job))),
        }
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    fn checkpoint(&self) -> Result<(), DbError> {
        self.inner.checkpoint()
    }
}

/// A job whose success is never told.
struct Unanswered<J>(J);

impl ReadJob for Unanswered<Box<dyn ReadJob>> {
    fn run(&mut self, read: &mut dyn Read) {
        self.0.run(read);
    }

    fn finish(self: Box<Self>, outcome: Result<(), DbError>) {
        self.0.finish(outcome.and_then(|()| Err(broken())));
    }
}

impl WriteJob for Unanswered<Box<dyn WriteJob>> {
    fn run(&mut self, tx: &mut dyn Tx) -> bool {
        self.0.run(tx)
    }

    fn finish(self: Box<Self>, outcome: Result<(), DbError>) {
        self.0.finish(outcome.and_then(|()| Err(broken())));
    }
}

fn broken() -> DbError {
    DbError::Commit("a test wants it to fail".to_owned())
}

#[cfg(test)]
mod tests {
    use commonhold_core::Timestamp;

    use super::*;
    use crate::ops::accounts::{NewUser, create_user, list_users};

    async fn users_after(fault: Fault) -> usize {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&directory.path().join("catalogue.sqlite")).unwrap();
        let faulty = db.with_faults(Arc::new(move |call| (call == Call::Write).then_some(fault)));
        let new = NewUser {
            name: "Ada".to_owned(),
            password_hash: None,
            groups: Vec::new(),
            now: Timestamp::from_unix(1_800_000_000),
        };
        let outcome = faulty.write(move |tx| create_user(tx, &new)).await;
        assert!(matches!(outcome, Err(DbError::Commit(_))), "{outcome:?}");
        faulty.read(|read| list_users(read, None, 9)).await.unwrap().len()
    }

    #[tokio::test]
    async fn a_failed_job_has_happened_or_not_as_the_plan_says() {
        assert_eq!(users_after(Fault::Before).await, 0);
        assert_eq!(users_after(Fault::After).await, 1);
    }
}
