//! `action=help`: the modules' declarations, for people.

use std::fmt::Write;
use std::future::ready;

use commonhold_core::{Message, Refusal};
use commonhold_repo::Settings;

use crate::context::Context;
use crate::failure::Failure;
use crate::html::escape;
use crate::module::{self, Kind, Module, Needs};
use crate::output::Map;
use crate::params::{self, Spec, boolean, params, text};

pub(crate) const MODULE: Module = Module {
    name: "help",
    kind: Kind::Action,
    prefix: "",
    summary: "Shows this help.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[("action=help&modules=upload", "Help for uploads.")],
    run: |cx, values| Box::pin(ready(run(cx, &Params::bind(values)))),
};

params! {
    /// Paths of modules, such as `upload` and `query+allimages`.
    modules: Vec<String> = text().multi().default("main");
    /// Also show the modules below.
    submodules: bool = boolean();
    /// Also show all modules further below.
    recursivesubmodules: bool = boolean();
    /// Give the page as a member of the answer.
    wrap: bool = boolean();
    /// Show a table of contents.
    toc: bool = boolean();
}

fn run(cx: &mut Context, params: &Params) -> Result<(), Failure> {
    let mut modules: Vec<&'static Module> = Vec::new();
    for path in &params.modules {
        let Some(module) = module::at_path(path) else {
            return Err(Refusal::new(
                "badmodule",
                Message::new("apierror-badmodule-notfound").with(path.as_str()),
            )
            .into());
        };
        modules.push(module);
        if params.submodules || params.recursivesubmodules || path == "main" {
            let below = module::all().filter(|m| match module.kind {
                Kind::Main => matches!(m.kind, Kind::Action | Kind::Format) || params.recursivesubmodules,
                _ => m.path().starts_with(&format!("{}+", module.name)),
            });
            modules.extend(below.filter(|m| m.kind != Kind::Main));
        }
    }
    let site = escape(&cx.repo.settings().site.name);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>API: {site}</title>\n\
         <style>{STYLE}</style></head>\n<body>\n<h1>API of {site}</h1>\n"
    );
    if params.toc {
        html.push_str("<ul>");
        for module in &modules {
            let path = module.path();
            let _ = write!(html, "<li><a href=\"#{path}\">{path}</a></li>");
        }
        html.push_str("</ul>\n");
    }
    for module in modules {
        put_module(&mut html, module, cx.repo.settings(), &cx.repo.urls().api());
    }
    html.push_str("</body>\n</html>\n");
    if params.wrap {
        let mut help = Map::new().with("mime", "text/html").with("filename", "api-help.html");
        help.set_content("help", html);
        cx.result.set("help", help);
    } else {
        cx.page = Some(html);
    }
    Ok(())
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}\
    code{font-family:ui-monospace,monospace}dt{margin-top:.75rem}section{border-top:1px solid #8888;margin-top:2rem}";

fn put_module(html: &mut String, module: &Module, settings: &Settings, api: &str) {
    let path = module.path();
    // Writing to a string can't fail.
    let _ = write!(html, "<section id=\"{path}\"><h2>{path}</h2><p>{}</p>", escape(module.summary));
    let mut demands = Vec::new();
    if module.needs.post {
        demands.push("POST".to_owned());
    }
    if let Some(token) = module.needs.token {
        demands.push(format!("a token of the type {token}"));
    }
    if !demands.is_empty() {
        let _ = write!(html, "<p>Needs {}.</p>", demands.join(" and "));
    }
    html.push_str("<dl>");
    for spec in module.params.iter().filter(|spec| (spec.offered)(settings)) {
        let name = format!("{}{}", module.prefix, spec.name);
        let _ = write!(html, "<dt><code>{name}</code></dt><dd>{}", escape(spec.doc.trim()));
        let _ = write!(html, "<br><small>{}</small></dd>", escape(&facts(spec)));
    }
    html.push_str("</dl>");
    for (query, what) in module.examples {
        let query = escape(query);
        let _ = write!(
            html,
            "<p>{}<br><a href=\"{}?{query}\"><code>{query}</code></a></p>",
            escape(what),
            escape(api)
        );
    }
    html.push_str("</section>\n");
}

/// Type, default and so on, in a line.
fn facts(spec: &Spec) -> String {
    let mut facts = Vec::new();
    let kind = match spec.kind {
        params::Kind::Boolean => "yes if given, whatever its value".to_owned(),
        params::Kind::Text => "text".to_owned(),
        params::Kind::Integer { .. } => "whole number".to_owned(),
        params::Kind::Limit => "1 to 500 (5,000 for bots and administrators), or max".to_owned(),
        params::Kind::Timestamp => "time".to_owned(),
        params::Kind::Expiry => "time, length of time such as 1 week, or infinite".to_owned(),
        params::Kind::User => "user name".to_owned(),
        params::Kind::Target => "user name, address or network".to_owned(),
        params::Kind::Namespace => "number of a namespace".to_owned(),
        params::Kind::Tags => "tags that users may give, as list=tags tells".to_owned(),
        params::Kind::Upload => "file part of a multipart/form-data body".to_owned(),
        params::Kind::Choice(_) | params::Kind::Submodule(_) => {
            let words = spec.words().unwrap_or_default().join(", ");
            if spec.multi { format!("any of: {words}") } else { format!("one of: {words}") }
        }
    };
    facts.push(kind);
    if spec.multi {
        facts.push("several values are separated by |".to_owned());
    }
    if spec.required {
        facts.push("required".to_owned());
    }
    if spec.deprecated {
        facts.push("deprecated".to_owned());
    }
    if let Some(default) = spec.default {
        facts.push(if default.is_empty() {
            "empty if absent".to_owned()
        } else {
            format!("default: {default}")
        });
    }
    facts.join("; ")
}
