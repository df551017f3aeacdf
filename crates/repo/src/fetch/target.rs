//! Addresses of files: what counts as one, and which the settings allow.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

use super::FetchError;
use super::address::is_open;
use crate::ByUrlSettings;

/// An address that may be asked: `http` or `https`, of an allowed host, and without a name and password, which are
/// never sent. If its host is an IP address, that is an open one; if it is a name, the resolver will see to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckedUrl(Url);

impl CheckedUrl {
    pub(super) fn url(&self) -> &Url {
        &self.0
    }
}

/// Which addresses may be asked.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Patterns of hosts; empty for all.
    hosts: Vec<String>,
    /// Networks that are allowed although they are special.
    pub(super) networks: Vec<IpNet>,
}

impl Rules {
    pub(super) fn new(settings: &ByUrlSettings) -> Self {
        // In the form that the parser gives hosts: lower case, and ASCII for other scripts.
        let normal = |host: &String| Host::parse(host).map_or_else(|_| host.clone(), |host| host.to_string());
        Self {
            hosts: settings.allowed_hosts.iter().map(normal).collect(),
            networks: settings.allow_networks.clone(),
        }
    }

    /// Whether the host of what a user sent may be asked, as far as can be told by now. What is no address at all
    /// passes where every host is allowed: MediaWiki tells so only later.
    pub(crate) fn allows_host_of(&self, text: &str) -> bool {
        match Url::parse(text) {
            Ok(url) if url.has_host() => self.allows(&url),
            _ => self.hosts.is_empty(),
        }
    }

    /// Checks an address as a user sent it.
    pub(crate) fn check(&self, text: &str) -> Result<CheckedUrl, FetchError> {
        let invalid = || FetchError::InvalidUrl(text.to_owned());
        if !has_form(text) {
            return Err(invalid());
        }
        self.check_url(Url::parse(text).map_err(|_| invalid())?)
    }

    /// Checks where a server sends us on to.
    pub(super) fn check_redirect(&self, from: &CheckedUrl, location: &str) -> Result<CheckedUrl, FetchError> {
        let target = from.0.join(location).map_err(|_| FetchError::InvalidUrl(location.to_owned()))?;
        self.check_url(target)
    }

    fn check_url(&self, mut url: Url) -> Result<CheckedUrl, FetchError> {
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(FetchError::InvalidUrl(url.into()));
        }
        if !self.allows(&url) {
            return Err(FetchError::Closed);
        }
        // Addresses with a host take both.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        Ok(CheckedUrl(url))
    }

    fn allows(&self, url: &Url) -> bool {
        let listed = self.hosts.is_empty()
            || url.host_str().is_some_and(|host| self.hosts.iter().any(|pattern| matches(pattern, host)));
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        listed && literal.is_none_or(|address| is_open(address, &self.networks))
    }
}

/// MediaWiki's form of an address: a scheme in lower case, something that isn't a slash, and no white space. The parser
/// alone would be more lenient.
fn has_form(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let control = |c: char| c.is_ascii_control() || c == ' ';
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(control))
}

/// Whether a host has as many labels as a pattern, and the same ones where the pattern doesn't say `*`.
fn matches(pattern: &str, host: &str) -> bool {
    let (mut pattern, mut host) = (pattern.split('.'), host.split('.'));
    loop {
        match (pattern.next(), host.next()) {
            (None, None) => return true,
            (Some(wanted), Some(label)) if wanted == "*" || wanted == label => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(hosts: &[&str], networks: &[&str]) -> Rules {
        Rules::new(&ByUrlSettings {
            allowed_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            allow_networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
            ..ByUrlSettings::default()
        })
    }

    #[test]
    fn patterns_match_label_by_label() {
        for (pattern, host) in
            [("a.org", "a.org"), ("*.flickr.com", "a.flickr.com"), ("*.*.org", "x.y.org"), ("*", "a")]
        {
            assert!(matches(pattern, host), "{pattern} {host}");
        }
        let no = [
            ("a.org", "b.a.org"),
            ("a.org", "xa.org"),
            ("a.org", "a.org.evil.net"),
            ("*.flickr.com", "flickr.com"),
            ("*.flickr.com", "a.b.flickr.com"),
            ("*.flickr.com", "a.flickr.com."),
            ("a*.org", "ab.org"),
            ("*", "a.b"),
        ];
        for (pattern, host) in no {
            assert!(!matches(pattern, host), "{pattern} {host}");
        }
    }

    #[test]
    fn only_listed_hosts_are_allowed_and_the_port_and_spelling_do_not_matter() {
        let listed = rules(&["files.example.org"], &[]);
        for good in [
            "http://files.example.org/x",
            "https://FILES.example.org:8443/",
            "http://evil.net@files.example.org/",
        ] {
            assert!(listed.allows_host_of(good) && listed.check(good).is_ok(), "{good}");
        }
        for bad in [
            "http://example.org/",
            "http://files.example.org@evil.net/",
            "nonsense",
            "http://evil.net#files.example.org",
        ] {
            assert!(!listed.allows_host_of(bad), "{bad}");
        }
        assert!(rules(&[], &[]).allows_host_of("nonsense"));
        let elsewhere = rules(&["*.Bücher.example", "8.8.*.*"], &[]);
        for good in ["http://a.bücher.example/", "http://A.XN--BCHER-KVA.example/", "http://134743044/"] {
            assert!(elsewhere.allows_host_of(good), "{good}");
        }
        assert!(!elsewhere.allows_host_of("http://bücher.example/"));
    }

    #[test]
    fn addresses_have_mediawikis_form() {
        let rules = rules(&[], &[]);
        for bad in [
            "",
            "nonsense",
            "//example.org/x",
            "ftp://example.org/",
            "file:///etc/passwd",
            "HTTP://example.org/",
            " http://example.org/",
            "http://example.org/a b",
            "http:///x",
            "http://",
            "https://",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "http://example.org/\r\nX: y",
            "http://example.org/\n",
            "http://a:99999/",
            "http://[::1",
            "http://a\0b/",
            "http://a\tb/",
            "gopher://example.org/",
        ] {
            assert_eq!(rules.check(bad), Err(FetchError::InvalidUrl(bad.to_owned())), "{bad:?}");
        }
    }

    #[test]
    fn names_and_passwords_are_dropped() {
        let rules = rules(&[], &[]);
        let url = |text: &str| rules.check(text).map(|checked| checked.0.to_string());
        assert_eq!(url("https://me:secret@example.org/a?b#c").as_deref(), Ok("https://example.org/a?b"));
        // What parsers have disagreed on: the host is what will be connected to.
        assert_eq!(url("http://a@b#@c").as_deref(), Ok("http://b/"));
        assert_eq!(url("http://a\\@b/").as_deref(), Ok("http://a/@b/"));
        let start = rules.check("https://example.org:8443/d/e").unwrap();
        let sent_on = |to: &str| rules.check_redirect(&start, to).map(|checked| checked.0.to_string());
        assert_eq!(sent_on("/f").as_deref(), Ok("https://example.org:8443/f"));
        assert_eq!(sent_on("//me:secret@b.org/").as_deref(), Ok("https://b.org/"));
        assert_eq!(sent_on("http://10.0.0.1/"), Err(FetchError::Closed));
        for bad in ["file:///etc/passwd", "gopher://b.org/", "http://"] {
            assert!(matches!(sent_on(bad), Err(FetchError::InvalidUrl(_))), "{bad}");
        }
    }

    #[test]
    fn special_addresses_are_refused_in_any_spelling() {
        let rules = rules(&[], &[]);
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "0x7F.0x0.0x0.0x1",
            "127.0.0.1.",
            "0",
            "0x0",
            "１２７.0.0.1",
            "127。0。0。1",
            "%31%32%37.0.0.1",
            "0xa9fea9fe",
            "169.254.43518",
            "10.1",
            "[::1]",
            "[::]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[fe80::1]",
            "[fd00::1]",
            "[2002:7f00:1::]",
        ] {
            let text = format!("http://{host}/x");
            assert!(!rules.allows_host_of(&text), "{host}");
            assert_eq!(rules.check(&text), Err(FetchError::Closed), "{host}");
        }
        assert!(rules.check("http://8.8.8.8/").is_ok());
        let allowing = super::tests::rules(&[], &["127.0.0.0/8"]);
        assert!(allowing.check("http://0x7f.1/").is_ok());
        assert_eq!(allowing.check("http://[::1]/"), Err(FetchError::Closed));
    }

    proptest! {
        #[test]
        fn a_star_stands_for_one_label(labels in prop::collection::vec(("[a-z0-9-]{1,9}", any::<bool>()), 1..5)) {
            let host = labels.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>().join(".");
            let pattern = labels.iter().map(|(label, star)| if *star { "*" } else { label.as_str() });
            let pattern = pattern.collect::<Vec<_>>().join(".");
            prop_assert!(matches(&pattern, &host));
            let others = [format!("x.{host}"), format!("{host}.x"), format!("{host}."), format!("{host}x.y")];
            for other in others {
                prop_assert!(!matches(&pattern, &other), "{} {}", pattern, other);
            }
            let same_letters_elsewhere = format!("x{host}");
            prop_assert_eq!(matches(&pattern, &same_letters_elsewhere), pattern.starts_with('*'));
        }

        #[test]
        fn no_number_leads_to_a_special_address(number: u32) {
            let open = is_open(IpAddr::from(number.to_be_bytes()), &[]);
            for host in [format!("{number}"), format!("{number:#x}"), format!("0{number:o}")] {
                prop_assert_eq!(rules(&[], &[]).check(&format!("http://{host}/")).is_ok(), open, "{}", host);
            }
        }
    }
}
