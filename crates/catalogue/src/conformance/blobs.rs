//! Blobs: which are needed, and that those that are condemned stay unneeded.

use commonhold_core::{BlobKey, Hashes};

use super::{NOW, Result, at_once, content, fresh_blob, fresh_filekey, make_user, upload};
use crate::ops::blobs::{self, Holding};
use crate::ops::files::{self, AllImages, Publication};
use crate::ops::stash;
use crate::{Db, DbError};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    what_rows_name_is_known(make()).await?;
    condemned_blobs_are_those_that_no_row_names(make()).await?;
    no_row_comes_to_name_a_condemned_blob(make()).await?;
    a_blob_is_condemned_or_named_but_not_both(make()).await?;
    versions_are_listed_by_their_blobs(make()).await?;
    equal_sha1_does_not_make_files_equal(make()).await
}

async fn what_rows_name_is_known(db: Db) -> Result<()> {
    let (old, current) = (upload("A.png", 1, NOW), upload("A.png", 2, NOW));
    db.write(move |tx| {
        let user = make_user(tx, "Ada", &[])?;
        let entry = super::stash::chunked(fresh_filekey(), user);
        files::publish(tx, &old)?;
        files::publish(tx, &current)?;
        stash::insert(tx, &entry)?;
        let unknown = fresh_blob();
        let held = [&old.blob_key, &current.blob_key, &entry.blob_key].map(Clone::clone);
        let mut asked = held.to_vec();
        asked.push(unknown.clone());
        assert_eq!(blobs::named(tx, &asked)?, held.clone().into());
        assert_eq!(blobs::named(tx, &[])?, [].into());
        for key in &held {
            assert!(blobs::is_named(tx, key)?);
        }
        assert!(!blobs::is_named(tx, &unknown)?);
        assert!(stash::delete(tx, &entry)?);
        assert!(!blobs::is_named(tx, &entry.blob_key)?);
        // More than a page of a listing has.
        let many: Vec<BlobKey> = (0..1_000).map(|_| fresh_blob()).chain([old.blob_key.clone()]).collect();
        assert_eq!(blobs::named(tx, &many)?, [old.blob_key.clone()].into());
        Ok(())
    })
    .await
}

async fn condemned_blobs_are_those_that_no_row_names(db: Db) -> Result<()> {
    let held = upload("A.png", 1, NOW);
    db.write(move |tx| {
        files::publish(tx, &held)?;
        let unused = [fresh_blob(), fresh_blob()];
        let all = [unused[1].clone(), held.blob_key.clone(), unused[0].clone()];
        for time in [NOW, NOW + 1] {
            assert_eq!(blobs::condemn(tx, &all, time)?, unused, "also when it is repeated");
        }
        assert_eq!(blobs::condemn(tx, &[], NOW)?, []);
        Ok(())
    })
    .await
}

async fn no_row_comes_to_name_a_condemned_blob(db: Db) -> Result<()> {
    let user = db.write(|tx| make_user(tx, "Ada", &[])).await?;
    let new = upload("A.png", 1, NOW);
    let entry = super::stash::chunked(fresh_filekey(), user);
    let keys = [new.blob_key.clone(), entry.blob_key.clone()];
    db.write(move |tx| blobs::condemn(tx, &keys, NOW)).await?;

    let (again, key) = (new.clone(), new.blob_key.clone());
    let outcome = db.write(move |tx| files::publish(tx, &again).map(drop)).await;
    assert!(matches!(&outcome, Err(DbError::Condemned(refused)) if *refused == key), "{outcome:?}");
    let (again, key) = (entry.clone(), entry.blob_key.clone());
    let outcome = db.write(move |tx| stash::insert(tx, &again)).await;
    assert!(matches!(&outcome, Err(DbError::Condemned(refused)) if *refused == key), "{outcome:?}");
    assert_eq!(db.read(|read| files::current(read, "A.png")).await?, None);

    // Where the same bytes are known, the version doesn't name the condemned ones.
    let same = Publication { blob_key: fresh_blob(), ..upload("B.png", 1, NOW) };
    let shared = same.blob_key.clone();
    db.write(move |tx| files::publish(tx, &same).map(drop)).await?;
    let made = db.write(move |tx| files::publish(tx, &new)).await?;
    assert_eq!(made.version.blob_key, shared);

    db.write(|tx| blobs::forget_condemned(tx, NOW)).await?;
    let again = entry.clone();
    let outcome = db.write(move |tx| stash::insert(tx, &again)).await;
    assert!(matches!(outcome, Err(DbError::Condemned(_))), "{outcome:?}");
    db.write(|tx| blobs::forget_condemned(tx, NOW + 1)).await?;
    db.write(move |tx| stash::insert(tx, &entry)).await
}

async fn a_blob_is_condemned_or_named_but_not_both(db: Db) -> Result<()> {
    enum Did {
        Named(bool),
        Condemned(Vec<BlobKey>),
    }
    for round in 0..20 {
        let uploads: Vec<Publication> = (0..4).map(|n| upload(&format!("{round}-{n}.png"), n, NOW)).collect();
        let uploads: Vec<Publication> = uploads
            .into_iter()
            .map(|new| Publication { hashes: Hashes { size: 10 * (round + 1), ..new.hashes }, ..new })
            .collect();
        let keys: Vec<BlobKey> = uploads.iter().map(|new| new.blob_key.clone()).collect();
        let mut work = Vec::new();
        for new in uploads {
            work.push((Some(new), keys.clone(), db.clone()));
            work.push((None, keys.clone(), db.clone()));
        }
        let did = at_once(work.into_iter().map(|(new, keys, db)| async move {
            match new {
                Some(new) => match db.write(move |tx| files::publish(tx, &new).map(drop)).await {
                    Ok(()) => Ok(Did::Named(true)),
                    Err(DbError::Condemned(_)) => Ok(Did::Named(false)),
                    Err(error) => Err(error),
                },
                None => db.write(move |tx| blobs::condemn(tx, &keys, NOW)).await.map(Did::Condemned),
            }
        }))
        .await?;
        let named = did.iter().filter(|did| matches!(did, Did::Named(true))).count();
        let mut condemned: Vec<&BlobKey> = did
            .iter()
            .flat_map(|did| if let Did::Condemned(keys) = did { keys.as_slice() } else { &[] })
            .collect();
        condemned.sort_unstable();
        condemned.dedup();
        assert_eq!(named + condemned.len(), keys.len(), "each is one of the two");
        let condemned: Vec<BlobKey> = condemned.into_iter().cloned().collect();
        assert_eq!(db.read(move |read| blobs::named(read, &condemned)).await?, [].into());
    }
    Ok(())
}

async fn versions_are_listed_by_their_blobs(db: Db) -> Result<()> {
    db.write(|tx| {
        // Two versions of one file, and two files with one blob.
        for (name, number) in [("B.png", 1), ("B.png", 2), ("A.png", 2), ("C.png", 3)] {
            files::publish(tx, &upload(name, number, NOW))?;
        }
        for limit in [1, 2, 3, 100] {
            let mut all: Vec<Holding> = Vec::new();
            loop {
                let after = all.last().map(|holding| (&holding.blob_key, holding.id));
                let page = blobs::holdings(tx, after, limit)?;
                if page.is_empty() {
                    break;
                }
                all.extend(page);
            }
            let told: Vec<(&str, bool, Hashes)> =
                all.iter().map(|h| (h.name.as_str(), h.archive_name.is_some(), h.hashes)).collect();
            let expected = [
                ("B.png", true, content(1)),
                ("B.png", false, content(2)),
                ("A.png", false, content(2)),
                ("C.png", false, content(3)),
            ];
            assert_eq!(told, expected, "pages of {limit}");
            assert_eq!(all[1].blob_key, all[2].blob_key);
            for holding in &all {
                assert!(blobs::still_holds(tx, holding)?);
            }
            let other = Holding { blob_key: fresh_blob(), ..all[0].clone() };
            assert!(!blobs::still_holds(tx, &other)?);
        }
        Ok(())
    })
    .await
}

async fn equal_sha1_does_not_make_files_equal(db: Db) -> Result<()> {
    let twin = Hashes { sha1: content(1).sha1, size: content(1).size, ..content(2) };
    db.write(move |tx| {
        let first = files::publish(tx, &upload("A.png", 1, NOW))?.version;
        let second = Publication { hashes: twin, ..upload("B.png", 2, NOW) };
        let second = files::publish(tx, &second)?.version;
        assert_ne!(first.blob_key, second.blob_key);
        // Whoever asks by the hash that is shown gets both.
        let wanted = AllImages { sha1: Some(twin.sha1), limit: 10, ..AllImages::default() };
        let found = files::all_images(tx, &wanted)?;
        let told: Vec<_> = found.iter().map(|v| (v.name.as_str(), &v.blob_key, v.hashes)).collect();
        assert_eq!(told, [("A.png", &first.blob_key, content(1)), ("B.png", &second.blob_key, twin)]);
        // One over the other is a new version, with the other's bytes.
        let over = Publication { hashes: twin, ..upload("A.png", 2, NOW + 1) };
        assert_eq!(files::publish(tx, &over)?.version.blob_key, second.blob_key);
        let old = files::old_versions(tx, "A.png", None, None, 10)?;
        assert_eq!(old.iter().map(|v| &v.blob_key).collect::<Vec<_>>(), [&first.blob_key]);
        Ok(())
    })
    .await
}
