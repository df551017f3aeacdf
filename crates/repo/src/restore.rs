//! `action=undelete`.

use commonhold_catalogue::Tx;
use commonhold_catalogue::ops::deletion::{self, Restored, Selection};
use commonhold_catalogue::ops::{Act, pages};
use commonhold_core::right::Right;
use commonhold_core::title::Title;
use commonhold_core::user::Caller;
use commonhold_core::{Message, Refusal, Timestamp};

use crate::authorise::{Action, Authority};
use crate::watchlist::{Preference, Watching};
use crate::{Repository, Result, summary};

/// What is to come back.
pub struct RestoreRequest {
    /// Who asks.
    pub caller: Caller,
    /// The page, or file.
    pub title: Title,
    /// Why.
    pub reason: String,
    /// Revisions of the page, by their times.
    pub timestamps: Vec<Timestamp>,
    /// Versions of the file, by their numbers among the deleted ones. Where neither is given, all comes back.
    pub file_ids: Vec<i64>,
    /// Tags that it is marked with.
    pub tags: Vec<String>,
    /// The talk page as well.
    pub with_talk: bool,
    /// Whether the caller watches the page afterwards.
    pub watching: Watching,
}

impl Repository {
    /// Restores what was deleted.
    pub async fn restore(&self, request: RestoreRequest) -> Result<Restored> {
        let now = self.now();
        let act = move |tx: &mut dyn Tx| {
            let title = &request.title;
            pages::lock(tx, title.ns(), title.dbkey())?;
            let authority = Authority::of(tx, &request.caller, now)?;
            if let Some(refusal) = authority.page(tx, title, Action::Undelete)? {
                return Err(refusal.into());
            }
            if let Some(refusal) = authority.tag(tx, &request.tags)? {
                return Err(refusal.into());
            }
            let act = Act {
                user_id: request.caller.id,
                user_name: request.caller.name.clone(),
                bot: request.caller.can(Right::Bot),
                now,
                comment: summary::comment(&request.reason),
                tags: request.tags.clone(),
            };
            let selection =
                Selection { timestamps: request.timestamps.clone(), file_ids: request.file_ids.clone() };
            let restored = deletion::restore(tx, title, &selection, &act)?;
            let mut restored =
                restored.ok_or_else(|| Refusal::new("cantundelete", Message::new("cannotundelete")))?;
            if let (true, Some(talk)) = (request.with_talk, title.talk()) {
                pages::lock(tx, talk.ns(), talk.dbkey())?;
                if authority.page(tx, &talk, Action::Undelete)?.is_none()
                    && let Some(more) = deletion::restore(tx, &talk, &Selection::default(), &act)?
                {
                    restored.revisions += more.revisions;
                }
            }
            request.watching.after_change(tx, &request.caller, title, Preference::Watch, now)?;
            Ok(restored)
        };
        self.db.write(act).await
    }
}
