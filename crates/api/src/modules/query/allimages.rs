//! `list=allimages`.

use commonhold_core::title::{FileTitle, capitalize};
use commonhold_core::{Message, Refusal, Sha1, Timestamp};
use commonhold_repo::{AllImages, ImageSort};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::fileinfo::{self, Subject, Wanted};
use crate::modules::query::{bad_continue, list};
use crate::output::Map;
use crate::params::{Bound, choice, integer, limit, params, text, timestamp, user};

pub(crate) const MODULE: Module = Module {
    name: "allimages",
    kind: Kind::List,
    prefix: "ai",
    summary: "Lists all files, by name or by time.",
    generator: true,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[
        ("action=query&list=allimages&aifrom=B", "Files from the letter B on."),
        (
            "action=query&list=allimages&aisha1=da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "Files with a content.",
        ),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to order by.
    sort: String = choice(&["name", "timestamp"]).default("name");
    /// The direction of the list.
    dir: String = choice(&["ascending", "descending", "newer", "older"]).default("ascending");
    /// Names from this on; when sorted by name.
    from: Option<String> = text();
    /// Names up to this; when sorted by name.
    to: Option<String> = text();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
    /// Times from this on; when sorted by time.
    start: Option<Timestamp> = timestamp();
    /// Times up to this; when sorted by time.
    end: Option<Timestamp> = timestamp();
    /// What to say of each file.
    prop: Vec<String> = choice(&[
        "badfile", "bitdepth", "canonicaltitle", "comment", "commonmetadata", "dimensions", "extmetadata",
        "mediatype", "metadata", "mime", "parsedcomment", "sha1", "size", "timestamp", "url", "user", "userid",
    ]).multi().all().default("timestamp|url");
    /// Names that begin so; when sorted by name.
    prefix: Option<String> = text();
    /// Files of at least this many bytes.
    minsize: Option<i64> = integer(None, Bound::Open);
    /// Files of at most this many bytes.
    maxsize: Option<i64> = integer(None, Bound::Open);
    /// Files with the content of this SHA-1, in hexadecimal.
    sha1: Option<String> = text();
    /// Files with the content of this SHA-1, in base 36.
    sha1base36: Option<String> = text();
    /// Files that this user uploaded; when sorted by time.
    user: Option<String> = user();
    /// Whether to list files of users with the right `bot`; when sorted by time.
    filterbots: String = choice(&["all", "bots", "nobots"]).default("all");
    /// Files of these MIME types.
    mime: Option<Vec<String>> = text().multi();
    /// How many to list.
    limit: i64 = limit();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let wanted = wanted(cx, &params)?;
    let mut found = cx.repo.all_images(wanted).await?;
    if found.len() as i64 > params.limit
        && let Some(next) = found.pop()
    {
        let at = if params.sort == "timestamp" {
            format!("{}|{}", next.timestamp.mw14(), next.name)
        } else {
            next.name
        };
        cx.go_on("continue", at);
    }
    let props: Vec<&str> = params.prop.iter().map(String::as_str).collect();
    let titles: Vec<_> = found.iter().map(|version| FileTitle::from_db(&version.name).title()).collect();
    if cx.list_pages(&titles) {
        return Ok(());
    }
    let wants_url = props.contains(&"url");
    let pages = if wants_url { cx.repo.pages_by_title(&titles).await? } else { Vec::new() };
    let mut entries = Vec::new();
    for (version, title) in found.iter().zip(&titles) {
        let page = pages.iter().find(|page| page.dbkey == version.name).map(|page| page.id);
        let mut entry = Map::new().with("name", version.name.clone());
        entry.extend(fileinfo::entry(
            &cx.repo,
            &Subject::Version { version, page },
            &Wanted { props: &props, ..Wanted::default() },
        ));
        if props.contains(&"badfile") {
            entry.set("badfile", false);
        }
        entry.set("ns", i64::from(title.ns())).set("title", title.prefixed_text());
        entries.push(entry);
    }
    cx.query.result.set("allimages", list("img", entries));
    Ok(())
}

/// What to ask the catalogue for: one more than is to be listed.
fn wanted(cx: &Context, params: &Params) -> Result<AllImages, Refusal> {
    let by_time = params.sort == "timestamp";
    let mut wanted = AllImages {
        sort: if by_time { ImageSort::Timestamp } else { ImageSort::Name },
        descending: matches!(params.dir.as_str(), "descending" | "older"),
        min_size: params.minsize,
        max_size: params.maxsize,
        limit: params.limit + 1,
        ..AllImages::default()
    };
    if by_time {
        only_with("from", params.from.is_some(), "aisort=name")?;
        only_with("to", params.to.is_some(), "aisort=name")?;
        only_with("prefix", params.prefix.is_some(), "aisort=name")?;
        if params.user.is_some() && params.filterbots != "all" {
            return Err(mix("apierror-invalidparammix-cannotusewith", "aiuser", "aifilterbots"));
        }
        wanted.start = params.start;
        wanted.end = params.end;
        wanted.user.clone_from(&params.user);
        wanted.bots = match params.filterbots.as_str() {
            "bots" => Some(true),
            "nobots" => Some(false),
            _ => None,
        };
    } else {
        only_with("start", params.start.is_some(), "aisort=timestamp")?;
        only_with("end", params.end.is_some(), "aisort=timestamp")?;
        only_with("user", params.user.is_some(), "aisort=timestamp")?;
        only_with("filterbots", params.filterbots != "all", "aisort=timestamp")?;
        let name = |text: &Option<String>| text.as_deref().map(key);
        wanted.from = name(&params.from);
        wanted.to = name(&params.to);
        wanted.prefix = name(&params.prefix);
    }
    if let Some(text) = &params.r#continue {
        let now = cx.repo.now();
        let at = if by_time {
            text.split_once('|')
                .filter(|(_, name)| !name.contains('|'))
                .and_then(|(time, name)| Timestamp::parse(time, now).map(|time| (time, name.to_owned())))
        } else {
            (!text.contains('|')).then(|| (now, text.clone()))
        };
        wanted.continue_at = Some(at.ok_or_else(bad_continue)?);
    }
    let sha1 = match (&params.sha1, &params.sha1base36) {
        (Some(hex), _) => {
            let lower = hex.to_ascii_lowercase();
            Some(
                Sha1::from_hex(&lower)
                    .ok_or_else(|| Refusal::of(Message::new("apierror-invalidsha1hash")))?,
            )
        }
        (None, Some(text)) => {
            let lower = text.to_ascii_lowercase();
            let sha1 = Sha1::from_base36(&lower);
            Some(sha1.ok_or_else(|| Refusal::of(Message::new("apierror-invalidsha1base36hash")))?)
        }
        (None, None) => None,
    };
    wanted.sha1 = sha1;
    if let Some(mime) = &params.mime {
        wanted.mime.extend(mime.iter().map(|m| m.to_ascii_lowercase()));
    }
    Ok(wanted)
}

/// A name as the catalogue has it.
fn key(text: &str) -> String {
    capitalize(&text.replace(' ', "_"))
}

fn only_with(name: &str, given: bool, mode: &str) -> Result<(), Refusal> {
    if given { Err(mix("apierror-invalidparammix-mustusewith", &format!("ai{name}"), mode)) } else { Ok(()) }
}

/// MediaWiki's code for the pair of user and filter is the whole key, for all others its beginning.
fn mix(key: &'static str, name: &str, other: &str) -> Refusal {
    let message = Message::new(key).with(name).with(other);
    if key.ends_with("cannotusewith") {
        Refusal::of(message)
    } else {
        Refusal::new("invalidparammix", message)
    }
}
