//! Versions of files, and what makes them public.

use commonhold_core::title::FileTitle;
use commonhold_core::upload::{Candidate, Existing, VersionFact};
use commonhold_core::{Data, Hashes, MediaInfo};

use super::{NOW, Result, at_once, content, make_user, png, upload};
use crate::ops::files::{self, FileVersion, Publication};
use crate::ops::{accounts, logs, pages};
use crate::{Db, DbError, Read};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    versions_come_back(make()).await?;
    a_publication_makes_page_log_and_count(make()).await?;
    overwriting_keeps_the_old_version_and_the_page(make()).await?;
    old_versions_are_found_by_time(make()).await?;
    versions_within_a_second_have_names_of_their_own(make()).await?;
    the_same_bytes_are_kept_once(make()).await?;
    sameness_takes_hash_and_length(make()).await?;
    nothing_is_known_of_a_new_name(make()).await?;
    what_is_known_of_name_and_content_is_told(make()).await?;
    names_that_differ_in_the_extension_are_found_by_bytes(make()).await?;
    numbers_that_json_lacks_do_no_harm(make()).await?;
    uploads_of_one_name_at_once_become_versions(make()).await?;
    the_check_under_the_lock_lets_one_of_many_through(make()).await
}

async fn publish(db: &Db, new: Publication) -> Result<FileVersion> {
    db.write(move |tx| files::publish(tx, &new)).await.map(|published| published.version)
}

/// The archive names of a file's old versions, newest first.
fn old_names(read: &mut dyn Read, name: &str) -> Result<Vec<String>> {
    let old = files::old_versions(read, name, None, None, 1_000)?;
    Ok(old.into_iter().filter_map(|version| version.archive_name).collect())
}

async fn versions_come_back(db: Db) -> Result<()> {
    let new = upload("A.png", 1, NOW);
    let made = publish(&db, new.clone()).await?;
    let expected = FileVersion {
        version_id: made.version_id,
        name: "A.png".to_owned(),
        archive_name: None,
        blob_key: new.blob_key,
        hashes: content(1),
        info: png(),
        timestamp: NOW,
        user_id: 0,
        user_name: "192.0.2.1".to_owned(),
        comment: "A comment".to_owned(),
    };
    assert_eq!(made, expected);
    db.read(move |read| {
        assert_eq!(files::current(read, "A.png")?.as_ref(), Some(&expected));
        assert_eq!(files::by_id(read, made.version_id)?.as_ref(), Some(&expected));
        for other in ["a.png", "A.PNG", "A.pn", "A.png ", "_.png", "%", ""] {
            assert_eq!(files::current(read, other)?, None, "{other}");
        }
        assert_eq!(files::by_id(read, made.version_id + 1)?, None);
        assert_eq!(files::archived(read, "A.png")?, None);
        assert_eq!(files::old_versions(read, "A.png", None, None, 10)?, []);
        Ok(())
    })
    .await
}

async fn a_publication_makes_page_log_and_count(db: Db) -> Result<()> {
    db.write(|tx| {
        let ada = make_user(tx, "Ada", &[])?;
        let new = Publication { user_id: ada, user_name: "Ada".to_owned(), ..upload("A.png", 35, NOW) };
        let published = files::publish(tx, &new)?;
        assert!(published.page_created);
        let Some(page) = pages::by_ids(tx, &[published.page_id])?.pop() else { panic!("no page") };
        assert_eq!((page.ns, page.dbkey.as_str(), page.is_new), (6, "A.png", true));
        assert_eq!((page.length, page.touched), (8, NOW));
        assert_eq!(pages::text(tx, &page)?.as_deref(), Some("The page"));
        let log = logs::of_title(tx, 6, "A.png", 10)?;
        let [created, entry] = &log[..] else { panic!("{log:?}") };
        assert_eq!((created.log_type.as_str(), created.action.as_str()), ("create", "create"));
        assert_eq!((entry.log_type.as_str(), entry.action.as_str()), ("upload", "upload"));
        assert_eq!((entry.page_id, entry.timestamp), (page.id, NOW));
        assert_eq!((entry.user_name.as_str(), entry.comment.as_str()), ("Ada", "A comment"));
        assert_eq!(entry.params.get("img_sha1"), Some(&Data::Str(content(35).sha1.base36())));
        assert_eq!(entry.params.get("img_timestamp"), Some(&Data::Str(NOW.iso())));
        assert_eq!(accounts::user_by_id(tx, ada)?.map(|user| user.edit_count), Some(1));
        Ok(())
    })
    .await
}

async fn overwriting_keeps_the_old_version_and_the_page(db: Db) -> Result<()> {
    let first = publish(&db, upload("A.png", 1, NOW)).await?;
    publish(&db, upload("B.png", 9, NOW)).await?;
    db.write(move |tx| {
        let new = Publication { page_text: "not taken".to_owned(), ..upload("A.png", 2, NOW + 60) };
        let second = files::publish(tx, &new)?;
        assert!(!second.page_created);
        assert_eq!(files::current(tx, "A.png")?.as_ref(), Some(&second.version));
        let archive_name = format!("{}!A.png", (NOW + 60).mw14());
        let old = FileVersion { archive_name: Some(archive_name.clone()), ..first.clone() };
        assert_eq!(files::archived(tx, &archive_name)?.as_ref(), Some(&old));
        assert_eq!(files::by_id(tx, first.version_id)?.as_ref(), Some(&old));
        assert_eq!(files::old_versions(tx, "A.png", None, None, 10)?, [old]);
        assert_eq!(old_names(tx, "B.png")?, [""; 0]);
        let Some(page) = pages::by_ids(tx, &[second.page_id])?.pop() else { panic!("no page") };
        assert_eq!(pages::text(tx, &page)?.as_deref(), Some("The page"));
        assert_eq!((page.is_new, page.touched), (false, NOW + 60));
        let actions: Vec<String> = logs::of_title(tx, 6, "A.png", 9)?.into_iter().map(|l| l.action).collect();
        assert_eq!(actions, ["overwrite", "create", "upload"]);
        Ok(())
    })
    .await
}

async fn old_versions_are_found_by_time(db: Db) -> Result<()> {
    for number in 0..6 {
        publish(&db, upload("A.png", number, NOW + 10 * i64::from(number))).await?;
    }
    db.read(|read| {
        let mut found = |newest: Option<i64>, oldest: Option<i64>, limit: i64| -> Result<Vec<i64>> {
            let at = |seconds: i64| NOW + seconds;
            let old = files::old_versions(read, "A.png", newest.map(at), oldest.map(at), limit)?;
            Ok(old.iter().map(|version| version.timestamp.unix() - NOW.unix()).collect())
        };
        assert_eq!(found(None, None, 10)?, [40, 30, 20, 10, 0]);
        assert_eq!(found(None, None, 2)?, [40, 30]);
        assert_eq!(found(Some(30), None, 10)?, [30, 20, 10, 0]);
        assert_eq!(found(Some(29), Some(10), 10)?, [20, 10]);
        assert_eq!(found(None, Some(41), 10)?, [0; 0]);
        Ok(())
    })
    .await
}

async fn versions_within_a_second_have_names_of_their_own(db: Db) -> Result<()> {
    for number in 0..4 {
        publish(&db, upload("A.png", number, NOW)).await?;
    }
    // One more, while the clock is behind.
    let last = publish(&db, upload("A.png", 4, NOW + -60)).await?;
    assert_eq!(last.timestamp, NOW + 4);
    let (names, times) = db
        .read(|read| {
            let old = files::old_versions(read, "A.png", None, None, 10)?;
            Ok::<_, DbError>((old_names(read, "A.png")?, old.iter().map(|v| v.timestamp).collect::<Vec<_>>()))
        })
        .await?;
    assert_eq!(names, [4, 3, 2, 1].map(|second| format!("{}!A.png", (NOW + second).mw14())));
    assert_eq!(times, [3, 2, 1, 0].map(|second| NOW + second), "each later than the one before");
    let log = db.read(|read| logs::of_title(read, 6, "A.png", 9)).await?;
    assert!(log.iter().all(|entry| entry.timestamp <= NOW), "the log tells when it was done");
    let latest = Data::Str((NOW + 4).iso());
    assert!(log.iter().any(|entry| entry.params.get("img_timestamp") == Some(&latest)));
    Ok(())
}

async fn the_same_bytes_are_kept_once(db: Db) -> Result<()> {
    let first = publish(&db, upload("A.png", 1, NOW)).await?;
    let second = publish(&db, upload("B.png", 1, NOW)).await?;
    assert_eq!(second.blob_key, first.blob_key);
    let other = publish(&db, upload("A.png", 2, NOW)).await?;
    assert_ne!(other.blob_key, first.blob_key);
    let again = publish(&db, upload("A.png", 1, NOW)).await?;
    assert_eq!(again.blob_key, first.blob_key, "an old version's bytes are shared as well");
    Ok(())
}

async fn sameness_takes_hash_and_length(db: Db) -> Result<()> {
    let first = publish(&db, upload("A.png", 1, NOW)).await?;
    let longer = Hashes { size: content(1).size + 1, ..content(1) };
    let collided = Hashes { sha1: content(1).sha1, ..content(2) };
    for (name, hashes) in [("B.png", longer), ("C.png", collided)] {
        let made = publish(&db, Publication { hashes, ..upload(name, 0, NOW) }).await?;
        assert_ne!(made.blob_key, first.blob_key);
        let candidate =
            Candidate { title: FileTitle::from_db("D.png"), renamed: false, hashes: Some(hashes) };
        let known = db.read(move |read| files::existing(read, &candidate)).await?;
        assert_eq!(known.duplicates, [name]);
    }
    Ok(())
}

fn candidate(name: &str, content: Option<Hashes>) -> Candidate {
    Candidate { title: FileTitle::from_db(name), renamed: false, hashes: content }
}

async fn nothing_is_known_of_a_new_name(db: Db) -> Result<()> {
    publish(&db, upload("Other.png", 1, NOW)).await?;
    for hashes in [None, Some(content(2))] {
        let Existing {
            current,
            page_exists,
            old,
            was_deleted,
            normalized,
            same_base,
            full_size,
            duplicates,
            shared_duplicates,
            deleted_duplicate,
        } = db.read(move |read| files::existing(read, &candidate("New.PNG", hashes))).await?;
        assert_eq!((current, old, duplicates, shared_duplicates), (None, vec![], vec![], vec![]));
        assert_eq!((page_exists, was_deleted, full_size), (false, false, false));
        assert_eq!((normalized, same_base, deleted_duplicate), (None, None, None));
    }
    Ok(())
}

async fn what_is_known_of_name_and_content_is_told(db: Db) -> Result<()> {
    // The name has been 1, 2, 1 and is 3 now; others are 1 or have been.
    for (second, (name, number)) in
        (0..).zip([("A.JPEG", 1), ("A.JPEG", 2), ("b.png", 1), ("C.png", 1), ("A.JPEG", 1), ("A.JPEG", 3)])
    {
        publish(&db, upload(name, number, NOW + second)).await?;
    }
    publish(&db, upload("D.png", 1, NOW + 10)).await?;
    publish(&db, upload("D.png", 4, NOW + 11)).await?;
    publish(&db, upload("A.jpg", 5, NOW + 12)).await?;
    publish(&db, upload("Full.png", 6, NOW + 13)).await?;
    db.write(|tx| pages::create(tx, 6, "Page.png", &super::revision("text", NOW))).await?;
    db.read(|read| {
        let known = files::existing(read, &candidate("A.JPEG", Some(content(1))))?;
        assert_eq!(known.current, Some(VersionFact { hashes: content(3), timestamp: NOW + 5 }));
        let old = |second| VersionFact { hashes: content(1), timestamp: NOW + second };
        assert_eq!(known.old, [old(4), old(0)], "of this name with this content, newest first");
        assert_eq!(known.duplicates, ["C.png", "b.png"], "current ones, by bytes");
        assert!(known.page_exists);
        assert_eq!(known.normalized.as_deref(), Some("A.jpg"));
        assert_eq!(known.same_base.as_deref(), Some("A.JPEG"), "the first");

        let known = files::existing(read, &candidate("A.JPEG", None))?;
        assert!(known.current.is_some());
        assert_eq!((known.old, known.duplicates), (vec![], vec![]), "without a content");

        let known = files::existing(read, &candidate("120px-Full.png", None))?;
        assert!(known.full_size);
        assert_eq!((known.current, known.page_exists), (None, false));
        assert!(!files::existing(read, &candidate("120px-None.png", None))?.full_size);

        let known = files::existing(read, &candidate("Page.png", None))?;
        assert_eq!((known.current, known.page_exists), (None, true));
        Ok(())
    })
    .await
}

async fn names_that_differ_in_the_extension_are_found_by_bytes(db: Db) -> Result<()> {
    for name in ["100%.png", "100%_x.png", "a.gif", "Ab.gif", "É.svg", "Last\u{10FFFF}.png", "X.\u{10FFFF}y"]
    {
        publish(&db, upload(name, 1, NOW)).await?;
    }
    db.read(|read| {
        for (name, found) in [
            ("100%.jpg", Some("100%.png")),
            ("10%.jpg", None),
            ("100__x.jpg", None),
            ("A.jpg", None),
            ("A%.jpg", None),
            ("_b.jpg", None),
            ("Ab.jpg", Some("Ab.gif")),
            ("E.jpg", None),
            ("e\u{301}.jpg", None),
            ("É.jpg", Some("É.svg")),
            ("Last\u{10FFFF}.jpg", Some("Last\u{10FFFF}.png")),
            ("X.jpg", Some("X.\u{10FFFF}y")),
        ] {
            let known = files::existing(read, &candidate(name, None))?;
            assert_eq!(known.same_base.as_deref(), found, "{name}");
        }
        Ok(())
    })
    .await
}

async fn numbers_that_json_lacks_do_no_harm(db: Db) -> Result<()> {
    let odd = |number: f64| MediaInfo {
        duration: number,
        metadata: Some(Data::List(vec![Data::Float(number), Data::map([("n", Data::Float(number))])])),
        common: Data::map([("GPSAltitude", Data::Float(number)), ("sound", Data::Float(0.5))]),
        ..png()
    };
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let made = publish(&db, Publication { info: odd(number), ..upload("A.png", 1, NOW) }).await?;
        let expected = MediaInfo {
            duration: 0.0,
            metadata: Some(Data::List(vec![Data::Null, Data::map([("n", Data::Null)])])),
            common: Data::map([("GPSAltitude", Data::Null), ("sound", Data::Float(0.5))]),
            ..png()
        };
        assert_eq!(made.info, expected, "{number}");
        assert_eq!(db.read(|read| files::current(read, "A.png")).await?, Some(made));
    }
    for number in [f64::MAX, f64::MIN_POSITIVE, -0.0, 0.1 + 0.2, 5e-324] {
        publish(&db, Publication { info: odd(number), ..upload("A.png", 1, NOW) }).await?;
        let found = db.read(|read| files::current(read, "A.png")).await?;
        assert_eq!(found.map(|version| version.info), Some(odd(number)), "{number}");
    }
    Ok(())
}

async fn uploads_of_one_name_at_once_become_versions(db: Db) -> Result<()> {
    const UPLOADS: u8 = 24;
    let uploads = (0..UPLOADS).map(|number| {
        let db = db.clone();
        let new = upload("A.png", number, NOW);
        async move {
            db.write(move |tx| {
                files::lock(tx, &new.name)?;
                files::publish(tx, &new)
            })
            .await
        }
    });
    let published = at_once(uploads).await?;
    assert_eq!(published.iter().filter(|p| p.page_created).count(), 1);
    assert!(published.iter().all(|p| p.page_id == published[0].page_id), "one page for all");
    db.read(|read| {
        let mut contents: Vec<u64> =
            files::old_versions(read, "A.png", None, None, 100)?.iter().map(|v| v.hashes.size).collect();
        contents.extend(files::current(read, "A.png")?.map(|version| version.hashes.size));
        contents.sort_unstable();
        assert_eq!(contents, (0..UPLOADS).map(|number| content(number).size).collect::<Vec<_>>());
        let log = logs::of_title(read, 6, "A.png", 100)?;
        assert_eq!(log.iter().filter(|row| row.log_type == "upload").count(), usize::from(UPLOADS));
        let found = pages::statistics(read)?;
        assert_eq!((found.pages, found.images, found.edits), (1, 1, i64::from(UPLOADS)));
        Ok(())
    })
    .await
}

async fn the_check_under_the_lock_lets_one_of_many_through(db: Db) -> Result<()> {
    let uploads = (0..24).map(|number| {
        let db = db.clone();
        let name = format!("{}.png", number % 3);
        let new = upload(&name, number, NOW);
        async move {
            db.write(move |tx| {
                files::lock(tx, &new.name)?;
                let known = files::existing(tx, &candidate(&name, Some(new.hashes)))?;
                if known.current.is_some() || known.page_exists {
                    return Ok::<_, DbError>(None);
                }
                files::publish(tx, &new).map(Some)
            })
            .await
        }
    });
    let published: Vec<_> = at_once(uploads).await?.into_iter().flatten().collect();
    assert_eq!(published.len(), 3);
    db.read(|read| {
        for name in ["0.png", "1.png", "2.png"] {
            assert!(files::current(read, name)?.is_some());
            assert_eq!(old_names(read, name)?, [""; 0]);
        }
        Ok(())
    })
    .await
}
