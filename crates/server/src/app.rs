//! The server's addresses, and what happens to every request.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::routing::{any, get};
use commonhold_api::{Api, BodyStream, Incoming};
use commonhold_core::FileKey;
use commonhold_core::title::{Title, ns};
use commonhold_media::tools::{Tool, Tools};
use commonhold_repo::{Error, Repository};
use futures_util::{StreamExt, TryStreamExt};
use ipnet::IpNet;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tracing::Instrument;

use crate::by_name::{self, ByName};
use crate::fields::Fields;
use crate::files::{self, Audience};
use crate::log::{Access, Answered};
use crate::metrics::{self, Metrics};
use crate::thumbs::{self, Asking};
use crate::{answer, icons, pages};

/// A client that sends nothing of its body for so long is given up.
const BODY_IDLE: Duration = Duration::from_mins(1);
/// Texts of fewer bytes would hardly shrink.
const COMPRESSED_FROM: u16 = 1024;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the handlers share.
pub(crate) struct App {
    pub(crate) repo: Arc<Repository>,
    pub(crate) api: Api,
    pub(crate) metrics: Metrics,
    pub(crate) access: Access,
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Set when the process is about to end, so that balancers stop sending.
    pub(crate) ending: AtomicBool,
}

/// The address of whoever is at the other end of the connection.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What the log and the metrics say of a request beyond its status; left in the answer's extensions.
#[derive(Clone, Default)]
struct Notes {
    action: &'static str,
    errors: Vec<String>,
}

/// The part of the server that answered; left in the answer's extensions.
#[derive(Clone, Copy)]
struct Route(&'static str);

/// Everything that clients see.
pub(crate) fn public(app: &Arc<App>, with_probes: bool) -> Router {
    let script_path = app.repo.urls().script_path().to_owned();
    // Files are compressed as they are; everything else is text.
    let texts = Router::new()
        .route(&format!("{script_path}/api.php"), any(api))
        .route(&format!("{script_path}/index.php"), get(index))
        .route("/wiki/{*title}", get(page))
        .route("/", get(home))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_FROM)));
    let mut router = texts.route(&format!("{script_path}/thumb.php"), any(thumb_script));
    let prefixes = if script_path.is_empty() { vec![""] } else { vec!["", script_path.as_str()] };
    for prefix in prefixes {
        router = router
            .route(&format!("{prefix}/images/{{*path}}"), any(image))
            .route(&format!("{prefix}/resources/assets/file-type-icons/{{name}}"), get(icon));
    }
    if with_probes {
        router = router.merge(probes());
    }
    finish(router, app)
}

/// The probes and metrics alone, for a listener of their own.
pub(crate) fn admin(app: &Arc<App>) -> Router {
    finish(probes(), app)
}

fn probes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
}

fn finish(router: Router<Arc<App>>, app: &Arc<App>) -> Router {
    router
        .fallback(async || answer::not_found())
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| answer::fault()))
        .layer(middleware::from_fn_with_state(Arc::clone(app), around))
        .with_state(Arc::clone(app))
}

/// Gives a request its id, and tells log and metrics how it went.
async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response<Body> {
    let id = app.repo.request_id();
    let began = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let _in_flight = app.metrics.begin();
    let span = tracing::info_span!("request", %id);
    let mut response = next.run(request).instrument(span).await;
    let took = began.elapsed();

    let notes: Notes = response.extensions_mut().remove().unwrap_or_default();
    let route = response.extensions_mut().remove().unwrap_or(Route("other")).0;
    let status = response.status().as_u16();
    let labels = metrics::Request { route, action: notes.action, status };
    app.metrics.answered(labels, took, &notes.errors);
    app.access.tell(&Answered {
        id: &id,
        method: method.as_str(),
        path: &path,
        status,
        action: notes.action,
        errors: notes.errors.join(","),
        milliseconds: took.as_secs_f64() * 1e3,
    });
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

async fn api(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let incoming = Incoming {
        ip: client_address(peer, &head.headers, &app.trusted_proxies).to_string(),
        method: head.method,
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body_stream(body, &app),
    };
    // A task of its own: what has begun goes on to its end even if the client goes away.
    let work = async move { app.api.handle(incoming).await }.in_current_span();
    let Ok(answered) = tokio::spawn(work).await else { return with_route(answer::fault(), "api") };
    let mut response = Response::new(Body::from(answered.body));
    *response.status_mut() = answered.status;
    for (name, value) in answered.headers.iter() {
        let name = HeaderName::from_bytes(name.as_bytes());
        // Values with letters beyond ASCII are legal as bytes.
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            response.headers_mut().insert(name, value);
        }
    }
    response.extensions_mut().insert(Notes { action: answered.action, errors: answered.errors });
    with_route(response, "api")
}

/// The body as it arrives, counted, and cut off where nothing arrives for long.
fn body_stream(body: Body, app: &App) -> BodyStream {
    let received = app.metrics.received();
    let frames = body.into_data_stream().map_err(Into::into);
    let frames = frames.inspect_ok(move |bytes| {
        received.inc_by(bytes.len() as u64);
    });
    let frames: BodyStream = Box::pin(frames);
    Box::pin(futures_util::stream::try_unfold(frames, |mut frames: Pin<Box<_>>| async move {
        let next: Option<Result<_, _>> = tokio::time::timeout(BODY_IDLE, frames.next()).await?;
        Ok(next.transpose()?.map(|bytes| (bytes, frames)))
    }))
}

/// Who asks: the last address in `X-Forwarded-For` that isn't a proxy's of ours, as far as proxies of ours say so.
fn client_address(peer: Peer, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.0.ip().to_canonical();
    let told = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut hops: Vec<&str> = told.flat_map(|value| value.split(',')).map(str::trim).collect();
    while is_trusted(&address) {
        let Some(Ok(before)) = hops.pop().map(str::parse::<IpAddr>) else { break };
        address = before.to_canonical();
    }
    address
}

async fn image(State(app): State<Arc<App>>, peer: Extension<Peer>, request: Request) -> Response<Body> {
    // The body isn't looked at; without it the rest can be shared.
    let (head, _) = request.into_parts();
    let path = head.uri.path();
    let path = path.split_once("/images/").map_or(path, |(_, rest)| rest);
    if let Some(path) = path.strip_prefix("thumb/") {
        let made = thumbs::at_path(&asking(&app, *peer, &head), path).await;
        return with_route(made.unwrap_or_else(|error| failed(&error)), "thumb");
    }
    let found = match files::at_path(&app.repo, path).await {
        Ok(Some(found)) => found,
        Ok(None) => return with_route(answer::not_found(), "file"),
        Err(error) => return with_route(failed(&error), "file"),
    };
    let served = files::serve(&app.repo, &head, found, Audience::Public).await;
    with_route(served.unwrap_or_else(|error| failed(&error)), "file")
}

/// `thumb.php`.
async fn thumb_script(
    State(app): State<Arc<App>>,
    peer: Extension<Peer>,
    request: Request,
) -> Response<Body> {
    let (head, _) = request.into_parts();
    let made = thumbs::script(&asking(&app, *peer, &head)).await;
    with_route(made.unwrap_or_else(|error| failed(&error)), "thumb")
}

fn asking<'a>(app: &'a App, peer: Peer, head: &'a Parts) -> Asking<'a> {
    let address = client_address(peer, &head.headers, &app.trusted_proxies);
    Asking { repo: &app.repo, head, address }
}

async fn icon(Path(name): Path<String>) -> Response<Body> {
    with_route(icons::serve(&name), "icon")
}

async fn home(State(app): State<Arc<App>>) -> Response<Body> {
    with_route(pages::home(&app.repo), "page")
}

/// `index.php?title=…` and `index.php?curid=…`.
async fn index(State(app): State<Arc<App>>, peer: Extension<Peer>, request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    let fields = Fields::of(&head.uri);
    let title = match (fields.get("title"), fields.get("curid")) {
        (Some(title), _) => Title::parse(title).ok(),
        (None, Some(id)) => match title_of(&app.repo, id).await {
            Ok(title) => title,
            Err(error) => return with_route(failed(&error), "page"),
        },
        (None, None) => {
            let home = Redirect::to("/");
            return with_route(home.into_response(), "page");
        }
    };
    show(&app, title, &peer, &head).await
}

async fn title_of(repo: &Repository, id: &str) -> Result<Option<Title>, Error> {
    let Ok(id) = id.parse() else { return Ok(None) };
    let page = repo.pages_by_id(&[id]).await?.pop();
    Ok(page.map(|page| Title::from_db(page.ns, page.dbkey)))
}

/// `/wiki/…`.
async fn page(State(app): State<Arc<App>>, peer: Extension<Peer>, request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    let path = head.uri.path().trim_start_matches("/wiki/");
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8();
    let title = decoded.ok().and_then(|text| Title::parse(&text).ok());
    show(&app, title, &peer, &head).await
}

/// The page of a title, or what a special page gives.
async fn show(app: &App, title: Option<Title>, peer: &Peer, head: &Parts) -> Response<Body> {
    let Some(title) = title else { return with_route(pages::not_found(&app.repo), "page") };
    if title.ns() == ns::SPECIAL {
        if let Some(place) = title.dbkey().strip_prefix("UploadStash/") {
            let served = stashed_file(app, place, *peer, head).await;
            return with_route(served.unwrap_or_else(|error| failed(&error)), "stash");
        }
        if let Some(wanted) = ByName::read(&title, &Fields::of(&head.uri)) {
            let found = by_name::lead(&app.repo, &wanted).await;
            return with_route(found.unwrap_or_else(|error| failed(&error)), "file");
        }
    }
    let shown = pages::show(&app.repo, &title).await;
    with_route(shown.unwrap_or_else(|error| failed(&error)), "page")
}

/// `file/` and a key, or `thumb/`, a key and the name of a thumbnail: a stashed file, for its owner.
async fn stashed_file(app: &App, place: &str, peer: Peer, head: &Parts) -> Result<Response<Body>, Error> {
    let asking = asking(app, peer, head);
    let cookie = commonhold_api::session_cookie(&head.headers);
    let session = app.repo.session(cookie, &asking.address.to_string()).await?;
    if let Some((key, thumb)) = place.strip_prefix("thumb/").and_then(|rest| rest.split_once('/')) {
        return thumbs::stashed(&asking, &session.caller, key, thumb).await;
    }
    let Some(key) = place.strip_prefix("file/").and_then(FileKey::parse) else {
        return Ok(answer::not_found());
    };
    let file = app.repo.stashed_file(&session.caller, &key).await?;
    files::serve(&app.repo, head, (key.as_str().to_owned(), file), Audience::Owner).await
}

async fn healthz() -> Response<Body> {
    with_route(answer::text(StatusCode::OK, "alive\n"), "probe")
}

async fn readyz(State(app): State<Arc<App>>) -> Response<Body> {
    let busy = |text| answer::text(StatusCode::SERVICE_UNAVAILABLE, text);
    let response = if app.ending.load(Ordering::Relaxed) {
        busy("ending\n")
    } else {
        match app.repo.check_stores().await {
            Ok(()) => answer::text(StatusCode::OK, ready_text(app.repo.decoders().tools())),
            Err(error) => {
                tracing::error!(%error, "not ready");
                busy("the stores don't work; see the log\n")
            }
        }
    };
    with_route(response, "probe")
}

/// The server is ready without any programs of others, but some files have no pictures then.
fn ready_text(tools: &Tools) -> String {
    let line = |tool: Tool| {
        let state = if tools.get(tool).is_some() { "there" } else { "not there" };
        format!("{}: {state}\n", tool.name())
    };
    format!("ready\n{}", Tool::ALL.map(line).concat())
}

async fn metrics_text(State(app): State<Arc<App>>) -> Response<Body> {
    let Ok(text) = app.metrics.text() else { return with_route(answer::fault(), "probe") };
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    with_route(response, "probe")
}

fn with_route(mut response: Response<Body>, route: &'static str) -> Response<Body> {
    response.extensions_mut().insert(Route(route));
    response
}

/// The answer where a use case fails. What somebody may not see isn't there.
fn failed(error: &Error) -> Response<Body> {
    if let Error::Refused(_) = error {
        return answer::not_found();
    }
    tracing::error!(%error, "a request failed");
    answer::fault()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let peer = Peer(SocketAddr::new(peer.parse().unwrap(), 1));
        assert_eq!(client_address(peer, &headers, &trusted).to_string(), expected);
    }

    #[test]
    fn only_our_proxies_say_who_asks() {
        check("192.0.2.1", &[], "192.0.2.1");
        check("192.0.2.1", &["198.51.100.7"], "192.0.2.1");
        check("10.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7");
        check("10.0.0.1", &["203.0.113.9", "198.51.100.7"], "198.51.100.7");
        check("10.0.0.1", &["nonsense"], "10.0.0.1");
        check("10.0.0.1", &[], "10.0.0.1");
        check("::ffff:10.0.0.1", &["2001:db8::1"], "2001:db8::1");
    }
}
