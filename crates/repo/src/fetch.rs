//! Fetching a file from another server, for uploads by URL.
//!
//! Where to connect is a user's choice, so the server must not become his way into networks that only it can reach. Each
//! address is checked before it is asked, redirects included (`target.rs`); each name is resolved once, by a resolver
//! that keeps closed addresses to itself, and the connection goes to what it gave (`resolve.rs`, `address.rs`). No
//! proxy, cookie or password is used, whatever the environment or the URL says.

mod address;
mod resolve;
mod target;

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_core::{Message, Refusal};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, LOCATION};
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::timeout;

pub(crate) use self::target::CheckedUrl;

use self::resolve::{ClosedAddress, GuardedResolver, Lookup, SystemLookup, Unresolved};
use self::target::Rules;
use crate::receive::{ByteSource, Hint, Received, SourceError};
use crate::worker::Pool;
use crate::{ByUrlSettings, Error, Repository, Result, Settings};

/// Requests for one file: the first, and those that redirects lead to.
const MAX_REQUESTS: usize = 5;
/// Time to find the host and to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time without a byte.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Told how many bytes have come so far, after each piece.
pub(crate) type Progress<'a> = &'a (dyn Fn(u64) + Send + Sync);

/// Why a file can't be fetched.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FetchError {
    /// What was sent, or what a redirect names, is no address that can be asked.
    InvalidUrl(String),
    /// The host isn't one to be asked, or has none but closed addresses.
    Closed,
    /// One redirect after the other.
    TooManyRedirects,
    /// The server says something else than "here it is".
    BadStatus(StatusCode),
    /// Too slow, or silent.
    TimedOut(String),
    /// Nothing comes of the connection; the key of the message that says more.
    Transport(&'static str),
    /// The server sends a coded form of the file, which nobody asked for.
    Encoded,
    /// More bytes than may be fetched.
    TooLarge,
}

impl FetchError {
    /// What the API says.
    pub(crate) fn refusal(self) -> Refusal {
        Refusal::of(match self {
            Self::InvalidUrl(url) => Message::new("http-invalid-url").with(url),
            Self::Closed => Message::new("upload-copy-upload-invalid-domain"),
            Self::TooManyRedirects => Message::new("upload-too-many-redirects"),
            Self::BadStatus(status) => Message::new("http-bad-status")
                .with(status.as_str())
                .with(status.canonical_reason().unwrap_or_default()),
            Self::TimedOut(url) => Message::new("http-timed-out").with(url),
            Self::Transport(reason) => Message::new("http-curl-error").with(Message::new(reason)),
            Self::Encoded => Message::new("http-read-error"),
            Self::TooLarge => Message::new("file-too-large"),
        })
    }

    fn of(error: reqwest::Error, url: &CheckedUrl) -> Self {
        // The URL may hold secrets of the user's.
        let error = error.without_url();
        tracing::debug!(?error, "a file can't be fetched");
        if has_cause::<ClosedAddress>(&error) {
            Self::Closed
        } else if error.is_timeout() {
            Self::TimedOut(url.url().to_string())
        } else if has_cause::<Unresolved>(&error) {
            Self::Transport("fetch-unknown-host")
        } else if error.is_connect() {
            Self::Transport("fetch-no-connection")
        } else {
            Self::Transport("fetch-broken-transfer")
        }
    }
}

/// Whether an error of this type is behind another.
fn has_cause<E: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<E>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// Asks other servers for files.
pub(crate) struct Fetcher {
    rules: Rules,
    max_bytes: u64,
    timeout: Duration,
    idle_timeout: Duration,
    /// The turns of those that may fetch at a time.
    turns: Semaphore,
    user_agent: String,
    lookup: Arc<dyn Lookup>,
    /// For what blocks: finding hosts, reading the machine's certificates.
    threads: Arc<Pool>,
    /// Made when it is first needed, since that reads certificates.
    client: OnceCell<Client>,
}

impl Fetcher {
    /// A fetcher that asks the operating system for the addresses of hosts, on these threads.
    pub(crate) fn new(settings: &Settings, threads: Arc<Pool>) -> Self {
        let lookup = Arc::new(SystemLookup(Arc::clone(&threads)));
        Self::with_lookup(settings, threads, lookup)
    }

    fn with_lookup(settings: &Settings, threads: Arc<Pool>, lookup: Arc<dyn Lookup>) -> Self {
        let ByUrlSettings { max_bytes, timeout, at_once, .. } = settings.by_url;
        Self {
            rules: Rules::new(&settings.by_url),
            max_bytes: max_bytes.unwrap_or(u64::MAX).min(settings.uploads.max_bytes),
            timeout,
            idle_timeout: IDLE_TIMEOUT,
            turns: Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)),
            user_agent: user_agent(settings),
            lookup,
            threads,
            client: OnceCell::new(),
        }
    }

    /// Which addresses may be asked.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    async fn client(&self) -> Result<&Client> {
        let make = || async {
            let resolver = Arc::new(GuardedResolver::new(Arc::clone(&self.lookup), &self.rules.networks));
            let (user_agent, idle) = (self.user_agent.clone(), self.idle_timeout);
            self.threads.run(move || make_client(&resolver, &user_agent, idle)).await?
        };
        self.client.get_or_try_init(make).await
    }

    /// Asks for a file and follows redirects until there is one.
    async fn open(&self, client: &Client, url: &CheckedUrl) -> Result<Response, FetchError> {
        let mut url = url.clone();
        for _ in 0..MAX_REQUESTS {
            let request =
                client.get(url.url().clone()).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            let response = request.send().await.map_err(|error| FetchError::of(error, &url))?;
            match location(&response)? {
                Some(location) => url = self.rules.check_redirect(&url, &location)?,
                None => return self.welcome(response),
            }
        }
        Err(FetchError::TooManyRedirects)
    }

    /// Looks at the head of an answer that is no redirect.
    fn welcome(&self, response: Response) -> Result<Response, FetchError> {
        if !response.status().is_success() {
            return Err(FetchError::BadStatus(response.status()));
        }
        let coded = |coding: &HeaderValue| !coding.as_bytes().eq_ignore_ascii_case(b"identity");
        if response.headers().get_all(CONTENT_ENCODING).iter().any(coded) {
            return Err(FetchError::Encoded);
        }
        if response.content_length().is_some_and(|length| length > self.max_bytes) {
            return Err(FetchError::TooLarge);
        }
        Ok(response)
    }
}

/// How we introduce ourselves to other servers.
pub(crate) fn user_agent(settings: &Settings) -> String {
    format!("Commonhold/{} (+{})", env!("CARGO_PKG_VERSION"), settings.site.public_url)
}

/// A client that goes nowhere but where it is told.
fn make_client(resolver: &Arc<GuardedResolver>, user_agent: &str, idle: Duration) -> Result<Client> {
    build(&|| plain_client(resolver, user_agent).read_timeout(idle))
}

/// A client for a server that the operator has named, wherever that is. Finds hosts on these threads. Reads certificates,
/// which blocks.
pub(crate) fn client_for_named(threads: &Arc<Pool>, user_agent: &str) -> Result<Client> {
    let everywhere = [IpNet::from(Ipv4Net::default()), IpNet::from(Ipv6Net::default())];
    let lookup = Arc::new(SystemLookup(Arc::clone(threads)));
    let resolver = Arc::new(GuardedResolver::new(lookup, &everywhere));
    build(&|| plain_client(&resolver, user_agent))
}

fn plain_client(resolver: &Arc<GuardedResolver>, user_agent: &str) -> ClientBuilder {
    Client::builder()
        .user_agent(user_agent)
        .dns_resolver(Arc::clone(resolver))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        // A connection serves one request, so that each is to an address that was just checked.
        .pool_max_idle_per_host(0)
}

fn build(builder: &dyn Fn() -> ClientBuilder) -> Result<Client> {
    // Whoever was first has chosen; ring is the only one that is linked in.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = builder().build().or_else(|error| {
        tracing::warn!(%error, "no certificates to check other servers by; https can't be fetched");
        builder().tls_certs_only(std::iter::empty()).build()
    });
    client.map_err(|error| Error::Resource { what: "HTTP client", source: std::io::Error::other(error) })
}

/// Where an answer sends us on to.
fn location(response: &Response) -> Result<Option<String>, FetchError> {
    if !matches!(response.status().as_u16(), 300..=303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
    match std::str::from_utf8(location.as_bytes()) {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) => Err(FetchError::InvalidUrl(location.as_bytes().escape_ascii().to_string())),
    }
}

/// The body of an answer, up to a limit.
struct BodySource<'a> {
    response: Response,
    url: &'a CheckedUrl,
    limit: u64,
    received: u64,
    progress: Progress<'a>,
    /// Why it ended early.
    failure: Option<FetchError>,
}

impl BodySource<'_> {
    fn fail(&mut self, failure: FetchError) -> SourceError {
        let error = SourceError(format!("{failure:?}"));
        self.failure = Some(failure);
        error
    }
}

#[async_trait]
impl ByteSource for BodySource<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, SourceError> {
        let bytes = match self.response.chunk().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(error) => {
                let failure = FetchError::of(error, self.url);
                return Err(self.fail(failure));
            }
        };
        self.received += bytes.len() as u64;
        if self.received > self.limit {
            return Err(self.fail(FetchError::TooLarge));
        }
        (self.progress)(self.received);
        Ok(Some(bytes))
    }
}

impl Repository {
    /// Steps 7g and 7h: whether files may be fetched, and from this address, as far as can be told without asking.
    pub(crate) fn may_fetch_from(&self, url: &str) -> Result<(), Refusal> {
        if !self.settings.by_url.enabled {
            return Err(Refusal::of(Message::new("copyuploaddisabled")));
        }
        if !self.fetcher.rules().allows_host_of(url) {
            return Err(Refusal::of(Message::new("copyuploadbaddomain")));
        }
        Ok(())
    }

    /// An address as it was sent, if it may be asked. Jobs that have kept the text check it again.
    pub(crate) fn checked_url(&self, url: &str) -> Result<CheckedUrl, Refusal> {
        self.fetcher.rules().check(url).map_err(FetchError::refusal)
    }

    /// Takes in a file from another server. Refused: whatever goes wrong there, too slow, or too many bytes.
    pub(crate) async fn fetch(
        self: &Arc<Self>,
        user_id: i64,
        url: &CheckedUrl,
        progress: Progress<'_>,
    ) -> Result<Received> {
        let client = self.fetcher.client().await?;
        let transfer = async {
            let _turn = self.fetcher.turns.acquire().await.map_err(|_| Error::Gone)?;
            let response = self.fetcher.open(client, url).await.map_err(FetchError::refusal)?;
            let limit = self.fetcher.max_bytes;
            let mut source = BodySource { response, url, limit, received: 0, progress, failure: None };
            match self.receive(user_id, Hint::Fresh, &mut source).await {
                Err(Error::Body(_)) if source.failure.is_some() => {
                    let failure = source.failure.map(FetchError::refusal);
                    Err(failure.map_or(Error::Gone, Error::from))
                }
                other => other,
            }
        };
        match timeout(self.fetcher.timeout, transfer).await {
            Ok(outcome) => outcome,
            Err(_) => Err(FetchError::TimedOut(url.url().to_string()).refusal().into()),
        }
    }
}

#[cfg(test)]
mod tests;
