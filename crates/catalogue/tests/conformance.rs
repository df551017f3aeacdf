//! Both engines pass the suite, and what each of them has to do besides.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail as they do")]
#![expect(clippy::print_stdout, reason = "says which tests are left out")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use commonhold_catalogue::ops::accounts::{self, NewUser};
use commonhold_catalogue::{Db, DbError, conformance};
use commonhold_core::Timestamp;
use postgres::{Client, NoTls};

/// Connections of each catalogue on PostgreSQL.
const CONNECTIONS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_does_what_an_engine_has_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let number = AtomicUsize::new(0);
    let make = || {
        let number = number.fetch_add(1, Ordering::Relaxed);
        Db::open_sqlite(&directory.path().join(format!("{number}.sqlite"))).unwrap()
    };
    conformance::run(&make).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_does_what_an_engine_has_to_do() {
    let Some(server) = Server::of_the_environment() else { return };
    conformance::run(&|| open(&server.schema())).await.unwrap();
}

#[tokio::test]
async fn a_sqlite_file_is_there_again_after_closing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalogue.sqlite");
    for number in 0..3 {
        let db = Db::open_sqlite(&path).unwrap();
        assert_eq!(users(&db).await, number);
        add_user(&db, number).await;
    }
}

#[tokio::test]
async fn two_processes_may_have_a_sqlite_file_open() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalogue.sqlite");
    let both = [Db::open_sqlite(&path).unwrap(), Db::open_sqlite(&path).unwrap()];
    for number in 0..20 {
        add_user(&both[number % 2], number).await;
        assert_eq!(users(&both[(number + 1) % 2]).await, number + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_may_come_to_an_empty_postgresql_at_once() {
    let Some(server) = Server::of_the_environment() else { return };
    let url = server.schema();
    let all: Vec<Db> = std::thread::scope(|scope| {
        let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| Db::open_postgres(&url, 1).unwrap())).collect();
        opening.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (number, db) in all.iter().enumerate() {
        assert_eq!(users(db).await, number);
        add_user(db, number).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_cut_are_made_again() {
    let Some(server) = Server::of_the_environment() else { return };
    let name = format!("cut-{}", std::process::id());
    let db = open(&format!("{}&application_name={name}", server.schema()));
    for number in 0..3 {
        add_user(&db, number).await;
        let cut = server.rows(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"
        ));
        assert!(cut > 0);
        // More than there are connections, so that each of them is tried.
        for _ in 0..2 * CONNECTIONS {
            assert_eq!(users(&db).await, number + 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_is_refused_by_postgresql_too() {
    let Some(server) = Server::of_the_environment() else { return };
    let url = server.schema();
    drop(open(&url));
    let outcome = aside(|| {
        let mut client = Client::connect(&url, NoTls).unwrap();
        client.execute("INSERT INTO schema_version (number) VALUES (999)", &[]).unwrap();
        Db::open_postgres(&url, 1).map(|_| ())
    });
    assert!(matches!(outcome, Err(DbError::Newer { found: 999, .. })), "{outcome:?}");
}

async fn add_user(db: &Db, number: usize) {
    let new = NewUser {
        name: format!("User {number}"),
        password_hash: None,
        groups: Vec::new(),
        now: Timestamp::from_unix(1_800_000_000),
    };
    db.write(move |tx| accounts::create_user(tx, &new)).await.unwrap();
}

async fn users(db: &Db) -> usize {
    db.read(|read| accounts::list_users(read, None, 1_000)).await.unwrap().len()
}

/// Runs what blocks on a thread of its own: the driver refuses to run on one of the runtime's.
fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

fn open(url: &str) -> Db {
    aside(|| Db::open_postgres(url, CONNECTIONS).unwrap())
}

/// The tests' PostgreSQL, with the schemas that a test has made in it.
struct Server {
    url: String,
    schemas: Mutex<Vec<String>>,
}

impl Server {
    /// The one at COMMONHOLD_TEST_PG, a URL; `./test` starts one and sets this.
    fn of_the_environment() -> Option<Self> {
        let Ok(url) = std::env::var("COMMONHOLD_TEST_PG") else {
            println!("COMMONHOLD_TEST_PG names no PostgreSQL, so nothing is tested on it; ./test starts one");
            return None;
        };
        Some(Self { url, schemas: Mutex::default() })
    }

    /// Makes an empty schema and gives the URL of a connection that sees no other.
    fn schema(&self) -> String {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("commonhold_test_{}_{number}", std::process::id());
        self.rows(&format!("DROP SCHEMA IF EXISTS {name} CASCADE"));
        self.rows(&format!("CREATE SCHEMA {name}"));
        self.schemas.lock().unwrap().push(name.clone());
        let joint = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{joint}options=-c%20search_path%3D{name}", self.url)
    }

    /// Runs a statement and counts the rows that answer.
    fn rows(&self, sql: &str) -> usize {
        aside(|| Client::connect(&self.url, NoTls).unwrap().query(sql, &[]).unwrap().len())
    }
}

/// Also where a test fails: the database may be somebody's.
impl Drop for Server {
    fn drop(&mut self) {
        for name in std::mem::take(&mut *self.schemas.lock().unwrap()) {
            self.rows(&format!("DROP SCHEMA {name} CASCADE"));
        }
    }
}
