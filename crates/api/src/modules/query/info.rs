//! `prop=info`.

use std::collections::HashMap;

use commonhold_core::Expiry;
use commonhold_core::protection::Restriction;
use commonhold_core::title::{Title, ns};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::output::{List, Map, Value};
use crate::params::{choice, params, text};
use crate::problem::{ErrorFormat, described};

pub(crate) const MODULE: Module = Module {
    name: "info",
    kind: Kind::Prop,
    prefix: "in",
    summary: "Says the basics of pages.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[(
        "action=query&titles=File:Example.jpg&prop=info&inprop=url",
        "Basics and addresses of a page.",
    )],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to say besides.
    prop: Vec<String> = choice(&["displaytitle", "protection", "url", "watched"]).multi();
    /// Say whether the caller may do these things to each page: `edit`, `upload`, `create`, or any other right.
    testactions: Vec<String> = text().multi();
    /// How much to say of them: yes or no, or why not.
    testactionsdetail: String = choice(&["boolean", "full", "quick"]).default("boolean");
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let said = ask(cx, &params).await?;
    let wants = |prop: &str| params.prop.iter().any(|p| p == prop);
    let urls = cx.repo.urls().clone();
    let language = cx.repo.settings().site.language.clone();
    for page in &mut cx.query.pages.pages {
        if !page.is_real() {
            continue;
        }
        let Some(title) = &page.title else { continue };
        let fields = &mut page.fields;
        fields.set("contentmodel", "wikitext");
        fields.set("pagelanguage", language.clone());
        fields.set("pagelanguagehtmlcode", language.clone());
        fields.set("pagelanguagedir", "ltr");
        if let Some(row) = &page.row {
            fields.set("touched", row.touched.iso());
            fields.set("lastrevid", row.latest_revision);
            fields.set("length", row.length);
            if row.redirect.is_some() {
                fields.set("redirect", true);
            }
            if row.is_new {
                fields.set("new", true);
            }
        }
        if wants("protection") {
            let kinds = Restriction::kinds(title.ns() == ns::FILE, page.row.is_some());
            let found = said.protections.get(title).into_iter().flatten();
            fields.set("protection", List::of("pr", found.map(restriction)));
            fields.set("restrictiontypes", List::of("rt", kinds.iter().copied()));
        }
        if let Some(watched) = said.watched.get(title) {
            fields.set("watched", watched.is_some());
            if let Some(end) = watched.and_then(Expiry::moment) {
                fields.set("watchlistexpiry", end.iso());
            }
        }
        if let Some(actions) = said.actions.get(title) {
            fields.set("actions", actions.clone());
        }
        if wants("url") {
            let key = title.prefixed_dbkey();
            let edit = format!("{}{}?title={}&action=edit", urls.server, urls.script(), urls.encoded(&key));
            fields.set("fullurl", urls.page(&key)).set("editurl", edit).set("canonicalurl", urls.page(&key));
        }
        if wants("displaytitle") {
            fields.set("displaytitle", crate::html::escape(&title.prefixed_text()));
        }
    }
    Ok(())
}

/// What has to be asked for of all pages at once.
#[derive(Default)]
struct Said {
    protections: HashMap<Title, Vec<Restriction>>,
    actions: HashMap<Title, Map>,
    watched: HashMap<Title, Option<Expiry>>,
}

async fn ask(cx: &mut Context, params: &Params) -> Result<Said, Failure> {
    let real = cx.query.pages.pages.iter().filter(|page| page.is_real());
    let titles: Vec<Title> = real.filter_map(|page| page.title.clone()).collect();
    let mut said = Said::default();
    if params.prop.iter().any(|prop| prop == "protection") {
        let found = cx.repo.protections_of(&titles).await?;
        said.protections = titles.iter().cloned().zip(found).collect();
    }
    if params.prop.iter().any(|prop| prop == "watched") {
        cx.personal = true;
        let found = cx.repo.watched(&cx.session.caller, &titles).await?;
        said.watched = titles.iter().cloned().zip(found).collect();
    }
    if !params.testactions.is_empty() {
        cx.personal = true;
        let found = cx.repo.test_actions(&cx.session.caller, &titles, &params.testactions).await?;
        let format = if cx.error_format == ErrorFormat::Bc { ErrorFormat::Text } else { cx.error_format };
        for (title, refusals) in titles.into_iter().zip(found) {
            let mut actions = Map::new();
            for (name, refusal) in params.testactions.iter().zip(refusals) {
                let value: Value = if params.testactionsdetail == "boolean" {
                    refusal.is_none().into()
                } else {
                    List::of("error", refusal.iter().map(|refusal| described(refusal, format))).into()
                };
                actions.set(name.clone(), value);
            }
            said.actions.insert(title, actions);
        }
    }
    Ok(said)
}

fn restriction(restriction: &Restriction) -> Map {
    let mut map = Map::new();
    map.set("type", restriction.kind.clone()).set("level", restriction.level.as_str());
    map.set("expiry", restriction.expiry.iso("infinity"));
    map
}
