//! Deleting and restoring.

use commonhold_core::name::UploadName;
use commonhold_core::protection::{Level, Restriction};
use commonhold_core::title::{FileTitle, Title};
use commonhold_core::upload::Candidate;
use commonhold_core::{Data, Expiry, Hashes};

use super::{NOW, Result, act, at_once, content, revision, upload};
use crate::ops::deletion::{self, Deleted, DeletedFiles, DeletedVersion, Restored, Selection};
use crate::ops::moves::{self, Move};
use crate::ops::pages::Direction;
use crate::ops::revisions::{self, History};
use crate::ops::{blobs, files, logs, pages, protections};
use crate::{Db, Read, Tx};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    a_deleted_file_is_nowhere_but_among_the_deleted(make()).await?;
    an_old_version_can_be_deleted_alone(make()).await?;
    all_comes_back(make()).await?;
    versions_come_back_one_by_one(make()).await?;
    revisions_come_back_by_their_times(make()).await?;
    what_comes_back_joins_what_is_there(make()).await?;
    a_page_whose_number_is_taken_gets_another(make()).await?;
    uploads_know_of_deleted_files(make()).await?;
    deleted_versions_are_listed_by_what_is_asked_for(make()).await?;
    deletions_at_once_delete_once(make()).await?;
    uploads_and_deletions_at_once_lose_nothing(make()).await
}

fn title(name: &str) -> Title {
    Title::from_db(6, name)
}

fn delete(tx: &mut dyn Tx, name: &str) -> Result<Option<Deleted>> {
    deletion::delete(tx, &title(name), &act("away", NOW + 50))
}

fn restore(tx: &mut dyn Tx, name: &str, times: &[i64], ids: &[i64]) -> Result<Option<(i64, i64)>> {
    let timestamps = times.iter().map(|second| NOW + *second).collect();
    let selection = Selection { timestamps, file_ids: ids.to_vec() };
    let restored = deletion::restore(tx, &title(name), &selection, &act("back", NOW + 60))?;
    Ok(restored.map(|Restored { versions, revisions }| (versions, revisions)))
}

fn all_deleted(read: &mut dyn Read) -> Result<Vec<DeletedVersion>> {
    let direction = Direction::Ascending;
    deletion::list(read, &DeletedFiles { direction, limit: 100, ..DeletedFiles::default() })
}

/// Number of the content and time of each version, the current one first.
fn versions(read: &mut dyn Read, name: &str) -> Result<Vec<(u8, i64)>> {
    let current = files::current(read, name)?;
    let old = files::old_versions(read, name, None, None, 100)?;
    let all = current.into_iter().chain(old);
    Ok(all.map(|v| (v.hashes.sha1.0[0], v.timestamp.unix() - NOW.unix())).collect())
}

fn three_versions(tx: &mut dyn Tx, name: &str) -> Result<()> {
    (1..4).try_for_each(|n| files::publish(tx, &upload(name, n, NOW + 10 * i64::from(n))).map(drop))
}

async fn a_deleted_file_is_nowhere_but_among_the_deleted(db: Db) -> Result<()> {
    db.write(|tx| {
        three_versions(tx, "A.png")?;
        files::publish(tx, &upload("B.png", 9, NOW))?;
        let old = files::old_versions(tx, "A.png", None, None, 10)?;
        let current = files::current(tx, "A.png")?;
        let last = current.as_ref().map_or(0, |version| version.version_id);
        let blob = current.map(|version| version.blob_key);
        let page_id = pages::by_title(tx, 6, "A.png")?.map_or(0, |page| page.id);
        let Some(deleted) = delete(tx, "A.png")? else { panic!("nothing was deleted") };
        assert_eq!((deleted.versions, deleted.revisions), (3, 3));

        assert_eq!(versions(tx, "A.png")?, []);
        for version in &old {
            assert_eq!(files::by_id(tx, version.version_id)?, None);
            assert_eq!(files::archived(tx, version.archive_name.as_deref().unwrap_or_default())?, None);
        }
        assert_eq!(pages::by_title(tx, 6, "A.png")?, None);
        let images = files::all_images(tx, &files::AllImages { limit: 9, ..Default::default() })?;
        assert_eq!(images.iter().map(|v| v.name.as_str()).collect::<Vec<_>>(), ["B.png"]);
        let blob = blob.unwrap_or_else(super::fresh_blob);
        assert!(blobs::is_named(tx, &blob)?, "its bytes are kept");
        let held = blobs::holdings(tx, None, 100)?;
        assert_eq!(held.len(), 4);
        let deleted_one = held.iter().find(|holding| holding.blob_key == blob);
        assert!(deleted_one.is_some_and(|holding| holding.id == last));
        for holding in &held {
            assert!(blobs::still_holds(tx, holding)?);
        }

        let found = all_deleted(tx)?;
        assert_eq!(found.iter().map(|v| v.hashes).collect::<Vec<_>>(), [1, 2, 3].map(content));
        assert_eq!((&found[2].archive_name, &found[2].blob_key), (&None, &blob));
        assert_eq!(found[1].archive_name, old[0].archive_name);
        let log = logs::of_title(tx, 6, "A.png", 1)?;
        assert_eq!(
            (log[0].id, log[0].log_type.as_str(), log[0].action.as_str()),
            (deleted.log_id, "delete", "delete")
        );
        assert_eq!((log[0].page_id, log[0].current_page_id, log[0].comment.as_str()), (page_id, 0, "away"));
        assert_eq!(delete(tx, "A.png")?, None);
        assert_eq!(delete(tx, "C.png")?, None);
        Ok(())
    })
    .await
}

async fn an_old_version_can_be_deleted_alone(db: Db) -> Result<()> {
    db.write(|tx| {
        three_versions(tx, "A.png")?;
        three_versions(tx, "B.png")?;
        let mut take = |name: &str, archive_name: &str| {
            deletion::delete_version(tx, &FileTitle::from_db(name), archive_name, &act("one", NOW + 50))
        };
        let archive_name = format!("{}!A.png", (NOW + 20).mw14());
        assert_eq!(take("B.png", &archive_name)?, None, "it is another file's");
        assert_eq!(take("A.png", "20200101000000!A.png")?, None);
        let taken = take("A.png", &archive_name)?;
        assert_eq!(taken.map(|deleted| (deleted.versions, deleted.revisions)), Some((1, 0)));
        assert_eq!(versions(tx, "A.png")?, [(3, 30), (2, 20)]);
        assert!(pages::by_title(tx, 6, "A.png")?.is_some());
        let found = all_deleted(tx)?;
        assert_eq!((found.len(), &found[0].archive_name), (1, &Some(archive_name)));
        Ok(())
    })
    .await
}

async fn all_comes_back(db: Db) -> Result<()> {
    db.write(|tx| {
        three_versions(tx, "A.png")?;
        let page = pages::by_title(tx, 6, "A.png")?;
        let page_id = page.as_ref().map_or(0, |page| page.id);
        let level = Level::Sysop;
        let restriction = Restriction { kind: "edit".to_owned(), level, expiry: Expiry::Never };
        protections::set_page(tx, page_id, &[restriction])?;
        let (current, old) = (files::current(tx, "A.png")?, files::old_versions(tx, "A.png", None, None, 9)?);
        delete(tx, "A.png")?;
        assert_eq!(restore(tx, "A.png", &[], &[])?, Some((3, 3)));
        assert_eq!(files::current(tx, "A.png")?, current);
        assert_eq!(files::old_versions(tx, "A.png", None, None, 9)?, old);
        let back = pages::by_title(tx, 6, "A.png")?;
        assert_eq!(
            back.map(|page| (page.id, page.latest_revision, page.length, page.is_new)),
            page.map(|page| (page.id, page.latest_revision, page.length, page.is_new))
        );
        assert_eq!(all_deleted(tx)?, []);
        assert_eq!(protections::of_page(tx, page_id, NOW)?, [], "its protection does not");
        assert_eq!(restore(tx, "A.png", &[], &[])?, None, "nothing is left to come back");
        let log = logs::of_title(tx, 6, "A.png", 1)?;
        assert_eq!((log[0].action.as_str(), log[0].comment.as_str()), ("restore", "back"));
        let count = Data::map([("revisions", Data::Int(3)), ("files", Data::Int(3))]);
        assert_eq!(log[0].params, Data::map([("count", count)]));
        Ok(())
    })
    .await
}

async fn versions_come_back_one_by_one(db: Db) -> Result<()> {
    db.write(|tx| {
        three_versions(tx, "A.png")?;
        delete(tx, "A.png")?;
        let ids: Vec<i64> = all_deleted(tx)?.iter().map(|version| version.id).collect();
        assert_eq!(restore(tx, "B.png", &[], &ids)?, None, "they are another file's");
        assert_eq!(restore(tx, "A.png", &[], &[ids[1]])?, Some((1, 0)));
        assert_eq!(versions(tx, "A.png")?, [(2, 20)]);
        assert_eq!(pages::by_title(tx, 6, "A.png")?, None, "the page stays away");
        assert_eq!(restore(tx, "A.png", &[], &[])?, Some((2, 3)));
        assert_eq!(versions(tx, "A.png")?, [(2, 20), (3, 30), (1, 10)], "the current one stays so");
        let names = files::old_versions(tx, "A.png", None, None, 9)?;
        let names: Vec<_> = names.into_iter().filter_map(|version| version.archive_name).collect();
        assert_eq!(names, [30, 20].map(|second| format!("{}!A.png", (NOW + second).mw14())));
        // The next upload is the newest all the same.
        let next = files::publish(tx, &upload("A.png", 7, NOW))?;
        assert_eq!(next.version.timestamp, NOW + 31);
        Ok(())
    })
    .await
}

async fn revisions_come_back_by_their_times(db: Db) -> Result<()> {
    db.write(|tx| {
        let id = pages::create(tx, 6, "A.png", &revision("one", NOW))?;
        for (text, second) in [("two", 1), ("#REDIRECT [[B]]", 2)] {
            let Some(page) = pages::by_id(tx, id)? else { panic!("no page") };
            pages::revise(tx, &page, &revision(text, NOW + second))?;
        }
        delete(tx, "A.png")?;
        assert_eq!(restore(tx, "A.png", &[7], &[])?, None);
        assert_eq!(restore(tx, "A.png", &[1], &[])?, Some((0, 1)));
        let Some(page) = pages::by_title(tx, 6, "A.png")? else { panic!("no page") };
        assert_eq!((page.id, page.is_new, page.redirect.is_some()), (id, true, false));
        assert_eq!(pages::text(tx, &page)?.as_deref(), Some("two"));
        assert_eq!(restore(tx, "A.png", &[0, 2], &[])?, Some((0, 2)));
        let Some(page) = pages::by_title(tx, 6, "A.png")? else { panic!("no page") };
        assert_eq!((page.is_new, page.redirect.is_some()), (false, true));
        let history = revisions::list(tx, &History { page_id: id, limit: 9, ..History::default() })?;
        let texts: Vec<_> = history.iter().map(|row| row.content.as_str()).collect();
        assert_eq!(texts, ["#REDIRECT [[B]]", "two", "one"]);
        Ok(())
    })
    .await
}

async fn what_comes_back_joins_what_is_there(db: Db) -> Result<()> {
    db.write(|tx| {
        three_versions(tx, "A.png")?;
        delete(tx, "A.png")?;
        // Within the second in which the deleted file got its last version.
        let again = files::publish(tx, &upload("A.png", 8, NOW + 30))?;
        assert_eq!(again.version.timestamp, NOW + 31);
        let page = pages::by_title(tx, 6, "A.png")?;
        assert_eq!(restore(tx, "A.png", &[], &[])?, Some((3, 3)));
        assert_eq!(versions(tx, "A.png")?, [(8, 31), (3, 30), (2, 20), (1, 10)]);
        let joined = pages::by_title(tx, 6, "A.png")?;
        assert_eq!(joined.as_ref().map(|page| page.id), page.as_ref().map(|page| page.id));
        assert_eq!(joined.map(|page| page.latest_revision), page.map(|page| page.latest_revision));
        Ok(())
    })
    .await
}

async fn a_page_whose_number_is_taken_gets_another(db: Db) -> Result<()> {
    db.write(|tx| {
        let id = pages::create(tx, 6, "A.png", &revision("one", NOW))?;
        let Some(page) = pages::by_id(tx, id)? else { panic!("no page") };
        pages::revise(tx, &page, &revision("two", NOW + 1))?;
        delete(tx, "A.png")?;
        // One revision comes back and goes elsewhere with the number.
        restore(tx, "A.png", &[1], &[])?;
        let Some(page) = pages::by_id(tx, id)? else { panic!("no page") };
        let wanted = Move {
            page,
            to: title("B.png"),
            act: act("", NOW),
            summary: String::new(),
            redirect_reason: String::new(),
            leave_redirect: false,
        };
        moves::make(tx, &wanted)?;
        assert_eq!(restore(tx, "A.png", &[], &[])?, Some((0, 1)));
        let back = pages::by_title(tx, 6, "A.png")?.map(|page| page.id);
        assert!(back.is_some_and(|back| back != id));
        assert_eq!(pages::by_title(tx, 6, "B.png")?.map(|page| page.id), Some(id));
        Ok(())
    })
    .await
}

async fn uploads_know_of_deleted_files(db: Db) -> Result<()> {
    db.write(|tx| {
        let candidate = |name: &str, hashes: Hashes| {
            let title = FileTitle::from_db(name);
            let name = UploadName { title, changed: false, final_extension: "png".to_owned() };
            Candidate::new(&name, Some(hashes))
        };
        three_versions(tx, "A.png")?;
        delete(tx, "A.png")?;
        let known = files::existing(tx, &candidate("A.png", content(9)))?;
        assert_eq!((known.was_deleted, known.deleted_duplicate), (true, None));
        let known = files::existing(tx, &candidate("B.png", content(2)))?;
        assert_eq!((known.was_deleted, known.deleted_duplicate.as_deref()), (false, Some("A.png")));
        let collided = Hashes { sha1: content(2).sha1, ..content(9) };
        let known = files::existing(tx, &candidate("B.png", collided))?;
        assert_eq!(known.deleted_duplicate, None, "the same SHA-1 does not make the same file");
        // The bytes that are there are taken.
        let deleted = all_deleted(tx)?;
        let again = files::publish(tx, &upload("B.png", 2, NOW))?;
        assert_eq!(again.version.blob_key, deleted[1].blob_key);
        restore(tx, "A.png", &[], &[])?;
        let known = files::existing(tx, &candidate("A.png", content(2)))?;
        assert_eq!((known.was_deleted, known.deleted_duplicate), (false, None));
        Ok(())
    })
    .await
}

async fn deleted_versions_are_listed_by_what_is_asked_for(db: Db) -> Result<()> {
    db.write(|tx| {
        for name in ["A.png", "B.png", "C.png"] {
            three_versions(tx, name)?;
            delete(tx, name)?;
        }
        let all = all_deleted(tx)?;
        let mut check = |wanted: DeletedFiles, expected: &[usize]| -> Result<()> {
            let found = deletion::list(tx, &DeletedFiles { limit: 100, ..wanted.clone() })?;
            let place = |version: &DeletedVersion| all.iter().position(|other| other == version);
            assert_eq!(found.iter().filter_map(place).collect::<Vec<_>>(), expected, "{wanted:?}");
            Ok(())
        };
        let some = |text: &str| Some(text.to_owned());
        let none = DeletedFiles { direction: Direction::Ascending, ..DeletedFiles::default() };
        check(none.clone(), &[0, 1, 2, 3, 4, 5, 6, 7, 8])?;
        check(
            DeletedFiles { direction: Direction::Descending, ..none.clone() },
            &[8, 7, 6, 5, 4, 3, 2, 1, 0],
        )?;
        check(DeletedFiles { from: some("B"), to: some("B.png"), ..none.clone() }, &[3, 4, 5])?;
        check(DeletedFiles { prefix: some("C."), ..none.clone() }, &[6, 7, 8])?;
        check(DeletedFiles { sha1: Some(content(2).sha1), ..none.clone() }, &[1, 4, 7])?;
        let at = |place: usize| Some((all[place].name.clone(), all[place].timestamp, all[place].id));
        check(DeletedFiles { continue_at: at(7), ..none.clone() }, &[7, 8])?;
        let direction = Direction::Descending;
        check(DeletedFiles { continue_at: at(4), direction, ..none }, &[4, 3, 2, 1, 0])
    })
    .await
}

async fn deletions_at_once_delete_once(db: Db) -> Result<()> {
    db.write(|tx| three_versions(tx, "A.png")).await?;
    let all = (0..8).map(|_| {
        let db = db.clone();
        async move {
            db.write(|tx| {
                files::lock(tx, &FileTitle::from_db("A.png"))?;
                delete(tx, "A.png")
            })
            .await
        }
    });
    let deleted = at_once(all).await?;
    assert_eq!(deleted.into_iter().flatten().map(|deleted| deleted.versions).collect::<Vec<_>>(), [3]);
    Ok(())
}

async fn uploads_and_deletions_at_once_lose_nothing(db: Db) -> Result<()> {
    let all = (0..24u8).map(|number| {
        let db = db.clone();
        async move {
            db.write(move |tx| {
                files::lock(tx, &FileTitle::from_db("A.png"))?;
                match number % 4 {
                    3 => delete(tx, "A.png").map(drop),
                    2 if number > 12 => restore(tx, "A.png", &[], &[]).map(drop),
                    _ => files::publish(tx, &upload("A.png", number, NOW)).map(drop),
                }
            })
            .await
        }
    });
    at_once(all).await?;
    db.write(|tx| {
        delete(tx, "A.png")?;
        let found = all_deleted(tx)?;
        let mut numbers: Vec<u8> = found.iter().map(|version| version.hashes.sha1.0[0]).collect();
        numbers.sort_unstable();
        let uploaded = |n: &u8| !(n % 4 == 3 || (n % 4 == 2 && *n > 12));
        assert_eq!(numbers, (0..24).filter(uploaded).collect::<Vec<_>>(), "every version is somewhere, once");
        let mut times: Vec<_> = found.iter().map(|version| version.timestamp).collect();
        times.dedup();
        assert_eq!(times.len(), found.len(), "no two have the same time");
        assert_eq!(restore(tx, "A.png", &[], &[])?.map(|(versions, _)| versions), Some(found.len() as i64));
        Ok(())
    })
    .await
}
