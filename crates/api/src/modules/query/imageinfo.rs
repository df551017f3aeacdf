//! `prop=imageinfo`.

use std::collections::HashMap;

use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_core::{Message, Refusal, Timestamp};
use commonhold_repo::{FileVersion, SharedFile, SharedScaling};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::fileinfo::{self, Asked, MAX_TRANSFORMS, Subject, Wanted};
use crate::modules::query::{bad_continue, list};
use crate::output::Map;
use crate::params::{Bound, boolean, choice, integer, limit, params, text, timestamp};

pub(crate) const MODULE: Module = Module {
    name: "imageinfo",
    kind: Kind::Prop,
    prefix: "ii",
    summary: "Says what is known of files and their versions.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[(
        "action=query&titles=File:Example.jpg&prop=imageinfo&iiprop=timestamp|user|url&iilimit=10",
        "The versions of a file.",
    )],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to say of each version.
    prop: Vec<String> = choice(&[
        "archivename", "badfile", "bitdepth", "canonicaltitle", "comment", "commonmetadata", "dimensions",
        "extmetadata", "mediatype", "metadata", "mime", "parsedcomment", "sha1", "size", "timestamp", "url", "user",
        "userid", "uploadwarning", "thumbmime", "thumburls",
    ]).multi().all().default("timestamp|user");
    /// How many versions of each file to list.
    limit: i64 = limit().default("1");
    /// The newest version to list is one of this time.
    start: Option<Timestamp> = timestamp();
    /// The oldest version to list is one of this time.
    end: Option<Timestamp> = timestamp();
    /// Width of a thumbnail whose address is wanted.
    urlwidth: i64 = integer(None, Bound::Open).default("-1");
    /// Its largest height.
    urlheight: i64 = integer(None, Bound::Open).default("-1");
    /// Form of the metadata: 1 has one text for each value, 2 has lists; `latest` is 2.
    metadataversion: String = text().default("1");
    /// Language of `extmetadata`; there is one.
    extmetadatalanguage: Option<String> = text();
    /// Give texts of `extmetadata` in all languages; there is one.
    extmetadatamultilang: bool = boolean();
    /// The only keys of `extmetadata` to give.
    extmetadatafilter: Vec<String> = text().multi();
    /// What else the thumbnail is to be like, as it stands at the beginning of thumbnails' names: `page2-120px`.
    urlparam: String = text().default("");
    /// The page that the files are to be shown on. No file is bad on some pages only.
    badfilecontexttitle: Option<String> = text();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
    /// Look for files here only, and not in the shared repository as well.
    localonly: bool = boolean();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    if let Some(title) = &params.badfilecontexttitle
        && Title::parse(title).is_err()
    {
        return Err(Refusal::new(
            "invalid-title",
            Message::new("apierror-invalidtitle").with(title.as_str()),
        )
        .into());
    }
    let from = match params.r#continue.as_deref().map(|text| text.split_once('|')) {
        None => None,
        Some(Some((name, time))) => {
            let time = Timestamp::parse(time, cx.repo.now()).ok_or_else(bad_continue)?;
            Some((name.to_owned(), time))
        }
        Some(None) => return Err(bad_continue().into()),
    };
    let props: Vec<&str> = params.prop.iter().map(String::as_str).collect();
    let asked = Asked::new(params.urlwidth, params.urlheight, &params.urlparam);
    let names: Vec<FileTitle> = cx.query.pages.pages.iter().filter_map(super::Page::file).collect();
    let current = cx.repo.versions_behind(&names).await?;
    let behind = pages_behind(cx, &current).await?;
    let shared = if params.localonly {
        HashMap::new()
    } else {
        let elsewhere = names.iter().filter(|name| !current.contains_key(name.dbkey()));
        let elsewhere: Vec<FileTitle> = elsewhere.cloned().collect();
        cx.repo.shared_files(&elsewhere).await
    };
    let alone = names.len() == 1;
    let any_width = props.contains(&"thumburls");
    let (mut transforms, mut told) = (0, Vec::new());
    for (name, index) in in_order(cx) {
        if from.as_ref().is_some_and(|(from, _)| name.dbkey() < from.as_str()) {
            continue;
        }
        let start = match &from {
            Some((from, time)) if name.dbkey() == from => Some(*time),
            _ => params.start,
        };
        let found = current.get(name.dbkey());
        let foreign = shared.get(name.dbkey());
        let newest = found.map(|version| version.timestamp).or(foreign.map(|file| file.timestamp));
        if let Some(newest) = newest.filter(|_| transforms >= MAX_TRANSFORMS) {
            go_on(cx, alone, &name, start.unwrap_or(newest));
            break;
        }
        let page = &cx.query.pages.pages[index];
        let page_id = match found.filter(|version| version.name != name.dbkey()) {
            Some(version) => behind.get(&version.name).copied(),
            None => page.row.as_ref().map(|row| row.id),
        };
        let (mut versions, mut scaling) = (Vec::new(), None);
        if let Some(version) = found {
            if let Some(asked) = &asked {
                let file = FileTitle::from_db(version.name.as_str());
                let picture = cx.repo.picture(&version.info);
                scaling = Some(asked.scaling(cx, &file, picture.as_ref(), any_width)?);
            }
            // Of several files, only the newest versions are listed, and none tells that there are more.
            let most = if alone { params.limit + 1 } else { params.limit };
            versions = self::versions(cx, version, start, params.end, most).await?;
        }
        let mut next = None;
        if versions.len() as i64 > params.limit {
            next = versions.pop();
        }
        if scaling.is_some() && props.contains(&"url") {
            let left = MAX_TRANSFORMS - transforms;
            if versions.len() > left {
                next = versions.drain(left..).next();
            }
            transforms += versions.len();
        }
        let wanted = Wanted {
            props: &props,
            flat_metadata: params.metadataversion == "1",
            extmetadata: &params.extmetadatafilter,
            scaling: scaling.as_ref(),
        };
        let entry = |version: &FileVersion| {
            fileinfo::entry(&cx.repo, &Subject::Version { version, page: page_id }, &wanted)
        };
        let entries: Vec<Map> = versions.iter().map(entry).collect();
        // Of other wikis' files, the current version is all that is known.
        if let Some(file) = foreign.filter(|file| is_between(file.timestamp, start, params.end)) {
            let scaling = match &asked {
                Some(asked) => asked.scaling_there(cx, &name, file, any_width)?,
                None => None,
            };
            let scaling = scaling.filter(|_| props.contains(&"url"));
            transforms += usize::from(scaling.is_some());
            told.push(Told { index, name: name.clone(), file, scaling });
        }
        let repository = match (found, foreign) {
            (Some(_), _) => "local",
            (None, Some(_)) => cx.repo.settings().shared.name.as_str(),
            (None, None) => "",
        }
        .to_owned();
        let fields = &mut cx.query.pages.pages[index].fields;
        if !repository.is_empty() && fields.contains("missing") {
            fields.set("known", true);
        }
        fields.set("imagerepository", repository);
        if props.contains(&"badfile") {
            fields.set("badfile", false);
        }
        if !entries.is_empty() {
            fields.set("imageinfo", list("ii", entries));
        }
        if let Some(next) = next {
            go_on(cx, alone, &name, next.timestamp);
            break;
        }
    }
    put_shared(cx, told, &Wanted { props: &props, ..Wanted::default() }).await;
    Ok(())
}

/// A file of the shared repository that is told of.
struct Told<'a> {
    /// The place of its page.
    index: usize,
    name: FileTitle,
    file: &'a SharedFile,
    /// The wanted thumbnail.
    scaling: Option<SharedScaling>,
}

/// Tells of files of the shared repository. It is asked once about all thumbnails that are to be alike.
async fn put_shared(cx: &mut Context, told: Vec<Told<'_>>, wanted: &Wanted<'_>) {
    let mut alike: HashMap<&SharedScaling, Vec<FileTitle>> = HashMap::new();
    for told in &told {
        if let Some(scaling) = &told.scaling {
            alike.entry(scaling).or_default().push(told.name.clone());
        }
    }
    let mut scaled = HashMap::new();
    for (scaling, names) in alike {
        scaled.extend(cx.repo.shared_files_scaled(&names, scaling).await);
    }
    for Told { index, name, file, .. } in &told {
        let thumb = scaled.get(name.dbkey()).and_then(|file| file.thumb.as_ref());
        let entry = fileinfo::shared_entry(name, file, thumb, wanted);
        cx.query.pages.pages[*index].fields.set("imageinfo", list("ii", [entry]));
    }
}

/// The files among the pages with their places there, in the order in which they are told of.
fn in_order(cx: &Context) -> Vec<(FileTitle, usize)> {
    let pages = cx.query.pages.pages.iter().enumerate();
    let mut files: Vec<_> = pages.filter_map(|(index, page)| Some((page.file()?, index))).collect();
    files.sort();
    files
}

/// Notes that a file has versions from this time on that are still to be told of.
fn go_on(cx: &mut Context, alone: bool, name: &FileTitle, time: Timestamp) {
    if alone {
        cx.go_on("start", time.iso());
    } else {
        cx.go_on("continue", format!("{}|{}", name.dbkey(), time.mw14()));
    }
}

/// The pages of files that are there by another name, to which a page redirects.
async fn pages_behind(
    cx: &Context,
    current: &HashMap<String, FileVersion>,
) -> Result<HashMap<String, i64>, Failure> {
    let others = current.iter().filter(|(name, version)| **name != version.name);
    let titles: Vec<Title> =
        others.map(|(_, version)| Title::from_db(ns::FILE, version.name.as_str())).collect();
    let rows = if titles.is_empty() { Vec::new() } else { cx.repo.pages_by_title(&titles).await? };
    Ok(rows.into_iter().map(|row| (row.dbkey, row.id)).collect())
}

/// Whether a version of this time is to be listed.
fn is_between(time: Timestamp, start: Option<Timestamp>, end: Option<Timestamp>) -> bool {
    start.is_none_or(|start| time <= start) && end.is_none_or(|end| time >= end)
}

/// So many versions of a file between two times, newest first.
async fn versions(
    cx: &Context,
    current: &FileVersion,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    most: i64,
) -> Result<Vec<FileVersion>, Failure> {
    let mut versions = Vec::new();
    if is_between(current.timestamp, start, end) {
        versions.push(current.clone());
    }
    let left = most - versions.len() as i64;
    if left > 0 && end.is_none_or(|end| current.timestamp >= end) {
        let name = FileTitle::from_db(current.name.as_str());
        versions.extend(cx.repo.old_versions(&name, start, end, left).await?);
    }
    Ok(versions)
}
