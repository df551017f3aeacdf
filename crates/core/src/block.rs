//! Blocks: users and addresses that may not change anything, or not everything, for a while.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::title::{Title, ns};
use crate::user::{Caller, UserName};
use crate::{Data, Expiry, Message, Refusal, Timestamp};

/// Shortest prefixes of networks that can be blocked.
const SHORTEST_PREFIX_V4: u8 = 16;
const SHORTEST_PREFIX_V6: u8 = 19;
/// Pages that a block can be limited to, at most.
pub const MAX_PAGES: usize = 10;

/// Whom a block is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A user, by his canonical name.
    User(String),
    /// An address.
    Address(IpAddr),
    /// All addresses from the first to the last of a network.
    Network {
        /// The first address.
        first: IpAddr,
        /// The length of the prefix that they share.
        prefix: u8,
    },
}

/// Something that a block can be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlockedAction {
    /// Making pages.
    Create,
    /// Moving pages.
    Move,
    /// Uploading files.
    Upload,
}

/// What a block forbids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Of an address: whether users who are logged in are spared.
    pub anon_only: bool,
    /// Whether no accounts may be made.
    pub no_create: bool,
    /// Whether the addresses that the user comes from are blocked as well.
    pub autoblock: bool,
    /// Whether no e-mail may be sent.
    pub no_email: bool,
    /// Whether the user may go on to edit his own talk page.
    pub own_talk: bool,
    /// What it is limited to; absent where it is for the whole site.
    pub partial: Option<Limits>,
}

/// What a partial block is limited to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Pages, by their numbers.
    pub pages: Vec<i64>,
    /// Namespaces.
    pub namespaces: Vec<i32>,
    /// Actions, on whatever page.
    pub actions: Vec<BlockedAction>,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub id: i64,
    /// Whom it is meant for: a name, an address or a network, as it is written.
    pub target: String,
    /// The user's number; 0 for addresses.
    pub user_id: i64,
    /// Who made it; 0 for the operator.
    pub by_id: i64,
    /// His name at the time.
    pub by_name: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub expiry: Expiry,
    /// Whether it was not made by anyone, but follows from the block of a user who came from this address.
    pub automatic: bool,
    /// What it forbids.
    pub scope: Scope,
}

impl Target {
    /// Reads a user's name, an address, or a network such as `192.0.2.0/24`. Refused: what is none of these, and
    /// networks that are too large.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        if let Some((address, prefix)) = text.split_once('/')
            && let Ok(address) = address.parse::<IpAddr>()
        {
            return Self::network(address, prefix);
        }
        let name = UserName::canonical(text);
        name.map(|name| Self::User(name.as_str().to_owned()))
            .ok_or_else(|| Refusal::new("invaliduser", Message::new("invaliduser").with(text)))
    }

    fn network(address: IpAddr, prefix: &str) -> Result<Self, Refusal> {
        let (bits, shortest) = match address {
            IpAddr::V4(_) => (32, SHORTEST_PREFIX_V4),
            IpAddr::V6(_) => (128, SHORTEST_PREFIX_V6),
        };
        let plain = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
        let prefix = prefix.parse::<u8>().ok().filter(|p| plain && *p <= bits);
        let prefix = prefix.ok_or_else(|| Refusal::new("invalidrange", Message::new("ip_range_invalid")))?;
        if prefix < shortest {
            return Err(Refusal::of(Message::new("ip_range_toolow").with(i64::from(shortest))));
        }
        if prefix == bits {
            return Ok(Self::Address(address));
        }
        let first = from_number(address, number(address) & !host_mask(address, prefix));
        Ok(Self::Network { first, prefix })
    }

    /// As it is written, and stored.
    pub fn text(&self) -> String {
        match self {
            Self::User(name) => name.clone(),
            Self::Address(address) => address.to_string(),
            Self::Network { first, prefix } => format!("{first}/{prefix}"),
        }
    }

    /// The first and the last address in the form of [`address_key`]; `None` for users.
    pub fn range(&self) -> Option<(String, String)> {
        match self {
            Self::User(_) => None,
            Self::Address(address) => Some((address_key(*address), address_key(*address))),
            Self::Network { first, prefix } => {
                let last = from_number(*first, number(*first) | host_mask(*first, *prefix));
                Some((address_key(*first), address_key(last)))
            }
        }
    }
}

/// An address as text whose order is the addresses': the family, then the number in hexadecimal.
pub fn address_key(address: IpAddr) -> String {
    match address {
        IpAddr::V4(_) => format!("4-{:08x}", number(address)),
        IpAddr::V6(_) => format!("6-{:032x}", number(address)),
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn from_number(family: IpAddr, number: u128) -> IpAddr {
    match family {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(number).unwrap_or(u32::MAX).into()),
        IpAddr::V6(_) => IpAddr::V6(number.into()),
    }
}

/// The bits that differ within a network.
fn host_mask(family: IpAddr, prefix: u8) -> u128 {
    let bits: u8 = if family.is_ipv4() { 32 } else { 128 };
    1u128.checked_shl(u32::from(bits.saturating_sub(prefix))).unwrap_or(0).wrapping_sub(1)
}

impl Block {
    /// Whether it forbids what it is asked about, on whatever page. What is limited to pages is asked by
    /// [`Block::forbids`].
    pub fn forbids_everywhere(&self, action: Option<BlockedAction>) -> bool {
        match &self.scope.partial {
            None => true,
            Some(limits) => action.is_some_and(|action| limits.actions.contains(&action)),
        }
    }

    /// Whether it forbids something on a page; `page_id` is absent for pages that don't exist.
    pub fn forbids(
        &self,
        caller: &Caller,
        title: &Title,
        page_id: Option<i64>,
        action: Option<BlockedAction>,
    ) -> bool {
        if title.ns() == ns::USER_TALK && title.text() == caller.name && self.scope.own_talk {
            return false;
        }
        let on_page = |limits: &Limits| {
            limits.namespaces.contains(&title.ns()) || page_id.is_some_and(|id| limits.pages.contains(&id))
        };
        self.forbids_everywhere(action) || self.scope.partial.as_ref().is_some_and(on_page)
    }

    /// The refusal that tells of it.
    pub fn refusal(&self, now: Timestamp) -> Refusal {
        let (code, key) = match (self.automatic, &self.scope.partial) {
            (true, _) => ("autoblocked", "apierror-autoblocked"),
            (false, Some(_)) => ("blocked", "apierror-blocked-partial"),
            (false, None) => ("blocked", "apierror-blocked"),
        };
        Refusal::new(code, Message::new(key)).with("blockinfo", Data::Map(self.info(now)))
    }

    /// What the API says of it, in `blockinfo` and in the answers about users.
    pub fn info(&self, now: Timestamp) -> Vec<(String, Data)> {
        let mut info: Vec<(&str, Data)> = vec![
            ("blockid", self.id.into()),
            ("blockedby", self.by_name.as_str().into()),
            ("blockedbyid", self.by_id.into()),
            ("blockreason", self.reason.as_str().into()),
            ("blockedtimestamp", self.made.iso().into()),
            ("blockexpiry", self.expiry.iso("infinite").into()),
            ("blockpartial", self.scope.partial.is_some().into()),
            ("blocknocreate", self.scope.no_create.into()),
            ("blockanononly", self.scope.anon_only.into()),
            ("blockedtimestampformatted", self.made.reading().into()),
        ];
        if let Expiry::At(end) = self.expiry {
            info.push(("blockexpiryformatted", end.reading().into()));
            info.push(("blockexpiryrelative", relative(end, now).into()));
        }
        info.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

/// How far a moment is off, in its largest unit.
fn relative(end: Timestamp, now: Timestamp) -> String {
    let seconds = end.unix().saturating_sub(now.unix()).max(0);
    let units =
        [(31_536_000, "year"), (2_592_000, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute")];
    let (length, unit) = units.into_iter().find(|(length, _)| seconds >= *length).unwrap_or((1, "second"));
    let count = seconds / length;
    format!("in {count} {unit}{}", if count == 1 { "" } else { "s" })
}

impl BlockedAction {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Move => "move",
            Self::Upload => "upload",
        }
    }

    /// By its name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "create" => Some(Self::Create),
            "move" => Some(Self::Move),
            "upload" => Some(Self::Upload),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::right::SiteGroups;
    use crate::user::Via;

    fn block(scope: Scope) -> Block {
        Block {
            id: 3,
            target: "Alice".to_owned(),
            user_id: 7,
            by_id: 1,
            by_name: "Admin".to_owned(),
            reason: "why".to_owned(),
            made: Timestamp::from_unix(1_767_323_045),
            expiry: Expiry::Never,
            automatic: false,
            scope,
        }
    }

    #[test]
    fn targets_are_users_addresses_and_networks() {
        let text = |raw: &str| Target::parse(raw).map(|t| t.text()).map_err(|r| r.code.into_owned());
        assert_eq!(text("alice_b").as_deref(), Ok("Alice b"));
        assert_eq!(text("192.0.2.7").as_deref(), Ok("192.0.2.7"));
        assert_eq!(text("192.0.2.7/24").as_deref(), Ok("192.0.2.0/24"));
        assert_eq!(text("192.0.2.7/32").as_deref(), Ok("192.0.2.7"));
        assert_eq!(text("2001:DB8:0::7/32").as_deref(), Ok("2001:db8::/32"));
        for (raw, code) in [
            ("10.0.0.0/8", "ip_range_toolow"),
            ("2001:db8::/18", "ip_range_toolow"),
            ("192.0.2.0/33", "invalidrange"),
            ("192.0.2.0/+24", "invalidrange"),
            ("192.0.2.0/", "invalidrange"),
            ("a#b", "invaliduser"),
            ("", "invaliduser"),
        ] {
            assert_eq!(text(raw), Err(code.to_owned()), "{raw}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses() {
        let inside = |network: &str, address: &str| {
            let (first, last) = Target::parse(network).unwrap().range().unwrap();
            let key = address_key(address.parse().unwrap());
            first <= key && key <= last
        };
        assert!(inside("192.0.2.0/24", "192.0.2.0") && inside("192.0.2.0/24", "192.0.2.255"));
        assert!(!inside("192.0.2.0/24", "192.0.3.0") && !inside("192.0.2.0/24", "::c000:200"));
        assert!(inside("2001:db8::/32", "2001:db8:ffff::1") && !inside("2001:db8::/32", "2001:db9::"));
        assert!(inside("192.0.2.7", "192.0.2.7") && !inside("192.0.2.7", "192.0.2.8"));
    }

    #[test]
    fn a_partial_block_forbids_what_it_names_only() {
        let caller = Caller::registered(7, "Alice", &[], Via::Password, None, &SiteGroups::default());
        let title = |text| Title::parse(text).unwrap();
        let forbids =
            |scope: &Scope, text, id, action| block(scope.clone()).forbids(&caller, &title(text), id, action);
        let whole = Scope { own_talk: true, ..Scope::default() };
        assert!(forbids(&whole, "File:A.png", None, None));
        assert!(!forbids(&whole, "User talk:Alice", None, None));
        assert!(forbids(&Scope::default(), "User talk:Alice", None, None));
        let limits =
            Limits { pages: vec![5], namespaces: vec![ns::FILE], actions: vec![BlockedAction::Move] };
        let partial = Scope { partial: Some(limits), ..Scope::default() };
        assert!(forbids(&partial, "File:A.png", None, None));
        assert!(forbids(&partial, "A", Some(5), None) && !forbids(&partial, "B", Some(6), None));
        assert!(forbids(&partial, "B", None, Some(BlockedAction::Move)));
        assert!(!forbids(&partial, "B", None, Some(BlockedAction::Upload)));
        assert!(!block(partial).forbids_everywhere(Some(BlockedAction::Upload)));
    }

    #[test]
    fn a_refusal_tells_of_the_block() {
        let refusal = block(Scope::default()).refusal(Timestamp::from_unix(0));
        assert_eq!(refusal.code, "blocked");
        let (key, info) = &refusal.data[0];
        assert_eq!(*key, "blockinfo");
        assert_eq!(info.get("blockexpiry"), Some(&"infinite".into()));
        assert_eq!(info.get("blockpartial"), Some(&false.into()));
        let automatic = Block { automatic: true, ..block(Scope::default()) };
        assert_eq!(automatic.refusal(Timestamp::from_unix(0)).code, "autoblocked");
    }

    #[test]
    fn how_far_off_is_said_in_the_largest_unit() {
        let now = Timestamp::from_unix(0);
        for (seconds, text) in [(0, "in 0 seconds"), (60, "in 1 minute"), (3 * 86_400 + 5, "in 3 days")] {
            assert_eq!(relative(now + seconds, now), text);
        }
    }
}
