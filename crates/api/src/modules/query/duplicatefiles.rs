//! `prop=duplicatefiles`.

use commonhold_core::title::{FileTitle, Title};
use commonhold_repo::{Direction, FileVersion};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::query::{Page, bad_continue, list};
use crate::output::Map;
use crate::params::{boolean, choice, limit, params, text};

pub(crate) const MODULE: Module = Module {
    name: "duplicatefiles",
    kind: Kind::Prop,
    prefix: "df",
    summary: "Lists the other files that have the same content.",
    params: Params::SPECS,
    needs: Needs::READ,
    generator: true,
    examples: &[("action=query&titles=File:Example.jpg&prop=duplicatefiles", "Copies of a file.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// How many to list, of all pages together.
    limit: i64 = limit();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
    /// The direction of the list.
    dir: String = choice(&["ascending", "descending"]).default("ascending");
    /// Look for files here only. No other place is looked at.
    localonly: bool = boolean();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let direction = if params.dir == "descending" { Direction::Descending } else { Direction::Ascending };
    let mut from = match &params.r#continue {
        None => None,
        Some(text) => {
            let (name, duplicate) =
                text.split_once('|').filter(|(_, d)| !d.contains('|')).ok_or_else(bad_continue)?;
            Some((name.to_owned(), duplicate.to_owned()))
        }
    };
    let mut names: Vec<FileTitle> = cx.query.pages.pages.iter().filter_map(Page::file).collect();
    names.sort();
    if direction == Direction::Descending {
        names.reverse();
    }
    let current = cx.repo.versions_behind(&names).await?;
    let mut left = params.limit;
    let mut titles: Vec<Title> = Vec::new();
    for name in &names {
        let mut first = None;
        if let Some((at, duplicate)) = &from {
            let before = match direction {
                Direction::Ascending => name.dbkey() < at.as_str(),
                Direction::Descending => name.dbkey() > at.as_str(),
            };
            if before {
                continue;
            }
            first = (name.dbkey() == at).then(|| duplicate.clone());
            from = None;
        }
        let Some(file) = current.get(name.dbkey()) else { continue };
        let mut found = cx.repo.duplicates(file, direction, first, left + 1).await?;
        let next = if found.len() as i64 > left { found.pop() } else { None };
        left -= found.len() as i64;
        titles.extend(found.iter().map(|version| FileTitle::from_db(version.name.as_str()).title()));
        put(cx, name, &found);
        if let Some(next) = next {
            cx.go_on("continue", format!("{}|{}", name.dbkey(), next.name));
            break;
        }
    }
    cx.list_pages(&titles);
    Ok(())
}

/// Says of a page which files are the same.
fn put(cx: &mut Context, name: &FileTitle, found: &[FileVersion]) {
    let page = cx.query.pages.pages.iter_mut().find(|page| page.file().as_ref() == Some(name));
    let Some(page) = page.filter(|_| !found.is_empty()) else { return };
    let entry = |version: &FileVersion| {
        Map::new()
            .with("name", version.name.clone())
            .with("timestamp", version.timestamp.iso())
            .with("shared", false)
            .with("user", version.user_name.clone())
    };
    page.fields.set("duplicatefiles", list("df", found.iter().map(entry)));
}
