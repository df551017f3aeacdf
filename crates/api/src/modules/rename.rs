//! `action=move`.

use commonhold_core::Expiry;
use commonhold_repo::MoveRequest;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::{target, watching};
use crate::output::{List, Map};
use crate::params::{Bound, boolean, integer, params, tags, text, token, watchlist, watchlist_expiry};
use crate::problem;

pub(crate) const MODULE: Module = Module {
    name: "move",
    kind: Kind::Action,
    prefix: "",
    summary: "Gives a page, and its file with all versions, another title.",
    params: Params::SPECS,
    needs: Needs::WRITE,
    generator: false,
    examples: &[(
        "action=move&from=File:DSC_0001.jpg&to=File:Lighthouse.jpg&reason=Says%20more&token=123ABC",
        "Give a file a better name.",
    )],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Title of the page.
    from: Option<String> = text();
    /// Id of the page, in place of its title.
    fromid: Option<i64> = integer(None, Bound::Open);
    /// The title that it is to have.
    to: String = text().required();
    /// Why.
    reason: String = text().default("");
    /// Move the talk page as well.
    movetalk: bool = boolean();
    /// Move subpages as well. Files have none, and of other pages none are moved.
    movesubpages: bool = boolean();
    /// Leave no redirect; for those who have the right `suppressredirect`.
    noredirect: bool = boolean();
    /// Whether to watch both titles: `watch`, `unwatch`, leave that as it is (`nochange`), or go by the `preferences`.
    watchlist: String = watchlist();
    /// Until when they are watched. If absent, for good, or as it was.
    watchlistexpiry: Option<Expiry> = watchlist_expiry();
    /// Move in spite of warnings: that it hides a file of the shared repository.
    ignorewarnings: bool = boolean();
    /// Tags that this is marked with.
    tags: Vec<String> = tags();
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let from = match &params.from {
        // No special page can be moved, for there is none.
        Some(text) if params.fromid.is_none() => target::title(text)?,
        from => target::page(cx, ["from", "fromid"], from.as_deref(), params.fromid).await?,
    };
    let to = target::title(&params.to)?;
    let request = MoveRequest {
        caller: cx.session.caller.clone(),
        from: from.clone(),
        to: to.clone(),
        reason: params.reason.clone(),
        no_redirect: params.noredirect,
        tags: params.tags,
        with_talk: params.movetalk,
        ignore_warnings: params.ignorewarnings,
        watching: watching::asked(false, false, &params.watchlist, params.watchlistexpiry),
    };
    let moved = cx.repo.rename(request).await?;
    let mut result = Map::new()
        .with("from", from.prefixed_text())
        .with("to", to.prefixed_text())
        .with("reason", params.reason)
        .with("redirectcreated", moved.left_redirect)
        .with("moveoverredirect", moved.over_redirect);
    match moved.talk {
        Some((from, to, Ok(over_redirect))) => {
            result.set("talkfrom", from.prefixed_text()).set("talkto", to.prefixed_text());
            result.set("talkmoveoverredirect", over_redirect);
        }
        Some((_, _, Err(refusal))) => {
            let error = problem::within(&refusal, cx.error_format);
            result.set("talkmove-errors", List::of("error", [error]));
        }
        None => {}
    }
    cx.result.set("move", result);
    Ok(())
}
