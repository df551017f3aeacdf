//! Requests of other sites' scripts.

use crate::response::Headers;

/// Request fields that such a script may set.
const ALLOWED_HEADERS: &[&str] = &[
    "accept",
    "accept-language",
    "content-language",
    "content-type",
    "accept-encoding",
    "dnt",
    "origin",
    "user-agent",
    "api-user-agent",
    "access-control-max-age",
    "authorization",
];
const EXPOSED: &str = "MediaWiki-API-Error, Retry-After, X-Database-Lag, MediaWiki-Login-Suppressed";
const REJECTION: &str = "MediaWiki-CORS-Rejection";

/// What `origin` asks for and the browser says.
pub(crate) struct Cors<'a> {
    /// The parameter `origin` of the query string.
    pub(crate) origin: Option<&'a str>,
    /// The request field `Origin`.
    pub(crate) header: Option<&'a str>,
    /// The request field `Access-Control-Request-Method`, of a preflight.
    pub(crate) requested_method: Option<&'a str>,
    /// The request field `Access-Control-Request-Headers`, of a preflight.
    pub(crate) requested_headers: Option<&'a str>,
    /// Origins whose scripts act for the logged-in user.
    pub(crate) trusted: &'a [String],
}

/// The origin doesn't match the parameter: 403.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Forbidden;

impl Cors<'_> {
    /// Adds the response fields.
    pub(crate) fn apply(&self, headers: &mut Headers) -> Result<(), Forbidden> {
        let Some(origin) = self.origin else { return Ok(()) };
        if origin == "*" {
            if self.preflight(headers) {
                headers.set("Access-Control-Allow-Origin", "*");
                headers.set("Access-Control-Allow-Credentials", "false");
                headers.set("Access-Control-Expose-Headers", EXPOSED);
            }
            return Ok(());
        }
        // Browsers send one origin; old ones could send a list.
        let sent = self.header.unwrap_or_default();
        if !sent.split(' ').any(|o| o == origin) {
            return Err(Forbidden);
        }
        if !self.trusted.iter().any(|pattern| matches(pattern, origin)) {
            headers.set(REJECTION, "Origin mismatch");
            return Ok(());
        }
        if self.preflight(headers) {
            headers.set("Access-Control-Allow-Origin", origin);
            headers.set("Access-Control-Allow-Credentials", "true");
            headers.set("Timing-Allow-Origin", origin);
            headers.set("Access-Control-Expose-Headers", EXPOSED);
        }
        headers.set("Vary", "Origin");
        Ok(())
    }

    /// Answers a preflight's questions; `false` if it asks for too much.
    fn preflight(&self, headers: &mut Headers) -> bool {
        let Some(method) = self.requested_method else { return true };
        if !["GET", "HEAD", "POST"].contains(&method) {
            headers.set(REJECTION, "Unsupported method requested in preflight");
            return false;
        }
        if let Some(requested) = self.requested_headers {
            let allowed = |name: &str| ALLOWED_HEADERS.contains(&name.trim().to_ascii_lowercase().as_str());
            if !requested.split(',').filter(|n| !n.trim().is_empty()).all(allowed) {
                headers.set(REJECTION, "Unsupported header requested in preflight");
                return false;
            }
            headers.set("Access-Control-Allow-Headers", requested);
        }
        headers.set("Access-Control-Allow-Methods", "POST, GET, HEAD");
        true
    }
}

/// Whether an origin is one of the setting's: `https://wiki.example`, `wiki.example`, or `*.example` for hosts below.
fn matches(pattern: &str, origin: &str) -> bool {
    let host = |o: &str| o.split_once("://").map_or(o.to_owned(), |(_, host)| host.to_owned());
    match pattern.strip_prefix("*.") {
        Some(parent) => {
            host(origin).strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        }
        None if pattern.contains("://") => pattern == origin,
        None => pattern == host(origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(origin: Option<&str>, header: Option<&str>, asked: Option<&str>) -> Result<Headers, Forbidden> {
        let trusted = ["https://ok.example".to_owned(), "*.wiki.example".to_owned()];
        let mut headers = Headers::default();
        let cors = Cors {
            origin,
            header,
            requested_method: asked.map(|_| "POST"),
            requested_headers: asked,
            trusted: &trusted,
        };
        cors.apply(&mut headers).map(|()| headers)
    }

    #[test]
    fn any_origin_may_read_without_credentials() {
        let headers = apply(Some("*"), Some("https://x.example"), None).unwrap();
        assert_eq!(headers.get("Access-Control-Allow-Origin"), Some("*"));
        assert_eq!(headers.get("Access-Control-Allow-Credentials"), Some("false"));
    }

    #[test]
    fn only_trusted_origins_act_for_the_user() {
        for good in ["https://ok.example", "https://a.wiki.example"] {
            let headers = apply(Some(good), Some(good), None).unwrap();
            assert_eq!(headers.get("Access-Control-Allow-Origin"), Some(good));
            assert_eq!(headers.get("Access-Control-Allow-Credentials"), Some("true"));
        }
        for bad in
            ["https://evil.example", "https://wiki.example", "http://ok.example", "https://evilwiki.example"]
        {
            let headers = apply(Some(bad), Some(bad), None).unwrap();
            assert_eq!(headers.get("Access-Control-Allow-Origin"), None, "{bad}");
            assert!(headers.get("MediaWiki-CORS-Rejection").is_some());
        }
        assert_eq!(
            apply(Some("https://ok.example"), Some("https://x.example"), None).unwrap_err(),
            Forbidden
        );
        assert_eq!(apply(Some("https://ok.example"), None, None).unwrap_err(), Forbidden);
    }

    #[test]
    fn a_preflight_may_ask_for_known_fields_only() {
        let ok = apply(Some("*"), Some("https://x.example"), Some("content-type, Api-User-Agent")).unwrap();
        assert_eq!(ok.get("Access-Control-Allow-Headers"), Some("content-type, Api-User-Agent"));
        let bad = apply(Some("*"), Some("https://x.example"), Some("x-strange")).unwrap();
        assert_eq!(bad.get("Access-Control-Allow-Origin"), None);
    }
}
