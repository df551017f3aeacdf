//! `list=filearchive`.

use commonhold_core::right::Right;
use commonhold_core::title::{FileTitle, capitalize};
use commonhold_core::{Message, Refusal, Sha1, Timestamp};
use commonhold_repo::{DeletedFiles, DeletedVersion, Direction};

use crate::context::Context;
use crate::failure::Failure;
use crate::html;
use crate::module::{Kind, Module, Needs};
use crate::modules::fileinfo;
use crate::modules::query::{bad_continue, list};
use crate::output::Map;
use crate::params::{choice, limit, params, text};

pub(crate) const MODULE: Module = Module {
    name: "filearchive",
    kind: Kind::List,
    prefix: "fa",
    summary: "Lists versions of files that were deleted.",
    params: Params::SPECS,
    needs: Needs::READ,
    generator: false,
    examples: &[
        ("action=query&list=filearchive&faprefix=Example", "Deleted files whose names begin so."),
        (
            "action=query&list=filearchive&fasha1=da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "Deleted files with a content.",
        ),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Names from this on.
    from: Option<String> = text();
    /// Names up to this.
    to: Option<String> = text();
    /// Names that begin so.
    prefix: Option<String> = text();
    /// The direction of the list.
    dir: String = choice(&["ascending", "descending"]).default("ascending");
    /// Files with the content of this SHA-1, in hexadecimal.
    sha1: Option<String> = text();
    /// Files with the content of this SHA-1, in base 36.
    sha1base36: Option<String> = text();
    /// What to say of each version. Comments and metadata are for those who may see them.
    prop: Vec<String> = choice(&[
        "archivename", "bitdepth", "description", "dimensions", "mediatype", "metadata", "mime",
        "parseddescription", "sha1", "size", "timestamp", "user",
    ]).multi().all().default("timestamp");
    /// How many to list.
    limit: i64 = limit();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let wants = |prop: &str| params.prop.iter().any(|p| p == prop);
    let caller = &cx.session.caller;
    if (wants("description") || wants("parseddescription")) && !caller.can(Right::Deletedhistory) {
        return Err(denied("apierror-cantview-deleted-description").into());
    }
    if wants("metadata") && !caller.can(Right::Deletedtext) && !caller.can(Right::Undelete) {
        return Err(denied("apierror-cantview-deleted-metadata").into());
    }
    let wanted = wanted(&params, cx.repo.now())?;
    let mut found = cx.repo.deleted_files(wanted).await?;
    if found.len() as i64 > params.limit
        && let Some(next) = found.pop()
    {
        cx.go_on("continue", format!("{}|{}|{}", next.name, next.timestamp.mw14(), next.id));
    }
    let entries: Vec<Map> = found.iter().map(|version| entry(version, &wants)).collect();
    cx.query.result.set("filearchive", list("fa", entries));
    Ok(())
}

fn denied(key: &'static str) -> Refusal {
    Refusal::new("permissiondenied", Message::new(key))
}

/// What to ask the catalogue for: one more than is to be listed.
fn wanted(params: &Params, now: Timestamp) -> Result<DeletedFiles, Refusal> {
    let name = |text: &Option<String>| text.as_deref().map(|text| capitalize(&text.replace(' ', "_")));
    let sha1 = match (&params.sha1, &params.sha1base36) {
        (Some(hex), _) => Some(
            Sha1::from_hex(&hex.to_ascii_lowercase())
                .ok_or_else(|| Refusal::of(Message::new("apierror-invalidsha1hash")))?,
        ),
        (None, Some(text)) => Some(
            Sha1::from_base36(&text.to_ascii_lowercase())
                .ok_or_else(|| Refusal::of(Message::new("apierror-invalidsha1base36hash")))?,
        ),
        (None, None) => None,
    };
    let continue_at = match &params.r#continue {
        None => None,
        Some(text) => {
            let mut parts = text.split('|');
            let mut read = || {
                let name = parts.next()?.to_owned();
                let time = parts.next().filter(|time| time.len() == 14)?;
                let at = (name, Timestamp::parse(time, now)?, parts.next()?.parse().ok()?);
                parts.next().is_none().then_some(at)
            };
            Some(read().ok_or_else(bad_continue)?)
        }
    };
    let descending = params.dir == "descending";
    Ok(DeletedFiles {
        direction: if descending { Direction::Descending } else { Direction::Ascending },
        from: name(&params.from),
        to: name(&params.to),
        prefix: name(&params.prefix),
        sha1,
        continue_at,
        limit: params.limit + 1,
    })
}

fn entry(version: &DeletedVersion, wants: &dyn Fn(&str) -> bool) -> Map {
    let title = FileTitle::from_db(version.name.as_str()).title();
    let info = &version.info;
    let mut entry = Map::new()
        .with("id", version.id)
        .with("name", version.name.clone())
        .with("ns", title.ns())
        .with("title", title.prefixed_text());
    if wants("description") || wants("parseddescription") {
        entry.set("description", version.comment.clone());
    }
    if wants("parseddescription") {
        entry.set("parseddescription", html::escape(&version.comment));
    }
    if wants("user") {
        entry.set("userid", version.user_id).set("user", version.user_name.clone());
    }
    if wants("sha1") {
        entry.set("sha1", version.hashes.sha1.hex());
    }
    if wants("timestamp") {
        entry.set("timestamp", version.timestamp.iso());
    }
    // Numbers are texts here; clients know.
    if wants("size") || wants("dimensions") {
        entry.set("size", version.hashes.size.to_string());
        if let Some(pages) = info.pages {
            entry.set("pagecount", i64::from(pages));
        }
        entry.set("height", info.height.to_string()).set("width", info.width.to_string());
    }
    if wants("mediatype") {
        entry.set("mediatype", info.media_type.as_str());
    }
    if wants("metadata") {
        entry.set("metadata", fileinfo::metadata_list(info));
    }
    if wants("bitdepth") {
        entry.set("bitdepth", info.bits.to_string());
    }
    if wants("mime") {
        entry.set("mime", info.mime.clone());
    }
    if let (true, Some(name)) = (wants("archivename"), &version.archive_name) {
        entry.set("archivename", name.clone());
    }
    entry
}
