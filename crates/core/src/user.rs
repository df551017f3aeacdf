//! Users: their names, and who a request's caller is.

use std::net::IpAddr;

use crate::right::{Right, RightSet, SiteGroups, implicit_groups};
use crate::title::{Title, ns};

/// The canonical form of a user's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName(String);

impl UserName {
    /// Reads a name: first letter upper case, spaces for `_`. `None` for what is no title, looks like an address, or
    /// holds characters that have a meaning elsewhere.
    pub fn canonical(raw: &str) -> Option<Self> {
        let title = Title::parse_in(raw, ns::USER).ok()?;
        let name = title.text();
        let impossible = title.ns() != ns::USER
            || raw.contains('#')
            || name.contains(['@', ':', '/', '>'])
            || name.parse::<IpAddr>().is_ok()
            || name.chars().count() > 255;
        (!impossible).then_some(Self(name))
    }

    /// The name, with spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a caller showed who he is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// Not at all.
    Anonymous,
    /// With the account's own password.
    Password,
    /// With a bot password.
    BotPassword {
        /// The application's name.
        app_id: String,
    },
}

/// Who asks, and what he may.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account; 0 for anonymous callers.
    pub id: i64,
    /// The account's name, or the address.
    pub name: String,
    /// All groups: those the user was put in, then the implicit ones.
    pub groups: Vec<String>,
    /// What the groups allow and the grants let through.
    pub rights: RightSet,
    /// How it is known.
    pub via: Via,
    /// The address that the request came from, if it came over the network.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// Nobody in particular, from an address.
    pub fn anonymous(ip: &str, site: &SiteGroups) -> Self {
        let groups: Vec<String> = implicit_groups(false).iter().map(|g| (*g).to_owned()).collect();
        let rights = site.rights(groups.iter().map(String::as_str));
        Self { id: 0, name: ip.to_owned(), groups, rights, via: Via::Anonymous, address: ip.parse().ok() }
    }

    /// A user with the groups that he was put in; `limit` is what a bot password's grants let through.
    pub fn registered(
        id: i64,
        name: &str,
        groups: &[String],
        via: Via,
        limit: Option<&RightSet>,
        site: &SiteGroups,
    ) -> Self {
        let implicit = implicit_groups(true).iter().map(|g| (*g).to_owned());
        let groups: Vec<String> = groups.iter().cloned().chain(implicit).collect();
        let all = site.rights(groups.iter().map(String::as_str));
        let rights = limit.map_or(all, |limit| all.intersection(*limit));
        Self { id, name: name.to_owned(), groups, rights, via, address: None }
    }

    /// The same, known to come from an address.
    #[must_use]
    pub fn from_address(mut self, address: Option<IpAddr>) -> Self {
        self.address = address;
        self
    }

    /// Whether nobody is logged in.
    pub fn is_anonymous(&self) -> bool {
        self.id == 0
    }

    /// Whether the caller has a right.
    pub fn can(&self, right: Right) -> bool {
        self.rights.contains(right)
    }
}

/// A login with a bot password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotLogin {
    /// The user, as it was written.
    pub user: String,
    /// The application.
    pub app_id: String,
    /// The password proper.
    pub password: String,
}

/// Reads a name and password as those of a bot password: `User@app` with its password, or `User` with
/// `app@password`. `None` if they have neither shape.
pub fn split_bot_login(name: &str, password: &str) -> Option<BotLogin> {
    let login = |user: &str, app_id: &str, password: &str| {
        let shaped = password.len() >= 32 && password.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'w'));
        (shaped && !user.is_empty() && !app_id.is_empty()).then(|| BotLogin {
            user: user.to_owned(),
            app_id: app_id.to_owned(),
            password: password.to_owned(),
        })
    };
    let new_form = name.rsplit_once('@').and_then(|(user, app)| login(user, app, password));
    new_form.or_else(|| password.rsplit_once('@').and_then(|(app, password)| login(name, app, password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_canonical() {
        let name = |raw| UserName::canonical(raw).map(|n| n.as_str().to_owned());
        assert_eq!(name("alice_b").as_deref(), Some("Alice b"));
        assert_eq!(name("User:alice").as_deref(), Some("Alice"));
        for bad in ["", "a@b", "127.0.0.1", "::1", "a/b", "a#b", "File:x", "a|b"] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }

    #[test]
    fn both_forms_of_a_bot_login_are_read() {
        let password = "0123456789abcdefghijklmnopqrstuv";
        let expected = BotLogin { user: "Alice".into(), app_id: "bot".into(), password: password.into() };
        assert_eq!(split_bot_login("Alice@bot", password), Some(expected.clone()));
        assert_eq!(split_bot_login("Alice", &format!("bot@{password}")), Some(expected));
        assert_eq!(split_bot_login("Alice@bot", "hunter2"), None);
        assert_eq!(split_bot_login("Alice", password), None);
    }

    #[test]
    fn a_user_has_the_implicit_groups_after_his_own() {
        let site = SiteGroups::default();
        let caller = Caller::registered(7, "Alice", &["sysop".into()], Via::Password, None, &site);
        assert_eq!(caller.groups, ["sysop", "*", "user", "autoconfirmed"]);
        assert!(caller.can(Right::Delete) && !caller.is_anonymous());
        assert!(!Caller::anonymous("192.0.2.1", &site).can(Right::Upload));
    }
}
