//! `action=edit`: a page gets another text.

use commonhold_catalogue::ops::edits::{self, Edit};
use commonhold_catalogue::ops::pages::{self, PageRow};
use commonhold_catalogue::ops::revisions::{self, RevisionRow};
use commonhold_catalogue::ops::{Act, logs};
use commonhold_catalogue::{Read, Tx};
use commonhold_core::digest::md5_hex;
use commonhold_core::merge::merge;
use commonhold_core::right::Right;
use commonhold_core::title::Title;
use commonhold_core::user::Caller;
use commonhold_core::{Expiry, Message, Refusal, Timestamp};

use crate::authorise::{Action, Authority};
use crate::delete::missing_title;
use crate::summary::Summaries;
use crate::watchlist::{Preference, Watching};
use crate::{Error, Repository, Result, summary};

/// Bytes of the longest text.
const MAX_TEXT_BYTES: usize = 2 * 1024 * 1024;

/// What a page is to become.
#[derive(Clone)]
pub struct EditRequest {
    /// Who asks.
    pub caller: Caller,
    /// The page.
    pub title: Title,
    /// How its text changes.
    pub change: TextChange,
    /// Why.
    pub summary: String,
    /// Tags that it is marked with.
    pub tags: Vec<String>,
    /// Whether the user calls it minor.
    pub minor: bool,
    /// Whether it is to be marked as a bot's; for those who have that right.
    pub bot: bool,
    /// Whether the page may, must or must not be there.
    pub existence: Existence,
    /// Whether the caller watches the page afterwards.
    pub watching: Watching,
    /// What the caller's text was made from.
    pub base: Base,
    /// When the caller began; a page that was deleted after that is not made again.
    pub began: Option<Timestamp>,
    /// Go to the page that this one redirects to.
    pub follow_redirect: bool,
    /// The MD5 of what was sent, so that nothing is saved that was spoilt on its way.
    pub md5: Option<String>,
}

/// How a text changes.
#[derive(Clone, Debug)]
pub enum TextChange {
    /// It becomes this.
    Whole(String),
    /// Something is put before and after it.
    Around {
        /// Before it.
        before: String,
        /// After it.
        after: String,
    },
    /// It gets a section at its end.
    NewSection {
        /// The heading; empty for none.
        heading: String,
        /// The section's text.
        text: String,
    },
    /// What this revision and those after another one did is taken back.
    Undo {
        /// The last of them.
        revision: i64,
        /// The one before the first of them, if not the last's own predecessor.
        after: Option<i64>,
    },
}

impl TextChange {
    /// What was sent of it.
    fn sent(&self) -> Option<String> {
        match self {
            Self::Whole(text) | Self::NewSection { text, .. } => Some(text.clone()),
            Self::Around { before, after } => Some(format!("{before}{after}")),
            Self::Undo { .. } => None,
        }
    }
}

/// Whether the page may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existence {
    /// It may.
    Either,
    /// It must not.
    Absent,
    /// It must.
    Present,
}

/// What a text was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nobody said; the last to write wins.
    Unknown,
    /// The revision of this number.
    Revision(i64),
    /// The revision of this time.
    Time(Timestamp),
}

/// A page that has its text.
#[derive(Clone, Debug)]
pub struct EditOutcome {
    /// The page's title.
    pub title: Title,
    /// The page.
    pub page_id: i64,
    /// The title that redirected here.
    pub redirected_from: Option<Title>,
    /// What was done; `None` where the text was this already.
    pub made: Option<EditMade>,
    /// Until when the caller watches the page now, if he does.
    pub watched: Option<Expiry>,
}

/// A revision that was made.
#[derive(Clone, Copy, Debug)]
pub struct EditMade {
    /// The revision before it, 0 if the page is new.
    pub old_revision: i64,
    /// Its number.
    pub new_revision: i64,
    /// Its time.
    pub timestamp: Timestamp,
}

impl Repository {
    /// Edits a page.
    pub async fn edit(&self, request: EditRequest) -> Result<EditOutcome> {
        let (now, summaries) = (self.now(), self.summaries());
        let act = move |tx: &mut dyn Tx| {
            let mut outcome = edit(tx, &request, summaries, now)?;
            let (caller, title) = (&request.caller, &outcome.title);
            outcome.watched = request.watching.after_change(tx, caller, title, Preference::Watch, now)?;
            Ok(outcome)
        };
        self.db.write(act).await
    }
}

fn edit(tx: &mut dyn Tx, request: &EditRequest, summaries: Summaries, now: Timestamp) -> Result<EditOutcome> {
    let (title, redirected_from) = target(tx, request)?;
    pages::lock(tx, title.ns(), title.dbkey())?;
    let page = pages::by_title(tx, title.ns(), title.dbkey())?;
    match (request.existence, &page) {
        (Existence::Absent, Some(_)) => return Err(refused("apierror-articleexists")),
        (Existence::Present, None) => return Err(missing_title().into()),
        _ => {}
    }
    let caller = &request.caller;
    let authority = Authority::of(tx, caller, now)?;
    let needed = [Action::Edit].into_iter().chain(page.is_none().then_some(Action::Create));
    for action in needed {
        if let Some(refusal) = authority.page(tx, &title, action)? {
            return Err(refusal.into());
        }
    }
    if let Some(refusal) = authority.tag(tx, &request.tags)? {
        return Err(refusal.into());
    }
    if let (Some(expected), Some(sent)) = (&request.md5, request.change.sent())
        && !md5_hex(sent.as_bytes()).eq_ignore_ascii_case(expected)
    {
        return Err(refused("apierror-badmd5"));
    }
    if let (None, Some(began)) = (&page, request.began)
        && logs::deleted_since(tx, title.ns(), title.dbkey(), began)?
    {
        return Err(refused("apierror-pagedeleted"));
    }
    let before = match &page {
        Some(page) => Some(pages::text(tx, page)?.unwrap_or_default()),
        None => None,
    };
    let content = changed(tx, request, page.as_ref(), before.as_deref())?;
    if content.len() > MAX_TEXT_BYTES {
        let message = Message::new("apierror-contenttoobig").with((MAX_TEXT_BYTES / 1024) as i64);
        return Err(Refusal::of(message).into());
    }
    if let (Some(page), true) = (&page, before.as_ref() == Some(&content)) {
        return Ok(EditOutcome { title, page_id: page.id, redirected_from, made: None, watched: None });
    }
    let comment = comment(tx, request, summaries, before.as_deref(), &content)?;
    let wanted = Edit {
        title: title.clone(),
        page,
        content,
        minor: request.minor && caller.can(Right::Minoredit),
        act: Act {
            user_id: caller.id,
            user_name: caller.name.clone(),
            bot: request.bot && caller.can(Right::Bot),
            now,
            comment,
            tags: request.tags.clone(),
        },
    };
    let made = edits::make(tx, &wanted)?;
    let timestamp = revisions::by_id(tx, made.new_revision)?.map_or(now, |row| row.timestamp);
    let made_revision =
        EditMade { old_revision: made.old_revision, new_revision: made.new_revision, timestamp };
    Ok(EditOutcome {
        title,
        page_id: made.page_id,
        redirected_from,
        made: Some(made_revision),
        watched: None,
    })
}

fn refused(key: &'static str) -> Error {
    Refusal::of(Message::new(key)).into()
}

/// The page that is edited, and the one that redirects to it.
fn target(read: &mut dyn Read, request: &EditRequest) -> Result<(Title, Option<Title>)> {
    let title = request.title.clone();
    if !request.follow_redirect {
        return Ok((title, None));
    }
    if matches!(request.change, TextChange::Whole(_) | TextChange::Undo { .. }) {
        return Err(refused("apierror-redirect-appendonly"));
    }
    let page = pages::by_title(read, title.ns(), title.dbkey())?;
    match page.and_then(|page| page.redirect) {
        Some(redirect) => Ok((redirect.target, Some(title))),
        None => Ok((title, None)),
    }
}

/// The text that the page gets.
fn changed(
    read: &mut dyn Read,
    request: &EditRequest,
    page: Option<&PageRow>,
    before: Option<&str>,
) -> Result<String> {
    let old = before.unwrap_or_default();
    let text = match &request.change {
        TextChange::Whole(text) => {
            let text = stored(text);
            match page {
                Some(page) => settled(read, request, page, old, text)?,
                None => text,
            }
        }
        TextChange::Around { before, after } => format!("{before}{old}{after}"),
        TextChange::NewSection { heading, text } => {
            let heading = if heading.is_empty() { String::new() } else { format!("== {heading} ==\n\n") };
            let gap = if old.is_empty() { "" } else { "\n\n" };
            format!("{old}{gap}{heading}{text}")
        }
        TextChange::Undo { revision, after } => {
            let (undone, good) = undone(read, page, *revision, *after)?;
            let merged = merge(&undone.content, old, &good.content);
            merged.ok_or_else(|| Refusal::new("undofailure", Message::new("undo-failure")))?
        }
    };
    Ok(stored(&text))
}

/// A text as it is stored: lines end in LF, and nothing blank stands at its end.
pub(crate) fn stored(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim_end().to_owned()
}

/// A whole text, brought together with what others wrote since its base.
fn settled(
    read: &mut dyn Read,
    request: &EditRequest,
    page: &PageRow,
    current: &str,
    text: String,
) -> Result<String> {
    let base = match request.base {
        Base::Unknown => return Ok(text),
        Base::Revision(id) if id == page.latest_revision => return Ok(text),
        Base::Revision(id) => revisions::by_id(read, id)?.filter(|row| row.page_id == page.id),
        Base::Time(time) => revisions::at(read, page.id, time)?,
    };
    let conflict = || Error::from(Refusal::new("editconflict", Message::new("edit-conflict")));
    let base = base.ok_or_else(conflict)?;
    let caller = &request.caller;
    // Nobody is in conflict with himself.
    if revisions::only_by_since(read, &base, caller.id, &caller.name)? {
        return Ok(text);
    }
    merge(&base.content, current, &text).ok_or_else(conflict)
}

/// The revision that is undone, and the one before what is undone.
fn undone(
    read: &mut dyn Read,
    page: Option<&PageRow>,
    revision: i64,
    after: Option<i64>,
) -> Result<(RevisionRow, RevisionRow)> {
    let mut find = |id: i64| -> Result<RevisionRow> {
        let Some(row) = revisions::by_id(read, id)? else {
            return Err(Refusal::of(Message::new("apierror-nosuchrevid").with(id)).into());
        };
        if page.is_none_or(|page| page.id != row.page_id) {
            return Err(Refusal::of(Message::new("apierror-revwrongpage").with(id)).into());
        }
        Ok(row)
    };
    let last = find(revision)?;
    let first = find(after.unwrap_or(last.parent_id))?;
    Ok((last, first))
}

/// What the history says of the edit.
fn comment(
    read: &mut dyn Read,
    request: &EditRequest,
    summaries: Summaries,
    before: Option<&str>,
    after: &str,
) -> Result<String> {
    let said = summary::comment(&request.summary);
    Ok(match &request.change {
        TextChange::Undo { revision, .. } => {
            let user = revisions::by_id(read, *revision)?.map_or_else(String::new, |row| row.user_name);
            summaries.undone(&revision.to_string(), &user, &said)
        }
        TextChange::NewSection { heading, .. } if said.is_empty() && !heading.is_empty() => {
            summaries.new_section(heading)
        }
        _ if said.is_empty() => summaries.edited(before, after),
        _ => said,
    })
}
