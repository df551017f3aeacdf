//! `list=watchlistraw`.

use commonhold_core::title::Title;
use commonhold_repo::Watched;

use super::bad_continue;
use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::output::{List, Map};
use crate::params::{choice, limit, namespace, params, text};

pub(crate) const MODULE: Module = Module {
    name: "watchlistraw",
    kind: Kind::List,
    prefix: "wr",
    summary: "Lists the titles on the caller's watchlist.",
    params: Params::SPECS,
    needs: Needs::READ,
    generator: false,
    examples: &[("action=query&list=watchlistraw&wrnamespace=6", "The files that I watch.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
    /// In these namespaces only.
    namespace: Vec<String> = namespace().multi().all();
    /// How many to list.
    limit: i64 = limit();
    /// By namespace and title, or backwards.
    dir: String = choice(&["ascending", "descending"]).default("ascending");
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    cx.personal = true;
    let continue_at = params.r#continue.as_deref().map(|text| read_continue(text).ok_or_else(bad_continue));
    let wanted = Watched {
        namespaces: params.namespace.iter().filter_map(|text| text.parse().ok()).collect(),
        descending: params.dir == "descending",
        continue_at: continue_at.transpose()?,
        limit: params.limit + 1,
        ..Watched::default()
    };
    let mut titles = cx.repo.watchlist(&cx.session.caller, wanted).await?;
    if titles.len() as i64 > params.limit
        && let Some(next) = titles.pop()
    {
        cx.go_on("continue", format!("{}|{}", next.ns(), next.dbkey()));
    }
    let item =
        |title: &Title| Map::new().with("ns", i64::from(title.ns())).with("title", title.prefixed_text());
    // Not below `query`, as everything else is.
    cx.result.set("watchlistraw", List::of("wr", titles.iter().map(item)));
    Ok(())
}

fn read_continue(text: &str) -> Option<(i32, String)> {
    let (ns, dbkey) = text.split_once('|')?;
    Some((ns.parse().ok()?, dbkey.to_owned()))
}
