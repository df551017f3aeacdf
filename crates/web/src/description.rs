//! The page of a title.

use commonhold_core::thumb::{Bounds, Options, Thumb};
use commonhold_core::title::{FileTitle, Title};
use commonhold_repo::{FileVersion, Repository, Result};
use maud::{Markup, html};

use crate::layout::{self, Page, Status};

/// Versions that are listed at most.
const VERSIONS: i64 = 50;
/// What is shown of a file fits into this.
const PREVIEW: Bounds = Bounds { width: 800, height: Some(600) };

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
    Ok(Some(html! {
        @if let Some(image) = preview(repo, name, &current) { p { a href=(url) { (image) } } }
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

/// A picture of the file, with sharper ones for screens that show them.
fn preview(repo: &Repository, name: &FileTitle, version: &FileVersion) -> Option<Markup> {
    let picture = repo.picture(&version.info)?;
    let thumb = picture.scale(PREVIEW, &Options::default())?;
    if repo.thumbnail_problem(&version.blob_key, &picture, &thumb).is_some() {
        return None;
    }
    let address = |thumb: &Thumb| {
        let given = picture.at_step(thumb, &repo.settings().thumbnails.sizes)?;
        Some(if given.is_original {
            repo.urls().file(name)
        } else {
            repo.urls().thumb(name, &given.file_name(&picture, name.dbkey()))
        })
    };
    let src = address(&thumb)?;
    let mut denser = Vec::new();
    for (density, halves) in [("1.5x", 3), ("2x", 4)] {
        let other = picture.denser(&thumb, halves).and_then(|thumb| address(&thumb));
        // Addresses have neither spaces nor commas, which would separate them here.
        denser.extend(other.filter(|other| *other != src).map(|other| format!("{other} {density}")));
    }
    let srcset = Some(denser.join(", ")).filter(|set| !set.is_empty());
    Some(html! {
        img src=(src) srcset=[srcset] width=(thumb.width) height=(thumb.height) alt=(name.text());
    })
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
