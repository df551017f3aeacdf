//! Fetching from a server on loopback, with names of hosts that mean what a test wants.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

use super::*;
use crate::testing::Other;

/// Names that mean something else each time; the last meaning stays.
struct Meanings(Mutex<VecDeque<Vec<IpAddr>>>, AtomicUsize);

impl Meanings {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().map(parse).collect()), AtomicUsize::new(0)))
    }

    fn asked(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Lookup for Meanings {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.0.lock().unwrap();
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        next.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// A server that has a file.
async fn other() -> Other {
    Other::start(|_| Some("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes".to_owned())).await
}

fn fetcher(networks: &[&str], lookup: Arc<Meanings>) -> Fetcher {
    let mut settings = Settings::default();
    settings.by_url.allow_networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    Fetcher::with_lookup(&settings, Arc::new(Pool::new("test", 1, 1).unwrap()), lookup)
}

async fn open(fetcher: &Fetcher, url: &str) -> Result<Response, FetchError> {
    let url = fetcher.rules().check(url)?;
    fetcher.open(fetcher.client().await.unwrap(), &url).await
}

#[tokio::test]
async fn a_name_that_means_a_closed_address_is_refused_before_anything_is_sent() {
    let other = other().await;
    let names = Meanings::new(&[&["127.0.0.1", "::1", "10.0.0.1"]]);
    let url = format!("http://innocent.example:{}/", other.port);
    assert_eq!(open(&fetcher(&[], names), &url).await.unwrap_err(), FetchError::Closed);
    assert!(other.heads().is_empty());
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    let other = other().await;
    // First loopback, which is allowed here; whoever asked again would be sent elsewhere.
    let names = Meanings::new(&[&["10.9.9.9", "127.0.0.1"], &["10.9.9.9"]]);
    let fetcher = fetcher(&["127.0.0.1/32"], Arc::clone(&names));
    let url = format!("http://innocent.example:{}/", other.port);
    let mut response = open(&fetcher, &url).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "bytes");
    assert_eq!(names.asked(), 1);
    // The next fetch asks, and checks, again: nothing is kept.
    assert_eq!(open(&fetcher, &url).await.unwrap_err(), FetchError::Closed);
    assert_eq!((names.asked(), other.heads().len()), (2, 1));
}

#[tokio::test]
async fn a_redirect_is_resolved_and_checked_anew() {
    // The name is rebound between the redirect and its following.
    let other = Other::start(|_| {
        Some("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n".to_owned())
    });
    let other = other.await;
    let names = Meanings::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let fetcher = fetcher(&["127.0.0.1/32"], Arc::clone(&names));
    let url = format!("http://innocent.example:{}/", other.port);
    assert_eq!(open(&fetcher, &url).await.unwrap_err(), FetchError::Closed);
    assert_eq!((names.asked(), other.heads().len()), (2, 1));
}

#[tokio::test]
async fn nothing_is_sent_that_was_not_meant_to_be() {
    let other = other().await;
    let names = Meanings::new(&[&["127.0.0.1"]]);
    let fetcher = fetcher(&["127.0.0.0/8"], names);
    open(&fetcher, &format!("http://me:secret@innocent.example:{}/a?b#c", other.port)).await.unwrap();
    let head = other.heads().remove(0).to_lowercase();
    assert!(head.starts_with("get /a?b http/1.1\r\n"), "{head}");
    assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
    assert!(head.contains("user-agent: commonhold/"), "{head}");
    for never in ["authorization", "cookie", "referer", "secret"] {
        assert!(!head.contains(never), "{head}");
    }
}

#[tokio::test]
async fn hosts_that_are_not_there_are_told_apart() {
    let nobody = fetcher(&[], Meanings::new(&[]));
    let unknown = FetchError::Transport("fetch-unknown-host");
    assert_eq!(open(&nobody, "http://nowhere.example/").await.unwrap_err(), unknown);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    drop(silent);
    let someone = fetcher(&["127.0.0.0/8"], Meanings::new(&[&["127.0.0.1"]]));
    let away = FetchError::Transport("fetch-no-connection");
    assert_eq!(open(&someone, &format!("http://here.example:{port}/")).await.unwrap_err(), away);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left() {
    let url = |other: &Other, path: &str| format!("http://127.0.0.1:{}{path}", other.port);
    let mut fetcher = fetcher(&["127.0.0.0/8"], Meanings::new(&[]));
    fetcher.idle_timeout = Duration::from_millis(100);
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbytes";
    let other =
        Other::holding(move |head| Some(if head.starts_with("GET /half") { half } else { "" }.to_owned()))
            .await;
    let never = url(&other, "/never");
    assert_eq!(open(&fetcher, &never).await.unwrap_err(), FetchError::TimedOut(never));
    let checked = fetcher.rules().check(&url(&other, "/half")).unwrap();
    let response = open(&fetcher, &url(&other, "/half")).await.unwrap();
    let seen = AtomicUsize::new(0);
    let progress = |bytes: u64| seen.store(usize::try_from(bytes).unwrap(), Ordering::Relaxed);
    let mut source =
        BodySource { response, url: &checked, limit: 9, received: 0, progress: &progress, failure: None };
    assert_eq!(source.next().await.unwrap().unwrap(), "bytes");
    assert!(source.next().await.is_err());
    assert_eq!(source.failure, Some(FetchError::TimedOut(url(&other, "/half"))));
    assert_eq!(seen.load(Ordering::Relaxed), 5);
}
