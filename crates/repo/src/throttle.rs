//! Throttles: how often a caller may do something.

use commonhold_catalogue::Tx;
use commonhold_catalogue::ops::throttles;
use commonhold_core::right::Right;
use commonhold_core::user::Caller;
use commonhold_core::{Message, Rate, Refusal, Timestamp};

use crate::settings::{LimitSettings, Rates};
use crate::{Error, Repository, Result};

/// A rate that holds for a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// What is throttled, such as `upload`.
    pub action: &'static str,
    /// Why it holds for him: `ip`, `newbie` or `user`.
    pub kind: &'static str,
    /// How often he may do it.
    pub rate: Rate,
    /// What is counted.
    name: String,
}

/// The rates of uploads that hold for a caller, unless he is exempt.
pub(crate) fn of_uploads(settings: &LimitSettings, caller: &Caller) -> Vec<Throttle> {
    if !settings.enabled || caller.can(Right::Noratelimit) {
        return Vec::new();
    }
    throttles("upload", &settings.uploads, caller)
}

fn throttles(action: &'static str, rates: &Rates, caller: &Caller) -> Vec<Throttle> {
    let newbie = caller.is_anonymous() || !caller.can(Right::Autoconfirmed);
    let mut all = Vec::new();
    let mut add = |kind, rate: Option<Rate>, whom: String| {
        all.extend(rate.map(|rate| Throttle { action, kind, rate, name: format!("{action}|{kind}|{whom}") }));
    };
    if let Some(address) = caller.address.filter(|_| newbie) {
        add("ip", rates.ip, address.to_string());
    }
    if !caller.is_anonymous() {
        if newbie && rates.newbie.is_some() {
            add("newbie", rates.newbie, caller.id.to_string());
        } else {
            add("user", rates.user, caller.id.to_string());
        }
    }
    all
}

/// Counts one more of what is throttled. Refused: more than the rates allow.
pub(crate) fn count(tx: &mut dyn Tx, throttles: &[Throttle], now: Timestamp) -> Result<Option<Refusal>> {
    let mut wait = None;
    for throttle in throttles {
        wait = wait.max(throttles::hit(tx, &throttle.name, throttle.rate, now)?);
    }
    Ok(wait.map(|seconds| Refusal::of(Message::new("apierror-ratelimited")).retry_after(seconds)))
}

impl Repository {
    /// The rates that hold for a caller.
    pub fn throttles_of(&self, caller: &Caller) -> Vec<Throttle> {
        of_uploads(&self.settings.limits, caller)
    }

    /// The rates that would hold for a caller who isn't exempt.
    pub fn theoretical_throttles_of(&self, caller: &Caller) -> Vec<Throttle> {
        if self.settings.limits.enabled {
            throttles("upload", &self.settings.limits.uploads, caller)
        } else {
            Vec::new()
        }
    }

    /// Forgets what was done too long ago to count.
    pub async fn sweep_throttles(&self) -> Result<()> {
        let now = self.now();
        self.db.write(move |tx| throttles::delete_expired(tx, now).map_err(Error::from)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use commonhold_core::right::SiteGroups;
    use commonhold_core::user::Via;

    use super::*;

    #[test]
    fn rates_hold_for_addresses_and_newcomers() {
        let settings = LimitSettings::default();
        let site = SiteGroups::default();
        let kinds = |settings: &LimitSettings, caller: &Caller| {
            of_uploads(settings, caller).into_iter().map(|t| t.name).collect::<Vec<_>>()
        };
        let nobody = Caller::anonymous("192.0.2.1", &site);
        assert_eq!(kinds(&settings, &nobody), ["upload|ip|192.0.2.1"]);
        let user = |groups: &[String]| {
            Caller::registered(7, "Alice", groups, Via::Password, None, &site)
                .from_address("192.0.2.1".parse().ok())
        };
        let alice = user(&[]);
        assert!(kinds(&settings, &alice).is_empty(), "everyone registered is confirmed");
        let mut newcomer = alice.clone();
        newcomer.rights = newcomer.rights.iter().filter(|right| *right != Right::Autoconfirmed).collect();
        assert_eq!(kinds(&settings, &newcomer), ["upload|ip|192.0.2.1", "upload|newbie|7"]);
        let rates = Rates { user: Rate::parse("100/3600"), ..settings.uploads };
        let strict = LimitSettings { uploads: rates, ..settings };
        assert_eq!(kinds(&strict, &alice), ["upload|user|7"]);
        assert!(kinds(&strict, &user(&["sysop".to_owned()])).is_empty(), "noratelimit");
        assert!(kinds(&LimitSettings { enabled: false, ..strict }, &nobody).is_empty());
    }
}
