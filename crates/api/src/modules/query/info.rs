//! `prop=info`.

use std::future::ready;

use crate::context::Context;
use crate::module::{Kind, Module, Needs};
use crate::output::List;
use crate::params::{choice, params};

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
    run: |cx, values| {
        run(cx, &Params::bind(values));
        Box::pin(ready(Ok(())))
    },
};

params! {
    /// What to say besides.
    prop: Vec<String> = choice(&["displaytitle", "protection", "url"]).multi();
}

fn run(cx: &mut Context, params: &Params) {
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
            if row.is_new {
                fields.set("new", true);
            }
        }
        if wants("protection") {
            fields.set("protection", List::new("pr"));
            let types: &[&str] =
                if page.row.is_some() { &["edit", "move", "upload"] } else { &["create", "upload"] };
            fields.set("restrictiontypes", List::of("rt", types.iter().copied()));
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
}
