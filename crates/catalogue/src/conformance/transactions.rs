//! What every transaction is promised, whatever it does.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{NOW, Result, at_once, make_user, revision, upload};
use crate::ops::{accounts, files, pages, sessions};
use crate::{Db, DbError, Read, Row, Tx, Value};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    an_error_leaves_nothing(make()).await?;
    a_panic_leaves_nothing(make()).await?;
    a_failed_statement_ends_its_transaction_only(make()).await?;
    a_transaction_sees_its_own_changes(make()).await?;
    a_read_sees_one_state(make()).await?;
    a_read_sees_whole_transactions(make()).await?;
    what_was_answered_is_seen_by_the_next(make()).await?;
    changes_are_counted_before_they_are_known(make()).await?;
    many_writes_at_once_all_arrive_once(make()).await?;
    a_lock_makes_one_wait_for_the_other(make()).await?;
    a_write_goes_on_when_nobody_waits(make()).await?;
    errors_of_callers_pass_through(make()).await?;
    values_of_every_kind_come_back(make()).await
}

async fn users(db: &Db) -> Result<Vec<String>> {
    let found = db.read(|read| accounts::list_users(read, None, 1_000)).await?;
    Ok(found.into_iter().map(|user| user.name).collect())
}

/// Touches many tables.
fn change_much(tx: &mut dyn Tx, name: &str) -> Result<()> {
    make_user(tx, name, &[])?;
    accounts::throttle_failures(tx, name, NOW, 60)?;
    files::publish(tx, &upload(name, 1, NOW))?;
    pages::create(tx, 0, name, &revision("text", NOW))?;
    Ok(())
}

async fn nothing_but(db: &Db, expected: &[&str]) -> Result<()> {
    assert_eq!(users(db).await?, expected);
    let count = expected.len() as i64;
    let found = db.read(|read| pages::statistics(read)).await?;
    assert_eq!((found.users, found.images, found.pages), (count, count, 2 * count));
    assert_eq!(db.read(|read| accounts::throttle_count(read, "Lost", NOW, 60)).await?, 0);
    Ok(())
}

/// Whoever knows of a change finds that the number has grown; whoever only looks changes nothing.
async fn changes_are_counted_before_they_are_known(db: Db) -> Result<()> {
    let mut before = db.changes();
    for name in ["One", "Two", "Three"] {
        db.write(move |tx| make_user(tx, name, &[]).map(drop)).await?;
        let after = db.changes();
        assert!(after > before);
        users(&db).await?;
        assert_eq!(db.clone().changes(), after);
        before = after;
    }
    Ok(())
}

async fn an_error_leaves_nothing(db: Db) -> Result<()> {
    db.write(|tx| change_much(tx, "Kept")).await?;
    let outcome = db
        .write(|tx| {
            change_much(tx, "Lost")?;
            files::publish(tx, &upload("Kept", 2, NOW))?;
            Err::<(), _>(DbError::Corrupt { what: "mind" })
        })
        .await;
    assert!(matches!(outcome, Err(DbError::Corrupt { what: "mind" })), "{outcome:?}");
    nothing_but(&db, &["Kept"]).await?;
    db.write(|tx| change_much(tx, "Later")).await?;
    nothing_but(&db, &["Kept", "Later"]).await
}

async fn a_panic_leaves_nothing(db: Db) -> Result<()> {
    db.write(|tx| change_much(tx, "Kept")).await?;
    for _ in 0..10 {
        let outcome: Result<()> = db
            .write(|tx| {
                change_much(tx, "Lost")?;
                // As `panic!` does, but nothing is printed.
                resume_unwind(Box::new("wanted"))
            })
            .await;
        assert!(matches!(outcome, Err(DbError::Panicked)), "{outcome:?}");
        let outcome: Result<()> = db
            .read(|read| {
                accounts::any_user(read)?;
                resume_unwind(Box::new("wanted"))
            })
            .await;
        assert!(matches!(outcome, Err(DbError::Panicked)), "{outcome:?}");
    }
    nothing_but(&db, &["Kept"]).await?;
    db.write(|tx| change_much(tx, "Later")).await?;
    nothing_but(&db, &["Kept", "Later"]).await
}

async fn a_failed_statement_ends_its_transaction_only(db: Db) -> Result<()> {
    db.write(|tx| change_much(tx, "Kept")).await?;
    // With others around, with which it may share a commit.
    let all = (0..12).map(|number| {
        let db = db.clone();
        async move {
            let outcome = db
                .write(move |tx| {
                    let name = if number % 3 == 0 { "Lost".to_owned() } else { format!("User {number:02}") };
                    change_much(tx, &name)?;
                    if number % 3 == 0 {
                        // The closure makes nothing of it, but it counts.
                        let failed = tx.execute("INSERT INTO nowhere (a) VALUES (?1)", &[1.into()]);
                        assert!(matches!(failed, Err(DbError::Statement(_))), "{failed:?}");
                    }
                    Ok::<_, DbError>(())
                })
                .await;
            match outcome {
                Err(DbError::Sqlite(_) | DbError::Postgres(_)) if number % 3 == 0 => Ok(()),
                Ok(()) if number % 3 != 0 => Ok(()),
                other => panic!("{number}: {other:?}"),
            }
        }
    });
    at_once(all).await?;
    let expected =
        ["Kept", "User 01", "User 02", "User 04", "User 05", "User 07", "User 08", "User 10", "User 11"];
    nothing_but(&db, &expected).await?;
    let outcome = db
        .read(|read| {
            let failed = read.query("SELECT a FROM nowhere", &[]);
            assert!(matches!(failed, Err(DbError::Statement(_))), "{failed:?}");
            Ok::<_, DbError>(())
        })
        .await;
    assert!(matches!(outcome, Err(DbError::Sqlite(_) | DbError::Postgres(_))), "{outcome:?}");
    nothing_but(&db, &expected).await
}

async fn a_transaction_sees_its_own_changes(db: Db) -> Result<()> {
    db.write(|tx| {
        let id = make_user(tx, "Ada", &[])?;
        assert!(accounts::user_by_id(tx, id)?.is_some());
        accounts::set_groups(tx, id, &["bot".to_owned()])?;
        assert_eq!(accounts::user_by_id(tx, id)?.map(|user| user.groups), Some(vec!["bot".to_owned()]));
        let untouched = tx.execute("DELETE FROM users WHERE name = ?1", &["Bob".into()])?;
        let touched = tx.execute("DELETE FROM users WHERE name = ?1", &["Ada".into()])?;
        assert_eq!((untouched, touched), (0, 1));
        assert!(!accounts::any_user(tx)?);
        Ok(())
    })
    .await
}

/// A place where a closure waits for the test.
fn gate() -> (impl Fn() + Send + 'static, UnboundedReceiver<()>, std::sync::mpsc::Sender<()>) {
    let (reached, reaching) = unbounded_channel();
    let (open, opened) = channel();
    let opened: Arc<Mutex<Receiver<()>>> = Arc::new(Mutex::new(opened));
    let pass = move || {
        // Fails where the test is over; then nobody waits, and none needs to be waited for.
        let _ = reached.send(());
        let _ = opened.lock().unwrap_or_else(PoisonError::into_inner).recv();
    };
    (pass, reaching, open)
}

async fn a_read_sees_one_state(db: Db) -> Result<()> {
    db.write(|tx| change_much(tx, "Before")).await?;
    let (pass, mut reaching, open) = gate();
    let reader = db.clone();
    let read = tokio::spawn(async move {
        reader
            .read(move |read| {
                let first = (accounts::list_users(read, None, 10)?, pages::statistics(read)?);
                pass();
                let second = (accounts::list_users(read, None, 10)?, pages::statistics(read)?);
                assert_eq!(first, second);
                assert_eq!(
                    files::current(read, "After")?,
                    None,
                    "not even what it looks at for the first time"
                );
                Ok::<_, DbError>(second.0.len())
            })
            .await
    });
    reaching.recv().await;
    db.write(|tx| change_much(tx, "After")).await?;
    assert_eq!(users(&db).await?, ["After", "Before"], "others see the change at once");
    drop(open);
    assert_eq!(joined(read.await)?, 1);
    Ok(())
}

fn joined<T>(outcome: Result<Result<T>, tokio::task::JoinError>) -> Result<T> {
    match outcome {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(DbError::Closed),
        },
    }
}

async fn a_read_sees_whole_transactions(db: Db) -> Result<()> {
    let writes = (0..40).map(|number| {
        let db = db.clone();
        async move {
            db.write(move |tx| change_much(tx, &format!("{number:02}"))).await?;
            Ok(())
        }
    });
    let reads = (0..40).map(|_| {
        let db = db.clone();
        async move {
            let found = db.read(|read| pages::statistics(read)).await?;
            assert_eq!((found.images, found.pages), (found.users, 2 * found.users));
            Ok(())
        }
    });
    let writes: Vec<futures::Boxed> = writes.map(futures::boxed).collect();
    let reads = reads.map(futures::boxed);
    at_once(writes.into_iter().zip(reads).flat_map(|(write, read)| [write, read])).await?;
    assert_eq!(users(&db).await?.len(), 40);
    Ok(())
}

/// Futures of different kinds in one list.
mod futures {
    use super::Result;

    pub(super) type Boxed = std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>>;

    pub(super) fn boxed(future: impl Future<Output = Result<()>> + Send + 'static) -> Boxed {
        Box::pin(future)
    }
}

async fn what_was_answered_is_seen_by_the_next(db: Db) -> Result<()> {
    let clients = (0..8).map(|client| {
        let db = db.clone();
        async move {
            for number in 0..15 {
                let name = format!("{client} {number}");
                let made = name.clone();
                let id = db.write(move |tx| make_user(tx, &made, &[])).await?;
                let found = db.read(move |read| accounts::user_by_name(read, &name)).await?;
                assert_eq!(found.map(|user| user.id), Some(id));
            }
            Ok(())
        }
    });
    at_once(clients).await.map(|_| ())
}

async fn many_writes_at_once_all_arrive_once(db: Db) -> Result<()> {
    // More than a commit takes, with some among them that leave nothing.
    const WRITES: u32 = 600;
    let ada = db.write(|tx| make_user(tx, "Ada", &[])).await?;
    let writes = (0..WRITES).map(|number| {
        let db = db.clone();
        async move {
            let outcome = db
                .write(move |tx| {
                    let hash = number.to_be_bytes().to_vec();
                    let session = sessions::SessionRow {
                        id_hash: hash.clone(),
                        user_id: Some(ada),
                        secret: hash,
                        app_id: None,
                        created: NOW,
                        last_seen: NOW,
                    };
                    sessions::insert(tx, &session)?;
                    accounts::count_edit(tx, ada)?;
                    if number % 10 == 0 { Err(DbError::Corrupt { what: "mind" }) } else { Ok(()) }
                })
                .await;
            match outcome {
                Err(DbError::Corrupt { what: "mind" }) => Ok(false),
                other => other.map(|()| true),
            }
        }
    });
    let arrived = at_once(writes).await?.into_iter().filter(|arrived| *arrived).count() as i64;
    assert_eq!(arrived, i64::from(WRITES - WRITES / 10));
    db.read(move |read| {
        assert_eq!(accounts::user_by_id(read, ada)?.map(|user| user.edit_count), Some(arrived));
        for number in 0..WRITES {
            let found = sessions::get(read, &number.to_be_bytes())?.is_some();
            assert_eq!(found, number % 10 != 0, "write {number}");
        }
        Ok(())
    })
    .await
}

fn number(read: &mut dyn Read, name: &str) -> Result<i64> {
    let row = read.first("SELECT value FROM site WHERE name = ?1", &[name.into()])?;
    let bytes = row.map_or(Ok(vec![0; 8]), |row| row.blob(0))?;
    bytes.try_into().map(i64::from_be_bytes).map_err(|_| DbError::Corrupt { what: "number" })
}

async fn a_lock_makes_one_wait_for_the_other(db: Db) -> Result<()> {
    const STEPS: i64 = 100;
    const COUNTERS: [&str; 3] = ["it's", "a%", "A%"];
    let steps = (0..STEPS * 3).map(|step| {
        let db = db.clone();
        let name = COUNTERS[step as usize % 3];
        async move {
            db.write(move |tx| {
                tx.lock(name)?;
                // Without the lock, two would read the same and one would be lost.
                let next = number(tx, name)? + 1;
                tx.execute(
                    "INSERT INTO site (name, value) VALUES (?1, ?2) \
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    &[name.into(), next.to_be_bytes().to_vec().into()],
                )?;
                // Taken twice by one transaction, it doesn't wait for itself.
                tx.lock(name)
            })
            .await
        }
    });
    at_once(steps).await?;
    for name in COUNTERS {
        assert_eq!(db.read(move |read| number(read, name)).await?, STEPS, "{name}");
    }
    Ok(())
}

async fn a_write_goes_on_when_nobody_waits(db: Db) -> Result<()> {
    let (pass, mut reaching, open) = gate();
    let writer = db.clone();
    let write = tokio::spawn(async move {
        writer
            .write(move |tx| {
                tx.lock("test")?;
                pass();
                make_user(tx, "Ada", &[])
            })
            .await
    });
    reaching.recv().await;
    write.abort();
    assert!(write.await.is_err_and(|error| error.is_cancelled()));
    drop(open);
    // Comes after it, on any engine.
    let found = db
        .write(|tx| {
            tx.lock("test")?;
            accounts::user_by_name(tx, "Ada")
        })
        .await?;
    assert!(found.is_some());
    Ok(())
}

async fn errors_of_callers_pass_through(db: Db) -> Result<()> {
    #[derive(Debug)]
    enum Own {
        Refused(&'static str),
        Database(DbError),
    }

    impl From<DbError> for Own {
        fn from(error: DbError) -> Self {
            Self::Database(error)
        }
    }

    let outcome = db.write(|_| Err::<(), _>(Own::Refused("no"))).await;
    assert!(matches!(outcome, Err(Own::Refused("no"))), "{outcome:?}");
    let outcome = db.read(|_| Err::<(), _>(Own::Refused("no"))).await;
    assert!(matches!(outcome, Err(Own::Refused("no"))), "{outcome:?}");
    let outcome = db.write(|tx| Ok::<_, Own>(tx.execute("INSERT INTO nowhere VALUES (1)", &[])?)).await;
    assert!(matches!(outcome, Err(Own::Database(DbError::Sqlite(_) | DbError::Postgres(_)))), "{outcome:?}");
    Ok(())
}

async fn values_of_every_kind_come_back(db: Db) -> Result<()> {
    db.write(|tx| {
        let id = make_user(tx, "Ada", &[])?;
        let blobs: [Vec<u8>; 4] = [vec![], vec![0], (0..=255).collect(), vec![0xFF; 300_000]];
        for (number, blob) in (0..).zip(blobs) {
            let row = tx.first(
                "INSERT INTO sessions (id_hash, user_id, secret, app_id, created, last_seen) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING user_id, secret, app_id, created, last_seen",
                &[
                    Value::from(vec![number]),
                    Value::from((number % 2 == 0).then_some(id)),
                    Value::from(blob.as_slice()),
                    Value::from((number % 2 == 1).then_some("app")),
                    Value::from(i64::MIN),
                    Value::from(true),
                ],
            )?;
            let Some(row) = row else { panic!("no row came back") };
            check_row(&row, (number % 2 == 0).then_some(id), &blob)?;
        }
        let row = tx.first("SELECT COUNT(*), MAX(last_seen), MIN(app_id) FROM sessions", &[])?;
        let Some(row) = row else { panic!("no row came back") };
        assert_eq!((row.int(0)?, row.int(1)?, row.text(2)?), (4, 1, "app".to_owned()));
        assert!(tx.first("SELECT id FROM users WHERE name = ?1", &["Bob".into()])?.is_none());
        Ok(())
    })
    .await
}

fn check_row(row: &Row, id: Option<i64>, blob: &[u8]) -> Result<()> {
    assert_eq!(row.opt_int(0)?, id);
    assert_eq!(row.blob(1)?, blob);
    assert_eq!(row.opt_text(2)?.as_deref(), if id.is_some() { None } else { Some("app") });
    assert_eq!((row.int(3)?, row.int(4)?), (i64::MIN, 1));
    // What is something else, or isn't there, is said to be unreadable.
    for wrong in
        [row.text(1).map(|_| ()), row.blob(3).map(|_| ()), row.size(3).map(|_| ()), row.int(9).map(|_| ())]
    {
        assert!(matches!(wrong, Err(DbError::Corrupt { .. })), "{wrong:?}");
    }
    Ok(())
}
