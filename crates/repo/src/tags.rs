//! Tags: making them, taking them out of use, deleting them, and what is said of them.

use std::collections::HashMap;

use commonhold_catalogue::ops::logs::NewLog;
use commonhold_catalogue::ops::tags::{self, TagRow, Tagged};
use commonhold_catalogue::ops::{changes, pages};
use commonhold_catalogue::{Read, Tx};
use commonhold_core::right::Right;
use commonhold_core::tag::{MAX_USES_OF_DELETED, check_name, description_page, name_page};
use commonhold_core::title::{Title, ns};
use commonhold_core::user::Caller;
use commonhold_core::{Data, Message, Refusal};

use crate::authorise::Authority;
use crate::{Error, Repository, Result, summary};

/// What becomes of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagChange {
    /// It is made.
    Create,
    /// It is taken into use again.
    Activate,
    /// It can't be given any more.
    Deactivate,
    /// It goes, from all changes as well.
    Delete,
}

impl TagChange {
    /// By the name on the wire.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Create, Self::Activate, Self::Deactivate, Self::Delete];
        all.into_iter().find(|change| change.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Delete => "delete",
        }
    }

    fn right(self) -> Right {
        if self == Self::Delete { Right::Deletechangetags } else { Right::Managechangetags }
    }

    /// The refusal of a caller who lacks the right.
    fn denied(self) -> Refusal {
        let message = match self {
            Self::Delete => Message::new("tags-delete-no-permission"),
            Self::Create | Self::Activate | Self::Deactivate => Message::new("tags-manage-no-permission"),
        };
        Refusal::new("permissiondenied", message)
    }

    /// Whether it can be done to a tag of this name; `found` is that tag.
    fn judge(self, name: &str, found: Option<&TagRow>) -> Result<(), Refusal> {
        let no = |key: &'static str| Err(Refusal::of(Message::new(key).with(name)));
        match (self, found) {
            (Self::Create, None) => check_name(name),
            (Self::Create, Some(_)) => no("tags-create-already-exists"),
            (Self::Activate, None) => no("tags-activate-not-found"),
            (Self::Activate, Some(tag)) if tag.active => no("tags-activate-not-allowed"),
            (Self::Deactivate, Some(tag)) if tag.active => Ok(()),
            (Self::Deactivate, _) => no("tags-deactivate-not-allowed"),
            (Self::Delete, None) => no("tags-delete-not-found"),
            (Self::Delete, Some(tag)) if tag.uses > MAX_USES_OF_DELETED => {
                let message = Message::new("tags-delete-too-many-uses").with(name);
                Err(Refusal::of(message.with(MAX_USES_OF_DELETED)))
            }
            (Self::Activate | Self::Delete, Some(_)) => Ok(()),
        }
    }
}

/// What is to become of a tag.
pub struct TagRequest {
    /// Who asks.
    pub caller: Caller,
    /// What.
    pub change: TagChange,
    /// The tag's name.
    pub tag: String,
    /// Why.
    pub reason: String,
    /// Tags that this is marked with in the log.
    pub tags: Vec<String>,
}

/// A tag as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag.
    pub row: TagRow,
    /// What stands in place of its name, if the wiki has a page that says so.
    pub shown: Option<String>,
    /// What it is for, if the wiki has a page that says so.
    pub description: Option<String>,
}

impl Repository {
    /// The tags that changes can be marked with now, in order.
    pub async fn usable_tags(&self) -> Result<Vec<String>> {
        self.db.read(|read| tags::active(read).map_err(Error::from)).await
    }

    /// Tags by name: at most `limit`, from a name on. What pages say of them is looked for only if it is wanted.
    pub async fn tags(&self, from: Option<String>, limit: i64, described: bool) -> Result<Vec<Tag>> {
        let look = move |read: &mut dyn Read| {
            let rows = tags::list(read, from.as_deref(), limit)?;
            let with_texts = |row: TagRow| {
                if !described {
                    return Ok(Tag { row, shown: None, description: None });
                }
                let shown = text(read, name_page(&row.name))?;
                let description = text(read, description_page(&row.name))?;
                Ok(Tag { row, shown, description })
            };
            rows.into_iter().map(with_texts).collect::<Result<Vec<_>>>()
        };
        self.db.read(look).await
    }

    /// The tags of what has these numbers, by number. What has none is not there.
    pub async fn tags_of(&self, what: Tagged, ids: Vec<i64>) -> Result<HashMap<i64, Vec<String>>> {
        self.db.read(move |read| tags::of(read, what, &ids).map_err(Error::from)).await
    }

    /// Changes a tag; gives the number of the log's entry. Refused: a missing right, a block of the whole site, what
    /// can't be done to this tag.
    pub async fn manage_tag(&self, request: TagRequest) -> Result<i64> {
        let now = self.now();
        let work = move |tx: &mut dyn Tx| {
            let (caller, change, name) = (&request.caller, request.change, request.tag.as_str());
            if !caller.can(change.right()) {
                return Err(Error::from(change.denied()));
            }
            let authority = Authority::of(tx, caller, now)?;
            if let Some(refusal) = authority.tag(tx, &request.tags)? {
                return Err(refusal.into());
            }
            if authority.is_blocked_everywhere() {
                let message = Message::new("tags-manage-blocked").with(caller.name.as_str());
                return Err(Refusal::of(message).into());
            }
            tags::lock(tx, name)?;
            let found = tags::by_name(tx, name)?;
            change.judge(name, found.as_ref())?;
            match change {
                TagChange::Create | TagChange::Activate => tags::activate(tx, name)?,
                TagChange::Deactivate => tags::deactivate(tx, name)?,
                TagChange::Delete => tags::delete(tx, name)?,
            }
            let mut params = vec![("tag".to_owned(), name.into())];
            if let (TagChange::Delete, Some(tag)) = (change, found) {
                params.push(("count".to_owned(), tag.uses.into()));
            }
            let entry = NewLog {
                log_type: "managetags",
                action: change.as_str(),
                now,
                user_id: caller.id,
                user_name: &caller.name,
                // It concerns no page; the log names the one that lists tags.
                ns: ns::SPECIAL,
                dbkey: "Tags",
                page_id: 0,
                comment: &summary::comment(&request.reason),
                params: Data::Map(params),
            };
            let bot = caller.can(Right::Bot);
            Ok(changes::logged_with_tags(tx, &entry, bot, 0, &request.tags)?)
        };
        self.db.write(work).await
    }
}

/// The text of a page, if there is one.
fn text(read: &mut dyn Read, title: Option<Title>) -> Result<Option<String>> {
    let Some(title) = title else { return Ok(None) };
    match pages::by_title(read, title.ns(), title.dbkey())? {
        Some(page) => Ok(pages::text(read, &page)?),
        None => Ok(None),
    }
}
