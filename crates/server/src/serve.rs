//! Running: the first start, the listeners, and an orderly end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::Request;
use commonhold_api::Api;
use commonhold_repo::{Collected, Extent, GARBAGE_AGE_SECONDS, Repository};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tower::ServiceExt;

use crate::app::{self, App, Peer};
use crate::cli::Options;
use crate::config::Config;
use crate::log::{self, Access};
use crate::metrics::Metrics;
use crate::print;
use crate::stores::{self, DataDirectory};

/// A client has so long for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a connection that are read ahead of who takes them; also the longest head. Large uploads fill it, so it
/// counts for each of them.
const READ_AHEAD: usize = 128 * 1024;
/// Requests in flight and jobs at work are given so long to end.
const DRAIN: Duration = Duration::from_secs(9);
/// Between two words to other servers.
const PULSE: Duration = Duration::from_secs(15);
/// Between two sweeps of what has expired.
const SWEEP: Duration = Duration::from_mins(10);
/// Between two searches for bytes that nothing refers to.
const COLLECTION: Duration = Duration::from_hours(24);
/// Where thumbnails are kept, in the data directory.
const THUMBNAILS: &str = "thumbnails";
/// The first account, and the variable that gives its password.
const ADMINISTRATOR: &str = "Admin";
const ADMINISTRATOR_GROUPS: [&str; 3] = ["bureaucrat", "interface-admin", "sysop"];
const PASSWORD_VARIABLE: &str = "COMMONHOLD_ADMIN_PASSWORD";

/// `commonhold serve`.
pub(crate) fn run(options: &Options, config: &Config) -> Result<()> {
    let log = log::start(options);
    allow_many_files();
    let _claimed = DataDirectory::claim(&options.data)?;
    let db = stores::open_catalogue(&options.data, config)?;
    let files = stores::open_storage(&options.data, config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let listener = bind(config.listen).await?;
        let admin = match config.admin_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let address = listener.local_addr().context("the listener has no address")?;
        if config.public_url.is_none() && address.ip().is_unspecified() {
            tracing::warn!(
                "clients are told http://{address}, which only this machine knows: set server.public_url"
            );
        }
        let mut settings = config.settings(address);
        settings.thumbnails.directory = Some(options.data.join(THUMBNAILS));
        let repo = Arc::new(stores::open(db, files, settings)?);
        repo.take_over().await.context("what an earlier process left can't be put in order")?;
        let password = first_start(&repo).await?;
        let api = repo.urls().api();
        serve(config, repo, log.access(), listener, admin, || {
            announce(options, address, &api, password.as_deref())
        })
        .await
    })
}

/// Each connection is an open file, and many systems allow a process few of them unless it asks.
fn allow_many_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("can't listen on {address}"))
}

/// Makes the administrator if there is nobody yet. Gives his password if it was made here.
async fn first_start(repo: &Repository) -> Result<Option<String>> {
    if repo.has_users().await? {
        return Ok(None);
    }
    if repo.has_blobs().await? {
        bail!(
            "the catalogue is empty, but files are stored: is database.url right? A lost catalogue is restored from a \
             backup; to begin anew, take the directories blobs and partial away"
        );
    }
    let given = std::env::var(PASSWORD_VARIABLE).ok().filter(|password| !password.is_empty());
    let password = given.clone().unwrap_or_else(|| repo.new_password());
    let groups = ADMINISTRATOR_GROUPS.map(str::to_owned);
    repo.create_user(ADMINISTRATOR, &password, &groups).await.context("the administrator can't be made")?;
    Ok(if given.is_some() { None } else { Some(password) })
}

/// Tells where the server is; at the first start also how to upload.
fn announce(options: &Options, address: SocketAddr, api: &str, password: Option<&str>) -> io::Result<()> {
    if options.json {
        let mut line = serde_json::json!({ "listening": format!("http://{address}") });
        if let Some(password) = password {
            line["administrator"] = serde_json::json!({ "name": ADMINISTRATOR, "password": password });
        }
        return print(&format!("{line}\n"));
    }
    if let Some(password) = password {
        print(&welcome(api, password))?;
    }
    print(&format!("listening on http://{address}\n"))
}

/// What a newcomer needs.
fn welcome(api: &str, password: &str) -> String {
    format!(
        r#"
The administrator is {ADMINISTRATOR}, with the password {password}
It isn't shown again; `commonhold user passwd {ADMINISTRATOR}` sets a new one.

A first upload, to paste into another shell (it sends photo.jpg):

api={api}; jar=$(mktemp)
token() {{ curl -s -b "$jar" -c "$jar" "$api?action=query&meta=tokens&type=$1&format=json" |
  sed 's/.*token":"\([0-9a-f]*\).*/\1+\\/'; }}
curl -s -b "$jar" -c "$jar" "$api" -d action=login -d format=json -d lgname={ADMINISTRATOR} \
  -d lgpassword={password} --data-urlencode "lgtoken=$(token login)"; echo
curl -s -b "$jar" -c "$jar" "$api" -F action=upload -F format=json -F filename=Photo.jpg \
  -F comment="First upload" -F file=@photo.jpg -F "token=$(token csrf)"; echo

"#
    )
}

/// Serves until a signal asks to end, and then for as long as requests are in flight and jobs at work, within limits.
async fn serve(
    config: &Config,
    repo: Arc<Repository>,
    access: Access,
    listener: TcpListener,
    admin: Option<TcpListener>,
    ready: impl FnOnce() -> io::Result<()>,
) -> Result<()> {
    let mut terminated = signal(SignalKind::terminate()).context("no signal handler")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("no signal handler")?;
    let app = Arc::new(App {
        api: Api::new(Arc::clone(&repo)),
        repo: Arc::clone(&repo),
        metrics: Metrics::new(Arc::clone(&repo)),
        access,
        trusted_proxies: config.trusted_proxies.clone(),
        ending: AtomicBool::new(false),
    });
    let (end, ending) = watch::channel(false);
    let sweepers = [
        tokio::spawn(sweep(Arc::clone(&repo))),
        tokio::spawn(collect(Arc::clone(&repo))),
        tokio::spawn(take_stock(Arc::clone(&repo))),
    ];
    // It goes on while requests are finished.
    let pulse = tokio::spawn(pulse(Arc::clone(&repo)));
    let mut tasks = vec![tokio::spawn(accept(listener, app::public(&app, admin.is_none()), ending.clone()))];
    if let Some(admin) = admin {
        tasks.push(tokio::spawn(accept(admin, app::admin(&app), ending.clone())));
    }
    // Jobs change things as requests do.
    let workers = if repo.settings().site.read_only.is_some() { 0 } else { config.workers };
    tasks.extend((0..workers).map(|_| tokio::spawn(Arc::clone(&repo).work(ending.clone()))));
    ready()?;

    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    tracing::info!("ending: requests and jobs that were begun are finished");
    app.ending.store(true, Ordering::Relaxed);
    for sweeper in sweepers {
        sweeper.abort();
    }
    let _ = end.send(true);
    let drained = timeout(DRAIN, async {
        for task in tasks {
            let _ = task.await;
        }
    });
    if drained.await.is_err() {
        tracing::warn!("some clients or jobs did not finish in time; they are given up");
        if let Err(error) = repo.give_back_jobs().await {
            tracing::warn!(%error, "unfinished jobs can't be given back; others will wait for them a while");
        }
    }
    pulse.abort();
    if let Err(error) = repo.leave().await {
        tracing::warn!(%error, "the catalogue can't be left in order; the next start, or other servers, will see to it");
    }
    tracing::info!("ended");
    Ok(())
}

/// Takes connections until told to end, then waits for those that are answering.
async fn accept(listener: TcpListener, router: Router, mut ending: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ending.changed() => break,
        };
        match accepted {
            Ok((stream, peer)) => converse(stream, peer, router.clone(), &graceful),
            Err(error) => {
                // Too many open files, mostly: others will be closed.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Answers the requests of one connection.
fn converse(stream: TcpStream, peer: SocketAddr, router: Router, graceful: &GracefulShutdown) {
    // Answers are small and should not wait for more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request.map(axum::body::Body::new))
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(READ_AHEAD);
    let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

/// Learns which thumbnails an earlier process has kept.
async fn take_stock(repo: Arc<Repository>) {
    if let Err(error) = repo.take_stock_of_thumbnails().await {
        tracing::warn!(%error, "kept thumbnails are not all known; they may take more room than they should");
    }
}

/// Tells other servers over the same catalogue that this one is alive, again and again.
async fn pulse(repo: Arc<Repository>) {
    let mut ticks = interval(PULSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = repo.show_alive().await {
            tracing::warn!(%error, "other servers can't be told that this one is alive");
        }
    }
}

/// Removes what has expired, again and again.
async fn sweep(repo: Arc<Repository>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = repo.sweep_sessions().await {
            tracing::error!(%error, "expired sessions could not be removed");
        }
        if let Err(error) = repo.sweep_blocks().await {
            tracing::error!(%error, "blocks that are over could not be removed");
        }
        if let Err(error) = repo.sweep_protections().await {
            tracing::error!(%error, "protections that are over could not be removed");
        }
        if let Err(error) = repo.sweep_watchlists().await {
            tracing::error!(%error, "what is watched no longer could not be removed");
        }
        if let Err(error) = repo.sweep_throttles().await {
            tracing::error!(%error, "throttles that are over could not be removed");
        }
        if let Err(error) = repo.sweep_jobs().await {
            tracing::error!(%error, "jobs that are over could not be removed");
        }
        match repo.sweep_stash().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "expired files were removed from the stash"),
            Err(error) => tracing::error!(%error, "the stash could not be swept"),
        }
    }
}

/// Removes bytes that nothing refers to, again and again.
async fn collect(repo: Arc<Repository>) {
    let mut ticks = interval(COLLECTION);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match repo.collect_garbage(GARBAGE_AGE_SECONDS, Extent::LessThanKept).await {
            Ok(Collected { blobs: 0, partials: 0 }) => {}
            Ok(Collected { blobs, partials }) => {
                tracing::info!(blobs, partials, "bytes that nothing refers to were removed");
            }
            Err(error) => tracing::error!(%error, "bytes that nothing refers to could not be removed"),
        }
    }
}
