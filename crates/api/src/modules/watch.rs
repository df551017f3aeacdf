//! `action=watch`.

use commonhold_core::Expiry;
use commonhold_core::title::Title;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::query::{Page, PageSet, Source};
use crate::modules::target;
use crate::output::{List, Map};
use crate::params::{boolean, params, text, token, watchlist_expiry};

pub(crate) const MODULE: Module = Module {
    name: "watch",
    kind: Kind::Action,
    prefix: "",
    summary: "Puts pages on the caller's watchlist, or takes them off it.",
    params: Params::SPECS,
    needs: Needs { token: Some("watch"), ..Needs::WRITE },
    generator: false,
    examples: &[
        ("action=watch&titles=File:Example.jpg&token=123ABC", "Watch a file's page."),
        ("action=watch&titles=File:Example.jpg&unwatch=1&token=123ABC", "Watch it no longer."),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Title of a page.
    title: Option<String> = text().deprecated();
    /// Until when the pages are watched. If absent, for good, or as they were.
    expiry: Option<Expiry> = watchlist_expiry();
    /// Take the pages off the watchlist.
    unwatch: bool = boolean();
    /// Titles of pages.
    titles: Option<Vec<String>> = text().multi();
    /// Ids of pages.
    pageids: Option<Vec<String>> = text().multi();
    /// A token of the type `watch`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    cx.repo.may_watch(&cx.session.caller)?;
    if let Some(text) = &params.title {
        if params.titles.is_some() || params.pageids.is_some() {
            let other = if params.titles.is_some() { "titles" } else { "pageids" };
            return Err(target::at_most_one_of(&["title", other]).into());
        }
        let title = target::title(text)?;
        if title.is_virtual() {
            return Err(target::invalid_title(text).into());
        }
        cx.repo
            .watch(&cx.session.caller, std::slice::from_ref(&title), params.unwatch, params.expiry)
            .await?;
        cx.result.set("watch", told(&title, params.unwatch, params.expiry));
        return Ok(());
    }
    let source = Source { titles: params.titles, pageids: params.pageids, revids: None };
    PageSet::load(cx, source, false).await?;
    let pages = std::mem::take(&mut cx.query.pages).pages;
    let titles: Vec<Title> = pages.iter().filter(|p| p.is_real()).filter_map(|p| p.title.clone()).collect();
    cx.repo.watch(&cx.session.caller, &titles, params.unwatch, params.expiry).await?;
    // What can't be watched comes first, then pages that don't exist.
    let rank = |page: &Page| (page.is_real(), page.row.is_some());
    let mut pages = pages;
    pages.sort_by_key(rank);
    let answer = pages.into_iter().map(|page| match &page.title {
        Some(title) if page.is_real() => {
            let told = told(title, params.unwatch, params.expiry);
            if page.row.is_none() { told.with("missing", true) } else { told }
        }
        _ => page.fields,
    });
    let answer = List::of("w", answer.collect::<Vec<_>>());
    cx.result.set("batchcomplete", true);
    cx.result.set("watch", answer);
    Ok(())
}

fn told(title: &Title, unwatch: bool, expiry: Option<Expiry>) -> Map {
    let done = if unwatch { "unwatched" } else { "watched" };
    let mut told = Map::new().with("title", title.prefixed_text()).with("ns", i64::from(title.ns()));
    if let (Some(expiry), false) = (expiry, unwatch) {
        told.set("expiry", expiry.iso("infinity"));
    }
    told.with(done, true)
}
