//! Edits, histories, and what changed lately.

use commonhold_core::title::Title;

use super::{NOW, Result, act, at_once, make_user, upload};
use crate::ops::changes::{self, ChangeKind, ChangeRow, RecentChanges};
use crate::ops::edits::{self, Edit, Edited};
use crate::ops::pages::{self, Direction};
use crate::ops::revisions::{self, History, RevisionRow};
use crate::ops::{Act, accounts, files, logs};
use crate::{Db, Tx};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    an_edit_leaves_revision_change_log_and_count(make()).await?;
    a_publication_is_one_change(make()).await?;
    histories_are_listed_by_what_is_asked_for(make()).await?;
    changes_are_listed_by_what_is_asked_for(make()).await?;
    it_is_known_whose_the_later_revisions_are(make()).await?;
    edits_at_once_follow_one_another(make()).await
}

/// Gives a page a text.
fn edit(tx: &mut dyn Tx, dbkey: &str, text: &str, act: Act) -> Result<Edited> {
    let page = pages::by_title(tx, 0, dbkey)?;
    let title = Title::from_db(0, dbkey);
    edits::make(tx, &Edit { title, page, content: text.to_owned(), minor: act.bot, act })
}

async fn an_edit_leaves_revision_change_log_and_count(db: Db) -> Result<()> {
    db.write(|tx| {
        let ada = make_user(tx, "Ada", &[])?;
        let by = |comment: &str, second: i64| Act {
            user_id: ada,
            user_name: "Ada".to_owned(),
            ..act(comment, NOW + second)
        };
        let first = edit(tx, "A", "one", by("first", 0))?;
        let second = edit(tx, "A", "the second", Act { bot: true, ..by("second", 1) })?;
        assert_eq!((second.page_id, second.old_revision), (first.page_id, first.new_revision));
        let Some(row) = revisions::by_id(tx, second.new_revision)? else { panic!("no revision") };
        let expected = RevisionRow {
            id: second.new_revision,
            page_id: first.page_id,
            parent_id: first.new_revision,
            user_id: ada,
            user_name: "Ada".to_owned(),
            timestamp: NOW + 1,
            comment: "second".to_owned(),
            content: "the second".to_owned(),
            minor: true,
        };
        assert_eq!(row, expected);
        let log = logs::of_title(tx, 0, "A", 10)?;
        let [entry] = &log[..] else { panic!("{log:?}") };
        assert_eq!((entry.log_type.as_str(), entry.action.as_str()), ("create", "create"));
        assert_eq!((entry.page_id, entry.current_page_id), (first.page_id, first.page_id));
        let found = changes::list(tx, &RecentChanges { limit: 10, ..RecentChanges::default() })?;
        let [edited, made] = &found[..] else { panic!("{found:?}") };
        let expected = ChangeRow {
            id: edited.id,
            kind: ChangeKind::Edit,
            timestamp: NOW + 1,
            user_id: ada,
            user_name: "Ada".to_owned(),
            ns: 0,
            dbkey: "A".to_owned(),
            page_id: first.page_id,
            comment: "second".to_owned(),
            revision_id: second.new_revision,
            old_revision_id: first.new_revision,
            old_length: 3,
            new_length: 10,
            minor: true,
            bot: true,
            log: None,
            redirect: false,
        };
        assert_eq!(*edited, expected);
        assert_eq!((made.kind, made.old_revision_id, made.new_length), (ChangeKind::New, 0, 3));
        assert_eq!(accounts::user_by_id(tx, ada)?.map(|user| user.edit_count), Some(2));
        Ok(())
    })
    .await
}

async fn a_publication_is_one_change(db: Db) -> Result<()> {
    db.write(|tx| {
        files::publish(tx, &upload("A.png", 1, NOW))?;
        files::publish(tx, &upload("A.png", 2, NOW + 1))?;
        let found = changes::list(tx, &RecentChanges { limit: 10, ..RecentChanges::default() })?;
        let [second, first] = &found[..] else { panic!("{found:?}") };
        assert_eq!((first.kind, second.kind), (ChangeKind::Log, ChangeKind::Log));
        let actions = [first, second].map(|change| change.log.as_ref().map(|log| log.action.as_str()));
        assert_eq!(actions, [Some("upload"), Some("overwrite")]);
        let Some(page) = pages::by_title(tx, 6, "A.png")? else { panic!("no page") };
        assert_eq!((second.page_id, second.revision_id), (page.id, page.latest_revision));
        assert_eq!((second.old_revision_id, second.old_length, second.new_length), (0, 0, 0));
        let history = History { page_id: page.id, limit: 10, ..History::default() };
        let said: Vec<_> = revisions::list(tx, &history)?.into_iter().map(|row| row.comment).collect();
        assert_eq!(said, ["a further", "A comment"]);
        let log: Vec<_> = logs::of_title(tx, 6, "A.png", 9)?.into_iter().map(|row| row.log_type).collect();
        assert_eq!(log, ["upload", "create", "upload"]);
        Ok(())
    })
    .await
}

async fn histories_are_listed_by_what_is_asked_for(db: Db) -> Result<()> {
    db.write(|tx| {
        let mut made = Vec::new();
        for (user_name, second) in [("Ada", 0), ("Bob", 1), ("Ada", 1), ("Bob", 2)] {
            let by = Act { user_name: user_name.to_owned(), ..act("", NOW + second) };
            made.push(edit(tx, "A", &format!("{user_name} {second}"), by)?.new_revision);
        }
        edit(tx, "B", "other", act("", NOW))?;
        let page_id = pages::by_title(tx, 0, "A")?.map_or(0, |page| page.id);
        let mut check = |wanted: History, expected: &[usize]| -> Result<()> {
            let found = revisions::list(tx, &History { page_id, limit: 10, ..wanted.clone() })?;
            let place = |row: &RevisionRow| made.iter().position(|id| *id == row.id);
            assert_eq!(found.iter().filter_map(place).collect::<Vec<_>>(), expected, "{wanted:?}");
            Ok(())
        };
        let none = History::default();
        check(none.clone(), &[3, 2, 1, 0])?;
        check(History { direction: Direction::Ascending, ..none.clone() }, &[0, 1, 2, 3])?;
        check(History { user: Some("Ada".to_owned()), ..none.clone() }, &[2, 0])?;
        check(History { exclude_user: Some("Ada".to_owned()), ..none.clone() }, &[3, 1])?;
        check(History { start: Some(NOW + 1), ..none.clone() }, &[2, 1, 0])?;
        check(History { end: Some(NOW + 1), ..none.clone() }, &[3, 2, 1])?;
        check(History { from: Some((NOW + 1, made[2])), ..none.clone() }, &[2, 1, 0])?;
        check(History { to: Some((NOW + 1, made[2])), ..none.clone() }, &[3, 2])?;
        check(History { continue_at: Some((NOW + 1, made[1])), ..none }, &[1, 0])?;
        assert_eq!(revisions::at(tx, page_id, NOW + 1)?.map(|row| row.id), Some(made[2]));
        assert_eq!(revisions::at(tx, page_id, NOW + -1)?, None);
        Ok(())
    })
    .await
}

async fn changes_are_listed_by_what_is_asked_for(db: Db) -> Result<()> {
    db.write(|tx| {
        let ada = Act { user_id: 7, user_name: "Ada".to_owned(), ..act("", NOW + 1) };
        edit(tx, "A", "#REDIRECT [[B]]", act("", NOW))?;
        edit(tx, "B", "one", ada.clone())?;
        edit(tx, "B", "two", Act { bot: true, now: NOW + 2, ..ada })?;
        files::publish(tx, &upload("A.png", 1, NOW + 3))?;
        let all = changes::list(tx, &RecentChanges { limit: 9, ..RecentChanges::default() })?;
        let mut check = |wanted: RecentChanges, expected: &[usize]| -> Result<()> {
            let found = changes::list(tx, &RecentChanges { limit: 9, ..wanted.clone() })?;
            let place = |row: &ChangeRow| all.iter().rev().position(|other| other.id == row.id);
            assert_eq!(found.iter().filter_map(place).collect::<Vec<_>>(), expected, "{wanted:?}");
            Ok(())
        };
        let none = RecentChanges::default();
        check(none.clone(), &[3, 2, 1, 0])?;
        check(RecentChanges { direction: Direction::Ascending, ..none.clone() }, &[0, 1, 2, 3])?;
        check(RecentChanges { start: Some(NOW + 2), end: Some(NOW + 1), ..none.clone() }, &[2, 1])?;
        check(RecentChanges { namespaces: vec![6, 7], ..none.clone() }, &[3])?;
        check(RecentChanges { title: Some((0, "B".to_owned())), ..none.clone() }, &[2, 1])?;
        check(RecentChanges { user: Some("Ada".to_owned()), ..none.clone() }, &[2, 1])?;
        check(RecentChanges { exclude_user: Some("Ada".to_owned()), ..none.clone() }, &[3, 0])?;
        check(RecentChanges { kinds: vec![ChangeKind::New, ChangeKind::Log], ..none.clone() }, &[3, 1, 0])?;
        check(RecentChanges { minor: Some(true), ..none.clone() }, &[2])?;
        check(RecentChanges { bot: Some(false), ..none.clone() }, &[3, 1, 0])?;
        check(RecentChanges { anonymous: Some(true), ..none.clone() }, &[3, 0])?;
        check(RecentChanges { redirect: Some(true), ..none.clone() }, &[0])?;
        check(RecentChanges { redirect: Some(false), ..none.clone() }, &[3, 2, 1])?;
        check(RecentChanges { newest_only: true, ..none.clone() }, &[3, 2, 0])?;
        let at = all.iter().find(|row| row.timestamp == NOW + 1).map(|row| (row.timestamp, row.id));
        check(RecentChanges { continue_at: at, ..none }, &[1, 0])
    })
    .await
}

async fn it_is_known_whose_the_later_revisions_are(db: Db) -> Result<()> {
    db.write(|tx| {
        let by =
            |user_id: i64, user_name: &str| Act { user_id, user_name: user_name.to_owned(), ..act("", NOW) };
        let mut rows = Vec::new();
        for act in [by(1, "Ada"), by(0, "192.0.2.1"), by(0, "192.0.2.2"), by(1, "Ada"), by(1, "Ada")] {
            let edited = edit(tx, "A", &rows.len().to_string(), act)?;
            rows.extend(revisions::by_id(tx, edited.new_revision)?);
        }
        assert!(revisions::only_by_since(tx, &rows[2], 1, "Ada")?);
        assert!(!revisions::only_by_since(tx, &rows[1], 1, "Ada")?);
        assert!(!revisions::only_by_since(tx, &rows[0], 0, "192.0.2.1")?);
        assert!(revisions::only_by_since(tx, &rows[4], 9, "Bob")?, "there are none");
        Ok(())
    })
    .await
}

async fn edits_at_once_follow_one_another(db: Db) -> Result<()> {
    let all = (0..8).map(|number: i64| {
        let db = db.clone();
        async move {
            db.write(move |tx| {
                pages::lock(tx, 0, "A")?;
                edit(tx, "A", &number.to_string(), act("", NOW))
            })
            .await
        }
    });
    let edited = at_once(all).await?;
    let mut parents: Vec<i64> = edited.iter().map(|edited| edited.old_revision).collect();
    parents.sort_unstable();
    let mut expected: Vec<i64> = edited.iter().map(|edited| edited.new_revision).collect();
    expected.sort_unstable();
    expected.pop();
    expected.insert(0, 0);
    assert_eq!(parents, expected, "each begins with what another left");
    Ok(())
}
