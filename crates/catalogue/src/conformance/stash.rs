//! The stash: claims, offsets, ends.

use commonhold_core::{FileKey, Timestamp};

use super::{NOW, Result, at_once, content, fresh_blob, fresh_filekey, make_user, png, upload};
use crate::ops::stash::{self, Claim, StashRow, StashStatus};
use crate::ops::{files, nodes};
use crate::{Db, DbError, Tx};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    entries_come_back(make()).await?;
    a_key_is_used_once(make()).await?;
    a_claim_keeps_others_away_while_it_lasts(make()).await?;
    claims_are_for_the_awaited_offset(make()).await?;
    one_of_many_claims_is_granted(make()).await?;
    a_released_claim_lets_the_next_in(make()).await?;
    a_claim_that_nobody_knows_of_can_be_ended(make()).await?;
    a_restart_ends_all_claims(make()).await?;
    claims_of_a_dead_server_are_free(make()).await?;
    the_offset_moves_under_the_last_claim_only(make()).await?;
    offsets_have_64_bits(make()).await?;
    many_chunks_at_once_move_the_offset_in_step(make()).await?;
    a_queued_upload_takes_no_more_and_ends_once(make()).await?;
    a_finished_upload_is_replaced_by_its_successor(make()).await?;
    of_two_ends_one_happens(make()).await?;
    a_failed_upload_takes_no_more(make()).await?;
    a_published_entry_says_what_it_became(make()).await?;
    lists_have_what_a_user_can_use(make()).await?;
    entries_expire_when_nobody_feeds_them(make()).await?;
    what_has_changed_is_not_deleted(make()).await
}

/// An entry that waits for its first chunk.
pub(super) fn chunked(filekey: FileKey, user_id: i64) -> StashRow {
    StashRow {
        filekey,
        user_id,
        status: StashStatus::Chunks,
        created: NOW,
        touched: NOW,
        blob_key: fresh_blob(),
        partial: Some("{\"key\":\"x\"}".to_owned()),
        filename: "A.png".to_owned(),
        offset: 0,
        filesize: 1_000,
        hash_state: None,
        hashes: None,
        info: None,
        attempt: 0,
        lease_until: None,
        successor: None,
        published_version: None,
        chunk_start: 0,
    }
}

/// An entry that is whole.
fn whole(filekey: FileKey, user_id: i64) -> StashRow {
    StashRow {
        status: StashStatus::Finished,
        partial: None,
        offset: content(1).size,
        filesize: content(1).size,
        hashes: Some(content(1)),
        info: Some(png()),
        ..chunked(filekey, user_id)
    }
}

/// A user and an entry that waits for its first chunk.
async fn begun(db: &Db) -> Result<StashRow> {
    db.write(|tx| {
        let row = chunked(fresh_filekey(), make_user(tx, "Ada", &[])?);
        stash::insert(tx, &row)?;
        Ok(row)
    })
    .await
}

/// The number of a claim for an offset, which must be granted.
fn granted(tx: &mut dyn Tx, key: &FileKey, offset: u64, now: Timestamp) -> Result<i64> {
    match stash::claim(tx, key, offset, now, 60, None)? {
        Claim::Granted { attempt, row } => {
            assert_eq!((&row.filekey, row.attempt, row.offset), (key, attempt, offset));
            assert_eq!(row.lease_until, Some(now + 60));
            Ok(attempt)
        }
        other => panic!("{other:?}"),
    }
}

async fn entries_come_back(db: Db) -> Result<()> {
    let user = db.write(|tx| make_user(tx, "Ada", &[])).await?;
    let full = StashRow {
        created: NOW + -5,
        touched: NOW + 5,
        hash_state: Some(vec![0, 255, 0]),
        attempt: 3,
        lease_until: Some(NOW + 60),
        successor: Some(fresh_filekey()),
        published_version: Some(i64::MAX),
        ..whole(fresh_filekey(), user)
    };
    let statuses = [
        StashStatus::Chunks,
        StashStatus::Queued,
        StashStatus::Finished,
        StashStatus::Failed,
        StashStatus::Published,
    ];
    let mut all: Vec<StashRow> =
        statuses.map(|status| StashRow { status, filekey: fresh_filekey(), ..full.clone() }).into();
    all.push(chunked(fresh_filekey(), user));
    let stored = all.clone();
    db.write(move |tx| stored.iter().try_for_each(|row| stash::insert(tx, row))).await?;
    db.read(move |read| {
        for row in &all {
            assert_eq!(stash::get(read, &row.filekey)?.as_ref(), Some(row));
        }
        assert_eq!(stash::get(read, &fresh_filekey())?, None);
        Ok(())
    })
    .await
}

async fn a_key_is_used_once(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    let (key, other) = (row.filekey.clone(), StashRow { filename: "B.png".to_owned(), ..row.clone() });
    let outcome = db.write(move |tx| stash::insert(tx, &other)).await;
    assert!(matches!(outcome, Err(DbError::Sqlite(_) | DbError::Postgres(_))), "{outcome:?}");
    assert_eq!(db.read(move |read| stash::get(read, &key)).await?, Some(row.clone()));
    let unknown = chunked(fresh_filekey(), row.user_id + 1);
    let outcome = db.write(move |tx| stash::insert(tx, &unknown)).await;
    assert!(matches!(outcome, Err(DbError::Sqlite(_) | DbError::Postgres(_))), "{outcome:?}");
    Ok(())
}

async fn a_claim_keeps_others_away_while_it_lasts(db: Db) -> Result<()> {
    let key = begun(&db).await?.filekey;
    db.write(move |tx| {
        let first = granted(tx, &key, 0, NOW)?;
        for second in [0, 59, 60] {
            let again = stash::claim(tx, &key, 0, NOW + second, 60, None)?;
            assert!(matches!(again, Claim::Busy), "after {second} seconds: {again:?}");
        }
        let second = granted(tx, &key, 0, NOW + 61)?;
        assert!(second > first);
        Ok(())
    })
    .await
}

async fn claims_are_for_the_awaited_offset(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    db.write(move |tx| {
        for offset in [1, 999, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
            let claim = stash::claim(tx, &row.filekey, offset, NOW, 60, None)?;
            assert!(matches!(claim, Claim::Refused), "at {offset}: {claim:?}");
        }
        let claim = stash::claim(tx, &fresh_filekey(), 0, NOW, 60, None)?;
        assert!(matches!(claim, Claim::Refused), "{claim:?}");
        for status in [StashStatus::Finished, StashStatus::Failed, StashStatus::Published] {
            let over = StashRow { status, ..chunked(fresh_filekey(), row.user_id) };
            stash::insert(tx, &over)?;
            let claim = stash::claim(tx, &over.filekey, 0, NOW, 60, None)?;
            assert!(matches!(claim, Claim::Refused), "{status:?}: {claim:?}");
            assert_eq!(stash::get(tx, &over.filekey)?, Some(over), "refused, and nothing moved");
        }
        Ok(())
    })
    .await
}

async fn one_of_many_claims_is_granted(db: Db) -> Result<()> {
    let key = begun(&db).await?.filekey;
    for round in 1..=5 {
        let now = NOW + 100 * round;
        let claims = (0..20).map(|_| {
            let (db, key) = (db.clone(), key.clone());
            async move { db.write(move |tx| stash::claim(tx, &key, 0, now, 60, None)).await }
        });
        let claims = at_once(claims).await?;
        let granted: Vec<i64> = claims
            .iter()
            .filter_map(|claim| match claim {
                Claim::Granted { attempt, .. } => Some(*attempt),
                _ => None,
            })
            .collect();
        assert_eq!(granted, [round]);
        assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Busy)).count(), 19);
    }
    Ok(())
}

async fn a_released_claim_lets_the_next_in(db: Db) -> Result<()> {
    let key = begun(&db).await?.filekey;
    db.write(move |tx| {
        let first = granted(tx, &key, 0, NOW)?;
        stash::release(tx, &key, first)?;
        let second = granted(tx, &key, 0, NOW)?;
        // Too late: the claim isn't the last one any more.
        stash::release(tx, &key, first)?;
        assert!(matches!(stash::claim(tx, &key, 0, NOW, 60, None)?, Claim::Busy));
        stash::release(tx, &key, second)?;
        granted(tx, &key, 0, NOW)?;
        Ok(())
    })
    .await
}

async fn a_claim_that_nobody_knows_of_can_be_ended(db: Db) -> Result<()> {
    let key = begun(&db).await?.filekey;
    db.write(move |tx| {
        let lost = granted(tx, &key, 0, NOW)?;
        stash::revoke(tx, &key, NOW + 59)?;
        assert!(
            matches!(stash::claim(tx, &key, 0, NOW, 60, None)?, Claim::Busy),
            "another claim than was meant"
        );
        stash::revoke(tx, &key, NOW + 60)?;
        assert!(!stash::advance(tx, &key, lost, 0, 5, b"", NOW)?, "should its holder live after all");
        let next = granted(tx, &key, 0, NOW)?;
        assert!(next > lost);
        assert!(stash::advance(tx, &key, next, 0, 5, b"", NOW)?);
        Ok(())
    })
    .await
}

async fn a_restart_ends_all_claims(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    db.write(move |tx| {
        let other = chunked(fresh_filekey(), row.user_id);
        stash::insert(tx, &other)?;
        let attempt = granted(tx, &row.filekey, 0, NOW)?;
        stash::release_all(tx)?;
        assert!(!stash::advance(tx, &row.filekey, attempt, 0, 5, b"state", NOW)?, "of the process before");
        granted(tx, &row.filekey, 0, NOW)?;
        assert_eq!(stash::get(tx, &other.filekey)?, Some(other), "there was no claim");
        Ok(())
    })
    .await
}

async fn claims_of_a_dead_server_are_free(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    db.write(move |tx| {
        let key = &row.filekey;
        let claim = |tx: &mut dyn Tx, holder: &str, now| stash::claim(tx, key, 0, now, 3_600, Some(holder));
        nodes::beat(tx, "one", NOW)?;
        let Claim::Granted { attempt, .. } = claim(tx, "one", NOW)? else { panic!("nobody has it") };
        // Another server starts, and goes on, while the first lives.
        nodes::beat(tx, "two", NOW + 1)?;
        assert!(matches!(claim(tx, "two", NOW + 60)?, Claim::Busy));
        nodes::beat(tx, "one", NOW + 50)?;
        assert!(matches!(claim(tx, "two", NOW + 110)?, Claim::Busy));
        assert!(stash::advance(tx, key, attempt, 0, 5, b"state", NOW + 110)?);
        let at = |tx: &mut dyn Tx, holder: &str, now| stash::claim(tx, key, 5, now, 3_600, Some(holder));
        assert!(matches!(at(tx, "two", NOW + 110)?, Claim::Busy));
        // It says nothing any more.
        assert!(matches!(at(tx, "two", NOW + 111)?, Claim::Granted { .. }));
        assert!(!stash::advance(tx, key, attempt, 5, 9, b"state", NOW + 111)?, "superseded");
        // One that ends holds nothing from then on.
        nodes::beat(tx, "two", NOW + 111)?;
        assert!(matches!(at(tx, "three", NOW + 112)?, Claim::Busy));
        nodes::leave(tx, "two")?;
        assert!(matches!(at(tx, "three", NOW + 112)?, Claim::Granted { .. }));
        Ok(())
    })
    .await
}

async fn the_offset_moves_under_the_last_claim_only(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    db.write(move |tx| {
        let key = &row.filekey;
        let old = granted(tx, key, 0, NOW)?;
        let attempt = granted(tx, key, 0, NOW + 61)?;
        assert!(!stash::advance(tx, key, old, 0, 400, b"lost", NOW + 62)?, "superseded");
        assert!(!stash::advance(tx, key, attempt + 1, 0, 400, b"lost", NOW + 62)?);
        assert!(!stash::advance(tx, key, attempt, 1, 400, b"lost", NOW + 62)?, "from elsewhere");
        assert!(!stash::advance(tx, &fresh_filekey(), attempt, 0, 400, b"lost", NOW + 62)?);
        assert!(stash::advance(tx, key, attempt, 0, 400, b"state", NOW + 62)?);
        assert!(!stash::advance(tx, key, attempt, 0, 400, b"lost", NOW + 63)?, "twice");
        let expected = StashRow {
            offset: 400,
            hash_state: Some(b"state".to_vec()),
            touched: NOW + 62,
            attempt,
            lease_until: Some(NOW + 61 + 60),
            ..row.clone()
        };
        assert_eq!(stash::get(tx, key)?, Some(expected));
        assert!(stash::advance(tx, key, attempt, 400, 1_000, b"", NOW + 63)?, "the same claim goes on");
        Ok(())
    })
    .await
}

async fn offsets_have_64_bits(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    db.write(move |tx| {
        let whole = i64::MAX as u64;
        let row = StashRow { filekey: fresh_filekey(), filesize: whole, ..row.clone() };
        stash::insert(tx, &row)?;
        let attempt = granted(tx, &row.filekey, 0, NOW)?;
        let mut from = 0;
        for to in [1, (1 << 31) - 1, 1 << 31, 1 << 32, (1 << 53) + 1, whole] {
            assert!(stash::advance(tx, &row.filekey, attempt, from, to, b"", NOW)?, "to {to}");
            from = to;
        }
        let found = stash::get(tx, &row.filekey)?.map(|row| (row.offset, row.filesize));
        assert_eq!(found, Some((whole, whole)));
        Ok(())
    })
    .await
}

/// Many clients send the same chunks: whichever gets the claim brings its chunk, the others come again.
async fn many_chunks_at_once_move_the_offset_in_step(db: Db) -> Result<()> {
    const CHUNKS: u64 = 25;
    let key = begun(&db).await?.filekey;
    let clients = (0..6).map(|_| {
        let (db, key) = (db.clone(), key.clone());
        async move {
            let mut brought = 0;
            loop {
                let wanted = key.clone();
                let Some(row) = db.read(move |read| stash::get(read, &wanted)).await? else {
                    return Err(DbError::Corrupt { what: "stash entry" });
                };
                if row.offset == CHUNKS {
                    return Ok(brought);
                }
                let wanted = key.clone();
                let claim = db.write(move |tx| stash::claim(tx, &wanted, row.offset, NOW, 60, None)).await?;
                if let Claim::Granted { attempt, row } = claim {
                    let (key, from) = (key.clone(), row.offset);
                    let moved = db
                        .write(move |tx| {
                            let moved = stash::advance(tx, &key, attempt, from, from + 1, b"", NOW)?;
                            stash::release(tx, &key, attempt)?;
                            Ok::<_, DbError>(moved)
                        })
                        .await?;
                    assert!(moved, "nobody else could move it");
                    brought += 1;
                }
            }
        }
    });
    assert_eq!(at_once(clients).await?.into_iter().sum::<u64>(), CHUNKS);
    Ok(())
}

async fn a_queued_upload_takes_no_more_and_ends_once(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    db.write(move |tx| {
        let attempt = granted(tx, &row.filekey, 0, NOW)?;
        assert!(stash::advance(tx, &row.filekey, attempt, 0, 1_000, b"state", NOW)?);
        assert!(!stash::queue(tx, &row.filekey, attempt + 1, NOW + 1)?);
        assert!(stash::queue(tx, &row.filekey, attempt, NOW + 1)?);
        let expected = StashRow {
            status: StashStatus::Queued,
            offset: 1_000,
            hash_state: Some(b"state".to_vec()),
            touched: NOW + 1,
            attempt,
            ..row.clone()
        };
        assert_eq!(stash::get(tx, &row.filekey)?, Some(expected));
        assert!(matches!(stash::claim(tx, &row.filekey, 1_000, NOW + 99, 60, None)?, Claim::Refused));
        assert!(!stash::advance(tx, &row.filekey, attempt, 1_000, 1_005, b"", NOW)?);
        assert!(stash::queue(tx, &row.filekey, attempt, NOW + 2)?, "it may be repeated");
        assert_eq!(stash::list_of_user(tx, row.user_id, None, 10)?.len(), 1);

        let new = whole(fresh_filekey(), row.user_id);
        assert!(stash::finish(tx, &row.filekey, attempt, &new)?);
        assert!(!stash::finish(tx, &row.filekey, attempt, &whole(fresh_filekey(), row.user_id))?);
        assert!(!stash::queue(tx, &row.filekey, attempt, NOW + 3)?);
        let after = stash::get(tx, &row.filekey)?.map(|row| (row.status, row.successor));
        assert_eq!(after, Some((StashStatus::Finished, Some(new.filekey))));
        Ok(())
    })
    .await
}

async fn a_finished_upload_is_replaced_by_its_successor(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    db.write(move |tx| {
        let attempt = granted(tx, &row.filekey, 0, NOW)?;
        let new = StashRow {
            blob_key: row.blob_key.clone(),
            touched: NOW + 9,
            ..whole(fresh_filekey(), row.user_id)
        };
        assert!(!stash::finish(tx, &row.filekey, attempt + 1, &new)?);
        assert_eq!(stash::get(tx, &new.filekey)?, None);
        assert!(stash::finish(tx, &row.filekey, attempt, &new)?);
        assert_eq!(stash::get(tx, &new.filekey)?.as_ref(), Some(&new));
        let expected = StashRow {
            status: StashStatus::Finished,
            successor: Some(new.filekey.clone()),
            touched: NOW + 9,
            attempt,
            ..row.clone()
        };
        assert_eq!(stash::get(tx, &row.filekey)?, Some(expected));
        let listed: Vec<StashRow> =
            stash::list_of_user(tx, row.user_id, None, 10)?.into_iter().map(|(_, row)| row).collect();
        assert_eq!(listed, [new]);
        Ok(())
    })
    .await
}

async fn of_two_ends_one_happens(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    let key = row.filekey.clone();
    let attempt = db.write(move |tx| granted(tx, &key, 0, NOW)).await?;
    let ends = (0..10).map(|_| {
        let (db, key) = (db.clone(), row.filekey.clone());
        let new = whole(fresh_filekey(), row.user_id);
        async move { db.write(move |tx| stash::finish(tx, &key, attempt, &new)).await }
    });
    assert_eq!(at_once(ends).await?.into_iter().filter(|finished| *finished).count(), 1);
    db.write(move |tx| {
        stash::fail(tx, &row.filekey, attempt, NOW + 1)?;
        let found = stash::get(tx, &row.filekey)?.map(|row| (row.status, row.touched));
        assert_eq!(found, Some((StashStatus::Finished, NOW)), "too late to fail");
        assert_eq!(stash::list_of_user(tx, row.user_id, None, 100)?.len(), 1);
        Ok(())
    })
    .await
}

async fn a_failed_upload_takes_no_more(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    db.write(move |tx| {
        let attempt = granted(tx, &row.filekey, 0, NOW)?;
        stash::fail(tx, &row.filekey, attempt + 1, NOW + 1)?;
        assert_eq!(stash::get(tx, &row.filekey)?.map(|row| row.status), Some(StashStatus::Chunks));
        stash::fail(tx, &row.filekey, attempt, NOW + 1)?;
        let expected = StashRow { status: StashStatus::Failed, touched: NOW + 1, attempt, ..row.clone() };
        assert_eq!(stash::get(tx, &row.filekey)?, Some(expected));
        assert!(!stash::advance(tx, &row.filekey, attempt, 0, 5, b"", NOW)?);
        assert!(!stash::finish(tx, &row.filekey, attempt, &whole(fresh_filekey(), row.user_id))?);
        assert!(matches!(stash::claim(tx, &row.filekey, 0, NOW + 99, 60, None)?, Claim::Refused));
        Ok(())
    })
    .await
}

async fn a_published_entry_says_what_it_became(db: Db) -> Result<()> {
    db.write(|tx| {
        let row = whole(fresh_filekey(), make_user(tx, "Ada", &[])?);
        stash::insert(tx, &row)?;
        let version = files::publish(tx, &upload("A.png", 1, NOW))?.version.version_id;
        assert!(stash::mark_published(tx, &row.filekey, version)?);
        let status = StashStatus::Published;
        let expected = StashRow { status, published_version: Some(version), ..row.clone() };
        assert_eq!(stash::get(tx, &row.filekey)?.as_ref(), Some(&expected));
        assert!(stash::delete(tx, &expected)?);
        assert!(!stash::mark_published(tx, &row.filekey, version)?, "it is gone");
        Ok(())
    })
    .await
}

async fn lists_have_what_a_user_can_use(db: Db) -> Result<()> {
    db.write(|tx| {
        let (ada, bob) = (make_user(tx, "Ada", &[])?, make_user(tx, "Bob", &[])?);
        let mut usable = Vec::new();
        for number in 0..4 {
            let all = [
                chunked(fresh_filekey(), ada),
                StashRow { status: StashStatus::Failed, ..chunked(fresh_filekey(), ada) },
                StashRow { status: StashStatus::Published, ..whole(fresh_filekey(), ada) },
                StashRow { successor: Some(fresh_filekey()), ..whole(fresh_filekey(), ada) },
                whole(fresh_filekey(), bob),
                // The order is that in which they were made, not that of clocks.
                StashRow { created: NOW + -number, ..whole(fresh_filekey(), ada) },
            ];
            all.iter().try_for_each(|row| stash::insert(tx, row))?;
            let [first, .., last] = all;
            usable.extend([first, last]);
        }
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let page = stash::list_of_user(tx, ada, after, 3)?;
            assert!(page.len() <= 3);
            let Some((last, _)) = page.last() else { break };
            assert!(Some(*last) > after);
            after = Some(*last);
            listed.extend(page.into_iter().map(|(_, row)| row));
        }
        assert_eq!(listed, usable);
        assert_eq!(stash::list_of_user(tx, bob, None, 100)?.len(), 4);
        assert_eq!(stash::list_of_user(tx, ada + bob, None, 100)?, []);
        Ok(())
    })
    .await
}

async fn entries_expire_when_nobody_feeds_them(db: Db) -> Result<()> {
    db.write(|tx| {
        let ada = make_user(tx, "Ada", &[])?;
        let mut keys = Vec::new();
        for (touched, lease) in [
            (5, None),
            (3, None),
            (3, Some(99)),
            (10, None),
            (2, Some(100)),
            (11, None),
            (3, Some(i64::from(u32::MAX))),
            (9, Some(1)),
        ] {
            let row = StashRow {
                touched: NOW + touched,
                lease_until: lease.map(|second| NOW + second),
                ..chunked(fresh_filekey(), ada)
            };
            stash::insert(tx, &row)?;
            keys.push(row.filekey);
        }
        let mut expired = |limit: i64| -> Result<Vec<usize>> {
            let found = stash::expired(tx, NOW + 10, NOW + 100, limit)?;
            Ok(found.iter().filter_map(|row| keys.iter().position(|key| *key == row.filekey)).collect())
        };
        assert_eq!(expired(100)?, [1, 2, 0, 7], "the longest untouched first, then the oldest");
        assert_eq!(expired(3)?, [1, 2, 0]);
        assert_eq!(expired(0)?, [0; 0]);
        let mut all: Vec<FileKey> = Vec::new();
        let mut after = None;
        while let Some((id, row)) = stash::list_all(tx, after, 1)?.pop() {
            all.push(row.filekey);
            after = Some(id);
        }
        assert_eq!(all, keys, "whatever their state");
        Ok(())
    })
    .await
}

async fn what_has_changed_is_not_deleted(db: Db) -> Result<()> {
    let row = begun(&db).await?;
    db.write(move |tx| {
        let kept = chunked(fresh_filekey(), row.user_id);
        stash::insert(tx, &kept)?;
        let attempt = granted(tx, &row.filekey, 0, NOW)?;
        assert!(!stash::delete(tx, &row)?, "claimed since");
        stash::release(tx, &row.filekey, attempt)?;
        assert!(!stash::delete(tx, &row)?, "claimed and released since");
        let seen = StashRow { attempt, ..row.clone() };
        stash::advance(tx, &row.filekey, attempt, 0, 5, b"", NOW + 1)?;
        assert!(!stash::delete(tx, &seen)?, "touched since");
        let seen = StashRow { touched: NOW + 1, ..seen };
        assert!(stash::delete(tx, &seen)?);
        assert!(!stash::delete(tx, &seen)?, "twice");
        assert_eq!(stash::get(tx, &row.filekey)?, None);
        assert_eq!(stash::get(tx, &kept.filekey)?, Some(kept));
        Ok(())
    })
    .await
}
