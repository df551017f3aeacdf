//! `action=undelete`.

use commonhold_core::{Expiry, Message, Refusal, Timestamp};
use commonhold_repo::RestoreRequest;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::{target, watching};
use crate::output::Map;
use crate::params::{
    Bound, boolean, integer, params, tags, text, timestamp, token, watchlist, watchlist_expiry,
};

pub(crate) const MODULE: Module = Module {
    name: "undelete",
    kind: Kind::Action,
    prefix: "",
    summary: "Restores a deleted page and its file: all of it, or the revisions and versions that are named.",
    params: Params::SPECS,
    needs: Needs::WRITE,
    generator: false,
    examples: &[
        ("action=undelete&title=File:Example.jpg&reason=By%20mistake&token=123ABC", "Restore a file."),
        (
            "action=undelete&title=File:Example.jpg&fileids=12|13&token=123ABC",
            "Restore two versions of a file.",
        ),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Title of the page.
    title: String = text().required();
    /// Why.
    reason: String = text().default("");
    /// Tags that this is marked with.
    tags: Vec<String> = tags();
    /// Times of the revisions to restore. Where neither these nor `fileids` are given, all is restored.
    timestamps: Vec<String> = timestamp().multi();
    /// Ids of the versions to restore, as `list=filearchive` gives them.
    fileids: Vec<String> = integer(None, Bound::Open).multi();
    /// Restore the talk page as well.
    undeletetalk: bool = boolean();
    /// Whether to watch the page: `watch`, `unwatch`, leave that as it is (`nochange`), or go by the `preferences`.
    watchlist: String = watchlist();
    /// Until when the page is watched. If absent, for good, or as it was.
    watchlistexpiry: Option<Expiry> = watchlist_expiry();
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let title = target::title(&params.title)?;
    if title.is_virtual() {
        return Err(Refusal::of(Message::new("apierror-pagecannotexist")).into());
    }
    let now = cx.repo.now();
    let request = RestoreRequest {
        caller: cx.session.caller.clone(),
        title: title.clone(),
        reason: params.reason.clone(),
        timestamps: params.timestamps.iter().filter_map(|text| Timestamp::parse(text, now)).collect(),
        file_ids: params.fileids.iter().filter_map(|text| text.parse().ok()).collect(),
        tags: params.tags,
        with_talk: params.undeletetalk,
        watching: watching::asked(false, false, &params.watchlist, params.watchlistexpiry),
    };
    let restored = cx.repo.restore(request).await?;
    let undeleted = Map::new()
        .with("title", title.prefixed_text())
        .with("revisions", restored.revisions)
        .with("fileversions", restored.versions)
        .with("reason", params.reason);
    cx.result.set("undelete", undeleted);
    Ok(())
}
