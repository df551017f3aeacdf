//! `action=delete`.

use commonhold_core::Expiry;
use commonhold_repo::DeleteRequest;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::{target, watching};
use crate::output::Map;
use crate::params::{Bound, boolean, integer, params, tags, text, token, watchlist, watchlist_expiry};

pub(crate) const MODULE: Module = Module {
    name: "delete",
    kind: Kind::Action,
    prefix: "",
    summary: "Deletes a page, and its file with all versions, or one old version of the file.",
    params: Params::SPECS,
    needs: Needs::WRITE,
    generator: false,
    examples: &[
        ("action=delete&title=File:Example.jpg&reason=Blurred&token=123ABC", "Delete a file."),
        (
            "action=delete&title=File:Example.jpg&oldimage=20260102030405!Example.jpg&token=123ABC",
            "Delete an old version of a file.",
        ),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Title of the page.
    title: Option<String> = text();
    /// Id of the page, in place of its title.
    pageid: Option<i64> = integer(None, Bound::Open);
    /// Why.
    reason: String = text().default("");
    /// Tags that this is marked with.
    tags: Vec<String> = tags();
    /// Delete the talk page as well.
    deletetalk: bool = boolean();
    /// Watch the page.
    watch: bool = boolean().deprecated();
    /// Whether to watch the page: `watch`, `unwatch`, leave that as it is (`nochange`), or go by the `preferences`.
    watchlist: String = watchlist();
    /// Until when the page is watched. If absent, for good, or as it was.
    watchlistexpiry: Option<Expiry> = watchlist_expiry();
    /// Watch the page no longer.
    unwatch: bool = boolean().deprecated();
    /// Name of the old version to delete, as `iiprop=archivename` gives it.
    oldimage: Option<String> = text();
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let title = target::page(cx, ["title", "pageid"], params.title.as_deref(), params.pageid).await?;
    let request = DeleteRequest {
        caller: cx.session.caller.clone(),
        title: title.clone(),
        reason: params.reason,
        old_version: params.oldimage.filter(|name| !name.is_empty()),
        tags: params.tags,
        with_talk: params.deletetalk,
        watching: watching::asked(params.watch, params.unwatch, &params.watchlist, params.watchlistexpiry),
    };
    let deletion = cx.repo.delete(request).await?;
    let deleted = Map::new()
        .with("title", title.prefixed_text())
        .with("reason", deletion.reason)
        .with("logid", deletion.log_id);
    cx.result.set("delete", deleted);
    Ok(())
}
