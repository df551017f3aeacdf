//! Watchlists.

use commonhold_catalogue::ops::watchlist::{self, Watched};
use commonhold_catalogue::{Read, Tx};
use commonhold_core::right::Right;
use commonhold_core::title::Title;
use commonhold_core::user::Caller;
use commonhold_core::{Message, Refusal};
use serde::{Deserialize, Serialize};

use crate::{Error, Repository, Result, authorise};

/// Whether who changes a page watches it afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Watch {
    /// He does.
    Watch,
    /// He does unless he is a bot: nobody has other preferences than MediaWiki's defaults.
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

    /// Puts a page that the caller has changed on his watchlist, or takes it off, as he wants. Gives whether he watches
    /// it because of that.
    pub(crate) fn after_change(self, tx: &mut dyn Tx, caller: &Caller, title: &Title) -> Result<bool> {
        if caller.is_anonymous() {
            return Ok(false);
        }
        let wanted = match self {
            Self::Watch => true,
            Self::Preferences => !caller.can(Right::Bot),
            Self::NoChange => false,
            Self::Unwatch => {
                watchlist::unwatch(tx, caller.id, title.ns(), title.dbkey())?;
                false
            }
        };
        if wanted {
            watchlist::watch(tx, caller.id, title.ns(), title.dbkey())?;
        }
        Ok(wanted)
    }
}

impl Repository {
    /// Whether a caller may have a watchlist and change it.
    pub fn may_watch(&self, caller: &Caller) -> Result<(), Refusal> {
        own_watchlist(caller, Right::Editmywatchlist)
    }

    /// Puts pages on the caller's watchlist, or takes them off it. Refused: nobody is logged in, a missing right.
    pub async fn watch(&self, caller: &Caller, titles: &[Title], unwatch: bool) -> Result<()> {
        self.may_watch(caller)?;
        let (user, titles) = (caller.id, titles.to_vec());
        let change = move |tx: &mut dyn Tx| {
            for title in &titles {
                if unwatch {
                    watchlist::unwatch(tx, user, title.ns(), title.dbkey())?;
                } else {
                    watchlist::watch(tx, user, title.ns(), title.dbkey())?;
                }
            }
            Ok::<_, Error>(())
        };
        self.db.write(change).await
    }

    /// Which of some pages the caller watches, in order. Without the right to see that, none.
    pub async fn watched(&self, caller: &Caller, titles: &[Title]) -> Result<Vec<bool>> {
        if own_watchlist(caller, Right::Viewmywatchlist).is_err() {
            return Ok(vec![false; titles.len()]);
        }
        let (user, titles) = (caller.id, titles.to_vec());
        let look = move |read: &mut dyn Read| {
            let watched = |title: &Title| watchlist::is_watched(read, user, title.ns(), title.dbkey());
            titles.iter().map(watched).collect::<Result<Vec<_>, _>>().map_err(Error::from)
        };
        self.db.read(look).await
    }

    /// The caller's watchlist. Refused: nobody is logged in, a missing right.
    pub async fn watchlist(&self, caller: &Caller, wanted: Watched) -> Result<Vec<Title>> {
        own_watchlist(caller, Right::Viewmywatchlist)?;
        let wanted = Watched { user_id: caller.id, ..wanted };
        let found = self.db.read(move |read| watchlist::list(read, &wanted).map_err(Error::from)).await?;
        Ok(found.into_iter().map(|(ns, dbkey)| Title::from_db(ns, dbkey)).collect())
    }
}

fn own_watchlist(caller: &Caller, right: Right) -> Result<(), Refusal> {
    if caller.is_anonymous() {
        return Err(Refusal::new("notloggedin", Message::new("watchlistanontext")));
    }
    if caller.can(right) { Ok(()) } else { Err(authorise::permission_denied(right)) }
}
