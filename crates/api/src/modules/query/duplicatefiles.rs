//! `prop=duplicatefiles`.

use std::collections::HashMap;

use commonhold_core::Timestamp;
use commonhold_core::title::{FileTitle, Title};
use commonhold_repo::{AllImages, Direction, FileVersion, SharedCopy, SharedFile};

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
    /// Look for files here only, not in the shared repository.
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
    let elsewhere: Vec<FileTitle> =
        names.iter().filter(|name| !current.contains_key(name.dbkey())).cloned().collect();
    let shared = if params.localonly || elsewhere.is_empty() {
        HashMap::new()
    } else {
        cx.repo.shared_files(&elsewhere).await
    };
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
        let (here, sha1) = match (current.get(name.dbkey()), shared.get(name.dbkey())) {
            (Some(file), _) => {
                let found = cx.repo.duplicates(file, direction, first.clone(), left + 1).await?;
                (found, Some(file.hashes.sha1))
            }
            (None, Some(SharedFile { sha1: Some(sha1), .. })) => {
                let wanted = AllImages {
                    from: first.clone(),
                    descending: direction == Direction::Descending,
                    sha1: Some(*sha1),
                    limit: left + 1,
                    ..AllImages::default()
                };
                (cx.repo.all_images(wanted).await?, Some(*sha1))
            }
            (None, _) => continue,
        };
        let there = match sha1.filter(|_| !params.localonly) {
            Some(sha1) => cx.repo.shared_copies(sha1).await,
            None => Vec::new(),
        };
        let is_itself = |other: &FileTitle| other == name && !current.contains_key(name.dbkey());
        let there = there.into_iter().filter(|copy| !is_itself(&copy.name)).collect();
        let mut found = together(here, there, direction, first.as_deref());
        let at_most = usize::try_from(left).unwrap_or_default();
        let next = (found.len() > at_most).then(|| found.swap_remove(at_most));
        found.truncate(at_most);
        left -= found.len() as i64;
        titles.extend(found.iter().map(|copy| FileTitle::from_db(copy.name.as_str()).title()));
        put(cx, name, &found);
        if let Some(next) = next {
            cx.go_on("continue", format!("{}|{}", name.dbkey(), next.name));
            break;
        }
    }
    cx.list_pages(&titles);
    Ok(())
}

/// A file with the same content.
struct Copy {
    name: String,
    timestamp: Timestamp,
    user: String,
    shared: bool,
}

/// The copies here and in the shared repository in the order of their names, from one on. One that is in both places
/// under one name is named once.
fn together(
    here: Vec<FileVersion>,
    there: Vec<SharedCopy>,
    direction: Direction,
    first: Option<&str>,
) -> Vec<Copy> {
    let local =
        |v: FileVersion| Copy { name: v.name, timestamp: v.timestamp, user: v.user_name, shared: false };
    let mut copies: Vec<Copy> = here.into_iter().map(local).collect();
    for SharedCopy { name, timestamp, user } in there {
        let name = name.dbkey().to_owned();
        let before = first.is_some_and(|first| match direction {
            Direction::Ascending => name.as_str() < first,
            Direction::Descending => name.as_str() > first,
        });
        if !before && !copies.iter().any(|copy| copy.name == name) {
            copies.push(Copy { name, timestamp, user, shared: true });
        }
    }
    copies.sort_by(|a, b| a.name.cmp(&b.name));
    if direction == Direction::Descending {
        copies.reverse();
    }
    copies
}

/// Says of a page which files are the same.
fn put(cx: &mut Context, name: &FileTitle, found: &[Copy]) {
    let page = cx.query.pages.pages.iter_mut().find(|page| page.file().as_ref() == Some(name));
    let Some(page) = page.filter(|_| !found.is_empty()) else { return };
    let entry = |copy: &Copy| {
        Map::new()
            .with("name", copy.name.clone())
            .with("timestamp", copy.timestamp.iso())
            .with("shared", copy.shared)
            .with("user", copy.user.clone())
    };
    page.fields.set("duplicatefiles", list("df", found.iter().map(entry)));
}
