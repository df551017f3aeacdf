//! Pages of `commonhold-web` on the wire.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use commonhold_core::title::Title;
use commonhold_repo::{Repository, Result};
use commonhold_web::{POLICY, Page, Status};

/// The front page.
pub(crate) fn home(repo: &Repository) -> Response<Body> {
    send(repo, commonhold_web::home(repo))
}

/// There is no such page.
pub(crate) fn not_found(repo: &Repository) -> Response<Body> {
    send(repo, commonhold_web::not_found(repo))
}

/// The page of a title.
pub(crate) async fn show(repo: &Repository, title: &Title) -> Result<Response<Body>> {
    Ok(send(repo, commonhold_web::show(repo, title).await?))
}

fn send(repo: &Repository, page: Page) -> Response<Body> {
    let mut response = Response::new(Body::from(page.html));
    if page.status == Status::Missing {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // Files may be on a host of their own.
    if let Ok(policy) = HeaderValue::from_str(&POLICY.replace("MEDIA", &repo.settings().site.media_url)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
