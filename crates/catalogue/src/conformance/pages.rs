//! Pages, the log, and numbers of what is there.

use commonhold_core::title::Title;
use commonhold_core::{Data, Redirect, Timestamp};

use super::{NOW, Result, make_user, revision, upload};
use crate::ops::logs::{self, LogFilter, LogRow, NewLog};
use crate::ops::pages::{self, AllPages, Direction, PageRow, Statistics};
use crate::ops::{accounts, files};
use crate::{Db, DbError};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    pages_come_back(make()).await?;
    revisions_follow_one_another(make()).await?;
    a_title_has_one_page(make()).await?;
    the_log_comes_back_newest_first(make()).await?;
    the_log_is_listed_by_what_is_asked_for(make()).await?;
    pages_are_listed_by_what_is_asked_for(make()).await?;
    a_page_knows_where_it_redirects(make()).await?;
    statistics_count_what_is_there(make()).await
}

async fn pages_come_back(db: Db) -> Result<()> {
    let titles = [(6, "A.png"), (0, "A.png"), (6, "a.png"), (-1, "A.png"), (i32::MAX, "Größe")];
    let ids = db
        .write(move |tx| {
            titles
                .iter()
                .map(|(ns, dbkey)| pages::create(tx, *ns, dbkey, &revision(&format!("{ns} ü"), NOW)))
                .collect::<Result<Vec<i64>>>()
        })
        .await?;
    db.read(move |read| {
        let key = |ns: i32, dbkey: &str| (ns, dbkey.to_owned());
        let wanted =
            [key(6, "a.png"), key(6, "B.png"), key(0, "A.png"), key(i32::MAX, "Größe"), key(6, "A.PNG")];
        let found = pages::by_titles(read, &wanted)?;
        let found: Vec<_> = found.iter().map(|page| (page.id, page.ns, page.dbkey.as_str())).collect();
        assert_eq!(found, [(ids[2], 6, "a.png"), (ids[1], 0, "A.png"), (ids[4], i32::MAX, "Größe")]);
        let found = pages::by_ids(read, &[ids[3], 0, ids[0], i64::MAX])?;
        let [special, file] = &found[..] else { panic!("{found:?}") };
        assert_eq!((special.id, special.ns), (ids[3], -1));
        let expected = PageRow {
            id: ids[0],
            ns: 6,
            dbkey: "A.png".to_owned(),
            latest_revision: file.latest_revision,
            length: 4,
            touched: NOW,
            is_new: true,
            redirect: None,
        };
        assert_eq!(*file, expected, "the length is in bytes");
        assert_eq!(pages::text(read, file)?.as_deref(), Some("6 ü"));
        assert_eq!(pages::text(read, special)?.as_deref(), Some("-1 ü"));
        assert_eq!(pages::by_titles(read, &[])?, []);
        assert_eq!(pages::by_ids(read, &[])?, []);
        Ok(())
    })
    .await
}

async fn revisions_follow_one_another(db: Db) -> Result<()> {
    db.write(|tx| {
        let id = pages::create(tx, 6, "A.png", &revision("one", NOW))?;
        let other = pages::create(tx, 6, "B.png", &revision("other", NOW))?;
        let Some(first) = pages::by_ids(tx, &[id])?.pop() else { panic!("the page is missing") };
        let revised = pages::revise(tx, &first, &revision("the second", NOW + 1))?;
        assert!(revised > first.latest_revision);
        let Some(second) = pages::by_ids(tx, &[id])?.pop() else { panic!("the page is missing") };
        let expected = PageRow {
            latest_revision: revised,
            length: 10,
            touched: NOW + 1,
            is_new: false,
            ..first.clone()
        };
        assert_eq!(second, expected);
        assert_eq!(pages::text(tx, &second)?.as_deref(), Some("the second"));
        assert_eq!(pages::text(tx, &first)?.as_deref(), Some("one"), "old texts stay");
        let unwritten = PageRow { latest_revision: revised + 1, ..first.clone() };
        assert_eq!(pages::text(tx, &unwritten)?, None);
        let rows =
            tx.query("SELECT parent_id FROM revisions WHERE page_id = ?1 ORDER BY id", &[id.into()])?;
        let parents = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<i64>>>()?;
        assert_eq!(parents, [0, first.latest_revision]);
        let Some(other) = pages::by_ids(tx, &[other])?.pop() else { panic!("the page is missing") };
        assert!(other.is_new);
        Ok(())
    })
    .await
}

async fn a_title_has_one_page(db: Db) -> Result<()> {
    db.write(|tx| pages::create(tx, 6, "A.png", &revision("one", NOW))).await?;
    let outcome = db.write(|tx| pages::create(tx, 6, "A.png", &revision("two", NOW))).await;
    assert!(matches!(outcome, Err(DbError::Sqlite(_) | DbError::Postgres(_))), "{outcome:?}");
    let found = db.read(|read| pages::statistics(read)).await?;
    assert_eq!((found.pages, found.edits), (1, 1));
    Ok(())
}

async fn the_log_comes_back_newest_first(db: Db) -> Result<()> {
    let entry = |dbkey: &'static str, ns: i32, action: &'static str, now: Timestamp| NewLog {
        log_type: "upload",
        action,
        now,
        user_id: 7,
        user_name: "Someone",
        ns,
        dbkey,
        page_id: 12,
        comment: "it's \"so\"",
        params: Data::map([("img_sha1", "0z".into()), ("n", Data::List(vec![Data::Int(i64::MAX)]))]),
    };
    let ids = db
        .write(move |tx| {
            let all = [
                entry("A.png", 6, "upload", NOW + 9),
                entry("a.png", 6, "upload", NOW),
                entry("A.png", 0, "upload", NOW),
                entry("A.png", 6, "overwrite", NOW),
                entry("A.png", 6, "revert", NOW + 1),
            ];
            all.iter().map(|entry| logs::insert(tx, entry)).collect::<Result<Vec<i64>>>()
        })
        .await?;
    db.read(move |read| {
        let found = logs::of_title(read, 6, "A.png", 10)?;
        let order: Vec<i64> = found.iter().map(|entry| entry.id).collect();
        assert_eq!(order, [ids[0], ids[4], ids[3]], "by their times, then by their numbers");
        let new = entry("A.png", 6, "overwrite", NOW);
        let expected = LogRow {
            id: ids[3],
            log_type: new.log_type.to_owned(),
            action: new.action.to_owned(),
            timestamp: NOW,
            user_id: 7,
            user_name: new.user_name.to_owned(),
            ns: 6,
            dbkey: "A.png".to_owned(),
            page_id: 12,
            current_page_id: 0,
            comment: new.comment.to_owned(),
            params: new.params,
        };
        assert_eq!(found[2], expected);
        assert_eq!(logs::of_title(read, 6, "A.png", 2)?, found[..2]);
        assert_eq!(logs::of_title(read, 6, "A.png", 0)?, []);
        assert_eq!(logs::of_title(read, 6, "B.png", 10)?, []);
        Ok(())
    })
    .await
}

async fn the_log_is_listed_by_what_is_asked_for(db: Db) -> Result<()> {
    db.write(|tx| {
        pages::create(tx, 6, "B.png", &revision("text", NOW))?;
        let all = [
            ("upload", "upload", "Ada", 6, "A.png", 0),
            ("upload", "overwrite", "Bob", 6, "A.png", 1),
            ("delete", "delete", "Ada", 6, "A.png", 2),
            ("upload", "upload", "Ada", 6, "B.png", 2),
            ("create", "create", "Ada", 0, "A.png", 3),
        ];
        for (log_type, action, user_name, ns, dbkey, second) in all {
            let (comment, params, now) = ("", Data::map([]), NOW + second);
            let entry = NewLog {
                log_type,
                action,
                now,
                user_id: 1,
                user_name,
                ns,
                dbkey,
                page_id: 0,
                comment,
                params,
            };
            logs::insert(tx, &entry)?;
        }
        Ok::<_, DbError>(())
    })
    .await?;
    db.read(|read| {
        let all = logs::list(read, &LogFilter { limit: 10, ..LogFilter::default() })?;
        let of = |found: &[LogRow]| -> Vec<usize> {
            let place = |row: &LogRow| all.iter().rev().position(|other| other.id == row.id);
            found.iter().filter_map(place).collect()
        };
        assert_eq!(all.iter().map(|row| row.current_page_id > 0).collect::<Vec<_>>()[..2], [false, true]);
        let mut check = |filter: LogFilter, expected: &[usize]| -> Result<()> {
            let found = logs::list(read, &LogFilter { limit: 10, ..filter.clone() })?;
            assert_eq!(of(&found), expected, "{filter:?}");
            // The same, one after the other.
            let (mut paged, mut at) = (Vec::new(), filter.continue_at);
            loop {
                let mut page = logs::list(read, &LogFilter { limit: 2, continue_at: at, ..filter.clone() })?;
                let next = if page.len() == 2 { page.pop() } else { None };
                paged.extend(page);
                let Some(next) = next else { break };
                at = Some((next.timestamp, next.id));
            }
            assert_eq!(of(&paged), expected, "{filter:?}");
            Ok(())
        };
        let some = |text: &str| Some(text.to_owned());
        let none = LogFilter::default();
        check(none.clone(), &[4, 3, 2, 1, 0])?;
        check(LogFilter { direction: Direction::Ascending, ..none.clone() }, &[0, 1, 2, 3, 4])?;
        check(LogFilter { log_type: some("upload"), ..none.clone() }, &[3, 1, 0])?;
        check(LogFilter { log_type: some("upload"), action: some("upload"), ..none.clone() }, &[3, 0])?;
        check(LogFilter { user: some("Bob"), ..none.clone() }, &[1])?;
        check(LogFilter { ns: Some(6), dbkey: some("A.png"), ..none.clone() }, &[2, 1, 0])?;
        check(LogFilter { ns: Some(6), prefix: some("B"), ..none.clone() }, &[3])?;
        check(LogFilter { start: Some(NOW + 2), end: Some(NOW + 1), ..none.clone() }, &[3, 2, 1])?;
        let direction = Direction::Ascending;
        check(LogFilter { direction, start: Some(NOW + 2), ..none }, &[2, 3, 4])?;
        assert!(logs::deleted_since(read, 6, "A.png", NOW + 2)?);
        assert!(!logs::deleted_since(read, 6, "A.png", NOW + 3)?);
        assert!(!logs::deleted_since(read, 6, "B.png", NOW)?);
        Ok(())
    })
    .await
}

async fn pages_are_listed_by_what_is_asked_for(db: Db) -> Result<()> {
    db.write(|tx| {
        for (ns, dbkey, text) in [
            (6, "A.png", "1"),
            (6, "B.png", "#REDIRECT [[File:A.png]]"),
            (6, "Ba.png", "333"),
            (6, "C.png", ""),
            (0, "A", "1"),
        ] {
            pages::create(tx, ns, dbkey, &revision(text, NOW))?;
        }
        Ok::<_, DbError>(())
    })
    .await?;
    db.read(|read| {
        let mut check = |wanted: AllPages, expected: &[&str]| -> Result<()> {
            let limit = if wanted.limit == 0 { 10 } else { wanted.limit };
            let found = pages::all(read, &AllPages { limit, ..wanted.clone() })?;
            let found: Vec<_> = found.iter().map(|page| page.dbkey.as_str()).collect();
            assert_eq!(found, expected, "{wanted:?}");
            Ok(())
        };
        let some = |text: &str| Some(text.to_owned());
        let files = AllPages { ns: 6, direction: Direction::Ascending, ..AllPages::default() };
        check(files.clone(), &["A.png", "B.png", "Ba.png", "C.png"])?;
        check(
            AllPages { direction: Direction::Descending, limit: 2, ..files.clone() },
            &["C.png", "Ba.png"],
        )?;
        check(AllPages { prefix: some("B"), ..files.clone() }, &["B.png", "Ba.png"])?;
        check(AllPages { from: some("B"), to: some("Ba.png"), ..files.clone() }, &["B.png", "Ba.png"])?;
        check(AllPages { continue_at: some("Ba.png"), ..files.clone() }, &["Ba.png", "C.png"])?;
        check(AllPages { min_size: Some(1), max_size: Some(3), ..files.clone() }, &["A.png", "Ba.png"])?;
        check(AllPages { redirect: Some(true), ..files.clone() }, &["B.png"])?;
        check(AllPages { redirect: Some(false), ..files }, &["A.png", "Ba.png", "C.png"])
    })
    .await
}

async fn a_page_knows_where_it_redirects(db: Db) -> Result<()> {
    db.write(|tx| {
        let id = pages::create(tx, 0, "A", &revision("#REDIRECT [[File:B.png#there]]", NOW))?;
        let Some(page) = pages::by_id(tx, id)? else { panic!("the page is missing") };
        let target = Title::from_db(6, "B.png");
        assert_eq!(page.redirect, Some(Redirect { target, fragment: Some("there".to_owned()) }));
        pages::revise(tx, &page, &revision("#REDIRECT [[C]]", NOW + 1))?;
        let redirect = pages::by_title(tx, 0, "A")?.and_then(|page| page.redirect);
        assert_eq!(redirect, Some(Redirect::to(Title::from_db(0, "C"))));
        pages::revise(tx, &page, &revision("text", NOW + 2))?;
        assert_eq!(pages::by_title(tx, 0, "A")?.and_then(|page| page.redirect), None);
        Ok(())
    })
    .await
}

async fn statistics_count_what_is_there(db: Db) -> Result<()> {
    let empty = db.read(|read| pages::statistics(read)).await?;
    assert_eq!(empty, Statistics { pages: 0, edits: 0, images: 0, users: 0, admins: 0 });
    db.write(|tx| {
        let mut ada = 0;
        for (name, groups) in [
            ("Ada", &["bot", "sysop"][..]),
            ("Bob", &["sysop"]),
            ("Cid", &["Sysop", "SYSOP"]),
            ("Dan", &["sysops", "a sysop", "x\"sysop\"x"]),
            ("Eve", &[]),
        ] {
            let id = make_user(tx, name, groups)?;
            ada = if name == "Ada" { id } else { ada };
        }
        pages::create(tx, 0, "Main Page", &revision("", NOW))?;
        for number in 1..=3 {
            let by_ada = files::Publication { user_id: ada, ..upload("A.png", number, NOW) };
            files::publish(tx, &by_ada)?;
        }
        files::publish(tx, &upload("B.png", 1, NOW))?;
        let edits = accounts::user_by_id(tx, ada)?.map(|user| user.edit_count);
        assert_eq!(edits, Some(1), "for the page that was made");
        Ok::<_, DbError>(())
    })
    .await?;
    let found = db.read(|read| pages::statistics(read)).await?;
    assert_eq!(found, Statistics { pages: 3, edits: 5, images: 2, users: 5, admins: 2 });
    Ok(())
}
