//! `prop=revisions`.

use std::collections::HashMap;

use commonhold_core::{Message, Param, Refusal, Sha1, Timestamp};
use commonhold_repo::{Direction, History, RevisionRow, Tagged};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::query::list;
use crate::modules::query::logevents::{position, put_comment, put_user};
use crate::modules::query::tags::{put_tags, shown};
use crate::modules::target;
use crate::output::{List, Map};
use crate::params::{Bound, choice, integer, limit_if_given, params, text, timestamp, user};

pub(crate) const MODULE: Module = Module {
    name: "revisions",
    kind: Kind::Prop,
    prefix: "rv",
    summary: "Lists revisions of pages: the newest of each, or the history of one.",
    params: Params::SPECS,
    needs: Needs::READ,
    generator: false,
    examples: &[
        (
            "action=query&titles=File:Example.jpg&prop=revisions&rvprop=content&rvslots=main",
            "The text of a page.",
        ),
        ("action=query&titles=File:Example.jpg&prop=revisions&rvlimit=20", "The history of a page."),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to say of each revision.
    prop: Vec<String> = choice(&[
        "comment", "content", "contentmodel", "flags", "ids", "parsedcomment", "roles", "sha1", "size", "slotsha1",
        "slotsize", "tags", "timestamp", "user", "userid",
    ]).multi().default("ids|timestamp|flags|comment|user");
    /// Give the content below the names of its parts; there is one, `main`.
    slots: Option<Vec<String>> = choice(&["main"]).multi().all();
    /// How many to list, of one page.
    limit: Option<i64> = limit_if_given();
    /// The first revision to list, in the direction of the list.
    startid: Option<i64> = integer(None, Bound::Open);
    /// The last revision to list, in the direction of the list.
    endid: Option<i64> = integer(None, Bound::Open);
    /// Revisions from this time on, in the direction of the list.
    start: Option<Timestamp> = timestamp();
    /// Revisions up to this time, in the direction of the list.
    end: Option<Timestamp> = timestamp();
    /// The direction of the list.
    dir: String = choice(&["newer", "older"]).default("older");
    /// Revisions by this user.
    user: Option<String> = user();
    /// Revisions by all but this user.
    excludeuser: Option<String> = user();
    /// Revisions that are marked with this tag.
    tag: Option<String> = text();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
}

impl Params {
    /// Whether it is about the history of one page.
    fn is_history(&self) -> bool {
        self.limit.is_some()
            || self.startid.is_some()
            || self.endid.is_some()
            || self.start.is_some()
            || self.end.is_some()
            || self.dir == "newer"
            || self.user.is_some()
            || self.excludeuser.is_some()
            || self.r#continue.is_some()
    }

    /// Whether revisions with these tags are asked for.
    fn is_tagged(&self, tags: Option<&Vec<String>>) -> bool {
        self.tag.as_ref().is_none_or(|tag| tags.is_some_and(|tags| tags.contains(tag)))
    }
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let told: &[(&str, bool)] = &[
        ("rvstart", params.start.is_some()),
        ("rvstartid", params.startid.is_some()),
        ("rvend", params.end.is_some()),
        ("rvendid", params.endid.is_some()),
        ("rvuser", params.user.is_some()),
        ("rvexcludeuser", params.excludeuser.is_some()),
    ];
    if let Some([a, b]) = told.as_chunks::<2>().0.iter().find(|pair| pair.iter().all(|(_, given)| *given)) {
        return Err(target::at_most_one_of(&[a.0, b.0]).into());
    }
    let wants = |prop: &str| params.prop.iter().any(|p| p == prop);
    if params.slots.is_none() && (wants("content") || wants("contentmodel")) {
        let message = Message::new("apiwarn-deprecation-missingparam").with("rvslots");
        cx.warn_deprecated(cx.module, "action=query&prop=revisions&!rvslots", message);
    }
    if let Some(wanted) = cx.query.pages.revisions.take() {
        return of_numbers(cx, &params, &wanted).await;
    }
    let pages: Vec<usize> =
        (0..cx.query.pages.pages.len()).filter(|index| cx.query.pages.pages[*index].row.is_some()).collect();
    if params.is_history() {
        if pages.len() > 1 {
            let names = [
                "rvlimit",
                "rvstartid",
                "rvendid",
                "rvdir=newer",
                "rvuser",
                "rvexcludeuser",
                "rvstart",
                "rvend",
            ];
            let names = Param::List(names.map(str::to_owned).to_vec());
            let message = Message::new("apierror-revisions-singlepage").with(names);
            return Err(Refusal::new("invalidparammix", message).into());
        }
        if let Some(index) = pages.first() {
            return history(cx, &params, *index).await;
        }
        return Ok(());
    }
    let latest = |index: &usize| cx.query.pages.pages[*index].row.as_ref().map(|row| row.latest_revision);
    let ids: Vec<i64> = pages.iter().filter_map(latest).collect();
    let found = cx.repo.revisions(&ids).await?;
    let tags = tags_of(cx, &params, &found).await?;
    for index in pages {
        let page = &mut cx.query.pages.pages[index];
        let of_page = |row: &&RevisionRow| page.row.as_ref().is_some_and(|page| page.id == row.page_id);
        let row = found.iter().find(of_page).filter(|row| params.is_tagged(tags.get(&row.id)));
        if let Some(row) = row {
            page.fields.set("revisions", list("rev", [entry(row, &params, tags.get(&row.id))]));
        }
    }
    Ok(())
}

/// The revisions that the query named.
async fn of_numbers(cx: &mut Context, params: &Params, wanted: &[i64]) -> Result<(), Failure> {
    let found = cx.repo.revisions(wanted).await?;
    let tags = tags_of(cx, params, &found).await?;
    for page in &mut cx.query.pages.pages {
        let of_page = |row: &&RevisionRow| page.row.as_ref().is_some_and(|page| page.id == row.page_id);
        let shown = found.iter().filter(of_page).filter(|row| params.is_tagged(tags.get(&row.id)));
        let entries: Vec<Map> = shown.map(|row| entry(row, params, tags.get(&row.id))).collect();
        if !entries.is_empty() {
            page.fields.set("revisions", list("rev", entries));
        }
    }
    Ok(())
}

/// The history of a page.
async fn history(cx: &mut Context, params: &Params, index: usize) -> Result<(), Failure> {
    let page_id = cx.query.pages.pages[index].row.as_ref().map_or(0, |row| row.id);
    let limit = params.limit.unwrap_or(10);
    let wanted = History {
        page_id,
        direction: if params.dir == "newer" { Direction::Ascending } else { Direction::Descending },
        start: params.start,
        end: params.end,
        user: params.user.clone(),
        exclude_user: params.excludeuser.clone(),
        tag: params.tag.clone(),
        from: place(cx, params.startid).await?,
        to: place(cx, params.endid).await?,
        continue_at: position(params.r#continue.as_deref(), cx.repo.now())?,
        limit: limit + 1,
    };
    let mut found = cx.repo.history(wanted).await?;
    if found.len() as i64 > limit
        && let Some(next) = found.pop()
    {
        cx.go_on("continue", format!("{}|{}", next.timestamp.mw14(), next.id));
    }
    if !found.is_empty() {
        let tags = tags_of(cx, params, &found).await?;
        let entries: Vec<Map> = found.iter().map(|row| entry(row, params, tags.get(&row.id))).collect();
        cx.query.pages.pages[index].fields.set("revisions", list("rev", entries));
    }
    Ok(())
}

/// Where a revision stands in its history.
async fn place(cx: &Context, id: Option<i64>) -> Result<Option<(Timestamp, i64)>, Failure> {
    let Some(id) = id else { return Ok(None) };
    match cx.repo.revisions(&[id]).await?.pop() {
        Some(row) => Ok(Some((row.timestamp, row.id))),
        None => Err(Refusal::of(Message::new("apierror-nosuchrevid").with(id)).into()),
    }
}

/// The tags of revisions, where they matter.
async fn tags_of(
    cx: &Context,
    params: &Params,
    rows: &[RevisionRow],
) -> Result<HashMap<i64, Vec<String>>, Failure> {
    let wanted = params.tag.is_some() || params.prop.iter().any(|prop| prop == "tags");
    shown(cx, wanted, Tagged::Revision, rows.iter().map(|row| row.id)).await
}

fn entry(row: &RevisionRow, params: &Params, tags: Option<&Vec<String>>) -> Map {
    let wants = |prop: &str| params.prop.iter().any(|p| p == prop);
    let sha1 = || Sha1::of(row.content.as_bytes()).hex();
    let mut entry = Map::new();
    if wants("ids") {
        entry.set("revid", row.id).set("parentid", row.parent_id);
    }
    if wants("flags") {
        entry.set("minor", row.minor);
    }
    put_user(&mut entry, wants("user"), wants("userid"), row.user_id, &row.user_name);
    if wants("timestamp") {
        entry.set("timestamp", row.timestamp.iso());
    }
    if wants("size") {
        entry.set("size", row.content.len());
    }
    if wants("sha1") {
        entry.set("sha1", sha1());
    }
    if wants("roles") {
        entry.set("roles", List::of("role", ["main"]));
    }
    let slots = params.slots.as_deref();
    if slots.is_some_and(|slots| !slots.is_empty()) {
        let mut main = Map::new();
        if wants("slotsize") {
            main.set("size", row.content.len());
        }
        if wants("slotsha1") {
            main.set("sha1", sha1());
        }
        put_content(&mut main, row, &wants);
        entry.set("slots", Map::new().with("main", main));
    }
    put_comment(&mut entry, wants("comment"), wants("parsedcomment"), &row.comment);
    if wants("tags") {
        put_tags(&mut entry, tags);
    }
    if slots.is_none() {
        put_content(&mut entry, row, &wants);
    }
    entry
}

fn put_content(map: &mut Map, row: &RevisionRow, wants: &dyn Fn(&str) -> bool) {
    if wants("content") {
        map.set("contentformat", "text/x-wiki");
    }
    if wants("content") || wants("contentmodel") {
        map.set("contentmodel", "wikitext");
    }
    if wants("content") {
        map.set_content("content", row.content.clone());
    }
}
