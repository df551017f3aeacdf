//! `list=allpages`.

use commonhold_core::Refusal;
use commonhold_core::title::{Title, capitalize};
use commonhold_repo::{AllPages, Direction};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::query::{bad_continue, list};
use crate::modules::target::invalid_title;
use crate::output::Map;
use crate::params::{Bound, choice, integer, limit, namespace, params, text};

pub(crate) const MODULE: Module = Module {
    name: "allpages",
    kind: Kind::List,
    prefix: "ap",
    summary: "Lists the pages of a namespace by their titles.",
    params: Params::SPECS,
    needs: Needs::READ,
    generator: true,
    examples: &[
        ("action=query&list=allpages&apnamespace=6&apfrom=B", "Pages of files from the letter B on."),
        (
            "action=query&generator=allpages&gapnamespace=6&prop=imageinfo",
            "Files with what is known of them.",
        ),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Titles from this on, without the namespace.
    from: Option<String> = text();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
    /// Titles up to this, without the namespace.
    to: Option<String> = text();
    /// Titles that begin so, without the namespace.
    prefix: Option<String> = text();
    /// The namespace.
    namespace: String = namespace().default("0");
    /// Only pages that redirect, or only others.
    filterredir: String = choice(&["all", "nonredirects", "redirects"]).default("all");
    /// Pages of at least this many bytes.
    minsize: Option<i64> = integer(None, Bound::Open);
    /// Pages of at most this many bytes.
    maxsize: Option<i64> = integer(None, Bound::Open);
    /// How many to list.
    limit: i64 = limit();
    /// The direction of the list.
    dir: String = choice(&["ascending", "descending"]).default("ascending");
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let wanted = wanted(&params)?;
    let mut found = cx.repo.all_pages(wanted).await?;
    if found.len() as i64 > params.limit
        && let Some(next) = found.pop()
    {
        cx.go_on("continue", next.dbkey);
    }
    let titles: Vec<Title> = found.iter().map(|row| Title::from_db(row.ns, row.dbkey.as_str())).collect();
    if cx.list_pages(&titles) {
        return Ok(());
    }
    let entry = |(row, title): (&commonhold_repo::PageRow, &Title)| {
        Map::new().with("pageid", row.id).with("ns", row.ns).with("title", title.prefixed_text())
    };
    let entries: Vec<Map> = found.iter().zip(&titles).map(entry).collect();
    cx.query.result.set("allpages", list("p", entries));
    Ok(())
}

fn wanted(params: &Params) -> Result<AllPages, Refusal> {
    let namespace = params.namespace.parse().unwrap_or_default();
    let descending = params.dir == "descending";
    Ok(AllPages {
        direction: if descending { Direction::Descending } else { Direction::Ascending },
        ns: namespace,
        from: part(params.from.as_deref(), namespace)?,
        to: part(params.to.as_deref(), namespace)?,
        prefix: part(params.prefix.as_deref(), namespace)?,
        min_size: params.minsize,
        max_size: params.maxsize,
        redirect: match params.filterredir.as_str() {
            "redirects" => Some(true),
            "nonredirects" => Some(false),
            _ => None,
        },
        continue_at: match &params.r#continue {
            Some(text) if text.contains('|') => return Err(bad_continue()),
            text => text.clone(),
        },
        limit: params.limit + 1,
    })
}

/// The beginning of a title as the catalogue has it. A space at its end counts.
fn part(text: Option<&str>, namespace: i32) -> Result<Option<String>, Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    Title::make(namespace, &format!("{text}x")).map_err(|_| invalid_title(text))?;
    Ok(Some(capitalize(&text.replace(' ', "_"))))
}
