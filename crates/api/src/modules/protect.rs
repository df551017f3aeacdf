//! `action=protect`.

use commonhold_core::Expiry;
use commonhold_core::protection::Level;
use commonhold_repo::{ProtectRequest, Protected};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::{target, watching};
use crate::output::{List, Map};
use crate::params::{Bound, boolean, integer, params, tags, text, token, watchlist, watchlist_expiry};

pub(crate) const MODULE: Module = Module {
    name: "protect",
    kind: Kind::Action,
    prefix: "",
    summary: "Says who may change, move, replace or make a page.",
    params: Params::SPECS,
    needs: Needs::WRITE,
    generator: false,
    examples: &[
        (
            "action=protect&title=File:Example.jpg&protections=edit=sysop|upload=sysop&expiry=1%20week&token=123ABC",
            "Let nobody but administrators change a file, for a week.",
        ),
        (
            "action=protect&title=File:Example.jpg&protections=edit=all|upload=all&token=123ABC",
            "Let everybody change it again.",
        ),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Title of the page.
    title: Option<String> = text();
    /// Number of the page.
    pageid: Option<i64> = integer(None, Bound::Open);
    /// What is protected by which level: `edit`, `move`, `upload`, or `create` for a title without a page; `all`,
    /// `autoconfirmed` or `sysop`. What isn't named is open to all.
    protections: Vec<String> = text().multi().required();
    /// When the protections end: one moment for all, or one for each.
    expiry: Vec<String> = text().multi().duplicates().default("infinite");
    /// Why.
    reason: String = text().default("");
    /// Tags that this is marked with.
    tags: Vec<String> = tags();
    /// Watch the page.
    watch: bool = boolean().deprecated();
    /// Whether to watch the page: `watch`, `unwatch`, leave that as it is (`nochange`), or go by the `preferences`.
    watchlist: String = watchlist();
    /// Until when the page is watched. If absent, for good, or as it was.
    watchlistexpiry: Option<Expiry> = watchlist_expiry();
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let title = target::page(cx, ["title", "pageid"], params.title.as_deref(), params.pageid).await?;
    let request = ProtectRequest {
        caller: cx.session.caller.clone(),
        title: title.clone(),
        protections: params.protections,
        expiry: params.expiry,
        reason: params.reason.clone(),
        tags: params.tags,
        watching: watching::asked(params.watch, false, &params.watchlist, params.watchlistexpiry),
    };
    let done = cx.repo.protect(request).await?;
    let protection = |one: Protected| {
        let level = one.level.map_or("", Level::as_str);
        Map::new().with(one.kind, level).with("expiry", one.expiry.iso("infinite"))
    };
    let mut answer = Map::new();
    answer.set("title", title.prefixed_text()).set("reason", params.reason);
    answer.set("protections", List::of("protection", done.into_iter().map(protection)));
    cx.result.set("protect", answer);
    Ok(())
}
