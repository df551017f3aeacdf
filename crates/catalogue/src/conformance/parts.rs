//! Chunks that wait for those that come before them.

use super::stash::chunked;
use super::{NOW, Result, at_once, fresh_blob, fresh_filekey, make_user};
use crate::ops::parts::{self, WaitingPart};
use crate::ops::{blobs, stash};
use crate::{Db, DbError};
use commonhold_core::FileKey;

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    waiting_chunks_come_back_in_order(make()).await?;
    a_place_is_taken_once(make()).await?;
    nothing_waits_for_what_is_no_upload(make()).await?;
    of_many_for_one_place_one_waits(make()).await?;
    chunks_go_with_their_upload(make()).await
}

fn waiting(start: u64, size: u64) -> WaitingPart {
    WaitingPart { start, size, blob_key: fresh_blob(), partial: "{\"key\":\"x\"}".to_owned() }
}

/// An upload that has its first 100 bytes.
async fn upload(db: &Db) -> Result<FileKey> {
    let key = fresh_filekey();
    let wanted = key.clone();
    db.write(move |tx| {
        let user = make_user(tx, "Alice", &[])?;
        let mut row = chunked(wanted.clone(), user);
        row.offset = 100;
        stash::insert(tx, &row)
    })
    .await?;
    Ok(key)
}

async fn insert(db: &Db, key: &FileKey, part: &WaitingPart) -> Result<bool> {
    let (key, part) = (key.clone(), part.clone());
    db.write(move |tx| parts::insert(tx, &key, &part, NOW)).await
}

async fn waiting_chunks_come_back_in_order(db: Db) -> Result<()> {
    let key = upload(&db).await?;
    let (early, late) = (waiting(200, 50), waiting(5_000_000_000, 50));
    assert!(insert(&db, &key, &late).await?);
    assert!(insert(&db, &key, &early).await?);
    let (wanted, expected) = (key.clone(), vec![early.clone(), late.clone()]);
    db.read(move |read| {
        assert_eq!(parts::of_upload(read, &wanted)?, expected);
        assert_eq!(parts::at(read, &wanted, 200)?, Some(expected[0].clone()));
        assert_eq!(parts::at(read, &wanted, 201)?, None);
        assert!(blobs::is_named(read, &expected[1].blob_key)?);
        Ok::<_, DbError>(())
    })
    .await?;
    db.write(move |tx| {
        parts::delete(tx, &key, 200)?;
        assert_eq!(parts::of_upload(tx, &key)?, std::slice::from_ref(&late));
        assert!(!blobs::is_named(tx, &early.blob_key)?);
        Ok(())
    })
    .await
}

async fn a_place_is_taken_once(db: Db) -> Result<()> {
    let key = upload(&db).await?;
    assert!(insert(&db, &key, &waiting(200, 50)).await?);
    for (start, size) in [(200, 50), (199, 2), (249, 1), (210, 5), (150, 200)] {
        assert!(!insert(&db, &key, &waiting(start, size)).await?, "{start}+{size}");
    }
    assert!(insert(&db, &key, &waiting(250, 50)).await?);
    assert!(insert(&db, &key, &waiting(100, 100)).await?);
    Ok(())
}

async fn nothing_waits_for_what_is_no_upload(db: Db) -> Result<()> {
    let key = upload(&db).await?;
    assert!(!insert(&db, &fresh_filekey(), &waiting(200, 50)).await?);
    // These bytes have arrived.
    assert!(!insert(&db, &key, &waiting(99, 50)).await?);
    let failed = key.clone();
    db.write(move |tx| stash::fail(tx, &failed, 0, NOW)).await?;
    assert!(!insert(&db, &key, &waiting(200, 50)).await?);
    Ok(())
}

async fn of_many_for_one_place_one_waits(db: Db) -> Result<()> {
    let key = upload(&db).await?;
    let tries = (0..8).map(|number| {
        let (db, key) = (db.clone(), key.clone());
        async move { insert(&db, &key, &waiting(200 + number, 50)).await }
    });
    let kept = at_once(tries).await?;
    assert_eq!(kept.into_iter().filter(|kept| *kept).count(), 1);
    Ok(())
}

async fn chunks_go_with_their_upload(db: Db) -> Result<()> {
    let key = upload(&db).await?;
    let part = waiting(200, 50);
    assert!(insert(&db, &key, &part).await?);
    db.write(move |tx| {
        let Some(row) = stash::get(tx, &key)? else { return Err(DbError::Corrupt { what: "upload" }) };
        assert!(stash::delete(tx, &row)?);
        assert_eq!(parts::of_upload(tx, &key)?, []);
        assert!(!blobs::is_named(tx, &part.blob_key)?);
        Ok(())
    })
    .await
}
