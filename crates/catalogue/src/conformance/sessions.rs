//! Sessions.

use super::{NOW, Result, make_user};
use crate::ops::accounts;
use crate::ops::sessions::{self, SessionRow};
use crate::{Db, DbError, Read};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    sessions_come_back(make()).await?;
    a_cookie_is_used_once(make()).await?;
    sessions_need_an_account_or_none(make()).await?;
    touching_and_deleting_concern_one_session(make()).await?;
    idle_sessions_end(make()).await?;
    sessions_end_with_a_password(make()).await
}

/// A session whose cookie hashes to this number.
fn session(number: u8, user_id: Option<i64>, app_id: Option<&str>) -> SessionRow {
    SessionRow {
        id_hash: vec![number; 32],
        user_id,
        secret: (0..=u8::MAX).collect(),
        app_id: app_id.map(str::to_owned),
        created: NOW,
        last_seen: NOW + i64::from(number),
    }
}

/// Those of some sessions that are there.
fn alive(read: &mut dyn Read, numbers: impl IntoIterator<Item = u8>) -> Result<Vec<u8>> {
    let mut found = Vec::new();
    for number in numbers {
        if sessions::get(read, &[number; 32])?.is_some() {
            found.push(number);
        }
    }
    Ok(found)
}

async fn sessions_come_back(db: Db) -> Result<()> {
    let ada = db.write(|tx| make_user(tx, "Ada", &[])).await?;
    let all = [session(0, Some(ada), Some("upload")), session(1, Some(ada), None), session(255, None, None)];
    let stored = all.clone();
    db.write(move |tx| stored.iter().try_for_each(|row| sessions::insert(tx, row))).await?;
    db.read(move |read| {
        for row in &all {
            assert_eq!(sessions::get(read, &row.id_hash)?.as_ref(), Some(row));
        }
        assert_eq!(sessions::get(read, &[2; 32])?, None);
        assert_eq!(sessions::get(read, &[0; 31])?, None, "no beginning of a hash");
        assert_eq!(sessions::get(read, &[])?, None);
        Ok(())
    })
    .await
}

async fn a_cookie_is_used_once(db: Db) -> Result<()> {
    db.write(|tx| sessions::insert(tx, &session(1, None, None))).await?;
    let outcome = db.write(|tx| sessions::insert(tx, &session(1, None, Some("another")))).await;
    assert!(matches!(outcome, Err(DbError::Sqlite(_) | DbError::Postgres(_))), "{outcome:?}");
    assert_eq!(db.read(|read| sessions::get(read, &[1; 32])).await?, Some(session(1, None, None)));
    Ok(())
}

async fn sessions_need_an_account_or_none(db: Db) -> Result<()> {
    let outcome = db.write(|tx| sessions::insert(tx, &session(1, Some(99), None))).await;
    assert!(matches!(outcome, Err(DbError::Sqlite(_) | DbError::Postgres(_))), "{outcome:?}");
    Ok(())
}

async fn touching_and_deleting_concern_one_session(db: Db) -> Result<()> {
    db.write(|tx| {
        for number in 1..=3 {
            sessions::insert(tx, &session(number, None, None))?;
        }
        sessions::touch(tx, &[2; 32], NOW + 1_000)?;
        sessions::touch(tx, &[9; 32], NOW + 1_000)?;
        let expected = SessionRow { last_seen: NOW + 1_000, ..session(2, None, None) };
        assert_eq!(sessions::get(tx, &[2; 32])?, Some(expected));
        assert_eq!(sessions::get(tx, &[3; 32])?, Some(session(3, None, None)));
        sessions::delete(tx, &[2; 32])?;
        sessions::delete(tx, &[2; 32])?;
        assert_eq!(alive(tx, 1..=3)?, [1, 3]);
        Ok(())
    })
    .await
}

async fn idle_sessions_end(db: Db) -> Result<()> {
    db.write(|tx| {
        let ada = make_user(tx, "Ada", &[])?;
        for number in 1..=8 {
            // Even ones are hers.
            sessions::insert(tx, &session(number, (number % 2 == 0).then_some(ada), None))?;
        }
        assert_eq!(sessions::delete_idle(tx, NOW + 3, NOW + 6)?, 4);
        assert_eq!(alive(tx, 1..=8)?, [4, 6, 7, 8], "1, 2 for anyone; 3, 5 for nobody's");
        assert_eq!(sessions::delete_idle(tx, NOW + 3, NOW + 6)?, 0);
        Ok(())
    })
    .await
}

async fn sessions_end_with_a_password(db: Db) -> Result<()> {
    db.write(|tx| {
        let (ada, bob) = (make_user(tx, "Ada", &[])?, make_user(tx, "Bob", &[])?);
        let all = [
            (ada, None),
            (ada, Some("upload")),
            (ada, Some("Upload")),
            (bob, Some("upload")),
            (bob, None),
            (ada, Some("upload")),
        ];
        for (number, (user, app)) in (1..).zip(all) {
            sessions::insert(tx, &session(number, Some(user), app))?;
        }
        sessions::insert(tx, &session(7, None, None))?;
        sessions::delete_of_bot_password(tx, ada, "upload")?;
        assert_eq!(alive(tx, 1..=7)?, [1, 3, 4, 5, 7]);
        sessions::delete_of_user(tx, ada)?;
        assert_eq!(alive(tx, 1..=7)?, [4, 5, 7]);
        assert!(accounts::user_by_id(tx, ada)?.is_some());
        Ok(())
    })
    .await
}
