//! A request from its arrival to its answer, in MediaWiki's order of checks.

use std::sync::Arc;
use std::time::Instant;

use commonhold_core::right::Right;
use commonhold_core::{Message, Param, Refusal};
use commonhold_repo::{CheckedToken, CookieChange, Repository};
use http::{HeaderMap, Method, StatusCode};

use crate::body::{self, BodyStream};
use crate::context::{Context, Request};
use crate::cors::Cors;
use crate::failure::Failure;
use crate::module::{self, Kind, Module, Needs};
use crate::modules;
use crate::modules::main::Params as Main;
use crate::modules::query::QueryState;
use crate::output::{self, Map};
use crate::params;
use crate::problem::{self, ErrorFormat};
use crate::request::Fields;
use crate::response::{Headers, Response};

/// The cookie that names the session.
const COOKIE: &str = "commonhold_session";

/// The Action API over a repository.
pub struct Api {
    repo: Arc<Repository>,
}

/// A request as it arrives.
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The query string, without the question mark.
    pub query: String,
    /// The request fields.
    pub headers: HeaderMap,
    /// The client's address.
    pub ip: String,
    /// The body.
    pub body: BodyStream,
}

/// How far the engine is when something goes wrong: which module the error is told of.
struct Stopped {
    path: String,
    failure: Failure,
    status: StatusCode,
}

impl Stopped {
    fn at(module: &Module, failure: impl Into<Failure>) -> Self {
        Self { path: module.path(), failure: failure.into(), status: StatusCode::OK }
    }

    fn at_main(failure: impl Into<Failure>) -> Self {
        Self::at(&modules::main::MODULE, failure)
    }
}

impl Api {
    /// The API over a repository.
    pub fn new(repo: Arc<Repository>) -> Self {
        Self { repo }
    }

    /// Answers a request.
    pub async fn handle(&self, incoming: Incoming) -> Response {
        let began = Instant::now();
        let mut headers = Headers::default();
        let mut fields = Fields::default();
        fields.add_query(&incoming.query);
        let header = |name: &str| incoming.headers.get(name).and_then(|v| v.to_str().ok());

        // 1. Cross-origin rules.
        let cors = Cors {
            origin: fields.peek_text("origin"),
            header: header("origin"),
            requested_method: header("access-control-request-method"),
            requested_headers: header("access-control-request-headers"),
            trusted: &self.repo.settings().site.cors_origins,
        };
        let forbidden = cors.apply(&mut headers).is_err();
        if forbidden {
            return forbidden_origin(headers);
        }
        if incoming.method == Method::OPTIONS {
            return Response {
                status: StatusCode::OK,
                headers,
                body: Vec::new(),
                errors: Vec::new(),
                action: "options",
            };
        }
        let untrusted = fields.peek_text("origin") == Some("*")
            || fields.peek("callback").is_some()
            || incoming.headers.contains_key("treat-as-untrusted");
        if untrusted {
            headers.set("MediaWiki-Login-Suppressed", "true");
        }

        let cookie = if untrusted { None } else { session_cookie(&incoming.headers) };
        let session = self.repo.session(cookie, &incoming.ip).await;
        let mut cx = self.context(fields, untrusted, &incoming);
        let outcome = match session {
            Ok(session) => {
                cx.session = session;
                self.run(&mut cx, incoming, &mut headers).await
            }
            Err(error) => Err(Stopped::at_main(error)),
        };
        cx.output.elapsed = began.elapsed();
        finish(cx, outcome, headers)
    }

    fn context(&self, fields: Fields, untrusted: bool, incoming: &Incoming) -> Context {
        Context {
            repo: Arc::clone(&self.repo),
            session: self.repo.anonymous_session(&incoming.ip),
            request: Request {
                ip: incoming.ip.clone(),
                post: incoming.method == Method::POST,
                untrusted,
                fields,
                parts: std::collections::HashMap::new(),
            },
            head: Map::new(),
            result: Map::new(),
            warnings: Vec::new(),
            limits: Vec::new(),
            usable_tags: Vec::new(),
            error_format: ErrorFormat::Bc,
            output: modules::format::options(&modules::format::JSONFM, params::Values::default()),
            module: &modules::main::MODULE,
            action: "none",
            query: QueryState::default(),
            page: None,
            personal: false,
        }
    }

    /// Everything up to the module's end; what it finds is in the context's result.
    async fn run(&self, cx: &mut Context, incoming: Incoming, headers: &mut Headers) -> Result<(), Stopped> {
        let Incoming { method, headers: sent, body, .. } = incoming;
        let body = if method == Method::POST { body::read(cx, &sent, body).await } else { Ok(()) };

        // 2. What the answer carries in any case.
        if let Some(id) = cx.request.fields.peek_text("requestid") {
            let id = id.to_owned();
            cx.head.set("requestid", id);
        }
        if cx.request.fields.peek("curtimestamp").is_some() {
            let now = cx.repo.now().iso();
            cx.head.set("curtimestamp", now);
        }

        // 3. The parameters of the printer, so that everything later is said in its form, and of every request.
        let main = read_main(cx)?;
        body.map_err(Stopped::at_main)?;
        let Some(module) = module::named(Kind::Action, &main.action) else {
            return Err(Stopped::at_main(Refusal::new("badvalue", Message::new("apierror-unknownaction"))));
        };
        cx.action = module.name;
        if main.responselanginfo {
            cx.head.set("uselang", language(&main.uselang));
            let errors = if main.errorlang == "uselang" { &main.uselang } else { &main.errorlang };
            cx.head.set("errorlang", language(errors));
        }

        // 4.
        check_asserts(cx, &main).map_err(Stopped::at_main)?;

        // 5., 6. The module's parameters, then its token.
        params::prepare(cx, module).await.map_err(|failure| Stopped::at(module, failure))?;
        let values = params::read(cx, module).map_err(|r| Stopped::at(module, r))?;
        check_token(cx, module).map_err(|r| Stopped::at(module, r))?;

        // 7.
        check_rights(cx, module.needs).map_err(Stopped::at_main)?;

        // 8. One server lags behind nobody.
        if let Some(limit) = main.maxlag.filter(|limit| *limit < -1) {
            headers.set("Retry-After", limit.max(5).to_string());
            headers.set("X-Database-Lag", "0");
            let message = Message::new("apierror-maxlag").with(-1).with("localhost");
            let refusal =
                Refusal::of(message).with("host", "localhost").with("lag", -1i64).with("type", "db");
            return Err(Stopped::at_main(refusal));
        }

        // 10.
        if ![Method::GET, Method::HEAD, Method::POST].contains(&method) {
            let refusal = Refusal::of(Message::new("apierror-invalidmethod"));
            return Err(Stopped { status: StatusCode::METHOD_NOT_ALLOWED, ..Stopped::at_main(refusal) });
        }
        if module.needs.post && !cx.request.post {
            let refusal = Refusal::of(Message::new("apierror-mustbeposted").with(module.name));
            return Err(Stopped::at_main(refusal));
        }
        // 9. Whether the answer may be kept is known when it is there.
        let caching = (!cx.request.post && !module.needs.write).then_some((main.smaxage, main.maxage));

        // 11., 12.
        cx.module = module;
        let ran = (module.run)(cx, values).await;
        ran.map_err(|failure| Stopped::at(cx.module, failure))?;
        let unknown = cx.request.fields.unused();
        if !unknown.is_empty() {
            let count = unknown.len() as i64;
            let message = Message::new("apierror-unrecognizedparams").with(Param::List(unknown)).with(count);
            cx.warn_at(&modules::main::MODULE, "unrecognizedparams", message);
        }
        if let Some((shared, own)) = caching.filter(|(shared, own)| *shared > 0 || *own > 0) {
            headers.set("Cache-Control", cache_control(cx, shared, own));
            headers.set("Vary", "Accept-Encoding, Treat-as-Untrusted, Cookie");
        }
        Ok(())
    }
}

/// How long an answer may be kept, and by whom: what is the caller's own, never by others.
fn cache_control(cx: &Context, shared: i64, own: i64) -> String {
    let personal = cx.personal || !cx.session.caller.is_anonymous() || cx.session.cookie_change().is_some();
    if personal {
        format!("private, must-revalidate, max-age={}", if cx.personal { 0 } else { own })
    } else {
        format!("s-maxage={shared}, max-age={own}, public")
    }
}

/// Reads the printer's parameters and those of every request.
fn read_main(cx: &mut Context) -> Result<Main, Stopped> {
    if let Some(format) = cx.request.fields.peek_text("errorformat") {
        cx.error_format = ErrorFormat::named(format);
    }
    let printer = cx.request.fields.peek_text("format").unwrap_or("jsonfm");
    let printer = module::named(Kind::Format, printer).unwrap_or(&modules::format::JSONFM);
    cx.output = modules::format::options(printer, params::Values::default());
    match params::read(cx, printer) {
        Ok(values) => cx.output = modules::format::options(printer, values),
        // The printer itself is at fault: it answers with its defaults, and says so.
        Err(refusal) => {
            let failed = Message::new("apiwarn-errorprinterfailed");
            cx.warn_at(&modules::main::MODULE, "errorprinterfailed", failed);
            let why = Message::new("apiwarn-errorprinterfailed-ex").with(refusal.message.clone());
            cx.warn_at(printer, "errorprinterfailed", why);
            return Err(Stopped::at_main(refusal));
        }
    }
    params::read(cx, &modules::main::MODULE).map(Main::bind).map_err(Stopped::at_main)
}

fn check_asserts(cx: &Context, main: &Main) -> Result<(), Refusal> {
    let caller = &cx.session.caller;
    let failed = match main.r#assert.as_deref() {
        Some("anon") if !caller.is_anonymous() => Some(Message::new("apierror-assertanonfailed")),
        Some("user") if caller.is_anonymous() => Some(Message::new("apierror-assertuserfailed")),
        Some("bot") if !caller.can(Right::Bot) => Some(Message::new("apierror-assertbotfailed")),
        _ => None,
    };
    if let Some(message) = failed {
        return Err(Refusal::of(message));
    }
    match &main.assertuser {
        Some(name) if *name != caller.name => {
            Err(Refusal::of(Message::new("apierror-assertnameduserfailed").with(name.as_str())))
        }
        _ => Ok(()),
    }
}

fn check_token(cx: &Context, module: &Module) -> Result<(), Refusal> {
    let Some(kind) = module.needs.token else { return Ok(()) };
    let name = format!("{}token", module.prefix);
    let Some(field) = cx.request.fields.peek(&name) else { return Ok(()) };
    if field.in_query {
        return Err(Refusal::of(
            Message::new("apierror-mustpostparams").with(Param::List(vec![name])).with(1),
        ));
    }
    match cx.session.check_token(kind, &field.value) {
        CheckedToken::Valid(_) => Ok(()),
        CheckedToken::Invalid => Err(Refusal::of(Message::new("apierror-badtoken"))),
    }
}

/// Whether the caller may call a module with these needs at all, and now.
pub(crate) fn check_rights(cx: &Context, needs: Needs) -> Result<(), Refusal> {
    let caller = &cx.session.caller;
    if needs.read && !caller.can(Right::Read) {
        return Err(Refusal::of(Message::new("apierror-readapidenied")));
    }
    if needs.write && !caller.can(Right::Writeapi) {
        return Err(Refusal::of(Message::new("apierror-writeapidenied")));
    }
    if let Some(reason) = cx.repo.settings().site.read_only.as_deref().filter(|_| needs.write) {
        return Err(Refusal::of(Message::new("apierror-readonly")).with("readonlyreason", reason));
    }
    Ok(())
}

/// The language that texts are given in, of those that were asked for.
fn language(asked: &str) -> &str {
    modules::main::LANGUAGES.iter().copied().find(|l| *l == asked).unwrap_or("en")
}

/// The session's cookie among those sent.
pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(http::header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value).next_back()
}

fn forbidden_origin(mut headers: Headers) -> Response {
    headers.set("Content-Type", "text/html; charset=utf-8");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Cache-Control", "no-cache");
    let body = b"The parameter 'origin' has to be the request's Origin.\n".to_vec();
    Response { status: StatusCode::FORBIDDEN, headers, body, errors: Vec::new(), action: "none" }
}

/// Puts the answer together and prints it.
fn finish(mut cx: Context, outcome: Result<(), Stopped>, mut headers: Headers) -> Response {
    let mut status = StatusCode::OK;
    let mut errors = Vec::new();
    let mut result = Map::new();
    let failed = outcome.is_err();
    if let Err(stopped) = outcome {
        status = stopped.status;
        let refusal = stopped.failure.into_refusal();
        let help = Message::new("apihelp-see").with(cx.repo.urls().api());
        let help = crate::message::text(&help);
        problem::put_error(&mut result, &refusal, &stopped.path, cx.error_format, &help);
        headers.set("MediaWiki-API-Error", refusal.code.clone().into_owned());
        if let Some(seconds) = refusal.retry_after {
            headers.set("Retry-After", seconds.to_string());
        }
        // An error is never for shared caches.
        headers.set("Cache-Control", "private, must-revalidate, max-age=0");
        errors.push(refusal.code.into_owned());
        cx.page = None;
    }
    problem::put_warnings(&mut result, &cx.warnings, cx.error_format);
    result.extend(cx.head);
    if !failed {
        result.extend(cx.result);
        if !cx.limits.is_empty() {
            let mut limits = Map::new();
            for (module, limit) in cx.limits {
                limits.set(module, limit);
            }
            result.set("limits", limits);
        }
    }
    if headers.get("Cache-Control").is_none() {
        headers.set("Cache-Control", "private, must-revalidate, max-age=0");
    }
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    if let Some(change) = cx.session.cookie_change() {
        let secure = if cx.repo.settings().site.public_url.starts_with("https:") { "; Secure" } else { "" };
        let value = match change {
            CookieChange::Set(value) => format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"),
            CookieChange::Remove => {
                format!("{COOKIE}=deleted; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}")
            }
        };
        headers.set("Set-Cookie", value);
    }
    let body = if let Some(page) = cx.page {
        headers.set("Content-Type", "text/html; charset=utf-8");
        page.into_bytes()
    } else {
        let printed = output::print(&result.into(), &cx.output);
        headers.set("Content-Type", printed.content_type);
        headers.set("Content-Disposition", format!("inline; filename={}", printed.file_name));
        printed.body
    };
    Response { status, headers, body, errors, action: cx.action }
}
