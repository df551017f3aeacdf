//! `list=tags`, and the tags that other modules show.

use std::collections::HashMap;

use commonhold_repo::{Tag, Tagged};

use super::list;
use crate::context::Context;
use crate::failure::Failure;
use crate::html;
use crate::module::{Kind, Module, Needs};
use crate::output::{List, Map};
use crate::params::{choice, limit, params, text};

pub(crate) const MODULE: Module = Module {
    name: "tags",
    kind: Kind::List,
    prefix: "tg",
    summary: "Lists the tags that changes are marked with.",
    params: Params::SPECS,
    needs: Needs::READ,
    generator: false,
    examples: &[("action=query&list=tags&tgprop=description|hitcount|active", "All tags.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
    /// How many to list.
    limit: i64 = limit();
    /// What to say of each tag besides its name.
    prop: Vec<String> = choice(&["active", "defined", "description", "displayname", "hitcount", "source"])
        .multi().default("");
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let described = params.prop.iter().any(|p| p == "displayname" || p == "description");
    let mut found = cx.repo.tags(params.r#continue, params.limit + 1, described).await?;
    if found.len() as i64 > params.limit
        && let Some(next) = found.pop()
    {
        cx.go_on("continue", next.row.name);
    }
    let entries: Vec<Map> = found.into_iter().map(|tag| entry(tag, &params.prop)).collect();
    cx.query.result.set("tags", list("tag", entries));
    Ok(())
}

fn entry(tag: Tag, props: &[String]) -> Map {
    let wants = |prop: &str| props.iter().any(|p| p == prop);
    let mut entry = Map::new().with("name", tag.row.name.clone());
    if wants("displayname") {
        entry.set("displayname", html::escape(tag.shown.as_deref().unwrap_or(&tag.row.name)));
    }
    if wants("description") {
        entry.set("description", tag.description.unwrap_or_default());
    }
    if wants("hitcount") {
        entry.set("hitcount", tag.row.uses);
    }
    // A tag that was taken out of use is on changes, and nothing else.
    if wants("defined") {
        entry.set("defined", tag.row.active);
    }
    if wants("source") {
        let mut source = List::default();
        if tag.row.active {
            source.push("manual");
        }
        entry.set("source", source);
    }
    if wants("active") {
        entry.set("active", tag.row.active);
    }
    entry
}

/// The tags of what a list shows, if it is to show them.
pub(super) async fn shown(
    cx: &Context,
    wanted: bool,
    what: Tagged,
    ids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Vec<String>>, Failure> {
    if wanted { Ok(cx.repo.tags_of(what, ids.collect()).await?) } else { Ok(HashMap::new()) }
}

/// Puts the tags of one item.
pub(super) fn put_tags(map: &mut Map, tags: Option<&Vec<String>>) {
    let tags = tags.map(Vec::as_slice).unwrap_or_default();
    map.set("tags", List::of("tag", tags.iter().map(String::as_str)));
}
