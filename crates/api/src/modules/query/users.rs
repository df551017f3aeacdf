//! `list=users`.

use commonhold_core::right::{Right, implicit_groups};
use commonhold_core::user::{Caller, UserName, Via};
use commonhold_core::{Message, Param, Refusal};
use commonhold_repo::UserSummary;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::query::list;
use crate::output::{List, Map, Value};
use crate::params::{choice, params, text};

pub(crate) const MODULE: Module = Module {
    name: "users",
    kind: Kind::List,
    prefix: "us",
    summary: "Says what is known of some users.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[("action=query&list=users&ususers=Example&usprop=groups|editcount", "Describe a user.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to say besides name and id.
    prop: Vec<String> = choice(&[
        "blockinfo", "cancreate", "centralids", "editcount", "emailable", "gender", "groupmemberships", "groups",
        "implicitgroups", "registration", "rights",
    ]).multi().all();
    /// Names of the users.
    users: Option<Vec<String>> = text().multi();
    /// Ids of the users.
    userids: Option<Vec<String>> = text().multi();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let mut entries = Vec::new();
    match (params.users, params.userids) {
        (Some(names), None) => {
            let invalid = |name: &String| UserName::canonical(name).is_none();
            for name in names.iter().filter(|name| invalid(name)) {
                entries.push(Map::new().with("name", name.clone()).with("invalid", true));
            }
            for name in names.iter().filter_map(|name| UserName::canonical(name)) {
                entries.push(by_name(cx, &name, &params.prop).await?);
            }
        }
        (None, Some(ids)) => {
            for text in ids {
                entries.push(by_id(cx, &text, &params.prop).await?);
            }
        }
        (sent_names, _) => {
            let names = Param::List(vec!["ususers".to_owned(), "ususerids".to_owned()]);
            let (code, key) = match sent_names {
                Some(_) => ("invalidparammix", "apierror-invalidparammix"),
                None => ("missingparam", "apierror-missingparam-one-of"),
            };
            return Err(Refusal::new(code, Message::new(key).with(names).with(2)).into());
        }
    }
    cx.query.result.set("users", list("user", entries));
    Ok(())
}

async fn by_name(cx: &Context, name: &UserName, props: &[String]) -> Result<Map, Failure> {
    if let Some(user) = cx.repo.user(name.as_str()).await? {
        return entry(cx, &user, props).await;
    }
    let mut missing = Map::new().with("name", name.as_str().to_owned()).with("missing", true);
    if props.iter().any(|prop| prop == "cancreate") {
        // Accounts are made by the operator.
        missing.set("cancreate", false);
    }
    Ok(missing)
}

async fn by_id(cx: &Context, text: &str, props: &[String]) -> Result<Map, Failure> {
    let id: i64 = text.parse().map_err(|_| {
        Refusal::new("badinteger", Message::new("paramvalidator-badinteger").with("ususerids").with(text))
    })?;
    match cx.repo.user_by_id(id).await? {
        Some(user) => entry(cx, &user, props).await,
        None => Ok(Map::new().with("userid", id).with("missing", true)),
    }
}

async fn entry(cx: &Context, user: &UserSummary, props: &[String]) -> Result<Map, Failure> {
    let wants = |prop: &str| props.iter().any(|p| p == prop);
    let mut entry = Map::new().with("userid", user.id).with("name", user.name.clone());
    if wants("editcount") {
        entry.set("editcount", user.edit_count);
    }
    if wants("registration") {
        entry.set("registration", user.registration.iso());
    }
    let caller = Caller::registered(user.id, &user.name, &user.groups, Via::Password, None, cx.repo.groups());
    if wants("groups") {
        entry.set("groups", List::of("g", caller.groups.iter().cloned()));
    }
    if wants("groupmemberships") {
        let membership = |group: &String| Map::new().with("group", group.clone()).with("expiry", "infinity");
        entry.set("groupmemberships", List::of("groupmembership", user.groups.iter().map(membership)));
    }
    if wants("implicitgroups") {
        entry.set("implicitgroups", List::of("g", implicit_groups(true).iter().copied()));
    }
    if wants("rights") {
        entry.set("rights", List::of("r", caller.rights.iter().map(Right::as_str)));
    }
    if wants("blockinfo")
        && let Some(block) = cx.repo.block_of(&caller).await?
    {
        for (key, value) in block.info(cx.repo.now()) {
            entry.set(key, Value::from(&value));
        }
    }
    if wants("emailable") {
        entry.set("emailable", false);
    }
    if wants("gender") {
        entry.set("gender", "unknown");
    }
    Ok(entry)
}
