//! SQLite: one thread writes, some read.
//!
//! The writer takes all the jobs that wait, runs them in one transaction, commits once, and only then answers. So many
//! small transactions share one sync of the disk, and none waits for a lock. Should one of the jobs fail, all of them
//! run again, each with a savepoint.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use crate::db::{Engine, Read, ReadJob, Tx, WriteJob};
use crate::{DbError, Row, Value, migrate};

const READERS: usize = 4;
/// Most jobs of one commit, so that the first of them doesn't wait for ever.
const GROUP: usize = 256;
/// Another process (the command line) may write as well.
const BUSY: Duration = Duration::from_secs(10);

pub(crate) struct Sqlite {
    writes: Sender<Box<dyn WriteJob>>,
    reads: Sender<Box<dyn ReadJob>>,
    path: PathBuf,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Self, DbError> {
        let mut writer = connect(path)?;
        writer.pragma_update(None, "journal_mode", "wal")?;
        migrate::sqlite(&mut writer)?;
        let (writes, queue) = channel();
        std::thread::Builder::new()
            .name("catalogue-writer".to_owned())
            .spawn(move || write(&writer, &queue))?;
        let (reads, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..READERS {
            let connection = connect(path)?;
            let queue = Arc::clone(&queue);
            let name = format!("catalogue-reader-{number}");
            std::thread::Builder::new().name(name).spawn(move || read(&connection, &queue))?;
        }
        Ok(Self { writes, reads, path: path.to_owned() })
    }
}

impl Engine for Sqlite {
    fn read(&self, job: Box<dyn ReadJob>) {
        if let Err(unsent) = self.reads.send(job) {
            unsent.0.finish(Err(DbError::Closed));
        }
    }

    fn write(&self, job: Box<dyn WriteJob>) {
        if let Err(unsent) = self.writes.send(job) {
            unsent.0.finish(Err(DbError::Closed));
        }
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn checkpoint(&self) -> Result<(), DbError> {
        Ok(connect(&self.path)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}

fn connect(path: &Path) -> Result<Connection, DbError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(128);
    // The same plan whatever is asked for. Else SQLite plans some statements anew each time that they get new values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn write(connection: &Connection, queue: &Receiver<Box<dyn WriteJob>>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        group.extend(queue.try_iter().take(GROUP - 1));
        let mut failures = Vec::with_capacity(group.len());
        let committed = commit_group(connection, &mut group, &mut failures);
        if let Err(error) = &committed {
            tracing::error!(%error, jobs = group.len(), "a group of transactions failed");
            // Fails as well where no transaction is open; that is the wanted state.
            drop(connection.execute_batch("ROLLBACK"));
        }
        let failures = failures.into_iter().chain(std::iter::repeat_with(|| None));
        for (job, failure) in group.into_iter().zip(failures) {
            job.finish(match (&committed, failure) {
                (Err(error), _) => Err(DbError::Commit(error.to_string())),
                (Ok(()), Some(failure)) => Err(failure),
                (Ok(()), None) => Ok(()),
            });
        }
    }
}

/// Runs a statement without values, compiled once.
fn plain(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// Runs the jobs in one transaction, and notes for each the first statement of it that failed.
fn commit_group(
    connection: &Connection,
    group: &mut [Box<dyn WriteJob>],
    failures: &mut Vec<Option<DbError>>,
) -> Result<(), DbError> {
    plain(connection, "BEGIN IMMEDIATE")?;
    let alone = group.len() == 1;
    for job in group.iter_mut() {
        let mut handle = Handle::new(connection);
        let stays = job.run(&mut handle);
        if !stays || handle.failed.is_some() {
            // Fails where SQLite has rolled back by itself; that is the wanted state.
            drop(connection.execute_batch("ROLLBACK"));
            if alone {
                failures.push(handle.failed);
                return Ok(());
            }
            return commit_apart(connection, group, failures);
        }
    }
    plain(connection, "COMMIT")?;
    Ok(())
}

/// The same where one of the jobs is to leave nothing behind. They run again, each with a savepoint; since that copies
/// every page that a job changes, it is not done as long as all goes well.
fn commit_apart(
    connection: &Connection,
    group: &mut [Box<dyn WriteJob>],
    failures: &mut Vec<Option<DbError>>,
) -> Result<(), DbError> {
    plain(connection, "BEGIN IMMEDIATE")?;
    for job in group {
        connection.execute_batch("SAVEPOINT job")?;
        let mut handle = Handle::new(connection);
        let stays = job.run(&mut handle);
        if !stays || handle.failed.is_some() {
            connection.execute_batch("ROLLBACK TO job")?;
        }
        connection.execute_batch("RELEASE job")?;
        failures.push(handle.failed);
    }
    plain(connection, "COMMIT")?;
    Ok(())
}

fn read(connection: &Connection, queue: &Mutex<Receiver<Box<dyn ReadJob>>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut job) = next else { return };
        // One transaction, so that several queries see the same state.
        let begun = plain(connection, "BEGIN");
        let mut handle = Handle::new(connection);
        if begun.is_ok() {
            job.run(&mut handle);
        }
        let ended = begun.and_then(|()| plain(connection, "COMMIT"));
        job.finish(handle.failed.map_or(ended.map_err(DbError::from), Err));
    }
}

struct Handle<'a> {
    connection: &'a Connection,
    /// The first failure. SQLite would go on after it; PostgreSQL doesn't, and closures are to find them alike.
    failed: Option<DbError>,
}

impl<'a> Handle<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, failed: None }
    }

    /// Keeps a statement's failure, and tells the closure of it.
    fn note<T>(&mut self, outcome: Result<T, DbError>) -> Result<T, DbError> {
        match outcome {
            Err(error @ DbError::Sqlite(_)) => {
                let said = DbError::Statement(error.to_string());
                self.failed.get_or_insert(error);
                Err(said)
            }
            other => other,
        }
    }

    fn rows(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(params.iter().map(bind)))?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(columns);
            for index in 0..columns {
                values.push(match row.get_ref(index)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(v) => Value::Int(v),
                    ValueRef::Real(_) => return Err(DbError::Corrupt { what: "number" }),
                    ValueRef::Text(v) => {
                        let text = std::str::from_utf8(v).map_err(|_| DbError::Corrupt { what: "text" })?;
                        Value::Text(text.to_owned())
                    }
                    ValueRef::Blob(v) => Value::Blob(v.to_vec()),
                });
            }
            out.push(Row(values));
        }
        Ok(out)
    }

    fn touched(&self, sql: &str, params: &[Value]) -> Result<u64, DbError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.execute(params_from_iter(params.iter().map(bind)))? as u64)
    }
}

impl Read for Handle<'_> {
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let outcome = self.rows(sql, params);
        self.note(outcome)
    }
}

impl Tx for Handle<'_> {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError> {
        let outcome = self.touched(sql, params);
        self.note(outcome)
    }

    /// There is one writer.
    fn lock(&mut self, _name: &str) -> Result<(), DbError> {
        Ok(())
    }

    fn skip_locked(&self) -> &'static str {
        ""
    }
}

fn bind(value: &Value) -> rusqlite::types::ToSqlOutput<'_> {
    let value = match value {
        Value::Null => ValueRef::Null,
        Value::Int(v) => ValueRef::Integer(*v),
        Value::Text(v) => ValueRef::Text(v.as_bytes()),
        Value::Blob(v) => ValueRef::Blob(v),
    };
    rusqlite::types::ToSqlOutput::Borrowed(value)
}
