//! Tags, and what is marked with them.

use commonhold_core::Data;
use commonhold_core::title::Title;

use super::{NOW, Result, act, strings, upload};
use crate::ops::changes::RecentChanges;
use crate::ops::deletion::{self, Selection};
use crate::ops::edits::{self, Edit};
use crate::ops::files::Publication;
use crate::ops::logs::{LogFilter, NewLog};
use crate::ops::moves::{self, Move};
use crate::ops::revisions::{self, History};
use crate::ops::tags::{self, TagRow, Tagged};
use crate::ops::{Act, changes, files, logs, pages};
use crate::{Db, Tx};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    tags_are_made_and_taken_out_of_use(make()).await?;
    an_upload_is_marked_but_not_the_making_of_its_page(make()).await?;
    whatever_is_done_to_a_page_is_marked(make()).await?;
    a_deleted_tag_is_on_nothing(make()).await
}

fn marked(comment: &str, second: i64, tags: &[&str]) -> Act {
    Act { tags: strings(tags), ..act(comment, NOW + second) }
}

fn tag(name: &str, active: bool, uses: i64) -> TagRow {
    TagRow { name: name.to_owned(), active, uses }
}

/// The tags of each entry of the log with its action, the newest first.
fn log_tags(tx: &mut dyn Tx) -> Result<Vec<(String, Vec<String>)>> {
    let entries = logs::list(tx, &LogFilter { limit: 50, ..LogFilter::default() })?;
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    let mut tags = tags::of(tx, Tagged::Log, &ids)?;
    Ok(entries.into_iter().map(|e| (e.action, tags.remove(&e.id).unwrap_or_default())).collect())
}

/// The tags of each revision of a page, the newest first.
fn revision_tags(tx: &mut dyn Tx, page_id: i64) -> Result<Vec<Vec<String>>> {
    let rows = revisions::list(tx, &History { page_id, limit: 50, ..History::default() })?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut tags = tags::of(tx, Tagged::Revision, &ids)?;
    Ok(ids.iter().map(|id| tags.remove(id).unwrap_or_default()).collect())
}

/// The tags of each change, the newest first.
fn change_tags(tx: &mut dyn Tx) -> Result<Vec<Vec<String>>> {
    let rows = changes::list(tx, &RecentChanges { limit: 50, ..RecentChanges::default() })?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut tags = tags::of(tx, Tagged::Change, &ids)?;
    Ok(ids.iter().map(|id| tags.remove(id).unwrap_or_default()).collect())
}

fn edit(tx: &mut dyn Tx, dbkey: &str, text: &str, act: Act) -> Result<i64> {
    let page = pages::by_title(tx, 0, dbkey)?;
    let title = Title::from_db(0, dbkey);
    let wanted = Edit { title, page, content: text.to_owned(), minor: false, act };
    Ok(edits::make(tx, &wanted)?.page_id)
}

async fn tags_are_made_and_taken_out_of_use(db: Db) -> Result<()> {
    db.write(|tx| {
        for name in ["b", "a", "Z", "ä"] {
            tags::lock(tx, name)?;
            tags::activate(tx, name)?;
        }
        assert_eq!(tags::active(tx)?, ["Z", "a", "b", "ä"]);
        assert_eq!(tags::list(tx, Some("a"), 2)?, [tag("a", true, 0), tag("b", true, 0)]);
        edit(tx, "A", "one", marked("", 0, &["b"]))?;
        tags::deactivate(tx, "a")?;
        tags::deactivate(tx, "b")?;
        assert_eq!(tags::by_name(tx, "a")?, None, "nothing had it");
        assert_eq!(tags::by_name(tx, "b")?, Some(tag("b", false, 1)));
        assert_eq!(tags::active(tx)?, ["Z", "ä"]);
        tags::activate(tx, "b")?;
        assert_eq!(tags::list(tx, None, 2)?, [tag("Z", true, 0), tag("b", true, 1)]);
        Ok(())
    })
    .await
}

async fn an_upload_is_marked_but_not_the_making_of_its_page(db: Db) -> Result<()> {
    db.write(|tx| {
        tags::activate(tx, "one")?;
        tags::activate(tx, "two")?;
        let first = Publication { tags: strings(&["two", "one"]), ..upload("A.png", 1, NOW) };
        files::publish(tx, &first)?;
        let second = Publication { tags: strings(&["one"]), ..upload("A.png", 2, NOW + 1) };
        let page_id = files::publish(tx, &second)?.page_id;
        files::publish(tx, &upload("A.png", 3, NOW + 2))?;
        let entry = |action: &str, tags: &[&str]| (action.to_owned(), strings(tags));
        assert_eq!(
            log_tags(tx)?,
            [
                entry("overwrite", &[]),
                entry("overwrite", &["one"]),
                entry("create", &[]),
                entry("upload", &["one", "two"]),
            ]
        );
        let expected = [strings(&[]), strings(&["one"]), strings(&["one", "two"])];
        assert_eq!(revision_tags(tx, page_id)?, expected);
        assert_eq!(change_tags(tx)?, expected);
        assert_eq!(tags::list(tx, None, 9)?, [tag("one", true, 2), tag("two", true, 1)]);

        let with = |tag: &str| Some(tag.to_owned());
        let found = logs::list(tx, &LogFilter { tag: with("one"), limit: 9, ..LogFilter::default() })?;
        let actions: Vec<&str> = found.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["overwrite", "upload"]);
        let wanted = History { page_id, tag: with("two"), limit: 9, ..History::default() };
        assert_eq!(revisions::list(tx, &wanted)?.len(), 1);
        let wanted = RecentChanges { tag: with("one"), limit: 9, ..RecentChanges::default() };
        assert_eq!(changes::list(tx, &wanted)?.len(), 2);
        Ok(())
    })
    .await
}

async fn whatever_is_done_to_a_page_is_marked(db: Db) -> Result<()> {
    db.write(|tx| {
        tags::activate(tx, "x")?;
        let page_id = edit(tx, "A", "one", marked("", 0, &["x"]))?;
        edit(tx, "A", "two", marked("", 1, &[]))?;
        let expected = [strings(&[]), strings(&["x"])];
        assert_eq!(revision_tags(tx, page_id)?, expected);
        assert_eq!(change_tags(tx)?, expected);
        assert_eq!(log_tags(tx)?, [("create".to_owned(), Vec::new())]);

        let Some(page) = pages::by_title(tx, 0, "A")? else { panic!("no page") };
        let wanted = Move {
            page,
            to: Title::from_db(0, "B"),
            act: marked("", 2, &["x"]),
            summary: "moved".to_owned(),
            redirect_reason: "made room".to_owned(),
            leave_redirect: true,
        };
        moves::make(tx, &wanted)?;
        assert_eq!(revision_tags(tx, page_id)?[0], ["x"]);
        let Some(redirect) = pages::by_title(tx, 0, "A")? else { panic!("no redirect") };
        assert_eq!(revision_tags(tx, redirect.id)?, [["x"]]);

        let title = Title::from_db(0, "B");
        deletion::delete(tx, &title, &marked("", 3, &["x"]))?;
        deletion::restore(tx, &title, &Selection::default(), &marked("", 4, &["x"]))?;
        let log = log_tags(tx)?;
        for (found, action) in log.iter().zip(["restore", "delete", "move"]) {
            assert_eq!(*found, (action.to_owned(), strings(&["x"])));
        }
        assert_eq!(revision_tags(tx, page_id)?, [strings(&["x"]), strings(&[]), strings(&["x"])]);
        Ok(())
    })
    .await
}

async fn a_deleted_tag_is_on_nothing(db: Db) -> Result<()> {
    db.write(|tx| {
        tags::activate(tx, "x")?;
        let page_id = edit(tx, "A", "one", marked("", 0, &["x"]))?;
        tags::delete(tx, "x")?;
        tags::activate(tx, "x")?;
        assert_eq!(tags::by_name(tx, "x")?, Some(tag("x", true, 0)));
        assert_eq!(revision_tags(tx, page_id)?, [strings(&[])]);
        let entry = NewLog {
            log_type: "managetags",
            action: "delete",
            now: NOW,
            user_id: 0,
            user_name: "192.0.2.1",
            ns: -1,
            dbkey: "Tags",
            page_id: 0,
            comment: "",
            params: Data::map([("tag", "y".into())]),
        };
        let log_id = changes::logged_with_tags(tx, &entry, false, 0, &strings(&["x", "gone"]))?;
        let found = tags::of(tx, Tagged::Log, &[log_id])?;
        assert_eq!(found.get(&log_id), Some(&strings(&["x"])));
        assert!(tags::of(tx, Tagged::Log, &[])?.is_empty());
        Ok(())
    })
    .await
}
