//! `meta=userinfo`.

use commonhold_core::right::{self, Right};
use commonhold_repo::Throttle;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::output::{List, Map, Value};
use crate::params::{choice, params};

pub(crate) const MODULE: Module = Module {
    name: "userinfo",
    kind: Kind::Meta,
    prefix: "ui",
    summary: "Says who the caller is and what he may.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[("action=query&meta=userinfo&uiprop=groups|rights", "Who am I, and what may I?")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to say besides name and id.
    prop: Vec<String> = choice(&[
        "acceptlang", "blockinfo", "centralids", "changeablegroups", "editcount", "email", "groupmemberships",
        "groups", "hasmsg", "implicitgroups", "latestcontrib", "options", "ratelimits", "realname",
        "registrationdate", "rights", "theoreticalratelimits", "unreadcount",
    ]).multi().all();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    cx.personal = true;
    let wants = |prop: &str| params.prop.iter().any(|p| p == prop);
    let caller = &cx.session.caller;
    let mut info = Map::new();
    info.set("id", caller.id).set("name", caller.name.clone());
    if caller.is_anonymous() {
        info.set("anon", true);
    }
    let account = if caller.is_anonymous() { None } else { cx.repo.user(&caller.name).await? };
    if wants("blockinfo")
        && let Some(block) = cx.repo.block_of(caller).await?
    {
        for (key, value) in block.info(cx.repo.now()) {
            info.set(key, Value::from(&value));
        }
    }
    if wants("hasmsg") {
        info.set("messages", false);
    }
    if wants("groups") {
        info.set("groups", List::of("g", caller.groups.iter().cloned()));
    }
    if wants("groupmemberships") {
        let explicit = account.iter().flat_map(|a| a.groups.iter());
        let membership = |group: &String| Map::new().with("group", group.clone()).with("expiry", "infinity");
        info.set("groupmemberships", List::of("groupmembership", explicit.map(membership)));
    }
    if wants("implicitgroups") {
        info.set(
            "implicitgroups",
            List::of("g", right::implicit_groups(!caller.is_anonymous()).iter().copied()),
        );
    }
    if wants("rights") {
        info.set("rights", List::of("r", caller.rights.iter().map(Right::as_str)));
    }
    if wants("changeablegroups") {
        let mut groups = Map::new();
        for way in ["add", "remove", "add-self", "remove-self"] {
            groups.set(way, List::new("g"));
        }
        info.set("changeablegroups", groups);
    }
    if wants("options") {
        info.set("options", Map::new());
    }
    if wants("editcount") {
        info.set("editcount", account.as_ref().map_or(0, |a| a.edit_count));
    }
    if wants("ratelimits") {
        info.set("ratelimits", rates(&cx.repo.throttles_of(caller)));
    }
    if wants("theoreticalratelimits") {
        info.set("theoreticalratelimits", rates(&cx.repo.theoretical_throttles_of(caller)));
    }
    if wants("realname") {
        info.set("realname", "");
    }
    if let (true, Some(account)) = (wants("registrationdate"), &account) {
        info.set("registrationdate", account.registration.iso());
    }
    if wants("unreadcount") {
        info.set("unreadcount", 0i64);
    }
    cx.query.result.set("userinfo", info);
    Ok(())
}

fn rates(throttles: &[Throttle]) -> Map {
    let mut all = Map::new();
    for throttle in throttles {
        let rate = Map::new().with("hits", throttle.rate.hits).with("seconds", throttle.rate.seconds);
        all.map_at(throttle.action).set(throttle.kind, rate);
    }
    all
}
