//! `meta=filerepoinfo`.

use std::future::ready;

use crate::context::Context;
use crate::module::{Kind, Module, Needs};
use crate::modules::query::list;
use crate::output::{Map, Value};
use crate::params::{choice, params};

pub(crate) const MODULE: Module = Module {
    name: "filerepoinfo",
    kind: Kind::Meta,
    prefix: "fri",
    summary: "Says where files come from.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[("action=query&meta=filerepoinfo&friprop=name|url", "Where are files?")],
    run: |cx, values| {
        run(cx, &Params::bind(values));
        Box::pin(ready(Ok(())))
    },
};

params! {
    /// What to say.
    prop: Vec<String> = choice(&[
        "apiurl", "canUpload", "displayname", "favicon", "initialCapital", "local", "name", "rootUrl", "scriptDirUrl",
        "thumbUrl", "url",
    ]).multi().all().default(
        "apiurl|canUpload|displayname|favicon|initialCapital|local|name|rootUrl|scriptDirUrl|thumbUrl|url"
    );
}

fn run(cx: &mut Context, params: &Params) {
    // Other places come first, as in MediaWiki.
    let repos = shared(cx, params).into_iter().chain([local(cx, params)]);
    let repos = list("repo", repos.collect::<Vec<_>>());
    cx.query.result.set("repos", repos);
}

/// The shared repository, if there is one.
fn shared(cx: &Context, params: &Params) -> Option<Map> {
    let shared = &cx.repo.settings().shared;
    let api = shared.api.as_ref()?;
    let mut repo = Map::new();
    for prop in &params.prop {
        let value: Value = match prop.as_str() {
            "apiurl" => api.clone().into(),
            "canUpload" | "local" => false.into(),
            "displayname" | "name" => shared.name.clone().into(),
            "initialCapital" => true.into(),
            "scriptDirUrl" => api.rsplit_once('/').map_or(api.as_str(), |(directory, _)| directory).into(),
            _ => continue,
        };
        repo.set(prop.clone(), value);
    }
    Some(repo)
}

/// The files of this server.
fn local(cx: &Context, params: &Params) -> Map {
    let (site, urls) = (&cx.repo.settings().site, cx.repo.urls());
    // A path, as MediaWiki has it, unless another host serves the files.
    let files = if site.media_url == site.public_url {
        format!("{}/images", urls.script_path())
    } else {
        urls.uploads()
    };
    let can_upload = cx.repo.settings().uploads.enabled;
    let mut repo = Map::new();
    for prop in &params.prop {
        let value: Value = match prop.as_str() {
            "canUpload" => can_upload.into(),
            "displayname" => site.name.clone().into(),
            "favicon" => format!("{}/favicon.ico", urls.server).into(),
            "initialCapital" | "local" => true.into(),
            "name" => "local".into(),
            "rootUrl" | "url" => files.clone().into(),
            "scriptDirUrl" => urls.script_path().to_owned().into(),
            "thumbUrl" => format!("{files}/thumb").into(),
            _ => continue,
        };
        repo.set(prop.clone(), value);
    }
    repo
}
