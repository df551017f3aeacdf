//! PostgreSQL: some threads with a connection each.

use std::collections::HashMap;
use std::error::Error;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use postgres::error::SqlState;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, IsolationLevel, NoTls, Statement, Transaction};

use crate::db::{Engine, Read, ReadJob, Tx, WriteJob};
use crate::{DbError, Row, Value, migrate};

/// How often a transaction that collided with another is tried.
const ATTEMPTS: u32 = 8;

/// Most statements that a connection keeps prepared; filters of lists come in many combinations.
const STATEMENTS: usize = 256;

enum Work {
    Read(Box<dyn ReadJob>),
    Write(Box<dyn WriteJob>),
}

pub(crate) struct Postgres {
    queue: Sender<Work>,
}

impl Postgres {
    pub(crate) fn open(url: &str, connections: usize) -> Result<Self, DbError> {
        let mut client = Client::connect(url, NoTls)?;
        migrate::postgres(&mut client)?;
        let (queue, jobs) = channel();
        let jobs = Arc::new(Mutex::new(jobs));
        let mut first = Some(client);
        for number in 0..connections.max(1) {
            let client = match first.take() {
                Some(client) => client,
                None => Client::connect(url, NoTls)?,
            };
            let worker = Worker { url: url.to_owned(), connection: Some(Connection::new(client)) };
            let jobs = Arc::clone(&jobs);
            let name = format!("catalogue-{number}");
            std::thread::Builder::new().name(name).spawn(move || worker.serve(&jobs))?;
        }
        Ok(Self { queue })
    }

    fn send(&self, work: Work) {
        if let Err(unsent) = self.queue.send(work) {
            match unsent.0 {
                Work::Read(job) => job.finish(Err(DbError::Closed)),
                Work::Write(job) => job.finish(Err(DbError::Closed)),
            }
        }
    }
}

impl Engine for Postgres {
    fn read(&self, job: Box<dyn ReadJob>) {
        self.send(Work::Read(job));
    }

    fn write(&self, job: Box<dyn WriteJob>) {
        self.send(Work::Write(job));
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn checkpoint(&self) -> Result<(), DbError> {
        // The server does that.
        Ok(())
    }
}

/// A connection with its prepared statements.
struct Connection {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Connection {
    fn new(client: Client) -> Self {
        Self { client, statements: HashMap::new() }
    }
}

struct Worker {
    url: String,
    connection: Option<Connection>,
}

impl Worker {
    fn serve(mut self, jobs: &Mutex<Receiver<Work>>) {
        loop {
            let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
            match next {
                Ok(Work::Read(mut job)) => {
                    let outcome = self.attempt(true, |tx| {
                        job.run(tx);
                        true
                    });
                    job.finish(outcome);
                }
                Ok(Work::Write(mut job)) => {
                    let outcome = self.attempt(false, |tx| job.run(tx));
                    job.finish(outcome);
                }
                Err(_) => return,
            }
        }
    }

    /// Runs work in a transaction, again where it collides with another or the connection was found dead before
    /// anything was committed.
    fn attempt(&mut self, read_only: bool, mut work: impl FnMut(&mut dyn Tx) -> bool) -> Result<(), DbError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.once(read_only, &mut work) {
                Ok(()) => return Ok(()),
                Err(Failed { error, again }) if !again || attempt >= ATTEMPTS => return Err(error),
                Err(Failed { error, .. }) => {
                    tracing::debug!(%error, attempt, "a transaction is tried again");
                    std::thread::sleep(Duration::from_millis(5 << attempt.min(6)));
                }
            }
        }
    }

    fn once(&mut self, read_only: bool, work: &mut dyn FnMut(&mut dyn Tx) -> bool) -> Result<(), Failed> {
        if self.connection.as_ref().is_none_or(|c| c.client.is_closed()) {
            let client = Client::connect(&self.url, NoTls).map_err(Failed::again)?;
            self.connection = Some(Connection::new(client));
        }
        let Some(Connection { client, statements }) = &mut self.connection else {
            return Err(Failed { error: DbError::Closed, again: false });
        };
        let level = if read_only { IsolationLevel::RepeatableRead } else { IsolationLevel::ReadCommitted };
        let begun = client.build_transaction().isolation_level(level).read_only(read_only).start();
        // A connection that died while it was idle shows it here, before anything was done.
        let transaction = begun.map_err(Failed::again)?;
        let mut handle = Handle { transaction, statements, failed: None };
        let stays = work(&mut handle);
        let Handle { transaction, failed, .. } = handle;
        if let Some(error) = failed {
            drop(transaction);
            return Err(error);
        }
        let ended = if stays { transaction.commit() } else { transaction.rollback() };
        ended.map_err(|error| Failed { again: collided(&error), error: error.into() })
    }
}

/// A transaction that did not happen.
struct Failed {
    error: DbError,
    again: bool,
}

impl Failed {
    fn again(error: postgres::Error) -> Self {
        Self { error: error.into(), again: true }
    }
}

fn collided(error: &postgres::Error) -> bool {
    let states = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::UNIQUE_VIOLATION,
        // What a row was to name went away meanwhile.
        SqlState::FOREIGN_KEY_VIOLATION,
    ];
    error.code().is_some_and(|code| states.contains(code))
}

struct Handle<'a> {
    transaction: Transaction<'a>,
    statements: &'a mut HashMap<String, Statement>,
    /// The first failure. PostgreSQL refuses everything after it, so the whole transaction is tried again or given up.
    failed: Option<Failed>,
}

impl Handle<'_> {
    fn run<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        run: impl FnOnce(&mut Transaction<'_>, &Statement, &[&(dyn ToSql + Sync)]) -> Result<T, postgres::Error>,
    ) -> Result<T, DbError> {
        let statement = match self.statements.get(sql) {
            Some(statement) => Ok(statement.clone()),
            None => self.transaction.prepare(&numbered(sql)),
        };
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
        let outcome = statement.and_then(|statement| {
            let found = run(&mut self.transaction, &statement, &params)?;
            if self.statements.len() >= STATEMENTS {
                self.statements.clear();
            }
            self.statements.entry(sql.to_owned()).or_insert(statement);
            Ok(found)
        });
        outcome.map_err(|error| {
            let again = collided(&error);
            let said = DbError::Statement(error.to_string());
            self.failed.get_or_insert(Failed { error: error.into(), again });
            said
        })
    }
}

impl Read for Handle<'_> {
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let rows = self.run(sql, params, |tx, statement, params| tx.query(statement, params))?;
        rows.iter().map(row).collect()
    }
}

impl Tx for Handle<'_> {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError> {
        self.run(sql, params, |tx, statement, params| tx.execute(statement, params))
    }

    fn lock(&mut self, name: &str) -> Result<(), DbError> {
        self.query("SELECT pg_advisory_xact_lock(hashtextextended(?1, 0))::TEXT", &[name.into()])?;
        Ok(())
    }

    fn skip_locked(&self) -> &'static str {
        " FOR UPDATE SKIP LOCKED"
    }
}

/// PostgreSQL writes parameters as `$1`.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

fn row(row: &postgres::Row) -> Result<Row, DbError> {
    let value = |index: usize, kind: &Type| -> Result<Value, postgres::Error> {
        Ok(match *kind {
            Type::INT8 => row.try_get::<_, Option<i64>>(index)?.into(),
            Type::INT4 => row.try_get::<_, Option<i32>>(index)?.map(i64::from).into(),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.into(),
            _ => row.try_get::<_, Option<String>>(index)?.into(),
        })
    };
    let values = row.columns().iter().enumerate().map(|(index, column)| value(index, column.type_()));
    Ok(Row(values.collect::<Result<_, _>>()?))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(v) if *kind == Type::INT4 => i32::try_from(*v)?.to_sql(kind, out),
            Self::Int(v) => v.to_sql(kind, out),
            Self::Text(v) => v.to_sql(kind, out),
            Self::Blob(v) => v.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT, Type::VARCHAR, Type::BYTEA].contains(kind)
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_renumbered() {
        assert_eq!(
            numbered("SELECT a FROM t WHERE b = ?1 AND c = ?12"),
            "SELECT a FROM t WHERE b = $1 AND c = $12"
        );
    }
}
