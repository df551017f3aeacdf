//! `action=delete`: a page and its file, or one old version of the file.

use commonhold_catalogue::ops::deletion::{self, Deleted};
use commonhold_catalogue::ops::{Act, files, pages};
use commonhold_catalogue::{Read, Tx};
use commonhold_core::right::Right;
use commonhold_core::title::{FileTitle, Title};
use commonhold_core::user::Caller;
use commonhold_core::{Message, Refusal};

use crate::authorise::{Action, Authority};
use crate::watchlist::{Preference, Watching};
use crate::{Error, Repository, Result, summary};

/// The shortest name of an old version: a time of 14 digits, `!`, and a letter.
const ARCHIVE_NAME_LEN: usize = 16;

/// What is to be deleted.
pub struct DeleteRequest {
    /// Who asks.
    pub caller: Caller,
    /// The page, or file.
    pub title: Title,
    /// Why; empty where nothing was said.
    pub reason: String,
    /// Of the file, only the old version of this name.
    pub old_version: Option<String>,
    /// Tags that it is marked with.
    pub tags: Vec<String>,
    /// The talk page as well.
    pub with_talk: bool,
    /// Whether the caller watches the title afterwards.
    pub watching: Watching,
}

/// What was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The entry of the log.
    pub log_id: i64,
    /// Why: what was said, or what we say where nothing was.
    pub reason: String,
}

impl Repository {
    /// Deletes. Bytes are kept; that nothing serves them any more holds from the moment of the answer.
    pub async fn delete(&self, request: DeleteRequest) -> Result<Deletion> {
        let (summaries, now) = (self.summaries(), self.now());
        let act = move |tx: &mut dyn Tx| {
            let title = &request.title;
            pages::lock(tx, title.ns(), title.dbkey())?;
            let page = pages::by_title(tx, title.ns(), title.dbkey())?;
            let file = current_file(tx, title)?;
            if page.is_none() && file.is_none() {
                return Err(missing_title().into());
            }
            let authority = Authority::of(tx, &request.caller, now)?;
            if let Some(refusal) = authority.page(tx, title, Action::Delete)? {
                return Err(refusal.into());
            }
            if let Some(refusal) = authority.tag(tx, &request.tags)? {
                return Err(refusal.into());
            }
            let mut act = Act {
                user_id: request.caller.id,
                user_name: request.caller.name.clone(),
                bot: request.caller.can(Right::Bot),
                now,
                comment: summary::comment(&request.reason),
                tags: request.tags.clone(),
            };
            let mut reason = request.reason.clone();
            let deleted = match (&file, &request.old_version) {
                (Some(name), Some(archive_name)) => {
                    let said = summaries.deleted_version(archive_name, &act.comment);
                    delete_version(tx, name, archive_name, &Act { comment: said, ..act.clone() })?
                }
                (file, _) => {
                    if let (None, Some(page), true) = (file, &page, reason.is_empty()) {
                        reason = summaries.deleted_page(&pages::text(tx, page)?.unwrap_or_default());
                        act.comment.clone_from(&reason);
                    }
                    deletion::delete(tx, title, &act)?.ok_or_else(missing_title)?
                }
            };
            if let (true, Some(talk)) = (request.with_talk, title.talk()) {
                let act = Act { comment: summaries.with_its_page(&act.comment), ..act };
                delete_talk(tx, &authority, &talk, &act)?;
            }
            request.watching.after_change(tx, &request.caller, title, Preference::Leave, now)?;
            Ok(Deletion { log_id: deleted.log_id, reason })
        };
        self.db.write(act).await
    }
}

/// The file of a title, if it is one and there is one.
fn current_file(read: &mut dyn Read, title: &Title) -> Result<Option<FileTitle>> {
    let Some(name) = FileTitle::from_title(title) else { return Ok(None) };
    Ok(files::current(read, name.dbkey())?.map(|_| name))
}

fn delete_version(tx: &mut dyn Tx, name: &FileTitle, archive_name: &str, act: &Act) -> Result<Deleted> {
    if archive_name.len() < ARCHIVE_NAME_LEN || archive_name.contains(['/', '\\']) {
        return Err(Refusal::of(Message::new("invalidoldimage")).into());
    }
    let deleted = deletion::delete_version(tx, name, archive_name, act)?;
    deleted.ok_or_else(|| Error::from(Refusal::of(Message::new("nodeleteablefile"))))
}

fn delete_talk(tx: &mut dyn Tx, authority: &Authority<'_>, talk: &Title, act: &Act) -> Result<()> {
    pages::lock(tx, talk.ns(), talk.dbkey())?;
    if authority.page(tx, talk, Action::Delete)?.is_none() {
        deletion::delete(tx, talk, act)?;
    }
    Ok(())
}

/// The refusal where there is neither page nor file.
pub(crate) fn missing_title() -> Refusal {
    Refusal::of(Message::new("apierror-missingtitle"))
}
