//! Giving a page, and the file of that name, another title.

use commonhold_core::title::{Title, ns};
use commonhold_core::{Data, Redirect};

use super::logs::NewLog;
use super::pages::{self, NewRevision, PageRow};
use super::tags::{self, Parts};
use super::{Act, changes, deletion, protections, watchlist};
use crate::value::values;
use crate::{DbError, Tx};

/// A move to be made.
#[derive(Clone, Debug)]
pub struct Move {
    /// The page.
    pub page: PageRow,
    /// Its new title; no file has it, and no page except one that redirects and may go.
    pub to: Title,
    /// Who, when and why.
    pub act: Act,
    /// What the page's history says of it.
    pub summary: String,
    /// Why the redirect that has the new title is deleted.
    pub redirect_reason: String,
    /// Whether the old title becomes a redirect to the new one.
    pub leave_redirect: bool,
}

/// Moves a page with its revisions, and a file with all its versions.
pub fn make(tx: &mut dyn Tx, wanted: &Move) -> Result<(), DbError> {
    let (page, act, to) = (&wanted.page, &wanted.act, &wanted.to);
    let over = pages::by_title(tx, to.ns(), to.dbkey())?;
    if let Some(redirect) = &over {
        let reason = Act { comment: wanted.redirect_reason.clone(), ..act.clone() };
        deletion::delete_redirect(tx, redirect, &reason)?;
    }
    if page.ns == ns::FILE && to.ns() == ns::FILE {
        // What stands before the name in an archive's name is a time of 14 digits and "!".
        tx.execute(
            "UPDATE versions SET name = ?2, archive_name = SUBSTR(archive_name, 1, 15) || ?2 WHERE name = ?1",
            values![&page.dbkey, to.dbkey()],
        )?;
    }
    protections::set_title(tx, to.ns(), to.dbkey(), None)?;
    watchlist::follow(tx, (page.ns, &page.dbkey), (to.ns(), to.dbkey()), act.now)?;
    tx.execute(
        "UPDATE pages SET ns = ?2, dbkey = ?3 WHERE id = ?1",
        values![page.id, i64::from(to.ns()), to.dbkey()],
    )?;
    let content = pages::text(tx, page)?.unwrap_or_default();
    let revision = NewRevision {
        user_id: act.user_id,
        user_name: &act.user_name,
        comment: &wanted.summary,
        content: &content,
        minor: true,
        now: act.now,
    };
    let revision_id = pages::revise(tx, page, &revision)?;
    if wanted.leave_redirect {
        let content = Redirect::to(to.clone()).text();
        let revision = NewRevision { content: &content, minor: false, ..revision };
        let (_, redirect) = pages::save(tx, None, (page.ns, &page.dbkey), &revision)?;
        tags::mark(tx, Parts { revision: Some(redirect), ..Parts::default() }, &act.tags)?;
    }
    let entry = NewLog {
        log_type: "move",
        action: if over.is_some() { "move_redir" } else { "move" },
        now: act.now,
        user_id: act.user_id,
        user_name: &act.user_name,
        ns: page.ns,
        dbkey: &page.dbkey,
        page_id: page.id,
        comment: &act.comment,
        params: Data::map([
            ("target_ns", i64::from(to.ns()).into()),
            ("target_title", to.prefixed_text().into()),
            ("suppressredirect", (!wanted.leave_redirect).into()),
        ]),
    };
    changes::logged_with_tags(tx, &entry, act.bot, revision_id, &act.tags)?;
    Ok(())
}
