//! What all pages have in common.

use commonhold_repo::Repository;
use maud::{DOCTYPE, Markup, html};

/// The content-security policy that pages are sent with: pictures of files, the page's own style, nothing else.
pub const POLICY: &str = "default-src 'none'; img-src 'self' MEDIA; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; \
     base-uri 'none'";

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
    color:#202122;background:#fff}header a{color:inherit;text-decoration:none;font-weight:600}h1{font-size:1.6rem;\
    border-bottom:1px solid #c8ccd1;overflow-wrap:anywhere}img{max-width:100%;max-height:70vh;height:auto}\
    pre{white-space:pre-wrap;overflow-wrap:anywhere}table{border-collapse:collapse}th,td{text-align:left;\
    padding:.2rem .8rem .2rem 0;vertical-align:top}a{color:#36c}";

/// Whether what a page is about is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Found,
    /// It isn't.
    Missing,
}

/// A page, ready to be sent.
#[derive(Debug)]
pub struct Page {
    /// Whether what it is about is there.
    pub status: Status,
    /// HTML.
    pub html: String,
}

/// A page with its heading.
pub(crate) fn page(repo: &Repository, status: Status, heading: &str, body: &Markup) -> Page {
    let site = &repo.settings().site;
    let rsd = format!("{}?action=rsd", repo.urls().api());
    let html = html! {
        (DOCTYPE)
        html lang=(site.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="generator" content=(commonhold_core::GENERATOR);
                title { (heading) " – " (site.name) }
                link rel="EditURI" type="application/rsd+xml" href=(rsd);
                style { (STYLE) }
            }
            body {
                header { a href="/" { (site.name) } }
                main { h1 { (heading) } (body) }
            }
        }
    };
    Page { status, html: html.into_string() }
}
