//! Pages for people: what a browser shows of files and their descriptions.
//!
//! Each page is a function from the repository to a [`Page`]; the server puts it on the wire. Everything that came
//! from a user goes through maud's escaping.
//!
//! Invariants: no page runs scripts or loads anything from elsewhere; nothing here decides who may see what.

mod description;
mod layout;

use commonhold_core::title::Title;
use commonhold_repo::{Repository, Result};
use maud::{DOCTYPE, html};

pub use layout::{POLICY, Page, Status};

/// The page of a title: a file with its description, a text, or the news that there is none.
pub async fn show(repo: &Repository, title: &Title) -> Result<Page> {
    description::show(repo, title).await
}

/// The front page: what this is and where to go.
pub fn home(repo: &Repository) -> Page {
    let site = &repo.settings().site;
    let api = repo.urls().api();
    let body = html! {
        p { "A repository of media files. Programs that upload to a MediaWiki upload here, by this address:" }
        p { code { (api) } }
        p { a href=(api) { "What the API can do" } }
    };
    layout::page(repo, Status::Found, &site.name, &body)
}

/// Why there is no thumbnail, on a page of its own.
pub fn thumbnail_error(reason: &str) -> String {
    let heading = "No thumbnail";
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (heading) } }
            body { h1 { (heading) } p { (reason) } }
        }
    };
    page.into_string()
}

/// There is no such page.
pub fn not_found(repo: &Repository) -> Page {
    let body = html! { p { "There is no page of this name." } };
    layout::page(repo, Status::Missing, "Not found", &body)
}
