//! The page of a title.

use commonhold_core::MediaType;
use commonhold_core::title::{FileTitle, Title};
use commonhold_repo::{FileVersion, Repository, Result};
use maud::{Markup, html};

use crate::layout::{self, Page, Status};

/// Versions that are listed at most.
const VERSIONS: i64 = 50;
/// Pictures of at most this many bytes are shown as they are.
const SHOWN_BYTES: u64 = 20 * 1024 * 1024;

pub(crate) async fn show(repo: &Repository, title: &Title) -> Result<Page> {
    let text = repo.page_text(title).await?.map(|page| page.text);
    let file = match FileTitle::from_title(title) {
        Some(name) => file(repo, &name).await?,
        None => None,
    };
    if text.is_none() && file.is_none() {
        return Ok(crate::not_found(repo));
    }
    let body = html! {
        @if let Some(file) = file { (file) }
        @if let Some(text) = text {
            @if !text.is_empty() { h2 { "Description" } pre { (text) } }
        }
    };
    Ok(layout::page(repo, Status::Found, &title.prefixed_text(), &body))
}

async fn file(repo: &Repository, name: &FileTitle) -> Result<Option<Markup>> {
    let Some(current) = repo.current_versions(std::slice::from_ref(name)).await?.remove(name.dbkey()) else {
        return Ok(None);
    };
    let old = repo.old_versions(name, None, None, VERSIONS).await?;
    let url = repo.urls().file(name);
    let pictured = matches!(current.info.media_type, MediaType::Bitmap | MediaType::Drawing)
        && current.hashes.size <= SHOWN_BYTES;
    Ok(Some(html! {
        @if pictured { p { a href=(url) { img src=(url) alt=(name.text()); } } }
        p {
            a href=(url) { "Original file" }
            " (" (dimensions(&current)) (current.hashes.size) " bytes, " (current.info.mime) ")"
        }
        h2 { "Versions" }
        table {
            tr { th { "Time" } th { "Size" } th { "User" } th { "Comment" } }
            (row(repo, name, &current))
            @for version in &old { (row(repo, name, version)) }
        }
    }))
}

fn row(repo: &Repository, name: &FileTitle, version: &FileVersion) -> Markup {
    let url = match &version.archive_name {
        Some(archive) => repo.urls().archive(name, archive),
        None => repo.urls().file(name),
    };
    html! {
        tr {
            td { a href=(url) { (version.timestamp.iso()) } }
            td { (dimensions(version)) (version.hashes.size) " bytes" }
            td { (version.user_name) }
            td { (version.comment) }
        }
    }
}

fn dimensions(version: &FileVersion) -> String {
    let info = &version.info;
    if info.width == 0 { String::new() } else { format!("{} × {} pixels, ", info.width, info.height) }
}
