//! Files at their URLs: conditional requests, and what a browser may do with what strangers uploaded.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use commonhold_core::Timestamp;
use commonhold_repo::{Named, Repository, Result, ServedFile};
use headers::{ETag, HeaderMapExt, IfModifiedSince, IfNoneMatch};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{answer, paths, ranges};

/// Nothing in a file may run, load or submit anything, not even if it is opened as a page of its own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline' data:; font-src data:; img-src data:; media-src \
                      data:; sandbox";
/// Types that are shown as what they are; all others are only saved.
const SHOWN: &[&str] = &[
    "image/png",
    "image/gif",
    "image/jpeg",
    "image/webp",
    "image/avif",
    "image/svg+xml",
    "application/pdf",
    "application/ogg",
];
/// What stays as it is in a file's name in a header field.
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Caches ask again after this many seconds: the address of a file stays the same when it is overwritten.
const MAX_AGE: &str = "public, max-age=60, must-revalidate";

/// An answer with a file has about so many fields.
const FIELDS: usize = 14;

/// Who may see a file, and so who may keep it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody.
    Public,
    /// The owner of the stash it is in.
    Owner,
}

/// The file at a path below `/images/`.
pub(crate) async fn at_path(repo: &Repository, path: &str) -> Result<Option<(String, ServedFile)>> {
    let Some(segments) = paths::segments(path) else { return Ok(None) };
    let placed = paths::placed(&segments).filter(|placed| placed.is_in_place && placed.rest.is_empty());
    let Some(placed) = placed else { return Ok(None) };
    let file = match &placed.named {
        Named::Current(name) => repo.original(name).await?,
        Named::Archived(name) => repo.archived(name).await?,
    };
    Ok(file.map(|file| (placed.name.to_owned(), file)))
}

/// Answers a request for a file.
pub(crate) async fn serve(
    repo: &Repository,
    head: &Parts,
    (name, file): (String, ServedFile),
    audience: Audience,
) -> Result<Response<Body>> {
    let request = &head.headers;
    if ![Method::GET, Method::HEAD].contains(&head.method) {
        return Ok(answer::only_reading());
    }
    let mut response = Response::new(Body::empty());
    let tag = format!("\"{}\"", file.sha1);
    describe(response.headers_mut(), shown_as(&file.mime), file.modified, &tag, audience);
    if wants_download(&head.uri) {
        dispose(response.headers_mut(), "attachment", &name);
    }
    if audience == Audience::Public && request.contains_key(header::ORIGIN) {
        allow_scripts(response.headers_mut());
    }
    if is_unchanged(request, &tag, file.modified) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let Some(range) = ranges::part(head, &mut response, file.size) else { return Ok(response) };
    if head.method == Method::GET && !range.is_empty() {
        match repo.bytes(&file, range).await? {
            Some(bytes) => *response.body_mut() = Body::from_stream(bytes),
            // Deleted between the look-up and now.
            None => return Ok(answer::not_found()),
        }
    }
    Ok(response)
}

/// The type as which browsers are given a file.
fn shown_as(mime: &str) -> &str {
    let shown = SHOWN.contains(&mime) || mime.starts_with("audio/") || mime.starts_with("video/");
    if shown { mime } else { "application/octet-stream" }
}

/// Sets what is said of a file, or of a thumbnail, in any answer.
pub(crate) fn describe(
    headers: &mut HeaderMap,
    mime: &str,
    modified: Timestamp,
    tag: &str,
    audience: Audience,
) {
    // They would be moved several times if there weren't room for all of them.
    headers.reserve(FIELDS);
    set(headers, header::CONTENT_TYPE, mime);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    set(headers, header::LAST_MODIFIED, &modified.http_date());
    let kept = match audience {
        Audience::Public => MAX_AGE,
        Audience::Owner => "private, no-store",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    set(headers, header::ETAG, tag);
}

/// Whether a client has what it asks for already.
pub(crate) fn is_unchanged(request: &HeaderMap, tag: &str, modified: Timestamp) -> bool {
    if !request.contains_key(header::IF_NONE_MATCH) && !request.contains_key(header::IF_MODIFIED_SINCE) {
        return false;
    }
    let Ok(tag) = tag.parse::<ETag>() else { return false };
    match (request.typed_get::<IfNoneMatch>(), request.typed_get::<IfModifiedSince>()) {
        (Some(condition), _) => !condition.precondition_passes(&tag),
        (None, Some(condition)) => !condition.is_modified(moment(modified)),
        (None, None) => false,
    }
}

fn moment(time: Timestamp) -> SystemTime {
    std::time::UNIX_EPOCH + Duration::from_secs(time.unix().unsigned_abs())
}

pub(crate) fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Says whether to show or to save, and under which name.
pub(crate) fn dispose(headers: &mut HeaderMap, kind: &str, name: &str) {
    let name = utf8_percent_encode(name, FILE_NAME);
    set(headers, header::CONTENT_DISPOSITION, &format!("{kind};filename*=UTF-8''{name}"));
}

/// Lets scripts of other sites read a public file.
pub(crate) fn allow_scripts(headers: &mut HeaderMap) {
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, "Age, Date, Content-Length, Content-Range");
    set(headers, header::VARY, "Origin");
    headers.insert("timing-allow-origin", HeaderValue::from_static("*"));
}

/// Whether a file is to be saved and not shown.
pub(crate) fn wants_download(uri: &Uri) -> bool {
    let mut names = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split('=').next());
    names.any(|name| name == "download")
}
