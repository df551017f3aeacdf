//! `list=recentchanges`.

use std::collections::HashMap;

use commonhold_core::right::Right;
use commonhold_core::title::Title;
use commonhold_core::{Message, Refusal, Sha1, Timestamp};
use commonhold_repo::{ChangeKind, ChangeRow, Direction, RecentChanges, Tagged};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::query::list;
use crate::modules::query::logevents::{position, put_comment, put_user};
use crate::modules::query::tags::{put_tags, shown};
use crate::modules::target;
use crate::output::{List, Map};
use crate::params::{boolean, choice, limit, namespace, params, text, timestamp, user};

pub(crate) const MODULE: Module = Module {
    name: "recentchanges",
    kind: Kind::List,
    prefix: "rc",
    summary: "Lists what changed: edits, and entries of the log.",
    params: Params::SPECS,
    needs: Needs::READ,
    generator: true,
    examples: &[
        ("action=query&list=recentchanges&rctype=log&rcprop=title|user|loginfo", "What was done lately."),
        ("action=query&generator=recentchanges&grcnamespace=6&prop=imageinfo", "Files that changed lately."),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Changes from this time on, in the direction of the list.
    start: Option<Timestamp> = timestamp();
    /// Changes up to this time, in the direction of the list.
    end: Option<Timestamp> = timestamp();
    /// The direction of the list.
    dir: String = choice(&["newer", "older"]).default("older");
    /// Changes in these namespaces.
    namespace: Option<Vec<String>> = namespace().multi().all();
    /// Changes by this user.
    user: Option<String> = user();
    /// Changes by all but this user.
    excludeuser: Option<String> = user();
    /// Changes that are marked with this tag.
    tag: Option<String> = text();
    /// What to say of each change.
    prop: Vec<String> = choice(&[
        "comment", "flags", "ids", "loginfo", "parsedcomment", "patrolled", "redirect", "sha1", "sizes", "tags",
        "timestamp", "title", "user", "userid",
    ]).multi().all().default("title|timestamp|ids");
    /// Changes that are so, or with `!` in front those that aren't.
    show: Option<Vec<String>> = choice(&[
        "!anon", "!autopatrolled", "!bot", "!minor", "!patrolled", "!redirect", "anon", "autopatrolled", "bot",
        "minor", "patrolled", "redirect", "unpatrolled",
    ]).multi();
    /// How many to list.
    limit: i64 = limit();
    /// Kinds of changes.
    r#type: Vec<String> = choice(&["categorize", "edit", "external", "log", "new"])
        .multi().all().default("edit|new|log|categorize");
    /// Of edits, only those that made the newest revision of their page.
    toponly: bool = boolean();
    /// Changes of this page.
    title: Option<String> = text();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let Some(wanted) = wanted(cx, &params)? else {
        cx.query.result.set("recentchanges", List::new("rc"));
        return Ok(());
    };
    let mut found = cx.repo.recent_changes(wanted).await?;
    if found.len() as i64 > params.limit
        && let Some(next) = found.pop()
    {
        cx.go_on("continue", format!("{}|{}", next.timestamp.mw14(), next.id));
    }
    let titles: Vec<Title> = found.iter().map(|row| Title::from_db(row.ns, row.dbkey.as_str())).collect();
    if cx.list_pages(&titles) {
        return Ok(());
    }
    let wants = |prop: &str| params.prop.iter().any(|p| p == prop);
    let hashes = if wants("sha1") { hashes(cx, &found).await? } else { HashMap::new() };
    let tags = shown(cx, wants("tags"), Tagged::Change, found.iter().map(|row| row.id)).await?;
    let entries: Vec<Map> = found.iter().map(|row| entry(row, &wants, &hashes, tags.get(&row.id))).collect();
    cx.query.result.set("recentchanges", list("rc", entries));
    Ok(())
}

/// The SHA-1 of the texts that edits made, by revision.
async fn hashes(cx: &Context, rows: &[ChangeRow]) -> Result<HashMap<i64, Sha1>, Failure> {
    let edits = rows.iter().filter(|row| row.kind != ChangeKind::Log);
    let ids: Vec<i64> = edits.map(|row| row.revision_id).collect();
    let revisions = cx.repo.revisions(&ids).await?;
    Ok(revisions.into_iter().map(|row| (row.id, Sha1::of(row.content.as_bytes()))).collect())
}

/// What to ask the catalogue for, one more than is to be listed; `None` where that can't be anything.
fn wanted(cx: &Context, params: &Params) -> Result<Option<RecentChanges>, Refusal> {
    let mut wanted = RecentChanges {
        direction: if params.dir == "newer" { Direction::Ascending } else { Direction::Descending },
        start: params.start,
        end: params.end,
        tag: params.tag.clone(),
        newest_only: params.toponly,
        limit: params.limit + 1,
        ..RecentChanges::default()
    };
    let may_patrol = [Right::Patrol, Right::Patrolmarks].iter().any(|right| cx.session.caller.can(*right));
    let show = params.show.as_deref().unwrap_or_default();
    let about_patrols = params.prop.iter().chain(show).any(|word| word.ends_with("patrolled"));
    if about_patrols && !may_patrol {
        return Err(Refusal::new("permissiondenied", Message::new("apierror-permissiondenied-patrolflag")));
    }
    let is_shown = |word: &str| show.iter().any(|shown| shown == word);
    let flag = |word: &'static str| match (is_shown(word), is_shown(&format!("!{word}"))) {
        (true, true) => Err(Refusal::new("show", Message::new("apierror-show"))),
        (true, false) => Ok(Some(true)),
        (false, true) => Ok(Some(false)),
        (false, false) => Ok(None),
    };
    wanted.minor = flag("minor")?;
    wanted.bot = flag("bot")?;
    wanted.anonymous = flag("anon")?;
    wanted.redirect = flag("redirect")?;
    // Nobody patrols here.
    let patrolled = flag("patrolled")? == Some(true) || flag("autopatrolled")? == Some(true);
    match (&params.user, &params.excludeuser) {
        (Some(_), Some(_)) => return Err(target::at_most_one_of(&["rcuser", "rcexcludeuser"])),
        (user, exclude) => (wanted.user, wanted.exclude_user) = (user.clone(), exclude.clone()),
    }
    if let Some(text) = &params.title {
        let title = target::title(text)?;
        wanted.title = Some((title.ns(), title.dbkey().to_owned()));
    }
    let namespaces = params.namespace.iter().flatten();
    wanted.namespaces.extend(namespaces.filter_map(|text| text.parse::<i32>().ok()));
    let kinds = [ChangeKind::Edit, ChangeKind::New, ChangeKind::Log];
    let asked = |kind: &ChangeKind| params.r#type.iter().any(|word| word == kind.as_str());
    wanted.kinds.extend(kinds.into_iter().filter(asked));
    wanted.continue_at = position(params.r#continue.as_deref(), cx.repo.now())?;
    Ok((!patrolled && !wanted.kinds.is_empty()).then_some(wanted))
}

fn entry(
    row: &ChangeRow,
    wants: &dyn Fn(&str) -> bool,
    hashes: &HashMap<i64, Sha1>,
    tags: Option<&Vec<String>>,
) -> Map {
    let mut entry = Map::new().with("type", row.kind.as_str());
    if wants("title") {
        let title = Title::from_db(row.ns, row.dbkey.as_str());
        entry.set("ns", row.ns).set("title", title.prefixed_text());
    }
    if wants("ids") {
        entry.set("pageid", row.page_id).set("revid", row.revision_id);
        entry.set("old_revid", row.old_revision_id).set("rcid", row.id);
    }
    put_user(&mut entry, wants("user"), wants("userid"), row.user_id, &row.user_name);
    if wants("flags") {
        entry.set("bot", row.bot).set("new", row.kind == ChangeKind::New).set("minor", row.minor);
    }
    if wants("sizes") {
        entry.set("oldlen", row.old_length).set("newlen", row.new_length);
    }
    if wants("timestamp") {
        entry.set("timestamp", row.timestamp.iso());
    }
    put_comment(&mut entry, wants("comment"), wants("parsedcomment"), &row.comment);
    if wants("redirect") {
        entry.set("redirect", row.redirect);
    }
    if wants("patrolled") {
        entry.set("patrolled", false).set("unpatrolled", true).set("autopatrolled", false);
    }
    if let (true, Some(log)) = (wants("loginfo"), &row.log) {
        entry.set("logid", log.id).set("logtype", log.log_type.clone());
        entry.set("logaction", log.action.clone()).set("logparams", &log.params);
    }
    if wants("tags") {
        put_tags(&mut entry, tags);
    }
    if let Some(hash) = hashes.get(&row.revision_id) {
        entry.set("sha1", hash.hex());
    }
    entry
}
