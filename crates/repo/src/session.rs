//! Sessions and the tokens bound to them.
//!
//! A session is a row; the cookie holds a random value of which the row keeps the hash. Tokens are HMACs under the
//! session's secret, so nothing about them is stored, and they die with the session.

use std::fmt::Write;
use std::net::IpAddr;

use commonhold_catalogue::ops::accounts::UserRow;
use commonhold_catalogue::ops::sessions::SessionRow;
use commonhold_catalogue::ops::{accounts, sessions};
use commonhold_catalogue::{DbError, Read};
use commonhold_core::user::{Caller, Via};
use commonhold_core::{Timestamp, right};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Repository, Result};

/// Characters of the cookie, five bits each.
const COOKIE_LENGTH: usize = 32;
const SECRET_LENGTH: usize = 32;
/// How often use is noted, in seconds; a write per request would be too much.
const TOUCH_SECONDS: i64 = 300;
/// Idle sessions end after this many seconds: those of users, and those that only hold a login token.
pub(crate) const USER_IDLE_SECONDS: i64 = 30 * 86_400;
pub(crate) const ANONYMOUS_IDLE_SECONDS: i64 = 3_600;

/// What an anonymous caller's token is.
const ANONYMOUS_TOKEN: &str = "+\\";

/// A caller's session, for the length of one request.
#[derive(Debug)]
pub struct Session {
    /// Who asks.
    pub caller: Caller,
    /// The stored part; absent until something has to be remembered.
    stored: Option<Stored>,
    /// What the answer has to tell the browser.
    cookie: Option<CookieChange>,
}

#[derive(Debug)]
struct Stored {
    id_hash: Vec<u8>,
    secret: Vec<u8>,
}

/// What an answer does to the session cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CookieChange {
    /// Gives it this value.
    Set(String),
    /// Removes it.
    Remove,
}

/// What `action=checktoken` says of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedToken {
    /// Good, and made at that time.
    Valid(Timestamp),
    /// Not a token of this session.
    Invalid,
}

impl Session {
    /// The change of the session cookie that the answer must carry.
    pub fn cookie_change(&self) -> Option<&CookieChange> {
        self.cookie.as_ref()
    }

    /// Whether login and createaccount tokens can be made: they need a stored session.
    pub fn is_stored(&self) -> bool {
        self.stored.is_some()
    }

    /// A token of a kind, such as `csrf` or `login`: 32 hexadecimal digits, the time in hexadecimal, `+\`.
    /// Anonymous callers get the bare `+\` for all kinds but `login` and `createaccount`, which need
    /// [`Repository::store_session`] first.
    pub fn token(&self, kind: &str, now: Timestamp) -> String {
        match &self.stored {
            Some(stored) if self.binds(kind) => {
                let time = format!("{:08x}", now.unix().max(0));
                format!("{}{time}+\\", mac(&stored.secret, kind, &time))
            }
            _ => ANONYMOUS_TOKEN.to_owned(),
        }
    }

    /// Checks a token of a kind, in time that does not depend on where it differs.
    pub fn check_token(&self, kind: &str, token: &str) -> CheckedToken {
        let time =
            token.strip_suffix("+\\").and_then(|t| t.is_ascii().then_some(t)).and_then(|t| t.get(32..));
        let expected = match &self.stored {
            Some(stored) if self.binds(kind) => {
                let time = time.unwrap_or_default();
                format!("{}{time}+\\", mac(&stored.secret, kind, time))
            }
            // A session-bound token without a session matches nothing.
            _ if matches!(kind, "login" | "createaccount") => return CheckedToken::Invalid,
            _ => ANONYMOUS_TOKEN.to_owned(),
        };
        if !bool::from(expected.as_bytes().ct_eq(token.as_bytes())) {
            return CheckedToken::Invalid;
        }
        let made = time.and_then(|t| i64::from_str_radix(t, 16).ok()).unwrap_or_default();
        CheckedToken::Valid(Timestamp::from_unix(made))
    }

    fn binds(&self, kind: &str) -> bool {
        !self.caller.is_anonymous() || matches!(kind, "login" | "createaccount")
    }
}

impl Repository {
    /// A session of nobody, for callers whose cookies must not count.
    pub fn anonymous_session(&self, ip: &str) -> Session {
        Session { caller: Caller::anonymous(ip, &self.groups), stored: None, cookie: None }
    }

    /// The session that a cookie stands for; an anonymous one if it stands for none.
    pub async fn session(&self, cookie: Option<&str>, ip: &str) -> Result<Session> {
        let Some(cookie) = cookie.filter(|c| c.len() == COOKIE_LENGTH) else {
            return Ok(self.anonymous_session(ip));
        };
        let id_hash = Sha256::digest(cookie).to_vec();
        let now = self.now();
        let key = id_hash.clone();
        let found = self
            .db
            .read(move |read| {
                let Some(row) = sessions::get(read, &key)? else { return Ok::<_, crate::Error>(None) };
                let (user, grants) = account(read, row.user_id, row.app_id.as_deref())?;
                Ok(Some((row, user, grants)))
            })
            .await?;
        let Some((row, user, grants)) = found else { return Ok(self.anonymous_session(ip)) };
        let idle = if row.user_id.is_some() { USER_IDLE_SECONDS } else { ANONYMOUS_IDLE_SECONDS };
        if row.last_seen + idle < now {
            return Ok(self.anonymous_session(ip));
        }
        if row.last_seen + TOUCH_SECONDS < now {
            let key = id_hash.clone();
            self.db.write(move |tx| sessions::touch(tx, &key, now).map_err(crate::Error::from)).await?;
        }
        let caller = self.caller(user, row.app_id, grants, ip);
        Ok(Session { caller, stored: Some(Stored { id_hash, secret: row.secret }), cookie: None })
    }

    /// Who acts when nobody is there any more: the user whose job it is, with the rights that he has now and the
    /// address that he had.
    pub(crate) async fn absent_caller(
        &self,
        user_id: i64,
        app_id: Option<String>,
        address: Option<IpAddr>,
    ) -> Result<Caller> {
        let app = app_id.clone();
        let look = move |read: &mut dyn Read| {
            account(read, Some(user_id), app.as_deref()).map_err(crate::Error::from)
        };
        let (user, grants) = self.db.read(look).await?;
        let ip = address.map(|address| address.to_string()).unwrap_or_default();
        Ok(self.caller(user, app_id, grants, &ip))
    }

    fn caller(
        &self,
        user: Option<UserRow>,
        app_id: Option<String>,
        grants: Option<Vec<String>>,
        ip: &str,
    ) -> Caller {
        let caller = match (user, app_id, grants) {
            (Some(user), None, _) => {
                Caller::registered(user.id, &user.name, &user.groups, Via::Password, None, &self.groups)
            }
            (Some(user), Some(app_id), Some(grants)) => Caller::registered(
                user.id,
                &user.name,
                &user.groups,
                Via::BotPassword { app_id },
                Some(&right::grant_rights(&grants)),
                &self.groups,
            ),
            // The account or its bot password is gone.
            _ => Caller::anonymous(ip, &self.groups),
        };
        caller.from_address(ip.parse().ok())
    }

    /// Makes sure that the session is stored, so that tokens can be bound to it.
    pub async fn store_session(&self, session: &mut Session) -> Result<()> {
        if session.stored.is_none() {
            self.start_session(session, None, None).await?;
        }
        Ok(())
    }

    /// Replaces the session by a fresh one of the user's; who knew the old cookie knows nothing of the new one.
    pub async fn log_in(&self, session: &mut Session, user: &crate::Authentication) -> Result<()> {
        self.end_stored(session).await?;
        self.start_session(session, Some(user.user_id), user.app_id.clone()).await?;
        session.caller = user.caller(&self.groups).from_address(session.caller.address);
        Ok(())
    }

    /// Ends the session.
    pub async fn log_out(&self, session: &mut Session, ip: &str) -> Result<()> {
        self.end_stored(session).await?;
        session.caller = Caller::anonymous(ip, &self.groups);
        session.cookie = Some(CookieChange::Remove);
        Ok(())
    }

    async fn start_session(
        &self,
        session: &mut Session,
        user_id: Option<i64>,
        app_id: Option<String>,
    ) -> Result<()> {
        let cookie = self.random_text(COOKIE_LENGTH);
        let mut secret = vec![0; SECRET_LENGTH];
        self.entropy.fill(&mut secret);
        let id_hash = Sha256::digest(&cookie).to_vec();
        let now = self.now();
        let row = SessionRow {
            id_hash: id_hash.clone(),
            user_id,
            secret: secret.clone(),
            app_id,
            created: now,
            last_seen: now,
        };
        self.db.write(move |tx| sessions::insert(tx, &row).map_err(crate::Error::from)).await?;
        session.stored = Some(Stored { id_hash, secret });
        session.cookie = Some(CookieChange::Set(cookie));
        Ok(())
    }

    async fn end_stored(&self, session: &mut Session) -> Result<()> {
        if let Some(stored) = session.stored.take() {
            self.db
                .write(move |tx| sessions::delete(tx, &stored.id_hash).map_err(crate::Error::from))
                .await?;
        }
        Ok(())
    }
}

/// An account, and the grants of the bot password by which it is used.
fn account(
    read: &mut dyn Read,
    user_id: Option<i64>,
    app_id: Option<&str>,
) -> Result<(Option<UserRow>, Option<Vec<String>>), DbError> {
    let user = match user_id {
        Some(id) => accounts::user_by_id(read, id)?,
        None => None,
    };
    let grants = match (&user, app_id) {
        (Some(user), Some(app)) => accounts::bot_password(read, user.id, app)?.map(|b| b.grants),
        _ => None,
    };
    Ok((user, grants))
}

/// 128 bits of an HMAC over kind and time, in hexadecimal.
fn mac(secret: &[u8], kind: &str, time: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key length");
    mac.update(kind.as_bytes());
    mac.update(b"\0");
    mac.update(time.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use commonhold_core::right::SiteGroups;

    use super::*;

    fn session(secret: u8) -> Session {
        Session {
            caller: Caller::registered(1, "Alice", &[], Via::Password, None, &SiteGroups::default()),
            stored: Some(Stored { id_hash: vec![], secret: vec![secret; SECRET_LENGTH] }),
            cookie: None,
        }
    }

    #[test]
    fn a_token_is_good_in_its_session_for_its_kind_only() {
        let now = Timestamp::from_unix(1_800_000_000);
        let token = session(1).token("csrf", now);
        assert_eq!(token.len(), 42);
        assert!(token.ends_with("+\\"));
        assert_eq!(session(1).check_token("csrf", &token), CheckedToken::Valid(now));
        assert_eq!(session(2).check_token("csrf", &token), CheckedToken::Invalid);
        assert_eq!(session(1).check_token("watch", &token), CheckedToken::Invalid);
        for forged in ["", "+\\", "é+\\", &token[1..], &token.replace('+', "-")] {
            assert_eq!(session(1).check_token("csrf", forged), CheckedToken::Invalid, "{forged}");
        }
    }

    #[test]
    fn nobody_has_the_bare_token_but_no_login_token() {
        let nobody = Session {
            caller: Caller::anonymous("192.0.2.1", &SiteGroups::default()),
            stored: None,
            cookie: None,
        };
        assert_eq!(nobody.token("csrf", Timestamp::from_unix(0)), "+\\");
        assert!(matches!(nobody.check_token("csrf", "+\\"), CheckedToken::Valid(_)));
        assert_eq!(nobody.check_token("login", "+\\"), CheckedToken::Invalid);
    }
}
