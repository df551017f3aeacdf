//! `list=logevents`.

use commonhold_core::title::Title;
use commonhold_core::user::UserName;
use commonhold_core::{Message, Refusal, Timestamp};
use commonhold_repo::{Direction, LogFilter, LogRow, Tagged};

use crate::context::Context;
use crate::failure::Failure;
use crate::html;
use crate::module::{Kind, Module, Needs};
use crate::modules::query::tags::{put_tags, shown};
use crate::modules::query::{bad_continue, list};
use crate::modules::target;
use crate::output::Map;
use crate::params::{choice, limit, namespace, params, text, timestamp};

pub(crate) const MODULE: Module = Module {
    name: "logevents",
    kind: Kind::List,
    prefix: "le",
    summary: "Lists what was done, as the log tells it.",
    params: Params::SPECS,
    needs: Needs::READ,
    generator: false,
    examples: &[
        ("action=query&list=logevents&letype=upload", "The newest uploads."),
        ("action=query&list=logevents&letitle=File:Example.jpg", "What was done to a file."),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

/// The types of entries.
pub(crate) const TYPES: &[&str] = &[
    "block",
    "contentmodel",
    "create",
    "delete",
    "import",
    "managetags",
    "merge",
    "move",
    "newusers",
    "patrol",
    "protect",
    "rights",
    "suppress",
    "tag",
    "upload",
];

/// The types with their actions.
const ACTIONS: &[&str] = &[
    "block/block",
    "block/reblock",
    "block/unblock",
    "contentmodel/change",
    "contentmodel/new",
    "create/create",
    "delete/delete",
    "delete/delete_redir",
    "delete/delete_redir2",
    "delete/event",
    "delete/restore",
    "delete/revision",
    "import/interwiki",
    "import/upload",
    "managetags/activate",
    "managetags/create",
    "managetags/deactivate",
    "managetags/delete",
    "merge/merge",
    "move/move",
    "move/move_redir",
    "newusers/autocreate",
    "newusers/byemail",
    "newusers/create",
    "newusers/create2",
    "newusers/newusers",
    "patrol/autopatrol",
    "patrol/patrol",
    "protect/modify",
    "protect/move_prot",
    "protect/protect",
    "protect/unprotect",
    "rights/autopromote",
    "rights/rights",
    "suppress/block",
    "suppress/delete",
    "suppress/event",
    "suppress/reblock",
    "suppress/revision",
    "tag/update",
    "upload/overwrite",
    "upload/revert",
    "upload/upload",
];

params! {
    /// What to say of each entry.
    prop: Vec<String> = choice(&[
        "comment", "details", "ids", "parsedcomment", "tags", "timestamp", "title", "type", "user", "userid",
    ]).multi().all().default("ids|title|type|user|timestamp|comment|details");
    /// Entries of this type.
    r#type: Option<String> = choice(TYPES);
    /// Entries of this type and action, such as `upload/overwrite`; in place of `type`.
    action: Option<String> = text();
    /// Entries from this time on, in the direction of the list.
    start: Option<Timestamp> = timestamp();
    /// Entries up to this time, in the direction of the list.
    end: Option<Timestamp> = timestamp();
    /// The direction of the list.
    dir: String = choice(&["newer", "older"]).default("older");
    /// Entries of what this user did.
    user: Option<String> = text();
    /// Entries of what was done to this page.
    title: Option<String> = text();
    /// Entries of what was done to pages in this namespace.
    namespace: Option<String> = namespace();
    /// Entries of what was done to pages whose titles begin so.
    prefix: Option<String> = text();
    /// Entries that are marked with this tag.
    tag: Option<String> = text();
    /// How many to list.
    limit: i64 = limit();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let wanted = wanted(&params, cx.repo.now())?;
    let mut found = cx.repo.log(wanted).await?;
    if found.len() as i64 > params.limit
        && let Some(next) = found.pop()
    {
        cx.go_on("continue", format!("{}|{}", next.timestamp.mw14(), next.id));
    }
    let wants_tags = params.prop.iter().any(|prop| prop == "tags");
    let tags = shown(cx, wants_tags, Tagged::Log, found.iter().map(|row| row.id)).await?;
    let entries: Vec<Map> = found.iter().map(|row| entry(row, &params.prop, tags.get(&row.id))).collect();
    cx.query.result.set("logevents", list("item", entries));
    Ok(())
}

/// What to ask the catalogue for: one more than is to be listed.
fn wanted(params: &Params, now: Timestamp) -> Result<LogFilter, Refusal> {
    let mut wanted = LogFilter {
        direction: if params.dir == "newer" { Direction::Ascending } else { Direction::Descending },
        log_type: params.r#type.clone(),
        start: params.start,
        end: params.end,
        tag: params.tag.clone(),
        limit: params.limit + 1,
        ..LogFilter::default()
    };
    if let Some(action) = &params.action {
        let known = ACTIONS.iter().find(|known| *known == action).and_then(|known| known.split_once('/'));
        let Some((log_type, action)) = known else {
            let message = Message::new("paramvalidator-badvalue-enumnotmulti").with("leaction");
            return Err(Refusal::new("unknown_leaction", message.with(action.as_str())));
        };
        wanted.log_type = Some(log_type.to_owned());
        wanted.action = Some(action.to_owned());
    }
    if let Some(user) = &params.user {
        let canonical = UserName::canonical(user).map(|name| name.as_str().to_owned());
        wanted.user = Some(canonical.unwrap_or_else(|| user.clone()));
    }
    match (&params.title, &params.prefix, &params.namespace) {
        (Some(text), None, None) => {
            let title = target::title(text)?;
            (wanted.ns, wanted.dbkey) = (Some(title.ns()), Some(title.dbkey().to_owned()));
        }
        (None, Some(text), None) => {
            let title = target::title(text)?;
            (wanted.ns, wanted.prefix) = (Some(title.ns()), Some(title.dbkey().to_owned()));
        }
        (None, None, namespace) => wanted.ns = namespace.as_deref().and_then(|text| text.parse().ok()),
        (title, prefix, namespace) => {
            let given = [
                ("letitle", title.is_some()),
                ("leprefix", prefix.is_some()),
                ("lenamespace", namespace.is_some()),
            ];
            let names: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
            return Err(target::at_most_one_of(&names));
        }
    }
    wanted.continue_at = position(params.r#continue.as_deref(), now)?;
    Ok(wanted)
}

/// Where a list goes on that is ordered by times and numbers.
pub(super) fn position(text: Option<&str>, now: Timestamp) -> Result<Option<(Timestamp, i64)>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let read = text.split_once('|').and_then(|(time, id)| {
        let time = (time.len() == 14).then(|| Timestamp::parse(time, now)).flatten()?;
        Some((time, id.parse().ok()?))
    });
    read.map(Some).ok_or_else(bad_continue)
}

fn entry(row: &LogRow, props: &[String], tags: Option<&Vec<String>>) -> Map {
    let wants = |prop: &str| props.iter().any(|p| p == prop);
    let mut entry = Map::new();
    if wants("ids") {
        entry.set("logid", row.id);
    }
    if wants("title") {
        let title = Title::from_db(row.ns, row.dbkey.as_str());
        entry.set("ns", row.ns).set("title", title.prefixed_text());
    }
    if wants("ids") {
        entry.set("pageid", row.current_page_id).set("logpage", row.page_id);
    }
    if wants("details") {
        entry.set("params", &row.params);
    }
    if wants("type") {
        entry.set("type", row.log_type.clone()).set("action", row.action.clone());
    }
    put_user(&mut entry, wants("user"), wants("userid"), row.user_id, &row.user_name);
    if wants("timestamp") {
        entry.set("timestamp", row.timestamp.iso());
    }
    put_comment(&mut entry, wants("comment"), wants("parsedcomment"), &row.comment);
    if wants("tags") {
        put_tags(&mut entry, tags);
    }
    entry
}

/// Says who did something.
pub(super) fn put_user(map: &mut Map, name: bool, id: bool, user_id: i64, user_name: &str) {
    if name {
        map.set("user", user_name.to_owned());
    }
    if id {
        map.set("userid", user_id);
    }
    if (name || id) && user_id == 0 {
        map.set("anon", true);
    }
}

/// Says why something was done.
pub(super) fn put_comment(map: &mut Map, plain: bool, parsed: bool, comment: &str) {
    if plain {
        map.set("comment", comment.to_owned());
    }
    if parsed {
        map.set("parsedcomment", html::escape(comment));
    }
}
