//! `action=move`: a page, and the file of that name, get another title.

use commonhold_catalogue::ops::moves::{self, Move};
use commonhold_catalogue::ops::pages::{self, PageRow};
use commonhold_catalogue::ops::{Act, files};
use commonhold_catalogue::{Read, Tx};
use commonhold_core::name::upload_name;
use commonhold_core::policy::UploadPolicy;
use commonhold_core::right::Right;
use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_core::user::Caller;
use commonhold_core::{Message, Refusal};
use commonhold_media as media;

use crate::authorise::Authority;
use crate::delete::missing_title;
use crate::summary::Summaries;
use crate::watchlist::{Preference, Watching};
use crate::{Repository, Result, summary};

/// Bytes of the longest name of a file.
const MAX_NAME_BYTES: usize = 240;

/// What is to be moved.
pub struct MoveRequest {
    /// Who asks.
    pub caller: Caller,
    /// The page's title.
    pub from: Title,
    /// The title that it is to have.
    pub to: Title,
    /// Why.
    pub reason: String,
    /// Tags that it is marked with.
    pub tags: Vec<String>,
    /// Leave no redirect; for those who have the right `suppressredirect`.
    pub no_redirect: bool,
    /// Move the talk page as well.
    pub with_talk: bool,
    /// Hide a file of the shared repository that has the new title; for those who may at all.
    pub ignore_warnings: bool,
    /// Whether the caller watches both titles afterwards.
    pub watching: Watching,
}

/// What was moved.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Whether the old title became a redirect.
    pub left_redirect: bool,
    /// Whether a redirect was in the new title's place.
    pub over_redirect: bool,
    /// The talk page: its old and new title, and whether it went over a redirect, or why it could not move.
    pub talk: Option<(Title, Title, Result<bool, Refusal>)>,
}

/// What every move of a request has in common.
struct Order {
    caller: Caller,
    act: Act,
    leave_redirect: bool,
    policy: UploadPolicy,
    summaries: Summaries,
    /// Whether the shared repository has a file of the new title.
    has_elsewhere: bool,
    ignore_warnings: bool,
}

impl Repository {
    /// Moves.
    pub async fn rename(&self, request: MoveRequest) -> Result<Moved> {
        let caller = request.caller;
        // Looked at before the transaction, in which nothing may wait for another server.
        let has_elsewhere = match FileTitle::from_title(&request.to) {
            Some(name) => !self.shared_files(std::slice::from_ref(&name)).await.is_empty(),
            None => false,
        };
        let order = Order {
            act: Act {
                user_id: caller.id,
                user_name: caller.name.clone(),
                bot: caller.can(Right::Bot),
                now: self.now(),
                comment: summary::comment(&request.reason),
                tags: request.tags,
            },
            leave_redirect: !(request.no_redirect && caller.can(Right::Suppressredirect)),
            policy: self.settings.uploads.clone(),
            summaries: self.summaries(),
            has_elsewhere,
            ignore_warnings: request.ignore_warnings,
            caller,
        };
        let (from, to, with_talk) = (request.from, request.to, request.with_talk);
        let watching = request.watching;
        let act = move |tx: &mut dyn Tx| {
            lock(tx, [&from, &to])?;
            let over_redirect = order.carry_out(tx, &from, &to)??;
            let mut talk = None;
            if let (true, Some(old), Some(new)) = (with_talk, from.talk(), to.talk()) {
                lock(tx, [&old, &new])?;
                if pages::by_title(tx, old.ns(), old.dbkey())?.is_some() {
                    let moved = order.carry_out(tx, &old, &new)?;
                    talk = Some((old, new, moved));
                }
            }
            for title in [&from, &to] {
                let (caller, now) = (&order.caller, order.act.now);
                watching.after_change(tx, caller, title, Preference::Leave, now)?;
            }
            Ok(Moved { left_redirect: order.leave_redirect, over_redirect, talk })
        };
        self.db.write(act).await
    }
}

/// Takes the locks of two titles, always in the same order.
fn lock(tx: &mut dyn Tx, mut titles: [&Title; 2]) -> Result<()> {
    titles.sort();
    for title in titles {
        pages::lock(tx, title.ns(), title.dbkey())?;
    }
    Ok(())
}

impl Order {
    /// Judges a move and makes it; gives whether it went over a redirect, or why it may not be.
    fn carry_out(&self, tx: &mut dyn Tx, from: &Title, to: &Title) -> Result<Result<bool, Refusal>> {
        let Some(page) = pages::by_title(tx, from.ns(), from.dbkey())? else {
            return Ok(Err(missing_title()));
        };
        if let Err(refusal) = self.judge_shadow(tx, to)? {
            return Ok(Err(refusal));
        }
        if let Some(refusal) = Authority::of(tx, &self.caller, self.act.now)?.tag(tx, &self.act.tags)? {
            return Ok(Err(refusal));
        }
        let over = pages::by_title(tx, to.ns(), to.dbkey())?;
        if let Err(refusal) = self.judge(tx, from, to, over.as_ref())? {
            return Ok(Err(refusal));
        }
        let act = &self.act;
        let wanted = Move {
            page,
            to: to.clone(),
            act: act.clone(),
            summary: self.summaries.moved(&self.caller, (from, to), over.is_some(), &act.comment),
            redirect_reason: self.summaries.made_room(from),
            leave_redirect: self.leave_redirect,
        };
        moves::make(tx, &wanted)?;
        Ok(Ok(over.is_some()))
    }

    /// Whether a file may hide one of the shared repository. One that is hidden already is no matter.
    fn judge_shadow(&self, read: &mut dyn Read, to: &Title) -> Result<Result<(), Refusal>> {
        let hides = self.has_elsewhere && to.ns() == ns::FILE && files::current(read, to.dbkey())?.is_none();
        Ok(match (hides, self.caller.can(Right::ReuploadShared)) {
            (true, false) => Err(Refusal::of(Message::new("apierror-cantoverwrite-sharedfile"))),
            (true, true) if !self.ignore_warnings => {
                Err(Refusal::of(Message::new("apierror-fileexists-sharedrepo-perm")))
            }
            _ => Ok(()),
        })
    }

    /// Whether a page may move: first whether it can, then whether this caller may.
    fn judge(
        &self,
        read: &mut dyn Read,
        from: &Title,
        to: &Title,
        over: Option<&PageRow>,
    ) -> Result<Result<(), Refusal>> {
        let no = |message: Message| Ok(Err(Refusal::of(message)));
        if from == to {
            return no(Message::new("selfmove"));
        }
        let taken = files::current(read, to.dbkey())?.is_some_and(|_| to.ns() == ns::FILE);
        match over {
            _ if taken => return no(Message::new("articleexists").with(to.prefixed_text())),
            Some(page) if !page.is_new || page.redirect.is_none() => {
                return no(Message::new("articleexists").with(to.prefixed_text()));
            }
            Some(page) if page.redirect.as_ref().is_some_and(|redirect| redirect.target != *from) => {
                return no(Message::new("redirectexists").with(to.prefixed_text()));
            }
            _ => {}
        }
        if to.is_virtual() {
            let namespace = commonhold_core::title::namespace(to.ns()).map_or("", |n| n.name);
            return no(Message::new("immobile-target-namespace").with(namespace));
        }
        if from.ns() == ns::FILE {
            if to.ns() != ns::FILE {
                return Ok(Err(Refusal::new("nonfilenamespace", Message::new("imagenocrossnamespace"))));
            }
            if let Some(file) = files::current(read, from.dbkey())?
                && let Err(refusal) = file_name(to, &file.info.mime, &self.policy)
            {
                return Ok(Err(refusal));
            }
        } else if to.ns() == ns::FILE {
            return no(Message::new("nonfile-cannot-move-to-file"));
        }
        let authority = Authority::of(read, &self.caller, self.act.now)?;
        Ok(authority.rename(read, from, to)?.map_or(Ok(()), Err))
    }
}

/// Whether a file of this type may have this name.
fn file_name(to: &Title, mime: &str, policy: &UploadPolicy) -> Result<(), Refusal> {
    let invalid = || Refusal::of(Message::new("imageinvalidfilename"));
    if to.dbkey().contains(['/', ':', '\\']) {
        return Err(invalid());
    }
    if to.dbkey().len() > MAX_NAME_BYTES {
        return Err(Refusal::of(Message::new("filename-toolong")));
    }
    let extension = to.dbkey().rsplit_once('.').map_or("", |(_, extension)| extension);
    if !media::matches_extension(mime, extension) {
        return Err(Refusal::new("filetypemismatch", Message::new("imagetypemismatch")));
    }
    // A name that no upload could get, such as one with an extension in its middle that servers run.
    match upload_name(&to.text(), policy, &|| None) {
        Ok(name) if name.title.dbkey() == to.dbkey() => Ok(()),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        let to = Title::make(ns::FILE, name).unwrap();
        let refused = file_name(&to, "image/jpeg", &UploadPolicy::default()).err();
        assert_eq!(refused.as_ref().map(|refusal| &*refusal.code), expected, "{name}");
    }

    #[test]
    fn a_file_keeps_its_type() {
        check("New.jpg", None);
        check("New.JPEG", None);
        check("New.png", Some("filetypemismatch"));
        check("New", Some("filetypemismatch"));
        check("New.jpg.php", Some("filetypemismatch"));
    }

    #[test]
    fn a_file_gets_no_name_that_no_upload_gets() {
        check("a/b.jpg", Some("imageinvalidfilename"));
        check("a:b.jpg", Some("imageinvalidfilename"));
        check("a.php.jpg", Some("imageinvalidfilename"));
        check(".jpg", Some("imageinvalidfilename"));
        check(&format!("{}.jpg", "a".repeat(237)), Some("filename-toolong"));
    }
}
