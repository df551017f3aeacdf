//! `list=mystashedfiles`.

use commonhold_core::Message;
use commonhold_core::Refusal;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::output::{List, Map};
use crate::params::{choice, limit, params, text};

pub(crate) const MODULE: Module = Module {
    name: "mystashedfiles",
    kind: Kind::List,
    prefix: "msf",
    summary: "Lists what the caller has in the stash.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[("action=query&list=mystashedfiles&msfprop=size", "Keys and sizes of my stashed files.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to say besides key and state: `size` with the dimensions, `type` with MIME and media type.
    prop: Vec<String> = choice(&["size", "type"]).multi();
    /// How many to list.
    limit: i64 = limit();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    cx.personal = true;
    let after = match &params.r#continue {
        None => None,
        Some(text) => match text.parse::<i64>() {
            Ok(id) => Some(id - 1),
            Err(_) => return Err(Refusal::of(Message::new("apierror-badcontinue")).into()),
        },
    };
    let wants = |prop: &str| params.prop.iter().any(|p| p == prop);
    let mut entries = cx.repo.stash_of(&cx.session.caller, after, params.limit + 1).await?;
    if entries.len() as i64 > params.limit
        && let Some(next) = entries.pop()
    {
        cx.go_on("continue", next.id.to_string());
    }
    let mut list = List::new("file");
    for entry in entries {
        let mut file = Map::new();
        file.set("filekey", entry.key.as_str().to_owned());
        file.set("status", if entry.finished { "finished" } else { "chunks" });
        let info = entry.info.as_ref();
        if wants("size") {
            file.set("size", entry.size as i64);
            file.set("width", info.map_or(0, |i| i64::from(i.width)));
            file.set("height", info.map_or(0, |i| i64::from(i.height)));
            file.set("bits", info.map_or(0, |i| i64::from(i.bits)));
        }
        if wants("type") {
            file.set("mimetype", info.map_or("", |i| i.mime.as_str()));
            file.set("mediatype", info.map_or("UNKNOWN", |i| i.media_type.as_str()));
        }
        list.push(file);
    }
    cx.query.result.set("mystashedfiles", list);
    Ok(())
}
