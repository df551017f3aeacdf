//! Watchlists.

use commonhold_catalogue::ops::watchlist::{self, Watched};
use commonhold_catalogue::{Read, Tx};
use commonhold_core::right::Right;
use commonhold_core::title::Title;
use commonhold_core::user::Caller;
use commonhold_core::{Expiry, Message, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Error, Repository, Result, authorise};

/// What becomes of a changed page on the watchlist of who changes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watching {
    /// Whether he watches it.
    pub watch: Watch,
    /// Until when, if that is said; otherwise for good, or as long as he was to watch it anyway.
    pub until: Option<Expiry>,
}

/// What MediaWiki's default preferences say of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preference {
    /// Pages are watched after it.
    Watch,
    /// It makes no difference.
    Leave,
}

/// Whether who changes a page watches it afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Watch {
    /// He does.
    Watch,
    /// He does if he did, or if the change is one after which MediaWiki's default preferences say so and he is no bot:
    /// nobody has other preferences.
    #[default]
    Preferences,
    /// As before.
    NoChange,
    /// He doesn't.
    Unwatch,
}

impl Watch {
    /// By the name on the wire.
    pub fn named(name: &str) -> Self {
        match name {
            "watch" => Self::Watch,
            "nochange" => Self::NoChange,
            "unwatch" => Self::Unwatch,
            _ => Self::Preferences,
        }
    }
}

impl Watching {
    /// Puts a page that the caller has changed on his watchlist, or takes it off, as he wants. Gives until when he
    /// watches it; `None` if he doesn't.
    pub(crate) fn after_change(
        self,
        tx: &mut dyn Tx,
        caller: &Caller,
        title: &Title,
        preference: Preference,
        now: Timestamp,
    ) -> Result<Option<Expiry>> {
        if caller.is_anonymous() {
            return Ok(None);
        }
        let page = (title.ns(), title.dbkey());
        let before = watchlist::watched_until(tx, caller.id, page.0, page.1, now)?;
        let wanted = match self.watch {
            Watch::Watch => true,
            Watch::Preferences => {
                before.is_some() || (preference == Preference::Watch && !caller.can(Right::Bot))
            }
            Watch::NoChange => before.is_some(),
            Watch::Unwatch => false,
        };
        if wanted {
            // As in MediaWiki, this takes no right: a bot password for uploads watches what it uploads.
            if before.is_none() || self.until.is_some() {
                watchlist::watch(tx, caller.id, page, self.until, now)?;
            }
            return Ok(self.until.or(before).or(Some(Expiry::Never)));
        }
        if before.is_some() && caller.can(Right::Editmywatchlist) {
            watchlist::unwatch(tx, caller.id, page.0, page.1)?;
        }
        Ok(None)
    }
}

impl Repository {
    /// Whether a caller may have a watchlist and change it.
    pub fn may_watch(&self, caller: &Caller) -> Result<(), Refusal> {
        own_watchlist(caller, Right::Editmywatchlist)
    }

    /// Puts pages on the caller's watchlist, up to a moment if one is given, or takes them off it. Refused: nobody is
    /// logged in, a missing right.
    pub async fn watch(
        &self,
        caller: &Caller,
        titles: &[Title],
        unwatch: bool,
        until: Option<Expiry>,
    ) -> Result<()> {
        self.may_watch(caller)?;
        let (user, titles, now) = (caller.id, titles.to_vec(), self.now());
        let change = move |tx: &mut dyn Tx| {
            for title in &titles {
                if unwatch {
                    watchlist::unwatch(tx, user, title.ns(), title.dbkey())?;
                } else {
                    watchlist::watch(tx, user, (title.ns(), title.dbkey()), until, now)?;
                }
            }
            Ok::<_, Error>(())
        };
        self.db.write(change).await
    }

    /// Until when the caller watches some pages, in order; `None` for those that he doesn't watch, and for all if he
    /// may not see that.
    pub async fn watched(&self, caller: &Caller, titles: &[Title]) -> Result<Vec<Option<Expiry>>> {
        if own_watchlist(caller, Right::Viewmywatchlist).is_err() {
            return Ok(vec![None; titles.len()]);
        }
        let (user, titles, now) = (caller.id, titles.to_vec(), self.now());
        let look = move |read: &mut dyn Read| {
            let watched =
                |title: &Title| watchlist::watched_until(read, user, title.ns(), title.dbkey(), now);
            titles.iter().map(watched).collect::<Result<Vec<_>, _>>().map_err(Error::from)
        };
        self.db.read(look).await
    }

    /// The caller's watchlist. Refused: nobody is logged in, a missing right.
    pub async fn watchlist(&self, caller: &Caller, wanted: Watched) -> Result<Vec<Title>> {
        own_watchlist(caller, Right::Viewmywatchlist)?;
        let wanted = Watched { user_id: caller.id, ..wanted };
        let now = self.now();
        let found =
            self.db.read(move |read| watchlist::list(read, &wanted, now).map_err(Error::from)).await?;
        Ok(found.into_iter().map(|(ns, dbkey)| Title::from_db(ns, dbkey)).collect())
    }

    /// Forgets what is watched no longer because its time is over.
    pub async fn sweep_watchlists(&self) -> Result<()> {
        let now = self.now();
        self.db.write(move |tx| watchlist::delete_expired(tx, now).map_err(Error::from)).await.map(drop)
    }
}

fn own_watchlist(caller: &Caller, right: Right) -> Result<(), Refusal> {
    if caller.is_anonymous() {
        return Err(Refusal::new("notloggedin", Message::new("watchlistanontext")));
    }
    if caller.can(right) { Ok(()) } else { Err(authorise::permission_denied(right)) }
}
