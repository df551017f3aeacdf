//! Short answers that are the same wherever they are given.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

/// Plain text that no browser takes for anything else.
pub(crate) fn text(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A small page that can do nothing.
pub(crate) fn html(status: StatusCode, html: String) -> Response<Body> {
    let mut response = text(status, "");
    *response.body_mut() = Body::from(html);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// Another address has it, at present.
pub(crate) fn redirect(status: StatusCode, url: &str) -> Response<Body> {
    let mut response = text(status, "");
    if let Ok(url) = HeaderValue::from_str(url) {
        response.headers_mut().insert(header::LOCATION, url);
    }
    response
}

/// Nothing is there.
pub(crate) fn not_found() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "There is nothing at this address.\n")
}

/// The address can only be read.
pub(crate) fn only_reading() -> Response<Body> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "This address takes GET and HEAD only.\n");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// A fault of ours, of which the log says more.
pub(crate) fn fault() -> Response<Body> {
    text(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on the server. Try again later.\n")
}
