//! `action=paraminfo`: the modules' declarations, for programs.

use commonhold_core::{Message, Param};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{self, Kind, Module, Needs};
use crate::output::{List, Map, Value};
use crate::params::{self, Bound, Spec, choice, params, text};

pub(crate) const MODULE: Module = Module {
    name: "paraminfo",
    kind: Kind::Action,
    prefix: "",
    summary: "Describes modules and their parameters.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[("action=paraminfo&modules=upload|query+allimages", "Describe two modules.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Paths of modules, such as `upload` and `query+allimages`; `query+*` for all below one, `**` for all.
    modules: Vec<String> = text().multi();
    /// Form of the help texts.
    helpformat: String = choice(&["html", "none", "raw", "wikitext"]).default("none");
    /// Modules of `action=query`.
    querymodules: Vec<String> = text().multi().deprecated();
    /// Describe the parameters of every request.
    mainmodule: Option<String> = text().deprecated();
    /// Describe the query itself.
    pagesetmodule: Option<String> = text().deprecated();
    /// Forms of an answer.
    formatmodules: Vec<String> = text().multi().deprecated();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let mut paths = params.modules;
    paths.extend(params.querymodules.into_iter().map(|name| format!("query+{name}")));
    paths.extend(params.formatmodules);
    if params.mainmodule.is_some() {
        paths.push("main".to_owned());
    }
    let mut found: Vec<&'static Module> = Vec::new();
    let mut unknown = Vec::new();
    for path in paths {
        let modules: Vec<&'static Module> = match path.as_str() {
            "**" => module::all().collect(),
            "*" | "main+*" | "main+**" => {
                module::of_kind(Kind::Action).chain(module::of_kind(Kind::Format)).collect()
            }
            "query+*" | "query+**" => module::all().filter(|m| m.path().starts_with("query+")).collect(),
            path => module::at_path(path).into_iter().collect(),
        };
        if modules.is_empty() {
            unknown.push(path);
        }
        for module in modules {
            if !found.iter().any(|m| m.path() == module.path()) {
                found.push(module);
            }
        }
    }
    if !unknown.is_empty() {
        let count = unknown.len() as i64;
        let message = Message::new("apierror-badmodules").with(Param::List(unknown)).with(count);
        cx.warn_at(cx.module, "badmodules", message);
    }
    let names_tags = |module: &&Module| module.params.iter().any(|spec| spec.kind == params::Kind::Tags);
    if found.iter().any(names_tags) {
        cx.usable_tags = cx.repo.usable_tags().await?;
    }
    let with_help = params.helpformat != "none";
    let described = found.into_iter().map(|module| describe(cx, module, with_help));
    let modules = List::of("module", described.collect::<Vec<_>>());
    cx.result.set("paraminfo", Map::new().with("helpformat", params.helpformat).with("modules", modules));
    Ok(())
}

fn describe(cx: &Context, module: &Module, with_help: bool) -> Map {
    let mut map = Map::new();
    map.set("name", module.name);
    map.set("classname", class_name(module));
    map.set("path", module.path());
    if let Some(group) = group(module.kind) {
        map.set("group", group);
    }
    map.set("prefix", module.prefix);
    map.set("source", "MediaWiki").set("sourcename", "MediaWiki").set("licensetag", "MIT OR Apache-2.0");
    map.set("readrights", module.needs.read).set("writerights", module.needs.write);
    map.set("mustbeposted", module.needs.post);
    for (flag, holds) in [("deprecated", false), ("internal", false), ("generator", module.generator)] {
        if holds {
            map.set(flag, true);
        }
    }
    map.set("helpurls", List::new("helpurl"));
    if with_help {
        map.set("description", module.summary);
    }
    let parameters = module
        .params
        .iter()
        .filter(|spec| !spec.beyond && (spec.offered)(cx.repo.settings()))
        .enumerate()
        .map(|(at, spec)| parameter(cx, module, at, spec, with_help));
    map.set("parameters", List::of("param", parameters.collect::<Vec<_>>()));
    map.set("templatedparameters", List::new("param"));
    map
}

fn parameter(cx: &Context, module: &Module, at: usize, spec: &Spec, with_help: bool) -> Map {
    let mut map = Map::new();
    map.set("index", at as i64 + 1).set("name", spec.name);
    if with_help {
        map.set("description", spec.doc);
    }
    map.set("type", type_of(cx, spec));
    if let params::Kind::Submodule(kind) = spec.kind {
        let mut submodules = Map::new();
        for submodule in module::of_kind(kind) {
            submodules.set(submodule.name, submodule.path());
        }
        map.set("submodules", submodules);
    }
    if let Some(default) = spec.default {
        let value: Value = match spec.kind {
            params::Kind::Integer { .. } | params::Kind::Limit => {
                default.parse::<i64>().map_or_else(|_| default.into(), Value::from)
            }
            _ => default.into(),
        };
        map.set("default", value);
    }
    match spec.kind {
        params::Kind::Integer { min, max } => {
            if let Some(min) = min {
                map.set("min", min);
            }
            match max {
                Bound::Open => {}
                Bound::UploadSize => {
                    map.set("max", cx.repo.settings().uploads.max_bytes as i64);
                }
            }
        }
        params::Kind::Limit => {
            map.set("min", 1i64).set("max", params::ITEMS).set("highmax", params::ITEMS_HIGH);
        }
        _ => {}
    }
    map.set("required", spec.required).set("multi", spec.multi);
    if spec.multi {
        let (low, high) = (params::VALUES as i64, params::VALUES_HIGH as i64);
        map.set("lowlimit", low).set("highlimit", high).set("limit", low);
        if spec.duplicates {
            map.set("allowsduplicates", true);
        }
        if spec.all {
            map.set("allspecifier", "*");
        }
    }
    if spec.deprecated {
        map.set("deprecated", true);
    }
    if spec.sensitive {
        map.set("sensitive", true);
    }
    if let (Some(token), "token") = (module.needs.token, spec.name) {
        map.set("tokentype", token);
    }
    map
}

fn type_of(cx: &Context, spec: &Spec) -> Value {
    let name = match spec.kind {
        params::Kind::Boolean => "boolean",
        params::Kind::Text if spec.sensitive && spec.name == "password" => "password",
        params::Kind::Text if spec.multiline => "text",
        params::Kind::Text => "string",
        params::Kind::Integer { .. } => "integer",
        params::Kind::Limit => "limit",
        params::Kind::Timestamp => "timestamp",
        params::Kind::Expiry => "expiry",
        params::Kind::User | params::Kind::Target => "user",
        params::Kind::Namespace => "namespace",
        params::Kind::Upload => "upload",
        params::Kind::Tags => return List::of("t", cx.usable_tags.iter().map(String::as_str)).into(),
        params::Kind::Choice(_) | params::Kind::Submodule(_) => {
            return List::of("t", spec.words().unwrap_or_default()).into();
        }
    };
    name.into()
}

fn group(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Main => None,
        Kind::Action => Some("action"),
        Kind::Format => Some("format"),
        Kind::Prop => Some("prop"),
        Kind::List => Some("list"),
        Kind::Meta => Some("meta"),
        Kind::Generator => Some("generator"),
    }
}

/// The name that MediaWiki's class has; some clients show it.
fn class_name(module: &Module) -> String {
    let mut name = module.name.to_owned();
    if let Some(first) = name.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    match module.kind {
        Kind::Main => "ApiMain".to_owned(),
        Kind::Action => format!("Api{name}"),
        Kind::Format => format!("ApiFormat{name}"),
        Kind::Prop | Kind::List | Kind::Meta | Kind::Generator => format!("ApiQuery{name}"),
    }
}
