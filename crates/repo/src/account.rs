//! Accounts, bot passwords and who may log in.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use commonhold_catalogue::ops::accounts::{self, BotPassword, NewUser, UserRow};
use commonhold_catalogue::ops::sessions;
use commonhold_core::user::{BotLogin, Caller, UserName, Via, split_bot_login};
use commonhold_core::{Message, Refusal, Timestamp, right};

use crate::{Error, Repository, Result};

/// Characters of a bot password, five bits each.
const BOT_PASSWORD_LENGTH: usize = 32;
/// Characters of a password that is made for an account.
const PASSWORD_LENGTH: usize = 20;

/// Someone whose password was right.
#[derive(Clone, Debug)]
pub struct Authentication {
    /// The account.
    pub user_id: i64,
    /// Its name, without the name of an application.
    pub user_name: String,
    /// The bot password used, if it was one.
    pub app_id: Option<String>,
    groups: Vec<String>,
    grants: Option<Vec<String>>,
}

impl Authentication {
    /// The caller that this makes of a session.
    pub(crate) fn caller(&self, site: &right::SiteGroups) -> Caller {
        let via = match &self.app_id {
            Some(app_id) => Via::BotPassword { app_id: app_id.clone() },
            None => Via::Password,
        };
        let limit = self.grants.as_deref().map(right::grant_rights);
        Caller::registered(self.user_id, &self.user_name, &self.groups, via, limit.as_ref(), site)
    }
}

/// Why a login fails; each has its message.
#[derive(Clone, Debug, PartialEq)]
pub enum LoginFailure {
    /// Unknown user or wrong password: not told apart.
    WrongPassword,
    /// Name or password is empty.
    Incomplete,
    /// Too many failures; seconds to wait at most.
    Throttled(i64),
}

impl LoginFailure {
    /// Code and message.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::WrongPassword => Refusal::of(Message::new("wrongpassword")),
            Self::Incomplete => Refusal::of(Message::new("authmanager-authn-no-primary")),
            Self::Throttled(seconds) => Refusal::of(Message::new("login-throttled").with(*seconds)),
        }
    }
}

/// A line of `user list`.
#[derive(Clone, Debug)]
pub struct UserSummary {
    /// The account's number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The groups it was put in.
    pub groups: Vec<String>,
    /// When it was made.
    pub registration: Timestamp,
    /// Edits and uploads.
    pub edit_count: i64,
}

/// A line of `bot-password list`.
#[derive(Clone, Debug)]
pub struct BotPasswordSummary {
    /// The application's name.
    pub app_id: String,
    /// What it may do.
    pub grants: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
}

impl From<UserRow> for UserSummary {
    fn from(row: UserRow) -> Self {
        let UserRow { id, name, groups, registration, edit_count, .. } = row;
        Self { id, name, groups, registration, edit_count }
    }
}

impl Repository {
    /// A random password for an account, easy to copy.
    pub fn new_password(&self) -> String {
        self.random_text(PASSWORD_LENGTH)
    }

    /// Whether there is any account yet.
    pub async fn has_users(&self) -> Result<bool> {
        self.db.read(|read| accounts::any_user(read).map_err(Error::from)).await
    }

    /// Makes an account. Refused: an impossible name, one that is taken, unknown groups, an empty password.
    pub async fn create_user(&self, name: &str, password: &str, groups: &[String]) -> Result<UserSummary> {
        let name =
            UserName::canonical(name).ok_or_else(|| Refusal::of(Message::new("invaliduser").with(name)))?;
        check_groups(groups)?;
        let new = NewUser {
            name: name.as_str().to_owned(),
            password_hash: Some(self.hash(password).await?),
            groups: groups.to_vec(),
            now: self.now(),
        };
        let made = self
            .db
            .write(move |tx| {
                let Some(id) = accounts::create_user(tx, &new)? else { return Ok::<_, Error>(None) };
                Ok(accounts::user_by_id(tx, id)?)
            })
            .await?;
        let row = made.ok_or_else(|| Refusal::of(Message::new("userexists").with(name.as_str())))?;
        Ok(row.into())
    }

    /// Accounts in order of their names.
    pub async fn list_users(&self, after: Option<&str>, limit: i64) -> Result<Vec<UserSummary>> {
        let after = after.map(str::to_owned);
        let rows = self
            .db
            .read(move |read| accounts::list_users(read, after.as_deref(), limit).map_err(Error::from));
        Ok(rows.await?.into_iter().map(Into::into).collect())
    }

    /// An account by its name.
    pub async fn user(&self, name: &str) -> Result<Option<UserSummary>> {
        Ok(self.user_row(name).await?.map(Into::into))
    }

    /// An account by its number.
    pub async fn user_by_id(&self, id: i64) -> Result<Option<UserSummary>> {
        let row = self.db.read(move |read| accounts::user_by_id(read, id).map_err(Error::from)).await?;
        Ok(row.map(Into::into))
    }

    /// Sets a new main password and ends the user's sessions.
    pub async fn set_password(&self, name: &str, password: &str) -> Result<()> {
        let user = self.known_user(name).await?;
        let hash = self.hash(password).await?;
        self.db
            .write(move |tx| {
                accounts::set_password(tx, user.id, &hash)?;
                sessions::delete_of_user(tx, user.id)?;
                Ok::<_, Error>(())
            })
            .await
    }

    /// Puts a user in just these groups.
    pub async fn set_groups(&self, name: &str, groups: &[String]) -> Result<()> {
        let user = self.known_user(name).await?;
        check_groups(groups)?;
        let groups = groups.to_vec();
        self.db.write(move |tx| accounts::set_groups(tx, user.id, &groups).map_err(Error::from)).await
    }

    /// Makes or replaces a bot password and gives it. Without `grants`, all of them; without `password`, a random
    /// one.
    pub async fn create_bot_password(
        &self,
        name: &str,
        app_id: &str,
        grants: &[String],
        password: Option<&str>,
    ) -> Result<String> {
        let user = self.known_user(name).await?;
        if app_id.is_empty() || app_id.len() > 32 || app_id.contains(['@', '/', ':', '\n']) {
            return Err(Refusal::of(Message::new("botpasswords-invalid-app-id").with(app_id)).into());
        }
        let password = password.map_or_else(|| self.random_text(BOT_PASSWORD_LENGTH), str::to_owned);
        let login = format!("{}@{app_id}", user.name);
        if split_bot_login(&login, &password).is_none() {
            return Err(Refusal::of(Message::new("botpasswords-invalid-password")).into());
        }
        let grants = check_grants(grants)?;
        let row = BotPassword {
            user_id: user.id,
            app_id: app_id.to_owned(),
            hash: self.hash(&password).await?,
            grants,
            created: self.now(),
        };
        self.db
            .write(move |tx| {
                sessions::delete_of_bot_password(tx, row.user_id, &row.app_id)?;
                accounts::put_bot_password(tx, &row)?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(password)
    }

    /// A user's bot passwords.
    pub async fn list_bot_passwords(&self, name: &str) -> Result<Vec<BotPasswordSummary>> {
        let user = self.known_user(name).await?;
        let rows =
            self.db.read(move |read| accounts::bot_passwords(read, user.id).map_err(Error::from)).await?;
        let summary =
            |b: BotPassword| BotPasswordSummary { app_id: b.app_id, grants: b.grants, created: b.created };
        Ok(rows.into_iter().map(summary).collect())
    }

    /// Takes a bot password back and ends its sessions; `false` if there is none.
    pub async fn revoke_bot_password(&self, name: &str, app_id: &str) -> Result<bool> {
        let user = self.known_user(name).await?;
        let app_id = app_id.to_owned();
        self.db
            .write(move |tx| {
                sessions::delete_of_bot_password(tx, user.id, &app_id)?;
                Ok::<_, Error>(accounts::delete_bot_password(tx, user.id, &app_id)?)
            })
            .await
    }

    /// Checks name and password: of a bot password where they have the shape of one and it exists, otherwise of the
    /// account (only of the account if `bot_passwords` is false, as for clientlogin).
    pub async fn authenticate(
        &self,
        name: &str,
        password: &str,
        ip: &str,
        bot_passwords: bool,
    ) -> Result<Result<Authentication, LoginFailure>> {
        if name.trim().is_empty() || password.is_empty() {
            return Ok(Err(LoginFailure::Incomplete));
        }
        let bot = if bot_passwords { split_bot_login(name, password) } else { None };
        let account = bot.as_ref().map_or(name, |b| b.user.as_str());
        let throttle = format!(
            "{}|{ip}",
            UserName::canonical(account).map_or_else(String::new, |n| n.as_str().to_owned())
        );
        if let Some(failure) = self.throttled(&throttle).await? {
            return Ok(Err(failure));
        }
        let found = match &bot {
            Some(login) => match self.check_bot_password(login).await? {
                Some(found) => Some(found),
                None => self.check_account(name, password).await?,
            },
            None => self.check_account(name, password).await?,
        };
        if let Some(user) = found {
            self.db.write(move |tx| accounts::throttle_clear(tx, &throttle).map_err(Error::from)).await?;
            Ok(Ok(user))
        } else {
            let (now, window) = (self.now(), self.settings.limits.login_window_seconds);
            let count = move |tx: &mut dyn commonhold_catalogue::Tx| {
                accounts::throttle_failures(tx, &throttle, now, window).map_err(Error::from)
            };
            self.db.write(count).await?;
            Ok(Err(LoginFailure::WrongPassword))
        }
    }

    async fn throttled(&self, key: &str) -> Result<Option<LoginFailure>> {
        let limits = self.settings.limits;
        if !limits.enabled {
            return Ok(None);
        }
        let (key, now, window) = (key.to_owned(), self.now(), limits.login_window_seconds);
        let count = move |read: &mut dyn commonhold_catalogue::Read| {
            accounts::throttle_count(read, &key, now, window).map_err(Error::from)
        };
        let failures = self.db.read(count).await?;
        Ok((failures >= limits.login_attempts).then_some(LoginFailure::Throttled(window)))
    }

    async fn check_account(&self, name: &str, password: &str) -> Result<Option<Authentication>> {
        let user = self.user_row(name).await?;
        let right = self.verify(password, user.as_ref().and_then(|u| u.password_hash.clone())).await?;
        Ok(user.filter(|_| right).map(|user| Authentication {
            user_id: user.id,
            user_name: user.name,
            app_id: None,
            groups: user.groups,
            grants: None,
        }))
    }

    async fn check_bot_password(&self, login: &BotLogin) -> Result<Option<Authentication>> {
        let Some(user) = self.user_row(&login.user).await? else {
            self.verify(&login.password, None).await?;
            return Ok(None);
        };
        let (id, app_id) = (user.id, login.app_id.clone());
        let row =
            self.db.read(move |read| accounts::bot_password(read, id, &app_id).map_err(Error::from)).await?;
        let right = self.verify(&login.password, row.as_ref().map(|b| b.hash.clone())).await?;
        Ok(row.filter(|_| right).map(|bot| Authentication {
            user_id: user.id,
            user_name: user.name,
            app_id: Some(bot.app_id),
            groups: user.groups,
            grants: Some(bot.grants),
        }))
    }

    async fn user_row(&self, name: &str) -> Result<Option<UserRow>> {
        let Some(name) = UserName::canonical(name) else { return Ok(None) };
        self.db.read(move |read| accounts::user_by_name(read, name.as_str()).map_err(Error::from)).await
    }

    async fn known_user(&self, name: &str) -> Result<UserRow> {
        let row = self.user_row(name).await?;
        row.ok_or_else(|| Refusal::of(Message::new("nosuchuser").with(name)).into())
    }

    async fn hash(&self, password: &str) -> Result<String> {
        if password.is_empty() {
            return Err(Refusal::of(Message::new("passwordtooshort")).into());
        }
        let password = password.to_owned();
        let mut salt = [0u8; 16];
        self.entropy.fill(&mut salt);
        let hashed = self.passwords.run(move || {
            let hash = argon2().hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|h| h.to_string()).map_err(|e| Error::PasswordHash(e.to_string()))
        });
        hashed.await?
    }

    /// Checks a password; without a hash it takes the same time and says no.
    async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool> {
        let password = password.to_owned();
        self.passwords
            .run(move || {
                let known = hash.is_some();
                let Some(hash) = hash else {
                    let salt = [0u8; 16];
                    let _ = argon2().hash_password_with_salt(password.as_bytes(), &salt);
                    return Ok(known);
                };
                let parsed = PasswordHash::new(&hash).map_err(|e| Error::PasswordHash(e.to_string()))?;
                Ok(argon2().verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await?
    }
}

/// Argon2id with OWASP's first recommendation: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn check_groups(groups: &[String]) -> Result<(), Refusal> {
    let known = |g: &&String| right::GROUPS.iter().any(|k| k.name == g.as_str() && !k.implicit);
    match groups.iter().find(|g| !known(g)) {
        Some(unknown) => Err(Refusal::of(Message::new("unknown-group").with(unknown.as_str()))),
        None => Ok(()),
    }
}

fn check_grants(grants: &[String]) -> Result<Vec<String>, Refusal> {
    if let Some(unknown) = grants.iter().find(|g| !right::GRANTS.iter().any(|k| k.name == g.as_str())) {
        return Err(Refusal::of(Message::new("unknown-grant").with(unknown.as_str())));
    }
    if grants.is_empty() {
        return Ok(right::GRANTS.iter().map(|g| g.name.to_owned()).collect());
    }
    Ok(grants.to_vec())
}
