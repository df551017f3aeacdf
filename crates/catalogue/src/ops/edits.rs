//! Giving a page another text.

use commonhold_core::Data;
use commonhold_core::title::Title;

use super::changes::{self, ChangeKind, NewEdit};
use super::logs::{self, NewLog};
use super::pages::{self, NewRevision, PageRow};
use super::{Act, accounts};
use crate::{DbError, Tx};

/// An edit to be made.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The page's title.
    pub title: Title,
    /// The page, if there is one.
    pub page: Option<PageRow>,
    /// Its new text.
    pub content: String,
    /// Whether the user calls it minor.
    pub minor: bool,
    /// Who, when and why.
    pub act: Act,
}

/// An edit that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The page.
    pub page_id: i64,
    /// The revision before it, 0 if there is none.
    pub old_revision: i64,
    /// The revision that it made.
    pub new_revision: i64,
}

/// Makes a page, or gives it a further revision; notes that among the changes, and in the log where the page is new;
/// counts it as the user's.
pub fn make(tx: &mut dyn Tx, wanted: &Edit) -> Result<Edited, DbError> {
    let (title, act) = (&wanted.title, &wanted.act);
    let revision = NewRevision {
        user_id: act.user_id,
        user_name: &act.user_name,
        comment: &act.comment,
        content: &wanted.content,
        minor: wanted.minor,
        now: act.now,
    };
    let (page_id, new_revision) =
        pages::save(tx, wanted.page.as_ref(), (title.ns(), title.dbkey()), &revision)?;
    let old_revision = wanted.page.as_ref().map_or(0, |page| page.latest_revision);
    let edited = Edited { page_id, old_revision, new_revision };
    let change = NewEdit {
        kind: if wanted.page.is_some() { ChangeKind::Edit } else { ChangeKind::New },
        now: act.now,
        user_id: act.user_id,
        user_name: &act.user_name,
        bot: act.bot,
        minor: wanted.minor,
        ns: title.ns(),
        dbkey: title.dbkey(),
        page_id: edited.page_id,
        comment: &act.comment,
        revision_id: edited.new_revision,
        old_revision_id: edited.old_revision,
        old_length: wanted.page.as_ref().map_or(0, |page| page.length),
        new_length: wanted.content.len() as i64,
    };
    changes::edited(tx, &change, &act.tags)?;
    if wanted.page.is_none() {
        let entry = NewLog {
            log_type: "create",
            action: "create",
            now: act.now,
            user_id: act.user_id,
            user_name: &act.user_name,
            ns: title.ns(),
            dbkey: title.dbkey(),
            page_id: edited.page_id,
            comment: &act.comment,
            params: Data::map([]),
        };
        logs::insert(tx, &entry)?;
    }
    accounts::count_edit(tx, act.user_id)?;
    Ok(edited)
}
