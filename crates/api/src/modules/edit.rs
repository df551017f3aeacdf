//! `action=edit`.

use commonhold_core::{Expiry, Message, Param, Refusal, Timestamp};
use commonhold_repo::{Base, EditRequest, Existence, TextChange};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::{target, watching};
use crate::output::Map;
use crate::params::{
    Bound, boolean, choice, integer, params, tags, text, timestamp, token, watchlist, watchlist_expiry,
};

pub(crate) const MODULE: Module = Module {
    name: "edit",
    kind: Kind::Action,
    prefix: "",
    summary: "Makes a page, or gives it another text.",
    params: Params::SPECS,
    needs: Needs::WRITE,
    generator: false,
    examples: &[
        (
            "action=edit&title=File:Example.jpg&text=A%20lighthouse.&summary=What%20it%20shows&token=123ABC",
            "Give a page a text.",
        ),
        (
            "action=edit&title=File:Example.jpg&appendtext=%0AMore.&basetimestamp=2026-01-02T03:04:05Z&token=123ABC",
            "Add to a page.",
        ),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Title of the page.
    title: Option<String> = text();
    /// Id of the page, in place of its title.
    pageid: Option<i64> = integer(None, Bound::Open);
    /// The section to edit: `new` for a further one. Others can't be edited alone.
    section: Option<String> = text();
    /// Heading of a new section.
    sectiontitle: Option<String> = text();
    /// The page's text.
    text: Option<String> = text().multiline();
    /// Why; of a new section without `sectiontitle`, its heading.
    summary: String = text().default("");
    /// Tags that this is marked with.
    tags: Vec<String> = tags();
    /// It is a minor edit.
    minor: bool = boolean();
    /// It is no minor edit.
    notminor: bool = boolean();
    /// Mark it as a bot's.
    bot: bool = boolean();
    /// Id of the revision that the text was made from, so that others' later edits are not lost.
    baserevid: Option<i64> = integer(None, Bound::Open);
    /// Time of the revision that the text was made from, in place of its id.
    basetimestamp: Option<Timestamp> = timestamp();
    /// When the edit was begun, so that a page that was deleted meanwhile is not made again.
    starttimestamp: Option<Timestamp> = timestamp();
    /// Watch the page.
    watch: bool = boolean().deprecated();
    /// Watch the page no longer.
    unwatch: bool = boolean().deprecated();
    /// Whether to watch the page: `watch`, `unwatch`, leave that as it is (`nochange`), or go by the `preferences`.
    watchlist: String = watchlist();
    /// Until when the page is watched. If absent, for good, or as it was.
    watchlistexpiry: Option<Expiry> = watchlist_expiry();
    /// Make a page again even if it was deleted meanwhile.
    recreate: bool = boolean();
    /// Only make a page, change none.
    createonly: bool = boolean();
    /// Only change a page, make none.
    nocreate: bool = boolean();
    /// The MD5 of the text, or of `prependtext` and `appendtext` together.
    md5: Option<String> = text();
    /// Put this before the text that is there.
    prependtext: Option<String> = text().multiline();
    /// Put this after the text that is there.
    appendtext: Option<String> = text().multiline();
    /// Take back what this revision did.
    undo: Option<i64> = integer(None, Bound::Open);
    /// Take back what all revisions after this one did, up to `undo`.
    undoafter: Option<i64> = integer(None, Bound::Open);
    /// Edit the page that this one redirects to; with `appendtext`, `prependtext` and new sections.
    redirect: bool = boolean();
    /// Format of the text; there is one.
    contentformat: Option<String> = choice(&["text/x-wiki"]);
    /// Kind of the page's content; there is one.
    contentmodel: Option<String> = choice(&["wikitext"]);
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let change = change(&params)?;
    let title = target::page(cx, ["title", "pageid"], params.title.as_deref(), params.pageid).await?;
    let base = match (params.baserevid, params.basetimestamp) {
        (Some(id), _) => Base::Revision(id),
        (None, Some(time)) => Base::Time(time),
        (None, None) => Base::Unknown,
    };
    let existence = match (params.nocreate, params.createonly) {
        (true, _) => Existence::Present,
        (false, true) => Existence::Absent,
        (false, false) => Existence::Either,
    };
    let request = EditRequest {
        caller: cx.session.caller.clone(),
        title,
        change,
        summary: params.summary,
        tags: params.tags,
        minor: params.minor && !params.notminor,
        bot: params.bot,
        existence,
        watching: watching::asked(params.watch, params.unwatch, &params.watchlist, params.watchlistexpiry),
        base,
        began: params.starttimestamp.filter(|_| !params.recreate),
        follow_redirect: params.redirect,
        md5: params.md5,
    };
    let edited = cx.repo.edit(request).await?;
    if let Some(from) = &edited.redirected_from {
        let redirect = Map::new().with("from", from.prefixed_text()).with("to", edited.title.prefixed_text());
        cx.result.set("redirects", redirect);
    }
    let mut result = Map::new();
    if edited.made.is_some_and(|made| made.old_revision == 0) {
        result.set("new", true);
    }
    result.set("result", "Success").set("pageid", edited.page_id).set("title", edited.title.prefixed_text());
    result.set("contentmodel", "wikitext");
    match edited.made {
        Some(made) => {
            result.set("oldrevid", made.old_revision).set("newrevid", made.new_revision);
            result.set("newtimestamp", made.timestamp.iso());
        }
        None => {
            result.set("nochange", true);
        }
    }
    if let Some(until) = edited.watched {
        result.set("watched", true);
        if let Some(end) = until.moment() {
            result.set("watchlistexpiry", end.iso());
        }
    }
    cx.result.set("edit", result);
    Ok(())
}

/// What is asked for.
fn change(params: &Params) -> Result<TextChange, Refusal> {
    let around = params.prependtext.is_some() || params.appendtext.is_some();
    if !around && params.text.is_none() && params.undo.is_none_or(|id| id <= 0) {
        let names = ["text", "appendtext", "prependtext", "undo"].map(str::to_owned).to_vec();
        let message = Message::new("apierror-missingparam-at-least-one-of").with(Param::List(names)).with(4);
        return Err(Refusal::new("missingparam", message));
    }
    if let Some(revision) = params.undo.filter(|id| *id > 0) {
        return Ok(TextChange::Undo { revision, after: params.undoafter.filter(|id| *id > 0) });
    }
    let joined = || {
        let parts = [&params.prependtext, &params.appendtext];
        parts.into_iter().flatten().map(String::as_str).collect::<String>()
    };
    match params.section.as_deref() {
        Some("new") => {
            let heading = params.sectiontitle.clone().unwrap_or_else(|| params.summary.trim().to_owned());
            let text = if around { joined() } else { params.text.clone().unwrap_or_default() };
            Ok(TextChange::NewSection { heading, text })
        }
        Some(section) if is_section(section) => {
            Err(Refusal::of(Message::new("apierror-sectionsnotsupported").with("wikitext")))
        }
        Some(_) => Err(Refusal::of(Message::new("apierror-invalidsection"))),
        None if around => Ok(TextChange::Around {
            before: params.prependtext.clone().unwrap_or_default(),
            after: params.appendtext.clone().unwrap_or_default(),
        }),
        None => Ok(TextChange::Whole(params.text.clone().unwrap_or_default())),
    }
}

/// Whether this could name a section: a number, with `T-` in front for one of a template.
fn is_section(text: &str) -> bool {
    let digits = text.strip_prefix("T-").unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
